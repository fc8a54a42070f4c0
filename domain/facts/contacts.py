"""Facts of reaching a customer: addresses, opt-outs, and how our messages went."""

from typing import Literal

from domain.facts.fact import Body
from domain.facts.fields import Name


class OptedOut(Body):
    """The customer wants no more messages by this channel; without one, by none."""

    type: Literal["opted_out"] = "opted_out"
    channel: Name | None = None
    step: Name | None = None


class ContactInvalid(Body):
    """This channel reaches nobody: a wrong number, a mailbox that does not exist; without one, none does."""

    type: Literal["contact_invalid"] = "contact_invalid"
    channel: Name | None = None
    step: Name | None = None


class ContactChanged(Body):
    """New contact data for this channel: what was invalid may be tried again."""

    type: Literal["contact_changed"] = "contact_changed"
    channel: Name


class Delivered(Body):
    """A message of ours arrived. Without `message`, the newest one that fits step and channel."""

    type: Literal["delivered"] = "delivered"
    channel: Name | None = None
    step: Name | None = None
    message: Name | None = None


class Bounced(Body):
    """A message of ours came back. Without `message`, the newest one that fits."""

    type: Literal["bounced"] = "bounced"
    channel: Name | None = None
    step: Name | None = None
    message: Name | None = None
    reason: str | None = None
