"""Messages: Twilio's SMS and Verify, and SendGrid's email; each None where it is not set up.

The vendors' SDKs are imported where they are needed: most commands do without, and they take time.
"""

from typing import TYPE_CHECKING

from activities.messages import Courier
from activities.telling import Registrar
from activities.tracking import Tracker
from settings import Settings
from store.verifications import CodeCheck

if TYPE_CHECKING:
    from providers.twilio_client import RoutedHttp
    from providers.twilio_verify import TwilioVerify


def sms(settings: Settings) -> Courier | None:
    """Return the courier of Twilio's SMS; None where Twilio is not set up."""
    account, key, secret = settings.twilio_account_sid, settings.twilio_api_key, settings.twilio_api_secret
    if account is None or key is None or secret is None:
        return None
    from providers.twilio_sms import TwilioSms

    return TwilioSms(
        account=account,
        key=key.get_secret_value(),
        secret=secret.get_secret_value(),
        sender=settings.sms_sender,
        public_url=settings.public_url,
        http=twilio_http(settings),
    )


def verify(settings: Settings) -> "TwilioVerify | None":
    """Return the verifier of Twilio Verify; None where no Verify service is set up."""
    account, key, secret = settings.twilio_account_sid, settings.twilio_api_key, settings.twilio_api_secret
    if account is None or key is None or secret is None or settings.twilio_verify is None:
        return None
    from providers.twilio_verify import TwilioVerify

    return TwilioVerify(
        account=account,
        key=key.get_secret_value(),
        secret=secret.get_secret_value(),
        service=settings.twilio_verify,
        http=twilio_http(settings),
    )


def code_check(settings: Settings) -> CodeCheck | None:
    """Return who is asked whether a code is right; None where codes are ours."""
    return verify(settings)


def twilio_http(settings: Settings) -> "RoutedHttp":
    """Return how Twilio's products are reached: at their own hosts, or only at those that stand in."""
    from providers.twilio_client import RoutedHttp

    bases = {
        "api": settings.twilio_api_base,
        "verify": settings.twilio_verify_base,
        "lookups": settings.twilio_lookups_base,
        "accounts": settings.twilio_accounts_base,
    }
    given = {product: base for product, base in bases.items() if base is not None}
    return RoutedHttp(given if settings.standing_in else None)


def email(settings: Settings) -> Courier | None:
    """Return the courier of SendGrid's email; None where SendGrid is not set up."""
    if settings.sendgrid_api_key is None or settings.sendgrid_from is None:
        return None
    from providers.sendgrid_client import BASE
    from providers.sendgrid_email import SendGridEmail

    own = None if settings.standing_in else BASE
    return SendGridEmail(
        api_key=settings.sendgrid_api_key.get_secret_value(),
        sender=settings.sendgrid_from,
        base=settings.sendgrid_base or own,
        logs_base=settings.sendgrid_logs_base or own,
        statutory_group=settings.sendgrid_statutory_group,
    )


def trackers(settings: Settings) -> dict[str, Tracker]:
    """Return who is asked about messages of which nothing came back, by channel."""
    found: dict[str, Tracker] = {}
    account, key, secret = settings.twilio_account_sid, settings.twilio_api_key, settings.twilio_api_secret
    if account is not None and key is not None and secret is not None:
        from providers.twilio_tracker import TwilioTracker

        http = twilio_http(settings)
        found["sms"] = TwilioTracker(
            account=account, key=key.get_secret_value(), secret=secret.get_secret_value(), http=http
        )
    if settings.sendgrid_api_key is not None:
        from providers.sendgrid_client import BASE
        from providers.sendgrid_tracker import SendGridTracker

        own = None if settings.standing_in else BASE
        found["email"] = SendGridTracker(
            api_key=settings.sendgrid_api_key.get_secret_value(), logs_base=settings.sendgrid_logs_base or own
        )
    return found


def registrar(settings: Settings) -> Registrar | None:
    """Return who is told of opt-outs from SMS; None without Twilio, or where its account has no such API."""
    account, key, secret = settings.twilio_account_sid, settings.twilio_api_key, settings.twilio_api_secret
    if account is None or key is None or secret is None or not settings.twilio_consents:
        return None
    from providers.twilio_consents import TwilioConsents

    return TwilioConsents(
        account=account,
        key=key.get_secret_value(),
        secret=secret.get_secret_value(),
        sender=settings.sms_sender,
        http=twilio_http(settings),
    )
