"""The checks that there are: what each looks at, whether it costs money, and in which order they come."""

from collections.abc import Mapping
from dataclasses import dataclass

IDENTIFIERS, PHONE, CALL = "identifiers", "phone", "call"
REGION, CREDIT_REPORT, IDENTITY, CARD = "region", "credit_report", "identity", "card"
MAIL_DOMAIN, VELOCITY, LINKS, SANCTIONS, PHONE_LINE = (
    *("mail_domain", "velocity", "links", "sanctions"),
    "phone_line",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckKind:
    """One kind of check.

    Attributes:
        looks_at: in words, after "looks at".
        paid: it costs money, or the time of the customer or of a person: after a hard failure it is not made.
        controls: the controls that it is, by their ids in the catalogue.
    """

    id: str
    looks_at: str
    paid: bool
    controls: tuple[str, ...]


def _free(name: str, controls: str, looks_at: str) -> CheckKind:
    return CheckKind(id=name, looks_at=looks_at, paid=False, controls=tuple(controls.split()))


def _paid(name: str, controls: str, looks_at: str) -> CheckKind:
    return CheckKind(id=name, looks_at=looks_at, paid=True, controls=tuple(controls.split()))


CHECKS: Mapping[str, CheckKind] = {
    kind.id: kind
    for kind in (  # cheapest first
        _free(
            IDENTIFIERS, "S11b", "name, addresses, telephone number and VAT id, by the rules of the country"
        ),
        _free(MAIL_DOMAIN, "S12e", "whether the mail domain throws its mail away"),
        _free(VELOCITY, "S12e", "how many apply alike, and whether a burst is open"),
        _free(LINKS, "S11a S12b", "whether a blocked customer has the same card, address, number or VAT id"),
        _free(REGION, "S12d", "the tier of the country, in the seller's dated table"),
        _free(SANCTIONS, "S12b", "whether the name is like one on the list of sanctions"),
        _free(
            CARD,
            "S11a S12a S18 S26",
            "funding, country, security code, address, authentication and risk of the card",
        ),
        _paid(PHONE_LINE, "S16", "what kind of line the telephone number is, and where"),
        _paid(PHONE, "S16", "a code by SMS that the customer enters"),
        _paid(IDENTITY, "S12b S17", "who stands behind it, as an identity provider says"),
        _paid(CREDIT_REPORT, "S15", "what a credit bureau says of the company"),
        _paid(CALL, "S14", "a call by a person to a number from an independent source"),
    )
}
"""By id, in the order in which they are made."""

ORDER = {name: place for place, name in enumerate(CHECKS)}
