"""The payment instrument: what is known of a card, and whether it may be taken.

Prepaid and stored value are refused, and what nobody knows is no pass. In no summary is a card number.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from domain.onboarding.answered import Answered, answered

RULESET = "card-1"

Funding = Literal["credit", "debit", "prepaid", "stored_value", "unknown"]
Matched = Literal["pass", "fail", "unchecked"]
Authentication = Literal["authenticated", "failed", "none"]
Risk = Literal["normal", "elevated", "highest", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a processor says of a payment instrument.

    Attributes:
        present: it was used in person, so that nobody had to authenticate online.
        authentication: of 3-D Secure; `authenticated` too where the bank took the liability over.
        score: of the risk, as the processor counts it.
        reference: the processor's name for it.
        fingerprint: the same for the same card; it is kept as a keyed hash alone.
    """

    funding: Funding = "unknown"
    country: str | None = None
    present: bool = False
    cvc: Matched = "unchecked"
    address: Matched = "unchecked"
    authentication: Authentication = "none"
    risk: Risk = "unknown"
    score: int | None = None
    reference: str | None = None
    fingerprint: str | None = None


def check_card(card: Card | None, country: str | None, *, linked: bool = False) -> Answered:
    """Check a payment instrument against the rules and the country of the customer.

    Args:
        linked: a blocked customer has the same, as is known now only: `check_links` came before.
    """
    if card is None:
        return answered(["card_missing"])
    found = [*(["linked_card"] if linked else []), *_found(card, country)]
    return answered(found, score=card.score, evidence=card.reference)


def _found(card: Card, country: str | None) -> Iterator[str]:
    match card.funding:
        case "prepaid" | "stored_value":
            yield f"card_{card.funding}"
        case "unknown":
            yield "card_funding_unknown"
    if card.country is None:
        yield "card_country_unknown"
    elif country is not None and card.country != country:
        yield "card_elsewhere"
    if card.address == "fail":
        yield "card_address_failed"
    if card.risk in ("highest", "unknown"):
        yield f"card_risk_{card.risk}"
    if card.present:
        if card.risk == "elevated":
            yield "card_risk_elevated"
        return
    if card.cvc != "pass":
        yield "card_cvc_failed" if card.cvc == "fail" else "card_cvc_unchecked"
    if card.authentication != "authenticated":
        yield "card_3ds_failed" if card.authentication == "failed" else "card_3ds_missing"
        if card.risk == "elevated":  # who authenticated bears it
            yield "card_risk_elevated"
