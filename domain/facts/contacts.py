"""Facts of reaching a customer: addresses, opt-outs, and how our messages went."""

from typing import Literal

from domain.facts.fact import Body
from domain.facts.fields import Name


class OptedOut(Body):
    """The customer wants no more messages by this channel; without one, by none.

    With the scope `list` it was a link to unsubscribe, or a complaint of spam: what the law requires may
    still go there.
    """

    type: Literal["opted_out"] = "opted_out"
    channel: Name | None = None
    step: Name | None = None
    scope: Literal["list"] | None = None
    by: Name | None = None


class OptedIn(Body):
    """The customer takes an opt-out of this channel back."""

    type: Literal["opted_in"] = "opted_in"
    channel: Name
    by: Name | None = None


class Replied(Body):
    """The customer said something that a person has to read; what it was stands with the contact data.

    `says` is what it seems to be about, as `domain.replies` sorts it.
    """

    type: Literal["replied"] = "replied"
    channel: Name
    says: Name


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


Fault = Literal["slow", "ours", "passing"]
"""Why a message did not arrive that says nothing sure of the address, the weakest first.

It is still on its way after a day, our sender or text is at fault, or it may work on another day.
"""


class Bounced(Body):
    """A message of ours did not arrive. Without `message`, the newest one that fits.

    Without a `fault` the address reaches nobody; two messages in a row that failed in passing mean that too.
    """

    type: Literal["bounced"] = "bounced"
    channel: Name | None = None
    step: Name | None = None
    message: Name | None = None
    reason: str | None = None
    fault: Fault | None = None
