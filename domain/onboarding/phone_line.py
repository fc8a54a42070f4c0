"""The line behind a telephone number: what kind it is, and where."""

from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from domain.onboarding.answered import Answered, answered

RULESET = "phone-line-1"

# The words are those of Twilio Lookup v2, `line_type_intelligence.type`.
_FOUND = {
    "mobile": None,
    "landline": "line_landline",
    "fixedVoip": "line_voip",
    "nonFixedVoip": "line_voip",
    "premium": "line_premium",
    "sharedCost": "line_premium",
    "tollFree": "line_unusable",
    "personal": "line_unusable",
    "uan": "line_unusable",
    "voicemail": "line_unusable",
    "pager": "line_unusable",
}
_OFFLINE = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "landline",
    PhoneNumberType.VOIP: "nonFixedVoip",
    PhoneNumberType.PREMIUM_RATE: "premium",
    PhoneNumberType.SHARED_COST: "sharedCost",
    PhoneNumberType.TOLL_FREE: "tollFree",
    PhoneNumberType.PERSONAL_NUMBER: "personal",
    PhoneNumberType.UAN: "uan",
    PhoneNumberType.VOICEMAIL: "voicemail",
    PhoneNumberType.PAGER: "pager",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line: its kind in the words of Twilio Lookup, its country, and whether the network knows it."""

    type: str | None
    country: str | None
    valid: bool = True


def check_line(line: Line | None, country: str | None) -> Answered:
    """Check a line against the country of the customer."""
    if line is None:
        return answered(["line_unknown"])
    return answered(_found(line, country), evidence=line.type)


def _found(line: Line, country: str | None) -> Iterator[str]:
    if not line.valid:
        yield "line_invalid"
        return
    found = _FOUND.get(line.type or "", "line_unknown")
    if found is not None:
        yield found
    if line.country is not None and country is not None and line.country != country:
        yield "line_elsewhere"


def line_offline(phone: str) -> Line | None:
    """Return what the plan of numbers says of an E.164 number; a number that was ported keeps its kind."""
    try:
        number = phonenumbers.parse(phone)
    except NumberParseException:
        return None
    return Line(
        type=_OFFLINE.get(phonenumbers.number_type(number)),
        country=phonenumbers.region_code_for_number(number),
        valid=phonenumbers.is_valid_number(number),
    )
