"""Steps that the engine takes by itself, named in claims and timelines like those of a policy."""

from domain.channels import ONBOARDING

TOLD, RETURNED, THANKED = "suspended", "reactivate", "thanks"
UNREACHABLE, UNSENT, APPROVE, DATA_LOSS = "unreachable", "unsent", "approve", "data_loss"
REVIEW = "onboarding_review"
ANSWERED = frozenset({APPROVE, REVIEW})
"""Their tasks end with an answer of their own; that all work is done says nothing of them."""
RESERVED = frozenset({TOLD, RETURNED, THANKED, UNREACHABLE, UNSENT, APPROVE, DATA_LOSS, ONBOARDING, REVIEW})
