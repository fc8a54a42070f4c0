"""The API: objects by id and by page, and what may be done to them; every answer in Stripe's own form."""

import copy
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from providers.loopback.faults import Operation
from providers.loopback.stripe import billing, charging
from providers.loopback.stripe.account import Answered, Object, Refusal, Stripe, invalid, missing
from providers.loopback.stripe.forms import nested

PREFIX = "/stripe/v1"
_MOST = 100
_KINDS = {
    "customers": "customer",
    "invoices": "invoice",
    "invoice_payments": "invoice_payment",
    "payment_intents": "payment_intent",
    "payment_methods": "payment_method",
    "charges": "charge",
    "refunds": "refund",
    "disputes": "dispute",
    "credit_notes": "credit_note",
    "subscriptions": "subscription",
    "radar/early_fraud_warnings": "radar.early_fraud_warning",
}

Do = Callable[[Stripe, Object, dict[str, Any]], Object]


def error_body(type: str, message: str, **more: Any) -> Object:
    """Return an error in Stripe's form."""
    return {"error": {"type": type, "message": message, "doc_url": "https://stripe.example/docs", **more}}


def refusal(status: int) -> JSONResponse:
    """Return the answer to a fault."""
    kind = {429: "rate_limit_error", 401: "invalid_request_error"}.get(status, "api_error")
    return JSONResponse(error_body(kind, "refused"), status)


def operation(method: str, path: str) -> Operation:
    """Say what a request is about, so that a fault can befall it."""
    if method == "GET":
        return "read"
    return "charge" if path.endswith(("/pay", "/confirm")) else "change"


def stripe_router(stripe: Stripe) -> APIRouter:
    """Return the whole API of an account."""
    router = APIRouter(prefix=PREFIX)

    @router.get("/events")
    async def events(request: Request) -> JSONResponse:
        return await _answer(
            stripe, request, lambda given: _page(stripe, given, list(reversed(stripe.events)))
        )

    @router.get("/events/{id}")
    async def event(id: str, request: Request) -> JSONResponse:
        return await _answer(stripe, request, lambda given: _event(stripe, id))

    for path, kind in _KINDS.items():
        _reading(router, stripe, path, kind)
    for path, do in _CREATING.items():
        _creating(router, stripe, path, do)
    for (path, verb), do in _DOING.items():
        _doing(router, stripe, path, verb, do)

    @router.get("/customers/{id}/payment_methods")
    async def methods(id: str, request: Request) -> JSONResponse:
        return await _answer(
            stripe, request, lambda given: _page(stripe, given, charging.methods_of(stripe, id))
        )

    @router.delete("/customers/{id}")
    async def delete_customer(id: str, request: Request) -> JSONResponse:
        return await _answer(stripe, request, lambda given: _deleted(stripe, id))

    @router.delete("/subscriptions/{id}")
    async def cancel(id: str, request: Request) -> JSONResponse:
        def do(given: dict[str, Any]) -> Object:
            return billing.end_subscription(stripe, stripe.get(id, "subscription"))

        return await _answer(stripe, request, do)

    return router


def _reading(router: APIRouter, stripe: Stripe, path: str, kind: str) -> None:
    @router.get(f"/{path}")
    async def page(request: Request) -> JSONResponse:
        return await _answer(stripe, request, lambda given: _page(stripe, given, _found(stripe, kind, given)))

    @router.get(f"/{path}/{{id}}")
    async def one(id: str, request: Request) -> JSONResponse:
        return await _answer(stripe, request, lambda given: _expanded(stripe, stripe.get(id, kind), given))


def _creating(router: APIRouter, stripe: Stripe, path: str, do: Callable[..., Object]) -> None:
    @router.post(f"/{path}")
    async def create(request: Request) -> JSONResponse:
        return await _answer(stripe, request, lambda given: do(stripe, given))


def _doing(router: APIRouter, stripe: Stripe, path: str, verb: str, do: Do) -> None:
    @router.post(f"/{path}/{{id}}{'/' if verb else ''}{verb}")
    async def act(id: str, request: Request) -> JSONResponse:
        def done(given: dict[str, Any]) -> Object:
            about = do(stripe, stripe.get(id, _KINDS[path]), given)
            return _expanded(stripe, about, given)

        return await _answer(stripe, request, done)


