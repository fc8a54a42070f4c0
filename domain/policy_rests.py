"""How long chasing may rest under a policy: pauses, promises to pay, instalment plans, disputes."""

from typing import Literal

from pydantic import Field

from domain.documents import Whole
from domain.policy_fields import Part


class Pauses(Part):
    """How long a pause may be.

    Attributes:
        max_days: days from the first on; a longer pause, or one without an end, ends by itself after so
            many. None sets no bound.
        warn_again_days: a pause of more days than these makes what was announced untrue: the last
            warning goes out again before anybody is suspended.
    """

    max_days: Whole | None = Field(default=None, ge=1, le=3650)
    warn_again_days: Whole = Field(default=30, ge=1, le=3650)


class Promises(Part):
    """What a promise to pay is worth.

    Attributes:
        max_days: days from the promise to the promised day; a later day counts as this one.
        grace_days: whole days after it in which the money may still arrive.
        most: promises that were not kept about the same debts, after which another one rests nothing.
    """

    max_days: Whole = Field(default=30, ge=1, le=365)
    grace_days: Whole = Field(default=2, ge=0, le=30)
    most: Whole = Field(default=2, ge=0, le=20)


class Plans(Part):
    """What an instalment plan is worth.

    Attributes:
        grace_days: whole days after the day of an instalment in which its money may still arrive.
        on_missed: `ends`: a missed instalment ends the plan, and the invoices' own due dates count again;
            `continues`: it is chased by itself, and so is each that follows.
        most_days: days from the agreement to the last instalment. None sets no bound.
    """

    grace_days: Whole = Field(default=5, ge=0, le=60)
    on_missed: Literal["ends", "continues"] = "ends"
    most_days: Whole | None = Field(default=None, ge=1, le=3650)


class Disputes(Part):
    """How long a dispute may wait for people.

    Attributes:
        answer_days: days after which whoever owns an open dispute gets a task. None sets no clock.
        credit_days: days after which a task says that a lost dispute has no credit note; until it comes
            the amount is not chased. None: it is chased as soon as the dispute is resolved.
    """

    answer_days: Whole | None = Field(default=None, ge=0, le=365)
    credit_days: Whole | None = Field(default=None, ge=0, le=365)
