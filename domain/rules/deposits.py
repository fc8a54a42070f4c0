"""Deposits: asked for before anything is delivered, waited for, applied to the first invoice, given back."""

from collections.abc import Iterator
from datetime import timedelta

from domain.account import Account
from domain.book import Debt
from domain.channels import BOOK
from domain.credit.deposits import deposit_named, due_on, left_of, prepaid, received_for
from domain.credit.gate import uncovered
from domain.credit.invoiced import invoice_for_deposit
from domain.credit.state import ENGINE, Asked, Order
from domain.credit.subjects import about_order
from domain.effects import EffectDebt, Held, Wanted
from domain.facts import DepositApplied, DepositRequested, OrderCancelled
from domain.money import Money
from domain.own_steps import (
    APPLY_DEPOSIT,
    ASK_DEPOSIT,
    AWAIT_DEPOSIT,
    CANCEL_ORDER,
    DEPOSIT_LEFT,
    DEPOSIT_MISSING,
    REQUEST_DEPOSIT,
    TELL_CANCELLED,
)
from domain.reasons import because
from domain.rules.telling import book, task, tell
from domain.situation import Situation


def deposits(at: Situation) -> Wanted:
    """Return what is to be asked for, told, applied or decided about deposits."""
    wanted = Wanted()
    for order in at.account.credit.orders:
        if order.waits:
            _request(at, order, wanted)
        elif order.cancelled_by == ENGINE:
            _tell_cancelled(at, order, wanted)
    for asked in at.account.credit.asked:
        of = at.account.credit.order(asked.order)
        if of is None or of.waits:
            _await(at, asked, of, wanted)
        _left(at, asked, of, wanted)
    for asked, debt in applicable(at):
        _apply(at, asked, debt, wanted)
    return wanted


# --- asking --------------------------------------------------------------------------------------


def _request(at: Situation, order: Order, wanted: Wanted) -> None:
    """Ask for the deposit of an order that no credit may cover."""
    credit, currency = at.account.credit, order.amount.currency
    if credit.asked_for(order.name) or credit.approved(currency) is not None or credit.blocks:
        return
    if at.account.onboarding in ("pending", "rejected") or at.account.service.down or not at.has_service:
        return
    amount = prepaid(at.account, at.policy.credit.prepayment, order).asked
    body = DepositRequested(
        deposit=deposit_named(order.name, credit.asked),
        amount=amount.amount,
        currency=currency,
        order=order.name,
        due_on=at.today + timedelta(days=at.policy.credit.prepayment.wait_days),
        by=ENGINE,
    )
    reason = because("deposit.request", deposit=body.deposit, amount=amount, order=order.name)
    book(at, wanted, step=REQUEST_DEPOSIT, about=about_order(order.name, amount), body=body, reason=reason)


def _await(at: Situation, asked: Asked, order: Order | None, wanted: Wanted) -> None:
    """Tell the customer and finance of a deposit that has not come, and cancel its order when it does not."""
    received = received_for(at.account, asked)
    if received >= asked.amount or (order is not None and uncovered(at, order) is None):
        return
    terms, about = at.policy.credit.prepayment, about_order(asked.deposit, asked.amount - received)
    day = due_on(terms, asked)
    reason = because("deposit.ask", deposit=asked.deposit, amount=asked.amount, received=received, due_on=day)
    tell(
        at, wanted, step=ASK_DEPOSIT, about=about, template=terms.ask, channels=terms.channels, reason=reason
    )
    reason = because(
        "deposit.await", deposit=asked.deposit, amount=asked.amount, received=received, due_on=day
    )
    task(at, wanted, step=AWAIT_DEPOSIT, about=about, reason=reason)
    if order is not None:
        _cancel(at, asked, order, wanted)