async def _answer(stripe: Stripe, request: Request, do: Callable[[dict[str, Any]], Object]) -> JSONResponse:
    """Answer one request: who asks, whether it was asked before, and what comes of it."""
    raw = (await request.body()).decode()
    given = nested(parse_qsl(f"{request.url.query}&{raw}".strip("&"), keep_blank_values=True))
    key = request.headers.get("idempotency-key") if request.method == "POST" else None
    headers = {"Request-Id": f"req_{len(stripe.asked) + 1:06d}"}
    headers["Stripe-Version"] = request.headers.get("stripe-version", stripe.api_version)
    with stripe.lock:
        stripe.asked.append((request.method, request.url.path.removeprefix("/stripe"), key))
        if request.headers.get("authorization") != f"Bearer {stripe.key}":
            body = error_body("invalid_request_error", "Invalid API Key provided")
            return JSONResponse(body, 401, headers)
        asked = json.dumps([request.method, request.url.path, given], sort_keys=True)
        before = stripe.answered.get(key or "")
        if before is not None and before.asked != asked:
            words = "Keys for idempotent requests can only be used with the same parameters."
            return JSONResponse(error_body("idempotency_error", words), 400, headers)
        if before is not None:
            return JSONResponse(before.body, before.status, {**headers, "Idempotent-Replayed": "true"})
        status, body, executed = _done(do, given)
        if body.get("object") == "list":
            body["url"] = request.url.path.removeprefix("/stripe")
        if key is not None and executed:
            stripe.answered[key] = Answered(asked=asked, status=status, body=body)
        return JSONResponse(body, status, headers)


def _done(do: Callable[[dict[str, Any]], Object], given: dict[str, Any]) -> tuple[int, Object, bool]:
    """Do what is asked; what fails its validation is not kept under the key, and a decline is."""
    try:
        return 200, copy.deepcopy(do(given)), True
    except Refusal as refused:
        return refused.status, error_body(**refused.error), refused.status == 402
    except (KeyError, TypeError, ValueError) as error:
        name = str(error).strip("'")
        body = error_body(
            "invalid_request_error", f"Missing required param: {name}.", code="parameter_missing", param=name
        )
        return 400, body, False


def _event(stripe: Stripe, id: str) -> Object:
    for event in stripe.events:
        if event["id"] == id:
            return event
    raise missing(id)


def _found(stripe: Stripe, kind: str, given: dict[str, Any]) -> list[Object]:
    wanted = {
        name: value
        for name, value in given.items()
        if name not in ("limit", "starting_after", "ending_before", "expand", "created", "payment")
    }
    found = list(stripe.all(kind, **wanted))
    payment = given.get("payment")
    if isinstance(payment, dict):
        found = [each for each in found if payment.items() <= each["payment"].items()]
    return found


def _page(stripe: Stripe, given: dict[str, Any], found: list[Object]) -> Object:
    """Return a page, the newest first."""
    created = given.get("created")
    if isinstance(created, dict):
        least, most = int(created.get("gte", 0)), int(created.get("lte", 1 << 62))
        found = [each for each in found if least <= each["created"] <= most]
    after = given.get("starting_after")
    if after is not None:
        ids = [each["id"] for each in found]
        if after not in ids:
            raise missing(after)
        found = found[ids.index(after) + 1 :]
    types = given.get("types")
    if isinstance(types, list):
        found = [each for each in found if each.get("type") in types]
    limit = min(int(given.get("limit", 10)), _MOST)
    return {"object": "list", "data": found[:limit], "has_more": len(found) > limit}


def _expanded(stripe: Stripe, about: Object, given: dict[str, Any]) -> Object:
    """Return an object with what of it was asked to be whole."""
    shown = copy.deepcopy(about)
    for path in given.get("expand", []):
        if shown["object"] == "invoice" and path.startswith("payments") and "payments" not in shown:
            data = copy.deepcopy([*stripe.all("invoice_payment", invoice=shown["id"])])
            shown["payments"] = {"object": "list", "data": data, "has_more": False, "url": "/v1"}
        _expand(stripe, shown, path.split("."))
    return shown


def _expand(stripe: Stripe, at: Any, parts: list[str]) -> None:
    """Put objects in place of their ids, along a path."""
    if isinstance(at, list):
        for each in at:
            _expand(stripe, each, parts)
    elif isinstance(at, dict) and parts:
        name, *rest = parts
        if isinstance(at.get(name), str):
            at[name] = copy.deepcopy(stripe.get(at[name]))
        _expand(stripe, at.get(name), rest)


