"""Which instrument of a customer Stripe would charge, and whether the one that was meant is still there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Object = Mapping[str, Any]
"""An object of Stripe's API, as JSON says it."""

_OLD_KINDS = ("card_", "src_", "ba_")
"""Instruments from before PaymentMethods, which the list of those does not show completely."""


def instrument(
    wanted: str, attached: Sequence[Object], *, customer: Object | None, invoice: Object | None = None
) -> str | None:
    """Return the instrument to charge; None where the customer has none.

    The one that is wanted, if it is still the customer's. Else, as Stripe itself chooses, the default of the
    invoice, of its subscription, and of the customer; and where there is none of these the newest card.

    Args:
        attached: the customer's PaymentMethods, the newest first.
        customer, invoice: with the subscription expanded, where the invoice is of one.
    """
    names = [str(each["id"]) for each in attached]
    if wanted in names:
        return wanted
    for default in _defaults(customer or {}, invoice or {}):
        if default in names or default.startswith(_OLD_KINDS):
            return default
    return next((str(each["id"]) for each in attached if each.get("type") == "card"), None)


def _defaults(customer: Object, invoice: Object) -> Iterator[str]:
    subscription = subscription_of(invoice)
    for holder, keys in (
        (invoice, ("default_payment_method", "default_source")),
        (subscription, ("default_payment_method", "default_source")),
        (customer.get("invoice_settings") or {}, ("default_payment_method",)),
        (customer, ("default_source",)),
    ):
        for key in keys:
            name = name_of(holder.get(key))
            if name:
                yield name


def subscription_of(invoice: Object) -> Object:
    """Return the subscription that an invoice is of, where it is expanded; else nothing of one."""
    parent = invoice.get("parent") or {}
    details = parent.get("subscription_details") or {}
    found = details.get("subscription")
    return found if isinstance(found, Mapping) else {}


def name_of(reference: Any) -> str:
    """Return the id of what is referred to, whether it is expanded or not; nothing where there is none."""
    return str(reference.get("id") or "") if isinstance(reference, Mapping) else str(reference or "")
