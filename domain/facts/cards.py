"""Facts of the cards that a customer leaves with us to be charged; the number itself is never here."""

from typing import Literal

from domain.facts.fact import Body
from domain.facts.fields import Name


class CardAdded(Body):
    """A card that may be charged from now on, in place of the one before.

    Attributes:
        instrument: the provider's name for it; the same one again says that its data are new.
        network: visa, mastercard, or another word; without one it is treated as the strictest of them.
        channel, step: the message that it answers, which is kept.
    """

    type: Literal["card_added"] = "card_added"
    instrument: Name | None = None
    network: Name | None = None
    channel: Name | None = None
    step: Name | None = None
    by: Name | None = None


class CardRemoved(Body):
    """A card that may not be charged any more: removed or expired; without an instrument, none may."""

    type: Literal["card_removed"] = "card_removed"
    instrument: Name | None = None
    reason: Name | None = None
    by: Name | None = None
