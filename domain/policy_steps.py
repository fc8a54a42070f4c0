"""The steps of a policy: what may stand on its ladder, and under which conditions."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from domain.channels import Channel
from domain.documents import Fault, Faults, Flag, Whole
from domain.policy_fields import Amounts, Channels, Country, Needs, Part, Segment, StepId, Tag

Anchor = Literal["due_date", "invoice_date", "first_failed_charge", "previous_delivered", "month_end"]
EVENTS = frozenset({"first_failed_charge", "previous_delivered"})
"""Anchors that are something that happens: before it the step has no day."""
ANCHORS: Mapping[Anchor, str] = {
    "due_date": "the due date",
    "invoice_date": "the invoice date",
    "first_failed_charge": "the first failed charge",
    "previous_delivered": "the delivery of the notice before",
    "month_end": "the end of the month of the due date",
}
"""The anchors in words."""


class When(Part):
    """Conditions of a step: all that are given must hold.

    Attributes:
        minimum: smallest overdue net amount per currency; a currency not named has no minimum.
        maximum: largest overdue net amount per currency; a currency not named has no maximum.
        invoices_at_least: smallest number of overdue invoices.
        segments: the customer's segment is one of these.
        countries: the customer's country is one of these, as ISO 3166 code.
        tags: the customer has at least one of these.
        without_tags: the customer has none of these.
    """

    minimum: Amounts = Field(default_factory=dict)
    maximum: Amounts = Field(default_factory=dict)
    invoices_at_least: Whole = Field(default=1, ge=1)
    segments: tuple[Segment, ...] = ()
    countries: tuple[Country, ...] = ()
    tags: tuple[Tag, ...] = ()
    without_tags: tuple[Tag, ...] = ()


InDoubt = Literal["repeat", "never"]


class NoticeStep(Part):
    """One message, listing every debt that has reached this step.

    Attributes:
        kind: `notice`.
        id: its name in the journal and in keys; a step keeps it for as long as the policy lives.
        anchor: what the days are counted from.
        offset_days: days from the anchor; negative is before the due date.
        template: the words, by the name of their file under `templates/`.
        channels: in order of preference.
        send: `first` uses the first channel that reaches the customer, `all` every one.
        in_doubt: by channel, whether it goes out again of which not even the vendor can tell whether it did:
            `repeat` is at least once, `never` at most once. As `domain.channels` says, where it is not named.
        needs_delivered: steps whose message must have been delivered before.
        statutory: the law requires it: its email goes out, without a link to unsubscribe, also to a customer
            who unsubscribed from the list or, once a person has looked, called an email spam.
        when: for whom, and from which amount.
    """

    kind: Literal["notice"] = "notice"
    id: StepId
    anchor: Anchor = "due_date"
    offset_days: Whole = Field(ge=-365, le=3650)
    template: StepId
    channels: Channels = ("email",)
    send: Literal["first", "all"] = "first"
    in_doubt: dict[Channel, InDoubt] = Field(default_factory=dict)
    needs_delivered: Needs = ()
    statutory: Flag = False
    when: When = Field(default_factory=When)

    @field_validator("in_doubt")
    @classmethod
    def _of_its_channels(
        cls, in_doubt: dict[Channel, InDoubt], info: ValidationInfo
    ) -> dict[Channel, InDoubt]:
        channels: tuple[Channel, ...] = info.data.get("channels", ())  # none where they have faults
        other = [channel for channel in in_doubt if channels and channel not in channels]
        if other:
            message = "is no channel of this step: add it to `channels`, or remove it here"
            raise Faults(*(Fault(path=(each,), message=f"{each!r} {message}") for each in other))
        return in_doubt


class TaskStep(Part):
    """Work for a person: a call, a review.

    Attributes:
        kind: `task`.
        id: its name in the journal and in keys; a step keeps it for as long as the policy lives.
        anchor: what the days are counted from.
        offset_days: days from the anchor; negative is before the due date.
        task: what the person is to do.
        needs_delivered: steps whose message must have been delivered before.
        when: for whom, and from which amount.
    """

    kind: Literal["task"]
    id: StepId
    anchor: Anchor = "due_date"
    offset_days: Whole = Field(ge=-365, le=3650)
    task: Literal["call", "review"] = "call"
    needs_delivered: Needs = ()
    when: When = Field(default_factory=When)


class SuspendStep(Part):
    """Suspend the main service, once, after its warnings were delivered.

    Attributes:
        kind: `suspend`.
        id: its name in the journal and in keys; a step keeps it for as long as the policy lives.
        anchor: what the days are counted from.
        offset_days: days from the anchor; it is never earlier.
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
    anchor: Anchor = "due_date"
    offset_days: Whole = Field(ge=1, le=3650)
    notice_days: Whole = Field(ge=1, le=365)
    needs_delivered: Annotated[Needs, Field(min_length=1)]
    approval: Amounts = Field(default_factory=dict)
    tell: StepId = "suspended"
    channels: Channels = ("email",)
    data_kept_days: Whole = Field(default=90, ge=1, le=3650)
    when: When = Field(default_factory=When)


