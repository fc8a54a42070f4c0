"""What a command about credit, orders or deposits did, in a few words."""

from domain import facts
from domain.facts import Body


def said_of_credit(body: Body) -> str | None:
    """Return the words; None where it is no such command."""
    match body:
        case facts.CreditGranted():
            terms = "" if body.terms_days is None else f", to pay in {body.terms_days} days"
            return f"granted a limit of {body.limit} {body.currency}{terms}: {body.reason}"
        case facts.CreditEnded():
            which = f"the credit in {body.currency}" if body.currency else "every credit"
            return f"ended {which}: {body.reason}"
        case facts.OrderPlaced():
            return f"placed order {body.order} of {body.amount} {body.currency}"
        case facts.OrderCancelled():
            return f"cancelled order {body.order}: {body.reason}"
        case facts.DepositRequested():
            about = f" for order {body.order}" if body.order else ""
            return f"asked for deposit {body.deposit} of {body.amount} {body.currency}{about}"
        case facts.DepositApplied():
            return f"applied {body.amount or 'what is left'} of deposit {body.deposit} to {body.invoice}"
        case facts.DepositRefunded():
            return f"gave back {body.amount or 'what is left'} of deposit {body.deposit}"
        case facts.OrdersBlocked():
            return f"blocked new orders: {body.reason}"
        case facts.OrdersUnblocked():
            return f"let orders go on again: {body.reason}"
        case _:
            return None
