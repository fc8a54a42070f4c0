"""An override: a person chose the policy of one customer."""

from dataclasses import dataclass
from datetime import date

from domain import facts
from domain.facts import Fact
from domain.rest import FOREVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A policy that a person chose for one customer, until the end of a day.

    Attributes:
        policy: its name: the newest version of it counts.
        last: FOREVER when it has no end.
    """

    policy: str
    reason: str
    by: str
    last: date

    def holds(self, on: date) -> bool:
        """Whether it counts on a day; it begins when it is said."""
        return on <= self.last

    @property
    def words(self) -> str:
        """It in one line."""
        return f"{self.policy} by {self.by} until {self.until}: {self.reason}"

    @property
    def until(self) -> str:
        """Its end in words."""
        return "further notice" if self.last == FOREVER else str(self.last)


def after(fact: Fact, override: Override | None) -> Override | None:
    """Return the override after a fact: the newest replaces what was there."""
    match fact.body:
        case facts.PolicyOverrideSet() as body:
            last = FOREVER if body.to is None or body.to > facts.LAST_DAY else body.to
            return Override(policy=body.policy, reason=body.reason, by=body.by or "finance", last=last)
        case facts.PolicyOverrideEnded():
            return None
        case _:
            return override


def in_force(override: Override | None, on: date) -> Override | None:
    """Return the override if it counts on a day."""
    return override if override is not None and override.holds(on) else None