def _deleted(stripe: Stripe, id: str) -> Object:
    gone = stripe.get(id, "customer")
    del stripe.objects[id]
    stripe.happen("customer.deleted", gone)
    return {"id": id, "object": "customer", "deleted": True}


def _create_customer(stripe: Stripe, given: dict[str, Any]) -> Object:
    given.pop("expand", None)
    return billing.customer(stripe, **given)


def _create_invoice(stripe: Stripe, given: dict[str, Any]) -> Object:
    owner = stripe.get(given.pop("customer"), "customer")
    given.pop("expand", None)
    return billing.draft(stripe, owner, **given)


def _create_item(stripe: Stripe, given: dict[str, Any]) -> Object:
    about = stripe.get(given["invoice"], "invoice")
    about["total"] += int(given["amount"])
    return stripe.new("ii", "invoiceitem", invoice=about["id"], amount=int(given["amount"]))


def _create_refund(stripe: Stripe, given: dict[str, Any]) -> Object:
    intent = given.get("payment_intent") or stripe.get(given["charge"], "charge")["payment_intent"]
    amount = given.get("amount")
    return billing.refund(stripe, stripe.get(intent), None if amount is None else int(amount))


def _create_note(stripe: Stripe, given: dict[str, Any]) -> Object:
    return billing.credit(stripe, stripe.get(given["invoice"], "invoice"), int(given["amount"]))


def _create_subscription(stripe: Stripe, given: dict[str, Any]) -> Object:
    given.pop("items", None)
    return billing.subscription(stripe, stripe.get(given.pop("customer"), "customer"), **given)


_CREATING: dict[str, Callable[..., Object]] = {
    "customers": _create_customer,
    "invoices": _create_invoice,
    "invoiceitems": _create_item,
    "refunds": _create_refund,
    "credit_notes": _create_note,
    "subscriptions": _create_subscription,
    "payment_intents": charging.create,
}


def _change(stripe: Stripe, about: Object, given: dict[str, Any]) -> Object:
    """Change fields; metadata are added to those that are there."""
    given.pop("expand", None)
    if "metadata" in given:
        together = {**about["metadata"], **(given["metadata"] or {})}
        given["metadata"] = {name: value for name, value in together.items() if value != ""}
    if "invoice_settings" in given:
        given["invoice_settings"] = {**about["invoice_settings"], **given["invoice_settings"]}
    return billing.change(
        stripe, about, **{name: value if value != "" else None for name, value in given.items()}
    )


def _finalize(stripe: Stripe, about: Object, given: dict[str, Any]) -> Object:
    return billing.finalize(stripe, about, about["total"])


def _pay(stripe: Stripe, about: Object, given: dict[str, Any]) -> Object:
    if given.get("paid_out_of_band"):
        return billing.pay_elsewhere(stripe, about)
    if about["status"] == "paid":
        raise invalid("Invoice is already paid", code="invoice_already_paid")
    return billing.pay(stripe, about, given.get("payment_method"))


def _attach(stripe: Stripe, about: Object, given: dict[str, Any]) -> Object:
    about["customer"] = stripe.get(given["customer"], "customer")["id"]
    stripe.happen("payment_method.attached", about)
    return about


_DOING: dict[tuple[str, str], Do] = {
    ("customers", ""): _change,
    ("invoices", ""): _change,
    ("payment_intents", ""): _change,
    ("subscriptions", ""): _change,
    ("invoices", "finalize"): _finalize,
    ("invoices", "pay"): _pay,
    ("invoices", "void"): lambda stripe, about, given: billing.void(stripe, about),
    ("invoices", "mark_uncollectible"): lambda stripe, about, given: billing.give_up(stripe, about),
    ("credit_notes", "void"): lambda stripe, about, given: billing.void_credit(stripe, about),
    ("invoices", "attach_payment"): charging.attach_payment,
    ("payment_intents", "confirm"): charging.confirm,
    ("payment_intents", "cancel"): charging.cancel,
    ("payment_methods", "attach"): _attach,
    ("payment_methods", "detach"): lambda stripe, about, given: billing.detach(stripe, about),
}
