"""Customers in every stage, as they stand on one day: whom browser tests and screenshots look at.

The day is fixed, so that weekends and holidays fall the same way each time. Each has one invoice, and what
else happened to it. All are under the policy for business customers, but for two under the sample that
restricts services and ends them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from domain.customer import Customer
from domain.facts import (
    Approved,
    Body,
    DisputeOpened,
    HandedOver,
    InvoiceIssued,
    PaymentReceived,
    PromiseMade,
)

TODAY = date(2026, 6, 10)
"""A Wednesday."""

NOW = datetime.combine(TODAY, time(10), UTC)
ISSUED_BEFORE = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One customer, its invoice, and what else happened to it, each with its day.

    Attributes:
        stage: in which it stands on TODAY.
    """

    id: str
    name: str
    stage: str
    amount: str
    due_on: date
    happened: tuple[tuple[date, Body], ...] = ()
    segment: str = "business"
    language: str = "en"
    phone: str | None = "+4915112345678"

    @property
    def customer(self) -> Customer:
        """As a plan knows it."""
        return Customer(
            id=self.id,
            segment=self.segment,
            country="DE",
            timezone="Europe/Berlin",
            currency="EUR",
            language=self.language,
        )

    @property
    def email(self) -> str:
        """Where it reads."""
        return f"accounts@{self.id.lower()}.example"

    @property
    def invoice(self) -> str:
        """The number of its invoice."""
        return f"INV-{self.id}"

    def facts(self) -> Iterator[tuple[datetime, str, Body]]:
        """Yield all that happened, each with its instant and a name; the invoice is the first."""
        issued_on = self.due_on - ISSUED_BEFORE
        yield (
            _morning(issued_on),
            self.invoice,
            InvoiceIssued(
                invoice=self.invoice,
                amount=self.amount,
                currency="EUR",
                issued_on=issued_on,
                due_on=self.due_on,
            ),
        )
        for number, (on, body) in enumerate(self.happened, start=1):
            yield _morning(on), f"{self.id}-{number}", body


def _morning(on: date) -> datetime:
    return datetime.combine(on, time(9, 30), UTC)


def _days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


CAST = (
    Person(id="MAPLE", name="Maple Cabinets", stage="current", amount="1200.00", due_on=_days_ago(-14)),
    Person(id="HAZEL", name="Hazel Books", stage="overdue", amount="340.00", due_on=_days_ago(2)),
    Person(id="ROWAN", name="Rowan Tools", stage="reminder", amount="780.00", due_on=_days_ago(14)),
    Person(id="WILLOW", name="Willow Baskets", stage="reminder", amount="2500.00", due_on=_days_ago(23)),
    Person(id="LINDEN", name="Linden Tea", stage="final_notice", amount="900.00", due_on=_days_ago(36)),
    # Large enough that a person approves the suspension.
    Person(id="ALDER", name="Alder Bridges", stage="final_notice", amount="6400.00", due_on=_days_ago(50)),
    Person(id="ASPEN", name="Aspen Paper", stage="suspended", amount="1150.00", due_on=_days_ago(52)),
    Person(
        id="BIRCH",
        name="Birch Canoes",
        stage="final_notice",
        amount="1640.00",
        due_on=_days_ago(36),
        happened=((_days_ago(24), PromiseMade(pay_on=_days_ago(16), by="maria")),),
    ),
    Person(
        id="CEDAR",
        name="Cedar Chests",
        stage="reminder",
        amount="1980.00",
        due_on=_days_ago(27),
        happened=(
            (
                _days_ago(12),
                DisputeOpened(
                    dispute="D-CEDAR", invoice="INV-CEDAR", amount="480.00", owner="jonas", by="maria"
                ),
            ),
        ),
    ),
    Person(
        id="OAK",
        name="Oak Barrels",
        stage="current",
        amount="560.00",
        due_on=_days_ago(54),
        happened=((_days_ago(1), PaymentReceived(payment="PAY-OAK", amount="560.00", currency="EUR")),),
    ),
    Person(
        id="YEW",
        name="Yew Bows",
        stage="handed_over",
        amount="720.00",
        due_on=_days_ago(58),
        happened=((_days_ago(20), HandedOver(to="Northern Collections", by="maria")),),
    ),
    Person(
        id="FIR",
        name="Fir Hosting",
        segment="cloud",
        stage="restricted",
        amount="410.00",
        due_on=_days_ago(17),
    ),
    Person(
        id="SPRUCE",
        name="Spruce Clouds",
        segment="cloud",
        stage="terminated",
        amount="830.00",
        due_on=_days_ago(70),
        happened=((_days_ago(10), Approved(step="terminate", by="jonas")),),
    ),
)


def people(*ids: str) -> tuple[Person, ...]:
    """Return some of the cast; each costs a second or two to play."""
    found = {person.id: person for person in CAST}
    return tuple(found[name] for name in ids)


BEGINS = min(at for person in CAST for at, _, _ in person.facts()) - timedelta(days=1)
"""Before anything of it happened."""
