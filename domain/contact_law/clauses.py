"""Clauses: a rule of contact law in one time zone, and how long it forbids one contact.

A rule holds in every zone where the customer may be, so each zone has a clause of its own. A clause
answers with the exact first instant at which it forbids the contact no longer; nothing walks through time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from domain.calendar import Calendar, SendWindow
from domain.contact_law.rules import ClosedDays, FirstParty, Hours, Rule, Window
from domain.policy_window import Weekday
from domain.reasons import Reason, because

WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ALWAYS = SendWindow(opens=time.min, closes=time.max, weekdays=frozenset(range(7)))
_MOST_CLOSED_DAYS = 400
"""So many closed days one after the other are for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One contact that was made, or may have been.

    Attributes:
        at: when it was sent, or when the call was tried.
        channel: email, sms or call.
        debts: the invoices it was about; one about none counts for no rule that counts per debt.
        conversation: whether somebody was reached and talked.
        occasion: what it shares with the same message by another channel; nothing when it stands alone.
    """

    at: datetime
    channel: str
    debts: frozenset[str] = frozenset()
    conversation: bool = False
    occasion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """A contact that is being considered, and the contacts before it."""

    channel: str
    debts: frozenset[str] = frozenset()
    occasion: str = ""
    past: Sequence[Contact] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Why a clause forbids a contact.

    Attributes:
        until: the first instant at which it does so no longer; None when only news can end it.
        debts: those without which it would not; empty when it forbids the contact whatever it is about.
    """

    reason: Reason
    until: datetime | None
    debts: frozenset[str] = frozenset()


def clock(zone: str) -> Calendar:
    """Return a calendar that only tells the time."""
    return Calendar(zone=zone, window=_ALWAYS, country=None)


@dataclass(frozen=True, kw_only=True)
class Clause:
    """A rule in one zone; `place` says why it is the customer's."""

    rule: Rule
    place: str
    clock: Calendar

    def stop(self, at: datetime, approach: Approach) -> Stop | None:
        """Return why a contact at this instant is forbidden, or None when this clause allows it."""
        if approach.channel not in self.rule.channels or not self.rule.valid_on(self.clock.local_date(at)):
            return None
        found = self._stop(at, approach)
        if found is None or self.rule.last_on is None:
            return found
        end = self.clock.end_of(self.rule.last_on)
        until = end if found.until is None else min(found.until, end)
        return Stop(reason=found.reason, until=until, debts=found.debts)

    def _stop(self, at: datetime, approach: Approach) -> Stop | None:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class WindowClause(Clause):
    """Contact only within the hours of the day of the week."""

    rule: Window

    @cached_property
    def _calendars(self) -> tuple[Calendar, ...]:
        days: dict[tuple[time, time], set[int]] = {}
        for weekday in range(7):
            hours = self._hours(weekday)
            days.setdefault((hours.opens, hours.closes), set()).add(weekday)
        windows = [
            SendWindow(opens=opens, closes=closes, weekdays=frozenset(weekdays))
            for (opens, closes), weekdays in days.items()
        ]
        return tuple(Calendar(zone=self.clock.zone, window=window, country=None) for window in windows)

    def _hours(self, weekday: int) -> Hours:
        return self.rule.days.get(WEEKDAYS[weekday], self.rule)

    def _stop(self, at: datetime, approach: Approach) -> Stop | None:
        if any(calendar.closed(at) is None for calendar in self._calendars):
            return None
        hours = self._hours(self.clock.local_date(at).weekday())
        reason = because(
            "contact.window",
            law=self.rule.id,
            place=self.place,
            opens=f"{hours.opens:%H:%M}",
            closes=f"{hours.closes:%H:%M}",
            zone=self.clock.zone,
            source=self.rule.source,
        )
        return Stop(reason=reason, until=min(calendar.next_open(at) for calendar in self._calendars))


@dataclass(frozen=True, kw_only=True)
class ClosedClause(Clause):
    """No contact on days of the week and public holidays; `holidays` are calendars that know them."""

    rule: ClosedDays
    holidays: tuple[Calendar, ...] = ()

    def _stop(self, at: datetime, approach: Approach) -> Stop | None:
        on = self.clock.local_date(at)
        name = self._closed(on)
        if name is None:
            return None
        reason = because(
            "contact.closed",
            law=self.rule.id,
            place=self.place,
            day=name,
            zone=self.clock.zone,
            source=self.rule.source,
        )
        after = (on + timedelta(days=days) for days in range(1, _MOST_CLOSED_DAYS))
        free_on = next((day for day in after if self._closed(day) is None), None)
        return Stop(reason=reason, until=None if free_on is None else self.clock.start_of(free_on))

    def _closed(self, on: date) -> str | None:
        if WEEKDAYS[on.weekday()] in self.rule.weekdays:
            return _DAY_NAMES[on.weekday()]
        shut = (calendar.closed(calendar.start_of(on)) for calendar in self.holidays)
        return next((closed.values["holiday"] for closed in shut if closed is not None), None)


@dataclass(frozen=True, kw_only=True)
class UnplacedClause(Clause):
    """Hours or days of a customer who may be anywhere: a person must find out first."""

    def _stop(self, at: datetime, approach: Approach) -> Stop | None:
        reason = because("contact.unknown_zone", law=self.rule.id, place=self.place, source=self.rule.source)
        return Stop(reason=reason, until=None)


@dataclass(frozen=True, kw_only=True)
class FirstPartyClause(Clause):
    """Channels that are closed to whoever collects for somebody else."""

    rule: FirstParty

    def _stop(self, at: datetime, approach: Approach) -> Stop | None:
        reason = because(
            "contact.first_party",
            law=self.rule.id,
            place=self.place,
            channel=approach.channel,
            source=self.rule.source,
        )
        return Stop(reason=reason, until=None)
