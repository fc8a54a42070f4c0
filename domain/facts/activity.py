"""Facts about what was noticed in the log of what customers' administrators do."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.facts.fact import Body
from domain.facts.fields import Name, Reason


class ActivityNoticed(Body):
    """A rule of the audit matched what happened; a person has to look at it.

    Attributes:
        rule: the rule's id in `policies/activity/audit.yaml`.
        about: which kind of misuse it may be.
        says: what was found, with its numbers; no name of a person.
        count: so many records of the log.
        records: their ids, the first few.
    """

    type: Literal["activity_noticed"] = "activity_noticed"
    rule: Name
    about: Literal["fraud", "misuse"]
    says: Reason
    count: int = Field(ge=1)
    first_at: datetime
    last_at: datetime
    records: tuple[Name, ...] = Field(default=(), max_length=20)
