"""Stripe: what it says of a card, by a PaymentMethod or by a Charge that was made with it.

A Charge says more: the risk that Radar gave it, and how the cardholder authenticated. Nothing is charged.
"""

from urllib.parse import quote

from domain.errors import Misconfigured, TryAgainLater
from domain.onboarding.card import Card
from domain.onboarding.card_reading import read_answer
from providers.asked_by_http import AskedByHttp

BASE = "https://api.stripe.com"
VERSION = "2024-06-20"
"""Of the API, named in each request, so that an account's own default changes nothing here."""

_PATHS = {"pm_": "/v1/payment_methods/", "ch_": "/v1/charges/", "py_": "/v1/charges/"}


class StripeCards:
    """Asks Stripe what a card is."""

    name = "stripe"
    here = False

    def __init__(self, *, key: str, base: str | None = BASE) -> None:
        headers = {"Authorization": f"Bearer {key}", "Stripe-Version": VERSION}
        self._http = None if base is None else AskedByHttp(vendor="Stripe", base=base, headers=headers)

    def card(self, reference: str) -> Card | None:
        """Return the card behind `pm_...` or `ch_...`; None where Stripe knows no such one.

        Raises:
            TryAgainLater, Misconfigured, Refused: as `AskedByHttp` says.
        """
        path = _PATHS.get(reference[:3])
        if path is None:
            raise Misconfigured("Stripe is asked about pm_... and ch_... only: correct the card's reference")
        if self._http is None:
            remedy = "and with another base URL set no other host is asked"
            raise Misconfigured(f"STRIPE_BASE is not set, {remedy}")
        found = self._http.get(f"{path}{quote(reference, safe='')}")
        if found is None:
            return None
        try:
            return read_answer(found)
        except ValueError:
            raise TryAgainLater("Stripe answered what nobody can read") from None
