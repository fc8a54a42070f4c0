"""Partner Center: who logs in there, who reads there, and who turns subscriptions there."""

from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from activities.service import Switch
from domain.clouds import CLOUDS, Feature
from ending import WRONG_USAGE, Stop
from settings import Settings

if TYPE_CHECKING:
    from providers.partner_center.client import Client as PartnerCenterClient
    from providers.partner_center.door import PartnerCenterDoor
    from providers.partner_center.login import App
    from providers.partner_center.reading import PartnerCenter
    from providers.partner_center.registration import Registration


@cache
def partner_center_client(settings: Settings) -> "PartnerCenterClient | None":
    """Return who asks Partner Center, by the logins that are set up; None without any.

    The same one for all: whoever logs in does so for everybody, and a refresh token is used by one at a time.
    """
    cloud = CLOUDS[settings.partner_center_cloud or "commercial"]
    base = settings.partner_center_base or (None if settings.standing_in else cloud.api)
    given = settings.partner_center_token
    if base is None or (given is None and settings.partner_center_tenant is None):
        return None
    from providers.partner_center.client import Client as PartnerCenterClient
    from providers.partner_center.login import AppAndUser, AppOnly, GivenToken
    from providers.partner_center.refresh_file import RefreshFile

    if given is not None:
        login = GivenToken(given.get_secret_value())
        return PartnerCenterClient(base=base, app=login, user=login)
    app = partner_center_app(settings, resource=cloud.api)
    if app is None:
        return None
    file = settings.partner_center_refresh_token_file
    user = None if file is None else AppAndUser(app, file=RefreshFile(file))
    return PartnerCenterClient(base=base, app=AppOnly(app), user=user)


def partner_center_app(settings: Settings, *, resource: str) -> "App | None":
    """Return the app that logs in at Microsoft for a resource; None where it is not set up."""
    cloud = CLOUDS[settings.partner_center_cloud or "commercial"]
    authority = settings.partner_center_login_base or (None if settings.standing_in else cloud.login)
    tenant, client_id = settings.partner_center_tenant, settings.partner_center_client_id
    secret = settings.partner_center_client_secret
    if authority is None or tenant is None or client_id is None or secret is None:
        return None
    from providers.partner_center.login import App

    return App(
        authority=authority,
        tenant=tenant,
        client_id=client_id,
        client_secret=secret.get_secret_value(),
        resource=resource,
    )


def refresh_token_age(settings: Settings, now: datetime) -> timedelta | None:
    """Return for how long the refresh token of Partner Center has lived; None where there is none.

    Raises:
        Misconfigured: its file will not do.
    """
    if settings.partner_center_refresh_token_file is None:
        return None
    from providers.partner_center.refresh_file import RefreshFile

    return now - RefreshFile(settings.partner_center_refresh_token_file).read().since


TURNS_PER_SECOND = 1.0
"""Of all workers together. Partner Center answers one partner 500 requests a minute; 6 a second leave room
for what is read. An attempt to turn a service makes 3 where it has one subscription, and one more for each
other one; 6 are meant for it.
"""


def partner_center_switch(settings: Settings) -> "dict[str, Switch]":
    """Return who turns subscriptions at Partner Center, by its name; nobody where it is not set up."""
    client = partner_center_client(settings)
    if client is None:
        return {}
    from providers.partner_center.azure import AzurePlans
    from providers.partner_center.switch import PartnerCenterSwitch

    azure = AzurePlans(client, may_cancel=settings.partner_center_cancel_azure)
    return {"partner_center": PartnerCenterSwitch(client, azure=azure)}


def partner_center_door(settings: Settings) -> "PartnerCenterDoor":
    """Return who verifies what Partner Center tells by itself.

    Raises:
        Stop: the roots of its certificates cannot be used.
    """
    from providers.partner_center.certificates import Certificates, NoRoots, roots_in, shipped_roots
    from providers.partner_center.door import PartnerCenterDoor

    file = settings.partner_center_webhook_roots
    try:
        roots = shipped_roots() if file is None else roots_in(file.read_bytes())
    except (OSError, NoRoots) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        words = f"PARTNER_CENTER_WEBHOOK_ROOTS: {file}: {said}: name a file of certificates in PEM"
        raise Stop(words, status=WRONG_USAGE) from None
    certificates = Certificates(
        roots=roots,
        hosts=settings.partner_center_webhook_hosts.split(","),
        base=settings.partner_center_webhook_cert_base,
        shut=settings.standing_in,
    )
    return PartnerCenterDoor(certificates=certificates)


def webhook_registration(settings: Settings) -> "Registration | None":
    """Return who says where Partner Center sends its events; None where it is not set up."""
    client = partner_center_client(settings)
    if client is None:
        return None
    from providers.partner_center.registration import Registration

    return Registration(client)


def partner_center_reads(settings: Settings, feature: "Feature") -> "PartnerCenter | None":
    """Return what reads Partner Center, where its cloud offers that and it is set up."""
    if feature not in CLOUDS[settings.partner_center_cloud or "commercial"].offers:
        return None
    client = partner_center_client(settings)
    if client is None:
        return None
    from providers.partner_center.reading import PartnerCenter

    return PartnerCenter(client)
