"""Bounds: how large a request may be, how long it may take to arrive, and what it has to be."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.api.answers import problem
from web.doors import SECONDS, STATUS, Refused, Why, read_body


class Bounds:
    """Reads a body within bounds before anything else looks at it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            await problem(415)(scope, receive, send)
            return
        try:
            async with asyncio.timeout(SECONDS):
                body = await read_body(_chunks(receive), headers.get("content-length"))
        except (Refused, TimeoutError) as error:
            why: Why = error.why if isinstance(error, Refused) else "too_slow"
            await problem(STATUS[why], headers={"Connection": "close"})(scope, receive, send)
            return
        await self.app(scope, _Replay(body, receive), send)


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message: MutableMapping[str, Any] = await receive()
        if message["type"] == "http.disconnect":
            return
        yield message.get("body", b"")
        more = message.get("more_body", False)


class _Replay:
    """Gives a body that was read once more, and then whatever comes."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self.body: bytes | None = body
        self.receive = receive

    async def __call__(self) -> Message:
        if self.body is None:
            return await self.receive()
        body, self.body = self.body, None
        return {"type": "http.request", "body": body, "more_body": False}
