"""Budgets of usage: one for each customer of the partner, null where there is none."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from providers.loopback.partner_center.answers import refusal, refused_at_the_gate
from providers.loopback.partner_center.login import Authority


@dataclass
class Budgets:
    """The customers' budgets.

    Attributes:
        of: by tenant; whose tenant is missing is no customer of the partner.
        sandbox: whether this is the integration sandbox, which has no budgets.
        keeps: what becomes of an amount that is set.
        field_name: under which name it is answered, of the two that there are.
        asked: every change, with the id of its request.
    """

    of: dict[str, Any] = field(default_factory=dict)
    sandbox: bool = False
    keeps: Callable[[Any], Any] = lambda amount: amount
    field_name: str = "amount"
    asked: list[tuple[str, Any, str]] = field(default_factory=list)


def budgets_router(budgets: Budgets, authority: Authority) -> APIRouter:
    """Return the one resource."""
    router = APIRouter()

    def refused(tenant: str, request: Request) -> Response | None:
        if (shut := refused_at_the_gate(authority, request)) is not None:
            return shut
        if budgets.sandbox:
            return refusal(400, 900127)
        return None if tenant in budgets.of else refusal(403, 20002)

    def answer(tenant: str) -> Response:
        links = {"self": {"uri": f"/v1/customers/{tenant}/usagebudget", "method": "GET", "headers": []}}
        told = {budgets.field_name: budgets.of[tenant], "links": links}
        return JSONResponse({**told, "attributes": {"objectType": "SpendingBudget"}})

    @router.get("/v1/customers/{tenant}/usagebudget")
    async def read(tenant: str, request: Request) -> Response:
        return refused(tenant, request) or answer(tenant)

    @router.patch("/v1/customers/{tenant}/usagebudget")
    async def change(tenant: str, request: Request) -> Response:
        if (shut := refused(tenant, request)) is not None:
            return shut
        body = await request.json()
        if "Amount" not in body or body.get("Attributes", {}).get("ObjectType") != "SpendingBudget":
            return refusal(400, 800002)
        budgets.asked.append((tenant, body["Amount"], request.headers.get("MS-RequestId", "")))
        budgets.of[tenant] = budgets.keeps(body["Amount"])
        return answer(tenant)

    return router
