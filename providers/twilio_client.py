"""Twilio's SDK with an HTTP client of ours: routed, bounded in time, silent, and without retries."""

import logging
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NoReturn

import requests
from twilio.base.exceptions import TwilioException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from domain.errors import InDoubt, TryAgainLater, raise_for
from domain.reaction import Trouble
from providers.twilio_codes import MESSAGES, trouble_of
from providers.vendor_http import TIMEOUT_SECONDS, never_left, new_session, retry_after, routed

UNREACHABLE = "Twilio cannot be reached"


class RoutedHttp(HttpClient):  # type: ignore[misc]  # the SDK comes without types
    """Sends the SDK's requests; threads may share it.

    The SDK's own keeps the last request and answer for all threads, with what they say about a customer.
    """

    def __init__(self, bases: Mapping[str, str] | None = None) -> None:
        super().__init__(logging.getLogger("twilio.http_client"), False)
        self.bases = bases
        self._session = new_session()
        self._heard = threading.local()

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Send one request once; the SDK's wishes for time and redirects are not heard."""
        as_json = (headers or {}).get("Content-Type") == "application/json"
        answer = self._session.request(
            method.upper(),
            routed(uri, self.bases),
            params=params,  # type: ignore[arg-type]  # what the SDK gives, requests takes
            data=None if as_json else data,
            json=data if as_json else None,  # type: ignore[arg-type]
            headers=headers,
            auth=auth,
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )
        self._heard.answer = answer.status_code, answer.headers
        return Response(answer.status_code, answer.text, answer.headers)

    def asked_delay(self, now: datetime) -> timedelta | None:
        """Return the delay that the last answer to this thread asked for."""
        _, headers = getattr(self._heard, "answer", (None, None))
        return retry_after(headers, now)

    @property
    def last_status(self) -> int | None:
        """The status of the last answer to this thread, which the SDK keeps to itself."""
        status, _ = getattr(self._heard, "answer", (None, None))
        return status


def client(account: str, key: str, secret: str, http: RoutedHttp) -> Any:
    """Return the SDK's client, by an API key: the auth token is for webhooks alone."""
    return Client(key, secret, account, http_client=http)


def raise_sorted(
    error: Exception,
    *,
    delay: timedelta | None,
    codes: Mapping[int, Trouble] = MESSAGES,
) -> NoReturn:
    """Raise what an error of a call that changes something means to whoever made it.

    Raises:
        TryAgainLater, Refused, Misconfigured, InDoubt: in words without anything personal.
    """
    if isinstance(error, requests.RequestException):
        if never_left(error):
            raise TryAgainLater(UNREACHABLE) from None
        raise InDoubt(f"Twilio did not answer: {type(error).__name__}") from None
    status = getattr(error, "status", None)
    if not isinstance(error, TwilioException) or not isinstance(status, int):
        raise InDoubt(f"Twilio's answer cannot be read: {type(error).__name__}") from None
    raise_for(trouble_of(_number(getattr(error, "code", None)), status=status, codes=codes), delay=delay)


def raise_unanswered(error: Exception, *, delay: timedelta | None) -> NoReturn:
    """Raise what an error of a call that only asks means: nothing was changed, so it is asked again.

    Raises:
        TryAgainLater, Misconfigured: in words without anything personal.
    """
    status = getattr(error, "status", None)
    if status is None and len(error.args) > 1:  # a page that cannot be fetched has no status of its own
        status = getattr(error.args[1], "status_code", None)
    if status in (401, 403, 404):
        raise_for(trouble_of(None, status=status), delay=delay)
    raise TryAgainLater(UNREACHABLE, **({} if delay is None else {"delay": delay})) from None


def _number(code: object) -> int | None:
    return int(code) if isinstance(code, int | str) and str(code).isdecimal() else None
