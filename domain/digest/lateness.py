"""Late is not the same as not paying: what is late may be forgotten, what was announced and passed is not.

A debt is `late` from the day after its due date. It is `non_payment` once the day has passed that a
delivered final notice announced. The first keeps the service and may cost interest; the second is what a
service is suspended for.
"""

from datetime import date
from typing import Literal

Lateness = Literal["not_due", "late", "non_payment"]
LATENESS: tuple[Lateness, ...] = ("late", "non_payment")
"""What a digest tells of."""


def lateness(due_on: date, announced_on: date | None, today: date) -> Lateness:
    """Return what an open debt is on a day.

    Args:
        announced_on: the day that its delivered final notice announced; None where none was delivered.
    """
    if today <= due_on:
        return "not_due"
    return "non_payment" if announced_on is not None and today >= announced_on else "late"
