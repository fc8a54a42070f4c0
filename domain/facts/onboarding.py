"""Facts of the verification of a new customer."""

from typing import Literal, Self

from pydantic import Field, model_validator

from domain.facts.fact import Body
from domain.facts.fields import Amount, Currency, Name, Reason


class OnboardingStarted(Body):
    """The verification of a new customer began.

    Attributes:
        given: what the application had with it for a check to look at, such as card; no personal data.
        expects: what the customer expects to spend a month, in `currency`.
    """

    type: Literal["onboarding_started"] = "onboarding_started"
    by: Name | None = None
    given: tuple[Name, ...] | None = None
    expects: Amount | None = None
    currency: Currency | None = None


class Onboarded(Body):
    """How the onboarding verification ended: approved, approved_prepayment, rejected.

    Attributes:
        row, ruleset: the row that decided, and the version of its decision table.
        reasons: why a customer was turned away, as findings: what the customer is told.
        deposit: what is asked in advance at least, of the first order in `currency`.
    """

    type: Literal["onboarded"] = "onboarded"
    outcome: Literal["approved", "approved_prepayment", "rejected"]
    by: Name | None = None
    row: Name | None = None
    ruleset: Name | None = None
    reasons: tuple[Name, ...] | None = None
    deposit: Amount | None = None
    currency: Currency | None = None


class Checked(Body):
    """One check of an onboarding, as it went; only `pass` speaks for the customer.

    Attributes:
        check: one of `domain.onboarding.checks.CHECKS`; one that a later version makes is kept and shown.
        outcome: `error` when the check itself could not be done, which says nothing of the customer.
        score: where a provider gives one.
        reasons: codes of `domain.onboarding.findings`.
        evidence: a provider's reference, no personal data.
        ruleset: the version of the rules that were applied.
    """

    type: Literal["checked"] = "checked"
    check: Name
    outcome: Literal["pass", "review", "fail", "error"]
    score: int | None = None
    reasons: tuple[str, ...] = ()
    evidence: Name | None = None
    provider: Name
    ruleset: Name


class CodeSent(Body):
    """A one-time code went out to a new customer; `attempt` counts them from 1."""

    type: Literal["code_sent"] = "code_sent"
    channel: Name
    attempt: int = Field(ge=1)


class CodeAnswered(Body):
    """The customer entered a code while the one of this attempt was valid: the right one, or not."""

    type: Literal["code_answered"] = "code_answered"
    ok: bool
    attempt: int = Field(ge=1)


class PolicyAccepted(Body):
    """The customer accepted the collections policy, in this version of it."""

    type: Literal["policy_accepted"] = "policy_accepted"
    version: Name
    by: Name | None = None


class CalledBack(Body):
    """A person called a new customer, at a number that is not from the customer.

    Attributes:
        number_from: where the number was found, such as the commercial register; not the number.
        attempt: counts the calls from 1; one that was told before is the same call.
    """

    type: Literal["called_back"] = "called_back"
    outcome: Literal["reached", "no_answer", "wrong_number"]
    number_from: Name
    attempt: int = Field(default=1, ge=1)
    by: Name | None = None


class OnboardingReviewed(Body):
    """A person decided about a new customer; `limit` and `terms_days` are of the credit that it gives."""

    type: Literal["onboarding_reviewed"] = "onboarding_reviewed"
    outcome: Literal["approve", "approve_prepayment", "reject"]
    note: Reason | None = None
    by: Name | None = None
    limit: Amount | None = None
    currency: Currency | None = None
    terms_days: int | None = Field(default=None, ge=0, le=365)

    @model_validator(mode="after")
    def _whole_credit(self) -> Self:
        given = [self.limit is not None, self.currency is not None, self.terms_days is not None]
        if any(given) and not all(given):
            raise ValueError("credit has a limit, a currency and terms_days: give all three, or none")
        if self.limit is not None and self.outcome != "approve":
            raise ValueError("only who is approved gets credit: leave out the limit")
        return self
