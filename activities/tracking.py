"""Tracking: the vendors are asked about messages of which nothing came back, for what reports were lost.

Twilio reports within seconds or never; SendGrid tries for a day. What was asked is remembered in this
process alone: another one, or the next, asks at worst once more.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from activities.books import Books
from domain.delivery import Receipt
from domain.errors import SORTED, Misconfigured, TryAgainLater
from store import inbox

AFTER = timedelta(minutes=15)
"""Business time after which a message of which nothing came back is asked about."""
WITHIN = timedelta(days=4)
"""And until when: SendGrid has given up after three days, Twilio much earlier."""
AGAIN_SECONDS = 600.0
MOST = 2_000
_MINUTE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A message that a vendor is asked about."""

    reference: str
    provider_ref: str
    to: str = field(repr=False)
    sent_at: datetime


class Tracker(Protocol):
    """Asks one vendor what became of a message that it took.

    Raises:
        TryAgainLater, Misconfigured, InDoubt: it does not say now.
    """

    @property
    def a_minute(self) -> int:
        """How many questions it bears in a minute."""
        ...

    def ask(self, asked: Asked) -> Sequence[Receipt]: ...


class _Pace:
    """When one vendor may be asked: so often a minute, and not before it said that it will answer again."""

    def __init__(self, a_minute: int, monotonic: Callable[[], float]) -> None:
        self._left, self._a_minute, self._monotonic = a_minute, a_minute, monotonic
        self._since = self._not_before = monotonic()

    def may_ask(self) -> bool:
        """Whether one more question may be asked now, which is counted."""
        now = self._monotonic()
        if now - self._since >= _MINUTE_SECONDS:
            self._since, self._left = now, self._a_minute
        if now < self._not_before or self._left <= 0:
            return False
        self._left -= 1
        return True

    def rest(self, seconds: float) -> None:
        """Ask nothing for so long."""
        self._not_before = self._monotonic() + seconds


class Tracking:
    """Asks about what never came back, and takes the answers as if they had."""

    def __init__(
        self,
        *,
        books: Books,
        trackers: Mapping[str, Tracker],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.books = books
        self.trackers = trackers
        self.monotonic = monotonic
        self._asked: dict[str, float] = {}
        self._paces = {channel: _Pace(tracker.a_minute, monotonic) for channel, tracker in trackers.items()}

    def ask_for(self, seconds: float, now: datetime) -> list[str]:
        """Ask for so long, and return the customers to wake; the last question may take longer."""
        if not self.trackers:
            return []
        end, woken = self.monotonic() + seconds, dict[str, None]()
        for each in self._waiting(now):
            if self.monotonic() >= end:
                break
            if not self._paces[each.channel].may_ask():
                continue
            self._asked[each.message] = self.monotonic()
            for receipt in self._answers(each):
                taken = inbox.take(self.books.ledger, receipt, now=now, code_version=self.books.code_version)
                woken.update(dict.fromkeys(taken.wake))
        return list(woken)

    def _waiting(self, now: datetime) -> list[inbox.Waiting]:
        """Return what may be asked about now, what was never asked about first."""
        found = inbox.waiting(
            self.books.ledger, self.trackers, now=now, after=AFTER, within=WITHIN, limit=MOST
        )
        names = {each.message for each in found}
        self._asked = {name: at for name, at in self._asked.items() if name in names}
        due = self.monotonic() - AGAIN_SECONDS
        ready = [each for each in found if self._asked.get(each.message, due) <= due]
        return sorted(ready, key=lambda each: self._asked.get(each.message, 0.0))

    def _answers(self, waiting: inbox.Waiting) -> Sequence[Receipt]:
        asked = Asked(
            reference=waiting.message,
            provider_ref=waiting.provider_ref,
            to=waiting.to,
            sent_at=self.books.clock().real(waiting.sent_at),
        )
        try:
            return self.trackers[waiting.channel].ask(asked)
        except TryAgainLater as later:
            self._paces[waiting.channel].rest(later.delay.total_seconds())
        except Misconfigured:
            # Whoever sends there tells of what is to be mended; meanwhile no other question fares better.
            self._paces[waiting.channel].rest(AGAIN_SECONDS)
        except SORTED:
            pass
        return ()  # It is asked again.
