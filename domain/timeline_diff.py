"""What changes for whom from one policy to another: the same facts played under both, and compared.

Compared is per invoice and step the day on which it first happens and its channels, and per service
each suspension and each return. Days are the customer's.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from zoneinfo import ZoneInfo

from domain.backtest import Past, is_for
from domain.channels import NO_DEBTS, SERVICE
from domain.contact_law.books import LawOf, lawless
from domain.interest.rates import Rates
from domain.own_steps import THANKED, TOLD, TOLD_ENDED, TOLD_RESTRICTED
from domain.policy import Policy
from domain.simulation.play import simulate
from domain.simulation.timeline import Outcome

What = Literal["appears", "vanishes", "moves", "channels"]
WHATS: tuple[What, ...] = ("appears", "vanishes", "moves", "channels")

_Key = tuple[str, int, str]
"""Invoice and opening, or nothing and a running number for what is done to the service; and the step."""

_NEWS = (TOLD_RESTRICTED, TOLD, THANKED, TOLD_ENDED)
"""The messages about the service, whatever invoices they name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """A step as it happened: its first day, and the channels in order."""

    on: date
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepChange:
    """One step of one invoice, or of the service, that two policies take differently.

    Attributes:
        invoice: empty for what is done to the service, and the words about it.
        before, after: None where the policy does not take the step.
    """

    invoice: str
    step: str
    before: Happening | None
    after: Happening | None

    @property
    def whats(self) -> tuple[What, ...]:
        """What changes: a step that moves may change its channels as well."""
        if self.before is None:
            return ("appears",)
        if self.after is None:
            return ("vanishes",)
        moves: tuple[What, ...] = ("moves",) if self.days else ()
        channels: tuple[What, ...] = ("channels",) if self.before.channels != self.after.channels else ()
        return (*moves, *channels)

    @property
    def days(self) -> int:
        """So many days later than before; 0 for what appears or vanishes."""
        return (self.after.on - self.before.on).days if self.before and self.after else 0

    @property
    def words(self) -> str:
        """The change in one line."""
        about = f"{self.invoice} {self.step}".strip()
        if self.before is None or self.after is None:
            there = self.before or self.after
            assert there is not None  # one of the two took the step
            return f"{about} {self.whats[0]}: {there.on} by {' and '.join(there.channels)}"
        parts = (
            [f"{self.before.on} becomes {self.after.on} ({self.days:+} {_days(self.days)})"]
            if self.days
            else []
        )
        if "channels" in self.whats:
            old, new = (" and ".join(each.channels) for each in (self.before, self.after))
            parts.append(f"by {new}, and was by {old}")
        return f"{about}: {', '.join(parts)}"

    def json(self) -> dict[str, Any]:
        """Return the change as JSON values."""
        return {
            "invoice": self.invoice or None,
            "step": self.step,
            "what": list(self.whats),
            "days": self.days if self.before and self.after else None,
            "before": _happening_json(self.before),
            "after": _happening_json(self.after),
        }


def _days(number: int) -> str:
    return "day" if abs(number) == 1 else "days"


