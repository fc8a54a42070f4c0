"""The words of a view about limits, orders and deposits, a line each."""

from domain.account import Account
from domain.credit.exposure import Exposure, exposures
from domain.credit.state import Order

MOST_LINES = 4


def credit_says(account: Account) -> list[str]:
    """Say how much of each limit is used, what is ordered, and what is left of deposits."""
    if not account.credit:
        return []
    lines = [_limit(used) for used in exposures(account, account.unbilled).values() if used.limit is not None]
    lines += [f"New orders are blocked: {block.reason}" for block in account.credit.blocks[:1]]
    lines += [_order(order) for order in account.credit.waiting]
    left = [deposit for deposit in account.deposits.values() if deposit.left]
    lines += [f"Deposit {deposit.name}: {deposit.left} left" for deposit in left]
    return lines[:MOST_LINES]


def _limit(used: Exposure) -> str:
    if not used.limit:
        return f"Prepayment only in {used.currency}, {used.total} at risk"
    return f"Limit {used.limit}: {used.total} used, {used.percent} %"


def _order(order: Order) -> str:
    return f"Order {order.name} of {order.amount} waits"
