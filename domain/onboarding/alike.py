"""Applications that are alike: what they have in common, as keyed hashes, and when they are too many.

Nobody without the ledger's secret can find out from a hash what it is of, or try all networks and numbers.
"""

import hmac
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address, ip_network

from domain.onboarding.answered import Answered, answered
from domain.onboarding.application import Application, Particulars
from domain.onboarding.rules import Alikes, OnboardingRules

VELOCITY_RULESET, LINKS_RULESET, MAIL_RULESET = "velocity-1", "links-1", "mail-domain-1"
EVERYBODY = "everybody"
LINKED = ("card", "email", "phone", "vat_id")
"""What links a new customer with one who is blocked."""

Counts = Mapping[tuple[str, int], int]
"""How many apply alike: by what they have in common, and within how many hours."""


def mail_domain(email: str | None) -> str | None:
    """Return the domain of an email address, in lower case."""
    _, at, domain = (email or "").rpartition("@")
    return domain.lower() if at and domain else None


def check_mail_domain(email: str | None, disposable: frozenset[str], *, version: str) -> Answered:
    """Check whether a mail domain, or one that it is under, throws its mail away."""
    domain = mail_domain(email) or ""
    labels = domain.split(".")
    over = {".".join(labels[start:]) for start in range(len(labels))}
    return answered(["mail_disposable"] if over & disposable else [], evidence=version)


def traits(application: Application, more: Particulars, shared: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield what an application may have in common with others, by its kind.

    Args:
        shared: mail domains of which many people have an address; nobody is alike for those.
    """
    domain = mail_domain(application.email)
    if application.email and domain:
        yield "email", application.email.casefold()
        local = application.email.rpartition("@")[0].casefold()
        if any(sign.isdecimal() for sign in local):
            yield "mail_pattern", "".join(sign for sign in local if not sign.isdecimal()) + "@" + domain
        if domain not in shared:
            yield "mail_domain", domain
    if application.phone:
        yield "phone", application.phone
    if application.vat_id:
        yield "vat_id", "".join(application.vat_id.split()).upper()
    if more.card is not None and more.card.fingerprint:
        yield "card", more.card.fingerprint
    if more.network and (net := network_of(more.network)):
        yield "network", net
    if more.device:
        yield "device", more.device
    yield EVERYBODY, EVERYBODY


def network_of(address: str) -> str | None:
    """Return the network that an address is in: a /24, or a /48 of IPv6; None where it is no address."""
    try:
        at = ip_address(address)
    except ValueError:
        return None
    if at.version == 6 and at.ipv4_mapped is not None:  # as a server of both versions sees an IPv4 visitor
        at = at.ipv4_mapped
    return str(ip_network(f"{at}/{24 if at.version == 4 else 48}", strict=False))


def hash_of(key: bytes, kind: str, value: str) -> str:
    """Return what is kept of something that applications have in common."""
    return hmac.digest(key, f"alike:{kind}:{value}".encode(), "sha256").hex()


def check_velocity(
    rules: OnboardingRules, counts: Counts, *, burst: bool, seconds: int | None = None
) -> Answered:
    """Judge how many apply alike. `burst`: a breaker is open for what this application has in common."""
    found = [f"velocity_{each.per}" for each in too_many(rules.velocity, counts)]
    if burst:
        found.append("velocity_burst")
    if seconds is not None and seconds < rules.form_seconds:
        found.append("form_too_fast")
    most = max(counts.values(), default=0)
    return answered(dict.fromkeys(found), score=most)


def too_many(limits: Iterable[Alikes], counts: Counts) -> Iterator[Alikes]:
    """Yield the limits that are exceeded."""
    return (each for each in limits if counts.get((each.per, each.within_hours), 0) > each.most)


def bursts(limits: Iterable[Alikes], counts: Counts) -> Iterator[Alikes]:
    """Yield the limits of which so many apply alike that the breaker opens."""
    return (
        each
        for each in limits
        if each.burst is not None and counts.get((each.per, each.within_hours), 0) >= each.burst
    )


def check_links(linked: Iterable[str]) -> Answered:
    """Judge what a new customer has in common with blocked ones."""
    return answered(f"linked_{kind}" for kind in LINKED if kind in set(linked))
