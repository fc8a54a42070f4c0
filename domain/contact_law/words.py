"""The law of one customer in words: which rules hold, by which source, and what is not known."""

from collections.abc import Iterator
from datetime import date

from domain.contact_law.law import Law


def law_says(law: Law, today: date, *, house: bool) -> list[str]:
    """Say which rules may hold a contact today or will one day, a line each, and what nobody has read.

    Args:
        house: whether the policy asks for the house's own limits too.
    """
    if not law.clauses and not law.warnings:
        return []
    zones = " and ".join(law.zones) or "no zone is known"
    return [f"where the customer may be: {zones}", *_rules(law, today, house), *law.warnings]


def _rules(law: Law, today: date, house: bool) -> Iterator[str]:
    seen: set[str] = set()
    for clause in law.clauses:
        rule = clause.rule
        over = rule.last_on is not None and rule.last_on < today
        if rule.id in seen or over or (rule.confidence == "proposal" and not house):
            continue
        seen.add(rule.id)
        begins = f" from {rule.first_on}" if rule.first_on and rule.first_on > today else ""
        channels = ", ".join(rule.channels)
        yield f"{rule.id} for {clause.place}{begins}, by {channels} ({rule.source}, {rule.confidence})"
