"""Money that may be a customer's: while a person has to say so, chasing of what it may pay waits."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.money import Money
from domain.rest import Rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Money that may pay these invoices, or without any all in its currency: nobody knows yet."""

    question: str
    amount: Money
    invoices: tuple[str, ...]
    rest: Rest

    def concerns(self, debts: Mapping[str, str]) -> bool:
        """Whether it may pay one of these debts, given with their currencies."""
        if self.invoices:
            return any(invoice in debts for invoice in self.invoices)
        return self.amount.currency in debts.values()
