"""Customers who get one SMS and one email each, and what has to have become of those in the end.

Half of them are under a policy that repeats what is in doubt, by both channels, half under one that never
does. The message of a claim is known at the vendor: an SMS by its number, an email by its reference.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlmodel import col, select
from temporalio.testing import ActivityEnvironment

from activities.books import Books
from activities.tasks import Tasks
from domain.clock import BusinessClock
from domain.customer import Customer
from domain.decide import decide
from domain.documents import read
from domain.facts import InvoiceIssued
from domain.policy import Policy
from providers.loopback.faults import DROPPED, LOST_REPLY, Fault, slow, throttled, unwell
from providers.loopback.server import Loopback
from store import customers, doors, policies, switches, tasks
from store.assess import look
from store.customers import ContactData
from store.database import Ledger
from store.facts import NewFact
from store.tables import ClaimRow

POLICY = """
policy: %(segment)s
title: Kill
for: {segments: [%(segment)s]}
window: {opens: 00:00, closes: 23:59, weekdays: [mon, tue, wed, thu, fri, sat, sun], holidays: false}
steps:
  - kind: notice
    id: first
    offset_days: 1
    template: reminder_first
    channels: [sms, email]
    send: all
    in_doubt: {sms: %(in_doubt)s, email: %(in_doubt)s}
"""
IN_DOUBT: Mapping[str, str] = {"business": "repeat", "consumer": "never"}
CHANNELS = ("sms", "email")
_NUMBERS = 447700900000

REFUSED = "the connection refused"
"""The first of the seven faults; it befalls everybody, and no single request."""


def modes(*, late: float) -> dict[str, Fault]:
    """Return the other six; `late` is longer than anybody waits for an answer."""
    return {
        "accepted, and the reply lost": LOST_REPLY,
        "dropped before it was processed": DROPPED,
        "answered too late": slow(late),
        "503, not processed": unwell(503),
        "500, processed": unwell(500, processed=True),
        "throttled": throttled(1),
    }


def adopt(ledger: Ledger, now: datetime) -> None:
    """Adopt both policies, and let everything go out."""
    then = now - timedelta(days=40)
    for segment, in_doubt in IN_DOUBT.items():
        text = POLICY % {"segment": segment, "in_doubt": in_doubt}
        policies.adopt(ledger, read(text, model=Policy, name="kill.yaml"), now=then, by="test")
    switches.set_go_live(ledger, None, by="test", now=then)
    switches.set_blast_limit(ledger, 1_000_000, by="test", now=then)


def add(ledger: Ledger, count: int, now: datetime, *, first: int = 0) -> list[str]:
    """Add customers who owe since the day before yesterday; of each policy as many."""
    then, due_on = now - timedelta(days=40), (now - timedelta(days=2)).date()
    names = [f"C{number:03}" for number in range(first, first + count)]
    for number, name in enumerate(names, start=first):
        segment = tuple(IN_DOUBT)[number % 2]
        data = ContactData(email=f"{name.lower()}@acme.example", phone=f"+{_NUMBERS + number}")
        with ledger.write() as session:
            customer = Customer(id=name, timezone="UTC", currency="EUR", segment=segment)
            customers.add(session, customer, data, now=then)
        bill = InvoiceIssued(invoice=name, amount="100.00", currency="EUR", due_on=due_on)
        doors.record(ledger, name, [NewFact(source="test", id=name, happened_at=then, body=bill)], now=then)
    return names


def wrong(ledger: Ledger, loopback: Loopback, names: Sequence[str]) -> list[str]:
    """Return what is not as promised to these customers, once everything has settled and its tasks are open.

    Of what is repeated there is exactly one message for each claim. Of what never is there is one at most;
    the claim of each that is missing is unknown, and a person has a task.
    """
    arrived = Counter(("sms", _customer(int(sms.to))) for sms in loopback.twilio.messages)
    letters = Counter(letter.custom_args["rid"] for letter in loopback.sendgrid.letters)
    open_tasks = {(task.customer_id, task.step) for task in tasks.worklist(ledger)}
    claims = _claims(ledger, names)
    found = [] if len(claims) == len(CHANNELS) * len(names) else [f"only {len(claims)} claims"]
    for claim in claims:
        at_vendor = letters[claim.message] if claim.channel == "email" else arrived["sms", claim.customer_id]
        has_task = (claim.customer_id, f"in-doubt-first-{claim.channel}") in open_tasks
        so = (at_vendor, claim.state, has_task)
        right = [(1, "sent", False)]
        if _in_doubt(claim.customer_id) == "never":
            right.append((0, "unknown", True))
        if so not in right:
            found.append(f"{claim.customer_id} by {claim.channel}: {so}, and not {right}")
    return found


def unknown(ledger: Ledger, names: Sequence[str]) -> int:
    """Count the messages to these customers of which nobody can tell."""
    return sum(claim.state == "unknown" for claim in _claims(ledger, names))


def _claims(ledger: Ledger, names: Sequence[str]) -> Sequence[ClaimRow]:
    with ledger.read() as session:
        of_theirs = select(ClaimRow).where(ClaimRow.kind == "notice", col(ClaimRow.customer_id).in_(names))
        return session.exec(of_theirs).all()


def open_tasks(ledger: Ledger, names: Sequence[str], now: datetime) -> None:
    """Let the activity open the tasks that are wanted."""
    activity = Tasks(books=Books(ledger=ledger, clock=BusinessClock, code_version="kill"))
    for name in names:
        for key in _wanted_tasks(ledger, name, now):
            environment = ActivityEnvironment()
            environment.info = replace(environment.info, started_time=now)
            environment.run(activity.open_task, {"customer_id": name, "key": key})


def _wanted_tasks(ledger: Ledger, name: str, now: datetime) -> Iterator[str]:
    loaded = look(ledger, name)
    for effect in decide(loaded.policy, loaded.account, now.astimezone(UTC)).effects:
        if effect.kind == "task":
            yield effect.key


def _customer(number: int) -> str:
    return f"C{number - _NUMBERS:03}"


def _in_doubt(name: str) -> str:
    return tuple(IN_DOUBT.values())[int(name[1:]) % 2]
