"""Partner Center, as far as it is used: usage records and audit records by page, under a bearer token."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

_MOST_DAYS_BACK = 90


def _today() -> date:
    return datetime.now(UTC).date()


@dataclass
class PartnerCenter:
    """The account of a partner.

    Attributes:
        usage, audit: the records that there are, in Partner Center's own form.
        page_size: of a page; audit records are asked for by a size of their own, and get at most this.
        today: which day it is there.
        asked: every path and query that was answered.
    """

    token: str = field(default_factory=lambda: secrets.token_hex(16))
    usage: list[Mapping[str, Any]] = field(default_factory=list)
    audit: list[Mapping[str, Any]] = field(default_factory=list)
    page_size: int = 100
    today: Callable[[], date] = _today
    asked: list[str] = field(default_factory=list)


def refusal(status: int, code: int | None = None) -> JSONResponse:
    """Return an error in Partner Center's form, of which it has more than one."""
    if status == 429:
        return JSONResponse({"statusCode": 429, "message": "Rate limit is exceeded."}, status)
    words = {"code": code or status, "description": "refused", "data": [], "source": "loopback"}
    return JSONResponse(words, status)


def reading_router(center: PartnerCenter) -> APIRouter:
    """Return the two collections that are read."""
    router = APIRouter()

    @router.get("/v1/customers/usagerecords")
    async def usage(request: Request) -> Response:
        return _collection(center, request, list(center.usage), "/customers/usagerecords", {})

    @router.get("/v1/auditrecords")
    async def audit(request: Request) -> Response:
        if not _allowed(center, request):
            return refusal(401)
        try:
            since = date.fromisoformat(request.query_params.get("startDate", ""))
            until = date.fromisoformat(request.query_params.get("endDate", ""))
        except ValueError:
            return refusal(400, 2000)
        if since < center.today() - timedelta(days=_MOST_DAYS_BACK) or until < since:
            return refusal(400, 2000)
        days = {(since + timedelta(days=n)).isoformat() for n in range((until - since).days + 1)}
        found = [each for each in center.audit if str(each.get("operationDate"))[:10] in days]
        kept = {"startDate": since.isoformat(), "endDate": until.isoformat()}
        return _collection(center, request, found, "/auditrecords", kept)

    return router


def _collection(
    center: PartnerCenter,
    request: Request,
    found: list[Mapping[str, Any]],
    path: str,
    kept: Mapping[str, str],
) -> Response:
    if not _allowed(center, request):
        return refusal(401)
    center.asked.append(f"{request.url.path}?{request.url.query}")
    start = int(request.query_params.get("continuationToken", "0"))
    end = start + center.page_size
    links: dict[str, Any] = {"self": {"uri": path, "method": "GET", "headers": []}}
    if end < len(found):
        query = urlencode({**kept, "continuationToken": end})
        links["next"] = {"uri": f"{path}?{query}", "method": "GET", "headers": []}
    page = {"totalCount": len(found), "items": found[start:end], "links": links}
    return JSONResponse({**page, "attributes": {"objectType": "Collection"}})


def _allowed(center: PartnerCenter, request: Request) -> bool:
    return secrets.compare_digest(request.headers.get("Authorization", ""), f"Bearer {center.token}")
