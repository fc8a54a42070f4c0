"""The customers' own pages: what makes and reads the links, where there are keys and an address for them."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from activities.rendering import Letters
from composition.deployment import seller
from settings import ROOT, Settings
from store.database import Ledger
from store.own_pages import PageLinks

if TYPE_CHECKING:
    from web.own_page.app import OwnPages


def page_links(settings: Settings, ledger: Ledger, public_url: str = "") -> PageLinks | None:
    """Return what makes and reads the links; None where the settings have no key or nothing serves them."""
    base = settings.page_url or settings.public_url or public_url
    if not settings.page_secrets or not base:
        return None
    return PageLinks(
        ledger,
        keys=tuple(secret.encode() for secret in settings.page_secrets),
        public_url=base,
        days=settings.page_days,
    )


def own_pages(settings: Settings, ledger: Ledger, public_url: str = "") -> "OwnPages | None":
    """Return what `serve` serves of the pages; None where messages link to none."""
    from web.own_page.app import OwnPages

    links = page_links(settings, ledger, public_url)
    if links is None:
        return None
    bases = [each for each in (settings.page_url, settings.public_url or public_url) if each]
    return OwnPages(
        links=links,
        words=Letters(ROOT / "templates"),
        seller=seller(settings),
        origins=frozenset(map(_origin, bases)),
        proxies=settings.page_proxy_networks,
    )


def _origin(url: str) -> str:
    """Return scheme, host and port of an address, as a browser names them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
