"""Who looks at each vendor for `doctor`, and what there is in place of those that are not set up."""

from composition.messaging import twilio_http
from composition.partner_center import partner_center_app, partner_center_client
from composition.watching import alerts_by_graph, graph_base
from domain.clouds import CLOUDS
from domain.health import Part
from providers.probes.asking import Probe
from providers.probes.plain import Absent, FrontDoor, Host
from settings import Settings


def probes(settings: Settings) -> list[Probe]:
    """Return a probe for each part that can be set up, in the order in which they are told."""
    vendors = [_sendgrid(settings), _twilio(settings), _stripe(settings), _partner_center(settings)]
    ours = [_front(settings), *_desk(settings), *_product(settings)]
    return [*vendors, _graph(settings), *_asked(settings), *ours]


def _sendgrid(settings: Settings) -> Probe:
    if settings.sendgrid_api_key is None:
        return Absent("sendgrid")
    from providers.probes.sendgrid import SendGridProbe
    from providers.sendgrid_client import BASE

    own = None if settings.standing_in else BASE
    return SendGridProbe(
        api_key=settings.sendgrid_api_key.get_secret_value(),
        base=settings.sendgrid_base or own,
        logs_base=settings.sendgrid_logs_base or own,
    )


def _twilio(settings: Settings) -> Probe:
    key, secret, token = settings.twilio_api_key, settings.twilio_api_secret, settings.twilio_auth_token
    if settings.twilio_account_sid is None or key is None or secret is None or token is None:
        return Absent("twilio")
    from providers.probes.twilio import TwilioProbe

    own = {"api": "https://api.twilio.com", "verify": "https://verify.twilio.com"}
    bases = twilio_http(settings).bases
    return TwilioProbe(
        account=settings.twilio_account_sid,
        key=key.get_secret_value(),
        secret=secret.get_secret_value(),
        auth_token=token.get_secret_value(),
        number=settings.twilio_from,
        service=settings.twilio_verify,
        bases=own if bases is None else bases,
    )


def _stripe(settings: Settings) -> Probe:
    if settings.stripe_api_key is None:
        return Absent("stripe")
    from providers.probes.stripe import Kind, StripeProbe
    from providers.stripe_cards import BASE

    own = None if settings.standing_in else BASE
    kinds: list[Kind] = ["payment methods", "charges"]
    if settings.stripe_secrets or settings.stripe_charges:
        kinds += ["customers", "invoices", "payment intents"]
    if settings.stripe_secrets:
        kinds += ["events", "disputes", "refunds", "credit notes"]
    if settings.stripe_charges:
        kinds += ["subscriptions"]
    key = settings.stripe_api_key.get_secret_value()
    return StripeProbe(key=key, base=settings.stripe_base or own, kinds=kinds)


def _partner_center(settings: Settings) -> Probe:
    client = partner_center_client(settings)
    if client is None:
        return Absent("partner_center")
    from providers.probes.partner_center import PartnerCenterProbe

    cloud = CLOUDS[settings.partner_center_cloud or "commercial"]
    app, user = client.logins
    return PartnerCenterProbe(
        base=client.base,
        resource=cloud.api,
        app=app,
        user=user,
        reads={"usage", "activity_log"} <= cloud.offers,
    )


def _graph(settings: Settings) -> Probe:
    from providers.partner_center.alerts import GRAPH_RESOURCE
    from providers.partner_center.login import AppOnly
    from providers.probes.partner_center import GraphProbe

    app = partner_center_app(settings, resource=GRAPH_RESOURCE) if alerts_by_graph(settings) else None
    if app is None:
        return Absent("partner_center.graph")
    return GraphProbe(base=graph_base(settings), resource=GRAPH_RESOURCE, app=AppOnly(app))


def _asked(settings: Settings) -> list[Probe]:
    """Return those of whom only the address is known to us."""
    given: dict[Part, str | None] = {
        "bureau": settings.credit_bureau_url,
        "identity": settings.identity_url,
        "sanctions": settings.sanctions_url,
    }
    return [Absent(part) if base is None else Host(part, base) for part, base in given.items()]


def _product(settings: Settings) -> list[Probe]:
    """Return those of the seller's own product: whether it is there, and not what it makes of a signature."""
    events: list[Probe] = [Host("events", url) for url in settings.event_urls]
    service = Absent("service") if settings.service_url is None else Host("service", settings.service_url)
    return [*(events or [Absent("events")]), service]


def _desk(settings: Settings) -> list[Probe]:
    """Return who is asked about the desk; a proxy that signs people in comes to us, and is not asked."""
    from providers.probes.open_id import OpenIdProbe

    if settings.desk_oidc_issuer is not None:
        return [OpenIdProbe(settings.desk_oidc_issuer)]
    return [] if settings.desk_proxy_addresses else [Absent("desk")]


def _front(settings: Settings) -> Probe:
    return Absent("public_url") if settings.public_url is None else FrontDoor(settings.public_url)
