"""The gate: whether an order may be provisioned, and what is missing where it may not.

No order is provisioned before its deposit has settled, unless credit was approved that covers it. Money
on its way has not settled, and money that was charged back or refunded is not there any more: then the
gate is closed again, until the order was provisioned.
"""

from datetime import datetime

from domain.credit.deposits import prepaid
from domain.credit.state import Order
from domain.reasons import Reason, because
from domain.situation import Situation


def closed(at: Situation, order: Order) -> tuple[Reason, datetime | None] | None:
    """Return why an order that waits is not provisioned now, and until when; None where it may be."""
    refused = _refused(at, order)
    if refused is not None:
        return refused, None
    if (silenced := at.silenced()) is not None:
        return silenced
    missing = uncovered(at, order)
    return None if missing is None else (missing, None)


def _refused(at: Situation, order: Order) -> Reason | None:
    """Why nothing new is provisioned for this customer at all, however it is paid."""
    account = at.account
    if account.onboarding in ("pending", "rejected"):
        return because("order.onboarding", order=order.name, onboarding=account.onboarding)
    if account.service.down or not at.has_service:
        how = "ended" if not at.has_service else "suspended" if account.service.suspended else "restricted"
        return because("order.service", order=order.name, how=how)
    if account.credit.blocks:
        block = account.credit.blocks[0]
        on = at.calendar.local_date(block.at)
        return because("order.blocked", order=order.name, on=on, reason=block.reason)
    return None


def uncovered(at: Situation, order: Order) -> Reason | None:
    """Return what an order lacks of money or credit; None where it is prepaid or credit covers it."""
    paid = prepaid(at.account, at.policy.credit.prepayment, order)
    if paid.complete:
        return None
    if at.account.credit.approved(order.amount.currency) is not None:
        missing = order.amount - at.exposures[order.amount.currency].available
        if missing.minor <= 0:
            return None
        return because("order.credit", order=order.name, amount=order.amount, missing=missing)
    on_its_way = _on_its_way(at, order)
    if on_its_way is not None:
        return on_its_way
    return because("order.deposit", order=order.name, received=paid.received, asked=paid.asked)


def _on_its_way(at: Situation, order: Order) -> Reason | None:
    """Why a deposit that was sent does not open the gate: it may still come to nothing."""
    names = {each.deposit for each in at.account.credit.asked_for(order.name)}
    for money in at.account.in_flight:
        if money.deposit in names:
            return because("order.in_flight", order=order.name, payment=money.payment, amount=money.amount)
    return None
