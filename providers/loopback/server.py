"""The server: all vendors on one port of 127.0.0.1, in a thread, with faults down to the socket."""

import asyncio
import secrets
import socket
import threading
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Response

from providers.loopback import sendgrid, twilio
from providers.loopback.callbacks import Call, Caller, EventKey, status_call
from providers.loopback.faults import Fault, Faults, Operation
from providers.loopback.oidc import PREFIX as OPENID
from providers.loopback.oidc import OpenIdProvider, openid_router
from providers.loopback.onboarding import Knowing, knowing_router
from providers.loopback.partner_center import answers as partner_center
from providers.loopback.partner_center import login
from providers.loopback.partner_center.account import GRAPH, LOGIN, PREFIX, PartnerCenter
from providers.loopback.product import EVENTS, SERVICE, Product, product_router
from providers.loopback.sendgrid import SendGrid, mail_router
from providers.loopback.stripe import api as stripe_api
from providers.loopback.stripe.account import Stripe
from providers.loopback.twilio import Twilio, asking_router, consents_router, messages_router, verify_router
from providers.loopback.twilio_account import account_router

START_SECONDS = 10


class Loopback:
    """Twilio, SendGrid, Partner Center and a seller's product on this machine, while the block runs.

    `events_url` takes SendGrid's events; Twilio's callbacks go where each message says.
    """

    def __init__(self) -> None:
        self.twilio = Twilio(told=self._status)
        self.sendgrid = SendGrid(told=self._events)
        self.knowing = Knowing()
        self.partner_center = PartnerCenter()
        self.stripe = Stripe(call=self._call)
        self.product = Product()
        self.openid = OpenIdProvider()
        self.faults = Faults()
        self.calls = Caller()
        self.event_key = EventKey()
        self.events_url: str | None = None
        self._quiet, self._busy = threading.Condition(), 0
        self._app = FastAPI(openapi_url=None)
        for router in (messages_router, verify_router, asking_router, consents_router, account_router):
            self._app.include_router(router(self.twilio))
        self._app.include_router(mail_router(self.sendgrid))
        self._app.include_router(knowing_router(self.knowing))
        self._app.include_router(self.partner_center.router())
        self._app.include_router(stripe_api.stripe_router(self.stripe))
        self._app.include_router(product_router(self.product))
        self._app.include_router(openid_router(self.openid))
        self._port = 0
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def base(self) -> str:
        """The base URL of every product."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def partner_center_base(self) -> str:
        """The base URL of Partner Center, which has a path of its own here."""
        return f"{self.base}{PREFIX}"

    @property
    def login_base(self) -> str:
        """The base URL of Microsoft's login."""
        return f"{self.base}{LOGIN}"

    @property
    def graph_base(self) -> str:
        """The base URL of Microsoft Graph."""
        return f"{self.base}{GRAPH}"

    def environment(self) -> dict[str, str]:
        """Return the settings under which the product talks to these vendors, and to nobody else."""
        products = ("API", "VERIFY", "LOOKUPS", "ACCOUNTS")
        bases = [f"TWILIO_{product}_BASE" for product in products]
        return {
            **dict.fromkeys((*bases, "SENDGRID_BASE", "SENDGRID_LOGS_BASE"), self.base),
            "PARTNER_CENTER_BASE": self.partner_center_base,
            "PARTNER_CENTER_LOGIN_BASE": self.login_base,
            "PARTNER_CENTER_WEBHOOK_CERT_BASE": self.partner_center_base,
            "PARTNER_CENTER_GRAPH_BASE": self.graph_base,
            "TWILIO_ACCOUNT_SID": self.twilio.account,
            "TWILIO_API_KEY": self.twilio.key,
            "TWILIO_API_SECRET": self.twilio.secret,
            "TWILIO_AUTH_TOKEN": self.twilio.auth_token,
            "TWILIO_FROM": "+447700900000",
            "SENDGRID_API_KEY": self.sendgrid.api_key,
            "SENDGRID_FROM": "billing@seller.example",
            "SENDGRID_WEBHOOK_KEY": self.event_key.public,
            "PARTNER_CENTER_TOKEN": self.partner_center.token,
        }

    def stripe_environment(self) -> dict[str, str]:
        """Return the settings under which this is Stripe; apart, since it is asked about cards then."""
        return {
            "STRIPE_BASE": f"{self.base}/stripe",
            "STRIPE_API_KEY": self.stripe.key,
            "STRIPE_WEBHOOK_SECRET": self.stripe.secret,
        }

    def product_environment(self) -> dict[str, str]:
        """Return the settings under which this is the seller's own product."""
        return {
            "EVENTS_URL": self.base + EVENTS,
            "EVENTS_SECRET": self.product.secret,
            "SERVICE_URL": self.base + SERVICE,
            "SERVICE_SECRET": self.product.service_secret,
        }

    def desk_environment(self, public_url: str) -> dict[str, str]:
        """Return the settings under which people sign in here for a desk, one of each role."""
        groups = {"viewers": "viewer", "collectors": "collector", "approvers": "approver", "admins": "admin"}
        for person, group in zip(("vera", "carl", "anna", "adam"), groups, strict=True):
            self.openid.people[person] = (group,)
        self.openid.redirect_uris = [f"{public_url}/desk/signed-in"]
        return {
            "DESK_KEYS": secrets.token_urlsafe(32),
            "DESK_GROUPS": ",".join(f"{group}={role}" for group, role in groups.items()),
            "DESK_OIDC_ISSUER": self.base + OPENID,
            "DESK_OIDC_CLIENT_ID": self.openid.client_id,
            "DESK_OIDC_CLIENT_SECRET": self.openid.client_secret,
        }

    def __enter__(self) -> "Loopback":
        self._start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop()
        self.calls.stop()

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Refuse connections while the block runs; what was taken is remembered."""
        self._stop()
        try:
            yield
        finally:
            self._start()

    def _start(self) -> None:
        # By name, else asyncio does not take it for TCP and leaves Nagle's algorithm on: an answer in two
        # pieces then waits 40 ms on a connection that is kept.
        listening = socket.socket(proto=socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self._port))
        self._port = listening.getsockname()[1]
        config = uvicorn.Config(
            self._serve,
            interface="asgi3",
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        sockets = {"sockets": [listening]}
        self._thread = threading.Thread(target=self._server.run, kwargs=sockets, name="loopback", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("the loopback vendors did not start")
            time.sleep(0.005)

    def _stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
            self._server = self._thread = None

    def let_go(self) -> None:
        """Make the calls that are held back, of all that was asked so far."""
        self._wait_until_quiet()
        self.calls.let_go()

    def rest(self) -> None:
        """Wait until all that was asked has gone its way, and every call was made."""
        self._wait_until_quiet()
        self.calls.rest()

    def _wait_until_quiet(self) -> None:
        # Who has an answer may be here before what was taken has called back.
        with self._quiet:
            self._quiet.wait_for(lambda: self._busy == 0)

    def _count(self, change: int) -> None:
        with self._quiet:
            self._busy += change
            self._quiet.notify_all()

    async def _serve(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Answer one request, as the fault says that befalls it."""
        operation = _operation(scope["method"], scope["path"])
        fault = None if operation is None else self.faults.next(operation)
        scope["state"] = {}
        self._count(1)
        try:
            if fault is None:
                await self._app(scope, receive, _Reasoned(scope, receive, send))
                _go_on(scope)
            else:
                await self._serve_badly(fault, scope, receive, send)
        finally:
            self._count(-1)

    async def _serve_badly(
        self, fault: Fault, scope: MutableMapping[str, Any], receive: Any, send: Any
    ) -> None:
        kept: list[Any] = []

        async def keep(event: Any) -> None:
            kept.append(event)

        if fault.processed:
            await self._app(scope, receive, keep)
            _go_on(scope)  # callbacks overtake the answer
        else:
            while (await receive()).get("more_body"):
                pass
        await asyncio.sleep(fault.wait_seconds)
        if fault.cut:
            # uvicorn has no way to break a connection off; its request knows the transport.
            send.__self__.transport.abort()
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        if fault.status is None:
            for event in kept:
                await send(event)
            return
        await _answer(fault, scope["path"], send)

    def _call(self, call: Call) -> None:
        self.calls.add(call)

    def _status(self, url: str, status: str, said: Any) -> None:
        said = {**said, "MessageStatus": status, "SmsStatus": status}
        self.calls.add(status_call(url, said, auth_token=self.twilio.auth_token))

    def _events(self, events: list[dict[str, Any]]) -> None:
        if self.events_url is not None:
            self.calls.add(self.event_key.call(self.events_url, events))


