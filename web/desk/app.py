"""The application of the desk: what every answer says, and the page for each thing that goes wrong."""

import logging
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.sessions import SessionMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from store.errors import Refused, UnknownCustomer
from web.desk import commanding, customers, drawn, overview, reports, sign_in, worklist
from web.desk.frame import HOME, Desk, Forged, NotAllowed, NotSignedIn, desk_of, page
from web.desk.making import BeingMade
from web.desk.open_id import SignInFailed
from web.log import where

SUBJECTS = (
    sign_in.router,
    overview.router,
    worklist.router,
    customers.router,
    commanding.router,
    reports.router,
)
"""Each subject's pages."""

_SIGNING_IN_SECONDS = 600
_LOOK_AGAIN_SECONDS = 3
_LOG = logging.getLogger("arrears.web")

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: browsers then send forms with the origin `null`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""Of every answer, unless it says otherwise itself."""


def desk_app(desk: Desk) -> FastAPI:
    """Return the desk's application; it is mounted at `/desk`."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.desk = desk
    app.add_api_route("/desk.css", _stylesheet, methods=["GET"])
    for router in SUBJECTS:
        app.include_router(router)
    for error, handler in _HANDLERS.items():
        app.add_exception_handler(error, handler)
    if desk.open_id is not None:
        app.add_middleware(
            SessionMiddleware,
            secret_key=desk.seals.key_for("signing in"),
            session_cookie="arrears_sign_in",
            max_age=_SIGNING_IN_SECONDS,
            path=HOME,
            same_site="lax",
            https_only=desk.secure,
        )
    app.add_middleware(_Headers)
    return app


class _Headers:
    """Gives every answer the headers that it has not itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, sent)


def _stylesheet() -> Response:
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(drawn.STYLESHEET, media_type="text/css", headers=kept)


async def _not_signed_in(request: Request, error: Exception) -> Response:
    desk = desk_of(request)
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if desk.gate.signs_in and request.method == "GET":
        return Response(status_code=303, headers={"Location": _sign_in(wanted)})
    if desk.gate.signs_in:
        lines = ["Your session is over: nothing was done. Sign in, open the page again and repeat it."]
        return _problem(request, 401, "Sign in", lines, back=_sign_in(HOME), back_says="Sign in")
    lines = ["Nobody vouches for you: come through the proxy at which you sign in."]
    return _problem(request, 401, "Sign in", lines)


def _sign_in(wanted: str) -> str:
    return f"{HOME.rstrip('/')}{sign_in.PATH}?to={quote(wanted, safe='')}"


async def _not_allowed(request: Request, error: Exception) -> Response:
    return _problem(request, 403, "You may not do this", [str(error)])


async def _forged(request: Request, error: Exception) -> Response:
    return _problem(request, 403, "This form cannot be taken", [str(error)])


async def _sign_in_failed(request: Request, error: Exception) -> Response:
    _LOG.warning("a sign-in failed: %s", error)
    lines = [f"{str(error)[:1].upper()}{str(error)[1:]}.", "Nothing was changed. Begin again."]
    return _problem(request, 503, "Signing in did not work", lines, back=_sign_in(HOME), back_says="Sign in")


async def _refused(request: Request, error: Exception) -> Response:
    known = not isinstance(error, UnknownCustomer)
    title = "This cannot be done" if known else "There is no such customer"
    return _problem(request, 422 if known else 404, title, str(error).splitlines())


async def _unreadable(request: Request, error: Exception) -> Response:
    return _problem(request, 404, "There is no such page", ["The address cannot be read."])


async def _being_made(request: Request, error: Exception) -> Response:
    again = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    desk = desk_of(request)
    made = page(desk, request, None, "making", status=202, title="A moment", again=again)
    made.headers["Refresh"] = str(_LOOK_AGAIN_SECONDS)
    return made


async def _by_status(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    titles = {404: "There is no such page", 405: "This page takes no such form"}
    return _problem(request, error.status_code, titles.get(error.status_code, "This cannot be done"), [])


async def _away(request: Request, error: Exception) -> Response:
    _LOG.error("%s", where(error))
    lines = ["The ledger does not answer now. Nothing was done: try again in a minute."]
    return _problem(request, 503, "Try again in a minute", lines)


async def _failed(request: Request, error: Exception) -> Response:
    lines = ["Something went wrong that nobody foresaw; whoever runs this finds it in the log."]
    return _problem(request, 500, "Something went wrong", lines)


_HANDLERS = {
    NotSignedIn: _not_signed_in,
    NotAllowed: _not_allowed,
    Forged: _forged,
    SignInFailed: _sign_in_failed,
    Refused: _refused,
    BeingMade: _being_made,
    RequestValidationError: _unreadable,
    HTTPException: _by_status,
    DBAPIError: _away,
    Exception: _failed,
}


def _problem(
    request: Request,
    status: int,
    title: str,
    lines: list[str],
    *,
    back: str = HOME,
    back_says: str = "To the overview",
) -> Response:
    """Return a page that says what is wrong, without who asks: that may be what is wrong."""
    return page(
        desk_of(request),
        request,
        None,
        "problem",
        status=status,
        title=title,
        lines=lines,
        back=back,
        back_says=back_says,
    )
