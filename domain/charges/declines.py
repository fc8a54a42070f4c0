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

_HARD = """incorrect_number invalid_number lost_card pickup_card stolen_card restricted_card fraudulent
    merchant_blacklist stop_payment_order revocation_of_authorization revocation_of_all_authorizations
    highest_risk_level transaction_not_allowed not_permitted do_not_try_again testmode_decline"""
_CUSTOMER = """expired_card invalid_expiry_month invalid_expiry_year incorrect_cvc invalid_cvc incorrect_zip
    incorrect_address invalid_account new_account_information_available confirm_card_data invalid_amount
    authentication_required authentication_not_handled payment_intent_authentication_failure
    mobile_device_authentication_required incorrect_pin invalid_pin pin_try_exceeded offline_pin_required
    online_or_offline_pin_required card_not_supported currency_not_supported service_not_allowed
    security_violation 54 1A"""
_SOFT = """insufficient_funds generic_decline do_not_honor call_issuer no_action_taken approve_with_id
    try_again_later duplicate_transaction card_velocity_exceeded card_decline_rate_limit_exceeded
    withdrawal_count_limit_exceeded 05 51 61 65"""
_TECHNICAL = """processing_error issuer_not_available reenter_transaction payment_method_provider_timeout
    amount_too_small amount_too_large 19 91 96"""
# The words are Stripe's, all of its list of decline codes of cards (docs.stripe.com/declines/codes, read in
# November 2026) and those of its API that mean the same. Where it knows no reason and sends the customer to
# the issuer, the card may be tried again if the issuer may think better of it without anybody's doing.

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
