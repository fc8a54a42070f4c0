"""SendGrid, as far as it is used: mail/send and the log of the account, in SendGrid's own form."""

import re
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

Event = dict[str, Any]
_TO = re.compile(r"to_email='((?:[^']|'')*)'")
_SINCE = re.compile(r'sg_message_id_created_at > TIMESTAMP "([^"]+)"')


@dataclass(slots=True, kw_only=True)
class Letter:
    """One letter that was taken.

    Attributes:
        name: the `X-Message-Id`, with which the id in log and events begins.
        group: the unsubscribe group that it belongs to.
    """

    name: str
    to: str
    subject: str
    content: Mapping[str, str]
    headers: Mapping[str, str]
    custom_args: Mapping[str, str]
    sender: str
    created_at: datetime
    group: int | None = None
    events: list[Event] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Its id in the log and in events."""
        return f"{self.name}.filterdrecv-loopback-0"


def refusal(status: int, message: str = "refused") -> JSONResponse:
    """Return an error in SendGrid's form."""
    return JSONResponse({"errors": [{"message": message, "field": None, "help": None}]}, status)


@dataclass
class SendGrid:
    """The account and everything that it took.

    Attributes:
        lag: so long a new letter is missing from the log.
        has_log: whether the plan of the account has one.
        scopes: what the API key may do.
        bounces: whether a mailbox refuses what was accepted.
        fates: the events of a letter to a mailbox after `processed`; None where `bounces` decides.
        told: hears of the events of a letter, to send them on.
    """

    api_key: str = "SG.loopback"
    lag: timedelta = timedelta()
    has_log: bool = True
    scopes: list[str] = field(default_factory=lambda: ["mail.send", "sender_verification_exempt"])
    bounces: Callable[[str], bool] = lambda to: False
    fates: Callable[[str], list[Event] | None] = lambda to: None
    told: Callable[[list[Event]], None] = lambda events: None
    letters: list[Letter] = field(default_factory=list)
    _by_mailbox: dict[str, list[Letter]] = field(default_factory=dict)
    _by_id: dict[str, Letter] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def allowed(self, request: Request) -> bool:
        """Whether the request carries the API key."""
        return request.headers.get("authorization") == f"Bearer {self.api_key}"

    def take(self, mail: Mapping[str, Any]) -> Letter:
        """Take one letter."""
        (recipient,) = mail["personalizations"]
        (to,) = recipient["to"]
        letter = Letter(
            name=secrets.token_urlsafe(16).replace("_", "x"),
            to=to["email"],
            subject=mail["subject"],
            content={each["type"]: each["value"] for each in mail["content"]},
            headers=mail.get("headers", {}),
            custom_args=mail.get("custom_args", {}),
            sender=mail["from"]["email"],
            created_at=datetime.now(UTC),
            group=mail.get("asm", {}).get("group_id"),
        )
        with self._lock:
            self.letters.append(letter)
            self._by_id[letter.id] = letter
            self._by_mailbox.setdefault(letter.to, []).append(letter)
        return letter

    def deliver(self, letter: Letter) -> None:
        """Bring a letter to its end, telling of the events on the way."""
        fate = self.fates(letter.to)
        self.happen(letter, [{"event": "processed"}, *([self._end(letter)] if fate is None else fate)])

    def _end(self, letter: Letter) -> Event:
        if not self.bounces(letter.to):
            return {"event": "delivered", "response": "250 OK"}
        gone = {"type": "bounce", "bounce_classification": "Invalid Address"}
        return {"event": "bounce", "reason": "550 5.1.1 no such user", "status": "5.1.1", **gone}

    def happen(self, letter: Letter, steps: list[Event]) -> None:
        """Let events befall a letter: the log keeps them, and the webhook hears of them."""
        known = {
            "email": letter.to,
            "timestamp": int(letter.created_at.timestamp()),
            "sg_message_id": letter.id,
            "smtp-id": f"<{letter.name}@geopod-ismtpd-0>",
        }
        made = [{**known, **step, "sg_event_id": secrets.token_urlsafe(12)} for step in steps]
        letter.events += made
        self.told([{**event, **letter.custom_args} for event in made])

    def logged(self, query: str) -> list[Letter]:
        """Return what the log shows by now of the letters that a query asks for, newest first."""
        to, since = _TO.search(query), _SINCE.search(query)
        visible = datetime.now(UTC) - self.lag
        after = datetime.fromisoformat(since[1]) if since else datetime.min.replace(tzinfo=UTC)
        with self._lock:
            found = self.letters if to is None else self._by_mailbox.get(to[1].replace("''", "'"), [])
            return [each for each in reversed(found) if after < each.created_at <= visible]

    def find(self, name: str) -> Letter | None:
        """Return a letter by its id in the log."""
        return self._by_id.get(name)


def mail_router(sendgrid: SendGrid) -> APIRouter:
    """Return mail/send and the log."""
    router = APIRouter(prefix="/v3")

    @router.post("/mail/send")
    async def send(request: Request) -> Response:
        if not sendgrid.allowed(request):
            return refusal(401, "The provided authorization grant is invalid, expired, or revoked")
        mail = await request.json()
        if [each["type"] for each in mail["content"]][:1] != ["text/plain"]:
            return refusal(400, "text/plain comes first")
        if mail.get("mail_settings", {}).get("sandbox_mode", {}).get("enable"):
            return Response(status_code=200)
        try:
            letter = sendgrid.take(mail)
        except (KeyError, ValueError):
            return refusal(400, "one recipient, a subject and a sender are required")
        request.state.after = lambda: sendgrid.deliver(letter)
        return Response(status_code=202, headers={"X-Message-Id": letter.name})

    @router.get("/scopes")
    async def scopes(request: Request) -> JSONResponse:
        if not sendgrid.allowed(request):
            return refusal(401, "The provided authorization grant is invalid, expired, or revoked")
        return JSONResponse({"scopes": sendgrid.scopes})

    @router.post("/logs")
    async def logs(request: Request) -> JSONResponse:
        if not sendgrid.allowed(request):
            return refusal(401)
        if not sendgrid.has_log:
            return refusal(403, "access forbidden")
        asked = await request.json()
        found = sendgrid.logged(asked["query"])[: asked.get("limit", 10)]
        return JSONResponse({"messages": [_summary(each) for each in found]})

    @router.get("/logs/{name}")
    async def log(name: str, request: Request) -> JSONResponse:
        if not sendgrid.allowed(request):
            return refusal(401)
        found = sendgrid.find(name)
        if found is None or not sendgrid.has_log:
            return refusal(404)
        events = [{**event, "custom_args": found.custom_args} for event in found.events]
        more = {"custom_args": found.custom_args, "api_key_id": "x", "client_ip": "127.0.0.1"}
        return JSONResponse({**_summary(found), **more, "events": events})

    return router


_STATUSES = {"bounce": "bounced", "cancel_drop": "dropped", "click": "delivered", "open": "delivered"}


def _status(letter: Letter) -> str:
    """Return the status of the log: what the last event is called there."""
    last = letter.events[-1] if letter.events else {"event": "processed"}
    if last.get("type") == "blocked":
        return "blocked"
    return _STATUSES.get(last["event"], last["event"])


def _summary(letter: Letter) -> dict[str, Any]:
    return {
        "from_email": letter.sender,
        "sg_message_id": letter.id,
        "subject": letter.subject,
        "to_email": letter.to,
        "status": _status(letter),
        "sg_message_id_created_at": letter.created_at.isoformat(timespec="seconds"),
    }
