"""The API's application: who calls, and what is answered where something is wrong."""

import logging
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from domain.sentences import dotted, words_of
from store.errors import Refused
from web.api import answers
from web.api.answers import problem
from web.api.bounds import Bounds
from web.api.incidents import add_incidents
from web.api.pages import add_pages
from web.api.parts import Api
from web.api.reports import PATHS, add_bulk, add_customers, add_reports
from web.log import where

_log = logging.getLogger("arrears.web")

_BEARER = HTTPBearer(auto_error=False, description="the token of the program that calls, of API_TOKENS")
_Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
_NO_JSON = "the body is not JSON, or nested too deeply"
_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": answers.Problem, "content": {answers.PROBLEM: {}}} for status in sorted(answers.TITLES)
}


def api(parts: Api) -> FastAPI:
    """Return the API's application; it is mounted at `/v1`."""

    def caller(bearer: _Bearer) -> str:
        name = parts.tokens.caller(bearer.credentials) if bearer else None
        if name is None:
            raise HTTPException(401)
        return name

    app = FastAPI(
        title="Arrears",
        version=parts.version,
        summary="What a billing system reports, and what the ledger has",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=_REFUSALS,
        dependencies=[Depends(caller)],
    )
    app.add_middleware(Bounds)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(DBAPIError, _away)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _by_status)
    by = Annotated[str, Depends(caller)]
    add_customers(app, parts, by)
    for path, kind in PATHS.items():
        add_reports(app, parts, by, path, kind)
    add_bulk(app, parts, by)
    add_incidents(app, parts, by)
    add_pages(app, parts)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return problem(answers.status_of(error), str(error).splitlines())


async def _away(request: Request, error: Exception) -> Response:
    # Its words may hold what was sent.
    _log.error("%s", where(error))
    return problem(503, headers={"Retry-After": "30"})


async def _by_status(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    challenge = {"WWW-Authenticate": "Bearer"} if error.status_code == 401 else {}
    why = [_NO_JSON] if error.status_code == 400 else []
    return problem(error.status_code, why, headers={**(error.headers or {}), **challenge})


async def _unreadable(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if any(details["type"] == "json_invalid" for details in error.errors()):
        return problem(400, [_NO_JSON])
    return problem(422, [_sentence(details) for details in error.errors()])


def _sentence(details: Any) -> str:
    # The first part of the place says only in which part of the request it is.
    place = dotted(tuple(details["loc"][1:]))
    words, _ = words_of(details, [])
    return f"{place}: {words}" if place else words
