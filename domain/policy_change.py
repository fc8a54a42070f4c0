"""What another policy would change for one customer, from the same facts: before it is adopted.

Both are asked for their forecast, and the forecasts are compared step by step. A forecast is what happens
if nothing happens and messages are delivered, so a change may still not come.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from domain.account import Account
from domain.policy import Policy
from domain.simulation.forecast import coming

MOST_STEPS = 24
"""So many steps are compared; a policy has fewer, but a customer may have many debts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDay:
    """A step by a channel, and the local day on which it comes next."""

    step: str
    channel: str
    on: date

    @property
    def words(self) -> str:
        """The step in words."""
        return f"{self.step}/{self.channel} {self.on}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What another policy would do to one customer.

    Attributes:
        today: the customer's day.
        before, after: what comes next under each policy, every step and channel once.
    """

    customer_id: str
    today: date
    before: tuple[StepDay, ...]
    after: tuple[StepDay, ...]

    @property
    def appears(self) -> tuple[StepDay, ...]:
        """What only the other policy would do."""
        return tuple(each for each in self.after if _key(each) not in set(map(_key, self.before)))

    @property
    def vanishes(self) -> tuple[StepDay, ...]:
        """What only the policy of now would do."""
        return tuple(each for each in self.before if _key(each) not in set(map(_key, self.after)))

    @property
    def moves(self) -> tuple[tuple[StepDay, StepDay], ...]:
        """What both would do, on different days."""
        now = {_key(each): each for each in self.before}
        both = [(now[_key(each)], each) for each in self.after if _key(each) in now]
        return tuple((old, new) for old, new in both if old.on != new.on)

    @property
    def changes(self) -> bool:
        """Whether there is any difference."""
        return bool(self.appears or self.vanishes or self.moves)

    @property
    def words(self) -> str:
        """The differences in one line."""
        parts = [f"+ {self._day(each)}" for each in self.appears]
        parts += [f"- {self._day(each)}" for each in self.vanishes]
        parts += [f"{old.step}/{old.channel} {old.on} -> {new.on}" for old, new in self.moves]
        return "; ".join(parts) or "no change"

    def _day(self, each: StepDay) -> str:
        return f"{each.step}/{each.channel} today" if each.on == self.today else each.words

    def json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "customer": self.customer_id,
            "today": self.today.isoformat(),
            "appears": [_json(each) for each in self.appears],
            "vanishes": [_json(each) for each in self.vanishes],
            "moves": [{**_json(new), "before": old.on.isoformat()} for old, new in self.moves],
        }


def change(
    before: Policy | None, after: Policy, account: Account, now: datetime, *, adopting: bool
) -> Change:
    """Compare two policies for an account.

    Args:
        before: None when the customer has no policy now.
        adopting: the other is adopted for an open case, which has had messages of the one before it.
    """
    zone = ZoneInfo(account.customer.timezone)
    then = replace(account, adopted_at=now) if adopting else account
    return Change(
        customer_id=account.customer.id,
        today=now.astimezone(zone).date(),
        before=() if before is None else tuple(_next(before, account, now, zone)),
        after=tuple(_next(after, then, now, zone)),
    )


def _next(policy: Policy, account: Account, now: datetime, zone: ZoneInfo) -> Iterator[StepDay]:
    seen = set()
    for line in islice(coming(policy, account, now), MOST_STEPS):
        each = StepDay(step=line.step or "", channel=line.channel or "", on=line.at.astimezone(zone).date())
        if _key(each) not in seen:
            seen.add(_key(each))
            yield each


def _key(each: StepDay) -> tuple[str, str]:
    return each.step, each.channel


def _json(each: StepDay) -> dict[str, str]:
    return {"step": each.step, "channel": each.channel, "on": each.on.isoformat()}
