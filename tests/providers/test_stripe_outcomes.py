"""What Stripe says of a charge in our words, which instrument is meant, and how amounts are written."""

from typing import Any

import pytest

from domain.charges.declines import classify
from domain.money import Money, MoneyError
from providers.stripe_account.amounts import from_stripe, to_stripe
from providers.stripe_account.instruments import instrument
from providers.stripe_account.outcomes import decline_of, decline_of_intent, outcome_of

ERROR = {"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds"}


@pytest.mark.parametrize(
    ("status", "error", "outcome"),
    [
        ("succeeded", None, "paid"),
        ("processing", None, "in_flight"),
        ("requires_action", None, "declined"),
        ("requires_payment_method", ERROR, "declined"),
        ("canceled", ERROR, "declined"),
        ("requires_payment_method", None, None),
        ("requires_confirmation", None, None),
        ("canceled", None, None),
        ("requires_capture", None, None),
        ("a_status_of_tomorrow", None, None),
    ],
)
def test_a_payment_intent_says_what_became_of_the_charge(
    status: str, error: dict[str, Any] | None, outcome: str | None
) -> None:
    assert outcome_of({"status": status, "last_payment_error": error}) == outcome


VISA = {"card": {"brand": "visa"}}
DECLINES = [
    ("the issuer says why", {"code": "card_declined", "decline_code": "stolen_card"}, "stolen_card"),
    ("a code of its own", {"code": "expired_card"}, "expired_card"),
    ("no reason at all", {"code": "card_declined"}, "generic_decline"),
    ("nothing", {}, "generic_decline"),
    ("3-D Secure", {"code": "authentication_required"}, "authentication_required"),
    (
        "3-D Secure of an invoice",
        {"code": "invoice_payment_intent_requires_action"},
        "authentication_required",
    ),
    (
        "the network forbids what Stripe finds soft",
        {"decline_code": "do_not_honor", "network_decline_code": "R1", "payment_method": VISA},
        "R1",
    ),
    (
        "the network forbids nothing",
        {"decline_code": "do_not_honor", "network_decline_code": "05", "payment_method": VISA},
        "do_not_honor",
    ),
    (
        "the advice is stricter than the code",
        {"decline_code": "generic_decline", "advice_code": "do_not_try_again"},
        "do_not_try_again",
    ),
    (
        "the advice needs the customer",
        {"decline_code": "do_not_honor", "advice_code": "confirm_card_data"},
        "confirm_card_data",
    ),
    (
        "the advice is softer than the code",
        {"decline_code": "stolen_card", "advice_code": "try_again_later"},
        "stolen_card",
    ),
    ("a code of tomorrow", {"decline_code": "bad_weather", "advice_code": "do_not_try_again"}, "bad_weather"),
]


@pytest.mark.parametrize(("error", "code"), [pytest.param(*row[1:], id=row[0]) for row in DECLINES])
def test_a_decline_has_the_code_that_says_most_of_what_may_follow(error: dict[str, Any], code: str) -> None:
    assert decline_of(error) == code


def test_a_payment_intent_that_waits_for_the_cardholder_is_declined_for_that() -> None:
    assert decline_of_intent({"status": "requires_action", "last_payment_error": None}) == (
        "authentication_required"
    )


@pytest.mark.parametrize("advice", ["do_not_try_again", "confirm_card_data"])
def test_after_such_advice_the_card_is_not_tried_again(advice: str) -> None:
    code = decline_of({"decline_code": "generic_decline", "advice_code": advice})
    assert classify(code, "visa", {}) in ("hard", "customer")


# --- which instrument -------------------------------------------------------------------------------


def pm(name: str, kind: str = "card") -> dict[str, Any]:
    return {"id": name, "object": "payment_method", "type": kind}


ATTACHED = [pm("pm_new"), pm("pm_debit", "sepa_debit"), pm("pm_old")]
CUSTOMER = {"id": "cus_1", "invoice_settings": {"default_payment_method": "pm_old"}, "default_source": None}


def of_subscription(method: str | None, **more: Any) -> dict[str, Any]:
    details = {"subscription": {"id": "sub_1", "default_payment_method": method}}
    return {"id": "in_1", "parent": {"subscription_details": details}, **more}


CHOICES = [
    ("the one that is meant", "pm_old", ATTACHED, CUSTOMER, None, "pm_old"),
    ("the customer's default", "card 1", ATTACHED, CUSTOMER, None, "pm_old"),
    ("a debit that is the default", "", ATTACHED, {"default_source": "pm_debit"}, None, "pm_debit"),
    (
        "the invoice's own",
        "pm_gone",
        ATTACHED,
        CUSTOMER,
        of_subscription("pm_debit", default_payment_method="pm_new"),
        "pm_new",
    ),
    ("the subscription's", "pm_gone", ATTACHED, CUSTOMER, of_subscription("pm_debit"), "pm_debit"),
    ("an expanded default", "", ATTACHED, CUSTOMER, {"default_payment_method": pm("pm_new")}, "pm_new"),
    ("a default that is gone", "", ATTACHED, CUSTOMER, {"default_payment_method": "pm_gone"}, "pm_old"),
    ("an old source", "", [], {"default_source": "card_1"}, None, "card_1"),
    ("without any default the newest card", "pm_gone", ATTACHED, {}, None, "pm_new"),
    ("only a debit, which nobody chose", "pm_gone", [pm("pm_debit", "sepa_debit")], {}, None, None),
    ("nothing", "pm_gone", [], None, None, None),
]


@pytest.mark.parametrize(
    ("wanted", "attached", "customer", "invoice", "chosen"),
    [pytest.param(*row[1:], id=row[0]) for row in CHOICES],
)
def test_the_instrument_is_the_one_that_stripe_would_charge(
    wanted: str, attached: Any, customer: Any, invoice: Any, chosen: str | None
) -> None:
    assert instrument(wanted, attached, customer=customer, invoice=invoice) == chosen


# --- amounts ----------------------------------------------------------------------------------------

AMOUNTS = [
    (Money(149000, "EUR"), 149000),
    (Money(500, "JPY"), 500),
    (Money(500, "ISK"), 50000),
    (Money(500, "UGX"), 50000),
    (Money(50000, "MGA"), 500),
    (Money(1230, "KWD"), 1230),
]


@pytest.mark.parametrize(("money", "amount"), AMOUNTS, ids=lambda value: str(value))
def test_amounts_are_written_as_stripe_has_them_and_read_back(money: Money, amount: int) -> None:
    assert to_stripe(money) == amount
    assert from_stripe(amount, money.currency.lower()) == money


@pytest.mark.parametrize("money", [Money(1234, "KWD"), Money(50050, "MGA")], ids=str)
def test_a_part_that_no_card_can_be_charged_with_is_refused(money: Money) -> None:
    with pytest.raises(MoneyError, match="too fine"):
        to_stripe(money)


@pytest.mark.parametrize(("amount", "currency"), [(12345, "isk"), (100, "xxx")])
def test_an_amount_that_cannot_be_is_not_read(amount: int, currency: str) -> None:
    with pytest.raises(MoneyError):
        from_stripe(amount, currency)
