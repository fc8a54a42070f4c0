"""What roles of administration give people to do: decide, review every week, be reminded, take back."""

from collections.abc import Iterable
from datetime import date, timedelta

from domain import facts
from domain.access.grants import AccessBook, Grant
from domain.access.preconditions import in_words, missing
from domain.channels import ACCESS, TASK
from domain.effects import Effect, EffectDebt, Wanted
from domain.own_steps import ACCESS_DECISION, ACCESS_ENDS, ACCESS_OVER, ACCESS_REVIEW
from domain.reasons import Reason, because
from domain.situation import Situation


def access(at: Situation) -> Wanted:
    """Return the work that requests and grants ask for now."""
    wanted = Wanted()
    if not at.account.access_told:
        return wanted
    book = at.account.access
    _decide(at, book, wanted)
    if book.grants:
        _remind(at, book, wanted)
        _take_back(at, book, wanted)
        _review(at, book, wanted)
    return wanted


def ended_by(at: Situation, body: facts.Body) -> str | None:
    """Return the step whose task is done with this fact: it was about nothing else."""
    if not isinstance(body, facts.AccessGranted | facts.AccessRevoked):
        return None
    book = at.account.access
    if set(book.requests) == {body.grant} and at.open_task(ACCESS_DECISION):
        return ACCESS_DECISION
    over = {grant.name for grant in book.over(at.today)}
    return ACCESS_OVER if over == {body.grant} and at.open_task(ACCESS_OVER) else None


def _decide(at: Situation, book: AccessBook, wanted: Wanted) -> None:
    """Somebody is to decide about the requests that came since that was last asked."""
    asked_on = _last_on(at, ACCESS_DECISION)
    new = [body for on, body in book.requests.values() if asked_on is None or on >= asked_on]
    known = {claim.debts[0][1] for claim in at.account.claims if claim.step == ACCESS_DECISION}
    number = len(book.taken)
    if new and number not in known and not at.open_task(ACCESS_DECISION):
        body = new[0]
        lacking = missing(at, body.role)
        reason = because(
            "access.decision",
            grants=", ".join(each.grant for each in new),
            role=body.role,
            scope=body.scope,
            missing=f"missing is {in_words(lacking)}" if lacking else "nothing is missing",
        )
        _task(at, ACCESS_DECISION, number, reason, wanted)


def _remind(at: Situation, book: AccessBook, wanted: Wanted) -> None:
    """Some days before a role ends somebody hears of it; after downtime once, and not of each day missed."""
    reminded_on = _last_on(at, ACCESS_ENDS)
    due: list[Grant] = []
    for grant in book.current(at.today):
        days = [grant.last - timedelta(days=before) for before in at.policy.access.remind_days]
        passed = [day for day in days if grant.first < day <= at.today]
        if passed and (reminded_on is None or reminded_on < max(passed)):
            due.append(grant)
        wanted.later += [at.calendar.start_of(day) for day in days if day > at.today]
    if due:
        _task(at, ACCESS_ENDS, _day(at), because("access.ends", grants=_named(due)), wanted)


def _take_back(at: Situation, book: AccessBook, wanted: Wanted) -> None:
    """The end of a grant takes no role away by itself: a person does, and says so."""
    asked_on = _last_on(at, ACCESS_OVER)
    over = book.over(at.today)
    if any(asked_on is None or grant.last >= asked_on for grant in over) and not at.open_task(ACCESS_OVER):
        _task(at, ACCESS_OVER, _day(at), because("access.over", grants=_named(over)), wanted)
    wanted.later += [at.calendar.end_of(grant.last) for grant in book.current(at.today)]


def _review(at: Situation, book: AccessBook, wanted: Wanted) -> None:
    """Every week somebody looks at all that is granted, and at what does not hold any more."""
    began = min(grant.first for grant in book.grants.values())
    reviewed_on = max(filter(None, (_last_on(at, ACCESS_REVIEW), began)))
    day = reviewed_on + timedelta(days=at.policy.access.review_days)
    if day > at.today:
        wanted.later.append(at.calendar.start_of(day))
    elif not at.open_task(ACCESS_REVIEW):
        grants = list(book.grants.values())
        lacking = tuple(dict.fromkeys(name for grant in grants for name in missing(at, grant.role)))
        reason = because(
            "access.review",
            count=len(grants),
            grants=_named(grants),
            missing=f"missing is {in_words(lacking)}" if lacking else "every precondition holds",
        )
        _task(at, ACCESS_REVIEW, _day(at), reason, wanted)


def _task(at: Situation, step: str, opening: int, reason: Reason, wanted: Wanted) -> None:
    about = EffectDebt(invoice=ACCESS, opening=opening, amount=at.nothing)
    wanted.effects.append(Effect(kind="task", step=step, channel=TASK, debts=(about,), reason=reason))


def _last_on(at: Situation, step: str) -> date | None:
    """The day on which a task of this step was last opened."""
    asked = [claim.claimed_at for claim in at.account.claims if claim.step == step and claim.stands]
    return at.calendar.local_date(max(asked)) if asked else None


def _day(at: Situation) -> int:
    return at.today.toordinal()


def _named(grants: Iterable[Grant]) -> str:
    return ", ".join(sorted(map(str, grants)))
