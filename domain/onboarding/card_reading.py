"""How the processors say what a card is: Stripe, Adyen, Braintree and CyberSource, in their own fields.

What a processor does not say, or says in a word that nobody knows, is unknown: that is never a pass.
"""

from collections.abc import Mapping
from typing import Any, Literal, cast

from domain.onboarding.card import Authentication, Card, Funding, Matched, Risk

Processor = Literal["stripe", "adyen", "braintree", "cybersource"]

FUNDING: Mapping[Processor, Mapping[str, Funding]] = {
    "stripe": {"credit": "credit", "debit": "debit", "prepaid": "prepaid"},
    "adyen": {
        "CREDIT": "credit",
        "CHARGE": "credit",
        "DEFERRED_DEBIT": "credit",
        "DEBIT": "debit",
        "PREPAID": "prepaid",
        "PREPAID_RELOADABLE": "prepaid",
        "PREPAID_NONRELOADABLE": "prepaid",
    },
    "braintree": {"prepaid Yes": "prepaid", "debit Yes": "debit", "debit No": "credit"},
    "cybersource": {"prepaid Y": "prepaid", "CREDIT": "credit", "CHARGE": "credit", "DEBIT": "debit"},
}
"""What each processor's word for the funding means; every other word is unknown."""

STORED_VALUE = frozenset({"gift_card", "giftcard", "customer_balance", "wallet", "stored_value"})
"""Kinds of instruments that hold value which somebody paid in."""

_AUTHENTICATED: Mapping[str, Authentication] = {
    "authenticated": "authenticated",
    "attempt_acknowledged": "authenticated",  # the bank took the liability over
    "failed": "failed",
}
_RISKS: Mapping[str, Risk] = {"normal": "normal", "elevated": "elevated", "highest": "highest"}
_MATCHED: Mapping[str, Matched] = {"pass": "pass", "fail": "fail"}


def read_card(data: Mapping[str, Any]) -> Card:
    """Return the card that a processor's JSON describes, whichever of them wrote it.

    Raises:
        ValueError: it is in no form that is known, or holds a card number; the sentence shows no value.
    """
    if (where := _number_in(data)) is not None:
        raise ValueError(f"{where} looks like a card number, which must never come here: leave it out")
    return read_answer(data)


def read_answer(data: Mapping[str, Any]) -> Card:
    """Return the card of what a processor answered itself, which says no card number.

    What looks like one there is a telephone number, or how the networks call a transaction.

    Raises:
        ValueError: it is in no form that is known; the sentence shows no value.
    """
    if data.get("object") in ("payment_method", "charge"):
        return _stripe(data)
    if "binData" in data:
        return _braintree(data)
    if "fundingSource" in _of(data, "additionalData") or "fundingSource" in data:
        return _adyen(data)
    if "accountFeatures" in _of(data, "paymentAccountInformation") or "accountFeatures" in data:
        return _cybersource(data)
    if "funding" in data:
        return _plain(data)
    raise ValueError(
        "no processor writes a card like this: give a PaymentMethod or Charge of Stripe, additionalData of"
        ' Adyen, binData of Braintree, accountFeatures of CyberSource, or {"funding": "credit", ...}'
    )


def _number_in(data: Mapping[str, Any], path: str = "") -> str | None:
    """Return where a card number stands, which nobody may keep."""
    for key, value in data.items():
        here = f"{path}.{key}" if path else key
        if isinstance(value, Mapping):
            if (found := _number_in(value, here)) is not None:
                return found
            continue
        digits = str(value).replace(" ", "").replace("-", "")
        if digits.isdecimal() and 12 <= len(digits) <= 19 and isinstance(value, str):
            return here
    return None


