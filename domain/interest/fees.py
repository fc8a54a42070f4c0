"""Fees that finance has booked: what the account remembers of them, so that nothing is asked for twice."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from domain.interest.proposal import Booked
from domain.money import Money

FeeKind = Literal["interest", "compensation", "fee"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """Interest, a compensation or a fee that was booked and not cancelled; a waived one counts too.

    Attributes:
        fee: its own number.
        invoice: what it is about.
        until: the last day of which it was charged.
        step: the step whose fee it is.
        basis, rows: law or clause with the formula, and the rows of the rate table, as they were booked.
    """

    fee: str
    invoice: str
    kind: FeeKind
    amount: Money
    until: date | None
    step: str | None
    booked_at: datetime
    basis: str
    rows: tuple[str, ...] = ()


def booked_on(fees: Iterable[Fee], invoice: str, currency: str) -> Booked:
    """Return what was booked on an invoice of this currency before."""
    mine = [fee for fee in fees if fee.invoice == invoice]
    agreed = [
        fee.amount.minor for fee in mine if fee.kind != "compensation" and fee.amount.currency == currency
    ]
    return Booked(
        until=_latest(mine, "interest"),
        compensated_until=_latest(mine, "compensation"),
        agreed=Money(sum(agreed), currency) if agreed else None,
    )


def _latest(fees: Iterable[Fee], kind: FeeKind) -> date | None:
    return max((fee.until for fee in fees if fee.kind == kind and fee.until is not None), default=None)
