"""Onboarding: who is asked about new customers."""

from dataclasses import replace

from activities.onboarding_checks import CheckPorts
from composition.messaging import twilio_http
from providers.onboarding_files import NumberPlan, OnboardingFiles
from settings import ROOT, Settings


def checking(settings: Settings) -> CheckPorts:
    """Return who is asked about new customers: a provider that is set up, else files and the number plan."""
    files = onboarding_files(settings)
    made = CheckPorts(
        bureau=files, identities=files, cards=files, lines=NumberPlan(), sanctions=files, lists=files
    )
    if settings.credit_bureau_url is not None and settings.credit_bureau_key is not None:
        from providers.generic_bureau import GenericBureau

        key = settings.credit_bureau_key.get_secret_value()
        made = replace(made, bureau=GenericBureau(base=settings.credit_bureau_url, key=key))
    if settings.identity_url is not None and settings.identity_key is not None:
        from providers.generic_bureau import GenericIdentities

        key = settings.identity_key.get_secret_value()
        made = replace(made, identities=GenericIdentities(base=settings.identity_url, key=key))
    if settings.sanctions_url is not None and settings.sanctions_key is not None:
        from providers.generic_bureau import GenericSanctions

        key = settings.sanctions_key.get_secret_value()
        made = replace(made, sanctions=GenericSanctions(base=settings.sanctions_url, key=key))
    if settings.stripe_api_key is not None:
        from providers.stripe_cards import BASE, StripeCards

        key = settings.stripe_api_key.get_secret_value()
        own = None if settings.standing_in else BASE
        made = replace(made, cards=StripeCards(key=key, base=settings.stripe_base or own))
    account, api_key, secret = (
        settings.twilio_account_sid,
        settings.twilio_api_key,
        settings.twilio_api_secret,
    )
    if settings.twilio_lookup and account is not None and api_key is not None and secret is not None:
        from providers.twilio_lookup import TwilioLookup

        lines = TwilioLookup(
            account=account,
            key=api_key.get_secret_value(),
            secret=secret.get_secret_value(),
            http=twilio_http(settings),
        )
        made = replace(made, lines=lines)
    return made


def onboarding_files(settings: Settings) -> OnboardingFiles:
    """Return the lists and tables of onboarding that finance fills."""
    return OnboardingFiles(settings.onboarding_files or ROOT / "policies" / "onboarding")
