"""Who turns subscriptions down and up: the ledger's own switch, and providers that keep them."""

from activities.service import OWN, LedgerSwitch, Switch
from store.database import Ledger


def switches(ledger: Ledger) -> dict[str, Switch]:
    """Return who turns subscriptions down and up, by the provider that keeps them."""
    return {OWN: LedgerSwitch(ledger)}
