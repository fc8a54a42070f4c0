"""The next move of a verification: decided from its progress, the decision table, and the instant.

Checks run cheapest first. After one that failed hard nothing is asked any more that costs money, and the
decision table has its say. What could not be done is tried again after a rest, and then a person decides.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from domain.customer import Customer
from domain.money import Money
from domain.onboarding.checks import CALL, CHECKS, IDENTIFIERS, PHONE
from domain.onboarding.codes import COOL_DOWN, MOST_SENDS, MOST_TRIES
from domain.onboarding.decision import ANYBODY, Decided, checks_wanted, decide, needs_second
from domain.onboarding.progress import MOST_CALLS, CheckOutcome, Progress, Ruling, Verdict
from domain.onboarding.rules import AS_BEFORE, OnboardingRules, Patience, Row
from domain.reasons import Reason, because

RETRIES = (timedelta(minutes=15), timedelta(hours=2))
"""After a check that could not be done; when these are used up, a person decides."""

FOR_PEOPLE = frozenset({"velocity_burst", "contradictory"})
"""Findings with which only a person lets anybody in, whatever a row or the end of a patience says."""

MoveKind = Literal["check", "send", "wait", "call", "review", "conclude"]
_THEN: dict[str, Verdict] = {"reject": "rejected", "prepay": "approved_prepayment"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a verification ends, and on which terms.

    Attributes:
        row: of the decision table, where it decided.
        by: the people who decided, where they did.
        adverse: what a customer who is turned away is told, as findings.
    """

    verdict: Verdict
    row: str | None = None
    by: str | None = None
    limit: Money | None = None
    terms_days: int | None = None
    deposit: Money | None = None
    adverse: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What a verification does next.

    Attributes:
        kind: `check` something, `send` a code, `wait` until an instant or news, let a person `call` or
            `review`, or `conclude` with an outcome.
        check: of `check`, which.
        until: of `wait`, later than now; of `review` and `call`, when time changes something.
        late: of `review` and `call`: a person has let it lie for too long.
        outcome: of `conclude`.
        attempt: of `send`, the number of the code; of `call` that of the call. From 1.
        decided: the row of the decision table, once it was asked.
    """

    kind: MoveKind
    reason: Reason
    until: datetime | None = None
    check: str | None = None
    late: bool = False
    outcome: Outcome | None = None
    attempt: int = 0
    decided: Decided | None = None

    @property
    def verdict(self) -> Verdict | None:
        """Of `conclude`."""
        return None if self.outcome is None else self.outcome.verdict


def next_move(
    progress: Progress, now: datetime, rules: OnboardingRules = AS_BEFORE, who: Customer = ANYBODY
) -> Move:
    """Return the next move of a verification that has no outcome yet."""
    if progress.rulings:
        return _ruled(progress, now, rules, who)
    failed = bool(progress.failed)
    for name in checks_wanted(rules, progress, who):
        if progress.outcome(name) in ("pass", "review", "fail") or (failed and CHECKS[name].paid):
            continue
        if (move := _make(name, progress, now, rules)) is not None:
            return move
    return _by_table(progress, now, rules, who)


def _make(name: str, progress: Progress, now: datetime, rules: OnboardingRules) -> Move | None:
    """Make a check that has no outcome; None where the verification goes on without it."""
    if name == PHONE:
        return _code(progress, now, rules)
    if name == CALL:
        return _call(progress, now, rules)
    first = name == IDENTIFIERS
    reason = because("onboarding.check") if first else because("onboarding.check_of", check=name)
    check = Move(kind="check", reason=reason, check=name)
    if progress.outcome(name) == "error":
        return _again(progress, name, check, now, rules)
    return check


def _by_table(progress: Progress, now: datetime, rules: OnboardingRules, who: Customer) -> Move:
    decided = decide(rules, progress, who)
    row = decided.row
    if row is None:
        reason = because("onboarding.no_row", rules=rules.rules)
        return _person("review", reason, progress, now, rules.review, decided=decided)
    if row.review is not None:
        return _review(_why_a_person(decided, row, rules), progress, now, rules, decided)
    if row.reject is None and (check := _for_people(progress)) is not None:
        reason = because("onboarding.review", check=check, outcome=progress.checks[check].outcome)
        return _review(reason, progress, now, rules, decided)
    return Move(
        kind="conclude",
        reason=_why(decided, row, rules),
        outcome=_of_row(decided, row, progress),
        decided=decided,
    )


def _for_people(progress: Progress) -> str | None:
    """Return the check with a finding that only a person passes over."""
    return next((name for name, check in progress.in_order() if FOR_PEOPLE & set(check.reasons)), None)


def _why(decided: Decided, row: Row, rules: OnboardingRules) -> Reason:
    if row.approve is not None and decided.limit is None:
        return because("onboarding.passed")
    return because("onboarding.row", row=row.id, rules=rules.rules)


def _why_a_person(decided: Decided, row: Row, rules: OnboardingRules) -> Reason:
    if decided.culprit is None:
        return because("onboarding.row_review", row=row.id, rules=rules.rules)
    check, outcome = decided.culprit
    return because("onboarding.review", check=check, outcome=outcome)


def _of_row(decided: Decided, row: Row, progress: Progress) -> Outcome:
    if row.approve is not None:
        terms = row.approve.terms_days if decided.limit is not None else None
        return Outcome(verdict="approved", row=row.id, limit=decided.limit, terms_days=terms)
    if row.prepay is not None:
        return Outcome(verdict="approved_prepayment", row=row.id, deposit=decided.deposit)
    assert row.reject is not None
    return Outcome(verdict="rejected", row=row.id, adverse=row.reject.adverse or failures(progress))


def failures(progress: Progress) -> tuple[str, ...]:
    """Return what the checks found that failed."""
    checks = [check for _, check in progress.in_order() if check.outcome == "fail"]
    return tuple(dict.fromkeys(reason for check in checks for reason in check.reasons))


# --- people --------------------------------------------------------------------------------------


def _ruled(progress: Progress, now: datetime, rules: OnboardingRules, who: Customer) -> Move:
    """Conclude with what people decided, or wait for the second of them."""
    decided = decide(rules, progress, who)
    newest = progress.ruling(both=False)
    assert newest is not None
    both = newest.verdict != "rejected" and any(
        needs_second(rules, progress, decided.row, limit=ruling.limit) for ruling in progress.rulings.values()
    )
    ruling = progress.ruling(both=both)
    if ruling is None:
        reason = because("onboarding.second_person", verdict=newest.verdict, by=newest.by)
        return _person("review", reason, progress, now, rules.review, decided=decided)
    reason = because("onboarding.reviewed", verdict=ruling.verdict)
    return Move(kind="conclude", reason=reason, outcome=_of_people(ruling, progress), decided=decided)


def _of_people(ruling: Ruling, progress: Progress) -> Outcome:
    people = sorted({each.by for each in progress.rulings.values()})
    rejected = ruling.verdict == "rejected"
    return Outcome(
        verdict=ruling.verdict,
        by=" and ".join(people)[:128],
        limit=ruling.limit,
        terms_days=ruling.terms_days,
        adverse=failures(progress) if rejected else (),
    )


def _review(
    reason: Reason, progress: Progress, now: datetime, rules: OnboardingRules, decided: Decided | None = None
) -> Move:
    return _person("review", reason, progress, now, rules.review, decided=decided)


def _call(progress: Progress, now: datetime, rules: OnboardingRules) -> Move | None:
    """Let a person call; without an answer three times it goes on without, and too late a person decides."""
    if len(progress.unanswered) >= MOST_CALLS:
        return None
    attempt = max(progress.unanswered, default=0) + 1
    reason = because("onboarding.call", attempt=attempt, of=MOST_CALLS)
    move = _person("call", reason, progress, now, rules.call)
    if move.kind == "conclude":  # nobody called: that says nothing of the customer
        return _review(because("onboarding.uncalled"), progress, now, rules)
    return Move(kind="call", reason=reason, until=move.until, late=move.late, attempt=attempt)


def _person(
    kind: Literal["review", "call"],
    reason: Reason,
    progress: Progress,
    now: datetime,
    patience: Patience,
    *,
    decided: Decided | None = None,
) -> Move:
    """Let a person act: remind when it takes too long, and end where the table says so."""
    since = _since(progress, now)
    remind_at, end_at = _bounds(since, patience)
    if patience.then == "prepay" and _for_people(progress) is not None:
        end_at = None
    if end_at is not None and now >= end_at:
        reason = because("onboarding.nobody", days=patience.end_after_days)
        outcome = Outcome(verdict=_THEN[patience.then], adverse=_adverse(patience, progress))
        return Move(kind="conclude", reason=reason, outcome=outcome, decided=decided)
    to_come = [at for at in (remind_at, end_at) if at is not None and at > now]
    return Move(
        kind=kind,
        reason=reason,
        until=min(to_come, default=None),
        late=remind_at is not None and now >= remind_at,
        decided=decided,
    )


def _adverse(patience: Patience, progress: Progress) -> tuple[str, ...]:
    return failures(progress) if patience.then == "reject" else ()


def _bounds(since: datetime | None, patience: Patience) -> tuple[datetime | None, datetime | None]:
    if since is None:
        return None, None
    hours, days = patience.remind_after_hours, patience.end_after_days
    remind_at = None if hours is None else since + timedelta(hours=hours)
    return remind_at, None if days is None else since + timedelta(days=days)


def _since(progress: Progress, now: datetime) -> datetime | None:
    """Since when a person is waited for: the newest that is known, or the end of a code after it."""
    known = [at for at in (progress.newest_at, progress.code_ended_at(now)) if at is not None]
    return max(known, default=None)


# --- what is tried more than once ----------------------------------------------------------------


def _code(progress: Progress, now: datetime, rules: OnboardingRules) -> Move:
    """Send a code, wait for its answer, or give up, while the telephone number is not proven."""
    if progress.takes_a_code(now):
        left = MOST_TRIES - progress.tries
        reason = because("onboarding.code", attempt=progress.sends, of=MOST_SENDS, left=left)
        return Move(kind="wait", reason=reason, until=progress.expires_at)
    if progress.sends >= MOST_SENDS:
        reason = because("onboarding.unanswered", sends=progress.sends)
        return _review(reason, progress, now, rules)
    attempt = progress.sends + 1
    send = Move(
        kind="send", reason=because("onboarding.send", attempt=attempt, of=MOST_SENDS), attempt=attempt
    )
    if progress.outcome(PHONE) == "error" and not _sent_since_error(progress):
        return _again(progress, PHONE, send, now, rules)
    ended_at = progress.code_ended_at(now)
    if ended_at is not None and now < ended_at + COOL_DOWN:
        until = ended_at + COOL_DOWN
        reason = because("onboarding.cool_down", attempt=attempt, of=MOST_SENDS)
        return Move(kind="wait", reason=reason, until=until)
    return send


def _sent_since_error(progress: Progress) -> bool:
    return progress.sent_at is not None and progress.sent_at >= progress.checks[PHONE].at


def _again(progress: Progress, check: str, move: Move, now: datetime, rules: OnboardingRules) -> Move:
    """Try a check again that could not be done: after a rest each time, and not for ever."""
    failed = progress.checks[check]
    if failed.errors > len(RETRIES):
        outcome: CheckOutcome = "error"
        reason = because("onboarding.review", check=check, outcome=outcome)
        return _review(reason, progress, now, rules)
    again_at = failed.at + RETRIES[failed.errors - 1]
    if now < again_at:
        reason = because("onboarding.retry", check=check, errors=failed.errors)
        return Move(kind="wait", reason=reason, until=again_at)
    return move
