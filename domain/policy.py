"""The collections policy: the numbers and rules that finance may change, read from YAML.

A policy is data. `domain.documents.read` turns a file into it and reports every mistake with its
line; `domain.plan` applies it. Days are whole days in the customer's zone. Amounts are decimals in
major units per currency. Its version is the hash of its canonical content, so equal content is one
version, whatever the file is called.

The parts of a policy that are still to come (promises, instalment plans, contact law, charge
retries, interest) get a field of their own here whose default means "as before".
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from datetime import time
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from domain.calendar import SendWindow
from domain.documents import Fault, Faults, Flag, Whole
from domain.money import CURRENCIES, Money, MoneyError
from domain.spelling import closest

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _fits(pattern: str, remedy: str) -> Callable[[object], object]:
    def check(value: object) -> object:
        if isinstance(value, str) and not re.fullmatch(pattern, value, re.ASCII):
            raise ValueError(f"{remedy}, not {value!r}")
        return value

    return check


# The validator has the sentence for people, the pattern is for the editors' JSON Schema.
_STEP, _WORD, _COUNTRY = "[a-z][a-z0-9_]{0,31}", "[a-z][a-z0-9_-]{0,63}", "[A-Z]{2}"
StepId = Annotated[
    str,
    Field(pattern=f"^{_STEP}$"),
    BeforeValidator(_fits(_STEP, "write up to 32 lower-case letters, digits and _, such as reminder_first")),
]
Segment = Annotated[
    str,
    Field(pattern=f"^{_WORD}$"),
    BeforeValidator(_fits(_WORD, "write a lower-case word such as business or consumer")),
]
Country = Annotated[
    str,
    Field(pattern=f"^{_COUNTRY}$"),
    BeforeValidator(_fits(_COUNTRY, "write a country as two capital letters such as DE or NO")),
]
Tag = Annotated[str, Field(min_length=1, max_length=64)]


def _each_once(entries: tuple[str, ...]) -> tuple[str, ...]:
    faults = [
        Fault(path=(i,), message=f"{entry!r} stands here twice: name each once")
        for i, entry in enumerate(entries)
        if entry in entries[:i]
    ]
    if faults:
        raise Faults(*faults)
    return entries


Channel = Literal["email", "sms"]
Channels = Annotated[tuple[Channel, ...], Field(min_length=1), AfterValidator(_each_once)]
Needs = Annotated[tuple[StepId, ...], AfterValidator(_each_once)]


def _local(hour: time) -> time:
    if hour.tzinfo is not None:
        raise ValueError("write local hours without an offset, like 09:00")
    return hour


Hour = Annotated[
    time,
    AfterValidator(_local),
    WithJsonSchema({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"}),
]


class Part(BaseModel):
    """A piece of a policy: frozen, and a key nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _check_amounts(amounts: dict[str, Decimal]) -> dict[str, Decimal]:
    """Return the amounts with their currency's decimals, so that 50 and 50.00 are one version."""
    exact: dict[str, Decimal] = {}
    faults = []
    for currency, amount in amounts.items():
        if currency not in CURRENCIES:
            message = f"{currency!r} is no ISO 4217 currency code such as EUR"
            faults.append(Fault(path=(currency,), message=message, suggestion=closest(currency, CURRENCIES)))
            continue
        try:
            exact[currency] = Money.of(amount, currency).amount
        except MoneyError as error:
            faults.append(Fault(path=(currency,), message=f"{error}: round the amount"))
    if faults:
        raise Faults(*faults)
    return exact


# Decimal alone would also take `1_000`, `1e3` and digits of other scripts.
_Amount = Annotated[
    Decimal,
    Field(ge=0),
    BeforeValidator(_fits(r"[+-]?[0-9]+(\.[0-9]+)?", "write an amount like 1490.00")),
]
Amounts = Annotated[
    dict[str, _Amount],
    AfterValidator(_check_amounts),
    Field(json_schema_extra={"propertyNames": {"enum": sorted(CURRENCIES)}}),
]


def amount_in(amounts: dict[str, Decimal], currency: str) -> Money | None:
    """Return the amount that a table of amounts names for `currency`, or None where it names none."""
    amount = amounts.get(currency)
    return None if amount is None else _exact(amount, currency)


@lru_cache(maxsize=1024)
def _exact(amount: Decimal, currency: str) -> Money:
    # Kept, because a plan asks for the same few amounts of a policy all the time.
    return Money.of(amount, currency)


class Window(Part):
    """When messages may go out and service may be suspended, in the customer's local time.

    Attributes:
        opens, closes: local hours; the window is open from the first until just before the second.
        weekdays: the days that have these hours.
        holidays: whether the public holidays of the customer's country are closed.
    """

    opens: Hour = time(9)
    closes: Hour = time(17)
    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1), AfterValidator(_each_once)] = (
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
    )
    holidays: Flag = True

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.opens >= self.closes:
            message = f"the window opens at {self.opens:%H:%M}: let it close later, on the same day"
            raise Faults(Fault(path=("closes",), message=message))
        return self

    def send_window(self) -> SendWindow:
        """Return the hours as the calendar wants them."""
        weekdays = frozenset(_WEEKDAYS.index(day) for day in self.weekdays)
        return SendWindow(opens=self.opens, closes=self.closes, weekdays=weekdays)


