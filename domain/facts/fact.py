"""One fact, and the body that says what happened."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """What a fact says. Frozen; a field nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Unknown(Body):
    """A fact of a type this version does not act on: kept and shown, never a crash."""

    type: Literal["unknown"] = "unknown"
    name: str
    data: dict[str, Any]


def kind_of(body: Body) -> str:
    """Return the type of a fact, as the simulation format names it."""
    return str(type(body).model_fields["type"].default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One dated fact about one customer, unique by `source` and `id`.

    Attributes:
        happened_on: the day it happened, in the customer's zone.
        happened_at: the instant, where one is known; UTC.
        learned_at: when the ledger learned it; UTC.
        number: the ledger's running number, 0 before it is stored.
    """

    source: str
    id: str
    happened_on: date
    happened_at: datetime | None
    learned_at: datetime
    body: Body
    number: int = 0
