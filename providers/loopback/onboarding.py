"""Whoever knows something of a new customer: a bureau, an identity provider, a list of sanctions, and Stripe.

Each reference has a queue of answers, so that one may come late, twice, or contradict the one before; the
last of a queue is given for ever.
"""

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: a status, a body, and after how many seconds to ask again."""

    body: dict[str, Any] | None = None
    status: int = 200
    retry_after: int | None = None


LATE = Reply(status=202)
"""There is no answer yet."""


@dataclass
class Knowing:
    """What they say, and what they were asked."""

    key: str = "loopback-bureau-key"
    stripe_key: str = "sk_test_loopback"
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, about: str, *replies: Reply) -> None:
        """Answer so about a company number, a proof, a PaymentMethod or a Charge."""
        self.replies[about] = list(replies)

    def reply(self, about: str) -> Reply:
        """Return the next answer."""
        with self._lock:
            self.asked[about] += 1
            queue = self.replies.get(about, [Reply(status=404)])
            return queue.pop(0) if len(queue) > 1 else queue[0]

    def answer(self, about: str, request: Request, key: str) -> JSONResponse:
        """Answer one request."""
        if request.headers.get("authorization") != f"Bearer {key}":
            return JSONResponse({"error": {"type": "invalid_request_error"}}, 401)
        reply = self.reply(about)
        headers = {} if reply.retry_after is None else {"Retry-After": str(reply.retry_after)}
        body = reply.body if reply.body is not None else {"error": {"type": "none"}}
        return JSONResponse(body, reply.status, headers)


def knowing_router(knowing: Knowing) -> APIRouter:
    """Return the paths of all of them."""
    router = APIRouter()

    @router.get("/reports")
    async def report(country: str, number: str, request: Request) -> JSONResponse:
        return knowing.answer(f"{country} {number}", request, knowing.key)

    @router.get("/proofs")
    async def proof(reference: str, request: Request) -> JSONResponse:
        return knowing.answer(reference, request, knowing.key)

    @router.get("/sanctions")
    async def sanctions(request: Request) -> JSONResponse:
        return knowing.answer("sanctions", request, knowing.key)

    @router.get("/v1/payment_methods/{reference}")
    async def payment_method(reference: str, request: Request) -> JSONResponse:
        return knowing.answer(reference, request, knowing.stripe_key)

    @router.get("/v1/charges/{reference}")
    async def charge(reference: str, request: Request) -> JSONResponse:
        return knowing.answer(reference, request, knowing.stripe_key)

    return router
