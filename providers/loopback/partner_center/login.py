"""The login of Microsoft: tokens for an app alone, and for an app on behalf of a user who consented."""

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

API = "https://api.partnercenter.microsoft.com"
REFRESH_LIVES = timedelta(days=90)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Authority:
    """One tenant with one application, and the user who consented to it.

    Attributes:
        given: a token that was got elsewhere, and does for everything.
        refresh: the refresh tokens that still hold, by when each was made; a used one holds on, as there.
        methods: how the user's login was made; without `mfa` a token is issued and then refused.
        audience: whom tokens are for, where it is not who was asked for.
        lives: the life of an access token.
        rotates: whether a used refresh token yields a new one.
        issued: the claims of each access token.
        asked: the form of each request, without its secrets.
    """

    tenant: str = "seller.onmicrosoft.example"
    client_id: str = "23ec45a3-5127-4185-9eff-c8887839e6ab"
    client_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    given: str = field(default_factory=lambda: secrets.token_hex(16))
    refresh: dict[str, datetime] = field(default_factory=dict)
    methods: tuple[str, ...] = ("pwd", "mfa")
    audience: str | None = None
    lives: timedelta = timedelta(hours=1)
    rotates: bool = True
    now: Callable[[], datetime] = _now
    issued: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    def consent(self) -> str:
        """Return a first refresh token, as the consent of an administrator yields one."""
        made = secrets.token_hex(24)
        self.refresh[made] = self.now()
        return made

    def claims(self, request: Request) -> Mapping[str, Any] | None:
        """Return the claims of the token of a request; None where it has none that holds."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if secrets.compare_digest(token.encode(), self.given.encode()):
            return {"aud": API, "amr": ["pwd", "mfa"], "scp": "user_impersonation"}
        claims = self.issued.get(token)
        return None if claims is None or claims["exp"] <= self.now().timestamp() else claims

    def issue(self, resource: str, more: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer with a new access token."""
        made = self.now()
        claims = {
            "aud": self.audience or resource,
            "iat": int(made.timestamp()),
            "exp": int((made + self.lives).timestamp()),
            "tid": self.tenant,
            "appid": self.client_id,
            **more,
        }
        token = f"{_part({'alg': 'none'})}.{_part(claims)}.{secrets.token_urlsafe(16)}"
        self.issued[token] = claims
        seconds = str(int(self.lives.total_seconds()))
        known = {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds}
        return {**known, "expires_on": str(claims["exp"]), "resource": resource, "access_token": token}


def _part(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def refusal(error: str, stated: str, status: int = 400) -> JSONResponse:
    """Return an error in the form of Microsoft's login."""
    words = f"{stated}: it was refused. Trace ID: 0a1b Correlation ID: 2c3d Timestamp: 2026-01-01 00:00:00Z"
    return JSONResponse({"error": error, "error_description": words, "error_codes": [0]}, status)


def login_router(authority: Authority) -> APIRouter:
    """Return the one path of it."""
    router = APIRouter()

    @router.post("/{tenant}/oauth2/token")
    async def token(tenant: str, request: Request) -> JSONResponse:
        form = {name: str(value) for name, value in (await request.form()).items()}
        authority.asked.append(
            {name: form[name] for name in ("grant_type", "resource", "scope") if name in form}
        )
        if tenant != authority.tenant:
            return refusal("invalid_request", "AADSTS90002")
        if (form.get("client_id"), form.get("client_secret")) != (
            authority.client_id,
            authority.client_secret,
        ):
            return refusal("invalid_client", "AADSTS7000215", 401)
        resource = form.get("resource", "")
        if form.get("grant_type") == "client_credentials":
            return JSONResponse(authority.issue(resource, {"idtyp": "app"}))
        made = authority.refresh.get(form.get("refresh_token", ""))
        if form.get("grant_type") != "refresh_token" or made is None:
            return refusal("invalid_grant", "AADSTS9002313")
        if authority.now() - made >= REFRESH_LIVES:
            return refusal("invalid_grant", "AADSTS700082")
        user = {"amr": [*authority.methods], "scp": "user_impersonation", "upn": "agent@seller.example"}
        rotated = {"refresh_token": authority.consent()} if authority.rotates else {}
        return JSONResponse({**authority.issue(resource, user), "scope": "user_impersonation", **rotated})

    return router
