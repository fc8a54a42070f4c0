"""Delivering: what an endpoint may answer, and how long an event rests before it is sent again."""

from dataclasses import dataclass
from datetime import timedelta

RESTS = (
    *(timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30)),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
"""Real time after the first attempt that came to nothing, the second, and so on: some three days in all.

As Standard Webhooks recommends; after the last of them there is one attempt more.
"""

GONE = 410
UNWELL_AFTER = 3
"""So many failures in a row, with nothing taken beside them, have one event sent at a time."""

AWAY = timedelta(hours=1)
"""Whoever takes something after nothing for so long was away and is back: no event rests any longer."""

DEAD = timedelta(days=3)
"""Whoever took nothing for so long is shut; of any other a single event is given up, and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What an endpoint answered.

    Attributes:
        status: None where no answer came.
        retry_after: the rest that it asks for.
    """

    status: int | None
    words: str
    retry_after: timedelta | None = None

    @property
    def taken(self) -> bool:
        """Only a status of success is one: a redirect is none."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """Nothing is to be sent there any more."""
        return self.status == GONE


def rest_after(attempts: int) -> timedelta | None:
    """Return how long an event rests after so many attempts; None once they were enough."""
    return RESTS[attempts - 1] if attempts <= len(RESTS) else None
