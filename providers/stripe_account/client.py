"""The SDK of Stripe with an HTTP client of ours: bounded in time, silent, without retries and telemetry."""

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NoReturn

import requests
import stripe

from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from providers.vendor_http import TIMEOUT_SECONDS, never_left, new_session, real_now, retry_after

BASE = "https://api.stripe.com"
VERSION = "2026-10-28.endive"
"""Of the API, named in each request: an account's own default and a new SDK change nothing here."""

WITHIN_SECONDS = 4.5
"""For all requests of one call together: a caller has five seconds."""

UNREACHABLE = "Stripe cannot be reached"
_LEAST_SECONDS = 0.3
"""A request that would have less time than this is not begun."""

# It would write an id of its own below the home directory, and send how long requests took.
stripe.enable_telemetry = False
logging.getLogger("stripe").setLevel(logging.WARNING)


class NoAnswer(stripe.APIConnectionError):
    """No answer came; `left` says whether the request may have arrived nevertheless."""

    def __init__(self, words: str, *, left: bool) -> None:
        super().__init__(words)  # type: ignore[no-untyped-call]  # the SDK's
        self.left = left


class BoundedHttp(stripe.HTTPClient):
    """Sends the SDK's requests; threads may share it."""

    name = "requests"

    def __init__(self, *, shut: str = "") -> None:
        super().__init__()
        self.shut = shut
        self._session = new_session()
        self._until = threading.local()

    @contextmanager
    def within(self, seconds: float = WITHIN_SECONDS) -> Iterator[None]:
        """Let all requests of this thread in the block be over by then; a request too late is not begun."""
        self._until.at = time.monotonic() + seconds
        try:
            yield
        finally:
            self._until.at = None

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Send one request once.

        Raises:
            Misconfigured: no host may be asked.
            NoAnswer: none came in time, or there was none left to wait.
        """
        if self.shut:
            raise Misconfigured(self.shut)
        try:
            answer = self._session.request(
                method.upper(),
                url,
                headers=headers,
                data=post_data,
                timeout=self._timeout(),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            words = f"Stripe did not answer: {type(error).__name__}"
            raise NoAnswer(words, left=not never_left(error)) from None
        return answer.content.decode(errors="replace"), answer.status_code, answer.headers

    def close(self) -> None:
        """Close the connections that are kept."""
        self._session.close()

    def _timeout(self) -> tuple[float, float]:
        """How long to wait for a connection and for an answer: both are over when the block is."""
        until = getattr(self._until, "at", None)
        if until is None:
            return TIMEOUT_SECONDS
        left = until - time.monotonic()
        if left < _LEAST_SECONDS:
            raise NoAnswer("Stripe took too long before", left=False)
        connect = min(TIMEOUT_SECONDS[0], left / 3)
        return connect, left - connect


class Account:
    """Our account, by the SDK: `api` has its first version, and `within` bounds the requests of a block.

    Args:
        base: Stripe's own, or of a server that stands in for it; None where no host may be asked.
    """

    def __init__(self, *, key: str, base: str | None) -> None:
        shut = "" if base else "STRIPE_BASE is not set, and with another base URL set no other host is asked"
        http, there = BoundedHttp(shut=shut), (base or "").rstrip("/")
        self.within = http.within
        self.api = stripe.StripeClient(
            key,
            stripe_version=VERSION,
            base_addresses={"api": there, "connect": there, "files": there, "meter_events": there},
            max_network_retries=0,
            http_client=http,
        ).v1


def code_of(error: stripe.StripeError) -> str:
    """Return the code that Stripe names, else its type; neither says anything of a person."""
    said = error.json_body.get("error") if isinstance(error.json_body, dict) else None
    said = said if isinstance(said, dict) else {}
    return str(said.get("code") or said.get("type") or type(error).__name__)


def raise_sorted(error: stripe.StripeError) -> NoReturn:
    """Raise what an error of a call that changes something means to whoever made it.

    Raises:
        TryAgainLater: certainly not done.
        Refused: certainly not done, and never will be.
        Misconfigured: certainly not done, by a fault of ours.
        InDoubt: it may have been done.
    """
    status, code = error.http_status, code_of(error)
    if isinstance(error, NoAnswer):
        if error.left:
            raise InDoubt(str(error)) from None
        raise TryAgainLater(UNREACHABLE) from None
    if status in (401, 403):
        raise Misconfigured(_ours(status, code)) from None
    if status == 429 or code == "lock_timeout":
        raise TryAgainLater(f"Stripe is busy ({code})", **_delay(error)) from None
    # Our key is in use by another request of ours, or was by another one: what became of that, who knows.
    if code.startswith("idempotency"):
        raise InDoubt(f"Stripe knows this request otherwise ({code})") from None
    if status in (400, 402, 404):
        raise Refused(f"Stripe refuses it ({code})") from None
    raise InDoubt(f"Stripe answered with HTTP {status} ({code})") from None


def raise_unanswered(error: stripe.StripeError) -> NoReturn:
    """Raise what an error of a call that takes no money and stops no service means: it is made again.

    Raises:
        TryAgainLater, Misconfigured, Refused: as above; nothing is in doubt that may as well be repeated.
    """
    try:
        raise_sorted(error)
    except InDoubt as doubt:
        raise TryAgainLater(str(doubt)) from None


def _ours(status: int, code: str) -> str:
    if status == 401:
        return "Stripe does not take STRIPE_API_KEY: set a key of this account that was not revoked"
    rights = "give the restricted key the rights of docs/stripe-charges.md"
    return f"STRIPE_API_KEY may not do this ({code}): {rights}"


def _delay(error: stripe.StripeError) -> dict[str, timedelta]:
    asked = retry_after(error.headers, real_now())
    return {} if asked is None else {"delay": asked}
