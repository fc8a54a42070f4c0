"""Everything about credit and orders, behind one question: of most customers nothing of it is known."""

from collections.abc import Iterator

from domain.credit.deposits import received_for
from domain.credit.gate import uncovered
from domain.credit.subjects import about_order
from domain.effects import Held, Wanted
from domain.own_steps import AWAIT_DEPOSIT
from domain.reasons import because
from domain.rules.credit_review import credit_review
from domain.rules.deposits import applicable, deposits
from domain.rules.exposure import exposure
from domain.rules.orders import orders
from domain.situation import Situation

_PRESSING = frozenset({"notice", "charge", "restrict", "suspend", "terminate"})


def credit(at: Situation) -> Wanted:
    """Return what is wanted of orders, deposits and limits."""
    wanted = Wanted()
    if at.account.credit:
        for rule in (orders, deposits, exposure, credit_review):
            wanted.add(rule(at))
    return wanted


def deposit_first(at: Situation, wanted: Wanted) -> None:
    """Let everything that presses for an invoice wait until its deposit is applied.

    Called when all rules have spoken: nobody is chased for what a deposit pays.
    """
    if not at.account.credit.asked:
        return
    pays = {debt.invoice: asked.deposit for asked, debt in applicable(at)}
    for effect in [each for each in wanted.effects if pays and each.kind in _PRESSING]:
        first = next((debt.invoice for debt in effect.debts if debt.invoice in pays), None)
        if first is not None:
            reason = because("deposit.first", deposit=pays[first], invoice=first)
            wanted.effects.remove(effect)
            wanted.hold(Held(step=effect.step, channel=effect.channel, debts=effect.debts, reason=reason))


def settled_tasks(at: Situation) -> Iterator[tuple[str, str]]:
    """Yield the tasks that ended by themselves, by the reference of their claim, and why."""
    account = at.account
    for asked in account.credit.asked:
        order = account.credit.order(asked.order)
        if received_for(account, asked) >= asked.amount:
            why = "received"
        elif order is not None and not order.waits:
            why = "the order does not wait any more"
        elif order is not None and uncovered(at, order) is None:
            why = "credit covers the order"
        else:
            continue
        for claim in account.claims:
            about = about_order(asked.deposit, asked.amount)
            if claim.step == AWAIT_DEPOSIT and (about.key, about.opening) in claim.debts:
                yield claim.message, why
