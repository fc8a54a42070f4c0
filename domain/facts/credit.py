"""Facts of credit: what a customer may owe us, how much of it is used, and what makes us look again."""

from typing import Literal

from pydantic import Field

from domain.facts.fact import Body
from domain.facts.fields import Currency, Limit, Name, Reason


class CreditGranted(Body):
    """So much may be owed in a currency; the newest counts, and a limit of 0 is prepayment only.

    Attributes:
        terms_days: days to pay that go with it, as they were decided; an invoice has its own due date.
    """

    type: Literal["credit_granted"] = "credit_granted"
    limit: Limit
    currency: Currency
    terms_days: int | None = Field(default=None, ge=0, le=365)
    reason: Reason
    by: Name | None = None


class CreditEnded(Body):
    """The credit in a currency, without one every credit, is over: what is ordered now is prepaid."""

    type: Literal["credit_ended"] = "credit_ended"
    currency: Currency | None = None
    reason: Reason
    by: Name | None = None


class CreditReportChanged(Body):
    """A commercial report says something else of the customer than before: a person looks at the limit."""

    type: Literal["credit_report_changed"] = "credit_report_changed"
    provider: Name
    was: Name | None = None
    now: Name
    evidence: Name | None = None


class ExposureNoted(Body):
    """The engine noted that the use of a limit has come to another level, with what it reckoned from.

    Attributes:
        level: the percent whose crossing it is; 0 when the lowest was left.
        formula: the version of the formula (domain/credit/exposure.py).
    """

    type: Literal["exposure_noted"] = "exposure_noted"
    currency: Currency
    level: int = Field(ge=0, le=1000)
    limit: Limit
    receivables: Limit
    unbilled: Limit
    orders: Limit
    deposits: Limit
    overpayment: Limit
    formula: Name
