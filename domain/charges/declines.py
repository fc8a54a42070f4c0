"""What a decline means: whether the same card may be tried again, and who has to do something first.

Codes are as providers give them: words such as `expired_card`, or the two signs of ISO 8583. A policy adds
those of its own provider (`charges.declines`), but what a card network forbids it cannot allow.
"""

from collections.abc import Mapping
from typing import Literal

from domain.charges.networks import never_again

DeclineClass = Literal["hard", "customer", "soft", "technical", "unknown"]
"""hard: never again with this card. customer: only the customer can change it. soft, technical: try later.

unknown: nobody has said what the code means. It may be one that a network forbids to repeat, so this card is
left alone until somebody has; what the policy says counts at once.
"""

AGAIN: frozenset[DeclineClass] = frozenset({"soft", "technical"})
"""The classes after which the same card may be tried again."""

_HARD = """incorrect_number lost_card pickup_card stolen_card revocation_of_authorization
    revocation_of_all_authorizations highest_risk_level transaction_not_allowed"""  # as Stripe lists them
_CUSTOMER = "expired_card incorrect_cvc invalid_cvc authentication_required 54 1A"
_SOFT = """insufficient_funds generic_decline do_not_honor try_again_later card_velocity_exceeded
    withdrawal_count_limit_exceeded 05 51 61 65"""
_TECHNICAL = "processing_error issuer_not_available reenter_transaction 19 91 96"

DECLINES: Mapping[str, DeclineClass] = {
    **dict.fromkeys(("hard", *_HARD.split()), "hard"),
    **dict.fromkeys(("customer", *_CUSTOMER.split()), "customer"),
    **dict.fromkeys(("soft", *_SOFT.split()), "soft"),
    **dict.fromkeys(("technical", *_TECHNICAL.split()), "technical"),
}
"""What a code means; the name of a class is a code too."""


def classify(decline: str | None, network: str | None, declines: Mapping[str, DeclineClass]) -> DeclineClass:
    """Return what a decline means for a card of this network; one without a code is soft.

    Args:
        declines: what the policy says of codes. It is asked after the network, and before our own table.
    """
    if decline is None:
        return "soft"
    if never_again(decline, network):
        return "hard"
    return declines.get(decline) or DECLINES.get(decline, "unknown")
