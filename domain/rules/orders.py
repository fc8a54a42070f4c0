"""Orders: each is provisioned once, when the gate is open, and held with what is missing until then."""

from domain.channels import PROVISION
from domain.credit.gate import closed
from domain.credit.state import ENGINE, Order
from domain.credit.subjects import about_order
from domain.effects import Effect, Held, Wanted
from domain.facts import Provisioned
from domain.own_steps import PROVISION_ORDER
from domain.reasons import Reason, because
from domain.situation import Situation


def orders(at: Situation) -> Wanted:
    """Return the first order that may be provisioned, and why each other one is not.

    One at a time: what it uses of a limit is known at the next look.
    """
    wanted = Wanted()
    for order in at.account.credit.waiting:
        about = about_order(order.name, order.amount)
        held = closed(at, order)
        if held is not None:
            reason, until = held
            hold = Held(step=PROVISION_ORDER, channel=PROVISION, debts=(about,), reason=reason, until=until)
            wanted.hold(hold)
        elif not wanted.effects and not _begun(at, order):
            body = Provisioned(order=order.name, subscription=order.subscription, by=ENGINE)
            effect = Effect(
                kind="provision",
                step=PROVISION_ORDER,
                channel=PROVISION,
                debts=(about,),
                reason=_because(at, order),
                body=body,
            )
            wanted.effects.append(effect)
    return wanted


def _begun(at: Situation, order: Order) -> bool:
    about = about_order(order.name, order.amount)
    return bool(at.account.begun.get((about.key, about.opening, PROVISION_ORDER)))


def _because(at: Situation, order: Order) -> Reason:
    grant = at.account.credit.approved(order.amount.currency)
    if grant is None or at.account.credit.asked_for(order.name):
        return because("provision.prepaid", order=order.name)
    return because("provision.credit", order=order.name, limit=grant.limit, by=grant.whose)
