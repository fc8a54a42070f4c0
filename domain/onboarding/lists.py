"""The lists and tables that finance fills: text in, values out, every fault with file, line and remedy."""

import csv
import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from io import StringIO
from typing import TypeVar

from domain.onboarding.card import Card
from domain.onboarding.card_reading import read_card
from domain.onboarding.outside import CreditReport, IdentityProof, Listed, TierRow

Row = Mapping[str, str]
T = TypeVar("T")

REPORTS, IDENTITIES, SANCTIONS, TIERS, CARDS = (
    *("credit_reports.csv", "identities.csv", "sanctions.csv"),
    *("region_tiers.csv", "cards.csv"),
)
DISPOSABLE, SHARED = "disposable_domains.txt", "shared_domains.txt"

COLUMNS: Mapping[str, tuple[str, ...]] = {
    REPORTS: ("country", "number", "reference", "reported_on", "score", "insolvent", "name"),
    IDENTITIES: ("reference", "subject", "level", "expires_on", "revoked"),
    SANCTIONS: ("id", "name", "aliases"),
    TIERS: ("country", "tier", "from_on", "to_on", "source", "owner"),
    CARDS: ("reference", "funding", "country", "cvc", "address", "authentication", "risk", "fingerprint"),
}
_TIERS, _LEVELS = ("normal", "elevated", "high"), ("low", "substantial", "high")


class BadList(ValueError):
    """A list cannot be used; one line for each fault."""


def version_of(text: str) -> str:
    """Return the first 12 hex digits of the SHA-256 of a list: it stands in the facts as evidence."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_domains(text: str, *, name: str) -> frozenset[str]:
    """Return the mail domains of a list, one a line; a line that begins with # is a remark."""
    lines = (line.strip().lower() for line in text.splitlines())
    wanted = [line for line in lines if line and not line.startswith("#")]
    wrong = [line for line in wanted if "." not in line or "@" in line or " " in line]
    if wrong:
        raise BadList(
            "\n".join(f"{name}: {line!r} is no domain: write one like mail.example" for line in wrong)
        )
    return frozenset(wanted)


def read_reports(text: str, *, name: str) -> dict[tuple[str, str], CreditReport]:
    """Return the credit reports of a table, by country and company number."""
    return dict(_read(text, name, REPORTS, _report))


def read_identities(text: str, *, name: str) -> dict[str, IdentityProof]:
    """Return the proofs of identity of a table, by their reference."""
    return {proof.reference: proof for proof in _read(text, name, IDENTITIES, _identity)}


def read_sanctions(text: str, *, name: str) -> tuple[Listed, ...]:
    """Return the entries of a list of sanctions; aliases stand in one field, separated by semicolons."""
    return tuple(_read(text, name, SANCTIONS, _listed))


def read_tiers(text: str, *, name: str) -> tuple[TierRow, ...]:
    """Return the tiers of countries, each from a day on."""
    return tuple(_read(text, name, TIERS, _tier))


def read_cards(text: str, *, name: str) -> dict[str, Card]:
    """Return what is known of payment instruments, by the processor's name for each."""
    return {card.reference: card for card in _read(text, name, CARDS, _card) if card.reference}


def _read(text: str, name: str, columns_of: str, row: Callable[[Row], T]) -> Iterator[T]:
    """Read a table, all of it or not at all."""
    columns, found, problems = COLUMNS[columns_of], [], []
    reader = csv.DictReader(StringIO(text.removeprefix("\ufeff")))
    if tuple(reader.fieldnames or ()) != columns:
        raise BadList(f"{name}:1: the first line must be {','.join(columns)}")
    for given in reader:
        here = {key: (value or "").strip() for key, value in given.items() if key}
        if None in given or not any(here.values()):
            if any(here.values()):
                problems.append(f"{name}:{reader.line_num}: more fields than the first line has")
            continue
        try:
            found.append(row(here))
        except ValueError as error:
            problems.append(f"{name}:{reader.line_num}: {error}")
    if problems:
        raise BadList("\n".join(problems))
    return iter(found)


def _report(row: Row) -> tuple[tuple[str, str], CreditReport]:
    score = _number(row, "score") if row["score"] else None
    if score is not None and score > 100:
        raise ValueError("score: write a number from 0 to 100, higher is better")
    report = CreditReport(
        reference=_needed(row, "reference"),
        reported_on=_day(row, "reported_on"),
        score=score,
        insolvent=_flag(row, "insolvent"),
        name=row["name"] or None,
    )
    return (_needed(row, "country").upper(), tidy_number(_needed(row, "number"))), report


def tidy_number(number: str) -> str:
    """Return a company number in one form, however it was written."""
    return "".join(sign for sign in number.upper() if sign.isalnum())


def _identity(row: Row) -> IdentityProof:
    level = row["level"]
    if level not in _LEVELS:
        raise ValueError(f"level: write one of {', '.join(_LEVELS)}, not {level!r}")
    return IdentityProof(
        reference=_needed(row, "reference"),
        subject=_needed(row, "subject"),
        level=level,  # type: ignore[arg-type]  # it was looked at just now
        expires_on=_day(row, "expires_on"),
        revoked=_flag(row, "revoked"),
    )


def _listed(row: Row) -> Listed:
    aliases = [alias.strip() for alias in row["aliases"].split(";") if alias.strip()]
    return Listed(id=_needed(row, "id"), names=(_needed(row, "name"), *aliases))


def _tier(row: Row) -> TierRow:
    tier = row["tier"]
    if tier not in _TIERS:
        raise ValueError(f"tier: write one of {', '.join(_TIERS)}, not {tier!r}")
    for key in ("source", "owner"):  # a tier that nobody answers for is a prejudice
        _needed(row, key)
    return TierRow(
        country=_needed(row, "country").upper(),
        tier=tier,  # type: ignore[arg-type]  # it was looked at just now
        from_on=_day(row, "from_on"),
        to_on=_day(row, "to_on") if row["to_on"] else None,
    )


def _card(row: Row) -> Card:
    _needed(row, "reference")
    return read_card({key: value for key, value in row.items() if value})


def _needed(row: Row, key: str) -> str:
    if not row[key]:
        raise ValueError(f"{key}: it is missing")
    return row[key]


def _day(row: Row, key: str) -> date:
    try:
        return date.fromisoformat(_needed(row, key))
    except ValueError:
        raise ValueError(f"{key}: write a day like 2026-02-03, not {row[key]!r}") from None


def _number(row: Row, key: str) -> int:
    if not row[key].isdecimal():
        raise ValueError(f"{key}: write a whole number, not {row[key]!r}")
    return int(row[key])


def _flag(row: Row, key: str) -> bool:
    if row[key] not in ("yes", "no", ""):
        raise ValueError(f"{key}: write yes or no, not {row[key]!r}")
    return row[key] == "yes"
