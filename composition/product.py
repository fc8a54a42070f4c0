"""The seller's own product: the systems that report to us, and what it is told and asked."""

from typing import TYPE_CHECKING

from activities.events import Endpoint
from ending import WRONG_USAGE, Stop
from settings import Settings

if TYPE_CHECKING:
    from providers.facts_door import FactsDoor
    from providers.webhooks_out.switch import ProductSwitch

EVENTS_LOST = "your product is told of no events: they wait"
"""What does not happen without a schedule, or a worker on the queue of events."""

_REMEDY = "write whsec_ and a key of 24 to 64 bytes in base64"


def reports_door(settings: Settings) -> "FactsDoor | None":
    """Return what takes the reports of other systems; None where none may report by webhook.

    Raises:
        Stop: a secret cannot be used.
    """
    if not settings.reporters:
        return None
    from providers.facts_door import FactsDoor

    try:
        return FactsDoor(secrets=settings.reporters)
    except ValueError:
        words = f"FACTS_WEBHOOK_SECRETS has an entry that is no secret: {_REMEDY}"
        raise Stop(words, status=WRONG_USAGE) from None


def event_endpoints(settings: Settings) -> list[Endpoint]:
    """Return where events go; nowhere without EVENTS_URL.

    Raises:
        Stop: a secret cannot be used.
    """
    if not settings.event_urls:
        return []
    from providers.webhooks_out.endpoint import WebhookEndpoint

    try:
        return [WebhookEndpoint(url=url, secrets=settings.event_secrets) for url in settings.event_urls]
    except ValueError:
        raise Stop(f"EVENTS_SECRET is no secret: {_REMEDY}", status=WRONG_USAGE) from None


def product_switch(settings: Settings) -> "ProductSwitch | None":
    """Return the seller's product as who keeps services, provider `webhook`; None without SERVICE_URL.

    Raises:
        Stop: a secret cannot be used.
    """
    if settings.service_url is None:
        return None
    from providers.webhooks_out.switch import ProductSwitch

    try:
        return ProductSwitch(url=settings.service_url, secrets=settings.service_secrets)
    except ValueError:
        raise Stop(f"SERVICE_SECRET is no secret: {_REMEDY}", status=WRONG_USAGE) from None
