"""The SDK of SendGrid with an HTTP client of ours: bounded in time, silent, without retries; and its log."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import requests
from python_http_client import Client
from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from domain.errors import InDoubt, Misconfigured, TryAgainLater, raise_for
from providers.sendgrid_events import trouble_of_status
from providers.vendor_http import TIMEOUT_SECONDS, never_left, new_session, retry_after

BASE = "https://api.sendgrid.com"
UNREACHABLE = "SendGrid cannot be reached"
ERRORS = (HTTPError, requests.RequestException, ValueError, KeyError, TypeError, AttributeError)
"""What the SDK raises, and whatever an answer does that cannot be read."""

_LISTED = 20
_SKEW = timedelta(seconds=120)
"""By so much SendGrid's clock and ours may differ."""


class _Answer:
    """An answer of `requests` as the SDK reads one of `urllib`."""

    def __init__(self, answer: requests.Response) -> None:
        self.getcode = lambda: answer.status_code
        self.read = lambda: answer.content
        self.info = lambda: answer.headers


class OneRequest(Client):  # type: ignore[misc]  # the SDK comes without types
    """The SDK's HTTP client, which sends by `requests`.

    By itself it waits for ever, opens a connection for each letter, and follows a redirect by turning
    the POST into a GET, whose 200 looks like success.
    """

    def __init__(self, *, session: requests.Session, **given: Any) -> None:
        super().__init__(**given)
        self.session = session

    def _build_client(self, name: str | None = None) -> "OneRequest":
        return OneRequest(
            session=self.session,
            host=self.host,
            version=self._version,
            request_headers=self.request_headers,
            url_path=[*self._url_path, name] if name else self._url_path,
        )

    def _make_request(self, opener: object, request: Any, timeout: object = None) -> _Answer:
        answer = self.session.request(
            request.get_method(),
            request.full_url,
            data=request.data,
            headers=dict(request.header_items()),
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )
        if answer.status_code >= 300:
            raise HTTPError(answer.status_code, answer.reason, answer.content, answer.headers)
        return _Answer(answer)


class Account:
    """One part of an account at its base URL; where there is none, no other host is asked."""

    def __init__(self, api_key: str, base: str | None, variable: str) -> None:
        self._client: Any = None
        self._variable = variable
        if base is not None:
            made = SendGridAPIClient(api_key, host=base.rstrip("/"))
            self._client = OneRequest(
                session=new_session(), host=made.host, request_headers=made.client.request_headers, version=3
            )

    @property
    def api(self) -> Any:
        """The SDK's client.

        Raises:
            Misconfigured: there is no base URL for this part.
        """
        if self._client is None:
            remedy = "and with another base URL set no other host is asked"
            raise Misconfigured(f"{self._variable} is not set, {remedy}")
        return self._client


class Logs:
    """The log of an account, which it need not have; raises what the SDK does."""

    def __init__(self, api_key: str, base: str | None) -> None:
        self._account = Account(api_key, base, "SENDGRID_LOGS_BASE")

    def listed(self, to: str, since: datetime) -> Sequence[Mapping[str, Any]]:
        """Return what went to a mailbox since the real instant `since`, the newest first, in short."""
        earliest = (since - _SKEW).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        mailbox = to.replace("'", "''")
        query = f"to_email='{mailbox}' AND sg_message_id_created_at > TIMESTAMP \"{earliest}\""
        answer = self._account.api.logs.post(request_body={"query": query, "limit": _LISTED})
        found: list[Mapping[str, Any]] = json.loads(answer.body)["messages"]
        return found

    def shown(self, name: str) -> Mapping[str, Any]:
        """Return one letter with its events, by its id there."""
        found: Mapping[str, Any] = json.loads(self._account.api.logs._(name).get().body)
        return found


def reference_of(logged: Mapping[str, Any]) -> str | None:
    """Return our reference for a letter of the log; None where it carried none."""
    said = (logged.get("custom_args") or {}).get("rid")
    return None if said is None else str(said)


def raise_sorted(error: Exception, *, now: datetime) -> NoReturn:
    """Raise what an error of a call that changes something means to whoever made it.

    Raises:
        TryAgainLater, Refused, Misconfigured, InDoubt: in words without anything personal.
    """
    if isinstance(error, HTTPError):
        delay = retry_after(error.headers, now)
        raise_for(trouble_of_status(int(error.status_code)), delay=delay)
    if isinstance(error, requests.RequestException) and never_left(error):
        raise TryAgainLater(UNREACHABLE) from None
    raise InDoubt(f"SendGrid did not answer: {type(error).__name__}") from None


def raise_unanswered(error: Exception, *, now: datetime) -> NoReturn:
    """Raise what an error of a call that only asks means: nothing was changed, so it is asked again.

    Raises:
        TryAgainLater, Misconfigured: in words without anything personal.
    """
    if isinstance(error, HTTPError):
        if error.status_code == 401:
            raise_for(trouble_of_status(401))
        if (delay := retry_after(error.headers, now)) is not None:
            raise TryAgainLater(UNREACHABLE, delay=delay) from None
    raise TryAgainLater(UNREACHABLE) from None
