"""A signed POST to an address of the settings: once, to that host alone, with a bound on each part of it."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from providers.standard_webhooks import Secret, headers
from providers.vendor_http import never_left, new_session, real_now, retry_after

MOST_BYTES = 64 * 1024
"""Of an answer; one that is longer is not read."""

READ_SECONDS = 2.0
"""So long an answer may take to arrive, once it has begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back.

    Attributes:
        status: None where nothing did.
        left: whether the request may have arrived.
        body: the object that was answered; None where it is none.
    """

    status: int | None
    words: str
    left: bool = True
    retry_after: timedelta | None = None
    body: dict[str, Any] | None = None


class Posting:
    """Posts JSON to one address, signed with each of the secrets.

    Args:
        timeout: seconds to connect, and to wait for each piece of an answer.
    """

    def __init__(
        self,
        *,
        url: str,
        secrets: Sequence[str],
        timeout: tuple[float, float],
        now: Callable[[], datetime] = real_now,
    ) -> None:
        self._url = url
        self._secrets = [Secret(each) for each in secrets]
        self._timeout = timeout
        self._session = new_session()
        self._now = now

    def post(self, name: str, raw: bytes) -> Reply:
        """Post a body under a name that is the same at each repetition. A redirect is not followed."""
        now = self._now()
        signed = {"Content-Type": "application/json", **headers(self._secrets, name, now, raw)}
        try:
            with self._session.post(
                self._url,
                data=raw,
                headers=signed,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as answer:
                return Reply(
                    status=answer.status_code,
                    words=f"it answers {answer.status_code}",
                    retry_after=retry_after(answer.headers, now),
                    body=_object(_bytes(answer)),
                )
        except requests.RequestException as error:
            words = f"it does not answer: {type(error).__name__}"
            return Reply(status=None, words=words, left=not never_left(error))


def _bytes(answer: requests.Response) -> bytes:
    """Return what was answered, or nothing where that is too much."""
    found, began = b"", time.monotonic()
    try:
        # What has come by now: whoever waits for a full piece may be kept by one byte at a time.
        while piece := answer.raw.read1(8192, decode_content=True):
            found += piece
            if len(found) > MOST_BYTES or time.monotonic() - began > READ_SECONDS:
                return b""
    except HTTPError as error:
        raise requests.ConnectionError(error) from None
    return found


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
