"""Events of our own work: claims, stages, debts, promises and tasks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from domain.channels import NO_DEBTS
from domain.claim_key import invoice_of
from domain.events.event import Event
from domain.money import Money
from domain.promises import Promise
from domain.situation import Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message whose outcome is known now; `debts` is what was claimed by each key."""

    reference: str
    attempt: int
    step: str
    channel: str
    suspend_on: date | None
    debts: Sequence[tuple[str, Money]]


def of_message(customer: str, message: Message, *, state: str, at: datetime) -> Iterator[Event]:
    """Yield the events of a message that went out, with what it announces, or that was refused."""
    cause = f"message {message.reference}/{message.attempt}"
    said: dict[str, Any] = {
        "message": message.reference,
        "step": message.step,
        "channel": message.channel,
    }
    if state == "refused":
        yield _event("notice.undelivered", cause, customer, at, {**said, "because": "refused"})
        return
    said["debts"] = _amounts(message.debts)
    yield _event("notice.sent", cause, customer, at, said)
    if message.suspend_on is not None:
        announced = {**said, "suspend_on": message.suspend_on.isoformat()}
        yield _event("suspension.announced", cause, customer, at, announced)


def _amounts(debts: Iterable[tuple[str, Money]]) -> list[dict[str, str]]:
    """Return what is asked for by invoice, its parts added up."""
    sums: dict[str, Money] = {}
    for key, amount in debts:
        invoice = invoice_of(key)
        if invoice not in NO_DEBTS:
            sums[invoice] = sums[invoice] + amount if invoice in sums else amount
    return [
        {"invoice": invoice, "amount": amount.plain(), "currency": amount.currency}
        for invoice, amount in sums.items()
    ]


def of_stage(
    customer: str, before: str | None, stage: str, *, case: int, revision: int, at: datetime
) -> Iterator[Event]:
    """Yield the event of a look that found another stage."""
    if before == stage:
        return
    data = {"before": before, "stage": stage, "case": case}
    cause = f"stage {revision} {at.isoformat()} {before} {stage}"
    known = {name: value for name, value in data.items() if value is not None}
    yield _event("stage.changed", cause, customer, at, known)


_CLOSED: Mapping[str, str] = {
    "settled": "invoice.settled",
    "void": "invoice.voided",
    "written_off": "invoice.written_off",
}


def of_debt(
    customer: str, invoice: str, before: str, state: str, *, opening: int, open_: Money, at: datetime
) -> Iterator[Event]:
    """Yield the event of a debt that stands otherwise than before."""
    if before == state:
        return
    data: dict[str, Any] = {"invoice": invoice, "opening": opening}
    cause = f"debt {invoice} {before} {state} {at.isoformat()}"
    if state in _CLOSED:
        yield _event(_CLOSED[state], cause, customer, at, data)
    elif before in _CLOSED:
        more = {"open": open_.plain(), "currency": open_.currency}
        yield _event("invoice.reopened", cause, customer, at, {**data, **more})


def of_promises(at: Situation, *, since: date) -> Iterator[Event]:
    """Yield the events of promises that are decided; those that were before a day are history.

    Each look finds them anew; they have the same ids, and are told once.
    """
    terms, tolerances = at.policy.promises, at.tolerances
    for promise in at.account.promises:
        state = promise.state(terms, at.today, tolerances)
        if state == "open":
            continue
        kept_on = promise.fulfilled_on(tolerances) if state == "kept" else None
        if (kept_on or promise.deadline(terms) + timedelta(days=1)) < since:
            continue
        yield _of_promise(promise, state, at)


def _of_promise(promise: Promise, state: str, at: Situation) -> Event:
    data = {
        "made_on": promise.made_on.isoformat(),
        "pay_on": promise.pay_on.isoformat(),
        "invoices": list(promise.invoices),
    }
    cause = f"promise {promise.made_on} {promise.pay_on} {promise.asked} {promise.by}"
    return _event(f"promise.{state}", cause, at.account.customer.id, at.now, data)


def of_task(customer: str | None, task: int, *, step: str, kind: str, at: datetime) -> Event:
    """Return the event of a task that was opened."""
    return _event("task.opened", f"task {task}", customer, at, {"task": task, "step": step, "kind": kind})


def _event(type_: str, cause: str, customer: str | None, at: datetime, data: Mapping[str, Any]) -> Event:
    return Event(type=type_, cause=cause, customer=customer, at=at, data=data)
