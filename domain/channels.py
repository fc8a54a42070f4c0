"""Channels: the ways by which a message reaches a customer, and those of effects that are no messages."""

from typing import Literal, get_args

Channel = Literal["email", "sms"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
EMAIL: Channel = "email"

SERVICE, TASK, ONBOARDING, CHARGE = "service", "task", "onboarding", "charge"
PROVISION, BOOK = "provision", "book"
"""What is ordered is provisioned; what the plan decided about credit is written down as a fact."""

AT_MOST_ONCE = frozenset({"sms"})
"""Where nobody can tell whether a message went out, it does not go out again: it would be one contact more.

An email rather arrives twice than never, for it may be a notice that the law asks for.
"""

QUEUED = frozenset({*CHANNELS, CHARGE})
"""What a vendor does has a task queue of its own: `<queue>-<channel>`."""

WORDS = "(what the customer said)"
USAGE, ACTIVITY, ACCESS = "(usage)", "(activity)", "(access)"
ORDERS, CREDIT = "(order)", "(credit)"
PARTED = (ORDERS, CREDIT)
"""Of these each has a part of its own: an order, a deposit, a currency."""
DOORS = "(money by two doors)"
NO_DEBTS = frozenset({SERVICE, ONBOARDING, WORDS, USAGE, ACTIVITY, ACCESS, DOORS, *PARTED})
"""What claims count by that are about no invoice; an invoice of this name would be taken for it."""
