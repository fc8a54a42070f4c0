"""What is only read of Partner Center: usage records and audit records, by page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from providers.loopback.partner_center.answers import collection, refusal, refused_at_the_gate
from providers.loopback.partner_center.login import Authority

_MOST_DAYS_BACK = 90


def _today() -> date:
    return datetime.now(UTC).date()


@dataclass
class Records:
    """The records of a partner's account.

    Attributes:
        usage, audit: the records that there are, in Partner Center's own form.
        page_size: of a page; audit records are asked for by a size of their own, and get at most this.
        today: which day it is there.
        asked: every path and query that was answered.
    """

    usage: list[Mapping[str, Any]] = field(default_factory=list)
    audit: list[Mapping[str, Any]] = field(default_factory=list)
    page_size: int = 100
    today: Callable[[], date] = _today
    asked: list[str] = field(default_factory=list)


def reading_router(center: Records, authority: Authority) -> APIRouter:
    """Return the two collections that are read."""
    router = APIRouter()

    @router.get("/v1/customers/usagerecords")
    async def usage(request: Request) -> Response:
        if (refused := refused_at_the_gate(authority, request, user=True)) is not None:
            return refused
        return _collection(center, request, list(center.usage), "/customers/usagerecords", {})

    @router.get("/v1/auditrecords")
    async def audit(request: Request) -> Response:
        if (refused := refused_at_the_gate(authority, request)) is not None:
            return refused
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
    center: Records, request: Request, found: list[Mapping[str, Any]], path: str, kept: Mapping[str, str]
) -> Response:
    center.asked.append(f"{path}?{request.url.query}")
    start = int(request.query_params.get("continuationToken", "0"))
    end = start + center.page_size
    links: dict[str, Any] = {"self": {"uri": path, "method": "GET", "headers": []}}
    if end < len(found):
        query = urlencode({**kept, "continuationToken": end})
        links["next"] = {"uri": f"{path}?{query}", "method": "GET", "headers": []}
    return JSONResponse({**collection(found[start:end], links), "totalCount": len(found)})
