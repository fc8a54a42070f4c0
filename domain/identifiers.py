"""Checks of what a new customer wrote: name, addresses, telephone number, VAT id. Offline and pure.

Findings are codes with a weight and a sentence that names no personal data, so that they may stand
in a fact. The worst weight is the outcome of the check.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import phonenumbers
from email_validator import EmailNotValidError, ValidatedEmail, validate_email
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType
from stdnum import get_cc_module
from stdnum.exceptions import InvalidChecksum, ValidationError

from domain.customer import Customer
from domain.onboarding import Application

RULESET = "identifiers-1"
"""Named in every fact of this check; raise it when a rule here changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one finding means: `fail` is wrong for certain, `review` is for a person to judge."""

    weight: Literal["review", "fail"]
    words: str


def _fails(words: str) -> Finding:
    return Finding(weight="fail", words=words)


def _for_review(words: str) -> Finding:
    return Finding(weight="review", words=words)


FINDINGS: Mapping[str, Finding] = {
    "name_missing": _fails("there is no name"),
    "email_missing": _for_review("there is no email address"),
    "email_malformed": _fails("the email address cannot exist"),
    "email_not_ascii": _for_review("not every mail system can write to this email address"),
    "phone_missing": _fails("there is no telephone number to send a code to"),
    "phone_malformed": _fails("the telephone number cannot exist"),
    "phone_premium": _fails("the telephone number is one that charges who calls it"),
    "phone_elsewhere": _for_review("the telephone number belongs to another country than the customer"),
    "country_missing": _for_review("there is no country"),
    "country_unknown": _fails("there is no such country"),
    "address_missing": _for_review("there is no postal address"),
    "address_short": _for_review("the postal address has no street or no town"),
    "vat_id_missing": _for_review("a business without a VAT id"),
    "vat_id_malformed": _fails("the VAT id does not have the form of this country's"),
    "vat_id_wrong": _fails("the check digit of the VAT id is wrong"),
    "vat_id_elsewhere": _for_review("the VAT id belongs to another country than the customer"),
    "vat_id_unknown_form": _for_review("we know no form for VAT ids of this country"),
}

_LONGEST = {"name": 200, "email": 254, "phone": 40, "address": 500, "vat_id": 32}
# Of ISO 3166 those that have telephone numbers of their own, and those that have none.
_COUNTRIES = (phonenumbers.SUPPORTED_REGIONS - {"AC", "TA", "XK"}) | set("AQ BV GS HM PN TF UM".split())
_PREMIUM = {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST}
# Greece and Northern Ireland write VAT ids with letters that are no ISO country.
_VAT_PREFIXES = {"EL": "GR", "XI": "GB"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """How a check came out; `reasons` are codes of FINDINGS, the gravest first."""

    outcome: Literal["pass", "review", "fail"]
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
    found.sort(key=lambda code: FINDINGS[code].weight != "fail")
    weights = {FINDINGS[code].weight for code in found}
    outcome: Literal["pass", "review", "fail"] = "pass"
    if weights:
        outcome = "fail" if "fail" in weights else "review"
    return CheckResult(outcome=outcome, reasons=tuple(found))


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
