"""Stories: a test's docstring is played to the real workflows, and the whole transcript compared.

Lines that begin with `we` are what the engine must do, all of it and nothing else; `held` lines are
holds that must be in the journal; every other line is something that happens. The same facts go
through the simulator, which must give the same steps, channels and local days.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from composition import parts
from domain import facts
from domain.account import instant
from domain.customer import Customer
from domain.documents import read
from domain.facts import Fact
from domain.policy import Policy
from domain.simulate import simulate
from domain.situation import NO_DEBTS
from replay.player import player
from settings import ROOT, Settings
from store import customers, invariants, journal, policies
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact

MONEY = r"(?P<amount>[\d.]+) (?P<currency>[A-Z]{3})"
INVOICE = r"(?P<invoice>[A-Z]+-\d+)"
PAYMENT = r"(?P<payment>P-\d+)"
REASON = r": (?P<reason>.+)"
HAPPENS: list[tuple[str, str, dict[str, Any]]] = [
    (rf"invoice {INVOICE} of {MONEY}, due (?P<due_on>\S+)", "invoice_issued", {}),
    (rf"side invoice {INVOICE} of {MONEY}, due (?P<due_on>\S+)", "invoice_issued", {"main": False}),
    (rf"{INVOICE} is corrected to (?P<amount>[\d.]+)", "invoice_corrected", {}),
    (rf"{INVOICE} is voided", "invoice_voided", {}),
    (rf"customer pays {MONEY} \({PAYMENT}\)(?: for {INVOICE})?", "payment_received", {}),
    (rf"bank announces {MONEY} \({PAYMENT}\)(?: for {INVOICE})?", "payment_in_flight", {}),
    (rf"{PAYMENT} fails", "payment_failed", {}),
    (rf"finance refunds {PAYMENT}", "refunded", {}),
    (rf"bank takes {PAYMENT} back", "charged_back", {}),
    (rf"bank returns {PAYMENT}", "chargeback_reversed", {}),
    (rf"finance credits (?P<amount>[\d.]+) on {INVOICE} \((?P<credit_note>C-\d+)\)", "credit_note", {}),
    (rf"finance cancels (?P<credit_note>C-\d+) on {INVOICE}", "credit_note_cancelled", {}),
    (rf"finance writes {INVOICE} off", "write_off", {}),
    (rf"finance undoes the write-off of {INVOICE}", "write_off_undone", {}),
    (rf"customer disputes (?:(?P<amount>[\d.]+) of )?{INVOICE} \((?P<dispute>D-\d+)\)", "dispute_opened", {}),
    (r"(?P<dispute>D-\d+) is resolved", "dispute_resolved", {}),
    (rf"finance pauses until (?P<to>\S+){REASON}", "paused", {}),
    (r"finance resumes", "resumed", {}),
    (rf"finance exempts(?: {INVOICE})?(?: until (?P<to>\S+))?{REASON}", "exempted", {}),
    (rf"finance ends the exemption(?: of {INVOICE})?", "exemption_ended", {}),
    (r"finance approves", "approved", {}),
    (rf"finance suspends{REASON}", "suspend_requested", {}),
    (rf"finance reactivates{REASON}", "reactivate_requested", {}),
    (r"customer opts out of (?P<channel>email|sms)", "opted_out", {}),
    (r"customer has a new (?P<channel>email|sms)", "contact_changed", {}),
]
VERBS = {"email": "email", "sms": "text", "task": "ask a person:"}
LINE = re.compile(r"(?P<on>\d{4}-\d\d-\d\d)(?: (?P<at>\d\d:\d\d))?\s+(?P<says>.+)")

Play = Callable[[], Awaitable[None]]


class Story:
    """A parsed docstring."""

    def __init__(self, text: str) -> None:
        self.customer = Customer(id="ACME", timezone="Europe/Berlin", country="DE", currency="EUR")
        self.policy = "business"
        self.contact = ContactData(name="Acme Ltd", email="ap@acme.example", phone="+4915112345678")
        self.history: list[Fact] = []
        self.expected: list[str] = []
        self.holds: list[str] = []
        self.ends_on: date | None = None
        for line in dedent(text).splitlines():
            self._read(line.strip())

    def _read(self, line: str) -> None:
        header = re.fullmatch(r"(customer|policy|email|phone|segment|country)(?: in)? (\S+)", line)
        dated = LINE.fullmatch(line)
        if dated is not None:
            self._happens(dated["on"], dated["at"], dated["says"].strip())
        elif header is not None:
            self._about(header[1], header[2])

    def _about(self, name: str, value: str) -> None:
        if name == "policy":
            self.policy = value
        elif name == "customer":
            self.customer = replace(self.customer, timezone=value)
        elif name in ("segment", "country"):
            self.customer = replace(self.customer, **{name: value})
        else:
            self.contact = replace(self.contact, **{name: None if value == "none" else value})

    def _happens(self, on: str, at: str | None, says: str) -> None:
        if says == "the story ends":
            self.ends_on = date.fromisoformat(on)
            return
        if says.startswith("we "):
            self.expected.append(f"{on} {says}")
            return
        if says.startswith("held "):
            self.holds.append(f"{on} {says}")
            return
        for pattern, kind, fixed in HAPPENS:
            found = re.fullmatch(pattern, says)
            if found is not None:
                given = {key: value for key, value in found.groupdict().items() if value is not None}
                self._fact(date.fromisoformat(on), at or "12:00", {"type": kind, **fixed, **given})
                return
        raise AssertionError(f"the story does not know this line: {on} {says}")

    def _fact(self, on: date, at: str, said: dict[str, Any]) -> None:
        local = datetime.combine(on, time.fromisoformat(at), ZoneInfo(self.customer.timezone))
        fact = Fact(
            source="story",
            id=f"{len(self.history):03d}",
            happened_on=on,
            happened_at=local.astimezone(UTC),
            learned_at=local.astimezone(UTC),
            body=facts.read_body(said),
        )
        self.history.append(fact)

    @property
    def until(self) -> datetime:
        """The end of the story's last day; it says when that is, so that nothing is overlooked."""
        assert self.ends_on is not None, "a story says when it ends: `2026-05-18 the story ends`"
        return datetime.combine(self.ends_on, time(23), ZoneInfo(self.customer.timezone)).astimezone(UTC)


