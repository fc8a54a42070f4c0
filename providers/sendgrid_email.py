"""Email through SendGrid: one letter to one mailbox, and the question whether it went out.

SendGrid has no key by which a letter is told from its repetition either. Each carries our reference as
`rid`, which every event brings back, and which the log of the account shows.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import Any, NoReturn

import requests
from python_http_client import Client
from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import (
    Category,
    ClickTracking,
    Content,
    CustomArg,
    From,
    Header,
    Mail,
    OpenTracking,
    ReplyTo,
    SubscriptionTracking,
    To,
    TrackingSettings,
)

from domain.errors import InDoubt, Misconfigured, TryAgainLater, raise_for
from domain.notice import Accepted, Message
from providers.sendgrid_events import trouble_of_status
from providers.vendor_http import SETTLE, TIMEOUT_SECONDS, never_left, new_session, real_now, retry_after

BASE = "https://api.sendgrid.com"
UNREACHABLE = "SendGrid cannot be reached"

_CATEGORY = "dunning"
_LISTED = 10
_SKEW = timedelta(seconds=120)


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


_ERRORS = (HTTPError, requests.RequestException, ValueError, KeyError, TypeError, AttributeError)
"""What the SDK raises, and whatever an answer does that cannot be read."""


class SendGridEmail:
    """The courier of email.

    Args:
        sender: the verified address, with a name or without: `Acme <billing@acme.example>`.
        base, logs_base: where SendGrid and its log answer.
        settle: after so much real time a letter that the log does not show was probably never taken.
    """

    def __init__(
        self,
        *,
        api_key: str,
        sender: str,
        base: str | None = BASE,
        logs_base: str | None = BASE,
        settle: timedelta = SETTLE,
        now: Callable[[], datetime] = real_now,
    ) -> None:
        self.sender = sender
        self._mail = _client(api_key, base)
        self._logs = _client(api_key, logs_base)
        self._settle = settle
        self._now = now

    def deliver(self, message: Message, *, at: datetime) -> Accepted:
        """Hand one letter over; errors as those of a `Courier`."""
        letter = _letter(message, self.sender)
        try:
            answer = _open(self._mail, "SENDGRID_BASE").mail.send.post(request_body=letter)
        except _ERRORS as error:
            self._raise_sorted(error)
        if answer.status_code == 200:
            raise Misconfigured("SendGrid is in sandbox mode: it checked the letter and sent nothing")
        if answer.status_code != 202:
            raise InDoubt(f"SendGrid answered with HTTP {answer.status_code}, and not with 202")
        return Accepted(
            reference=message.reference, provider_ref=answer.headers.get("X-Message-Id") or message.reference
        )

    def find(self, reference: str, *, to: str, since: datetime) -> Accepted | None:
        """Look for the letter in the log of the account, which an account need not have.

        Raises:
            TryAgainLater: it may be missing there yet, or SendGrid does not answer.
            InDoubt: it is old enough to be there, and is not; or there is no log.
        """
        try:
            found = self._logged(reference, to, since)
        except HTTPError as error:
            if error.status_code not in (403, 404):
                self._raise_unanswered(error)
            found = None
        except _ERRORS as error:
            self._raise_unanswered(error)
        if found is not None:
            return Accepted(reference=reference, provider_ref=found)
        if (age := self._now() - since) < self._settle:
            raise TryAgainLater("SendGrid's log does not show it yet", delay=self._settle - age)
        raise InDoubt("SendGrid's log does not show it")

    def _logged(self, reference: str, to: str, since: datetime) -> str | None:
        logs = _open(self._logs, "SENDGRID_LOGS_BASE").logs
        earliest = (since - _SKEW).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        mailbox = to.replace("'", "''")
        query = f"to_email='{mailbox}' AND sg_message_id_created_at > TIMESTAMP \"{earliest}\""
        listed = logs.post(request_body={"query": query, "limit": _LISTED})
        for each in json.loads(listed.body)["messages"]:
            name = str(each["sg_message_id"])
            logged = json.loads(logs._(name).get().body)
            if (logged.get("custom_args") or {}).get("rid") == reference:
                return name
        return None

    def _raise_sorted(self, error: Exception) -> NoReturn:
        if isinstance(error, HTTPError):
            delay = retry_after(error.headers, self._now())
            raise_for(trouble_of_status(int(error.status_code)), delay=delay)
        if isinstance(error, requests.RequestException) and never_left(error):
            raise TryAgainLater(UNREACHABLE) from None
        raise InDoubt(f"SendGrid did not answer: {type(error).__name__}") from None

    def _raise_unanswered(self, error: Exception) -> NoReturn:
        if isinstance(error, HTTPError):
            if error.status_code == 401:
                raise_for(trouble_of_status(401))
            if (delay := retry_after(error.headers, self._now())) is not None:
                raise TryAgainLater(UNREACHABLE, delay=delay) from None
        raise TryAgainLater(UNREACHABLE) from None


def _client(api_key: str, base: str | None) -> Any:
    if base is None:
        return None
    made = SendGridAPIClient(api_key, host=base.rstrip("/"))
    return OneRequest(
        session=new_session(), host=made.host, request_headers=made.client.request_headers, version=3
    )


def _open(client: Any, variable: str) -> Any:
    if client is None:
        raise Misconfigured(f"{variable} is not set, and with another base URL set no other host is asked")
    return client


def _letter(message: Message, sender: str) -> dict[str, Any]:
    """Return the letter as SendGrid takes it: one recipient, plain text before HTML, nothing rewritten."""
    name, address = parseaddr(sender)
    mail = Mail(
        from_email=From(address, name or None), to_emails=To(message.to), subject=message.subject or ""
    )
    mail.reply_to = ReplyTo(parseaddr(message.sender)[1] or address)
    mail.add_content(Content("text/plain", message.text))
    if message.html is not None:
        mail.add_content(Content("text/html", message.html))
    for header, value in message.headers:
        mail.add_header(Header(header, value))
    mail.add_category(Category(_CATEGORY))
    mail.add_category(Category(message.step[:255]))
    mail.add_custom_arg(CustomArg("rid", message.reference))
    mail.tracking_settings = TrackingSettings(
        click_tracking=ClickTracking(False, False),
        open_tracking=OpenTracking(False),
        subscription_tracking=SubscriptionTracking(False),
    )
    letter: dict[str, Any] = mail.get()
    return letter
