"""The budget that was agreed with a customer, as it is to stand at the provider as well.

There it is a monitor and stops nothing: its own warnings go out beside ours, and end at the whole budget.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.money import Money
from domain.situation import Situation
from domain.usage.watch import budget_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A budget as it is to stand at one account; the provider has no currency with it."""

    account: str
    amount: Money

    @property
    def decimal(self) -> Decimal:
        """The amount in major units."""
        return Decimal(self.amount.plain())

    def differs(self, found: Decimal | None) -> str | None:
        """Return how what stands there differs from it, in words; None where it does not."""
        if found == self.decimal:
            return None
        there = "no budget" if found is None else f"a budget of {found:f}"
        return f"the provider has {there} for {self.account}, and {self.amount} was agreed"


def wish(at: Situation, accounts: Sequence[str]) -> Wish | str | None:
    """Return the budget of this month at the customer's account there, or why there can be none.

    None where there is nothing to say: nothing was agreed, or the customer is served elsewhere.
    """
    book = at.account.usage
    if book.profile is None or not accounts:
        return None
    if len(accounts) > 1:
        return "has several accounts there, so nobody can say which part is whose: set their budgets there"
    currency = book.profile.expected.currency
    measured = {of for _, of in book.months}
    if measured and currency not in measured:
        return f"is measured in {', '.join(sorted(measured))}, and the budget was agreed in {currency}"
    budget = budget_for(at.policy.usage, book.profile, f"{at.today:%Y-%m}", currency)
    assert budget is not None  # There is one wherever something was agreed.
    return Wish(account=accounts[0], amount=budget.amount)
