"""A vendor is set up whole or not at all, and with a stand-in for one product no real host is asked."""

import pytest

from composition import checking, doors, email, registrar, sms, stripe_events, trackers
from domain.errors import Misconfigured
from providers.sendgrid_email import SendGridEmail
from providers.twilio_sms import TwilioSms
from settings import BadSettings, Settings
from tests.providers.vendors import email as letter
from tests.providers.vendors import now

TWILIO = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_API_KEY": "SK1",
    "TWILIO_API_SECRET": "hush-1",
    "TWILIO_AUTH_TOKEN": "hush-2",
    "TWILIO_FROM": "+447700900000",
}
SENDGRID = {"SENDGRID_API_KEY": "hush-3", "SENDGRID_FROM": "ar@acme.example", "SENDGRID_WEBHOOK_KEY": "MFk"}


def read(monkeypatch: pytest.MonkeyPatch, **given: str) -> Settings:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return Settings.from_env()


def without(given: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in given.items() if key != name}


def test_without_vendors_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch)
    assert (sms(settings), email(settings)) == (None, None)


def test_a_vendor_that_is_set_up_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, **TWILIO, **SENDGRID)
    assert isinstance(sms(settings), TwilioSms)
    assert isinstance(email(settings), SendGridEmail)
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (without(TWILIO, "TWILIO_API_SECRET"), "Twilio is set up by half: set TWILIO_API_SECRET too"),
        (without(TWILIO, "TWILIO_FROM"), "set either TWILIO_FROM or TWILIO_MESSAGING_SERVICE, and not both"),
        (
            {**TWILIO, "TWILIO_MESSAGING_SERVICE": "MG" + "0" * 32},
            "set either TWILIO_FROM or TWILIO_MESSAGING_SERVICE, and not both",
        ),
        (
            {"SENDGRID_API_KEY": "hush"},
            "SendGrid is set up by half: set SENDGRID_FROM, SENDGRID_WEBHOOK_KEY too",
        ),
        ({"TWILIO_VERIFY": "VA" + "0" * 32}, "TWILIO_VERIFY needs the account: set TWILIO_ACCOUNT_SID"),
        ({"TWILIO_SHARED_KEYS": "k=hush"}, "TWILIO_SHARED_KEYS needs the account: set TWILIO_ACCOUNT_SID"),
        (
            {**TWILIO, "TWILIO_SHARED_KEYS": "hush"},
            "TWILIO_SHARED_KEYS: write each key with its id, id=secret, and a comma between two",
        ),
        (
            {"TWILIO_ACCOUNTS_BASE": "accounts.twilio.com"},
            "TWILIO_ACCOUNTS_BASE: String should match pattern",
        ),
        ({"SENDGRID_BASE": "api.sendgrid.com"}, "SENDGRID_BASE: String should match pattern"),
    ],
)
def test_half_a_vendor_is_refused_with_what_is_missing(
    given: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadSettings) as caught:
        read(monkeypatch, **given)
    assert words in str(caught.value)
    assert "hush" not in str(caught.value)


def test_with_any_base_url_every_other_product_is_shut(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {**TWILIO, **SENDGRID, "STRIPE_API_KEY": "hush"}
    settings = read(monkeypatch, **given, TWILIO_VERIFY_BASE="http://127.0.0.1:9")
    courier, letters = sms(settings), email(settings)
    assert isinstance(courier, TwilioSms)
    assert courier._http.bases == {"verify": "http://127.0.0.1:9"}
    assert isinstance(letters, SendGridEmail)
    with pytest.raises(Misconfigured, match="SENDGRID_BASE"):
        letters.deliver(letter(), at=now())
    with pytest.raises(Misconfigured, match="STRIPE_BASE"):
        checking(settings).cards.card("pm_1")


def test_each_vendor_that_is_set_up_is_asked_what_became_of_its_messages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert trackers(read(monkeypatch)) == {}
    assert set(trackers(read(monkeypatch, **TWILIO))) == {"sms"}
    assert set(trackers(read(monkeypatch, **TWILIO, **SENDGRID))) == {"sms", "email"}


def test_twilio_is_told_of_opt_outs_unless_its_account_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    assert registrar(read(monkeypatch)) is None
    assert registrar(read(monkeypatch, **TWILIO)) is not None
    assert registrar(read(monkeypatch, **TWILIO, TWILIO_CONSENTS="false")) is None


def test_shared_keys_are_told_apart_by_their_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, **TWILIO, TWILIO_SHARED_KEYS="webhooks_sharedkey_1=hush==, k-2=hush/2")
    assert settings.shared_keys == {"webhooks_sharedkey_1": "hush==", "k-2": "hush/2"}
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"STRIPE_WEBHOOK_SECRET": "hush"}, "write each secret as Stripe shows it"),
        ({"STRIPE_WEBHOOK_SECRET": "whsec_hushhush,"}, "write each secret as Stripe shows it"),
        ({"STRIPE_WEBHOOK_SECRET": "whsec_hushhush"}, "set STRIPE_MODE to live or test"),
        ({"STRIPE_API_KEY": "sk_test_hush", "STRIPE_MODE": "live"}, "not that of STRIPE_API_KEY"),
        ({"STRIPE_MODE": "demo"}, "STRIPE_MODE"),
    ],
)
def test_what_of_stripe_does_not_fit_together_is_refused(
    given: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadSettings, match=words) as caught:
        read(monkeypatch, **given)
    assert "hush" not in str(caught.value)


def test_stripe_is_heard_in_the_mode_of_its_key_and_asked_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "stripe" not in doors(read(monkeypatch))
    secret = {"STRIPE_WEBHOOK_SECRET": "whsec_newest, whsec_before"}
    alone = read(monkeypatch, **secret, STRIPE_MODE="live")
    assert (alone.stripe_live, alone.stripe_secrets) == (True, ("whsec_newest", "whsec_before"))
    assert "stripe" in doors(alone)
    assert stripe_events(alone) is None
    monkeypatch.delenv("STRIPE_MODE")
    asked = read(monkeypatch, **secret, STRIPE_API_KEY="rk_test_hush")
    assert asked.stripe_live is False
    assert stripe_events(asked) is not None
    assert "hush" not in repr(asked)
