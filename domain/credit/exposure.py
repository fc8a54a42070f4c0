"""Exposure: what a customer owes or will, in one currency, against what may be owed.

The formula is the one that a large supplier uses for its partners, turned on the customer: everything
that is open counts, also what is disputed, and what is delivered and not invoiced yet; deposits and
overpayment count against it. Two currencies are never added: a limit is of one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any

from domain.account import Account
from domain.credit.invoiced import first_invoice
from domain.money import Money
from domain.policy_credit import FULL

FORMULA = "1"
"""Its version: what was noted under another one is not compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What is at risk in one currency, and from what it is reckoned.

    Attributes:
        limit: what may be owed; None where no credit was decided in this currency.
        receivables: everything open, disputed or not.
        unbilled: usage that is not billed yet.
        orders: what was provisioned and not invoiced yet.
        deposits: money of the customer's that has paid nothing yet.
        overpayment: unapplied money besides.
    """

    limit: Money | None
    receivables: Money
    unbilled: Money
    orders: Money
    deposits: Money
    overpayment: Money

    @property
    def currency(self) -> str:
        """The currency of every part."""
        return self.receivables.currency

    @property
    def total(self) -> Money:
        """What is at risk; never less than nothing."""
        owed = self.receivables + self.unbilled + self.orders - self.deposits - self.overpayment
        return max(owed, Money.zero(self.currency))

    @property
    def available(self) -> Money:
        """What may still be ordered on credit; less than nothing once the limit is passed."""
        return (self.limit or Money.zero(self.currency)) - self.total

    @property
    def percent(self) -> Decimal | None:
        """The share of the limit that is used, to two places and never rounded up; None without credit."""
        if not self.limit:
            return None
        exact = Decimal(self.total.minor) * 100 / Decimal(self.limit.minor)
        return exact.quantize(Decimal("0.01"), rounding=ROUND_DOWN)

    def reaches(self, percent: int) -> bool:
        """Whether so much of the limit is used, exactly."""
        return bool(self.limit) and self.total.minor * 100 >= percent * self.limit.minor  # type: ignore[union-attr]

    def level(self, levels: Iterable[int], before: int, again_below: int) -> int:
        """Return the highest level that is reached, and one that is not left yet; 0 for none.

        A level under 100 is left only some points below it, so that what swings around it is told once.
        That of 100 is left as soon as it is not reached: each block has a notice and hours of its own.
        """
        held = 0
        for level in levels:
            slack = again_below if level < FULL and level <= before else 0
            if self.reaches(level - slack):
                held = level
        return held

    def json(self) -> dict[str, Any]:
        """Return it for machines, with the formula and what goes into it."""
        percent = self.percent
        return {
            "currency": self.currency,
            "limit": None if self.limit is None else self.limit.plain(),
            **{name: getattr(self, name).plain() for name in PARTS},
            "exposure": self.total.plain(),
            "available": self.available.plain(),
            "percent": None if percent is None else f"{percent}",
            "formula": FORMULA,
        }


PARTS = ("receivables", "unbilled", "orders", "deposits", "overpayment")
WORDS = "receivables + unbilled + orders - deposits - overpayment"


def exposures(account: Account, unbilled: Iterable[Money] = ()) -> Mapping[str, Exposure]:
    """Return the exposure of a customer by currency, where there is any or a limit was decided.

    Args:
        unbilled: the usage that is not billed yet.
    """
    credit = account.credit
    parts: dict[str, dict[str, int]] = {}

    def add(part: str, money: Money) -> None:
        of = parts.setdefault(money.currency, dict.fromkeys(PARTS, 0))
        of[part] += money.minor

    for currency in credit.grants:
        add("receivables", Money.zero(currency))
    for debt in account.open_debts:
        add("receivables", debt.open)
    for money in unbilled:
        add("unbilled", money)
    for order in credit.orders:
        if order.provisioned_on is not None and first_invoice(account, order) is None:
            add("orders", order.amount)
    for deposit in account.deposits.values():
        add("deposits", deposit.left)
    for money in account.unapplied:
        add("overpayment", money)
    return {
        currency: Exposure(
            limit=grant.limit if (grant := credit.grants.get(currency)) else None,
            **{part: Money(minor, currency) for part, minor in of.items()},
        )
        for currency, of in sorted(parts.items())
    }
