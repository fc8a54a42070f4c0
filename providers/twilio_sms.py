"""SMS through Twilio: one message to one number, and the question whether it went out.

Twilio has no key by which a message is told from its repetition, and shows neither callback nor tag of
one that it took. What it shows is number, time and text: so the text carries a short reference.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import requests
from twilio.base.exceptions import TwilioException

from domain.errors import InDoubt, TryAgainLater
from domain.notice import Accepted, Message, short_reference
from providers.twilio_client import RoutedHttp, client, raise_sorted, raise_unanswered
from providers.vendor_http import SETTLE, real_now

STATUS_PATH = "/webhooks/twilio/status"
"""Where Twilio says what became of a message, under the public address."""

_LISTED = 50
_SKEW = timedelta(seconds=120)
"""By so much Twilio's clock and ours may differ."""

_MOST_VALID_SECONDS = 36_000
_ERRORS = (TwilioException, requests.RequestException, ValueError, KeyError, TypeError)
"""What the SDK raises: its own, those of `requests`, and whatever an answer does that it cannot read."""


class TwilioSms:
    """The courier of SMS.

    Args:
        sender: a telephone number, or the id of a Messaging Service, which begins with `MG`.
        public_url: where Twilio reaches us; None where it does not.
        settle: after so much real time a message that Twilio does not list was probably never taken.
    """

    def __init__(
        self,
        *,
        account: str,
        key: str,
        secret: str,
        sender: str,
        public_url: str | None = None,
        http: RoutedHttp | None = None,
        settle: timedelta = SETTLE,
        now: Callable[[], datetime] = real_now,
    ) -> None:
        self.sender = sender
        self._http = http or RoutedHttp()
        self._messages: Any = client(account, key, secret, self._http).messages
        self._public_url = public_url
        self._settle = settle
        self._now = now

    def deliver(self, message: Message, *, at: datetime) -> Accepted:
        """Hand one SMS over; errors as those of a `Courier`."""
        bounds = self._bounds(message)
        try:
            taken = self._messages.create(to=message.to, body=message.text, **self._from(), **bounds)
        except _ERRORS as error:
            raise_sorted(error, delay=self._http.asked_delay(self._now()))
        if (status := self._http.last_status) != 201 or not taken.sid:
            raise InDoubt(f"Twilio answered with HTTP {status}, and not with 201")
        return Accepted(reference=message.reference, provider_ref=taken.sid)

    def find(self, reference: str, *, to: str, since: datetime) -> Accepted | None:
        """Look for the SMS among those to this number; nothing that Twilio shows proves that it was none.

        Raises:
            TryAgainLater: it may be invisible yet, or Twilio does not answer.
            InDoubt: it is old enough to be seen, and is not.
        """
        try:
            listed = self._messages.list(to=to, limit=_LISTED, page_size=_LISTED)
        except _ERRORS as error:
            raise_unanswered(error, delay=self._http.asked_delay(self._now()))
        said = short_reference(reference)
        for each in listed:
            ours = (each.direction or "").startswith("outbound")
            if ours and said in (each.body or "") and _not_before(each.date_created, since - _SKEW):
                return Accepted(reference=reference, provider_ref=each.sid)
        if (age := self._now() - since) < self._settle:
            raise TryAgainLater("Twilio does not list it yet", delay=self._settle - age)
        raise InDoubt("Twilio does not list it")

    def _from(self) -> dict[str, str]:
        key = "messaging_service_sid" if self.sender.startswith("MG") else "from_"
        return {key: self.sender}

    def _bounds(self, message: Message) -> dict[str, object]:
        """Where to call back, and until when it may leave Twilio's queue."""
        bounds: dict[str, object] = {}
        if self._public_url is not None:
            query = urlencode({"k": message.reference})
            # The fragment asks for five retries, on whatever error; it is no part of what is signed.
            bounds["status_callback"] = f"{self._public_url}{STATUS_PATH}?{query}#rc=5&rp=all"
        if message.not_after is not None:
            left = int((message.not_after - self._now()).total_seconds())
            if left < 1:
                raise TryAgainLater("the hours of contact ended before it was handed over")
            bounds["validity_period"] = min(left, _MOST_VALID_SECONDS)
        return bounds


def _not_before(at: datetime | None, earliest: datetime) -> bool:
    """Whether a message is from then or later; one that says nothing of its time may be."""
    return at is None or at >= earliest
