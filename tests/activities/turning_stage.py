"""A customer who is to be suspended at a vendor of subscriptions, which answers from memory and as told."""

import asyncio
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio.testing import ActivityEnvironment

from activities.answers import SwitchAnswer
from activities.books import Books
from activities.once import Mark, unmarked
from activities.service import LedgerSwitch, Service
from domain.clock import BusinessClock
from domain.customer import Customer
from domain.documents import read
from domain.errors import Refused
from domain.facts import Body, InvoiceIssued, PaymentReceived
from domain.policy import Policy
from domain.switching import Exchange, Note, Place, Seen, SubscriptionState, Turn
from store import claims, customers, doors, facts, places, policies, switches, tasks
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact

POLICY = """
policy: business
title: For tests
for: {segments: [business]}
window: {opens: 00:00, closes: 23:59, weekdays: [mon, tue, wed, thu, fri, sat, sun], holidays: false}
steps:
  - {kind: notice, id: final, offset_days: 1, template: final_notice}
  - {kind: suspend, id: suspend, offset_days: 8, notice_days: 7, needs_delivered: [final]}
"""
SUSPEND = "  - {kind: suspend"
RESTRICT = "  - {kind: restrict, id: restrict, offset_days: 2, notice_days: 1, needs_delivered: [final]}\n"
DUE = date(2026, 3, 2)
VENDOR = "partner_center"


def at(days_late: int, minutes: float = 0) -> datetime:
    """Return an instant at ten in the morning on a day counted from DUE."""
    return datetime(DUE.year, DUE.month, DUE.day, 10, tzinfo=UTC) + timedelta(days=days_late, minutes=minutes)


class Killed(BaseException):
    """The process died here."""


Fault = Callable[[Callable[[], None]], None]
"""What becomes of a request: it is handed what the vendor would do."""


@dataclass(slots=True, kw_only=True)
class Vendor:
    """A vendor of subscriptions: state in memory, a list of what changed it, and faults on demand.

    Attributes:
        held: what a subscription has: its status, and whether it renews by itself.
        steps: a request that carried one of these UUIDs before does nothing again.
        cannot: what it refuses to do.
        slow: so many looks go by until a change is seen; until then it is on its way.
        taken: what it has said yes to and does only when told to.
        look_seconds: so long a look takes; `seconds` is how long all of them took.
    """

    held: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    look_faults: list[Exception] = field(default_factory=list)
    cannot: str = ""
    slow: int = 0
    taken: list[Callable[[], None]] = field(default_factory=list)
    look_seconds: float = 0
    seconds: float = 0
    pending: dict[str, int] = field(default_factory=dict)

    def look(self, place: Place, *, note: Note) -> Seen:
        self.seconds += self.look_seconds
        if self.look_faults:
            raise self.look_faults.pop(0)
        held = self.held[place.resource]
        note(_exchange("GET", place.resource, "", None, held))
        left = self.pending.get(place.resource, 0)
        if left:
            self.pending[place.resource] = left - 1
            return Seen(state=None, resource=dict(held))
        return Seen(state=held["status"], resource=dict(held), **self.seen.get(place.resource, {}))

    def turn(self, turn: Turn, *, note: Note) -> None:
        resource = turn.place.resource
        if turn.to == self.cannot:
            raise Refused(f"nothing is {turn.to} here")
        change: dict[str, Any] = {"status": turn.to}
        if turn.to == "suspended":
            change["renews"] = False
        elif turn.to == turn.seen.state == "active":
            change = {"renews": (turn.before or {})["renews"]}
        self.requests.append((resource, str(next(iter(change.values()))), turn.request))

        def take() -> None:
            if turn.request not in self.done:
                self.done.add(turn.request)
                self.held[resource].update(change)
                self.pending[resource] = self.slow
            note(_exchange("PATCH", resource, turn.request, change, self.held[resource]))

        fault = self.faults.pop(0) if self.faults else None
        take() if fault is None else fault(take)

    def rehearsed(self, turn: Turn) -> str:
        return f"PATCH /subscriptions/{turn.place.resource} with status {turn.to}"

    def differs(self, before: Mapping[str, Any], seen: Seen) -> Sequence[str]:
        return ("it renewed by itself",) if before["renews"] != seen.resource["renews"] else ()


def _exchange(method: str, resource: str, request: str, sent: Any, got: Any) -> Exchange:
    return Exchange(
        method=method,
        path=f"/subscriptions/{resource}",
        request=request,
        correlation="c-1",
        status=200,
        sent=sent,
        got=dict(got),
    )


