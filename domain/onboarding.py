"""The verification of a new customer: what is known so far, and the next move.

`Progress` is a fold over facts, like the account it is part of; `next_move` decides, from nothing
else and the instant. Checks run cheapest first, and what fails hard is not checked further: a person
decides then. A check that could not be done is an error, which is neither a pass nor a failure.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from domain import facts
from domain.contact_law.placing import read_city, read_region
from domain.contact_law.whereabouts import Whereabouts
from domain.customer import Customer
from domain.reasons import Reason, because

IDENTIFIERS, PHONE = "identifiers", "phone"

CODE_VALID = timedelta(minutes=10)
"""How long a code may be entered."""

COOL_DOWN = timedelta(minutes=30)
"""From the end of a code, unanswered or wrong too often, to the next one."""

MOST_SENDS = 3
MOST_TRIES = 5
"""Wrong answers to one code."""

RETRIES = (timedelta(minutes=15), timedelta(hours=2))
"""After a check that could not be done; when these are used up, a person decides."""

# Why the phone check came out as it did, in words; those of the other check are in
# `domain.identifiers`. A code that nobody answers is no finding: the facts of its sends show it.
PHONE_FINDINGS: Mapping[str, str] = {
    "code_right": "the code was entered",
    "code_bounced": "the code did not arrive at the telephone number",
    "number_refused": "the telephone number cannot take messages",
    "no_phone": "there is no telephone number any more",
    "unwell": "the provider did not answer",
    "misconfigured": "the provider refuses our account or sender",
}

CheckOutcome = Literal["pass", "review", "fail", "error"]
MoveKind = Literal["check", "send", "wait", "review", "conclude"]
Verdict = Literal["approved", "approved_prepayment", "rejected"]

_VERDICTS: Mapping[str, Verdict] = {
    "approve": "approved",
    "approve_prepayment": "approved_prepayment",
    "reject": "rejected",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What somebody wrote who wants to become a customer.

    Attributes:
        phone: as written; without a leading + it is read as a number of `country`.
        address: the postal address, its parts on lines of their own or separated by commas.
        vat_id: the number under which a business pays VAT; in the US its EIN.
        region, city: by their codes, such as MA and NYC: contact law asks for them.
    """

    customer_id: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    vat_id: str | None = None
    country: str | None = None
    timezone: str = "UTC"
    segment: str = "business"
    language: str = "en"
    currency: str | None = None
    tags: tuple[str, ...] = ()
    size: str | None = None
    risk: str | None = None
    region: str | None = None
    city: str | None = None

    def __repr__(self) -> str:
        """Name the customer only: what else is here is personal data, and would end in a log."""
        return f"Application(customer_id={self.customer_id!r})"

    @property
    def customer(self) -> Customer:
        """The customer as a plan knows it.

        Raises:
            ValueError: a word is not what it should be; the sentence says what would be right.
        """
        return Customer(
            id=self.customer_id,
            segment=self.segment,
            country=self.country,
            timezone=self.timezone,
            language=self.language,
            currency=self.currency,
            tags=self.tags,
            size=self.size,
            risk=self.risk,
        )

    @property
    def whereabouts(self) -> Whereabouts:
        """Where contact law finds the customer.

        Raises:
            ValueError: there is no such region or city; the sentence says what would be right.
        """
        return Whereabouts(
            region=read_region(self.region, self.country) if self.region else None,
            places=(read_city(self.city, self.country),) if self.city else (),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The newest outcome of one check, when, and how often it could not be done."""

    outcome: CheckOutcome
    at: datetime
    reasons: tuple[str, ...] = ()
    errors: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a verification is.

    Attributes:
        sends: so many codes went out; `sent_at` is when the newest did.
        tries: wrong answers to the newest code; `tried_at` is when the newest was given.
        verdict: what a person decided.
    """

    checks: Mapping[str, Check] = field(default_factory=dict)
    sends: int = 0
    sent_at: datetime | None = None
    tries: int = 0
    tried_at: datetime | None = None
    verdict: Verdict | None = None

    def after(self, body: facts.Body, at: datetime) -> "Progress":
        """Return the progress after one more fact; one that is not about a verification changes nothing."""
        match body:
            case facts.Checked():
                return self._checked(body, at)
            case facts.CodeSent(attempt=attempt) if attempt > self.sends:
                return replace(self, sends=attempt, sent_at=at, tries=0, tried_at=None)
            case facts.CodeAnswered(ok=True):
                right = Check(outcome="pass", at=at, reasons=("code_right",))
                return replace(self, checks={**self.checks, PHONE: right})
            case facts.CodeAnswered(attempt=attempt) if attempt == self.sends:
                return replace(self, tries=self.tries + 1, tried_at=at)
            case facts.OnboardingReviewed(outcome=outcome):
                return replace(self, verdict=_VERDICTS[outcome])
        return self

    def _checked(self, body: facts.Checked, at: datetime) -> "Progress":
        earlier = self.checks.get(body.check)
        errors = (earlier.errors if earlier else 0) + (body.outcome == "error")
        check = Check(outcome=body.outcome, at=at, reasons=body.reasons, errors=errors)
        return replace(self, checks={**self.checks, body.check: check})

    def outcome(self, check: str) -> CheckOutcome | None:
        """The newest outcome of a check; None before it was done."""
        known = self.checks.get(check)
        return None if known is None else known.outcome

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
        decided = self.verdict is not None or self.outcome(PHONE) in ("pass", "fail")
        return self.sends > 0 and not decided and self.code_ended_at(now) is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What a verification does next.

    Attributes:
        kind: `check` the identifiers, `send` a code, `wait` until an instant or news, let a person
            `review`, or `conclude` with a verdict.
        until: of `wait`, later than now.
        verdict: of `conclude`.
        attempt: of `send`, the number of the code, from 1.
    """

    kind: MoveKind
    reason: Reason
    until: datetime | None = None
    verdict: Verdict | None = None
    attempt: int = 0


def next_move(progress: Progress, now: datetime) -> Move:
    """Return the next move of a verification that has no outcome yet."""
    if progress.verdict is not None:
        reason = because("onboarding.reviewed", verdict=progress.verdict)
        return Move(kind="conclude", reason=reason, verdict=progress.verdict)
    identifiers = progress.outcome(IDENTIFIERS)
    if identifiers is None:
        return Move(kind="check", reason=because("onboarding.check"))
    if identifiers == "error":
        again = Move(kind="check", reason=because("onboarding.check"))
        return _again(progress, IDENTIFIERS, again, now)
    if identifiers == "fail":
        return _review(IDENTIFIERS, identifiers)
    phone = progress.outcome(PHONE)
    if phone in ("fail", "review"):
        return _review(PHONE, phone)
    if phone != "pass":
        return _code(progress, now)
    if identifiers == "review":
        return _review(IDENTIFIERS, identifiers)
    return Move(kind="conclude", reason=because("onboarding.passed"), verdict="approved")


def _code(progress: Progress, now: datetime) -> Move:
    """Send a code, wait for its answer, or give up, while the telephone number is not proven."""
    if progress.takes_a_code(now):
        left = MOST_TRIES - progress.tries
        reason = because("onboarding.code", attempt=progress.sends, of=MOST_SENDS, left=left)
        return Move(kind="wait", reason=reason, until=progress.expires_at)
    if progress.sends >= MOST_SENDS:
        return Move(kind="review", reason=because("onboarding.unanswered", sends=progress.sends))
    attempt = progress.sends + 1
    send = Move(
        kind="send", reason=because("onboarding.send", attempt=attempt, of=MOST_SENDS), attempt=attempt
    )
    if progress.outcome(PHONE) == "error" and not _sent_since_error(progress):
        return _again(progress, PHONE, send, now)
    ended_at = progress.code_ended_at(now)
    if ended_at is not None and now < ended_at + COOL_DOWN:
        until = ended_at + COOL_DOWN
        reason = because("onboarding.cool_down", attempt=attempt, of=MOST_SENDS)
        return Move(kind="wait", reason=reason, until=until)
    return send


def _sent_since_error(progress: Progress) -> bool:
    return progress.sent_at is not None and progress.sent_at >= progress.checks[PHONE].at


def _again(progress: Progress, check: str, move: Move, now: datetime) -> Move:
    """Try a check again that could not be done: after a rest each time, and not for ever."""
    failed = progress.checks[check]
    if failed.errors > len(RETRIES):
        return _review(check, "error")
    again_at = failed.at + RETRIES[failed.errors - 1]
    if now < again_at:
        reason = because("onboarding.retry", check=check, errors=failed.errors)
        return Move(kind="wait", reason=reason, until=again_at)
    return move


def _review(check: str, outcome: CheckOutcome) -> Move:
    return Move(kind="review", reason=because("onboarding.review", check=check, outcome=outcome))


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


def code_of(key: bytes, reference: str) -> str:
    """Return the six digits of the one-time code with this reference.

    It is made from the ledger's secret and not drawn: a repeated attempt to send it cannot send
    another one, and it need not be kept. The truncation is that of HOTP (RFC 4226, section 5.3).
    """
    digest = hmac.digest(key, f"code:{reference}".encode(), "sha256")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4]) & 0x7FFF_FFFF
    return f"{number % 1_000_000:06d}"


def code_hash(key: bytes, reference: str, code: str) -> str:
    """Return what is kept of a code, or of an answer to it: nobody without the key can try all codes."""
    return hmac.digest(key, f"answer:{reference}:{code}".encode(), "sha256").hex()
