"""The paths under which subscriptions and Azure subscriptions are read and changed."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from providers.loopback.partner_center.answers import collection, refusal, refused_at_the_gate
from providers.loopback.partner_center.login import Authority
from providers.loopback.partner_center.subscriptions import Held, Refusal, Subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, without the token that it carried."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


def changing_router(
    subscriptions: Subscriptions, authority: Authority, asked: Callable[[Asked], None]
) -> APIRouter:
    """Return the paths of a customer's subscriptions; `asked` hears of each request."""
    router = APIRouter(prefix="/v1/customers/{customer}/subscriptions")

    def answered(request: Request, body: Any, act: Callable[[], Response]) -> Response:
        """Let in, act once for each id of a request, and say what was refused."""
        headers = {name: value for name, value in request.headers.items() if name != "authorization"}
        asked(Asked(method=request.method, path=request.url.path, headers=headers, body=body))
        if (refused := refused_at_the_gate(authority, request)) is not None:
            return refused
        name = request.headers.get("MS-RequestId", "")
        if request.method != "GET" and name in subscriptions.done:
            status, content = subscriptions.done[name]
            return JSONResponse(content, status)
        try:
            made = act()
        except Refusal as refused_for:
            return refusal(refused_for.status, str(refused_for.code))
        if request.method != "GET" and name:
            subscriptions.done[name] = made.status_code, json.loads(bytes(made.body))
        made.headers["MS-RequestId"] = name
        made.headers["MS-CorrelationId"] = request.headers.get("MS-CorrelationId", "")
        return made

    @router.get("")
    async def listed(customer: str, request: Request) -> Response:
        def act() -> Response:
            names = [name for owner, name in [*subscriptions.held] if owner == customer]
            found = [subscriptions.shown(subscriptions.find(customer, name)) for name in names]
            return JSONResponse(collection(found, {}))

        return answered(request, None, act)

    @router.get("/{name}")
    async def one(customer: str, name: str, request: Request) -> Response:
        def act() -> Response:
            return JSONResponse(subscriptions.shown(subscriptions.find(customer, name)))

        return answered(request, None, act)

    @router.patch("/{name}")
    async def change(customer: str, name: str, request: Request) -> Response:
        body = await _json(request)

        def act() -> Response:
            held, matching = subscriptions.find(customer, name), request.headers.get("If-Match")
            id_ = request.headers.get("MS-RequestId", "")
            now = subscriptions.change(held, body, request=id_, matching=matching)
            where = {} if now else {"Location": f"/customers/{customer}/subscriptions/{name}"}
            return JSONResponse(subscriptions.shown(held), 200 if now else 202, where)

        return answered(request, body, act)

    router.include_router(_entitlements(subscriptions, answered))
    return router


def _entitlements(
    subscriptions: Subscriptions, answered: Callable[[Request, Any, Callable[[], Response]], Response]
) -> APIRouter:
    router = APIRouter(prefix="/{name}/azureEntitlements")

    @router.get("")
    async def listed(customer: str, name: str, request: Request) -> Response:
        def act() -> Response:
            held: Held = subscriptions.find(customer, name)
            return JSONResponse(collection([*held.entitlements.values()], {}))

        return answered(request, None, act)

    @router.post("/{entitlement}/{turn}")
    async def turn(customer: str, name: str, entitlement: str, turn: str, request: Request) -> Response:
        body = await _json(request)

        def act() -> Response:
            held: Held = subscriptions.find(customer, name)
            if turn not in ("cancel", "reactivate"):
                raise Refusal(404, 800002)
            if turn == "cancel" and body.get("cancellationReason") != "compromise":
                raise Refusal(400, 900307)
            to = "suspended" if turn == "cancel" else "active"
            id_ = request.headers.get("MS-RequestId", "")
            found = subscriptions.turn_entitlement(held, entitlement, to, request=id_)
            return JSONResponse(found, 200 if turn == "cancel" else 202)

        return answered(request, body, act)

    return router


async def _json(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
