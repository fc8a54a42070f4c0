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
from domain.errors import SORTED
from store import inbox

AFTER = timedelta(minutes=15)
"""Business time after which a message of which nothing came back is asked about."""
WITHIN = timedelta(days=4)
"""And until when: SendGrid has given up after three days, Twilio much earlier."""
AGAIN_SECONDS = 600.0
MOST = 2_000


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

    def ask(self, asked: Asked) -> Sequence[Receipt]: ...


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

    def ask_for(self, seconds: float, now: datetime) -> list[str]:
        """Ask for so long, and return the customers to wake; the last question may take longer."""
        if not self.trackers:
            return []
        end, woken = self.monotonic() + seconds, dict[str, None]()
        for each in self._waiting(now):
            if self.monotonic() >= end:
                break
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
        except SORTED:
            return ()  # It is asked again; whoever sends there tells of what is to be mended.
