"""Answers of Partner Center: its errors, of which it has more than one form, and who is let in."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from providers.loopback.partner_center.login import API, Authority

MFA = "Unauthorized - MFA required"


def refusal(status: int, code: int | str | None = None) -> Response:
    """Return an error in Partner Center's form; without a code it is a gateway's, which says nothing."""
    if status == 429:
        return JSONResponse({"statusCode": 429, "message": "Rate limit is exceeded."}, status)
    if code is None:
        return Response(None, status)
    return JSONResponse({"code": code, "description": "refused", "data": [], "source": "loopback"}, status)


def refused_at_the_gate(authority: Authority, request: Request, *, user: bool = False) -> Response | None:
    """Return why a request is not let in; None where it is.

    Args:
        user: whether an app alone is not answered.
    """
    claims = authority.claims(request)
    if claims is None:
        return refusal(401, 800001)
    if str(claims["aud"]).rstrip("/") != API:
        return refusal(401, 900420)
    if "scp" in claims and "mfa" not in claims.get("amr", ()):
        request.state.reason = MFA
        return Response(None, 401, {"WWW-Authenticate": 'Bearer error="invalid_token"'})
    return refusal(403, 900329) if user and "scp" not in claims else None


def collection(items: list[Any], links: Mapping[str, Any]) -> dict[str, Any]:
    """Return a collection in Partner Center's form."""
    return {
        "totalCount": len(items),
        "items": items,
        "links": links,
        "attributes": {"objectType": "Collection"},
    }