def _happening_json(each: Happening | None) -> dict[str, Any] | None:
    return None if each is None else {"on": each.on.isoformat(), "channels": list(each.channels)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerChange:
    """All that changes for one customer, by day."""

    customer: str
    changes: tuple[StepChange, ...]


@dataclass(slots=True, kw_only=True)
class Difference:
    """What changes for many customers.

    Attributes:
        compared: customers for whom both policies are.
        only_first, only_second, neither: those for whom they are not.
        counts: per step and what happens to it.
        changed: those for whom anything changes.
    """

    compared: int = 0
    only_first: int = 0
    only_second: int = 0
    neither: int = 0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    changed: list[CustomerChange] = field(default_factory=list)

    def add(self, other: "Difference") -> None:
        """Add what changes for other customers, after those that are here."""
        self.compared += other.compared
        self.only_first += other.only_first
        self.only_second += other.only_second
        self.neither += other.neither
        self.counts.update(other.counts)
        self.changed += other.changed

    def json(self) -> dict[str, Any]:
        """Return the difference as JSON values."""
        steps: dict[str, dict[str, int]] = {}
        for step, what in sorted(self.counts):
            steps.setdefault(step, {})[what] = self.counts[step, what]
        return {
            "customers": self.compared,
            "changed": len(self.changed),
            "only_under_first": self.only_first,
            "only_under_second": self.only_second,
            "under_neither": self.neither,
            "steps": steps,
            "by_customer": [
                {"customer": each.customer, "changes": [change.json() for change in each.changes]}
                for each in self.changed
            ],
        }

    def words(self, *, most: int) -> str:
        """Return the difference as text, with all changes of the `most` customers who have most of them."""
        lines = [f"{len(self.changed)} of {self.compared} customers changed"]
        if self.only_first or self.only_second or self.neither:
            lines.append(
                f"not compared: {self.only_first} customers under the first policy alone,"
                f" {self.only_second} under the second alone, {self.neither} under neither"
            )
        if self.counts:
            steps = sorted({step for step, _ in self.counts})
            width = max(len("step"), *map(len, steps))
            lines.append("  ".join(["step".ljust(width), *(what.rjust(8) for what in WHATS)]))
            lines += [
                "  ".join([step.ljust(width), *(f"{self.counts[step, what]:8,}" for what in WHATS)])
                for step in steps
            ]
        named = sorted(self.changed, key=lambda each: (-len(each.changes), each.customer))
        for each in named[:most]:
            lines.append(f"{each.customer}:")
            lines += [f"  {change.words}" for change in each.changes]
        if len(named) > most:
            lines.append(f"and {len(named) - most} more customers: --json has them all")
        return "\n".join(lines)


def differences(
    before: Policy,
    after: Policy,
    pasts: Iterable[Past],
    *,
    until: date,
    rates: Rates | None = None,
    law_of: LawOf = lawless,
) -> Difference:
    """Play customers under both policies, from their first fact until the end of `until`, and compare."""
    found = Difference()
    for past in pasts:
        first, second = is_for(before, past.customer), is_for(after, past.customer)
        found.compared += first and second
        found.only_first += first and not second
        found.only_second += second and not first
        found.neither += not (first or second)
        if not (first and second):
            continue
        law = law_of(past.customer, past.where)
        played = [
            simulate(policy, past.customer, past.facts, until, channels=past.channels, rates=rates, law=law)
            for policy in (before, after)
        ]
        changes = compare(played[0], played[1])
        if changes:
            found.changed.append(CustomerChange(customer=past.customer.id, changes=changes))
            found.counts.update((change.step, what) for change in changes for what in change.whats)
    return found


def compare(before: Outcome, after: Outcome) -> tuple[StepChange, ...]:
    """Return what the second play of the same facts did otherwise, by day."""
    old, new = _happenings(before), _happenings(after)
    changes = [
        (key, StepChange(invoice=key[0], step=key[2], before=old.get(key), after=new.get(key)))
        for key in dict.fromkeys([*old, *new])
        if old.get(key) != new.get(key)
    ]
    changes.sort(key=lambda pair: (_first_day(pair[1]), pair[0]))
    return tuple(change for _, change in changes)


def _first_day(change: StepChange) -> date:
    return min(each.on for each in (change.before, change.after) if each is not None)


def _happenings(outcome: Outcome) -> dict[_Key, Happening]:
    zone = ZoneInfo(outcome.account.customer.timezone)
    found: dict[_Key, Happening] = {}
    service: Counter[tuple[str, str]] = Counter()
    for line in outcome.lines:
        if line.kind != "effect":
            continue
        step, channel = line.step or "", line.channel or ""
        invoices = [(debt.key, debt.opening) for debt in line.debts if debt.invoice not in NO_DEBTS]
        if line.channel == SERVICE or step in _NEWS or not invoices:
            service[step, channel] += 1
            invoices = [("", service[step, channel])]
        on = line.at.astimezone(zone).date()
        for invoice, opening in invoices:
            key = (invoice, opening, step)
            there = found.get(key, Happening(on=on, channels=()))
            channels = there.channels if channel in there.channels else (*there.channels, channel)
            found[key] = Happening(on=there.on, channels=channels)
    return found
