"""Which task is done with a command, because it asked for nothing else."""

from domain import facts
from domain.own_steps import USAGE_PROFILE
from domain.rules import access, proposals
from domain.situation import Situation


def ended_by(at: Situation, body: facts.Body) -> str | None:
    """Return the step whose task ends with this fact, or None."""
    if isinstance(body, facts.UsageProfileAgreed):
        return USAGE_PROFILE if at.open_task(USAGE_PROFILE) else None
    return proposals.ended_by(at, body) or access.ended_by(at, body)
