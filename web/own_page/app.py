"""The paths of the customer's own page: who may look, what is shown, and what is asked for.

The token in the address is all the authority that there is: no cookie, so no other site can act in its
name. A link that does not work shows the same page, whyever it does not.
"""

import asyncio
import hashlib
import ipaddress
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl

from fastapi import APIRouter, BackgroundTasks, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.requests import ClientDisconnect

from domain.notice import Seller
from domain.own_page import MOST_LETTERS, REASONS, OwnPage
from store import self_service
from store.database import Ledger
from store.errors import NoPolicy, Refused
from store.own_pages import PATH, Visit
from web.doors import FORM, SECONDS, Tally, read_body
from web.doors import Refused as Unread
from web.log import where
from web.own_page.asked import ACTIONS, NOTES, Asked, Outcome
from web.rate import SlidingWindow

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_STYLE_PATH = "/c.css"
_STYLE_URL = f"{_STYLE_PATH}?{hashlib.sha256(STYLE.encode()).hexdigest()[:8]}"
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    # Ours alone is told the address: with no-referrer a browser would not name itself when a form is sent.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_MOST_FIELDS = 20
_AWAY_SECONDS = 30
_BLANK = dict.fromkeys(("pay_on", "amount", "currency", "invoice", "reason", "when", "words"), "")
"""What stands in the fields of a form that nobody has filled in."""
_log = logging.getLogger("arrears.web")


class Links(Protocol):
    """Says whose page a link opens; None for whatever does not work."""

    def visit(self, token: str, today: date) -> Visit | None: ...


class Words(Protocol):
    """Says it in the words that customers read.

    Attributes:
        languages: those that there are words in.
    """

    @property
    def languages(self) -> tuple[str, ...]: ...

    def page(self, name: str, values: Mapping[str, object], *, language: str) -> str: ...


MOST_BY_ADDRESS, MOST_BY_CUSTOMER, MOST_CHANGES = 60, 240, 30
"""So many requests of an address in a minute, of a customer in an hour, and changes of one in an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPages:
    """What the pages are made of.

    Attributes:
        origins: of the addresses that the pages are reached at; a form comes from nowhere else.
        proxies: from where a reverse proxy connects that says who asks; without it, it is who connects.
        by_address, by_customer, changes: how often somebody may ask, one link may be opened, and something
            may be changed by it.
    """

    links: Links
    words: Words
    seller: Seller
    origins: frozenset[str]
    proxies: Sequence[Network] = ()
    by_address: SlidingWindow = field(default_factory=lambda: SlidingWindow(MOST_BY_ADDRESS, 60))
    by_customer: SlidingWindow = field(default_factory=lambda: SlidingWindow(MOST_BY_CUSTOMER, 3600))
    changes: SlidingWindow = field(default_factory=lambda: SlidingWindow(MOST_CHANGES, 3600))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What the pages find around them."""

    pages: OwnPages
    ledger: Ledger
    now: Callable[[], datetime]
    woken: Callable[[str], Awaitable[None]]
    tally: Tally


def router(
    pages: OwnPages,
    *,
    ledger: Ledger,
    now: Callable[[], datetime],
    woken: Callable[[str], Awaitable[None]],
    tally: Tally,
) -> APIRouter:
    """Return the paths of the pages; `woken` wakes the workflow of a customer after the answer."""
    around = _Around(pages=pages, ledger=ledger, now=now, woken=woken, tally=tally)
    made = APIRouter()
    made.add_api_route(_STYLE_PATH, _style, methods=["GET"])
    made.add_api_route(PATH + "{token}", _shown(around), methods=["GET"])
    made.add_api_route(PATH + "{token}/{action}", _asked(around), methods=["POST"])
    # Whoever reloads after an answer without a redirect comes here.
    made.add_api_route(PATH + "{token}/{action}", _back, methods=["GET"])
    return made


async def _style() -> Response:
    return Response(
        STYLE,
        media_type="text/css",
        headers={"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"},
    )


async def _back(token: str, action: str) -> Response:
    return RedirectResponse(PATH + token, 303, headers=_HEADERS)


def _shown(around: _Around) -> Callable[[Request, str], Awaitable[Response]]:
    async def show(request: Request, token: str) -> Response:
        """Show the page. Nothing happens on GET: mail programs follow every link."""
        return await _guarded(around, request, lambda: _open(around, request, token))

    return show


def _open(around: _Around, request: Request, token: str) -> Response:
    entered = _enter(around, request, token, around.pages.by_customer)
    if isinstance(entered, Response):
        return entered
    visit, page = entered
    note = request.query_params.get("done", "")
    return _render(around, token, visit, page, note=note if note in NOTES else "")


def _asked(around: _Around) -> Callable[[Request, str, str, BackgroundTasks], Awaitable[Response]]:
    async def ask(request: Request, token: str, action: str, afterwards: BackgroundTasks) -> Response:
        """Do what is asked for, and lead back to the page: to reload it does nothing again."""
        try:
            async with asyncio.timeout(SECONDS):
                raw = await read_body(request.stream(), request.headers.get("content-length"))
        except (Unread, TimeoutError, ClientDisconnect):
            return Response(status_code=400, headers={"Connection": "close"})

        def act() -> Response:
            answer, customer_id = _act(around, request, token, action, raw)
            if customer_id is not None:
                afterwards.add_task(around.woken, customer_id)
            return answer

        return await _guarded(around, request, act)

    return ask


