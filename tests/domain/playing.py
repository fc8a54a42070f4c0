"""The standard ladder of the tests of the plan, and how events are played through it.

The standard invoice A of 100.00 EUR is due on Monday 2 March 2026; the customer lives in UTC, where
messages may go out from 09:00 to 17:00 on weekdays.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from domain.claim import Claim
from domain.customer import Customer
from domain.policy import Policy
from domain.simulation.events import read_events
from domain.simulation.play import simulate
from domain.simulation.timeline import Outcome

Event = dict[str, Any]
CUSTOMER = Customer(id="c-1", currency="EUR")

UPCOMING = {"kind": "notice", "id": "upcoming", "offset_days": -3, "template": "upcoming"}
FIRST = {"kind": "notice", "id": "first", "offset_days": 1, "template": "first"}
SECOND = {
    "kind": "notice",
    "id": "second",
    "offset_days": 8,
    "template": "second",
    "channels": ["email", "sms"],
}
FINAL = {
    "kind": "notice",
    "id": "final",
    "offset_days": 15,
    "template": "final",
    "channels": ["email", "sms"],
    "needs_delivered": ["second"],
}
CALL = {"kind": "task", "id": "call", "offset_days": 20}
SUSPEND = {
    "kind": "suspend",
    "id": "suspend",
    "offset_days": 30,
    "notice_days": 10,
    "needs_delivered": ["final"],
}
LADDER = [FIRST, SECOND, FINAL, SUSPEND]


def policy(*steps: Mapping[str, Any], **more: Any) -> Policy:
    """Return a policy of these steps, the whole ladder when none is named."""
    content = {"policy": "test", "title": "Test", "for": {"segments": ["business"]}, **more}
    return Policy.model_validate({**content, "steps": list(steps or LADDER)})


def event(at: str, type_: str, **fields: Any) -> Event:
    return {"at": at, "type": type_, **fields}


def invoice(
    name: str = "A", amount: str = "100.00", due: str = "2026-03-02", currency: str = "EUR", **more: Any
) -> Event:
    named = {"invoice": name, "amount": amount, "currency": currency, "due_on": due}
    return event("2026-02-02", "invoice_issued", **named, **more)


def paid(
    at: str, amount: str = "100.00", name: str = "P", invoice: str | None = None, currency: str = "EUR"
) -> Event:
    return event(at, "payment_received", payment=name, amount=amount, currency=currency, invoice=invoice)


A = invoice()


def play(
    *events: Event,
    under: Policy | None = None,
    customer: Customer = CUSTOMER,
    until: str = "2026-05-31",
) -> Outcome:
    history = read_events(customer, events)
    return simulate(under or policy(), customer, history, date.fromisoformat(until))


def effects(outcome: Outcome) -> list[str]:
    """Return the effects as `03-03 09:00 first/email A`."""
    lines = [line for line in outcome.lines if line.kind == "effect"]
    return [
        f"{line.at:%m-%d %H:%M} {line.step}/{line.channel} "
        f"{','.join(debt.invoice for debt in line.debts if debt.invoice != 'service')}".strip()
        for line in lines
    ]


def holds(outcome: Outcome) -> list[str]:
    """Return what began to be held as `03-03 first hold.gap`."""
    return [
        f"{line.at:%m-%d} {line.step} {line.reason.rule}"
        for line in outcome.lines
        if line.kind == "held" and line.reason
    ]


def stages(outcome: Outcome) -> list[str]:
    return [f"{line.at:%m-%d %H:%M} {line.stage}" for line in outcome.lines if line.kind == "stage"]


def at_noon(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC)


NOTHING: list[str] = []
TO_FINAL = ["03-03 09:00 first/email A", "03-10 09:00 second/email A", "03-17 09:00 final/email A"]
SUSPENDED = ["04-01 09:00 suspend/service A", "04-01 09:00 suspended/email A"]
BACK = ["reactivate/service", "thanks/email"]


def claim(
    step: str,
    channel: str = "email",
    *,
    at: str = "2026-03-10",
    state: str = "sent",
    suspend_on: date | None = None,
) -> Claim:
    """Return a claim about A; what was sent has arrived at once."""
    sent = state == "sent"
    return Claim(
        message=f"m-{step}-{channel}",
        step=step,
        channel=channel,
        debts=(("service", 1),) if channel == "service" and step == "reactivate" else (("A", 1),),
        claimed_at=at_noon(at),
        state=state,  # type: ignore[arg-type]  # the table's text is one of the states
        delivered_at=at_noon(at) if sent else None,
        suspend_on=suspend_on,
    )
