"""The kinds of work that wait for people, and of which kind each step of the engine's own is."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, get_args

from domain import own_steps as steps

Kind = Literal["call", "review", "approval", "dispute", "contact", "cash"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_OWN: Mapping[str, Kind] = {
    steps.CALL_APPLICANT: "call",
    steps.DISPUTE_ANSWER: "dispute",
    steps.DISPUTE_CREDIT: "dispute",
    steps.UNREACHABLE: "contact",
    steps.WHEREABOUTS: "contact",
    steps.UNAPPLIED: "cash",
    steps.BANK_LINE: "cash",
    steps.TWICE: "cash",
    steps.DEPOSIT_LEFT: "cash",
    steps.BLAST: "approval",
}


@lru_cache(maxsize=1024)
def kind_of(step: str, said: str | None = None) -> Kind:
    """Return the kind of a task; `said` is what the policy, or whoever opened it, calls it."""
    if steps.is_approval(step):
        return "approval"
    if (own := _OWN.get(step)) is not None:
        return own
    if step in steps.RESERVED:
        return "review"
    return next((kind for kind in KINDS if kind == said), "review")
