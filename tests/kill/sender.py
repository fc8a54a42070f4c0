"""A process that sends, for kill tests: the real activity over the real SDKs, and nothing else of a worker.

It loads everything once, and forks a child for each line on its standard input, so that a hundred
children cost what one does. A child sends whatever is wanted, and kills itself at a marked point if the
line says so. All ends when standard input does.

Waits that are real minutes in production are fractions of a second here: whoever was killed is at work no
more, and the loopback vendor shows what it took within moments.
"""

import json
import os
import random
import signal
import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from providers import vendor_http

vendor_http.TIMEOUT_SECONDS = (0.5, 0.6)  # before the adapters read it

from sqlmodel import select  # noqa: E402
from temporalio.testing import ActivityEnvironment  # noqa: E402
from twilio.rest.api.v2010.account import message  # noqa: E402, F401  # else each child loads it

from activities.books import Books  # noqa: E402
from activities.messages import Messages  # noqa: E402
from activities.rendering import Letters  # noqa: E402
from activities.specimens import specimens  # noqa: E402
from composition import seller  # noqa: E402
from domain.clock import BusinessClock  # noqa: E402
from providers.sendgrid_email import SendGridEmail  # noqa: E402
from providers.twilio_client import RoutedHttp  # noqa: E402
from providers.twilio_sms import TwilioSms  # noqa: E402
from settings import ROOT, Settings  # noqa: E402
from store.database import Ledger  # noqa: E402
from store.tables import ClaimRow, CustomerRow  # noqa: E402

SETTLE = timedelta(seconds=2)
REST = timedelta(seconds=0.2)
LETTERS = Letters(ROOT / "templates")
KEYS = ("first/sms", "first/email")


@dataclass(frozen=True, kw_only=True)
class HastyBooks(Books):
    """The books, with rests that a test can wait for."""

    def rest(self, begun: Any) -> timedelta:
        """Rest for a moment."""
        return REST


class Fate:
    """Kills this process at a marked point, when it comes there for the nth time."""

    def __init__(self, point: str | None, count: int) -> None:
        self.point, self.count = point, count

    def __call__(self, point: str) -> None:
        if point == self.point:
            self.count -= 1
            if self.count <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


def messages_of(settings: Settings, ledger: Ledger, base: str, fate: Fate) -> Messages:
    """The activity with both real couriers."""
    account, key, secret = settings.twilio_account_sid, settings.twilio_api_key, settings.twilio_api_secret
    assert account
    assert key
    assert secret
    assert settings.sendgrid_api_key
    assert settings.sendgrid_from
    sms = TwilioSms(
        account=account,
        key=key.get_secret_value(),
        secret=secret.get_secret_value(),
        sender=settings.sms_sender,
        http=RoutedHttp({"api": base}),
        settle=SETTLE,
    )
    email = SendGridEmail(
        api_key=settings.sendgrid_api_key.get_secret_value(),
        sender=settings.sendgrid_from,
        base=base,
        logs_base=base,
        settle=SETTLE,
    )
    books = HastyBooks(ledger=ledger, clock=BusinessClock, code_version="kill")
    couriers = {"sms": sms, "email": email}
    return Messages(books=books, letters=LETTERS, couriers=couriers, seller=seller(settings), mark=fate)


def over(ledger: Ledger) -> set[tuple[str, str]]:
    """What is over: customer and channel of each claim that needs nothing any more."""
    with ledger.read() as session:
        rows = session.exec(select(ClaimRow.customer_id, ClaimRow.channel, ClaimRow.state))
        return {(name, channel) for name, channel, state in rows if state not in ("claimed", "released")}


def send_all(settings: Settings, base: str, fate: Fate, seed: int) -> None:
    """Send until nothing is left to send."""
    ledger = Ledger(settings.database_url, durable=False)
    messages = messages_of(settings, ledger, base, fate)
    with ledger.read() as session:
        names = list(session.exec(select(CustomerRow.id)))
    done = over(ledger)
    waiting = [(name, key) for name in names for key in KEYS if (name, key.partition("/")[2]) not in done]
    random.Random(seed).shuffle(waiting)
    until: dict[tuple[str, str], datetime] = {}
    while waiting:
        now = datetime.now(UTC)
        ready = [each for each in waiting if until.get(each, now) <= now]
        for each in ready:
            answer = send(messages, *each)
            if answer["answer"] == "deferred" and answer["until"] is not None:
                until[each] = datetime.fromisoformat(answer["until"])
            else:
                waiting.remove(each)
        if not ready:
            time.sleep(0.02)


def send(messages: Messages, name: str, key: str) -> Any:
    """Call the activity once."""
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=datetime.now(UTC))
    return environment.run(messages.send, {"customer_id": name, "key": key})


def main() -> None:
    settings = Settings.from_env()
    specimens(LETTERS)  # compiled once, and not by every child
    base = settings.twilio_api_base or ""
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                send_all(settings, base, Fate(asked["die_at"], asked["count"]), asked["seed"])
                code = 0
            finally:
                sys.stderr.flush()
                os._exit(code)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
