"""What the blast guard holds: listed from the ledger whenever somebody reads it, and approved by number."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.channels import BOOK, TASK
from store import reports, switches
from store.database import Ledger
from store.reports import DryRun, WantedEffect

MOST_LISTED = 10
"""So many effects are named in words; JSON has every one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The effects that wait for a person's approval.

    Attributes:
        effects: by customer; each counts against the limit.
        codes: so many new customers wait for a code, which goes out with the approval and does not count.
    """

    effects: tuple[WantedEffect, ...]
    codes: int

    @property
    def customers(self) -> int:
        """How many customers the effects are for."""
        return len({effect.customer_id for effect in self.effects})

    @property
    def by_step(self) -> Counter[tuple[str, str]]:
        """How many effects wait of each step and channel."""
        return Counter((each.effect.step, each.effect.channel) for each in self.effects)

    @property
    def summary(self) -> str:
        """What waits, in one line."""
        steps = ", ".join(f"{step} by {channel} {count}" for (step, channel), count in self._counted())
        codes = f"; {self.codes} codes for new customers" if self.codes else ""
        return (
            f"{len(self.effects)} effects for {self.customers} customers wait{steps and ': '}{steps}{codes}"
        )

    def lines(self) -> list[str]:
        """What waits, in a few lines: the sums, and the first effects by name."""
        left = len(self.effects) - MOST_LISTED
        more = [f"and {left} more: `starter.py worklist --json` has every one"] if left > 0 else []
        return [self.summary, *(each.words for each in self.effects[:MOST_LISTED]), *more]

    def json(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        return {
            "customers": self.customers,
            "effects": len(self.effects),
            "codes": self.codes,
            "by_step": [
                {"step": step, "channel": channel, "effects": count}
                for (step, channel), count in self._counted()
            ],
            "list": [each.json() for each in self.effects],
        }

    def _counted(self) -> list[tuple[tuple[str, str], int]]:
        return sorted(self.by_step.items())


def held(found: DryRun) -> Waiting:
    """Return what of a dry run the guard holds: tasks and returns pass it, and asking how a message went."""
    new = (
        each
        for each in found.wanted
        if each.effect.settles is None
        and each.effect.channel not in (TASK, BOOK)
        and each.effect.kind != switches.RETURN
    )
    return Waiting(effects=tuple(new), codes=found.codes)


def waiting(ledger: Ledger, *, now: datetime) -> Waiting:
    """Return what the guard holds, or would, at this moment."""
    return held(reports.dry_run(ledger, now=now))


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What an approval covers, and how many customers it wakes."""

    effects: int
    woken: int


def allow(ledger: Ledger, *, by: str, now: datetime, most: int | None = None) -> Allowed:
    """Let out what the guard holds, for a day: so many effects as wait now, or as were listed to a person.

    They are counted before anything is locked: to plan for thousands of customers takes seconds.
    """
    effects = len(waiting(ledger, now=now).effects) if most is None else most
    return Allowed(effects=effects, woken=switches.go(ledger, by=by, now=now, allow=effects))
