"""Why a command about credit, orders or deposits makes no sense now."""

from decimal import Decimal

from domain import facts
from domain.credit.deposits import left_of
from domain.facts import Body
from domain.money import Money, MoneyError
from domain.situation import Situation


def allowed_of_credit(at: Situation) -> dict[str, str]:
    """Return, for each command of this kind that makes no sense now for anything, the sentence why."""
    credit, answers = at.account.credit, dict[str, str]()
    if not any(grant.limit for grant in credit.grants.values()):
        answers["end_credit"] = "No credit is granted."
    if not credit.waiting:
        answers["cancel_order"] = "No order waits."
    if not any(deposit.left for deposit in at.account.deposits.values()):
        answers["apply_deposit"] = answers["refund_deposit"] = "No deposit has money left."
    if not credit.blocks:
        answers["unblock_orders"] = "Orders are not blocked."
    return answers


def refused_of_credit(at: Situation, body: Body) -> str | None:
    """Return why this very command may not be done now, or None."""
    if (wrong := _wrong_money(body)) is not None:
        return wrong
    match body:
        case facts.CreditEnded(currency=str(currency)) if at.account.credit.approved(currency) is None:
            return f"No credit is granted in {currency}."
        case facts.OrderPlaced() if at.account.credit.order(body.order) is not None:
            return f"Order {body.order} is placed already."
        case facts.OrderCancelled():
            return _no_waiting_order(at, body.order)
        case facts.DepositRequested():
            return _request(at, body)
        case facts.DepositApplied():
            return _apply(at, body)
        case facts.DepositRefunded():
            return _too_much(at, body.deposit, body.amount)
        case facts.OrdersBlocked():
            blocks = at.account.credit.blocks
            same = any(each.incident == body.incident and not each.ours for each in blocks)
            return "Orders are blocked already." if same else None
        case facts.OrdersUnblocked():
            blocks = at.account.credit.blocks
            if any(each.incident == body.incident for each in blocks):
                return None
            names = ", ".join(each.incident for each in blocks if each.incident)
            return f"Name the incident for which orders are blocked: {names}."
        case _:
            return None


def _wrong_money(body: Body) -> str | None:
    currency: str | None = getattr(body, "currency", None)
    if currency is None:
        return None
    try:
        for _, amount in body:
            if isinstance(amount, Decimal):
                Money.of(amount, currency)
    except MoneyError as error:
        return f"{error}."
    return None


def _no_waiting_order(at: Situation, name: str) -> str | None:
    order = at.account.credit.order(name)
    if order is None:
        return f"There is no order {name} of this customer."
    if order.waits:
        return None
    return f"Order {name} is {'provisioned' if order.provisioned_at else 'cancelled'} already."


def _request(at: Situation, body: facts.DepositRequested) -> str | None:
    if any(each.deposit == body.deposit for each in at.account.credit.asked):
        return f"Deposit {body.deposit} is asked for already."
    if body.order is None:
        return None
    refused = _no_waiting_order(at, body.order)
    order = at.account.credit.order(body.order)
    if refused is None and order is not None and order.amount.currency != body.currency:
        return f"Order {body.order} is in {order.amount.currency}: ask for a deposit in that."
    return refused


def _apply(at: Situation, body: facts.DepositApplied) -> str | None:
    debt = next((debt for debt in at.account.debts if debt.invoice == body.invoice), None)
    if debt is None:
        return f"Invoice {body.invoice} is not known for this customer."
    if not debt.open:
        return f"Nothing is open on invoice {body.invoice}."
    left = left_of(at.account, body.deposit)
    if left is not None and left.currency != debt.open.currency:
        return f"Deposit {body.deposit} is in {left.currency}, and invoice {body.invoice} is not."
    return _too_much(at, body.deposit, body.amount)


def _too_much(at: Situation, deposit: str, amount: Decimal | None) -> str | None:
    """Why so much of a deposit cannot be used."""
    left = left_of(at.account, deposit)
    if left is None:
        return f"Deposit {deposit} has no money left."
    try:
        asked = left if amount is None else Money.of(amount, left.currency)
    except MoneyError as error:
        return f"{error}."
    return f"{asked} is more than the {left} that are left of deposit {deposit}." if asked > left else None
