"""Webhooks: the one registration, and events of its own that are signed and sent where it says."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from providers.loopback.callbacks import Call
from providers.loopback.partner_center.answers import refusal, refused_at_the_gate
from providers.loopback.partner_center.login import Authority
from providers.loopback.partner_center.signing import Signer, event

OFFERED = (
    *("subscription-updated", "test-created", "usagerecords-thresholdExceeded", "invoice-ready"),
    *("azure-fraud-event-detected", "granular-admin-relationship-terminated", "referral-created"),
)
_REGISTRATION = "/webhooks/v1/registration"
_API = "https://api.partnercenter.microsoft.com"


@dataclass
class Webhooks:
    """Where events go.

    Attributes:
        call: makes a call and returns the status of its answer, 0 where nobody answered.
        registered: as it was sent; None where there is none.
        tried: the answers to events that tried whether they arrive, by name.
    """

    signer: Signer
    call: Callable[[Call], int]
    registered: dict[str, Any] | None = None
    tried: dict[str, int] = field(default_factory=dict)

    def tell(self, name: str, uri: str | None, *, at: datetime | None = None) -> int | None:
        """Send an event, where it is registered for; return the status of the answer."""
        if self.registered is None or name not in self.registered["WebhookEvents"]:
            return None
        header = "Authorization"
        if self.registered.get("SignatureTokenToMsSignatureHeader"):
            header = "x-ms-signature"
        body = event(name, uri, at or datetime.now(UTC))
        return self.call(self.signer.call(self.registered["WebhookUrl"], body, header=header))


def webhooks_router(webhooks: Webhooks, authority: Authority) -> APIRouter:
    """Return the registration and its tests. Paths that wait for a webhook are no coroutines."""
    router = APIRouter()

    @router.get(f"{_REGISTRATION}/events")
    def offered(request: Request) -> Response:
        return refused_at_the_gate(authority, request) or JSONResponse([*OFFERED])

    @router.get(_REGISTRATION)
    def there(request: Request) -> Response:
        if (refused := refused_at_the_gate(authority, request)) is not None:
            return refused
        return refusal(404, 20000) if webhooks.registered is None else JSONResponse(webhooks.registered)

    @router.post(_REGISTRATION)
    @router.put(_REGISTRATION)
    async def register(request: Request) -> Response:
        if (refused := refused_at_the_gate(authority, request)) is not None:
            return refused
        if (request.method == "POST") != (webhooks.registered is None):
            return refusal(409 if request.method == "POST" else 404, 20000)
        body = await request.json()
        if not set(body["WebhookEvents"]) <= set(OFFERED):
            return refusal(400, 2000)
        webhooks.registered = body
        return JSONResponse({"SubscriberId": str(uuid.uuid4()), **body})

    @router.post(f"{_REGISTRATION}/validationEvents")
    def attempt(request: Request) -> Response:
        if (refused := refused_at_the_gate(authority, request)) is not None:
            return refused
        name = str(uuid.uuid4())
        status = webhooks.tell("test-created", f"{_API}{_REGISTRATION}/validationEvents/{name}")
        if status is None:
            return refusal(400, 2000)
        webhooks.tried[name] = status
        return JSONResponse({"correlationId": name})

    @router.get(f"{_REGISTRATION}/validationEvents/{{name}}")
    def tried(name: str, request: Request) -> Response:
        if (refused := refused_at_the_gate(authority, request)) is not None:
            return refused
        if name not in webhooks.tried:
            return refusal(404, 20000)
        status = webhooks.tried[name]
        said = {"responseCode": "OK" if status == 200 else str(status), "responseMessage": ""}
        when = {"systemError": status == 0, "dateTimeUtc": "2026-03-06T10:00:00.2386997"}
        told = {"correlationId": name, "status": "completed", "results": [said | when]}
        return JSONResponse({**told, "callbackUrl": (webhooks.registered or {}).get("WebhookUrl")})

    return router
