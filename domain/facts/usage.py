"""Facts about usage that is billed afterwards: what was agreed, what was measured, what was billed.

What the seller measures is an estimate of the month so far, in one currency; the invoice says what it
cost in the end.
"""

import re
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from domain.facts.fact import Body
from domain.facts.fields import Amount, Currency, Day, Invoice, Name, Reason, exact_amount
from domain.money import Money, MoneyError

_MONTH = re.compile(r"(19|2[0-9])[0-9]{2}-(0[1-9]|1[0-2])")


def _month(text: str) -> str:
    if not _MONTH.fullmatch(text):
        raise ValueError("write a month like 2026-02")
    return text


Month = Annotated[str, AfterValidator(_month)]
"""A month of the customer's calendar, as 2026-02."""
Measured = Annotated[Decimal, BeforeValidator(exact_amount), Field(ge=0, max_digits=18)]
"""What was used may be nothing."""
MonthNumber = Annotated[int, Field(ge=1, le=12)]


def _sound(amount: Decimal | None, currency: str | None) -> None:
    if amount is not None and currency is not None:
        try:
            Money.of(amount, currency)
        except MoneyError as error:
            raise ValueError(str(error)) from None


class UsageProfileAgreed(Body):
    """What the customer expects to use in a month, as it was agreed with them; the newest counts.

    Attributes:
        expected: of an ordinary month.
        peak: of the months of `peak_months`, by their number.
        budget: of an ordinary month; without it the policy's factor makes one of `expected`.
        regions, services: what they said they would use, for whoever looks at an odd month.
        evidence: how they agreed, such as the number of a contract; no name of a person.
        review_on: when it is to be agreed again; without it the policy says.
    """

    type: Literal["usage_profile_agreed"] = "usage_profile_agreed"
    expected: Amount
    currency: Currency
    peak: Amount | None = None
    peak_months: tuple[MonthNumber, ...] = ()
    budget: Amount | None = None
    regions: tuple[Name, ...] = Field(default=(), max_length=50)
    services: tuple[Name, ...] = Field(default=(), max_length=50)
    evidence: Reason | None = None
    review_on: Day | None = None
    by: Name | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for amount in (self.expected, self.peak, self.budget):
            _sound(amount, self.currency)
        if bool(self.peak_months) != (self.peak is not None):
            raise ValueError("peak and peak_months belong together: say how much, and in which months")
        return self


class UsageReported(Body):
    """What was used of a month so far; a later reading takes the place of an earlier one.

    Attributes:
        subscription: of one subscription; without it of the customer, and then that alone counts.
    """

    type: Literal["usage_reported"] = "usage_reported"
    month: Month
    amount: Measured
    currency: Currency
    subscription: Name | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _sound(self.amount, self.currency)
        return self


class UsageBilled(Body):
    """The usage of a month was billed: it is a debt now, or paid, and unbilled no more.

    Attributes:
        invoice: the one that bills it.
        amount: how much of it; without it all, whatever is measured later.
    """

    type: Literal["usage_billed"] = "usage_billed"
    month: Month
    invoice: Invoice | None = None
    amount: Amount | None = None
    currency: Currency | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.amount is None) != (self.currency is None):
            raise ValueError(
                "amount and currency belong together: write both, or neither for the whole month"
            )
        _sound(self.amount, self.currency)
        return self
