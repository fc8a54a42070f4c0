"""Partner Center on the command line: registered, tried, and heard by a deployment that really listens."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from sqlmodel import select

from activities.books import Books
from activities.watching import Watching
from commandline.session import now_of, open_ledger
from composition import site, switches
from domain.facts import SuspendedElsewhere
from domain.switching import Place
from providers.loopback.server import Loopback
from settings import Settings
from store import clock, facts, places
from store.tables import InboxRow
from tests.cli.conftest import CommandLine

API = "https://api.partnercenter.microsoft.com"


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback


@pytest.fixture
def center(
    loopback: Loopback, acme: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Loopback:
    """A deployment that knows this Partner Center, and its root."""
    loopback.partner_center.webhooks.registered = None
    roots = tmp_path / "roots.pem"
    roots.write_bytes(loopback.partner_center.signer.roots)
    for name, value in loopback.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PARTNER_CENTER_WEBHOOK_ROOTS", str(roots))
    return loopback


@pytest.fixture
def listening(center: Loopback, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Serve the webhooks, as `starter.py serve` does; the list has whom they woke."""
    there = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setenv("PUBLIC_URL", f"http://127.0.0.1:{there.getsockname()[1]}")
    settings, woken = Settings.from_env(), list[str]()

    async def wake(name: str) -> None:
        woken.append(name)

    app = site(settings, open_ledger(settings), wake, wake, wake, public_url="")
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [there]}, daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield woken
    finally:
        server.should_exit = True
        thread.join()


def test_webhooks_are_registered_tried_and_heard(
    acme: CommandLine, center: Loopback, listening: list[str]
) -> None:
    assert acme("partner-center", "webhooks").out == "no webhook is registered\n"
    answer = acme("partner-center", "webhooks", "register")
    assert answer.status == 0, answer.err
    assert "/webhooks/partner-center\n  subscription-updated\n" in answer.out
    assert "referral-created" not in answer.out
    answer = acme("partner-center", "webhooks", "test")
    assert (answer.status, answer.out.split(": ")[1]) == (0, "completed, answered OK\n"), answer.err

    ledger, center_ = open_ledger(Settings.from_env()), center.partner_center
    held = center_.subscriptions.add("tenant-1", status="suspended", suspensionReasons=["CustomerCredit"])
    name, now = str(held.resource["id"]), now_of(ledger)
    place = Place(
        customer="ACME", provider="partner_center", account="tenant-1", resource=name, kind="licence"
    )
    places.link(ledger, place, by="maria", now=now)
    with ledger.write() as session:
        places.look_again(session, "ACME", at=now + timedelta(days=1))
    tell = center_.webhooks.tell
    assert tell("subscription-updated", f"{API}/v1/customers/tenant-1/subscriptions/{name}") == 200
    assert tell("azure-fraud-event-detected", f"{API}/v1/fraudEvents?SubscriptionId={name}") == 200
    assert tell("invoice-ready", f"{API}/v1/invoices/D000000001") is None, "nobody asked for it"
    with ledger.read() as session:
        heard = [(row.word, row.customer_id, row.outcome) for row in session.exec(select(InboxRow))]
    assert heard == [
        ("test-created", None, "unknown"),
        ("subscription-updated", "ACME", "done"),
        ("azure-fraud-event-detected", "ACME", "done"),
    ]
    assert listening == ["services", "ACME", "alerts"]

    books = Books(ledger=ledger, clock=lambda: clock.read(ledger), code_version="test")
    kept = switches(Settings.from_env(), ledger)
    watching = Watching(books=books, switches=kept, wake=_nobody, wake_turn=_nobody)
    assert watching.look_at(now_of(ledger))[0]["words"] == "looked at 1"
    told = [fact.body for fact in facts.history(ledger, "ACME")]
    assert [body.outcome for body in told if isinstance(body, SuspendedElsewhere)] != []


async def _nobody(name: str) -> None:
    pass


def test_a_registration_of_somebody_else_is_left_alone(acme: CommandLine, center: Loopback) -> None:
    there = center.partner_center.webhooks
    there.registered = {"WebhookUrl": "https://other.example/hook", "WebhookEvents": ["test-created"]}
    url = ("--url", "https://ours.example/webhooks/partner-center")
    answer = acme("partner-center", "webhooks", "register", *url)
    assert answer.status == 1
    assert "--replace" in answer.err
    assert there.registered["WebhookUrl"] == "https://other.example/hook"
    assert acme("partner-center", "webhooks", "register", *url, "--replace").status == 0
    shown = json.loads(acme("partner-center", "webhooks", "--json").out)
    assert shown["url"] == url[1]
    assert "subscription-updated" in shown["events"]


def test_an_event_that_does_not_arrive_says_so(acme: CommandLine, center: Loopback) -> None:
    url = ("--url", "http://127.0.0.1:1/webhooks/partner-center")
    assert acme("partner-center", "webhooks", "register", *url).status == 0
    answer = acme("partner-center", "webhooks", "test")
    assert answer.status == 1
    assert "did not arrive" in answer.err


def test_what_is_missing_is_a_sentence(
    acme: CommandLine, center: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = acme("partner-center", "webhooks", "register")
    assert (answer.status, "PUBLIC_URL" in answer.err) == (2, True)
    monkeypatch.setenv("PARTNER_CENTER_TOKEN", "another")
    answer = acme("partner-center", "webhooks")
    assert (answer.status, "Traceback" in answer.err) == (1, False)
    monkeypatch.delenv("PARTNER_CENTER_TOKEN")
    answer = acme("partner-center", "webhooks")
    assert (answer.status, "not set up" in answer.err) == (2, True)


def test_budgets_are_shown(acme: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    from decimal import Decimal

    from domain.money import Money
    from domain.usage.provider_budget import Wish
    from store import budgets

    ledger = open_ledger(Settings.from_env())
    wish = Wish(account="tenant-1", amount=Money.of("960.50", "EUR"))
    budgets.stands(ledger, "ACME", wish, Decimal("960.5"), now=datetime(2026, 3, 10, 9, tzinfo=UTC))
    line = "ACME: 960.50 EUR at tenant-1, read 10 Mar 09:00 UTC"
    assert acme("partner-center", "budgets").out == f"{line}\nbudgets: 1\n"
    [told] = json.loads(acme("partner-center", "budgets", "--json").out)
    assert (told["agreed"], told["there"], told["says"]) == ("960.50", "960.5", "")
    monkeypatch.setenv("PARTNER_CENTER_CLOUD", "china_21vianet")
    assert "keeps no budgets" in acme("partner-center", "budgets").out
