"""Measures how many messages a second go out through the vendors' SDKs, against the bare SDK in a loop.

The vendors are the loopback ones, in a process of their own; all else is real: one worker's activity,
which claims, renders, sends and confirms each message in a ledger on SQLite, with as many threads as the
worker has for a channel. The bare loop hands the same messages to the same SDK, one after the other, and
keeps no books: what stands between the two is the price of never sending twice.

    python -m bench.messages [--count 300] [--rounds 3]
"""

import argparse
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from os import cpu_count, getloadavg
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from domain.calendar import use_pinned_zones

use_pinned_zones()  # before anything reads a zone

from sendgrid import SendGridAPIClient  # noqa: E402
from sendgrid.helpers.mail import Mail  # noqa: E402
from temporalio.testing import ActivityEnvironment  # noqa: E402
from twilio.http.http_client import TwilioHttpClient  # noqa: E402
from twilio.rest import Client  # noqa: E402

from activities.answers import Order  # noqa: E402
from activities.messages import Courier, Messages  # noqa: E402
from composition import Parts, parts  # noqa: E402
from domain.customer import Customer  # noqa: E402
from domain.documents import read  # noqa: E402
from domain.facts import InvoiceIssued  # noqa: E402
from domain.notice import Accepted, Message  # noqa: E402
from domain.policy import Policy  # noqa: E402
from ending import leave  # noqa: E402
from providers.loopback.server import Loopback  # noqa: E402
from providers.vendor_http import routed  # noqa: E402
from settings import Settings  # noqa: E402
from store import customers, doors, policies, switches  # noqa: E402
from store.customers import ContactData  # noqa: E402
from store.database import Ledger, migrate  # noqa: E402
from store.facts import NewFact  # noqa: E402

THREADS = 4  # as `composition.workers` has for a channel
CHANNELS = ("email", "sms")
POLICY = """
policy: bench
title: Bench
for: {segments: [business]}
window: {opens: 00:00, closes: 23:59, weekdays: [mon, tue, wed, thu, fri, sat, sun], holidays: false}
steps:
  - {kind: notice, id: first, offset_days: 1, template: reminder_first, channels: [email, sms], send: all}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Messages a second of one channel: ours, and the bare SDK's just before."""

    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)


class Bench:
    """One run over a new ledger."""

    def __init__(self, settings: Settings, folder: Path, *, count: int, rounds: int) -> None:
        self.count, self.rounds = count, rounds
        self.now = datetime.now(UTC)
        url = f"sqlite:///{folder / 'arrears.db'}"
        migrate(url)
        self.ledger = Ledger(url, durable=False)  # as `bench.cycles`
        self.made: Parts = parts(settings.model_copy(update={"outbox": folder / "outbox"}), self.ledger)
        self.bare = {"email": bare_email(settings), "sms": bare_sms(settings)}
        self.kept: dict[str, list[Message]] = {channel: [] for channel in CHANNELS}
        then = self.now - timedelta(days=40)
        policies.adopt(self.ledger, read(POLICY, model=Policy, name="bench.yaml"), now=then, by="bench")
        switches.set_go_live(self.ledger, None, by="bench", now=then)
        switches.set_blast_limit(self.ledger, 1_000_000, by="bench", now=then)

    def run(self) -> dict[str, Rates]:
        """Measure all rounds; a small first one is thrown away."""
        found = {channel: Rates() for channel in CHANNELS}
        for number in range(self.rounds + 1):
            names = [f"R{number}-{i}" for i in range(self.count if number else 4 * THREADS)]
            self._add(names)
            for channel in CHANNELS:
                ours = self._ours(channel, names)
                bare = self._bare(channel)
                if number:
                    found[channel].ours.append(ours)
                    found[channel].bare.append(bare)
        self.ledger.close()
        return found

    def _ours(self, channel: str, names: Sequence[str]) -> float:
        """Send to everybody as one worker does, and keep the messages for the bare loop."""
        kept = self.kept[channel]
        kept.clear()
        messages = Messages(
            books=self.made.books,
            letters=self.made.letters,
            couriers={channel: _Keeping(self.made.couriers[channel], kept)},
            seller=self.made.seller,
        )

        def send(name: str) -> None:
            environment = ActivityEnvironment()
            environment.info = replace(environment.info, started_time=datetime.now(UTC))
            answer = environment.run(messages.send, Order(customer_id=name, key=f"first/{channel}"))
            assert answer["answer"] == "done", answer

        with ThreadPoolExecutor(THREADS) as pool:
            return _rate(lambda: [*pool.map(send, names)], len(names))

    def _bare(self, channel: str) -> float:
        """Hand the same messages to the SDK, as its own documentation does it, one after the other."""
        send, kept = self.bare[channel], list(self.kept[channel])
        return _rate(lambda: [send(each) for each in kept], len(kept))

    def _add(self, names: Iterable[str]) -> None:
        then, due_on = self.now - timedelta(days=40), self.now.date() - timedelta(days=2)
        for name in names:
            data = ContactData(name="Acme", email=f"{name.lower()}@acme.example", phone="+447700900123")
            with self.ledger.write() as session:
                customers.add(session, Customer(id=name, timezone="UTC", currency="EUR"), data, now=then)
            bill = InvoiceIssued(invoice=name, amount="100.00", currency="EUR", due_on=due_on)
            new = NewFact(source="bench", id=name, happened_at=then, body=bill)
            doors.record(self.ledger, name, [new], now=then)


