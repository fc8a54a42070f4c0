"""Alerts of fraud and misuse: Partner Center's fraud events, and Graph's partner security alerts."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from providers.loopback.partner_center.answers import refusal, refused_at_the_gate
from providers.loopback.partner_center.login import Authority

GRAPH_RESOURCE = "https://graph.microsoft.com"
_ALERTS = "/beta/security/partner/securityAlerts"
_NEW = (
    *("eventType", "severity", "confidenceLevel", "displayName", "description", "country", "IsTest"),
    *(
        "valueAddedResellerTenantId",
        "valueAddedResellerFriendlyName",
        "subscriptionName",
        "affectedResources",
    ),
    *("additionalDetails", "activityLogs", "firstObserved", "lastObserved"),
)
"""Fields that the older model of fraud events does not have."""


@dataclass
class Security:
    """What Microsoft noticed.

    Attributes:
        events: fraud events, by the newer model.
        alerts: Graph's, by their id.
        graph_page: how many a page of Graph has.
        permitted: whether the app has the permission for them.
        deaf: takes every answer to an alert, and keeps none.
        told: every answer to an alert, with its path.
    """

    events: list[dict[str, Any]] = field(default_factory=list)
    alerts: dict[str, dict[str, Any]] = field(default_factory=dict)
    graph_page: int = 50
    permitted: bool = True
    deaf: bool = False
    told: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def alert(self, name: str, **more: Any) -> dict[str, Any]:
        """Add an alert to Graph, and return it."""
        made = {
            "id": name,
            "alertType": "networkConnectionsToCryptoMiningPools",
            "status": "active",
            "severity": "high",
            "confidenceLevel": "medium",
            "customerTenantId": "tenant-1",
            "subscriptionId": "5f6e6521-6e5f-4b0b-80aa-bd44fad7a398",
            "firstObservedDateTime": "2026-03-06T09:03:33.05Z",
            "resolvedReason": None,
            "isTest": "false",
            "additionalDetails": {"ConnectionCount": "5"},
            **more,
        }
        self.alerts[name] = made
        return made

    def event(self, name: str, **more: Any) -> dict[str, Any]:
        """Add a fraud event, and return it."""
        subscription = str(more.get("subscriptionId", name.partition("_")[0]))
        made = {
            "eventId": name,
            "eventTime": "2026-03-06T09:03:33.05",
            "customerTenantId": "tenant-1",
            "subscriptionId": subscription,
            "hitCount": "10",
            "eventStatus": "Active",
            "resolvedReason": "None",
            "resolvedOn": "9999-12-31T23:59:59.9970000",
            "firstObserved": "9999-12-31T23:59:59.9970000",
            "firstOccurrence": "2026-03-06T09:03:33.05",
            "eventType": "NetworkConnectionsToCryptoMiningPools",
            "severity": "Medium",
            "confidenceLevel": "high",
            "IsTest": "false",
            **more,
        }
        self.events.append(made)
        return made


def fraud_router(security: Security, authority: Authority) -> APIRouter:
    """Return fraud events, which want a user."""
    router = APIRouter()

    @router.get("/v1/fraudEvents")
    async def events(request: Request) -> Response:
        if (refused := refused_at_the_gate(authority, request, user=True)) is not None:
            return refused
        asked = request.query_params
        found = [
            each
            for each in security.events
            if asked.get("EventStatus", each["eventStatus"]).lower() == each["eventStatus"].lower()
            and asked.get("SubscriptionId", each["subscriptionId"]) == each["subscriptionId"]
        ]
        if request.headers.get("X-NewEventsModel") != "true":
            return JSONResponse([{k: v for k, v in each.items() if k not in _NEW} for each in found])
        size, number = int(asked.get("PageSize", "100")), int(asked.get("PageNumber", "1"))
        if size < 1 or number < 1:
            return refusal(400, 2000)
        return JSONResponse(found[(number - 1) * size : number * size])

    @router.post("/v1/fraudEvents/subscription/{subscription}/status")
    async def status(subscription: str, request: Request) -> Response:
        if (refused := refused_at_the_gate(authority, request, user=True)) is not None:
            return refused
        body = await request.json()
        security.told.append((request.url.path, body))
        named = body.get("EventIds") or []
        mine = [each for each in security.events if each["subscriptionId"] == subscription]
        # Named none, it is all of the subscription: as there.
        found = [each for each in mine if not named or each["eventId"] in named]
        if not found or body.get("ResolvedReason") not in ("Fraud", "Ignore"):
            return refusal(400, 2000)
        if not security.deaf:
            for each in found:
                each |= {"eventStatus": body["EventStatus"], "resolvedReason": body["ResolvedReason"]}
        return JSONResponse(found)

    return router


def graph_router(security: Security, authority: Authority) -> APIRouter:
    """Return partner security alerts, which an app alone may read and change."""
    router = APIRouter()

    def refused_at_graph(request: Request) -> Response | None:
        claims = authority.claims(request)
        if claims is None or str(claims["aud"]).rstrip("/") != GRAPH_RESOURCE:
            return graph_refusal(401, "InvalidAuthenticationToken")
        return None if security.permitted else graph_refusal(403, "Forbidden")

    @router.get(_ALERTS)
    async def alerts(request: Request) -> Response:
        if (refused := refused_at_graph(request)) is not None:
            return refused
        start = int(request.query_params.get("$skiptoken", "0"))
        found = list(security.alerts.values())
        page: dict[str, Any] = {"value": found[start : start + security.graph_page]}
        if start + security.graph_page < len(found):
            query = f"$skiptoken={start + security.graph_page}"
            page["@odata.nextLink"] = f"{GRAPH_RESOURCE}{_ALERTS}?{query}"
        return JSONResponse(page)

    @router.get(f"{_ALERTS}/{{name}}")
    async def alert(name: str, request: Request) -> Response:
        if (refused := refused_at_graph(request)) is not None:
            return refused
        found = security.alerts.get(name)
        return graph_refusal(404, "ResourceNotFound") if found is None else JSONResponse(found)

    @router.patch(f"{_ALERTS}/{{name}}")
    async def change(name: str, request: Request) -> Response:
        if (refused := refused_at_graph(request)) is not None:
            return refused
        found, body = security.alerts.get(name), await request.json()
        security.told.append((request.url.path, body))
        if found is None:
            return graph_refusal(404, "ResourceNotFound")
        if body.get("resolvedReason") not in ("legitimate", "ignore", "fraud"):
            return graph_refusal(400, "BadRequest")
        if not security.deaf:
            found |= body
        return JSONResponse(found)

    return router


def graph_refusal(status: int, code: str) -> JSONResponse:
    """Return an error in Graph's form."""
    inner = {"request-id": secrets.token_hex(8), "date": "2026-03-06T10:00:00"}
    return JSONResponse({"error": {"code": code, "message": "refused", "innerError": inner}}, status)
