"""A policy as people see it: the calendar of a sample invoice, with the conditions in words.

The calendar is a simulation of one unpaid invoice, so it says what the engine will do. Minimums,
conditions and approvals are left out of the play and told beside each step. Days count from the due
date; dates are the customer's. Where a step counts from a failed charge, one fails on the due date.
"""

from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from domain.calendar import Calendar
from domain.contact_law.law import NO_LAW, Law
from domain.customer import Customer
from domain.own_steps import DATA_LOSS, TOLD, TOLD_ENDED, TOLD_RESTRICTED
from domain.policy import Policy
from domain.policy_fields import amount_in
from domain.policy_steps import (
    ANCHORS,
    NoticeStep,
    Step,
    SuspendStep,
    Switching,
    TaskStep,
    TerminateStep,
    When,
)
from domain.reasons import Reason
from domain.rules.data_loss import LOSS_DAYS
from domain.simulation.events import read_events
from domain.simulation.play import simulate
from domain.simulation.timeline import Line, Outcome
from domain.situation import Situation

TERMS_DAYS = 30
"""The sample invoice is issued so long before its first step."""
SAMPLE = Decimal(100)
"""What the sample invoice is about."""
MARGIN_DAYS = 120
"""How much later than planned a step may fall and is still found: gaps, notice, long holidays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One step in the calendar of a sample invoice.

    Attributes:
        day: days from the due date, as the policy says; None for what follows another step or happening.
        planned_on: that day as a date.
        falls_on: the day on which it happens; None when it never does for this invoice.
        at: the instant of `falls_on` at which it happens, UTC.
        channels: in words: `email, else sms`, `email and sms`.
        condition: for whom and from which amount, in words; empty when for everybody.
        why: what moved it, or that it falls on its day.
    """

    step: str
    kind: Literal["notice", "task", "restrict", "suspend", "terminate", "hand_over", "write_off"]
    day: int | None
    planned_on: date
    falls_on: date | None
    at: datetime | None
    channels: str
    template: str
    condition: str
    why: str

    def __str__(self) -> str:
        day = "" if self.day is None else f"{self.day:+}"
        falls_on = "never" if self.falls_on is None else f"{self.falls_on:%a %d %b %Y}"
        condition = f" [{self.condition}]" if self.condition else ""
        return f"{day:>4}  {falls_on:<15}  {self.step:<16}  {self.channels:<15}  {self.why}{condition}"

    def json(self) -> dict[str, Any]:
        """Return the row with dates as text."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()
        }


def show(policy: Policy, *, due_on: date, customer: Customer, law: Law = NO_LAW) -> tuple[Row, ...]:
    """Return the calendar of an invoice that `customer` never pays, in the order of the policy.

    Raises:
        ValueError: the window never opens for this customer, or no holidays of its country are known.
    """
    bare = _bare(policy, customer.currency or "EUR")
    played = _play(bare, due_on, customer, law)
    at = Situation(policy=bare, account=played.account, now=played.lines[-1].at)
    calendar = at.calendar
    rows = []
    for step, its_bare in zip(policy.steps, bare.steps, strict=True):
        row = _row(step, _planned_on(its_bare, due_on, at), due_on, played, calendar)
        rows.append(row)
        if isinstance(step, Switching) and row.falls_on is not None:
            rows.append(_told(step, row.falls_on, played, calendar))
        if isinstance(step, SuspendStep) and row.falls_on is not None:
            rows.append(_data_lost(step, row.falls_on, played, calendar))
    return tuple(rows)


def _bare(policy: Policy, currency: str) -> Policy:
    """Return the policy without its minimums, conditions and approvals."""
    steps = tuple(
        step.model_copy(update={"when": When(), **_unapproved(step, currency)}) for step in policy.steps
    )
    content = {name: getattr(policy, name) for name in Policy.model_fields}
    return Policy.model_validate({**content, "minimum": {}, "tolerance": {}, "steps": steps})


def _unapproved(step: Step, currency: str) -> dict[str, Any]:
    """Let a step go on without approval; the end of a subscription may only when it is about little."""
    if isinstance(step, TerminateStep):
        return {"approval": {currency: SAMPLE + 1}}
    return {} if isinstance(step, NoticeStep | TaskStep) else {"approval": {}}


def _play(policy: Policy, due_on: date, customer: Customer, law: Law) -> Outcome:
    """Simulate the sample invoice."""
    steps = policy.steps
    days = [step.offset_days for step in steps]
    notice_days = policy.suspension.notice_days if policy.suspension else 0
    issued = {
        "at": (due_on + timedelta(days=min(0, *days) - TERMS_DAYS)).isoformat(),
        "type": "invoice_issued",
        "invoice": "SAMPLE",
        "amount": str(SAMPLE),
        "currency": customer.currency or "EUR",
        "due_on": due_on.isoformat(),
    }
    charge_failed = {"at": due_on.isoformat(), "type": "payment_failed", "invoice": "SAMPLE"}
    charged = any(step.anchor == "first_failed_charge" for step in steps)
    events = [issued, charge_failed] if charged else [issued]
    kept_days = policy.suspension.data_kept_days if policy.suspension else 0
    kept_days += policy.termination.suspended_days if policy.termination else 0
    # Steps that count from one another add up.
    last = max(days) if len({step.anchor for step in steps}) == 1 else sum(map(abs, days)) + TERMS_DAYS
    until = due_on + timedelta(days=last + policy.grace_days + notice_days + kept_days + MARGIN_DAYS)
    return simulate(policy, customer, read_events(customer, events), until, law=law)


def _row(step: Step, planned_on: date, due_on: date, played: Outcome, calendar: Calendar) -> Row:
    happens = _first(played, step.id)
    falls_on = None if happens is None else calendar.local_date(happens.at)
    return Row(
        step=step.id,
        kind=step.kind,
        day=None if step.anchor == "previous_delivered" else (planned_on - due_on).days,
        planned_on=planned_on,
        falls_on=falls_on,
        at=None if happens is None else happens.at,
        channels=_channels(step),
        template=step.template if isinstance(step, NoticeStep) else "",
        condition=_condition(step),
        why=_why(step, planned_on, falls_on, played, calendar),
    )


def _planned_on(step: Step, due_on: date, at: Situation) -> date:
    """The day of a step as the policy says it; what counts from a notice counts from its delivery here."""
    base = next((at.counts_from(step, debt) for debt in at.open_debts), None) or due_on
    return base + timedelta(days=step.offset_days)


_TOLD_BY = {"restrict": TOLD_RESTRICTED, "suspend": TOLD, "terminate": TOLD_ENDED}


def _told(step: Switching, suspended_on: date, played: Outcome, calendar: Calendar) -> Row:
    """The message that says the service was restricted or suspended, or ended."""
    happens = _first(played, _TOLD_BY[step.kind])
    return Row(
        step=_TOLD_BY[step.kind],
        kind="notice",
        day=None,
        planned_on=suspended_on,
        falls_on=None if happens is None else calendar.local_date(happens.at),
        at=None if happens is None else happens.at,
        channels=", else ".join(step.channels),
        template=step.tell,
        condition="",
        why=f"after {step.id}",
    )


def _data_lost(step: SuspendStep, suspended_on: date, played: Outcome, calendar: Calendar) -> Row:
    """The task that warns a person before the data of a suspended service is lost."""
    happens = _first(played, DATA_LOSS)
    return Row(
        step=DATA_LOSS,
        kind="task",
        day=None,
        planned_on=suspended_on + timedelta(days=step.data_kept_days - LOSS_DAYS),
        falls_on=None if happens is None else calendar.local_date(happens.at),
        at=None if happens is None else happens.at,
        channels="review task",
        template="",
        condition="",
        why=f"the data is kept for {step.data_kept_days} days",
    )


def _first(played: Outcome, step: str) -> Line | None:
    return next((line for line in played.lines if line.kind == "effect" and line.step == step), None)


def _channels(step: Step) -> str:
    if isinstance(step, NoticeStep):
        return (" and " if step.send == "all" else ", else ").join(step.channels)
    if isinstance(step, Switching):
        return "service"
    return f"{step.task if isinstance(step, TaskStep) else step.kind.replace('_', '-')} task"


def _condition(step: Step) -> str:
    parts = [] if step.anchor == "due_date" else [f"{step.offset_days} days from {ANCHORS[step.anchor]}"]
    parts.append(explain_when(step.when))
    if step.needs_delivered:
        parts.append(f"{' and '.join(step.needs_delivered)} delivered")
    if isinstance(step, Switching) and step.notice_days:
        parts[-1] += f" {step.notice_days} days before"
    if isinstance(step, TerminateStep):
        parts.append(f"suspended for {step.suspended_days} days")
    if not isinstance(step, NoticeStep | TaskStep) and step.approval:
        parts.append(f"approval from {_amounts(step.approval)}")
    elif isinstance(step, TerminateStep):
        parts.append("approval of any amount")
    return "; ".join(part for part in parts if part)


def _why(step: Step, planned_on: date, falls_on: date | None, played: Outcome, calendar: Calendar) -> str:
    if falls_on == planned_on:
        return "on its day"
    shut = calendar.closed(calendar.start_of(planned_on))
    reasons = [] if shut is None else [Reason(shut.rule, shut.values)]
    reasons += [
        line.reason
        for line in played.lines
        if line.kind == "held" and line.step == step.id and line.reason is not None
    ]
    # Every day begins outside the hours: they move nothing to another day by themselves.
    words: dict[str, None] = dict.fromkeys(
        reason.words for reason in reasons if reason.rule != "window.hours"
    )
    if falls_on is not None:
        return f"moved: {'; '.join(words)}"
    if all(reason.rule != "hold.not_delivered" for reason in reasons):
        words["a later step came first"] = None
    return f"never: {'; '.join(words)}"


def explain_when(when: When) -> str:
    """Return the conditions of a step in words, all of which must hold; empty when there are none."""
    parts = []
    if when.minimum:
        parts.append(f"from {_amounts(when.minimum)}")
    if when.maximum:
        parts.append(f"up to {_amounts(when.maximum)}")
    if when.invoices_at_least > 1:
        parts.append(f"from {when.invoices_at_least} overdue invoices")
    named = {
        "segment": when.segments,
        "country": when.countries,
        "tag": when.tags,
        "without tag": when.without_tags,
    }
    parts += [f"{noun} {' or '.join(words)}" for noun, words in named.items() if words]
    return "; ".join(parts)


def _amounts(amounts: dict[str, Decimal]) -> str:
    return ", ".join(str(amount_in(amounts, currency)) for currency in amounts)
