"""The application: verify the bytes as they came, store each event once, answer, then wake the workflow.

Nothing that a request holds is logged or answered. What is refused is counted and told to the ledger
now and then; a wake that fails is healed by the sweep.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from fastapi import APIRouter, BackgroundTasks, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from domain.errors import Unverified
from domain.hints import Hint
from domain.incidents.notice import Notice
from domain.replies import Reply
from domain.reported_facts import Reported
from domain.staleness import FRESH
from store import clock, heard, hints, inbox, incidents, outside, refusals
from store.database import Ledger
from web import pages, reporting
from web.api.app import api
from web.api.parts import Api, SharedDomains, View, nothing_seen
from web.api.tokens import Tokens
from web.desk.app import desk_app
from web.desk.frame import HOME, Desk
from web.doors import PATHS, REPORTS, SECONDS, STATUS, Door, Heard, Links, Path, Refused, Tally, read_body
from web.log import where
from web.own_page.app import OwnPages, router
from web.reporting import ReportsDoor
from web.waking import Wake, Woken, by, wake_all

TELL_SECONDS = 10.0
"""So often the ledger is told what was refused, at most."""
HEALTH = "/healthz"
LOCAL_HOSTS = ("127.0.0.1", "localhost")
"""Where a health check asks from the same machine."""

_log = logging.getLogger("arrears.web")


async def _nobody(name: str) -> None:
    """Wake nobody: what is looked at again is looked at when its time comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the application is made of.

    Attributes:
        doors: by the vendor's name; where there is none its paths are not found.
        links: of unsubscribing; None where emails carry none.
        seller: who confirms an opt-out by SMS.
        tokens: of the programs that may use the REST API; without any there is none.
        view: what finance sees of a customer, for the REST API.
        wake, wake_incident: wake the workflow of a customer, or of an incident.
        wake_watch: has a monitor run now, by its name.
        reports: takes what other systems report by webhook; None where none may.
        own_pages: the customers' own; None where no message links to one.
        shared_domains: mail domains of which many people have an address.
        desk: finance's pages; None where nobody is let in.
    """

    ledger: Ledger
    doors: Mapping[str, Door]
    links: Links | None
    public_url: str
    seller: str
    wake: Wake
    wake_incident: Wake
    code_version: str
    wake_watch: Wake = _nobody
    tokens: Tokens = field(default_factory=lambda: Tokens({}))
    view: View = nothing_seen
    reports: ReportsDoor | None = None
    own_pages: OwnPages | None = None
    shared_domains: SharedDomains = frozenset
    desk: Desk | None = None
    tally: Tally = field(default_factory=Tally)
    real_now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def now(self) -> datetime:
        """Return the business instant of this moment."""
        return clock.read(self.ledger).business(self.real_now())

    def url(self, request: Request) -> str:
        """Return the public URL of a request: the vendor signed it, and nobody sends it in a header."""
        path = request.scope.get("raw_path", b"").decode("latin-1") or request.url.path
        query = request.scope["query_string"].decode("latin-1")
        return self.public_url.rstrip("/") + path + (f"?{query}" if query else "")


def application(site: Site) -> FastAPI:
    """Return the application of a site."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        telling = asyncio.create_task(_tell_again_and_again(site))
        yield
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling
        await asyncio.to_thread(tell, site)

    app = FastAPI(lifespan=life, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.add_api_route(HEALTH, lambda: {"status": "ok"}, methods=["GET"])
    for path in PATHS:
        if path.door in site.doors:
            app.add_api_route(path.path, _webhook(site, path), methods=["POST"])
    if site.reports is not None:
        app.add_api_route(REPORTS.path, _reported(site, site.reports), methods=["POST"])
    if site.links is not None:
        app.add_api_route("/u/{token}", _asked(site, site.links), methods=["GET"])
        app.add_api_route("/u/{token}", _unsubscribed(site, site.links), methods=["POST"])
    hosts = [urlsplit(site.public_url).hostname or "", *LOCAL_HOSTS]
    if site.own_pages is not None:
        app.include_router(_own_pages(site, site.own_pages))
        hosts += [urlsplit(origin).hostname or "" for origin in site.own_pages.origins]
    if site.tokens:
        app.mount("/v1", api(_api(site)))
    if site.desk is not None:
        app.add_api_route(HOME.rstrip("/"), lambda: RedirectResponse(HOME), methods=["GET"])
        app.mount(HOME.rstrip("/"), desk_app(site.desk))
    app.add_middleware(_Hosts, allowed_hosts=hosts, www_redirect=False)
    return app


def _api(site: Site) -> Api:
    async def woken_incident(incident_id: str) -> None:
        await wake_all([(site.wake_incident, incident_id)])

    return Api(
        ledger=site.ledger,
        tokens=site.tokens,
        now=site.now,
        view=site.view,
        woken=by(site.wake),
        woken_incident=woken_incident,
        version=site.code_version,
        shared_domains=site.shared_domains,
    )


def _own_pages(site: Site, pages: OwnPages) -> APIRouter:
    async def woken(customer_id: str) -> None:
        await wake_all([(site.wake, customer_id)])

    return router(pages, ledger=site.ledger, now=site.now, woken=woken, tally=site.tally)


class _Hosts(TrustedHostMiddleware):
    """Refuses other hosts, except where a proxy asks by whatever address it knows whether we are well."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == HEALTH:
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def _webhook(site: Site, path: Path) -> Callable[[Request, BackgroundTasks], Awaitable[Response]]:
    door = site.doors[path.door]

    async def take(request: Request, afterwards: BackgroundTasks) -> Response:
        try:
            raw = await _read(request, path)
            reports = await asyncio.to_thread(_verified, site, door, raw, request)
        except Refused as refused:
            return _refuse(site, path.door, refused)
        except ClientDisconnect:
            return Response(status_code=400)
        try:
            wake, confirmation = await asyncio.to_thread(_take_all, site, reports)
        except Exception as error:  # noqa: BLE001 - the vendor tries again; its words may be personal data
            return _failed(error)
        afterwards.add_task(wake_all, wake)
        if not path.answers:
            return Response(media_type="text/plain")
        return Response(door.answer(confirmation), media_type=door.answer_type)

    return take


def _reported(site: Site, door: ReportsDoor) -> Callable[[Request, BackgroundTasks], Awaitable[Response]]:
    async def take(request: Request, afterwards: BackgroundTasks) -> Response:
        """Take what another system reports; 422 says that something was refused, and the body what."""
        try:
            raw = await _read(request, REPORTS)
            posted = door.verify(raw, request.headers, site.real_now())
        except Unverified as unverified:
            return _refuse(site, REPORTS.door, Refused(unverified.why))
        except Refused as refused:
            return _refuse(site, REPORTS.door, refused)
        except ClientDisconnect:
            return Response(status_code=400)
        now, shared = site.now(), site.shared_domains
        try:
            result, wake = await asyncio.to_thread(
                reporting.take, site.ledger, posted, now=now, shared=shared
            )
        except Exception as error:  # noqa: BLE001 - as at the other webhooks
            return _failed(error)
        afterwards.add_task(wake_all, [(site.wake, customer_id) for customer_id in wake])
        return JSONResponse(result.model_dump(), 422 if result.refused else 200)

    return take


async def _read(request: Request, path: Path) -> bytes:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != path.media_type:
        raise Refused("media_type")
    try:
        async with asyncio.timeout(SECONDS):
            return await read_body(request.stream(), request.headers.get("content-length"))
    except TimeoutError:
        raise Refused("too_slow") from None


def _verified(site: Site, door: Door, raw: bytes, request: Request) -> Sequence[Heard]:
    try:
        return door.verify(raw, request.headers, site.url(request), site.real_now())
    except Unverified as unverified:
        raise Refused(unverified.why) from None


def _refuse(site: Site, door: str, refused: Refused) -> Response:
    site.tally.add(door, refused.why)
    # The rest of a body that was not read to its end is not listened to either.
    unread = refused.why in ("too_large", "too_slow")
    return Response(status_code=STATUS[refused.why], headers={"Connection": "close"} if unread else None)


def _failed(error: Exception) -> Response:
    _log.error("%s", where(error))
    return Response(status_code=503, headers={"Retry-After": "30"})


def _take_all(site: Site, reports: Sequence[Heard]) -> tuple[Sequence[Woken], str | None]:
    """Take each report, in a transaction of its own; return whom to wake, and what to text back."""
    business, wake = clock.read(site.ledger), dict[Woken, None]()
    confirmation: str | None = None
    now = business.business(site.real_now())
    for report in reports:
        if isinstance(report, Notice):
            wake.update(dict.fromkeys(_take_notice(site, report, now)))
            continue
        if isinstance(report, Hint):
            wake.update(dict.fromkeys(_take_hint(site, report, now)))
            continue
        if isinstance(report, Reported):
            wake.update(dict.fromkeys(_take_reported(site, report, now, FRESH * business.speed)))
            continue
        if isinstance(report, Reply):
            told = heard.take(site.ledger, report, now=now)
            taken = told.taken
            if told.confirm is not None:
                confirmation = pages.confirmation(told.confirm, site.seller)
        else:
            taken = inbox.take(site.ledger, report, now=now, code_version=site.code_version)
        wake.update(dict.fromkeys((site.wake, customer_id) for customer_id in taken.wake))
    return list(wake), confirmation


def _take_notice(site: Site, notice: Notice, now: datetime) -> Iterator[Woken]:
    """Take the notice of an incident; yield whom to wake."""
    taken = incidents.take(site.ledger, notice, now=now)
    if taken.wake:
        yield site.wake_incident, taken.incident
    if taken.customer is not None:
        yield site.wake, taken.customer


def _take_hint(site: Site, hint: Hint, now: datetime) -> Iterator[Woken]:
    """Take a hint; yield who looks again."""
    looks = hints.take(site.ledger, hint, now=now)
    if looks.watch is not None:
        yield site.wake_watch, looks.watch
    for customer_id in looks.customers:
        yield site.wake, customer_id


def _take_reported(site: Site, reported: Reported, now: datetime, fresh: timedelta) -> Iterator[Woken]:
    """Take facts as a system outside reports them; yield whom to wake."""
    taken = outside.take(site.ledger, reported, now=now, fresh=fresh)
    yield from ((site.wake_incident, incident_id) for incident_id in taken.incidents)
    yield from ((site.wake, customer_id) for customer_id in taken.wake)
    if taken.ask:
        yield site.wake_watch, reported.source


def _asked(site: Site, links: Links) -> Callable[[str], Awaitable[Response]]:
    async def ask(token: str) -> Response:
        """Show the button. A mail program that follows every link unsubscribes nobody."""
        try:
            message = links.read(token)
            language = await asyncio.to_thread(heard.language_of, site.ledger, message) if message else None
        except Exception as error:  # noqa: BLE001 - as at the webhooks
            return _failed(error)
        if language is None:
            return _unknown_link(site)
        return HTMLResponse(pages.ask(language), headers=_PRIVATE)

    return ask


_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def _unknown_link(site: Site) -> Response:
    site.tally.add("unsubscribe", "token")
    return HTMLResponse(pages.unknown(), status_code=404, headers=_PRIVATE)


def _unsubscribed(site: Site, links: Links) -> Callable[[str, BackgroundTasks], Awaitable[Response]]:
    async def unsubscribe(token: str, afterwards: BackgroundTasks) -> Response:
        """Unsubscribe, by the button or by one click in a mail program; the body says nothing new."""
        try:
            message = links.read(token)
            language = await asyncio.to_thread(heard.language_of, site.ledger, message) if message else None
            if message is None or language is None:
                return _unknown_link(site)
            taken = await asyncio.to_thread(heard.unsubscribe, site.ledger, message, now=site.now())
        except Exception as error:  # noqa: BLE001 - as at the webhooks
            return _failed(error)
        afterwards.add_task(wake_all, [(site.wake, customer_id) for customer_id in taken.wake])
        return HTMLResponse(pages.done(language), headers=_PRIVATE)

    return unsubscribe


async def _tell_again_and_again(site: Site) -> None:
    while True:
        await asyncio.sleep(TELL_SECONDS)
        await asyncio.to_thread(tell, site)


def tell(site: Site) -> None:
    """Tell the ledger and the log what was refused since the last time; a ledger that is away hears later."""
    counts = site.tally.take()
    if not counts:
        return
    for (door, why), count in sorted(counts.items()):
        _log.warning("%s requests refused at %s: %s", count, door, why)
    try:
        refusals.add(site.ledger, counts, on=site.now().date())
    except Exception as error:  # noqa: BLE001 - counted again next time
        _log.warning("refusals could not be written (%s)", type(error).__name__)
        for (door, why), count in counts.items():
            for _ in range(count):
                site.tally.add(door, why)