class RestrictStep(Part):
    """Restrict the main service, before it is suspended: no new orders, what there is works on.

    Attributes:
        kind: `restrict`.
        id: its name in the journal and in keys; a step keeps it for as long as the policy lives.
        anchor: what the days are counted from.
        offset_days: days from the anchor; it is never earlier.
        needs_delivered: steps whose message must have been delivered before.
        notice_days: whole days between the delivery of the last of these and the restriction.
        approval: amounts per currency from which a person must approve first.
        tell: template of the message that says so afterwards.
        channels: of that message, in order of preference; the first that reaches the customer.
        when: for whom, and from which amount.
    """

    kind: Literal["restrict"]
    id: StepId
    anchor: Anchor = "due_date"
    offset_days: Whole = Field(ge=1, le=3650)
    needs_delivered: Needs = ()
    notice_days: Whole = Field(default=0, ge=0, le=365)
    approval: Amounts = Field(default_factory=dict)
    tell: StepId = "restricted"
    channels: Channels = ("email",)
    when: When = Field(default_factory=When)


class TerminateStep(Part):
    """End the subscription for good, some time after it was suspended and the customer was warned.

    Attributes:
        kind: `terminate`.
        id: its name in the journal and in keys; a step keeps it for as long as the policy lives.
        anchor: what the days are counted from.
        offset_days: days from the anchor; it is never earlier.
        suspended_days: whole days for which the service has been suspended before.
        notice_days: whole days between the delivery of the last warning and the end.
        needs_delivered: the warnings; at least one.
        approval: amounts per currency from which a person must approve first; any amount of another.
        tell: template of the message that says so afterwards.
        channels: of that message, in order of preference; the first that reaches the customer.
        when: for whom, and from which amount.
    """

    kind: Literal["terminate"]
    id: StepId
    anchor: Anchor = "due_date"
    offset_days: Whole = Field(ge=1, le=3650)
    suspended_days: Whole = Field(ge=1, le=3650)
    notice_days: Whole = Field(ge=1, le=365)
    needs_delivered: Annotated[Needs, Field(min_length=1)]
    approval: Amounts = Field(default_factory=dict)
    tell: StepId = "terminated"
    channels: Channels = ("email",)
    when: When = Field(default_factory=When)


class HandOverStep(Part):
    """Give a person the task to hand debts over to an agency or a lawyer.

    Attributes:
        kind: `hand_over`.
        id: its name in the journal and in keys; a step keeps it for as long as the policy lives.
        anchor: what the days are counted from.
        offset_days: days from the anchor; it is never earlier.
        needs_delivered: steps whose message must have been delivered before.
        approval: amounts per currency from which a person must approve first.
        when: for whom, and from which amount.
    """

    kind: Literal["hand_over"]
    id: StepId
    anchor: Anchor = "due_date"
    offset_days: Whole = Field(ge=1, le=3650)
    needs_delivered: Needs = ()
    approval: Amounts = Field(default_factory=dict)
    when: When = Field(default_factory=When)


class WriteOffStep(Part):
    """Propose to finance to write debts off.

    Attributes:
        kind: `write_off`.
        id: its name in the journal and in keys; a step keeps it for as long as the policy lives.
        anchor: what the days are counted from.
        offset_days: days from the anchor; it is never earlier.
        needs_delivered: steps whose message must have been delivered before.
        approval: amounts per currency from which a person must approve first.
        when: for whom, and from which amount.
    """

    kind: Literal["write_off"]
    id: StepId
    anchor: Anchor = "due_date"
    offset_days: Whole = Field(ge=1, le=3650)
    needs_delivered: Needs = ()
    approval: Amounts = Field(default_factory=dict)
    when: When = Field(default_factory=When)


Step = Annotated[
    NoticeStep | TaskStep | RestrictStep | SuspendStep | TerminateStep | HandOverStep | WriteOffStep,
    Field(discriminator="kind"),
]
Switching = RestrictStep | SuspendStep | TerminateStep
"""The steps that turn the service's switch: only main debts are a reason."""
Proposing = HandOverStep | WriteOffStep
"""The steps that ask a person to end our chasing."""


def presses(step: Step) -> bool:
    """Whether a step belongs to chasing, and is no friendly word before the due date."""
    return step.offset_days >= 0


def earliest_day(step: Step) -> int:
    """Return the first day past due on which a step may fall; what counts from another day waits for that."""
    return step.offset_days if step.anchor == "due_date" else 1


def counted(step: Step) -> str:
    """Return the day of a step as a sentence says it: `3`, or `14 from the invoice date`."""
    if step.anchor == "due_date":
        return str(step.offset_days)
    return f"{step.offset_days} from {ANCHORS[step.anchor]}"
