"""What a policy that was adopted under an open case finds: messages of the one before it.

A level that was said is not said again, nothing milder follows it, and a warning that only this policy
asks for still goes out. Without `policy_adopted` for this very customer nothing here applies.
"""

from collections.abc import Sequence
from datetime import date

from domain.book import Debt
from domain.claim import Claim
from domain.policy_steps import NoticeStep, Step
from domain.situation import Situation


def before_it(at: Situation, claims: Sequence[Claim]) -> bool:
    """Whether all of these went out under the policy before: the step is done, whatever it says now."""
    adopted_at = at.account.adopted_at
    return adopted_at is not None and all(claim.claimed_at < adopted_at for claim in claims)


def passed_by(at: Situation, debt: Debt, ladder: Sequence[NoticeStep]) -> int:
    """Return the index of the last step that a message counts for which this policy does not have; or -1.

    It counts by its day: what fell on or before that day would be milder, or the same in other words.
    """
    said_on = at.said_before(debt)
    if said_on is None:
        return -1
    days = [at.step_on(step, debt) for step in ladder]
    return max((i for i, day in enumerate(days) if day is not None and day <= said_on), default=-1)


def missing(
    at: Situation, debt: Debt, ladder: Sequence[NoticeStep], passed: int
) -> tuple[NoticeStep, date] | None:
    """Return the mildest step up to `passed` that never went out and that a step to come builds on."""
    others = (step for step in at.climb if not isinstance(step, NoticeStep))
    to_come: list[Step] = [
        *ladder[passed + 1 :],
        *(step for step in others if not at.claims(debt, step.id)),
    ]
    needed = {need for step in to_come for need in step.needs_delivered}
    found: tuple[NoticeStep, date] | None = None
    for step in reversed(ladder[: passed + 1]):
        if step.id not in needed or any(at.claims(debt, each) for each in at.stand_ins(step.id)):
            continue
        needed.update(step.needs_delivered)
        day = at.step_on(step, debt)
        if day is not None and not at.before_go_live(day) and at.unmet(step, debt) is None:
            found = step, day
    return found
