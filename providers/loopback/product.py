"""A seller's own product: it takes events, and turns its services down and up when it is asked to.

The signatures are verified by the library of Standard Webhooks, as most receivers do.
"""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

EVENTS, SERVICE = "/product/events", "/product/service"
TURNS = {
    "service.suspend": "suspended",
    "service.restrict": "restricted",
    "service.reactivate": "active",
    "service.terminate": "terminated",
}


def _secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@dataclass
class Kept:
    """A service of the product.

    Attributes:
        by: who else turned it down; we do not turn it then.
        turning_to: what it is on its way to; it arrives after `looks` more looks.
        resource: what it is besides, and what comes back.
    """

    state: str = "active"
    by: str | None = None
    ends_on: str | None = None
    turning_to: str | None = None
    looks: int = 0
    resource: dict[str, Any] = field(default_factory=lambda: {"seats": 5})


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A request that was verified."""

    id: str
    type: str
    data: Mapping[str, Any]
    timestamp: str = ""


@dataclass
class Product:
    """The product.

    Attributes:
        events: what arrived, repetitions too, in the order of arrival.
        asked: what it was asked to do, repetitions too.
        turned: what it did, once each.
        looks: so many looks a turn takes; with none it is done at once.
        refused: how many requests were signed by nobody it knows.
    """

    secret: str = field(default_factory=_secret)
    service_secret: str = field(default_factory=_secret)
    events: list[Arrived] = field(default_factory=list)
    asked: list[Arrived] = field(default_factory=list)
    turned: list[Arrived] = field(default_factory=list)
    services: dict[str, Kept] = field(default_factory=dict)
    looks: int = 0
    refused: int = 0
    _answers: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)

    def ids(self, customer: str | None = None) -> list[str]:
        """Return the ids of the events of a customer, or all, each where it arrived first."""
        told = (each.id for each in self.events if customer is None or each.data.get("customer") == customer)
        return list(dict.fromkeys(told))

    def arrive(self, secret: str, raw: bytes, headers: Mapping[str, str]) -> Arrived | None:
        """Verify a request; None where it is not signed as it should be."""
        try:
            Webhook(secret).verify(raw, dict(headers))
            said = json.loads(raw)
        except (WebhookVerificationError, ValueError):
            self.refused += 1
            return None
        name = headers["webhook-id"]
        at = said.get("timestamp", "")
        return Arrived(id=name, type=said["type"], data=said["data"], timestamp=at)

    def answer(self, asked: Arrived) -> tuple[int, dict[str, Any]]:
        """Do what is asked, once for each id, and say how the service stands."""
        self.asked.append(asked)
        service = self.services.get(asked.data["resource"])
        if service is None:
            return 404, {"error": "there is no such service"}
        if asked.type == "service.state":
            return 200, _stands(service)
        if asked.id not in self._answers:
            self._answers[asked.id] = self._turn(service, asked)
        return self._answers[asked.id]

    def _turn(self, service: Kept, asked: Arrived) -> tuple[int, dict[str, Any]]:
        to = TURNS.get(asked.type)
        if to is None:
            return 400, {"error": "nobody knows this type"}
        if service.by is not None or service.state == "terminated":
            return 409, {"state": service.state, "by": service.by}
        self.turned.append(asked)
        if to == "suspended":
            service.resource = {}  # What is suspended forgets; it is given back.
        if to == "active":
            service.resource = dict((asked.data.get("before") or {}).get("resource", {}))
        if self.looks:
            service.turning_to, service.looks = to, self.looks
            return 202, {}
        service.state = to
        return 200, {"state": to}


def _stands(service: Kept) -> dict[str, Any]:
    if service.turning_to is not None:
        service.looks -= 1
        if service.looks >= 0:
            return {"state": "changing", "resource": service.resource}
        service.state, service.turning_to = service.turning_to, None
    stands: dict[str, Any] = {"state": service.state, "resource": service.resource}
    if service.by is not None:
        stands["by_others"] = service.by
    if service.ends_on is not None:
        stands["ends_on"] = service.ends_on
    return stands


def product_router(product: Product) -> APIRouter:
    """Return the two addresses of the product."""
    router = APIRouter()

    @router.post(EVENTS)
    async def event(request: Request) -> Response:
        arrived = product.arrive(product.secret, await request.body(), request.headers)
        if arrived is None:
            return Response(status_code=401)
        product.events.append(arrived)
        return Response(status_code=204)

    @router.post(SERVICE)
    async def service(request: Request) -> Response:
        arrived = product.arrive(product.service_secret, await request.body(), request.headers)
        if arrived is None:
            return Response(status_code=401)
        status, said = product.answer(arrived)
        return JSONResponse(said, status)

    return router