class _Elsewhere(TwilioHttpClient):  # type: ignore[misc]  # the SDK comes without types
    """The SDK's own HTTP client, which only goes to another host."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base

    def request(self, method: str, url: str, *given: Any, **more: Any) -> Any:
        """Send a request to the host that stands in."""
        return super().request(method, routed(url, {"api": self.base}), *given, **more)


def bare_sms(settings: Settings) -> Callable[[Message], object]:
    """Return what sends an SMS with nothing but the SDK."""
    key, secret = settings.twilio_api_key, settings.twilio_api_secret
    assert key is not None
    assert secret is not None
    http = _Elsewhere(settings.twilio_api_base or "")
    client = Client(
        key.get_secret_value(), secret.get_secret_value(), settings.twilio_account_sid, http_client=http
    )
    return lambda each: client.messages.create(to=each.to, from_=settings.twilio_from, body=each.text)


def bare_email(settings: Settings) -> Callable[[Message], object]:
    """Return what sends an email with nothing but the SDK."""
    assert settings.sendgrid_api_key is not None
    client = SendGridAPIClient(settings.sendgrid_api_key.get_secret_value(), host=settings.sendgrid_base)
    return lambda each: client.send(Mail(settings.sendgrid_from, each.to, each.subject, each.text, each.html))


class _Keeping:
    """A courier that keeps what it hands on."""

    def __init__(self, courier: Courier, kept: list[Message]) -> None:
        self.courier, self.kept = courier, kept
        self.sender, self.find = courier.sender, courier.find

    def deliver(self, message: Message, *, at: datetime) -> Accepted:
        """Keep it, and hand it on."""
        self.kept.append(message)
        return self.courier.deliver(message, at=at)


def _rate(work: Callable[[], object], count: int) -> float:
    began = perf_counter()
    work()
    return count / (perf_counter() - began)


def serve(answer: Connection, stop: Connection) -> None:
    """Run the loopback vendors in this process until told to stop."""
    with Loopback() as loopback:
        answer.send(loopback.environment())
        stop.recv()


@contextmanager
def vendors() -> Iterator[Settings]:
    """Give the settings of vendors that run in a process of their own."""
    here, there = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=serve, args=(there, there), daemon=True)
    process.start()
    try:
        environment = here.recv()
        yield Settings(**{name.lower(): value for name, value in environment.items()})
    finally:
        here.send("stop")
        process.join(10)


def report(found: dict[str, Rates]) -> str:
    """Return the table."""
    lines = [f"{'':6}  {'messages a second':^18}  {'bare SDK':^18}  {'ratio':>6}"]
    for channel, rates in found.items():
        ratios = [ours / bare for ours, bare in zip(rates.ours, rates.bare, strict=True)]
        spread = "  ".join(
            f"{median(each):8.1f} ({min(each):.0f}-{max(each):.0f})" for each in (rates.ours, rates.bare)
        )
        lines.append(f"{channel:6}  {spread}  {median(ratios):6.2f}")
    busy = f"{getloadavg()[0]:.1f} on {cpu_count()} processors"
    lines.append(
        f"load of the machine at the end: {busy}; more than one a processor makes these figures worthless"
    )
    return "\n".join(lines)


def main() -> int:
    """Run as the command line says; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=300, help="messages of each channel in each round (300)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (3)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="arrears-bench-") as name, vendors() as settings:
        print(report(Bench(settings, Path(name), count=asked.count, rounds=asked.rounds).run()))
    return 0


if __name__ == "__main__":
    leave(main())
