"""What the tests of both vendors share: the adapters at the loopback vendors, and one message."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.notice import Message, short_reference
from providers.loopback.server import Loopback
from providers.sendgrid_email import SendGridEmail
from providers.twilio_client import RoutedHttp
from providers.twilio_sms import TwilioSms

PHONE, MAILBOX = "+447700900123", "ap@o'hara.example"
SETTLE = timedelta(minutes=5)


def sms_of(loopback: Loopback, **more: Any) -> TwilioSms:
    """The real adapter, over the real SDK, at the loopback vendor."""
    twilio = loopback.twilio
    given: dict[str, Any] = {
        "account": twilio.account,
        "key": twilio.key,
        "secret": twilio.secret,
        "sender": "+447700900000",
        "http": RoutedHttp({"api": loopback.base}),
        "settle": SETTLE,
    }
    return TwilioSms(**{**given, **more})


def email_of(loopback: Loopback, **more: Any) -> SendGridEmail:
    """The real adapter, over the real SDK, at the loopback vendor."""
    given: dict[str, Any] = {
        "api_key": loopback.sendgrid.api_key,
        "sender": "Acme Ltd <billing@acme.example>",
        "base": loopback.base,
        "logs_base": loopback.base,
        "settle": SETTLE,
    }
    return SendGridEmail(**{**given, **more})


def sms(reference: str = "m-3f9a2b0000000000", to: str = PHONE, **more: Any) -> Message:
    """One SMS as it is rendered, with its short reference."""
    text = f"Acme: invoice INV-1 is due. Ref {short_reference(reference)}."
    return _message(channel="sms", to=to, reference=reference, sender="Acme", subject=None, text=text, **more)


def email(reference: str = "m-3f9a2b0000000000", to: str = MAILBOX, **more: Any) -> Message:
    """One letter."""
    words = {"subject": "Invoice INV-1", "text": "Please pay.\n", "html": "<p>Please pay.</p>"}
    headers = (
        ("Auto-Submitted", "auto-generated"),
        ("List-Unsubscribe", "<https://u.acme.example/u/TOKEN>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )
    given = {"channel": "email", "to": to, "reference": reference, "sender": "ar@acme.example"}
    return _message(**{**given, **words, "headers": headers, **more})


def _message(**given: Any) -> Message:
    return Message(**{"step": "reminder_first", "customer": "ACME", **given})


def now() -> datetime:
    return datetime.now(UTC)
