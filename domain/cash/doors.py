"""The same money through two doors: a card webhook and a bank file, an export, or two bank files."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from domain.cash.matching import Candidate
from domain.money import Money

DAYS = 5
"""Money needs so many days from one door to the other: a weekend, and a bank's booking day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Money of a customer that another door has brought."""

    source: str
    payment: str
    amount: Money
    invoice: str | None
    on: date


def same_money(amount: Money, candidate: Candidate, on: date, receipts: Iterable[Receipt]) -> Receipt | None:
    """Return what came in by another door and may be this very money; the nearest in time."""
    amounts = {amount, *(part for _, part in candidate.parts)}
    near = [
        receipt
        for receipt in receipts
        if receipt.amount in amounts
        and abs((receipt.on - on).days) <= DAYS
        and (receipt.invoice is None or not candidate.about or receipt.invoice in candidate.about)
    ]
    return min(near, key=lambda receipt: (abs((receipt.on - on).days), receipt.payment), default=None)