class When(Part):
    """Conditions of a step: all that are given must hold.

    Attributes:
        minimum: smallest overdue net amount per currency; a currency not named has no minimum.
        invoices_at_least: smallest number of overdue invoices.
        segments: the customer's segment is one of these.
        countries: the customer's country is one of these, as ISO 3166 code.
        tags: the customer has at least one of these.
        without_tags: the customer has none of these.
    """

    minimum: Amounts = Field(default_factory=dict)
    invoices_at_least: Whole = Field(default=1, ge=1)
    segments: tuple[Segment, ...] = ()
    countries: tuple[Country, ...] = ()
    tags: tuple[Tag, ...] = ()
    without_tags: tuple[Tag, ...] = ()


class NoticeStep(Part):
    """One message, listing every debt that has reached this step.

    Attributes:
        kind: `notice`.
        id: its name in the journal and in keys; a step keeps it for as long as the policy lives.
        offset_days: days from the due date; negative is before it.
        template: the words, by the name of their file under `templates/`.
        channels: in order of preference.
        send: `first` uses the first channel that reaches the customer, `all` every one.
        needs_delivered: steps whose message must have been delivered before.
        when: for whom, and from which amount.
    """

    kind: Literal["notice"] = "notice"
    id: StepId
    offset_days: Whole = Field(ge=-365, le=3650)
    template: StepId
    channels: Channels = ("email",)
    send: Literal["first", "all"] = "first"
    needs_delivered: Needs = ()
    when: When = Field(default_factory=When)


class TaskStep(Part):
    """Work for a person: a call, a review.

    Attributes:
        kind: `task`.
        id: its name in the journal and in keys; a step keeps it for as long as the policy lives.
        offset_days: days from the due date; negative is before it.
        task: what the person is to do.
        needs_delivered: steps whose message must have been delivered before.
        when: for whom, and from which amount.
    """

    kind: Literal["task"]
    id: StepId
    offset_days: Whole = Field(ge=-365, le=3650)
    task: Literal["call", "review"] = "call"
    needs_delivered: Needs = ()
    when: When = Field(default_factory=When)


class SuspendStep(Part):
    """Suspend the main service, once, after its warnings were delivered.

    Attributes:
        kind: `suspend`.
        id: its name in the journal and in keys; a step keeps it for as long as the policy lives.
        offset_days: days from the due date; it is never earlier.
        notice_days: whole days between the delivery of the last warning and the suspension.
        needs_delivered: the warnings; at least one.
        approval: amounts per currency from which a person must approve first.
        tell: template of the message that says so afterwards.
        channels: of that message, in order of preference; the first that reaches the customer.
        data_kept_days: days until suspended data is lost; a person hears a week before.
        when: for whom, and from which amount.
    """

    kind: Literal["suspend"]
    id: StepId
    offset_days: Whole = Field(ge=1, le=3650)
    notice_days: Whole = Field(ge=1, le=365)
    needs_delivered: Annotated[Needs, Field(min_length=1)]
    approval: Amounts = Field(default_factory=dict)
    tell: StepId = "suspended"
    channels: Channels = ("email",)
    data_kept_days: Whole = Field(default=90, ge=1, le=3650)
    when: When = Field(default_factory=When)


Step = Annotated[NoticeStep | TaskStep | SuspendStep, Field(discriminator="kind")]


class Return(Part):
    """What brings a suspended customer back.

    Attributes:
        when: `nothing_overdue`: no overdue main debt is left; `below_minimum`: what is left is
            under the policy's minimum.
        thanks: template of the message afterwards.
        channels: of that message, in order of preference; the first that reaches the customer.
    """

    when: Literal["nothing_overdue", "below_minimum"] = "nothing_overdue"
    thanks: StepId = "thanks"
    channels: Channels = ("email",)


class Audience(Part):
    """Whom the policy is for.

    Attributes:
        segments: customers of one of these segments.
    """

    segments: tuple[Segment, ...] = Field(min_length=1)


