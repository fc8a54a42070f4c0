"""The seller's own product: the systems that report to us, and what it is told and asked."""

from typing import TYPE_CHECKING

from activities.events import Endpoint
from settings import Settings

if TYPE_CHECKING:
    from providers.facts_door import FactsDoor
    from providers.webhooks_out.switch import ProductSwitch

EVENTS_LOST = "your product is told of no events: they wait"
"""What does not happen without a schedule, or a worker on the queue of events."""


def reports_door(settings: Settings) -> "FactsDoor | None":
    """Return what takes the reports of other systems; None where none may report by webhook."""
    if not settings.reporters:
        return None
    from providers.facts_door import FactsDoor

    return FactsDoor(secrets=settings.reporters)


def event_endpoints(settings: Settings) -> list[Endpoint]:
    """Return where events go; nowhere without EVENTS_URL."""
    if not settings.event_urls:
        return []
    from providers.webhooks_out.endpoint import WebhookEndpoint

    return [WebhookEndpoint(url=url, secrets=settings.event_secrets) for url in settings.event_urls]


def product_switch(settings: Settings) -> "ProductSwitch | None":
    """Return the seller's product as who keeps services, provider `webhook`; None without SERVICE_URL."""
    if settings.service_url is None:
        return None
    from providers.webhooks_out.switch import ProductSwitch

    return ProductSwitch(url=settings.service_url, secrets=settings.service_secrets)
