"""From a claimed effect to the notice that a template may speak about."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal

from domain import own_steps
from domain.announcing import ahead
from domain.credit.deposits import due_on, received_for
from domain.effects import Effect
from domain.interest.announced import announced
from domain.notice import Notice, NoticeDeposit, NoticeLimit, NoticeUsage, Seller, totals_of
from domain.owed import notice_debt
from domain.own_steps import USAGE_ALERT, USAGE_FORECAST, USAGE_WARNING
from domain.rules.service_news import told_again
from domain.rules.usage import standing_of
from domain.simulation.forecast import perform
from domain.situation import Situation
from domain.usage.book import first_of
from store.claims import Begun

_ENDS_TEXTS = "+1"
"""The calling code of the countries whose carriers and law want the way out in texts to businesses as well.

The United States, by the rules of the carriers (CTIA) and the TCPA, and Canada, by CASL.
"""


PageUrl = Callable[[str, date], str | None]
"""The link to a customer's own page in a message of a day; None where there are no such pages."""


def no_page(customer_id: str, on: date) -> None:
    """Return none: where nobody serves the pages there is nothing to link to."""


def notice_of(begun: Begun, *, seller: Seller, page: PageUrl = no_page) -> Notice:
    """Return all that the message of a claimed notice may say, as the account stands now."""
    at = Situation(policy=begun.policy, account=begun.account, now=begun.now)
    effect = begun.effect
    named = {(debt.key, debt.opening) for debt in effect.debts}
    debts = [debt for debt in at.open_debts if (debt.key, debt.opening) in named]
    debts = debts or told_again(at, effect.step)
    invoices = {debt.invoice for debt in debts}
    others = [debt for debt in at.debts if debt not in debts]
    charges = [debt for debt in others if debt.about in invoices and debt.due_on <= at.today]
    about = tuple(notice_debt(at, debt) for debt in debts)
    # If this message is delivered and nothing else happens.
    then = ahead(at, perform(begun.account, effect, begun.now), effect.step)
    return Notice(
        template=effect.template,
        step=effect.step,
        channel=effect.channel,
        language=begun.customer.language,
        reference=begun.message,
        customer=begun.customer.id,
        seller=seller.to(begun.customer.id),
        addressee=begun.contact.name or begun.customer.id,
        debts=about,
        others=tuple(notice_debt(at, debt) for debt in others if debt not in charges),
        charges=tuple(notice_debt(at, debt) for debt in charges),
        interest=announced(at, debts),
        totals=totals_of(about),
        sent_on=at.today,
        next_on=None if then is None else then.on,
        next_says=None if then is None else then.says,
        suspend_on=effect.suspend_on or _suspended_on(at),
        deposit=_deposit(at, effect),
        limit=_limit(at, effect),
        usage=_usage(at, effect.step),
        page=page(begun.customer.id, at.today),
        ends_texts=(begun.contact.phone or "").startswith(_ENDS_TEXTS),
    )


def _deposit(at: Situation, effect: Effect) -> NoticeDeposit | None:
    """The deposit that a message asks for, or for want of which an order was cancelled."""
    credit, terms = at.account.credit, at.policy.credit.prepayment
    name = effect.debts[0].part if effect.debts else ""
    match effect.step:
        case own_steps.ASK_DEPOSIT:
            asked = next(each for each in credit.asked if each.deposit == name)
        case own_steps.TELL_CANCELLED:
            asked = credit.asked_for(name)[0]
        case _:
            return None
    missing = asked.amount - received_for(at.account, asked)
    return NoticeDeposit(
        order=asked.order or asked.deposit,
        deposit=asked.deposit,
        asked=asked.amount,
        missing=missing,
        due_on=due_on(terms, asked),
    )


def _limit(at: Situation, effect: Effect) -> NoticeLimit | None:
    """The limit of whose use a message tells."""
    if not effect.step.startswith(own_steps.CREDIT_LEVEL):
        return None
    used = at.exposures[effect.debts[0].part]
    assert used.limit is not None
    return NoticeLimit(
        level=int(effect.step.removeprefix(own_steps.CREDIT_LEVEL)),
        limit=used.limit,
        used=used.total,
        hours=at.policy.credit.block_hours,
    )


_USAGE_SAYS: Mapping[str, Literal["warning", "alert", "forecast"]] = {
    USAGE_WARNING: "warning",
    USAGE_ALERT: "alert",
    USAGE_FORECAST: "forecast",
}


def _usage(at: Situation, step: str) -> NoticeUsage | None:
    """What a message about usage says; None of any other."""
    says = _USAGE_SAYS.get(step)
    stands = None if says is None else standing_of(at)
    if says is None or stands is None:
        return None
    return NoticeUsage(
        says=says,
        month=first_of(stands.month),
        read_on=stands.read_on,
        used=stands.used,
        budget=stands.budget.amount,
        percent=stands.percent,
        agreed=stands.budget.agreed,
        forecast=stands.forecast if says == "forecast" else None,
    )


def _suspended_on(at: Situation) -> date | None:
    service = at.account.service
    if not service.suspended or service.since is None:
        return None
    return at.calendar.local_date(service.since)
