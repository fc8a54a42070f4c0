"""What a policy asks before anybody may administer a customer's services, and for how long they may."""

from typing import Annotated

from pydantic import AfterValidator, Field

from domain.documents import Whole
from domain.policy_fields import Part, each_once

FULL_ROLES = (
    "Global Administrator",
    "Owner",
    "User Access Administrator",
    "Privileged Role Administrator",
    "Privileged Authentication Administrator",
)
"""Who has one of these can give themselves everything else."""
_DAYS_OF_2_YEARS = 730

RoleName = Annotated[str, Field(min_length=1, max_length=128)]


class Access(Part):
    """Under which conditions roles are granted.

    Attributes:
        full_roles: with which one may do everything, or give oneself the right to: every safeguard must hold.
        full_days: the most days for which one of them is granted.
        most_days: the most days for any other role.
        review_days: days between two reviews of everything that is granted.
        remind_days: days before the end of a grant on which somebody is reminded.
    """

    full_roles: Annotated[tuple[RoleName, ...], AfterValidator(each_once)] = FULL_ROLES
    full_days: Whole = Field(default=30, ge=1, le=_DAYS_OF_2_YEARS)
    most_days: Whole = Field(default=365, ge=1, le=_DAYS_OF_2_YEARS)
    review_days: Whole = Field(default=7, ge=1, le=92)
    remind_days: tuple[Annotated[Whole, Field(ge=1, le=365)], ...] = (30, 7, 1)

    def is_full(self, role: str) -> bool:
        """Whether a role lets its holder do everything; spaces and capitals aside."""
        return _plain(role) in {_plain(full) for full in self.full_roles}


def _plain(role: str) -> str:
    return "".join(role.split()).casefold()
