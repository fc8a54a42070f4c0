"""Email through SendGrid: one letter to one mailbox, and the question whether it went out.

SendGrid has no key by which a letter is told from its repetition either. Each carries our reference as
`rid`, which every event brings back, and which the log of the account shows.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from python_http_client.exceptions import HTTPError
from sendgrid.helpers.mail import (
    Asm,
    Category,
    ClickTracking,
    Content,
    CustomArg,
    From,
    GroupId,
    GroupsToDisplay,
    Header,
    Mail,
    OpenTracking,
    ReplyTo,
    SubscriptionTracking,
    To,
    TrackingSettings,
)

from domain.errors import InDoubt, Misconfigured, TryAgainLater
from domain.notice import Accepted, Message
from providers.sendgrid_client import (
    BASE,
    ERRORS,
    Account,
    Logs,
    raise_sorted,
    raise_unanswered,
    reference_of,
)
from providers.vendor_http import SETTLE, real_now

_CATEGORY = "dunning"


class SendGridEmail:
    """The courier of email.

    Args:
        sender: the verified address, with a name or without: `Acme <billing@acme.example>`.
        base, logs_base: where SendGrid and its log answer.
        statutory_group: the unsubscribe group of what the law requires; without one it is in none.
        settle: after so much real time a letter that the log does not show was probably never taken.
    """

    def __init__(
        self,
        *,
        api_key: str,
        sender: str,
        base: str | None = BASE,
        logs_base: str | None = BASE,
        statutory_group: int | None = None,
        settle: timedelta = SETTLE,
        now: Callable[[], datetime] = real_now,
    ) -> None:
        self.sender = sender
        self._mail = Account(api_key, base, "SENDGRID_BASE")
        self._logs = Logs(api_key, logs_base)
        self._statutory_group = statutory_group
        self._settle = settle
        self._now = now

    def deliver(self, message: Message, *, at: datetime) -> Accepted:
        """Hand one letter over; errors as those of a `Courier`."""
        group = self._statutory_group if message.statutory else None
        letter = _letter(message, self.sender, group=group)
        try:
            answer = self._mail.api.mail.send.post(request_body=letter)
        except ERRORS as error:
            raise_sorted(error, now=self._now())
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
                raise_unanswered(error, now=self._now())
            found = None
        except ERRORS as error:
            raise_unanswered(error, now=self._now())
        if found is not None:
            return Accepted(reference=reference, provider_ref=found)
        if (age := self._now() - since) < self._settle:
            raise TryAgainLater("SendGrid's log does not show it yet", delay=self._settle - age)
        raise InDoubt("SendGrid's log does not show it")

    def _logged(self, reference: str, to: str, since: datetime) -> str | None:
        for each in self._logs.listed(to, since):
            name = str(each["sg_message_id"])
            if reference_of(self._logs.shown(name)) == reference:
                return name
        return None


def _letter(message: Message, sender: str, *, group: int | None = None) -> dict[str, Any]:
    """Return the letter as SendGrid takes it: one recipient, plain text before HTML, nothing rewritten.

    SendGrid's own lists of those who want no mail are never bypassed, whatever the letter is.
    """
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
    if group is not None:
        mail.asm = Asm(GroupId(group), GroupsToDisplay([]))
    mail.tracking_settings = TrackingSettings(
        click_tracking=ClickTracking(False, False),
        open_tracking=OpenTracking(False),
        subscription_tracking=SubscriptionTracking(False),
    )
    letter: dict[str, Any] = mail.get()
    return letter
