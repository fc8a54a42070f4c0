"""Finance's desk: who is let in, and what its pages are made of."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from activities.customers import Wake
from composition.deployment import code_version, seller
from composition.messaging import code_check
from composition.own_pages import page_links
from composition.worklist import worklist_rules
from settings import ROOT, Settings
from store import clock as clocks
from store.database import Ledger

if TYPE_CHECKING:
    from activities.copies import Copies
    from web.desk.frame import Desk, Gate
    from web.desk.open_id import OpenId
    from web.desk.seals import Seals


def desk(
    settings: Settings,
    ledger: Ledger,
    wake: Wake,
    *,
    view: Callable[[str], Mapping[str, Any]],
    public_url: str,
) -> "Desk | None":
    """Return finance's desk; None where the settings let nobody in.

    Raises:
        BadDocument: the rules of the worklist cannot be used.
        Stop: there are none.
    """
    from drawing import receivables
    from web import waking
    from web.desk.frame import Desk
    from web.desk.seals import Seals

    seals = Seals(settings.desk_secrets)
    gate = _gate(settings, seals)
    if gate is None:
        return None
    return Desk(
        ledger=ledger,
        gate=gate,
        seals=seals,
        now=lambda: clocks.read(ledger).business(datetime.now(UTC)),
        view=view,
        woken=waking.by(wake),
        check=code_check(settings),
        temporal_ui=settings.temporal_ui,
        namespace=settings.temporal_namespace,
        public_url=public_url,
        seller=settings.seller_name,
        zone=ZoneInfo(settings.seller_timezone),
        worklist=worklist_rules(settings),
        code_version=code_version(),
        copy=_copies(settings, ledger).copy,
        drawing=receivables,
        open_id=_open_id(settings),
    )


def _copies(settings: Settings, ledger: Ledger) -> "Copies":
    """Return what makes messages again, in the words that ship."""
    from activities.copies import Copies, no_pages
    from activities.rendering import Letters

    links = page_links(settings, ledger)
    pages = no_pages if links is None else links.possible
    return Copies(ledger=ledger, letters=Letters(ROOT / "templates"), seller=seller(settings), pages=pages)


def _gate(settings: Settings, seals: "Seals") -> "Gate | None":
    from web.desk.gates import ProxyGate, SessionGate

    appointed, secret = settings.desk_appointed, settings.desk_proxy_secret
    if settings.desk_proxy_user_header is not None:
        return ProxyGate(
            networks=settings.desk_networks,
            user_header=settings.desk_proxy_user_header,
            groups_header=settings.desk_proxy_groups_header,
            secret=None if secret is None else secret.get_secret_value(),
            appointed=appointed,
        )
    return None if settings.desk_oidc_issuer is None else SessionGate(seals=seals, appointed=appointed)


def _open_id(settings: Settings) -> "OpenId | None":
    from web.desk.open_id import OpenId

    issuer, client_id = settings.desk_oidc_issuer, settings.desk_oidc_client_id
    secret = settings.desk_oidc_client_secret
    if issuer is None or client_id is None or secret is None:
        return None
    return OpenId(
        issuer=issuer,
        client_id=client_id,
        client_secret=secret.get_secret_value(),
        name_claim=settings.desk_oidc_name_claim,
        groups_claim=settings.desk_oidc_groups_claim,
        scopes=settings.desk_oidc_scopes,
    )
