"""The mapping document of a bank's CSV: what its columns mean."""

from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from domain.documents import Document, Fault, Faults, Whole
from domain.receivables.mapping import Amounts, DateForm, From, Mark


def _columns(value: object) -> object:
    return [value] if isinstance(value, str) else value


Columns = Annotated[tuple[str, ...], BeforeValidator(_columns), Field(min_length=1)]
"""One column, or several whose words are put together."""


class Returned(Document):
    """The column that says that a booking undoes an earlier one, and the words by which it does."""

    column: str
    yes: Annotated[tuple[str, ...], Field(min_length=1)]


class BankMapping(Document):
    """What the columns of a bank's CSV mean: a booking a row, in the order of the bank.

    An amount stands in one column with its sign, or in two: `credit` for what came in, `debit` for what
    went out. `balance` is that after the booking; with it, no row can be missing unseen. `skip_lines` are
    those before the header.
    """

    delimiter: Mark = ","
    dates: Annotated[tuple[DateForm, ...], Field(min_length=1)]
    amounts: Amounts = Amounts()
    skip_lines: Annotated[Whole, Field(ge=0, le=100)] = 0
    account: From
    currency: From
    booked_on: str
    value_on: str | None = None
    amount: str | None = None
    credit: str | None = None
    debit: str | None = None
    balance: str | None = None
    bank_ref: str | None = None
    end_to_end: str | None = None
    structured: str | None = None
    text: Columns
    payer: str | None = None
    payer_account: str | None = None
    returned: Returned | None = None

    @model_validator(mode="after")
    def _one_amount(self) -> "BankMapping":
        both = (self.credit is not None, self.debit is not None)
        if any(both) != all(both) or (self.amount is None) == (not all(both)):
            raise ValueError("write either amount, or credit and debit")
        faults = [
            Fault(path=(name, "by_country"), message="a bank's file has no countries: write column or fixed")
            for name in ("account", "currency")
            if getattr(self, name).by_country is not None
        ]
        if faults:
            raise Faults(*faults)
        return self

    def columns(self) -> dict[str, str]:
        """Every column that is read, with the first key that names it."""
        found: dict[str, str] = {}
        for key, value in self:
            named = [value] if isinstance(value, str) and key != "delimiter" else []
            if key == "text":
                named = list(self.text)
            elif key in ("account", "currency", "returned"):
                named = [value.column] if value is not None and value.column else []
            for column in named:
                found.setdefault(column, key)
        return found
