"""Stripe: who charges cards there."""

from activities.charges import Cashier
from providers.bank import Bank
from settings import Settings


def cashier(settings: Settings) -> Cashier:
    """Return who charges cards: Stripe where that is asked for, else the embedded bank of test cards."""
    if not settings.stripe_charges or settings.stripe_api_key is None:
        return Bank(settings.bank)
    from providers.stripe_account.cashier import StripeCashier

    return StripeCashier(key=settings.stripe_api_key.get_secret_value(), base=stripe_base(settings))


def stripe_base(settings: Settings) -> str | None:
    """Return where Stripe is asked; None where another vendor has a stand-in and Stripe has none."""
    from providers.stripe_account.client import BASE

    return settings.stripe_base or (None if settings.standing_in else BASE)