@dataclass(slots=True, kw_only=True)
class Stage:
    """The ledger of one customer, ACME, and the activities over the vendor."""

    ledger: Ledger
    vendor: Vendor
    woken: list[str] = field(default_factory=list)
    monotonic: Callable[[], float] = time.monotonic
    dry_run: bool = False

    def service(self, mark: Mark = unmarked) -> Service:
        async def wake(customer_id: str) -> None:
            self.woken.append(customer_id)

        books = Books(ledger=self.ledger, clock=BusinessClock, code_version="test")
        made = {VENDOR: self.vendor, places.OWN: LedgerSwitch(self.ledger)}
        return Service(
            books=books,
            switches=made,
            wake=wake,
            dry_run=self.dry_run,
            monotonic=self.monotonic,
            mark=mark,
        )

    def act(
        self, kind: str, now: datetime, *, goes_on: bool = True, attempt: int = 1, mark: Mark = unmarked
    ) -> SwitchAnswer:
        """Make one attempt; `goes_on` as the workflow says it after an answer."""
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, started_time=now, attempt=attempt)
        order = {"customer_id": "ACME", **({"goes_on": "yes"} if goes_on else {})}
        activity = getattr(self.service(mark), kind)
        return asyncio.run(environment.run(activity, order))  # type: ignore[no-any-return]

    def until_over(self, kind: str, now: datetime, *, most: int = 40) -> tuple[SwitchAnswer, datetime]:
        """Do as the workflow: try again when an answer says; return the last one, and when it came."""
        for _ in range(most):
            answer = self.act(kind, now)
            if answer["answer"] != "deferred":
                return answer, now
            now = max(now + timedelta(milliseconds=100), datetime.fromisoformat(answer["until"] or ""))
        raise AssertionError(f"not over after {most} attempts: {answer}")

    def die(self, kind: str, now: datetime, point: str, times: int = 1) -> None:
        """Make an attempt that dies at a point, when it comes there for the nth time."""
        left = times

        def mark(reached: str) -> None:
            nonlocal left
            left -= reached == point
            if reached == point and left <= 0:
                raise Killed

        try:
            self.act(kind, now, mark=mark)
        except Killed:
            return
        raise AssertionError(f"it never came to {point}")

    def record(self, *bodies: Body, now: datetime) -> None:
        new = [
            NewFact(source="test", id=f"{number}-{now}", happened_at=now, body=body)
            for number, body in enumerate(bodies)
        ]
        doors.record(self.ledger, "ACME", new, now=now)

    def pay(self, now: datetime) -> None:
        self.record(PaymentReceived(payment="P", amount="100.00", currency="EUR", invoice="A"), now=now)

    def told(self, *kinds: type[Body]) -> list[Body]:
        return [each.body for each in facts.history(self.ledger, "ACME") if isinstance(each.body, kinds)]

    def tasks(self) -> list[tuple[str, str]]:
        return [(task.step, task.why) for task in tasks.worklist(self.ledger)]

    def link(self, *resources: str, parent: str | None = None, kind: str = "licence") -> None:
        for resource in resources:
            self.vendor.held[resource] = {"id": resource, "status": "active", "renews": True}
            place = Place(
                customer="ACME", provider=VENDOR, account="T-1", resource=resource, kind=kind, parent=parent
            )
            places.link(self.ledger, place, by="test", now=at(-1))

    def states(self) -> list[SubscriptionState]:
        return [held["status"] for held in self.vendor.held.values()]


@contextmanager
def stage(prepared: Path, folder: Path) -> Iterator[Stage]:
    """A ledger of the test's own, as it was prepared, and the vendor."""
    for path in prepared.glob("ledger.db*"):
        shutil.copy(path, folder)
    ledger = Ledger(f"sqlite:///{folder / 'ledger.db'}", durable=False)
    yield Stage(ledger=ledger, vendor=Vendor())
    ledger.close()


def prepare(folder: Path, *, more: str = "") -> Path:
    """ACME owes since DUE, and its final notice was delivered: a ledger to copy, with `more` steps."""
    url = f"sqlite:///{folder / 'ledger.db'}"
    migrate(url)
    ledger, then = Ledger(url, durable=False), at(-40)
    policies.adopt(
        ledger,
        read(POLICY.replace(SUSPEND, more + SUSPEND), model=Policy, name="turning.yaml"),
        now=then,
        by="test",
    )
    switches.set_go_live(ledger, None, by="test", now=then)
    with ledger.write() as session:
        customer = Customer(id="ACME", currency="EUR")
        customers.add(session, customer, ContactData(email="a@b.example"), now=then)
    made = Stage(ledger=ledger, vendor=Vendor())
    made.record(InvoiceIssued(invoice="A", amount="100.00", currency="EUR", due_on=DUE), now=then)
    begun = claims.begin(ledger, "ACME", "final/email", now=at(1), code_version="test")
    assert isinstance(begun, claims.Begun), begun
    claims.confirm(
        ledger, "ACME", begun.message, state="sent", now=at(1), outcome="delivered", code_version="test"
    )
    ledger.close()
    return folder