@pytest.fixture
def play(request: pytest.FixtureRequest, tmp_path: Path) -> Play:
    """Play the test's docstring, live and simulated, and compare both with what it says."""

    async def holds() -> None:
        story = Story(request.function.__doc__ or "")
        file = ROOT / "policies" / f"{story.policy}.yaml"
        policy = read(file.read_text(encoding="utf-8"), model=Policy, name=file.name)
        ledger = await _live(story, policy, tmp_path)
        zone = ZoneInfo(story.customer.timezone)
        live = sorted(_said(line, zone) for line in journal.read(ledger) if line.what == "decided")
        held = {_held(line, zone) for line in journal.read(ledger) if line.what == "held"}
        broken = invariants.broken(ledger)
        ledger.close()

        assert live == sorted(story.expected)
        assert set(story.holds) <= held
        assert broken == []
        assert sorted(_simulated(story, policy)) == live

    return holds


async def _live(story: Story, policy: Policy, folder: Path) -> Ledger:
    url = f"sqlite:///{folder / 'ledger.db'}"
    migrate(url)
    ledger = Ledger(url)
    first = min(instant(fact, story.customer.timezone) for fact in story.history)
    policies.adopt(ledger, policy, now=first - timedelta(days=1), by="story")
    with ledger.write() as session:
        customers.add(session, story.customer, story.contact, now=first - timedelta(hours=1))
    arrivals = [(fact.learned_at, _new(fact)) for fact in story.history]
    made = parts(Settings(database_url=url, outbox=folder / "outbox"), ledger)
    async with player(made) as playing:
        await playing.play(story.customer.id, arrivals, story.until)
    return ledger


def _new(fact: Fact) -> NewFact:
    return NewFact(
        source=fact.source,
        id=fact.id,
        happened_on=fact.happened_on,
        happened_at=fact.happened_at,
        body=fact.body,
    )


def _said(line: journal.JournalLine, zone: ZoneInfo) -> str:
    return _transcript(line.at, zone, line.effect, line.step, line.channel, list(line.debts))


def _held(line: journal.JournalLine, zone: ZoneInfo) -> str:
    return f"{line.at.astimezone(zone):%Y-%m-%d} held {line.step}: {line.why}"


def _transcript(
    at: datetime, zone: ZoneInfo, effect: str | None, step: str | None, channel: str | None, debts: list[str]
) -> str:
    day = f"{at.astimezone(zone):%Y-%m-%d}"
    about = ", ".join(sorted(debt for debt in debts if debt not in NO_DEBTS))
    if effect == "suspend":
        return f"{day} we suspend the service for {about}"
    if effect == "reactivate":
        return f"{day} we bring the service back"
    return f"{day} we {VERBS[str(channel)]} {step}" + (f" about {about}" if about else "")


def _simulated(story: Story, policy: Policy) -> list[str]:
    """What the simulator says for the same facts; it is told what the outbox will report."""
    zone = ZoneInfo(story.customer.timezone)
    outcome = simulate(policy, story.customer, story.history, story.until.astimezone(zone).date())
    return [
        _transcript(line.at, zone, line.effect, line.step, line.channel, [debt.invoice for debt in line.debts])
        for line in outcome.lines
        if line.kind == "effect"
    ]
