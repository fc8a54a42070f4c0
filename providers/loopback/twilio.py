"""Twilio, as far as it is used: Messages, Verify, Lookup and Consents, in Twilio's own form."""

import base64
import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

Told = Callable[[str, str, Mapping[str, str]], None]
"""Hears of each new status: the URL to call back, the status, and what else the callback says."""

MOST_CHECKS = 5
MOST_CONSENTS = 25
POOL = "+447700900999"
"""The number that a Messaging Service picks."""


@dataclass(slots=True, kw_only=True)
class Sms:
    """One message that was taken."""

    sid: str
    to: str
    sender: str
    body: str
    created_at: datetime
    callback: str | None
    valid_seconds: int | None
    status: str = "queued"
    error_code: int | None = None


@dataclass(slots=True, kw_only=True)
class Verification:
    """One code on its way to one telephone."""

    sid: str
    to: str
    code: str
    status: str = "pending"
    checks: int = 0
    sends: int = 1


def refusal(status: int, code: int, message: str = "refused") -> JSONResponse:
    """Return an error in Twilio's form."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    return JSONResponse({"code": code, "message": message, "more_info": more, "status": status}, status)


@dataclass
class Twilio:
    """The account and everything that it took.

    Attributes:
        standing, kind: of the account, as Twilio has words for both.
        numbers: those of the account, and whether they send SMS.
        lag: so long a new message is missing from the list.
        fails: the error code with which a number fails after it was accepted; None delivers.
        told: hears of each status, to call back.
        consents: what it was told, in the order told; the newest of a number counts.
    """

    account: str = "AC00000000000000000000000000000000"
    key: str = "SK00000000000000000000000000000000"
    secret: str = "loopback-secret"
    auth_token: str = "loopback-auth-token"
    service: str = "VA00000000000000000000000000000000"
    standing: str = "active"
    kind: str = "Full"
    numbers: dict[str, bool] = field(default_factory=lambda: {"+447700900000": True})
    lag: timedelta = timedelta()
    fails: Callable[[str], int | None] = lambda to: None
    told: Told = lambda url, status, said: None
    messages: list[Sms] = field(default_factory=list)
    verifications: list[Verification] = field(default_factory=list)
    line_types: dict[str, str] = field(default_factory=dict)
    line_countries: dict[str, str] = field(default_factory=dict)
    consents: list[Mapping[str, str]] = field(default_factory=list)
    _by_number: dict[str, list[Sms]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def allowed(self, request: Request) -> bool:
        """Whether the request carries the API key."""
        expected = base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()
        return request.headers.get("authorization") == f"Basic {expected}"

    def take(self, form: Mapping[str, str]) -> Sms:
        """Take one message."""
        valid = form.get("ValidityPeriod")
        sms = Sms(
            sid=f"SM{secrets.token_hex(16)}",
            to=form["To"],
            sender=form.get("From") or form.get("MessagingServiceSid", ""),
            body=form["Body"],
            created_at=datetime.now(UTC),
            callback=form.get("StatusCallback"),
            valid_seconds=int(valid) if valid else None,
        )
        with self._lock:
            self.messages.append(sms)
            self._by_number.setdefault(sms.to, []).append(sms)
        return sms

    def deliver(self, sms: Sms) -> None:
        """Bring a message to its end, telling of each status on the way."""
        failing = self.fails(sms.to)
        for status in ("sent", "delivered" if failing is None else "undelivered"):
            sms.status = status
            sms.error_code = failing if status == "undelivered" else None
            if sms.callback is not None:
                error = {} if sms.error_code is None else {"ErrorCode": str(sms.error_code)}
                self.told(sms.callback, status, {**self._said(sms), **error})

    def _said(self, sms: Sms) -> dict[str, str]:
        known = {"MessageSid": sms.sid, "SmsSid": sms.sid, "AccountSid": self.account}
        service = {"MessagingServiceSid": sms.sender} if sms.sender.startswith("MG") else {}
        number = POOL if service else sms.sender
        return {**known, **service, "From": number, "To": sms.to, "ApiVersion": "2010-04-01"}

    def listed(self, to: str | None) -> list[Sms]:
        """Return what the list shows by now, newest first."""
        visible = datetime.now(UTC) - self.lag
        with self._lock:
            found = self.messages if to is None else self._by_number.get(to, [])
            return [sms for sms in reversed(found) if sms.created_at <= visible]

    def shown(self, sms: Sms) -> dict[str, Any]:
        """Return a message as Twilio shows it: neither callback nor validity."""
        at = format_datetime(sms.created_at)
        service = sms.sender if sms.sender.startswith("MG") else None
        return {
            "sid": sms.sid,
            "account_sid": self.account,
            "api_version": "2010-04-01",
            "body": sms.body,
            "to": sms.to,
            "from": None if service else sms.sender,
            "messaging_service_sid": service,
            "status": sms.status,
            "direction": "outbound-api",
            "date_created": at,
            "date_updated": at,
            "date_sent": None if sms.status == "queued" else at,
            "error_code": sms.error_code,
            "error_message": None,
            "num_segments": "1",
            "num_media": "0",
            "price": None,
            "price_unit": "USD",
            "uri": f"/2010-04-01/Accounts/{self.account}/Messages/{sms.sid}.json",
            "subresource_uris": {},
        }

    def blocks(self, number: str) -> bool:
        """Whether the holder of a number wants no more messages, as far as it was told."""
        said = [each["status"] for each in self.consents if each["contact_id"] == number]
        return said[-1:] == ["opt-out"]

    def consent(self, item: Mapping[str, str]) -> dict[str, Any]:
        """Take one consent, and answer it as Twilio does."""
        wrong = [] if item["contact_id"].startswith("+") else ["INVALID_CONTACT_ID"]
        if not wrong:
            self.consents.append(item)
        code = 30646 if wrong else 0
        return {"correlation_id": item["correlation_id"], "error_code": code, "error_messages": wrong}

    def start(self, to: str) -> Verification:
        """Send a code; within its life a new start sends the same one again."""
        with self._lock:
            for known in self.verifications:
                if known.to == to and known.status == "pending":
                    known.sends += 1
                    return known
            made = Verification(
                sid=f"VE{secrets.token_hex(16)}", to=to, code=f"{secrets.randbelow(10**6):06}"
            )
            self.verifications.append(made)
            return made

    def verified(self, each: Verification) -> dict[str, Any]:
        """Return a verification as Twilio shows it."""
        known = {"sid": each.sid, "service_sid": self.service, "account_sid": self.account}
        how = {"to": each.to, "channel": "sms", "status": each.status, "valid": each.status == "approved"}
        return {**known, **how, "date_created": _now(), "date_updated": _now(), "url": f"/v2/{each.sid}"}

    def attempted(self, each: Verification) -> dict[str, Any]:
        """Return the attempt at a verification as Twilio shows it."""
        known = {"sid": f"VL{each.sid[2:]}", "verification_sid": each.sid, "service_sid": self.service}
        converted = "CONVERTED" if each.status == "approved" else "UNCONVERTED"
        how = {"channel": "sms", "channel_data": {"to": each.to}, "conversion_status": converted}
        more = {"account_sid": self.account, "price": {}, "url": ""}
        return {**known, **how, **more, "date_created": _now(), "date_updated": _now()}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def messages_router(twilio: Twilio) -> APIRouter:
    """Return Messages: create, list, fetch."""
    router = APIRouter(prefix="/2010-04-01/Accounts/{account}")

    @router.post("/Messages.json")
    async def create(account: str, request: Request) -> JSONResponse:
        if not twilio.allowed(request) or account != twilio.account:
            return refusal(401, 20003, "Authenticate")
        form = {key: str(value) for key, value in (await request.form()).items()}
        missing = {"To": 21604, "Body": 21602}
        for name, code in missing.items():
            if not form.get(name):
                return refusal(400, code, f"{name} is required")
        if twilio.blocks(form["To"]):
            return refusal(400, 21610, "Attempt to send to unsubscribed recipient")
        sms = twilio.take(form)
        shown = twilio.shown(sms)
        request.state.after = lambda: twilio.deliver(sms)
        return JSONResponse(shown, 201)

    @router.get("/Messages.json")
    async def listed(account: str, request: Request) -> JSONResponse:
        if not twilio.allowed(request) or account != twilio.account:
            return refusal(401, 20003, "Authenticate")
        size = int(request.query_params.get("PageSize", "50"))
        found = twilio.listed(request.query_params.get("To"))[:size]
        uri = str(request.url.path)
        page = {"page": 0, "page_size": size, "uri": uri, "first_page_uri": uri, "next_page_uri": None}
        return JSONResponse({"messages": [twilio.shown(sms) for sms in found], **page})

    @router.get("/Messages/{sid}.json")
    async def fetch(account: str, sid: str, request: Request) -> JSONResponse:
        found = next((sms for sms in twilio.listed(None) if sms.sid == sid), None)
        if not twilio.allowed(request) or account != twilio.account:
            return refusal(401, 20003, "Authenticate")
        return refusal(404, 20404) if found is None else JSONResponse(twilio.shown(found))

    return router


def verify_router(twilio: Twilio) -> APIRouter:
    """Return what changes something at Verify: start, and check once."""
    router = APIRouter(prefix="/v2")

    @router.post("/Services/{service}/Verifications")
    async def start(service: str, request: Request) -> JSONResponse:
        if not twilio.allowed(request):
            return refusal(401, 20003, "Authenticate")
        if service != twilio.service:
            return refusal(404, 20404)
        made = twilio.start(str((await request.form())["To"]))
        return refusal(429, 60203) if made.sends > MOST_CHECKS else JSONResponse(twilio.verified(made), 201)

    @router.post("/Services/{service}/VerificationCheck")
    async def check(service: str, request: Request) -> JSONResponse:
        if not twilio.allowed(request):
            return refusal(401, 20003, "Authenticate")
        form = await request.form()
        asked = (str(form.get("VerificationSid", "")), str(form.get("To", "")))
        for each in twilio.verifications:
            if each.status == "pending" and (each.sid == asked[0] or each.to == asked[1]):
                each.checks += 1
                if each.checks > MOST_CHECKS:
                    return refusal(429, 60202)
                if secrets.compare_digest(each.code, str(form.get("Code", ""))):
                    each.status = "approved"
                return JSONResponse(twilio.verified(each), 201)
        return refusal(404, 20404)

    return router


def asking_router(twilio: Twilio) -> APIRouter:
    """Return what only asks: the attempts at Verify, and Lookup."""
    router = APIRouter(prefix="/v2")

    @router.get("/Attempts")
    async def attempts(request: Request) -> JSONResponse:
        if not twilio.allowed(request):
            return refusal(401, 20003, "Authenticate")
        asked = request.query_params
        found = [
            twilio.attempted(each)
            for each in twilio.verifications
            if asked.get("VerificationSid") in (None, each.sid)
            and asked.get("ChannelData.To") in (None, each.to)
        ]
        if (status := asked.get("Status", "").upper()) != "":
            found = [each for each in found if each["conversion_status"] == status]
        meta = {"page": 0, "page_size": 50, "key": "attempts", "next_page_url": None, "url": ""}
        return JSONResponse({"attempts": found, "meta": meta})

    @router.get("/PhoneNumbers/{number}")
    async def lookup(number: str, request: Request) -> JSONResponse:
        if not twilio.allowed(request):
            return refusal(401, 20003, "Authenticate")
        line = {"type": twilio.line_types.get(number, "mobile"), "error_code": None}
        return JSONResponse(
            {
                "phone_number": number,
                "country_code": twilio.line_countries.get(number),
                "valid": twilio.line_types.get(number) != "invalid",
                "url": "",
                "line_type_intelligence": line,
            }
        )

    return router


def consents_router(twilio: Twilio) -> APIRouter:
    """Return what takes opt-outs and consents, many at once."""
    router = APIRouter(prefix="/v1")

    @router.post("/Consents/Bulk")
    async def bulk(request: Request) -> JSONResponse:
        if not twilio.allowed(request):
            return refusal(401, 20003, "Authenticate")
        items = [json.loads(str(item)) for item in (await request.form()).getlist("Items")]
        if not 0 < len(items) <= MOST_CONSENTS:
            return refusal(400, 20001, "one to twenty-five items")
        return JSONResponse({"items": [twilio.consent(item) for item in items]}, 201)

    return router