class _Reasoned:
    """Sends an answer; one whose status has words of its own is written out, which uvicorn cannot do."""

    def __init__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._head = b""

    async def __call__(self, event: MutableMapping[str, Any]) -> None:
        reason = self._scope["state"].get("reason")
        if reason is None:
            await self._send(event)
        elif event["type"] == "http.response.start":
            named = (*event["headers"], (b"connection", b"close"))
            lines = [f"HTTP/1.1 {event['status']} {reason}".encode(), *(b"%b: %b" % each for each in named)]
            self._head = b"\r\n".join(lines) + b"\r\n\r\n"
        else:
            transport = self._send.__self__.transport
            transport.write(self._head + event.get("body", b""))
            transport.close()
            while (await self._receive())["type"] != "http.disconnect":
                pass


def _go_on(scope: MutableMapping[str, Any]) -> None:
    """Let what was taken go its way: it is delivered, and calls back."""
    after = scope["state"].get("after")
    if after is not None:
        after()


def _operation(method: str, path: str) -> Operation | None:
    """Say what a request is about, so that a fault can befall it."""
    if path.startswith(LOGIN):
        return "log_in"
    if path.startswith(PREFIX):
        return "read" if method == "GET" else "change"
    if path.startswith(stripe_api.PREFIX):
        return stripe_api.operation(method, path)
    if path.endswith("/Messages.json") or path == "/v3/mail/send":
        return "send" if method == "POST" else "ask"
    if path in ("/reports", "/proofs", "/sanctions") or path.startswith(
        ("/v1/payment_methods/", "/v1/charges/")
    ):
        return "look_up"
    if path.startswith("/v2/PhoneNumbers/"):
        return "look_up"
    if path in (EVENTS, SERVICE):
        return "event" if path == EVENTS else "service"
    if path.startswith(("/v3/logs", "/v3/scopes")) or path == "/v2/Attempts":
        return "ask"
    if path == "/v1/Consents/Bulk":
        return "tell"
    if path.endswith("/Verifications"):
        return "verify"
    return "check" if path.endswith("/VerificationCheck") else None


async def _answer(fault: Fault, path: str, send: Any) -> None:
    status = fault.status or 500
    made: Response
    if path.startswith("/v3/"):
        made = sendgrid.refusal(status)
    elif path.startswith(LOGIN):
        made = login.refusal(
            "temporarily_unavailable" if status >= 500 else "invalid_request", "AADSTS90033", status
        )
    elif path.startswith(PREFIX):
        made = partner_center.refusal(status, fault.code)
    elif path.startswith(stripe_api.PREFIX):
        made = stripe_api.refusal(status)
    else:
        made = twilio.refusal(status, fault.code or status)
    body = bytes(made.body) if fault.body is None else fault.body
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if fault.retry_after is not None:
        headers.append((b"retry-after", str(fault.retry_after).encode()))
    if 300 <= status < 400:
        headers.append((b"location", b"/v3/elsewhere"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
