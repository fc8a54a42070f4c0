"""Twilio: the API key, the auth token that signs callbacks, the sender, and the Verify service.

Lookup is not asked, since it costs money; nor the Consent API, which has nothing that only asks.
"""

import re
from collections.abc import Iterator, Mapping

from domain.health import Part, Sight
from providers.probes.asking import Answer, Asking, NoAnswer, reached, trouble

_KEY = "TWILIO_API_KEY with TWILIO_API_SECRET"
_NO_PERMISSION = 70051
"""Twilio's code for a restricted key that may not do what was asked; the status is then 401."""


class TwilioProbe:
    """Looks at an account.

    Args:
        bases: of the products `api` and `verify`; none of a product that nobody may be asked about.
    """

    def __init__(
        self,
        *,
        account: str,
        key: str,
        secret: str,
        auth_token: str,
        number: str | None,
        service: str | None,
        bases: Mapping[str, str],
    ) -> None:
        self._account, self._number, self._service = account, number, service
        self._bases, self._login, self._token = bases, (key, secret), (account, auth_token)

    def look(self) -> Iterator[Sight]:
        """Say what was seen."""
        for each in (self._messages, self._callbacks, self._sender, self._verify):
            try:
                yield from each()
            except NoAnswer as none:
                yield none.sight

    def _at(self, part: Part, product: str, login: tuple[str, str]) -> Asking:
        variable = f"TWILIO_{product.upper()}_BASE"
        return Asking(part=part, base=self._bases.get(product), variable=variable, login=login)

    def _messages(self) -> Iterator[Sight]:
        path = f"/2010-04-01/Accounts/{self._account}/Messages.json"
        answer = self._at("twilio", "api", self._login).ask(path, {"PageSize": "1"})
        yield from reached("twilio", answer)
        yield _trouble("twilio", answer, _KEY, "reading messages") or _usable("twilio", _KEY)

    def _callbacks(self) -> Iterator[Sight]:
        """A wrong token would show only in callbacks that are refused."""
        path = f"/2010-04-01/Accounts/{self._account}.json"
        answer = self._at("twilio.token", "api", self._token).ask(path)
        if (wrong := _trouble("twilio.token", answer, "TWILIO_AUTH_TOKEN", "the account")) is not None:
            yield wrong
            return
        said = answer.body if isinstance(answer.body, dict) else {}
        status = str(said.get("status", "unknown"))[:20]
        if status != "active":
            yield Sight("twilio", "closed", {"status": status})
        elif said.get("type") == "Trial":
            yield Sight("twilio", "trial")
        yield _usable("twilio.token", "TWILIO_AUTH_TOKEN")

    def _sender(self) -> Iterator[Sight]:
        """Only numbers are looked up: neither names nor short codes are in that list."""
        if self._number is None or not re.fullmatch(r"\+\d{7,15}", self._number):
            return
        path = f"/2010-04-01/Accounts/{self._account}/IncomingPhoneNumbers.json"
        answer = self._at("twilio.sender", "api", self._login).ask(path, {"PhoneNumber": self._number})
        if (wrong := _trouble("twilio.sender", answer, _KEY, "reading numbers")) is not None:
            yield wrong
            return
        found = answer.body.get("incoming_phone_numbers") if isinstance(answer.body, dict) else None
        if not found:
            yield Sight("twilio.sender", "missing", {"host": answer.host, "variable": "TWILIO_FROM"})
        elif not (found[0].get("capabilities") or {}).get("sms"):
            yield Sight("twilio.sender", "mute", {"variable": "TWILIO_FROM"})
        else:
            yield _usable("twilio.sender", "TWILIO_FROM")

    def _verify(self) -> Iterator[Sight]:
        if self._service is None:
            yield Sight("twilio.verify", "absent")
            return
        answer = self._at("twilio.verify", "verify", self._login).ask(f"/v2/Services/{self._service}")
        if answer.status == 404:
            yield Sight("twilio.verify", "missing", {"host": answer.host, "variable": "TWILIO_VERIFY"})
            return
        wrong = _trouble("twilio.verify", answer, _KEY, "reading Verify services")
        yield wrong or _usable("twilio.verify", "TWILIO_VERIFY")


def _trouble(part: Part, answer: Answer, variable: str, what: str) -> Sight | None:
    code = answer.body.get("code") if isinstance(answer.body, dict) else None
    if answer.status == 401 and code == _NO_PERMISSION:
        return Sight(part, "forbidden", {"variable": variable, "what": what})
    return trouble(part, answer, variable, what)


def _usable(part: Part, variable: str) -> Sight:
    return Sight(part, "usable", {"variable": variable, "more": ""})
