"""What claims about orders, deposits and limits count by."""

from domain.channels import CREDIT, ORDERS
from domain.effects import EffectDebt
from domain.money import Money


def about_order(name: str, amount: Money) -> EffectDebt:
    """Name an order, or a deposit, with the amount that it is about; each is claimed once."""
    return EffectDebt(invoice=ORDERS, opening=1, amount=amount, part=name)


def about_limit(what: str, times: int, amount: Money) -> EffectDebt:
    """Name what a limit is looked at for, such as its currency, and for how manieth time."""
    return EffectDebt(invoice=CREDIT, opening=times, amount=amount, part=what)