def _act(
    around: _Around, request: Request, token: str, action: str, raw: bytes
) -> tuple[Response, str | None]:
    """Return the answer, and the customer to wake."""
    entered = _enter(around, request, token, around.pages.changes)
    if isinstance(entered, Response):
        return entered, None
    visit, page = entered
    form = _form(request, raw)
    if action not in ACTIONS or form is None or not _from_here(request, around.pages.origins):
        return _neutral(around, request, "unknown", 403 if action in ACTIONS else 404), None
    asked = Asked(
        ledger=around.ledger,
        page=page,
        form=form,
        languages=around.pages.words.languages,
        now=around.now(),
    )
    outcome = ACTIONS[action](asked)
    wake = visit.customer_id if outcome.wake else None
    if outcome.note:
        return RedirectResponse(f"{PATH}{token}?done={outcome.note}", 303, headers=_HEADERS), wake
    return _render(around, token, visit, page, opened=action, outcome=outcome, form=form), wake


def _form(request: Request, raw: bytes) -> dict[str, str] | None:
    """Return the fields of a form; None where it is none."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        return None
    try:
        return dict(parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        return None


def _from_here(request: Request, origins: frozenset[str]) -> bool:
    """Whether a form was sent from a page of ours, as far as a browser says where from."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    return request.headers.get("origin") in (None, *origins)


def _enter(
    around: _Around, request: Request, token: str, rate: SlidingWindow
) -> tuple[Visit, OwnPage] | Response:
    """Return whose page it is and what stands there, or the answer for whom it is closed to."""
    if wait := around.pages.by_address.wait(_address(request, around.pages.proxies)):
        return _neutral(around, request, "too_many", 429, wait=wait)
    visit = around.pages.links.visit(token, around.now().date())
    if visit is None:
        around.tally.add("own_page", "token")
        return _neutral(around, request, "unknown", 404)
    if wait := rate.wait(visit.customer_id):
        return _neutral(around, request, "too_many", 429, wait=wait)
    try:
        return visit, self_service.page(around.ledger, visit.customer_id, now=around.now())
    except (NoPolicy, Refused):
        return _neutral(around, request, "unknown", 404)


def _address(request: Request, proxies: Sequence[Network]) -> str:
    """Return who asks, as a network where that is one household: IPv6 gives each a whole one."""
    said = request.client.host if request.client is not None else ""
    try:
        address = ipaddress.ip_address(said)
        if any(address in network for network in proxies):
            # The last one was written by our own proxy; those before it by whoever asks.
            address = ipaddress.ip_address(
                request.headers.get("x-forwarded-for", said).rpartition(",")[2].strip()
            )
    except ValueError:
        return said
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _render(
    around: _Around,
    token: str,
    visit: Visit,
    page: OwnPage,
    *,
    note: str = "",
    opened: str = "",
    outcome: Outcome | None = None,
    form: Mapping[str, str] | None = None,
) -> Response:
    values = {
        "page": page,
        "seller": around.pages.seller.to(page.customer),
        "style": _STYLE_URL,
        "path": PATH + token,
        "until": visit.until,
        "languages": around.pages.words.languages,
        "reasons": tuple(REASONS),
        "most_letters": MOST_LETTERS,
        "note": note,
        "opened": opened,
        "problem": outcome.problem if outcome else "",
        "field": outcome.field if outcome else "",
        "form": {**_BLANK, **(form or {})},
        "blank": _BLANK,
    }
    words = around.pages.words.page("own_page", values, language=page.language)
    return HTMLResponse(words, 422 if outcome else 200, headers=_HEADERS)


def _neutral(around: _Around, request: Request, name: str, status: int, *, wait: float = 0) -> Response:
    """Return a page that is about nobody, in a language of the browser's."""
    language = _preferred(request.headers.get("accept-language", ""), around.pages.words.languages)
    values = {"seller": around.pages.seller, "style": _STYLE_URL, "says": name}
    words = around.pages.words.page("no_page", values, language=language)
    more = {"Retry-After": str(int(wait) + 1)} if wait else {}
    return HTMLResponse(words, status, headers={**_HEADERS, **more})


def _preferred(accepted: str, languages: Sequence[str]) -> str:
    """Return the first language of a browser's list, the dearest first, that there are words in."""
    tags = (each.partition(";")[0].strip().lower().partition("-")[0] for each in accepted[:200].split(","))
    return next((tag for tag in tags if tag in languages), "en")


async def _guarded(around: _Around, request: Request, act: Callable[[], Response]) -> Response:
    try:
        return await asyncio.to_thread(act)
    except Exception as error:  # noqa: BLE001 - its words may be personal data
        _log.error("%s", where(error))
        return await asyncio.to_thread(_neutral, around, request, "away", 503, wait=_AWAY_SECONDS)
