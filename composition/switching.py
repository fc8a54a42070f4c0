"""Who turns subscriptions down and up: the ledger's own switch, and providers that keep them."""

from activities.service import LedgerSwitch, Switch
from composition.partner_center import partner_center_switch
from composition.product import product_switch
from composition.stripe import stripe_switch
from settings import Settings
from store import places
from store.database import Ledger


def switches(settings: Settings, ledger: Ledger) -> dict[str, Switch]:
    """Return who turns subscriptions down and up, by the provider that keeps them."""
    made: dict[str, Switch] = {places.OWN: LedgerSwitch(ledger)}
    made |= {**partner_center_switch(settings), **stripe_switch(settings)}
    if (product := product_switch(settings)) is not None:
        made["webhook"] = product
    return made
