"""What one check came to, before it is a fact."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.onboarding.findings import Outcome, weighed


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """How a check came out.

    Attributes:
        reasons: what was found, the gravest first.
        score: where a provider gives one.
        evidence: the provider's reference, or the version of the list: no personal data.
    """

    outcome: Outcome
    reasons: tuple[str, ...] = ()
    score: int | None = None
    evidence: str | None = None


def answered(found: Iterable[str], *, score: int | None = None, evidence: str | None = None) -> Answered:
    """Return what findings come to together."""
    outcome, reasons = weighed(found)
    return Answered(outcome=outcome, reasons=reasons, score=score, evidence=evidence)
