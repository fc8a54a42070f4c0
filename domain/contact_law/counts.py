"""Clauses that count: caps, gaps and silences, from the contacts that were made.

Days are local to the clause's zone, and a span of days is one of consecutive local days, today included.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from domain.contact_law.clauses import Approach, Clause, Contact, Stop
from domain.contact_law.rules import Cap, Gap, Silence
from domain.reasons import Reason, because


@dataclass(frozen=True, slots=True, kw_only=True)
class _Blocked:
    """How long the contacts about one debt, or all of them, forbid another one."""

    until: datetime
    debt: str | None
    shown: str  # what the reason says about it


@dataclass(frozen=True, kw_only=True)
class CountedClause(Clause):
    """A rule about the contacts that were made: of the customer, or of each debt by itself."""

    rule: Cap | Gap | Silence

    def _stop(self, at: datetime, approach: Approach) -> Stop | None:
        groups: Iterable[str | None] = sorted(approach.debts) if self.rule.per == "debt" else [None]
        blocked = [block for debt in groups if (block := self._block(at, approach, debt)) is not None]
        if not blocked:
            return None
        last = max(blocked, key=lambda block: block.until)
        debts = frozenset(block.debt for block in blocked if block.debt is not None)
        about = "anything" if last.debt is None else ", ".join(sorted(debts))
        return Stop(reason=self._why(last, about), until=last.until, debts=debts)

    def _block(self, at: datetime, approach: Approach, debt: str | None) -> _Blocked | None:
        raise NotImplementedError

    def _why(self, block: _Blocked, about: str) -> Reason:
        raise NotImplementedError

    def _counted(self, at: datetime, approach: Approach, debt: str | None) -> list[Contact]:
        """The contacts that count, oldest first, without those too old for any rule of so many days."""
        span = self.rule.days or 0
        hours = self.rule.hours or 0 if isinstance(self.rule, Gap) else 0
        # Two days more, because a local day is longer than 24 hours at times and zones skip some.
        since = at - timedelta(days=span + 2, hours=hours)
        found = [
            contact
            for contact in approach.past
            if contact.at >= since
            and contact.channel in self.rule.channels
            and (debt is None or debt in contact.debts)
        ]
        return sorted(found, key=lambda contact: contact.at)


@dataclass(frozen=True, kw_only=True)
class CapClause(CountedClause):
    """At most so many contacts in any so many consecutive local days."""

    rule: Cap

    def _block(self, at: datetime, approach: Approach, debt: str | None) -> _Blocked | None:
        today = self.clock.local_date(at)
        days: list[date] = []
        seen: set[tuple[str, date]] = set()
        for contact in self._counted(at, approach, debt):
            on = self.clock.local_date(contact.at)
            occasion = (contact.occasion, on)
            if self.rule.together and contact.occasion and occasion in seen:
                continue
            seen.add(occasion)
            days.append(on)
        if self.rule.together and approach.occasion and (approach.occasion, today) in seen:
            return None
        if len(days) < self.rule.most:
            return None
        # Another one is allowed once the oldest of the `most` newest has left the days that count.
        free_on = days[-self.rule.most] + timedelta(days=self.rule.days)
        if today >= free_on:
            return None
        made = sum(day > today - timedelta(days=self.rule.days) for day in days)
        return _Blocked(until=self.clock.start_of(free_on), debt=debt, shown=str(made))

    def _why(self, block: _Blocked, about: str) -> Reason:
        return because(
            "contact.cap",
            law=self.rule.id,
            place=self.place,
            made=block.shown,
            most=self.rule.most,
            channels=" or ".join(self.rule.channels),
            days=self.rule.days,
            about=about,
            source=self.rule.source,
        )


@dataclass(frozen=True, kw_only=True)
class GapClause(CountedClause):
    """So many hours, or local days, between a contact and the next one."""

    rule: Gap

    def _block(self, at: datetime, approach: Approach, debt: str | None) -> _Blocked | None:
        today = self.clock.local_date(at)
        for contact in reversed(self._counted(at, approach, debt)):
            on = self.clock.local_date(contact.at)
            if (
                self.rule.together
                and contact.occasion
                and (contact.occasion, on) == (approach.occasion, today)
            ):
                continue
            if self.rule.hours is not None:
                free_at = contact.at.astimezone(UTC) + timedelta(hours=self.rule.hours)
            else:
                free_at = self.clock.start_of(on + timedelta(days=self.rule.days or 0))
            return None if at >= free_at else _Blocked(until=free_at, debt=debt, shown=on.isoformat())
        return None

    def _why(self, block: _Blocked, about: str) -> Reason:
        gap = f"{self.rule.hours} hours" if self.rule.hours is not None else f"{self.rule.days} days"
        return because(
            "contact.gap",
            law=self.rule.id,
            place=self.place,
            about=about,
            last_on=block.shown,
            gap=gap,
            source=self.rule.source,
        )


@dataclass(frozen=True, kw_only=True)
class SilenceClause(CountedClause):
    """No contact within so many local days after a conversation, which is on the first of them."""

    rule: Silence

    def _block(self, at: datetime, approach: Approach, debt: str | None) -> _Blocked | None:
        talks = [contact for contact in self._counted(at, approach, debt) if contact.conversation]
        if not talks:
            return None
        on = self.clock.local_date(talks[-1].at)
        free_at = self.clock.start_of(on + timedelta(days=self.rule.days))
        return None if at >= free_at else _Blocked(until=free_at, debt=debt, shown=on.isoformat())

    def _why(self, block: _Blocked, about: str) -> Reason:
        return because(
            "contact.silence",
            law=self.rule.id,
            place=self.place,
            about=about,
            talked_on=block.shown,
            channels=" or ".join(self.rule.channels),
            days=self.rule.days,
            source=self.rule.source,
        )
