"""Facts of the verification of a new customer."""

from typing import Literal

from pydantic import Field

from domain.facts.fact import Body
from domain.facts.fields import Name, Reason


class OnboardingStarted(Body):
    """The verification of a new customer began."""

    type: Literal["onboarding_started"] = "onboarding_started"
    by: Name | None = None


class Onboarded(Body):
    """How the onboarding verification ended: approved, approved_prepayment, rejected."""

    type: Literal["onboarded"] = "onboarded"
    outcome: Literal["approved", "approved_prepayment", "rejected"]
    by: Name | None = None


class Checked(Body):
    """One check of an onboarding, as it went; only `pass` speaks for the customer.

    Attributes:
        outcome: `error` when the check itself could not be done, which says nothing of the customer.
        score: where a provider gives one.
        reasons: codes of `domain.identifiers.FINDINGS` or `domain.onboarding.PHONE_FINDINGS`.
        evidence: a provider's reference, no personal data.
        ruleset: the version of the rules that were applied.
    """

    type: Literal["checked"] = "checked"
    check: Literal["identifiers", "phone"]
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


class OnboardingReviewed(Body):
    """A person decided about a new customer."""

    type: Literal["onboarding_reviewed"] = "onboarding_reviewed"
    outcome: Literal["approve", "approve_prepayment", "reject"]
    note: Reason | None = None
    by: Name | None = None
