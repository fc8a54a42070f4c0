"""What a deployment is: its code's version, and who writes to the customers."""

import hashlib

from domain.notice import Seller
from settings import ROOT, VERSION, Settings


def code_version() -> str:
    """Return the version with a fingerprint of everything that decides, for the journal."""
    content = b"".join(path.read_bytes() for path in sorted((ROOT / "domain").rglob("*.py")))
    return f"{VERSION}+{hashlib.sha256(content).hexdigest()[:8]}"


def seller(settings: Settings) -> Seller:
    """Return who writes to the customers."""
    return Seller(
        name=settings.seller_name,
        support_email=settings.seller_email,
        support_phone=settings.seller_phone,
        payment_url=settings.seller_payment_url,
        address=settings.seller_address,
        account=settings.seller_account,
    )
