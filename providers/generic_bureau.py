"""A credit bureau, an identity provider and a list of sanctions, behind the HTTP of docs/onboarding.md.

No bureau's own protocol is public; whoever has a contract puts a translation of a few lines in front of it.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from domain.errors import TryAgainLater
from domain.onboarding.lists import tidy_number
from domain.onboarding.outside import CreditReport, IdentityProof, Level, Listed
from providers.asked_by_http import AskedByHttp

_LEVELS = ("low", "substantial", "high")


def _asking(vendor: str, base: str, key: str) -> AskedByHttp:
    return AskedByHttp(vendor=vendor, base=base, headers={"Authorization": f"Bearer {key}"})


class GenericBureau:
    """GET /reports?country=DE&number=HRB12345: reference, reported_on, score, insolvent, name."""

    name = "bureau"
    here = False

    def __init__(self, *, base: str, key: str) -> None:
        self._http = _asking("the credit bureau", base, key)

    def report(self, *, country: str, number: str) -> CreditReport | None:
        """Return the report on a company; errors as those of `AskedByHttp`."""
        found = self._http.get("/reports", {"country": country, "number": tidy_number(number)})
        if found is None:
            return None
        score = found.get("score")
        try:
            return CreditReport(
                reference=_text(found, "reference"),
                reported_on=date.fromisoformat(_text(found, "reported_on")),
                score=score if isinstance(score, int) and 0 <= score <= 100 else None,
                insolvent=found.get("insolvent") is True,
                name=found.get("name") if isinstance(found.get("name"), str) else None,
            )
        except ValueError:
            raise TryAgainLater("the credit bureau answered what nobody can read") from None


class GenericIdentities:
    """GET /proofs?reference=ID-1001: reference, subject, level, expires_on, revoked."""

    name = "identity_provider"
    here = False

    def __init__(self, *, base: str, key: str) -> None:
        self._http = _asking("the identity provider", base, key)

    def proof(self, reference: str) -> IdentityProof | None:
        """Return the proof; errors as those of `AskedByHttp`."""
        found = self._http.get("/proofs", {"reference": reference})
        if found is None:
            return None
        level = found.get("level")
        if level not in _LEVELS:
            level = "low"  # a level that nobody knows is worth no more
        try:
            return IdentityProof(
                reference=_text(found, "reference"),
                subject=_text(found, "subject"),
                level=cast(Level, level),
                expires_on=date.fromisoformat(_text(found, "expires_on")),
                revoked=found.get("revoked") is not False,
            )
        except ValueError:
            raise TryAgainLater("the identity provider answered what nobody can read") from None


class GenericSanctions:
    """GET /sanctions: version, and entries, each with its id and names."""

    name = "sanctions_list"
    here = False

    def __init__(self, *, base: str, key: str) -> None:
        self._http = _asking("the list of sanctions", base, key)

    def entries(self) -> tuple[Sequence[Listed], str]:
        """Return the list as it is now; errors as those of `AskedByHttp`. A part of it is as good as none."""
        found = self._http.get("/sanctions")
        try:
            if found is None or not isinstance(found.get("entries"), list):
                raise ValueError("entries")
            return tuple(_listed(each) for each in found["entries"]), _text(found, "version")
        except (ValueError, AttributeError):
            raise TryAgainLater("the list of sanctions cannot be read") from None


def _listed(entry: Any) -> Listed:
    names = entry.get("names")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
        raise ValueError("names")
    return Listed(id=_text(entry, "id"), names=tuple(names))


def _text(found: dict[str, Any], key: str) -> str:
    value = found.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= 100 or not value.isprintable():
        raise ValueError(key)
    return value