def _cancel(at: Situation, asked: Asked, order: Order, wanted: Wanted) -> None:
    """Cancel an order whose deposit did not come in time; money on its way keeps it."""
    last_on = due_on(at.policy.credit.prepayment, asked)
    ends_at = at.calendar.end_of(last_on)
    about = about_order(order.name, order.amount)
    if at.now < ends_at:
        wanted.later.append(ends_at)
        return
    on_its_way = next((m for m in at.account.in_flight if m.deposit == asked.deposit), None)
    if on_its_way is not None:
        reason = because(
            "order.in_flight", order=order.name, payment=on_its_way.payment, amount=on_its_way.amount
        )
        wanted.hold(Held(step=CANCEL_ORDER, channel=BOOK, debts=(about,), reason=reason))
        return
    why = f"the deposit {asked.deposit} did not come by {last_on}"
    body = OrderCancelled(order=order.name, reason=why, by=ENGINE)
    reason = because("order.cancel", order=order.name, deposit=asked.deposit, due_on=last_on)
    book(at, wanted, step=CANCEL_ORDER, about=about, body=body, reason=reason)


def _tell_cancelled(at: Situation, order: Order, wanted: Wanted) -> None:
    """Tell the customer, and finance, that an order was cancelled because its deposit did not come."""
    terms, about = at.policy.credit.prepayment, about_order(order.name, order.amount)
    reason = because("order.cancelled", order=order.name)
    tell(
        at,
        wanted,
        step=TELL_CANCELLED,
        about=about,
        template=terms.tell,
        channels=terms.channels,
        reason=reason,
    )
    paid = prepaid(at.account, terms, order)
    reason = because("deposit.missing", order=order.name, received=paid.received, asked=paid.asked)
    task(at, wanted, step=DEPOSIT_MISSING, about=about, reason=reason)


# --- applying and giving back --------------------------------------------------------------------


def applicable(at: Situation) -> Iterator[tuple[Asked, Debt]]:
    """Yield each deposit with money in it that was never applied, and the invoice that it is for.

    Only the first invoice is paid so: what is left then stays a security until a person decides.
    """
    for asked in at.account.credit.asked:
        if asked.deposit in at.account.credit.applied or left_of(at.account, asked.deposit) is None:
            continue
        order = at.account.credit.order(asked.order)
        debt = invoice_for_deposit(at.account, order, asked.on, asked.amount.currency)
        if debt is not None and at.account.chased(debt):
            yield asked, debt


def _apply(at: Situation, asked: Asked, debt: Debt, wanted: Wanted) -> None:
    amount = to_apply(at.account, asked, debt)
    body = DepositApplied(deposit=asked.deposit, invoice=debt.invoice, amount=amount.amount, by=ENGINE)
    reason = because("deposit.apply", deposit=asked.deposit, amount=amount, invoice=debt.invoice)
    about = about_order(asked.deposit, amount)
    book(at, wanted, step=APPLY_DEPOSIT, about=about, body=body, reason=reason)


def to_apply(account: Account, asked: Asked, debt: Debt) -> Money:
    """Return how much of a deposit an invoice takes: no more than is there, and nothing that is disputed."""
    left = left_of(account, asked.deposit)
    return account.chased(debt) if left is None else min(left, account.chased(debt))


def _left(at: Situation, asked: Asked, order: Order | None, wanted: Wanted) -> None:
    """Ask a person what becomes of money that nobody waits for: too much, or of a cancelled order."""
    left = left_of(at.account, asked.deposit)
    if left is None:
        return
    if order is not None and order.cancelled_at is not None:
        reason, opening = because("deposit.back", order=order.name, deposit=asked.deposit, left=left), 2
    elif (over := received_for(at.account, asked) - asked.amount).minor > 0:
        reason, opening = because("deposit.over", over=over, deposit=asked.deposit), 1
    else:
        return
    about = EffectDebt(
        invoice=(this := about_order(asked.deposit, left)).invoice,
        opening=opening,
        amount=left,
        part=this.part,
    )
    task(at, wanted, step=DEPOSIT_LEFT, about=about, reason=reason)