class Policy(Part):
    """One collections policy.

    Attributes:
        policy: its name, which stays the same when its numbers change.
        title: its name for people.
        audience: whom it is for.
        minimum: overdue net amount per currency below which nobody is chased.
        tolerance: a balance up to this, per currency, counts as paid.
        minimum_gap_days: whole days between two reminders to one customer.
        lateness: after downtime, `never_skip` sends the highest reminder that is due but no step
            beyond a warning that has not gone out yet; `most_severe` sends the highest, and its
            delivery stands for the warnings below it.
        allocation: which debt money pays that names no invoice, or that its invoice does not need: the
            `oldest_due` date, or the `oldest_invoice` by date of issue.
        window: when messages may go out.
        steps: what happens, mildest first.
        back: what brings a suspended customer back.
    """

    policy: StepId
    title: str
    audience: Audience = Field(alias="for")
    minimum: Amounts = Field(default_factory=dict)
    tolerance: Amounts = Field(default_factory=dict)
    minimum_gap_days: Whole = Field(default=2, ge=0, le=90)
    lateness: Literal["never_skip", "most_severe"] = "never_skip"
    allocation: Literal["oldest_due", "oldest_invoice"] = "oldest_due"
    window: Window = Field(default_factory=Window)
    steps: tuple[Step, ...] = Field(min_length=1)
    back: Return = Field(default_factory=Return, alias="return")

    @field_validator("steps")
    @classmethod
    def _steps_fit_together(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        faults = [*_wrong_ids(steps), *_wrong_order(steps), *_wrong_needs(steps)]
        if faults:
            raise Faults(*faults)
        return steps

    @property
    def notices(self) -> tuple[NoticeStep, ...]:
        """The message steps, mildest first."""
        return tuple(step for step in self.steps if isinstance(step, NoticeStep))

    @property
    def tasks(self) -> tuple[TaskStep, ...]:
        """The steps that give a person work."""
        return tuple(step for step in self.steps if isinstance(step, TaskStep))

    @property
    def suspension(self) -> SuspendStep | None:
        """The step that suspends, where the policy has one."""
        return next((step for step in self.steps if isinstance(step, SuspendStep)), None)

    @property
    def warnings(self) -> frozenset[str]:
        """The steps without which nobody is suspended, directly or through another step."""
        needs = {step.id: step.needs_delivered for step in self.steps}
        wanted = list(self.suspension.needs_delivered) if self.suspension else []
        found: set[str] = set()
        while wanted:
            step = wanted.pop()
            if step not in found:
                found.add(step)
                wanted.extend(needs[step])
        return frozenset(found)

    @property
    def last_warning(self) -> str | None:
        """The most severe notice before the suspension, which announces its date."""
        return next((step.id for step in reversed(self.notices) if step.id in self.warnings), None)

    def canonical(self) -> str:
        """Return the content as JSON in one fixed form: what the ledger keeps and hashes."""
        content: dict[str, Any] = self.model_dump(mode="json", by_alias=True)
        return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @property
    def version(self) -> str:
        """The first 12 hex digits of the SHA-256 of the canonical content."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()[:12]


def _wrong_ids(steps: tuple[Step, ...]) -> Iterator[Fault]:
    seen: set[str] = set()
    for i, step in enumerate(steps):
        if step.id in seen:
            yield Fault(path=(i, "id"), message=f"step id {step.id!r} is used twice: give each its own")
        if step.id in RESERVED:
            message = f"step id {step.id!r} is reserved for the engine's own messages: choose another"
            yield Fault(path=(i, "id"), message=message)
        seen.add(step.id)


def _wrong_order(steps: tuple[Step, ...]) -> Iterator[Fault]:
    ladder = [(i, step) for i, step in enumerate(steps) if not isinstance(step, TaskStep)]
    for (_, earlier), (i, later) in pairwise(ladder):
        if isinstance(earlier, SuspendStep):
            several = isinstance(later, SuspendStep)
            message = (
                "a policy suspends once: keep one suspend step"
                if several
                else f"the suspend step comes last: write notice {later.id!r} before {earlier.id!r}"
            )
            yield Fault(path=(i, "kind" if several else "id"), message=message)
        elif later.offset_days <= earlier.offset_days:
            message = (
                f"step {later.id!r} (day {later.offset_days}) must come after "
                f"{earlier.id!r} (day {earlier.offset_days}): write steps mildest first, one a day"
            )
            yield Fault(path=(i, "offset_days"), message=message)


def _wrong_needs(steps: tuple[Step, ...]) -> Iterator[Fault]:
    offsets = {step.id: step.offset_days for step in steps if isinstance(step, NoticeStep)}
    for i, step in enumerate(steps):
        for j, need in enumerate(step.needs_delivered):
            path = (i, "needs_delivered", j)
            if need not in offsets:
                message = f"step {step.id!r} needs {need!r}, which is no notice of this policy"
                yield Fault(path=path, message=message, suggestion=closest(need, offsets))
            elif offsets[need] >= step.offset_days:
                message = f"step {step.id!r} needs {need!r}, which comes no earlier: name an earlier notice"
                yield Fault(path=path, message=message)
            elif isinstance(step, SuspendStep) and offsets[need] <= 0:
                message = f"warning {need!r} comes before the debt is late: name a notice after the due date"
                yield Fault(path=path, message=message)


# Steps that the engine takes by itself, named in claims and timelines like those of a policy.
TOLD, RETURNED, THANKED = "suspended", "reactivate", "thanks"
UNREACHABLE, UNSENT, APPROVE, DATA_LOSS = "unreachable", "unsent", "approve", "data_loss"
ONBOARDING, REVIEW = "onboarding", "onboarding_review"
RESERVED = frozenset({TOLD, RETURNED, THANKED, UNREACHABLE, UNSENT, APPROVE, DATA_LOSS, ONBOARDING, REVIEW})
