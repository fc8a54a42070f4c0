"""What others say of a new customer: a credit bureau, an identity provider, lists and tables."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from domain.onboarding.answered import Answered, answered
from domain.onboarding.names import LIKE, likeness

REPORT_RULESET, IDENTITY_RULESET, SANCTIONS_RULESET, REGION_RULESET = (
    *("credit-report-1", "identity-1", "sanctions-1"),
    "region-1",
)
STALE_AFTER = timedelta(days=365)
"""A credit report that is older says nothing of today."""

SAME_COMPANY = 60
"""Below this likeness a report is about another company."""

Level = Literal["low", "substantial", "high"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditReport:
    """What a bureau says of a company.

    Attributes:
        score: from 0 to 100, higher is better; a bureau's own scale is brought to it by its adapter.
    """

    reference: str
    reported_on: date
    score: int | None = None
    insolvent: bool = False
    name: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProof:
    """What an identity provider says of a person; `level` is as eIDAS has it."""

    reference: str
    subject: str = field(repr=False)
    level: Level
    expires_on: date
    revoked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One entry of a list of sanctions."""

    id: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TierRow:
    """In which tier a country is, from a day on until another; both are in it."""

    country: str
    tier: Literal["normal", "elevated", "high"]
    from_on: date
    to_on: date | None = None


def check_report(report: CreditReport | None, *, name: str | None, today: date) -> Answered:
    """Check what a bureau says; None is that it knows no such company."""
    if report is None:
        return answered(["report_unknown"])
    found = []
    if report.insolvent:
        found.append("report_insolvent")
    if today - report.reported_on > STALE_AFTER:
        found.append("report_stale")
    if report.score is None:
        found.append("report_no_score")
    if report.name and name and likeness(report.name, name) < SAME_COMPANY:
        found.append("report_other_name")
    return answered(found, score=report.score, evidence=report.reference)


def check_identity(proof: IdentityProof | None, *, today: date, linked: bool = False) -> Answered:
    """Check a proof of identity; `linked` says that the same person stands behind a blocked customer."""
    if proof is None:
        return answered(["identity_unknown"])
    found = ["linked_person"] if linked else []
    if proof.revoked:
        found.append("identity_revoked")
    if proof.expires_on < today:
        found.append("identity_expired")
    if proof.level == "low":
        found.append("identity_low")
    return answered(found, evidence=proof.reference)


def check_sanctions(entries: Iterable[Listed], *, name: str | None, version: str) -> Answered:
    """Compare a name with a list; whoever is like an entry is for a person, never let through in silence."""
    alike = sorted(_alike(entries, name or ""), reverse=True)
    if not alike:
        return answered([], evidence=version)
    score, entry = alike[0]
    return answered(["sanctions_match"], score=score, evidence=f"{entry} in {version}"[:128])


def _alike(entries: Iterable[Listed], name: str) -> Iterator[tuple[int, str]]:
    for entry in entries:
        score = max((likeness(name, each) for each in entry.names), default=0)
        if score >= LIKE:
            yield score, entry.id


def check_region(rows: Iterable[TierRow], *, country: str | None, today: date, version: str) -> Answered:
    """Look up the tier of a country, which adds checks and never turns anybody away by itself."""
    if country is None:
        return answered(["tier_unknown"], evidence=version)
    there = [
        row
        for row in rows
        if row.country == country and row.from_on <= today and (row.to_on is None or today <= row.to_on)
    ]
    newest = max(there, key=lambda row: row.from_on, default=None)
    return answered([f"tier_{newest.tier if newest else 'normal'}"], evidence=version)
