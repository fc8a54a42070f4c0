"""Channels: the ways by which a message reaches a customer, and those of effects that are no messages."""

from typing import Literal, get_args

Channel = Literal["email", "sms"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)

SERVICE, TASK, ONBOARDING = "service", "task", "onboarding"

NO_DEBTS = frozenset({SERVICE, ONBOARDING})
"""What claims count by that are about no invoice; an invoice of this name would be taken for it."""
