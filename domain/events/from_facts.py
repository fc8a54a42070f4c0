"""Events of facts: a table of what each kind of fact is told as; of all others nothing is told."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from domain import facts
from domain.events.event import Event
from domain.facts import Body, Fact, write_body


@dataclass(frozen=True, slots=True)
class _Told:
    """As what a kind of fact is told: the fields that are passed on, and those that it says by being one."""

    type: str
    fields: Sequence[str] = ()
    says: Mapping[str, str] = field(default_factory=dict)


_MESSAGE = ("message", "step", "channel")
TOLD: Mapping[type[Body], _Told] = {
    facts.Delivered: _Told("notice.delivered", _MESSAGE),
    facts.Bounced: _Told("notice.undelivered", (*_MESSAGE, "fault")),
    facts.SubscriptionRestricted: _Told("subscription.restricted", ("subscription",)),
    facts.SubscriptionSuspended: _Told("subscription.suspended", ("subscription",)),
    facts.SubscriptionReactivated: _Told("subscription.reactivated", ("subscription",)),
    facts.SubscriptionTerminated: _Told("subscription.terminated", ("subscription",)),
    facts.OrdersBlocked: _Told("orders.blocked", ("incident",)),
    facts.OrdersUnblocked: _Told("orders.unblocked", ("incident",)),
    facts.Provisioned: _Told("order.provisioned", ("order", "subscription")),
    facts.PaymentReceived: _Told("payment.recorded", ("payment", "amount", "currency", "invoice")),
    facts.PaymentFailed: _Told("payment.failed", ("payment", "invoice", "decline")),
    facts.Refunded: _Told("payment.returned", ("payment", "amount"), {"how": "refunded"}),
    facts.ChargedBack: _Told("payment.returned", ("payment", "amount"), {"how": "charged_back"}),
    facts.PaymentCancelled: _Told("payment.returned", ("payment",), {"how": "cancelled"}),
    facts.PromiseMade: _Told("promise.made", ("pay_on", "amount", "currency")),
    facts.PlanAgreed: _Told("plan.agreed", ("instalments", "currency")),
    facts.PlanEnded: _Told("plan.ended", ("currency",)),
    facts.DisputeOpened: _Told("dispute.opened", ("dispute", "invoice", "amount")),
    facts.DisputeResolved: _Told("dispute.resolved", ("dispute", "invoice", "amount", "outcome")),
    facts.Paused: _Told("chasing.rests", ("from", "to"), {"what": "pause"}),
    facts.Exempted: _Told("chasing.rests", ("invoice", "from", "to"), {"what": "exemption"}),
    facts.HoldSet: _Told("chasing.rests", ("from", "to"), {"what": "hold"}),
    facts.Resumed: _Told("chasing.goes_on", ("from",), {"what": "pause"}),
    facts.ExemptionEnded: _Told("chasing.goes_on", ("invoice", "from"), {"what": "exemption"}),
    facts.HoldReleased: _Told("chasing.goes_on", ("from",), {"what": "hold"}),
    facts.Onboarded: _Told("customer.verified", ("outcome", "deposit", "currency")),
    facts.HandedOver: _Told("debts.handed_over", ("invoice",)),
    facts.TakenBack: _Told("debts.taken_back", ("invoice",)),
    facts.IncidentOpened: _Told("incident.opened", ("incident", "kind", "category")),
    facts.IncidentClosed: _Told("incident.closed", ("incident",)),
}
"""As what each kind of fact is told; a kind that is not here is not told."""


_OUTCOMES = frozenset({"won", "lost", "approved", "approved_prepayment", "rejected"})


def of_facts(customer: str, written: Iterable[Fact], *, since: date, at: datetime) -> Iterator[Event]:
    """Yield the events of facts that were written now; what happened before a day is history."""
    for fact in written:
        told = TOLD.get(type(fact.body))
        if told is not None and fact.happened_on >= since:
            yield Event(
                type=told.type,
                cause=f"fact {fact.source}\n{fact.id}",
                customer=customer,
                at=at,
                data=_data(fact.body, told),
            )


def _data(body: Body, told: _Told) -> dict[str, object]:
    written = write_body(body)
    data = {name: written[name] for name in told.fields if name in written} | dict(told.says)
    if isinstance(body, facts.Bounced):
        data["because"] = data.pop("fault", "bounced")
    if data.get("outcome") not in _OUTCOMES:
        data.pop("outcome", None)  # Words of a person may name one.
    return data
