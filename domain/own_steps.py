"""Steps that the engine takes by itself, named in claims and timelines like those of a policy."""

from domain.channels import ONBOARDING

TOLD, RETURNED, THANKED = "suspended", "reactivate", "thanks"
UNREACHABLE, UNSENT, APPROVE, DATA_LOSS = "unreachable", "unsent", "approve", "data_loss"
WHEREABOUTS = "whereabouts"
REPLY = "customer_reply"
REVIEW = "onboarding_review"
BANK_LINE, TWICE = "bank-line", "money-twice"
INTEREST, CANCEL_FEE = "interest", "cancel_fee"
FEE = "fee."
"""With this begins the step that proposes the fee of a step of the policy, whose id has no dot."""
ANSWERED = frozenset({APPROVE, REVIEW, BANK_LINE})
"""Their tasks end with an answer of their own; that all work is done says nothing of them."""
DISPUTE_ANSWER, DISPUTE_CREDIT = "dispute_answer", "dispute_credit"
# Later ones have a hyphen, which no step of a policy has: an adopted one may be called "restricted".
TOLD_RESTRICTED, TOLD_ENDED, CLOSED, AFTER_END = (
    "service-restricted",
    "service-ended",
    "close-service",
    "after-end",
)
_APPROVAL = "approve-"
RESERVED = frozenset(
    {
        *(TOLD, RETURNED, THANKED, UNREACHABLE, UNSENT, APPROVE, DATA_LOSS, ONBOARDING, REVIEW),
        *(WHEREABOUTS, REPLY, INTEREST, CANCEL_FEE, DISPUTE_ANSWER, DISPUTE_CREDIT),
        *(TOLD_RESTRICTED, TOLD_ENDED, CLOSED, AFTER_END, BANK_LINE, TWICE),
    }
)


def fee_step(step: str) -> str:
    """Return the step that proposes the agreed fee of this one."""
    return FEE + step


def is_about_fees(step: str) -> bool:
    """Whether a step proposes interest or a fee to finance, or asks it to cancel one."""
    return step in (INTEREST, CANCEL_FEE) or step.startswith(FEE)


def approval_of(step: str) -> str:
    """Return the task by which a person is asked to approve a step; that of the suspension is `approve`."""
    return _APPROVAL + step


def is_approval(step: str) -> bool:
    """Whether a task asks for an approval."""
    return step == APPROVE or step.startswith(_APPROVAL)


def is_answered(step: str) -> bool:
    """Whether a task ends with an answer of its own."""
    return step in ANSWERED or is_approval(step)
