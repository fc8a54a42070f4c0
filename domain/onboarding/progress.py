"""How far the verification of a new customer is: a fold over facts, like the account it is part of.

The order of facts of one instant does not matter, and one that comes twice changes nothing. A check that
could not be done is an error, which is neither a pass nor a failure; a check that was answered twice and
differently is for a person.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from domain import facts
from domain.money import Money
from domain.onboarding.checks import CALL, ORDER, PHONE, REGION
from domain.onboarding.codes import CODE_VALID, COOL_DOWN, MOST_SENDS, MOST_TRIES

CheckOutcome = Literal["pass", "review", "fail", "error"]
Verdict = Literal["approved", "approved_prepayment", "rejected"]

MOST_CALLS = 3
"""Calls that nobody answers, until the verification goes on without one."""

_VERDICTS: Mapping[str, Verdict] = {
    "approve": "approved",
    "approve_prepayment": "approved_prepayment",
    "reject": "rejected",
}
_TIER = "tier_"
_GRAVITY: Mapping[str, int] = {"error": 0, "pass": 1, "review": 2, "fail": 3}

LEDGER = "ledger"
"""The provider of a check that we make by looking at our own books."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The outcome of one check, when, and how often it could not be done.

    Attributes:
        evidence, provider, ruleset: of the newest answer.
    """

    outcome: CheckOutcome
    at: datetime
    reasons: tuple[str, ...] = ()
    errors: int = 0
    score: int | None = None
    evidence: str | None = None
    provider: str | None = None
    ruleset: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What one person decided, and on which terms."""

    verdict: Verdict
    at: datetime
    by: str
    limit: Money | None = None
    terms_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a verification is.

    Attributes:
        given: what the application had with it that a check may look at, such as card.
        expects: what the customer expects to spend a month, and so the amount that is at stake.
        accepted: the version of the collections policy that the customer accepted.
        sends: so many codes went out; `sent_at` is when the newest did.
        tries: wrong answers to the newest code; `tried_at` is when the newest was given.
        unanswered: the calls that nobody answered, by their number.
        rulings: what people decided, the newest of each.
        newest_at: of all that is known.
    """

    checks: Mapping[str, Check] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    expects: Money | None = None
    accepted: str | None = None
    sends: int = 0
    sent_at: datetime | None = None
    tries: int = 0
    tried_at: datetime | None = None
    unanswered: frozenset[int] = frozenset()
    rulings: Mapping[str, Ruling] = field(default_factory=dict)
    newest_at: datetime | None = None

    def after(self, body: facts.Body, at: datetime) -> "Progress":
        """Return the progress after one more fact; one that is not about a verification changes nothing."""
        match body:
            case facts.OnboardingStarted():
                expects = _money(body.expects, body.currency)
                seen = replace(self, given=frozenset(body.given or ()), expects=expects)
            case facts.Checked():
                seen = self._checked(body, at)
            case facts.CodeSent(attempt=attempt) if attempt > self.sends:
                seen = replace(self, sends=attempt, sent_at=at, tries=0, tried_at=None)
            case facts.CodeAnswered(ok=True):
                seen = self._with(PHONE, Check(outcome="pass", at=at, reasons=("code_right",)))
            case facts.CodeAnswered(attempt=attempt) if attempt == self.sends:
                seen = replace(self, tries=self.tries + 1, tried_at=at)
            case facts.PolicyAccepted(version=version):
                seen = replace(self, accepted=version)
            case facts.CalledBack():
                seen = self._called(body, at)
            case facts.OnboardingReviewed():
                ruling = _ruling(body, at)
                seen = replace(self, rulings={**self.rulings, ruling.by.casefold(): ruling})
            case _:
                return self
        newest = at if self.newest_at is None else max(at, self.newest_at)
        return replace(seen, newest_at=newest)

    def _with(self, name: str, check: Check) -> "Progress":
        return replace(self, checks={**self.checks, name: check})

    def _checked(self, body: facts.Checked, at: datetime) -> "Progress":
        earlier = self.checks.get(body.check)
        new = Check(
            outcome=body.outcome,
            at=at,
            reasons=body.reasons,
            errors=(earlier.errors if earlier else 0) + (body.outcome == "error"),
            score=body.score,
            evidence=body.evidence,
            provider=body.provider,
            ruleset=body.ruleset,
        )
        if earlier is None or earlier.outcome == "error" or body.check == PHONE:
            return self._with(body.check, new)
        if body.outcome == "error":  # what is known already stays
            return self._with(body.check, replace(earlier, errors=new.errors))
        return self._with(body.check, _joined(earlier, new))

    def _called(self, body: facts.CalledBack, at: datetime) -> "Progress":
        if body.outcome == "no_answer":
            return replace(self, unanswered=self.unanswered | {body.attempt})
        reached = body.outcome == "reached"
        found = Check(
            outcome="pass" if reached else "review",
            at=at,
            reasons=("call_reached" if reached else "call_wrong_number",),
            evidence=body.number_from,
            provider=body.by or "finance",
        )
        earlier = self.checks.get(CALL)
        return self._with(CALL, found if earlier is None else _joined(earlier, found))

    def outcome(self, check: str) -> CheckOutcome | None:
        """The outcome of a check; None before it was done."""
        known = self.checks.get(check)
        return None if known is None else known.outcome

    def in_order(self) -> Iterator[tuple[str, Check]]:
        """The checks that were made, cheapest first, and those that only a later version knows after them."""
        names = sorted(self.checks, key=lambda name: (ORDER.get(name, len(ORDER)), name))
        return ((name, self.checks[name]) for name in names)

    @property
    def failed(self) -> tuple[str, ...]:
        """The checks that came out as failures, cheapest first."""
        return tuple(name for name, check in self.in_order() if check.outcome == "fail")

    @property
    def found(self) -> frozenset[str]:
        """Everything that any check found."""
        return frozenset(reason for check in self.checks.values() for reason in check.reasons)

    @property
    def tier(self) -> str | None:
        """The tier of the country; None before it was looked up."""
        known = self.checks.get(REGION)
        tiers = [reason.removeprefix(_TIER) for reason in (known.reasons if known else ())]
        return tiers[0] if tiers else None

    def ruling(self, *, both: bool) -> Ruling | None:
        """Return what people decided; where `both` have to agree, None until a second person has decided.

        To reject takes one person. Of two who approve, the more careful counts.
        """
        rulings = sorted(self.rulings.values(), key=lambda ruling: (ruling.at, ruling.by))
        if not rulings or not both:
            return rulings[-1] if rulings else None
        rejecting = [ruling for ruling in rulings if ruling.verdict == "rejected"]
        if rejecting:
            return rejecting[-1]
        return None if len(rulings) < 2 else _more_careful(rulings)

    @property
    def expires_at(self) -> datetime | None:
        """When the newest code ceases to be valid; None before one went out."""
        return None if self.sent_at is None else self.sent_at + CODE_VALID

    def code_ended_at(self, now: datetime) -> datetime | None:
        """When the newest code ended; None while it may still be entered, and before there is one."""
        if self.tries >= MOST_TRIES:
            return self.tried_at
        if self.expires_at is not None and now >= self.expires_at:
            return self.expires_at
        return None

    def takes_a_code(self, now: datetime) -> bool:
        """Whether a code is out, may still be entered, and is still of any use."""
        decided = bool(self.rulings) or self.outcome(PHONE) in ("pass", "fail")
        return self.sends > 0 and not decided and self.code_ended_at(now) is None


def _joined(earlier: Check, later: Check) -> Check:
    """Return two answers to one check as one: where they differ, nobody but a person may choose."""
    if LEDGER in (earlier.provider, later.provider):  # what we count ourselves is true at its moment
        return max(earlier, later, key=lambda check: (_GRAVITY[check.outcome], check.at))
    if earlier.outcome == later.outcome:
        newest = max(earlier, later, key=lambda check: check.at)
        reasons = tuple(sorted({*earlier.reasons, *later.reasons}))
        same = earlier.reasons == later.reasons
        errors = max(earlier.errors, later.errors)
        return replace(newest, reasons=earlier.reasons if same else reasons, errors=errors)
    reasons = tuple(sorted({*earlier.reasons, *later.reasons, "contradictory"}))
    newest = max(earlier, later, key=lambda check: check.at)
    return replace(newest, outcome="review", reasons=reasons, errors=max(earlier.errors, later.errors))


def _ruling(body: facts.OnboardingReviewed, at: datetime) -> Ruling:
    return Ruling(
        verdict=_VERDICTS[body.outcome],
        at=at,
        by=(body.by or "finance").strip(),
        limit=_money(body.limit, body.currency),
        terms_days=body.terms_days,
    )


def _more_careful(rulings: list[Ruling]) -> Ruling:
    """Return what the two of them allow: the smaller limit, the shorter terms, prepayment before credit."""
    newest = rulings[-1]
    if any(ruling.verdict == "approved_prepayment" for ruling in rulings):
        return replace(newest, verdict="approved_prepayment", limit=None, terms_days=None)
    limits = [ruling.limit for ruling in rulings]
    terms = [ruling.terms_days for ruling in rulings if ruling.terms_days is not None]
    known = [limit for limit in limits if limit is not None]
    agree = len(known) == len(limits) and len({limit.currency for limit in known}) == 1
    return replace(
        newest, limit=min(known) if agree else None, terms_days=min(terms) if agree and terms else None
    )


def _money(amount: object, currency: str | None) -> Money | None:
    return None if amount is None or currency is None else Money.of(str(amount), currency)


def answer_words(progress: Progress, *, ok: bool) -> str:
    """Say to whoever entered a code how it went; `progress` is that after the answer."""
    if ok:
        return "The code is right."
    left = MOST_TRIES - progress.tries
    if left > 0:
        return f"That code is wrong: {left} {'try is' if left == 1 else 'tries are'} left."
    if progress.sends < MOST_SENDS:
        minutes = int(COOL_DOWN.total_seconds() // 60)
        return f"That code is wrong, and no try is left: another code is sent in {minutes} minutes."
    return "That code is wrong, and no try is left: a person looks at it now."
