"""The decision table of onboarding: the newest that was adopted, and until then the one that ships.

Like policies it lives in the ledger: every process decides by the same one, a decision of long ago can be
explained by the table of its time, and to adopt another takes no deploy.
"""

import json
from functools import cache, lru_cache
from pathlib import Path

from sqlmodel import Session, col, select

from domain.documents import read
from domain.onboarding.rules import OnboardingRules
from store.tables import OnboardingRulesRow

FILE = Path(__file__).parents[1] / "policies" / "onboarding" / "decision_table.yaml"
_NEWEST = select(OnboardingRulesRow).order_by(col(OnboardingRulesRow.id).desc()).limit(1)


@cache
def shipped() -> OnboardingRules:
    """Return the table that ships.

    Raises:
        BadDocument: with every problem of the file.
    """
    return read(FILE.read_text(encoding="utf-8"), model=OnboardingRules, name=FILE.name)


def in_force(session: Session) -> OnboardingRules:
    """Return the table that decides now."""
    row = session.exec(_NEWEST).first()
    return shipped() if row is None else _parsed(row.content)


def of_version(session: Session, version: str) -> OnboardingRules | None:
    """Return the table of a version, in force or not; None where nobody knows it any more."""
    if version == shipped().version:
        return shipped()
    rows = select(OnboardingRulesRow).where(OnboardingRulesRow.version == version).limit(1)
    row = session.exec(rows).first()
    return None if row is None else _parsed(row.content)


@lru_cache(maxsize=64)
def _parsed(content: str) -> OnboardingRules:
    return OnboardingRules.model_validate(json.loads(content))
