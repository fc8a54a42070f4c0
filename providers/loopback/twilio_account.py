"""Twilio's account itself, for whoever looks whether it is well: its standing, numbers and services."""

import base64

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from providers.loopback.twilio import Twilio, refusal


def account_router(twilio: Twilio) -> APIRouter:
    """Return what only asks about the account; its own resource is not for standard API keys."""
    router = APIRouter()

    @router.get("/2010-04-01/Accounts/{account}.json")
    async def account_of(account: str, request: Request) -> JSONResponse:
        login = base64.b64encode(f"{twilio.account}:{twilio.auth_token}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {login}" or account != twilio.account:
            return refusal(401, 20003, "Authenticate")
        known = {"sid": account, "status": twilio.standing, "type": twilio.kind}
        return JSONResponse({**known, "friendly_name": "Loopback"})

    @router.get("/2010-04-01/Accounts/{account}/IncomingPhoneNumbers.json")
    async def numbers(account: str, request: Request) -> JSONResponse:
        if not twilio.allowed(request) or account != twilio.account:
            return refusal(401, 20003, "Authenticate")
        asked = request.query_params.get("PhoneNumber")
        found = [number for number in twilio.numbers if asked in (None, number)]
        shown = [
            {"phone_number": number, "capabilities": {"sms": twilio.numbers[number], "voice": False}}
            for number in found
        ]
        return JSONResponse({"incoming_phone_numbers": shown, "page": 0, "page_size": 50})

    @router.get("/v2/Services/{service}")
    async def service_of(service: str, request: Request) -> JSONResponse:
        if not twilio.allowed(request):
            return refusal(401, 20003, "Authenticate")
        if service != twilio.service:
            return refusal(404, 20404)
        return JSONResponse({"sid": service, "account_sid": twilio.account, "code_length": 6})

    return router
