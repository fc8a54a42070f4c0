"""Checks of what a new customer wrote: name, addresses, telephone number, VAT id. Offline and pure.

Findings are codes with a weight and a sentence that names no personal data, so that they may stand
in a fact. The worst weight is the outcome of the check.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, ValidatedEmail, validate_email
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType
from stdnum import get_cc_module
from stdnum.exceptions import InvalidChecksum, ValidationError

from domain.customer import Customer
from domain.onboarding.application import Application
from domain.onboarding.findings import FINDINGS, Outcome, weighed

RULESET = "identifiers-1"
"""Named in every fact of this check; raise it when a rule here changes."""


_LONGEST = {"name": 200, "email": 254, "phone": 40, "address": 500, "vat_id": 32}
# Of ISO 3166 those that have telephone numbers of their own, and those that have none.
_COUNTRIES = (phonenumbers.SUPPORTED_REGIONS - {"AC", "TA", "XK"}) | set("AQ BV GS HM PN TF UM".split())
_PREMIUM = {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST}
# Greece and Northern Ireland write VAT ids with letters that are no ISO country.
_VAT_PREFIXES = {"EL": "GR", "XI": "GB"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """How a check came out; `reasons` are codes of FINDINGS, the gravest first."""

    outcome: Outcome
    reasons: tuple[str, ...]


def check_identifiers(application: Application) -> CheckResult:
    """Check all that can be checked without asking anybody."""
    found = [
        *_name(application),
        *_email(application),
        *_phone(application),
        *_country(application),
        *_address(application),
        *_vat_id(application),
    ]
    outcome, reasons = weighed(found)
    return CheckResult(outcome=outcome, reasons=reasons)


def unusable(application: Application) -> list[str]:
    """Return why an application cannot be taken at all, a sentence each, which shows no personal data."""
    return [*_wrong_words(application), *_wrong_place(application), *_wrong_texts(application)]


def _wrong_words(application: Application) -> Iterator[str]:
    """Yield what a plan cannot know a customer by; each word is tried alone, so that all are named."""
    for field in ("id", "segment", "country", "timezone", "language", "currency", "size", "risk"):
        value = application.customer_id if field == "id" else getattr(application, field)
        alone: dict[str, Any] = {"id": "C", field: value}
        try:
            Customer(**alone)
        except ValueError as error:
            yield str(error)
        else:
            if field == "country" and value is not None and value not in _COUNTRIES:
                yield f"{value!r} is no country of ISO 3166: use a code such as DE or JP"


def _wrong_place(application: Application) -> Iterator[str]:
    try:
        _ = application.whereabouts
    except ValueError as error:
        yield str(error)


def _wrong_texts(application: Application) -> Iterator[str]:
    for field, longest in _LONGEST.items():
        text = getattr(application, field) or ""
        if len(text) > longest:
            yield f"the {field.replace('_', ' ')} is longer than {longest} characters: shorten it"
        # An address has its parts on lines of their own.
        if not all(line.isprintable() for line in (text.split("\n") if field == "address" else [text])):
            yield f"the {field.replace('_', ' ')} has characters that cannot be printed: write it anew"
    if "email_malformed" in _email(application):
        yield "the email address cannot exist: write it like name@example.com"


def tidied(application: Application) -> Application:
    """Return the application with email and telephone number in their standard form, where they have one."""
    email, phone = _read_email(application.email), _read_phone(application)
    return replace(
        application,
        email=email.normalized if email else application.email,
        phone=phonenumbers.format_number(phone, PhoneNumberFormat.E164) if phone else application.phone,
    )


def usable(application: Application) -> Application:
    """Return addresses that somebody of ours wrote down, in their standard form; any may be absent.

    Raises:
        ValueError: one certainly cannot be used; the sentence does not show it.
    """
    found = [FINDINGS[code] for code in (*_present(_email(application)), *_present(_phone(application)))]
    wrong = [finding.words for finding in found if finding.weight == "fail"]
    if wrong:
        raise ValueError(f"{'; '.join(wrong)}: correct it, like name@example.com or +44 20 7946 0000")
    return tidied(application)


def _present(codes: Iterator[str]) -> Iterator[str]:
    return (code for code in codes if not code.endswith("_missing"))


def _name(application: Application) -> Iterator[str]:
    if not any(char.isalpha() for char in application.name or ""):
        yield "name_missing"


def _email(application: Application) -> Iterator[str]:
    if not application.email:
        yield "email_missing"
        return
    email = _read_email(application.email)
    if email is None:
        yield "email_malformed"
    elif email.ascii_email is None:
        yield "email_not_ascii"


def _read_email(text: str | None) -> ValidatedEmail | None:
    try:
        # Asking the DNS would wait for it, and calls an address wrong while it is away.
        return validate_email(text, check_deliverability=False) if text else None
    except EmailNotValidError:
        return None


def _phone(application: Application) -> Iterator[str]:
    if not application.phone:
        yield "phone_missing"
        return
    number = _read_phone(application)
    if number is None:
        yield "phone_malformed"
        return
    if phonenumbers.number_type(number) in _PREMIUM:
        yield "phone_premium"
    country = application.country
    if country is None or country not in phonenumbers.SUPPORTED_REGIONS:
        return
    if not phonenumbers.is_valid_number_for_region(number, country):
        yield "phone_elsewhere"


def _read_phone(application: Application) -> PhoneNumber | None:
    if not application.phone:
        return None
    try:
        number = phonenumbers.parse(application.phone, application.country)
    except NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _country(application: Application) -> Iterator[str]:
    country = application.country
    if country is None:
        yield "country_missing"
    elif country not in phonenumbers.SUPPORTED_REGIONS:
        yield "country_unknown"


def _address(application: Application) -> Iterator[str]:
    parts = [part for part in (application.address or "").replace("\n", ",").split(",") if part.strip()]
    if not parts:
        yield "address_missing"
    elif len(parts) < 2:
        yield "address_short"


def _vat_id(application: Application) -> Iterator[str]:
    vat_id = "".join((application.vat_id or "").split()).upper()
    if not vat_id:
        if application.segment == "business":
            yield "vat_id_missing"
        return
    fault = _fault(application.country, vat_id)
    if fault is None:
        return
    written_for = _VAT_PREFIXES.get(vat_id[:2], vat_id[:2])
    elsewhere = written_for != application.country and vat_id[:2].isalpha()
    # Only once it is wrong at home: the letters of many national ids look like another country's.
    if elsewhere and _fault(written_for, vat_id) is None:
        yield "vat_id_elsewhere"
    else:
        yield fault


def _fault(country: str | None, vat_id: str) -> str | None:
    """Return what is wrong with a VAT id as one of this country; None when nothing is."""
    module = None
    if country is not None:
        module = get_cc_module(country.lower(), "ein" if country == "US" else "vat")
    if module is None:
        return "vat_id_unknown_form"
    try:
        module.validate(vat_id)
    except InvalidChecksum:
        return "vat_id_wrong"
    except ValidationError:
        return "vat_id_malformed"
    return None
