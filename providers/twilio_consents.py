"""Opt-outs and consents as Twilio is told of them: its Consent API, by which it blocks a number itself.

Each item is answered by itself. What is told twice counts once.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import requests
from twilio.base.exceptions import TwilioException

from domain.consent import Consent
from domain.errors import InDoubt
from providers.twilio_client import RoutedHttp, client, raise_sorted
from providers.vendor_http import real_now

_STATUS = {"in": "opt-in", "out": "opt-out"}
_ERRORS = (TwilioException, requests.RequestException, ValueError, KeyError, TypeError)
_WORD = re.compile(r"[A-Z_]{1,40}")


class TwilioConsents:
    """Tells what is to be told of one sender.

    Args:
        sender: the number or Messaging Service that messages come from.
    """

    def __init__(self, *, account: str, key: str, secret: str, sender: str, http: RoutedHttp) -> None:
        self._http = http
        self._sender = sender
        self._consents: Any = client(account, key, secret, http).accounts.v1.bulk_consents

    def tell(self, told: Sequence[Consent]) -> Mapping[str, str]:
        """Tell all of them in one request; errors as those of a `Registrar`."""
        try:
            answer = self._consents.create(items=[self._item(each) for each in told])
            if (status := self._http.last_status) != 201:
                raise InDoubt(f"Twilio answered with HTTP {status}, and not with 201")
            return {str(each["correlation_id"]): _why(each) for each in answer.items if each["error_code"]}
        except _ERRORS as error:
            raise_sorted(error, delay=self._http.asked_delay(real_now()))

    def _item(self, consent: Consent) -> dict[str, str]:
        by_message = f"opt-{consent.status}-message"
        return {
            "contact_id": consent.number,
            "correlation_id": consent.name,
            "sender_id": self._sender,
            "status": _STATUS[consent.status],
            "source": by_message if consent.how == "message" else "others",
            "date_of_consent": consent.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


def _why(item: Mapping[str, Any]) -> str:
    """Return the code and the words of Twilio's own; whatever else stands there may be personal data."""
    words = [word for word in item.get("error_messages") or () if _WORD.fullmatch(str(word))]
    return " ".join([str(int(item["error_code"])), *words])
