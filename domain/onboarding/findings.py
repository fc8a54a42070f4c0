"""Findings: what a check may have found, as a code with a weight and a sentence.

No sentence names personal data, so that a code may stand in a fact. The worst weight of what was found
is the outcome of the check; a `note` speaks neither for nor against the customer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["pass", "review", "fail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one finding means: `fail` is wrong for certain, `review` is for a person to judge."""

    weight: Literal["note", "review", "fail"]
    words: str


def _fails(words: str) -> Finding:
    return Finding(weight="fail", words=words)


def _for_review(words: str) -> Finding:
    return Finding(weight="review", words=words)


def _notes(words: str) -> Finding:
    return Finding(weight="note", words=words)


# Why the code came out as it did. A code that nobody answers is no finding: the facts of its sends show it.
PHONE_FINDINGS: Mapping[str, str] = {
    "code_right": "the code was entered",
    "code_bounced": "the code did not arrive at the telephone number",
    "number_refused": "the telephone number cannot take messages",
    "code_withheld": "the provider sends no code to this number or country",
    "no_phone": "there is no telephone number any more",
    "unwell": "the provider did not answer",
    "misconfigured": "the provider refuses our account or sender",
}

# What was written down.
IDENTIFIER_FINDINGS: Mapping[str, Finding] = {
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

FINDINGS: Mapping[str, Finding] = {
    **IDENTIFIER_FINDINGS,
    # The domain of the email address.
    "mail_disposable": _fails("the email address is of a service that throws its mail away"),
    # How many apply alike, and how.
    "velocity_network": _for_review("many applications come from one network"),
    "velocity_device": _for_review("many applications come from one device"),
    "velocity_card": _for_review("one card stands in several applications"),
    "velocity_mail_domain": _for_review("many applications name one mail domain"),
    "velocity_mail_pattern": _for_review("many applications name addresses that differ by a number only"),
    "velocity_everybody": _for_review("more people apply at once than is usual"),
    "velocity_burst": _for_review("a burst of applications alike is not cleared by a person yet"),
    "form_too_fast": _for_review("the form was filled in faster than a person can"),
    # Others whom we know.
    "linked_card": _for_review("the same card is with a customer who is blocked"),
    "linked_email": _for_review("the same email address is with a customer who is blocked"),
    "linked_phone": _for_review("the same telephone number is with a customer who is blocked"),
    "linked_vat_id": _for_review("the same VAT id is with a customer who is blocked"),
    "linked_person": _for_review("the same person stands behind a customer who is blocked"),
    # Where it is, by the seller's dated table.
    "tier_unknown": _for_review("there is no country, so nobody knows its tier"),
    "tier_normal": _notes("the country is in the normal tier"),
    "tier_elevated": _notes("the country is in the elevated tier"),
    "tier_high": _notes("the country is in the high tier"),
    # The list of sanctions.
    "sanctions_match": _for_review("the name is like one on the list of sanctions"),
    # The payment instrument.
    "card_missing": _for_review("there is no payment instrument"),
    "card_prepaid": _fails("the payment instrument is a prepaid card"),
    "card_stored_value": _fails("the payment instrument holds stored value"),
    "card_funding_unknown": _for_review("nobody says how the payment instrument is funded"),
    "card_elsewhere": _for_review("the card is from another country than the customer"),
    "card_country_unknown": _for_review("nobody says from which country the card is"),
    "card_cvc_failed": _fails("the security code of the card is wrong"),
    "card_cvc_unchecked": _for_review("the security code of the card was not checked"),
    "card_address_failed": _for_review("the address is not the one that the bank has"),
    "card_3ds_failed": _fails("the cardholder failed to authenticate"),
    "card_3ds_missing": _for_review("the card was not present, and the cardholder did not authenticate"),
    "card_risk_highest": _fails("the processor calls the risk of the card the highest"),
    "card_risk_elevated": _for_review("the processor calls the risk of the card elevated"),
    "card_risk_unknown": _for_review("nobody assessed the risk of the card"),
    # The line behind the telephone number.
    "line_landline": _notes("the telephone number is a landline"),
    "line_voip": _for_review("the telephone number is one of the internet"),
    "line_premium": _fails("the telephone number charges who calls it"),
    "line_unusable": _for_review("the telephone number is a pager, a mailbox or a number for firms"),
    "line_unknown": _for_review("nobody says what kind of line the telephone number is"),
    "line_invalid": _fails("the network knows no such telephone number"),
    "line_elsewhere": _for_review("the line is in another country than the customer"),
    # Who stands behind it.
    "identity_missing": _for_review("nobody's identity was shown"),
    "identity_unknown": _for_review("the identity provider knows no such proof"),
    "identity_low": _for_review("the identity was shown at a low level only"),
    "identity_expired": _for_review("the proof of identity has expired"),
    "identity_revoked": _fails("the proof of identity was revoked"),
    # What a credit bureau says.
    "report_missing": _for_review("there is no number to ask a credit bureau about"),
    "report_unknown": _for_review("the credit bureau knows no such company"),
    "report_stale": _for_review("the credit report is older than twelve months"),
    "report_insolvent": _for_review("the company is insolvent"),
    "report_no_score": _for_review("the credit report has no score"),
    "report_other_name": _for_review("the credit report is about another name"),
    # A call by a person.
    "call_reached": _notes("somebody was reached at a number from an independent source"),
    "call_wrong_number": _for_review("the number from an independent source is not the customer's"),
    # Any check.
    "contradictory": _for_review("the check was answered twice, and differently"),
    "unwell": _for_review("the provider did not answer"),
    "misconfigured": _for_review("the provider refuses our account, or its files cannot be read"),
    "not_ready": _for_review("the provider has no answer yet"),
}

_GRAVITY = {"fail": 0, "review": 1, "note": 2}


def weighed(found: Iterable[str]) -> tuple[Outcome, tuple[str, ...]]:
    """Return the outcome that findings make together, and the findings, the gravest first."""
    codes = sorted(found, key=lambda code: _GRAVITY[FINDINGS[code].weight])
    weights = {FINDINGS[code].weight for code in codes}
    if "fail" in weights:
        return "fail", tuple(codes)
    return ("review" if "review" in weights else "pass"), tuple(codes)


def words_of(code: str) -> str:
    """Say what a finding means; of one that a later version found, its code."""
    if code in FINDINGS:
        return FINDINGS[code].words
    return PHONE_FINDINGS.get(code, code.replace("_", " "))
