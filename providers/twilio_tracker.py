"""What became of an SMS, asked of Twilio by its own name for it."""

from collections.abc import Sequence
from typing import Any, Protocol

import requests
from twilio.base.exceptions import TwilioException

from domain.delivery import Receipt
from providers.twilio_client import RoutedHttp, client, raise_unanswered
from providers.twilio_door import receipt_of
from providers.vendor_http import real_now

_ERRORS = (TwilioException, requests.RequestException, ValueError, KeyError, TypeError)


class Sent(Protocol):
    """The message that is asked about."""

    @property
    def reference(self) -> str: ...

    @property
    def provider_ref(self) -> str: ...


class TwilioTracker:
    """Fetches one message at a time."""

    a_minute = 600

    def __init__(self, *, account: str, key: str, secret: str, http: RoutedHttp) -> None:
        self._http = http
        self._messages: Any = client(account, key, secret, http).messages

    def ask(self, asked: Sent) -> Sequence[Receipt]:
        """Return the status that Twilio shows, as the callback would have said it."""
        try:
            shown = self._messages(asked.provider_ref).fetch()
        except _ERRORS as error:
            raise_unanswered(error, delay=self._http.asked_delay(real_now()))
        code = "" if shown.error_code is None else str(shown.error_code)
        sender = shown.messaging_service_sid or shown.from_
        return [
            receipt_of(asked.provider_ref, str(shown.status), code, reference=asked.reference, sender=sender)
        ]
