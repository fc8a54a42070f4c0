"""The one registration of webhooks that a partner has: where events go, which, and whether they arrive."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from domain.errors import TryAgainLater
from domain.hints import Registered, Tried
from providers.partner_center.client import Client
from providers.partner_center.event_names import TEST, about

_REGISTRATION = "/webhooks/v1/registration"
_TESTS = f"{_REGISTRATION}/validationEvents"


class Registration:
    """The registration of a partner."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def there(self) -> Registered | None:
        """Return it; None where there is none yet.

        Raises:
            TryAgainLater, Misconfigured, Refused: nobody said.
        """
        answer = self._client.send("GET", _REGISTRATION)
        if answer.status == 404:
            return None
        told = _mapping(self._client.succeeded(answer, changing=False).body)
        events = told.get("WebhookEvents")
        return Registered(
            url=str(told.get("WebhookUrl", "")),
            events=tuple(map(str, events)) if isinstance(events, list) else (),
        )

    def offered(self) -> Sequence[str]:
        """Return the events that can be had.

        Raises:
            TryAgainLater, Misconfigured, Refused: nobody said.
        """
        told = self._client.get(f"{_REGISTRATION}/events").body
        return [str(each) for each in told] if isinstance(told, list) else []

    def register(self, url: str, *, instead: bool) -> Registered:
        """Have the events that something follows from sent to an address, and return what was registered.

        Args:
            instead: whether there is a registration, which is changed.

        Raises:
            TryAgainLater, Misconfigured, Refused: nothing was registered.
            InDoubt: it may have been.
        """
        wanted = [each for each in self.offered() if followed(each)]
        # In the other header, which no proxy in front of us needs for itself.
        body = {"WebhookUrl": url, "WebhookEvents": wanted, "SignatureTokenToMsSignatureHeader": True}
        method: Any = "PUT" if instead else "POST"
        self._client.change(method, _REGISTRATION, body, request=str(uuid.uuid4()))
        return self.there() or Registered(url="", events=())

    def attempt(self) -> str:
        """Have an event sent that only tries whether it arrives; return its name.

        Raises:
            TryAgainLater, Misconfigured, Refused, InDoubt: none may have been sent.
        """
        told = _mapping(self._client.change("POST", _TESTS, None, request=str(uuid.uuid4())).body)
        return str(told.get("correlationId", ""))

    def tried(self, name: str) -> Tried:
        """Return what became of such an event.

        Raises:
            TryAgainLater, Misconfigured, Refused: nobody said.
        """
        told = _mapping(self._client.get(f"{_TESTS}/{quote(name, safe='')}").body)
        results = told.get("results")
        answers = [_answer(each) for each in results] if isinstance(results, list) else []
        return Tried(status=str(told.get("status", "")), answers=tuple(answers))


def followed(event: str) -> bool:
    """Whether something follows from an event here, or it tries whether events arrive."""
    return event.lower() == TEST or about(event) != "other"


def _answer(result: object) -> str:
    told = result if isinstance(result, Mapping) else {}
    parts = [str(told.get("responseCode", "")), str(told.get("responseMessage") or "")]
    return " ".join(part for part in parts if part)


def _mapping(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, Mapping):
        raise TryAgainLater("Partner Center answered with something that is no object")
    return body