def _of(data: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """Return the object at a path; an empty one where there is none."""
    here: Any = data
    for key in path:
        here = here.get(key) if isinstance(here, Mapping) else None
    return here if isinstance(here, Mapping) else {}


def _text(data: Mapping[str, Any], key: str) -> str | None:
    value = data.get(key)
    return value if isinstance(value, str) and value else None


def _country(code: str | None) -> str | None:
    return code.upper() if code is not None and len(code) == 2 and code.isalpha() else None


def _stripe(data: Mapping[str, Any]) -> Card:
    """Read a PaymentMethod, or a Charge, which says more: its outcome and 3-D Secure."""
    details = _of(data, "payment_method_details") or data
    kind = _text(details, "type") or "card"
    if kind in STORED_VALUE:
        return Card(funding="stored_value", reference=_text(data, "id"))
    present = kind in ("card_present", "interac_present")
    card, outcome = _of(details, kind), _of(data, "outcome")
    checks = _of(card, "checks")
    address = {_MATCHED.get(str(checks.get(f"address_{part}_check"))) for part in ("line1", "postal_code")}
    score = outcome.get("risk_score")
    return Card(
        funding=FUNDING["stripe"].get(str(card.get("funding")), "unknown"),
        country=_country(_text(card, "country")),
        present=present,
        cvc=_MATCHED.get(str(checks.get("cvc_check")), "unchecked"),
        address="fail" if "fail" in address else "pass" if "pass" in address else "unchecked",
        authentication=_AUTHENTICATED.get(str(_of(card, "three_d_secure").get("result")), "none"),
        risk=_RISKS.get(str(outcome.get("risk_level")), "unknown"),
        score=score if isinstance(score, int) else None,
        reference=_text(data, "id"),
        fingerprint=_text(card, "fingerprint"),
    )


def _adyen(data: Mapping[str, Any]) -> Card:
    more = _of(data, "additionalData") or data
    method = str(_of(data, "paymentMethod").get("type", ""))
    cvc = str(more.get("cvcResult", ""))[:1]
    avs = str(more.get("avsResult", "")).split(" ")[0]
    fraud = _of(data, "fraudResult").get("accountScore")
    return Card(
        funding="stored_value"
        if method in STORED_VALUE
        else FUNDING["adyen"].get(str(more.get("fundingSource")), "unknown"),
        country=_country(_text(more, "cardIssuingCountry") or _text(more, "issuerCountry")),
        present=data.get("shopperInteraction") == "POS",
        cvc="pass" if cvc == "1" else "fail" if cvc == "2" else "unchecked",
        address="pass" if avs == "7" else "fail" if avs == "2" else "unchecked",
        authentication=_flag(more.get("threeDAuthenticated")),
        risk=_adyen_risk(data),
        score=fraud if isinstance(fraud, int) else None,
        reference=_text(data, "pspReference"),
        fingerprint=_text(more, "alias"),
    )


def _flag(value: object) -> Authentication:
    return "authenticated" if str(value).lower() == "true" else "none"


def _adyen_risk(data: Mapping[str, Any]) -> Risk:
    words: Mapping[str, Risk] = {"GREEN": "normal", "AMBER": "elevated", "RED": "highest"}
    return words.get(str(_of(data, "additionalData").get("fraudResultType", "")), "unknown")


def _braintree(data: Mapping[str, Any]) -> Card:
    found = _of(data, "binData")
    table = FUNDING["braintree"]
    funding: Funding = "unknown"
    if found.get("prepaid") == "No":
        funding = table.get(f"debit {found.get('debit')}", "unknown")
    else:
        funding = table.get(f"prepaid {found.get('prepaid')}", "unknown")
    cvv, avs = data.get("cvvResponseCode"), data.get("avsStreetAddressResponseCode")
    status = str(_of(data, "threeDSecureInfo").get("status", ""))
    decision: Mapping[str, Risk] = {"Approve": "normal", "Review": "elevated", "Decline": "highest"}
    return Card(
        funding=funding,
        country=_country(_text(found, "countryOfIssuance")),
        cvc="pass" if cvv == "M" else "fail" if cvv == "N" else "unchecked",
        address="pass" if avs == "M" else "fail" if avs == "N" else "unchecked",
        authentication="authenticated"
        if status in ("authenticate_successful", "authenticate_attempt_successful")
        else "failed"
        if status.startswith("authenticate_failed")
        else "none",
        risk=decision.get(str(_of(data, "riskData").get("decision", "")), "unknown"),
        reference=_text(data, "id") or _text(data, "token"),
        fingerprint=_text(data, "uniqueNumberIdentifier"),
    )


def _cybersource(data: Mapping[str, Any]) -> Card:
    account = _of(data, "paymentAccountInformation") or data
    features = _of(account, "accountFeatures")
    table = FUNDING["cybersource"]
    if features.get("prepaid") == "N":
        funding = table.get(str(features.get("accountFundingSource")), "unknown")
    else:
        funding = table.get(f"prepaid {features.get('prepaid')}", "unknown")
    return Card(
        funding=funding,
        country=_country(_text(_of(data, "issuerInformation"), "country")),
        reference=_text(data, "id"),
    )


_WORDS: Mapping[str, tuple[str, ...]] = {
    "funding": ("credit", "debit", "prepaid", "stored_value", "unknown"),
    "cvc": ("pass", "fail", "unchecked"),
    "address": ("pass", "fail", "unchecked"),
    "authentication": ("authenticated", "failed", "none"),
    "risk": ("normal", "elevated", "highest", "unknown"),
}
_TEXTS = ("country", "reference", "fingerprint")


def _plain(data: Mapping[str, Any]) -> Card:
    """Read the form in which finance writes a card by hand, and we keep one."""
    wrong = sorted({*data} - {*_WORDS, *_TEXTS, "present", "score"})
    if wrong:
        known = ", ".join([*_WORDS, *_TEXTS, "present", "score"])
        raise ValueError(f"{', '.join(wrong)}: no such field of a card; there are {known}")
    for key, words in _WORDS.items():
        if key in data and data[key] not in words:
            raise ValueError(f"{key}: write one of {', '.join(words)}")
    said = {key: data[key] for key in _WORDS if key in data}
    score = data.get("score")
    return Card(
        funding=cast(Funding, said.get("funding", "unknown")),
        country=_country(_text(data, "country")),
        present=data.get("present") in (True, "true"),
        cvc=cast(Matched, said.get("cvc", "unchecked")),
        address=cast(Matched, said.get("address", "unchecked")),
        authentication=cast(Authentication, said.get("authentication", "none")),
        risk=cast(Risk, said.get("risk", "unknown")),
        score=int(str(score)) if str(score).isdecimal() else None,
        reference=_text(data, "reference"),
        fingerprint=_text(data, "fingerprint"),
    )
