"""Steps that the engine takes by itself, named in claims and timelines like those of a policy."""

from domain.channels import ONBOARDING

TOLD, RETURNED, THANKED = "suspended", "reactivate", "thanks"
UNREACHABLE, UNSENT, APPROVE, DATA_LOSS = "unreachable", "unsent", "approve", "data_loss"
WHEREABOUTS = "whereabouts"
REPLY = "customer_reply"
REVIEW = "onboarding_review"
BANK_LINE, TWICE = "bank-line", "money-twice"
SWITCH, SWITCH_LEFT, SWITCH_ODD = "service-switch", "service-left", "service-odd"
"""Work on the service where it is kept, with no claim behind it: a turn that its provider does not make,
what did not come back with it, and what others did there."""
CHARGE_STUCK = "charge-stuck"
"""A charge that whoever charges refuses for a reason which only a person can mend."""
INTEREST, CANCEL_FEE = "interest", "cancel_fee"
FEE = "fee."
"""With this begins the step that proposes the fee of a step of the policy, whose id has no dot."""
DISPUTE_ANSWER, DISPUTE_CREDIT = "dispute_answer", "dispute_credit"
# Later ones have a hyphen, which no step of a policy has: an adopted one may be called "restricted".
TOLD_RESTRICTED, TOLD_ENDED, CLOSED, AFTER_END = (
    "service-restricted",
    "service-ended",
    "close-service",
    "after-end",
)
WITHHELD, WARNING_LOST = "return-withheld", "warning-lost"
INCIDENT = "incident-response"
"""The work on an incident; it is answered there, and no claim is behind it."""
CALL_APPLICANT, WAITS_TOO_LONG = "onboarding-call", "onboarding-late"
ANSWERED = frozenset({APPROVE, REVIEW, CALL_APPLICANT, INCIDENT, BANK_LINE})
"""Their tasks end with an answer of their own; that all work is done says nothing of them."""
PROVISION_ORDER, REQUEST_DEPOSIT, APPLY_DEPOSIT, CANCEL_ORDER = (
    "provision-order",
    "request-deposit",
    "apply-deposit",
    "cancel-order",
)
ASK_DEPOSIT, TELL_CANCELLED = "deposit-request", "order-cancelled"
AWAIT_DEPOSIT, DEPOSIT_MISSING, DEPOSIT_LEFT = "await-deposit", "deposit-missing", "deposit-left"
NOTE_EXPOSURE, BLOCK_ORDERS, UNBLOCK_ORDERS = "note-exposure", "block-orders", "unblock-orders"
CREDIT_LEVEL = "credit-"
"""With this and the percent begins the step that tells how much of a limit is used."""
REVIEW_CREDIT, NEVER_PAID = "review-credit", "never-paid"
USAGE_WARNING, USAGE_ALERT, USAGE_FORECAST = "usage-warning", "usage-alert", "usage-forecast"
USAGE_PROFILE, USAGE_OVER, USAGE_ODD = "usage-profile", "usage-over", "usage-odd"
USAGE_BUDGET = "usage-budget"
"""The task about a budget that does not stand at the provider as it was agreed."""
ACTIVITY_REVIEW = "activity-review"
ACCESS_DECISION, ACCESS_REVIEW = "access-decision", "access-review"
ACCESS_ENDS, ACCESS_OVER = "access-ends", "access-over"
VENDOR, BLAST, MONITOR, BURST = "vendor", "blast", "monitor", "signup_burst"
"""Work that is about the whole ledger: what vendors find wrong with us, the blast guard, what a monitor sees,
a burst of applications."""
ABOUT_EVENTS, REFUSED_REPORTS = "events", "refused-reports"
"""What is told to others and not taken, and what others told and we did not take."""
ODD_TURN, DIFFERENCE, UNREAD = "odd-turn", "ledger-differs", "digest"
TO_MEND = (VENDOR, ODD_TURN, DIFFERENCE, UNREAD)
"""Tasks about the whole ledger that end once a person says that the fault of ours is mended."""
UNAPPLIED = "unapplied"
"""The task about money that pays nothing; it ends by itself."""
_APPROVAL, _IN_DOUBT, _SENDER = "approve-", "in-doubt-", "sender-"
RESERVED = frozenset(
    {
        *(TOLD, RETURNED, THANKED, UNREACHABLE, UNSENT, APPROVE, DATA_LOSS, ONBOARDING, REVIEW),
        *(WHEREABOUTS, REPLY, INTEREST, CANCEL_FEE, DISPUTE_ANSWER, DISPUTE_CREDIT),
        *(TOLD_RESTRICTED, TOLD_ENDED, CLOSED, AFTER_END, WITHHELD, WARNING_LOST, INCIDENT),
        *(CALL_APPLICANT, WAITS_TOO_LONG),
        *(PROVISION_ORDER, REQUEST_DEPOSIT, APPLY_DEPOSIT, CANCEL_ORDER, ASK_DEPOSIT, TELL_CANCELLED),
        *(AWAIT_DEPOSIT, DEPOSIT_MISSING, DEPOSIT_LEFT, REVIEW_CREDIT, NEVER_PAID),
        *(NOTE_EXPOSURE, BLOCK_ORDERS, UNBLOCK_ORDERS),
        *(USAGE_WARNING, USAGE_ALERT, USAGE_FORECAST, USAGE_PROFILE, USAGE_OVER, USAGE_ODD, USAGE_BUDGET),
        *(ACTIVITY_REVIEW, ACCESS_DECISION, ACCESS_ENDS, ACCESS_OVER, ACCESS_REVIEW),
        *(BANK_LINE, TWICE, SWITCH, SWITCH_LEFT, SWITCH_ODD, CHARGE_STUCK),
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


def in_doubt_of(step: str, channel: str) -> str:
    """Return the task about a message of a step of which nobody can tell whether it went out."""
    return f"{_IN_DOUBT}{step}-{channel}"


def is_in_doubt(step: str) -> bool:
    """Whether a task is about a message of which nobody could tell whether it went out."""
    return step.startswith(_IN_DOUBT)


def sender_of(channel: str) -> str:
    """Return the task about a sender of ours that a fault has stopped, for whoever runs the engine."""
    return _SENDER + channel


def ends_by_itself(step: str) -> bool:
    """Whether a task ends once what it is about has changed, and nobody has to say so."""
    itself = (MONITOR, ABOUT_EVENTS, REFUSED_REPORTS, UNAPPLIED, USAGE_BUDGET, SWITCH)
    return step in itself or step.startswith(_SENDER)
