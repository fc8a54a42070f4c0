"""Stripe: who charges cards and turns subscriptions there, and who is asked what it has told."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from activities.charges import Cashier
from activities.outside import Teller
from activities.service import Switch
from providers.bank import Bank
from settings import Settings
from store import outside
from store.database import Ledger

if TYPE_CHECKING:
    from providers.stripe_account.door import StripeDoor
    from providers.stripe_account.reading import Reading


def cashier(settings: Settings, ledger: Ledger) -> Cashier:
    """Return who charges cards: Stripe where that is asked for, else the embedded bank of test cards."""
    if not settings.stripe_charges or settings.stripe_api_key is None:
        return Bank(settings.bank)
    from providers.stripe_account.cashier import StripeCashier, customer_itself, invoice_itself

    def named(kind: str, name: str) -> Sequence[str]:
        """Stripe's own names for something of ours, as its webhooks have made them known."""
        with ledger.read() as session:
            return outside.theirs_of(session, "stripe", kind, name)

    return StripeCashier(
        key=settings.stripe_api_key.get_secret_value(),
        base=stripe_base(settings),
        customers_of=lambda name: named("customer", name) or customer_itself(name),
        invoice_of=lambda name: next(iter(named("invoice", name)), None) or invoice_itself(name),
    )


def stripe_switch(settings: Settings) -> dict[str, Switch]:
    """Return who turns subscriptions at Stripe, by its name; nobody where it is not set up."""
    if settings.stripe_api_key is None:
        return {}
    from providers.stripe_account.subscriptions import StripeSubscriptions

    key = settings.stripe_api_key.get_secret_value()
    return {"stripe": StripeSubscriptions(key=key, base=stripe_base(settings), pause=settings.stripe_pause)}


def stripe_base(settings: Settings) -> str | None:
    """Return where Stripe is asked; None where another vendor has a stand-in and Stripe has none."""
    from providers.stripe_account.client import BASE

    return settings.stripe_base or (None if settings.standing_in else BASE)


def stripe_events(settings: Settings) -> Teller | None:
    """Return who is asked for what Stripe has told; None without webhooks of it, or a key to ask with."""
    if settings.stripe_api_key is None or not settings.stripe_secrets:
        return None
    from providers.stripe_account.source import StripeEvents

    key = settings.stripe_api_key.get_secret_value()
    return StripeEvents(key=key, base=stripe_base(settings), reading=_reading(settings))


def stripe_door(settings: Settings) -> "StripeDoor":
    """Return who verifies and reads what Stripe tells."""
    from providers.stripe_account.door import StripeDoor

    live = settings.stripe_live is True
    return StripeDoor(secrets=settings.stripe_secrets, livemode=live, reading=_reading(settings))


def _reading(settings: Settings) -> "Reading":
    """Return how Stripe's objects are read; where there is a key it can be asked what they do not say."""
    from providers.stripe_account.reading import Reading

    return Reading(
        zone=settings.seller_timezone,
        adds=settings.stripe_new_customers,
        asks=settings.stripe_api_key is not None,
    )
