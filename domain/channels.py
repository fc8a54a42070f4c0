"""Channels: the ways by which a message reaches a customer, and those of effects that are no messages."""

from typing import Literal, get_args

Channel = Literal["email", "sms"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)

SERVICE, TASK, ONBOARDING, CHARGE = "service", "task", "onboarding", "charge"

AT_MOST_ONCE = frozenset({"sms"})
"""Where nobody can tell whether a message went out, it does not go out again: it would be one contact more.

An email rather arrives twice than never, for it may be a notice that the law asks for.
"""

QUEUED = frozenset({*CHANNELS, CHARGE})
"""What a vendor does has a task queue of its own: `<queue>-<channel>`."""

WORDS = "(what the customer said)"
DOORS = "(money by two doors)"
NO_DEBTS = frozenset({SERVICE, ONBOARDING, WORDS, DOORS})
"""What claims count by that are about no invoice; an invoice of this name would be taken for it."""
