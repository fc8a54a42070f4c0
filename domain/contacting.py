"""Whether contact law lets a message or a call through at one instant, and when it does again.

The law of the day and the policy's window hold together: what waits for both waits for the first
instant at which both are open, so that nobody looks in vain.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from domain.calendar import Calendar
from domain.channels import CHANNELS, NO_DEBTS
from domain.contact_law.clauses import Contact
from domain.contact_law.law import MOST_JUMPS, Barred, Law
from domain.contacts import CALL
from domain.reasons import Reason, because

OPEN_AHEAD = timedelta(hours=10)
"""How far ahead anybody asks until when a message may still arrive."""

_STRIDE = timedelta(minutes=15)
"""Shorter than any window is closed between two openings."""


@dataclass(frozen=True)
class Contacting:
    """The law and the window of one customer at one instant, and the contacts until then."""

    law: Law
    calendar: Calendar
    contacts: tuple[Contact, ...]
    now: datetime

    def barred(self, channel: str, debts: Iterable[str], occasion: str) -> Barred | None:
        """Why the law forbids a contact about these invoices now; None when it does not.

        `until` is the first instant that law and window both allow; without one only news can help.
        """
        if not self.law.clauses:
            return None
        about = frozenset(debts) - NO_DEBTS
        barred = self.law.bars(channel, about, self.contacts, self.now, occasion=occasion)
        if barred is None or barred.until is None:
            return barred
        until = self._open(channel, about, occasion, barred.until)
        if until is not None:
            return replace(barred, until=until)
        return Barred(reason=because("contact.never", channel=channel, why=barred.reason.words), until=None)

    def open_until(self, channel: str, debts: Iterable[str], occasion: str) -> datetime:
        """The instant at which window or law close on a contact that is allowed now, within `OPEN_AHEAD`.

        What does not hold now, because the contact is one that it leaves alone, is not asked later either.
        """
        about = frozenset(debts) - NO_DEBTS
        windowed = self.calendar.closed(self.now) is None
        lawful = self.law.bars(channel, about, self.contacts, self.now, occasion=occasion) is None

        def closed(at: datetime) -> bool:
            if windowed and self.calendar.closed(at) is not None:
                return True
            return lawful and (
                self.law.bars(channel, about, self.contacts, at, occasion=occasion) is not None
            )

        open_at = self.now
        while (later := open_at + _STRIDE) <= self.now + OPEN_AHEAD:
            if closed(later):
                return _first(closed, open_at, later)
            open_at = later
        return open_at

    def _open(self, channel: str, about: frozenset[str], occasion: str, after: datetime) -> datetime | None:
        """The first instant from `after` on that law and window both allow, if there is one."""
        for _ in range(MOST_JUMPS):
            opens = self.calendar.next_open(after)
            barred = self.law.bars(channel, about, self.contacts, opens, occasion=occasion)
            if barred is None:
                return opens
            if barred.until is None:
                return None
            after = barred.until
        return None

    @cached_property
    def shut(self) -> Mapping[str, Reason]:
        """The channels that the law closes until there is news, whatever a contact is about, and why."""
        barred = {channel: self.barred(channel, (), "") for channel in (*CHANNELS, CALL)}
        return {channel: bar.reason for channel, bar in barred.items() if bar and bar.until is None}


def _first(closed: Callable[[datetime], bool], open_at: datetime, closed_at: datetime) -> datetime:
    """The first closed instant between an open and a closed one, to the second."""
    while closed_at - open_at > timedelta(seconds=1):
        middle = open_at + (closed_at - open_at) // 2
        if closed(middle):
            closed_at = middle
        else:
            open_at = middle
    return closed_at.replace(microsecond=0)
