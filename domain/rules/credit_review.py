"""What makes a person look at a limit again: only people lower one, or end it."""

from collections.abc import Iterator
from datetime import timedelta

from domain.credit.state import Grant
from domain.credit.subjects import about_limit
from domain.effects import EffectDebt, Wanted
from domain.facts import PaymentReceived
from domain.own_steps import NEVER_PAID, REVIEW_CREDIT
from domain.reasons import Reason, because
from domain.rules.telling import task
from domain.situation import Situation


def credit_review(at: Situation) -> Wanted:
    """Return the task to look at the credit again, one at a time, with the values that are the reason."""
    wanted = Wanted()
    grants = [grant for grant in at.account.credit.grants.values() if grant.limit]
    if grants:
        newest = max(grants, key=lambda grant: grant.at)
        _wait_for_lateness(at, wanted)
        for what, times, reason in (*_triggers(at, newest), *_yearly(at, newest, wanted)):
            about = about_limit(what, times, newest.limit)
            task(at, wanted, step=REVIEW_CREDIT, about=about, reason=reason)
    _never_paid(at, wanted)
    return wanted


def _triggers(at: Situation, grant: Grant) -> Iterator[tuple[str, int, Reason]]:
    terms, limit = at.policy.credit, grant.limit
    broken = [
        each
        for each in at.account.promises
        if each.state(at.policy.promises, at.today, at.tolerances) == "broken"
    ]
    if len(broken) >= terms.broken_promises:
        times = len(broken) // terms.broken_promises
        yield "promises", times, because("review.promises", broken=len(broken), limit=limit)
    late = [debt for debt in at.overdue if debt.main and debt.days_late(at.today) >= terms.late_days]
    if late:
        oldest = min(late, key=lambda debt: (debt.due_on, debt.invoice))
        days = oldest.days_late(at.today)
        yield "late", 1, because("review.late", invoice=oldest.invoice, days=days, limit=limit)
    reports = at.account.credit.reports
    if reports:
        report = reports[-1]
        reason = because(
            "review.report",
            provider=report.provider,
            was=report.was or "nothing",
            now=report.now,
            limit=limit,
        )
        yield "report", len(reports), reason


def _wait_for_lateness(at: Situation, wanted: Wanted) -> None:
    """Look again on the days on which main debts come to be late enough."""
    days = (debt.due_on + timedelta(days=at.policy.credit.late_days) for debt in at.debts if debt.main)
    wanted.later += [at.calendar.start_of(day) for day in days if day > at.today]


def _yearly(at: Situation, grant: Grant, wanted: Wanted) -> Iterator[tuple[str, int, Reason]]:
    """Yield the look that is due so many days after the limit was granted, and again after as many more."""
    days = at.policy.credit.review_days
    times, _ = divmod((at.today - grant.on).days, days)
    wanted.later.append(at.opening(grant.on + timedelta(days=(times + 1) * days)))
    if times > 0:
        reason = because("review.yearly", on=grant.on, limit=grant.limit, by=grant.whose)
        yield f"granted {grant.on}", times, reason


def _never_paid(at: Situation, wanted: Wanted) -> None:
    """Ask a person about a customer who never paid and cannot be reached, and goes on using the service."""
    account = at.account
    main = [debt for debt in account.debts if debt.main]
    if not main or not account.unbilled or not any(account.unbilled):
        return
    first = min(main, key=lambda debt: (debt.issued_on, debt.due_on, debt.invoice))
    late = next((debt for debt in at.overdue if debt.invoice == first.invoice), None)
    if late is None:
        return
    paid = any(isinstance(fact.body, PaymentReceived) for fact in account.history)
    unreached = [channel for channel, reach in account.reach.items() if reach == "invalid"]
    if paid or not unreached:
        return
    reason = because(
        "review.never_paid",
        invoice=first.invoice,
        days=late.days_late(at.today),
        channels=" and ".join(sorted(unreached)),
        usage=", ".join(str(money) for money in account.unbilled if money),
    )
    about = EffectDebt(
        invoice=first.invoice, opening=late.opening, amount=account.chased(late), part=late.part
    )
    task(at, wanted, step=NEVER_PAID, about=about, reason=reason)
