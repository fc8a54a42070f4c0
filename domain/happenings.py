"""What happened to a customer, in one list: what came in, what was decided, held, said and commanded.

Three tellers know parts of it: the facts, the journal, and the claims, which say how a message went. A
command is told by the journal alone, which has its author; the fact that it wrote says the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal

from domain.claim import Claim
from domain.fact_words import fact_says
from domain.facts import Fact, kind_of

Teller = Literal["fact", "decided", "held", "outcome", "command", "switch", "note"]

SHOWS: Mapping[Teller, str] = {
    "fact": "came in",
    "decided": "decided",
    "held": "held back",
    "outcome": "outcome",
    "command": "commanded",
    "switch": "switch",
    "note": "noted",
}
"""How each is called on a page."""

_WENT_OUT = " went out"
"""How an outcome ends that what was decided says as well, by how it stands."""

_COMMANDED = "command"
"""The source of facts that a command wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One line of what happened.

    Attributes:
        at: when the ledger learned or decided it.
        on: the day of the fact itself, where that is another one than that of `at` in UTC.
        kind: who tells it; `fact` has the kind of its fact in `about`.
        says: what happened; `why` is empty where that says it all.
        message: the reference of the message or effect that it is about.
        stands: of what was decided, how that stands now.
    """

    at: datetime
    kind: Teller
    says: str
    on: date | None = None
    about: str = ""
    why: str = ""
    by: str = ""
    debts: Mapping[str, str] = field(default_factory=dict)
    message: str | None = None
    stands: str = ""


def of_fact(fact: Fact) -> Happening:
    """Return a fact as a line."""
    body = fact.body
    by = getattr(body, "by", None)
    return Happening(
        at=fact.learned_at,
        on=fact.happened_on if fact.happened_on != fact.learned_at.date() else None,
        kind="fact",
        about=kind_of(body),
        says=fact_says(body),
        by=by if isinstance(by, str) else fact.source,
        message=getattr(body, "message", None),
    )


def stands(claim: Claim) -> str:
    """Say how a claim stands: delivered, bounced, or what became of the attempt."""
    if claim.bounced_at is not None:
        return "bounced"
    if claim.delivered_at is not None:
        return "delivered"
    return {"claimed": "under way", "unknown": "nobody can tell", "released": "given up"}.get(
        claim.state, claim.state
    )


def newest_first(
    told: Iterable[Happening], facts: Iterable[Fact], claims: Iterable[Claim]
) -> list[Happening]:
    """Return everything in one list, the newest first; of one instant what was told last.

    That something went out is no line of its own: how it stands says so where it was decided.

    Args:
        told: the lines of the journal, in the order in which they were written.
    """
    known = {claim.message: stands(claim) for claim in claims}
    lines = [of_fact(fact) for fact in facts if fact.source != _COMMANDED]
    for line in told:
        if line.kind == "outcome" and line.message in known and line.says.endswith(_WENT_OUT):
            continue
        decided = line.kind == "decided" and line.message in known
        lines.append(replace(line, stands=known[line.message or ""]) if decided else line)
    lines.reverse()
    return sorted(lines, key=lambda line: line.at, reverse=True)
