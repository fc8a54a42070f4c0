"""Twilio Lookup v2: what kind of line a telephone number is, where, and whether the network knows it.

Asked with `Fields=line_type_intelligence`, which costs money. `valid` is false for a number that cannot be.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import requests
from twilio.base.exceptions import TwilioException

from domain.onboarding.phone_line import Line
from providers.twilio_client import RoutedHttp, client, raise_unanswered
from providers.vendor_http import real_now

_ERRORS = (TwilioException, requests.RequestException, ValueError, KeyError, TypeError)
_UNKNOWN_NUMBER = 404


class TwilioLookup:
    """Says what Twilio knows of a telephone number."""

    name = "twilio_lookup"
    here = False

    def __init__(
        self,
        *,
        account: str,
        key: str,
        secret: str,
        http: RoutedHttp | None = None,
        now: Callable[[], datetime] = real_now,
    ) -> None:
        self._http = http or RoutedHttp()
        self._client: Any = client(account, key, secret, self._http)
        self._now = now

    def line(self, phone: str) -> Line | None:
        """Return the line; None where Twilio cannot tell its kind.

        Raises:
            TryAgainLater, Misconfigured: it did not answer, or the fault is ours.
        """
        try:
            found = self._client.lookups.v2.phone_numbers(phone).fetch(fields="line_type_intelligence")
        except _ERRORS as error:
            if getattr(error, "status", None) == _UNKNOWN_NUMBER:
                return Line(type=None, country=None, valid=False)
            raise_unanswered(error, delay=self._http.asked_delay(self._now()))
        kind = found.line_type_intelligence or {}
        return Line(type=kind.get("type"), country=found.country_code, valid=found.valid is not False)
