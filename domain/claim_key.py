"""What claims count by: an invoice, a part of it that is chased by itself, a dispute of it, or an order."""

import re

from domain.channels import PARTED

_PART = re.compile(r"(.+?) (?:(?:plan [0-9]{4}-[0-9]{2}-[0-9]{2} )?instalment [0-9]+|dispute .+)")


def key_of(invoice: str, part: str) -> str:
    """Return the key of a part of an invoice: `INV-1 instalment 2`."""
    return f"{invoice} {part}"


def invoice_of(key: str) -> str:
    """Return the invoice that a key is about; of an order and the like what such keys begin with."""
    if key.startswith("("):
        about = key.partition(" ")[0]
        return about if about in PARTED else key
    match = _PART.fullmatch(key)
    return match[1] if match else key


def names_a_part(invoice: str) -> bool:
    """Whether an invoice number would be taken for a part of another invoice."""
    return invoice_of(invoice) != invoice
