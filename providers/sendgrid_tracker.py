"""What became of a letter, asked of the log of the SendGrid account, which an account need not have."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from python_http_client.exceptions import HTTPError

from domain.delivery import Receipt, names_of
from domain.errors import Misconfigured
from providers.sendgrid_client import BASE, ERRORS, Logs, raise_unanswered, reference_of
from providers.sendgrid_door import receipt_of
from providers.vendor_http import real_now

_NOTHING_YET = "processed"
_NO_REPORT = frozenset({"received"})
"""Events that are about the request and not about the letter."""


class Sent(Protocol):
    """The letter that is asked about."""

    @property
    def reference(self) -> str: ...

    @property
    def provider_ref(self) -> str: ...

    @property
    def to(self) -> str: ...

    @property
    def sent_at(self) -> datetime: ...


class SendGridTracker:
    """Asks about one letter at a time: by its mailbox first, where SendGrid's full name is not known."""

    a_minute = 30
    """Far below what any account is known to bear; whoever asks too much is told so by a 429."""

    def __init__(
        self, *, api_key: str, logs_base: str | None = BASE, now: Callable[[], datetime] = real_now
    ) -> None:
        self._logs = Logs(api_key, logs_base)
        self._now = now

    def ask(self, asked: Sent) -> Sequence[Receipt]:
        """Return the events that the log has of a letter, as the webhook would have brought them."""
        try:
            return [receipt_of(event) for name in self._names(asked) for event in self._events(name, asked)]
        except HTTPError as error:
            if error.status_code == 403:
                remedy = "allow it for the API key, or ask SendGrid for it"
                raise Misconfigured(f"the log of the SendGrid account may not be read: {remedy}") from None
            if error.status_code == 404:
                return []  # It keeps a letter for a month, and may not show a new one yet.
            raise_unanswered(error, now=self._now())
        except ERRORS as error:
            raise_unanswered(error, now=self._now())

    def _names(self, asked: Sent) -> list[str]:
        """Return the names in the log of what may be the letter, and of which there is anything to hear."""
        if "." in asked.provider_ref:
            return [asked.provider_ref]
        if not asked.to:
            return []
        listed = [
            each for each in self._logs.listed(asked.to, asked.sent_at) if each["status"] != _NOTHING_YET
        ]
        names = [str(each["sg_message_id"]) for each in listed]
        if asked.provider_ref == asked.reference:  # SendGrid gave no name: each may be it.
            return names
        return [name for name in names if asked.provider_ref in names_of(name)]

    def _events(self, name: str, asked: Sent) -> Iterator[Mapping[str, Any]]:
        shown = self._logs.shown(name)
        if reference_of(shown) != asked.reference:
            return
        for event in shown["events"]:
            if event["event"] not in _NO_REPORT:
                yield {**event, "rid": asked.reference}
