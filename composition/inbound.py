"""What comes in: the doors of the vendors' webhooks, files, and the site that serves them."""

import hashlib
import hmac
import logging
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from activities.books import Books
from activities.customers import Wake
from activities.incidents import WakeIncident
from composition.checks import onboarding_files
from composition.deployment import code_version
from composition.desk import desk
from composition.own_pages import own_pages
from composition.partner_center import partner_center_client, partner_center_door
from composition.product import reports_door
from composition.stripe import stripe_door
from ending import WRONG_USAGE, Stop
from settings import Settings
from store import clock as clocks
from store.assess import peek
from store.database import Ledger

if TYPE_CHECKING:
    from fastapi import FastAPI

    from domain.cash.lines import BankFile
    from domain.incidents.notice import Notice
    from providers.one_click import OneClick
    from web.doors import Door


def read_statements(content: bytes, *, file: str, encoding: str) -> "BankFile | None":
    """Return what a bank's file says, in whatever format it is; None where it is neither XML nor MT940."""
    head = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith((b"<", b"\xff\xfe<", b"\xfe\xff\0<")):
        from providers.statements import camt

        return camt.read(content, file=file)
    if re.search(rb"(?m)^:20:", content) and re.search(rb"(?m)^:(60|61|25)", content):
        from providers.statements import mt940

        return mt940.read(content, file=file, encoding=encoding)
    return None


def one_click(settings: Settings, ledger: Ledger, public_url: str = "") -> "OneClick":
    """Return what makes and reads the links of unsubscribing, under a key of this ledger alone."""
    from providers.one_click import OneClick

    key = hmac.new(ledger.code_key, b"one-click unsubscribe", hashlib.sha256).digest()
    return OneClick(key=key, public_url=settings.public_url or public_url)


def doors(settings: Settings) -> "dict[str, Door]":
    """Return the doors of the vendors for which there is what their webhooks are verified with.

    Raises:
        Stop: a key cannot be used; the message does not show it.
    """
    from providers.sendgrid_door import SendGridDoor
    from providers.twilio_door import TwilioDoor

    made: dict[str, Door] = {}
    if settings.twilio_auth_token is not None and settings.twilio_account_sid is not None:
        token = settings.twilio_auth_token.get_secret_value()
        made["twilio"] = TwilioDoor(
            account_sid=settings.twilio_account_sid, auth_token=token, shared_keys=settings.shared_keys
        )
    if settings.sendgrid_webhook_key is not None:
        try:
            made["sendgrid"] = SendGridDoor(public_key=settings.sendgrid_webhook_key)
        except (ValueError, TypeError):
            remedy = "copy the verification key of the Event Webhook from the SendGrid console"
            raise Stop(f"SENDGRID_WEBHOOK_KEY is no public key: {remedy}", status=WRONG_USAGE) from None
    if partner_center_client(settings) is not None:
        made["partner_center"] = partner_center_door(settings)
    if settings.stripe_secrets:
        made["stripe"] = stripe_door(settings)
    if settings.incident_webhook_secret is not None:
        made["incidents"] = _incident_door(settings.incident_webhook_secret.get_secret_value())
    return made


def _incident_door(secret: str) -> "Door":
    from providers.incident_door import IncidentDoor

    try:
        return IncidentDoor(secret=secret)
    except ValueError:
        remedy = "write whsec_ and a key of 24 to 64 bytes in base64"
        raise Stop(f"INCIDENT_WEBHOOK_SECRET is no secret: {remedy}", status=WRONG_USAGE) from None


def notices_of(raw: bytes, format: str) -> "list[Notice]":
    """Return the notices in a file: an email, or what the API of Partner Center or Graph answered.

    Raises:
        Stop: it cannot be read.
    """
    from providers import incident_mail, microsoft_alerts

    try:
        return [incident_mail.read(raw)] if format == "mail" else microsoft_alerts.read(raw, format)
    except (incident_mail.Unreadable, microsoft_alerts.Unreadable) as error:
        raise Stop(str(error), status=WRONG_USAGE) from None


def site(
    settings: Settings,
    ledger: Ledger,
    wake: Wake,
    wake_incident: WakeIncident,
    wake_watch: Wake,
    *,
    public_url: str,
) -> "FastAPI":
    """Return what `serve` serves; `public_url` stands in where the settings name none.

    Raises:
        Stop: a key cannot be used.
    """
    from web.api.tokens import Tokens
    from web.app import Site, application
    from web.log import Traceless

    logging.getLogger("uvicorn.error").addFilter(Traceless())
    return application(
        Site(
            ledger=ledger,
            doors=doors(settings),
            links=one_click(settings, ledger, public_url),
            public_url=settings.public_url or public_url,
            seller=settings.seller_name,
            wake=wake,
            wake_incident=wake_incident,
            wake_watch=wake_watch,
            code_version=code_version(),
            tokens=Tokens(settings.callers),
            view=_viewer(ledger),
            reports=reports_door(settings),
            own_pages=own_pages(settings, ledger, public_url),
            shared_domains=lambda: onboarding_files(settings).shared()[0],
            desk=desk(
                settings, ledger, wake, view=_viewer(ledger), public_url=settings.public_url or public_url
            ),
        )
    )


def _viewer(ledger: Ledger) -> Callable[[str], Mapping[str, Any]]:
    """Return what gives the view that finance has of a customer, without writing anything."""
    books = Books(ledger=ledger, clock=lambda: clocks.read(ledger), code_version=code_version())

    def view(customer_id: str) -> Mapping[str, Any]:
        now = clocks.read(ledger).business(datetime.now(UTC))
        return books.view(peek(ledger, customer_id, now=now))

    return view
