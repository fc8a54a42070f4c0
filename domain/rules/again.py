"""A message that failed in passing, or through a fault of ours, goes out once more on another day.

Only where nothing else reached the customer meanwhile, and no other channel is left.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from domain.claim import Claim
from domain.policy_steps import NoticeStep
from domain.situation import Situation

_WORTH_ANOTHER = ("passing", "ours")
"""What is merely slow is still under way: it is not sent twice by one channel."""


def again(at: Situation, step: NoticeStep, claims: Sequence[Claim]) -> list[str]:
    """Return the channels by which a message that failed may go out again today."""
    return [channel for channel, day in _days(at, step, claims) if day <= at.today]


def another_day(at: Situation, step: NoticeStep, claims: Sequence[Claim]) -> date | None:
    """Return the day still to come on which a message that failed goes out again; None for no such day."""
    return min((day for _, day in _days(at, step, claims) if day > at.today), default=None)


def _days(at: Situation, step: NoticeStep, claims: Sequence[Claim]) -> list[tuple[str, date]]:
    if not any(claim.fault for claim in claims) or any(claim.stands for claim in claims):
        return []
    found: list[tuple[str, date]] = []
    for channel in step.channels:
        last = next((claim for claim in reversed(claims) if claim.channel == channel), None)
        failed_at = last.bounced_at if last and last.fault in _WORTH_ANOTHER else None
        if failed_at is not None and at.reaches(step, channel):
            found.append((channel, at.calendar.local_date(failed_at) + timedelta(days=1)))
    return found
