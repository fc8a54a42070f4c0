"""Signing in and out, where people do so with us: to the provider, back from it, and out again."""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from web.desk.frame import HOME, Desk, Entered, SignedIn, TheDesk, page
from web.desk.gates import SessionGate
from web.desk.open_id import OpenId

PATH, BACK = "/sign-in", "/signed-in"
_TO = "to"

_log = logging.getLogger("arrears.web")
router = APIRouter()


def _gate_of(desk: TheDesk) -> SessionGate:
    if not isinstance(desk.gate, SessionGate):
        raise HTTPException(404)
    return desk.gate


def _provider_of(desk: TheDesk) -> OpenId:
    if desk.open_id is None:
        raise HTTPException(404)
    return desk.open_id


_Gate = Annotated[SessionGate, Depends(_gate_of)]
_Provider = Annotated[OpenId, Depends(_provider_of)]


@router.get(PATH)
async def sign_in(request: Request, desk: TheDesk, provider: _Provider, to: str = HOME) -> Response:
    """Send to the provider; it is remembered which page was wanted."""
    request.session[_TO] = ours(to)
    return await provider.begin(request, _url(desk, BACK))


@router.get(BACK)
async def signed_in(request: Request, desk: TheDesk, gate: _Gate, provider: _Provider) -> Response:
    """Take who comes back from the provider."""
    to = ours(str(request.session.get(_TO, HOME)))
    who = await provider.finish(request)
    request.session.clear()
    response = RedirectResponse(to, status_code=303)
    gate.enter(response, who.name, who.groups, secure=desk.secure)
    _log.info("%s signed in", who.name)
    return response


@router.post("/sign-out")
def sign_out(gate: _Gate, person: SignedIn, form: Entered) -> Response:
    """End the session."""
    response = RedirectResponse(f"{HOME}signed-out", status_code=303)
    gate.leave(response, person)
    return response


@router.get("/signed-out")
def signed_out(request: Request, desk: TheDesk, gate: _Gate) -> Response:
    """Say that it is done."""
    return page(
        desk,
        request,
        None,
        "problem",
        title="You are signed out",
        lines=["At the provider of your sign-in you may still be signed in."],
        back=f"{HOME}sign-in",
        back_says="Sign in again",
    )


def ours(path: str) -> str:
    """Return a path of the desk; whatever else was asked for, where the desk begins."""
    plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if plain and path.startswith(HOME) else HOME


def _url(desk: Desk, path: str) -> str:
    return desk.public_url.rstrip("/") + HOME.rstrip("/") + path
