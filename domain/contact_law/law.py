"""Contact law: whether a customer may be contacted now, by which rule not, and when again.

A `Law` holds the rules for one customer; `domain.contact_law.books` picks them. It judges one contact at the
instant at which it would be sent, from the contacts that were made before. Rules come and go on their
dates by themselves, and all the zones where somebody may be hold at once.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache

from domain.calendar import Calendar
from domain.contact_law.clauses import Approach, Clause, Contact, Stop, clock
from domain.contact_law.rules import OptOutScope, OptOutWords, Retention, Rule
from domain.reasons import Reason, because

MOST_JUMPS = 200
"""From one obstacle to the next; hours that more than that many cannot bring together never come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Barred:
    """Why a contact may not be made now.

    Attributes:
        until: the first instant at which every rule allows it; None when only news can allow it.
        debts: those without which it would be allowed now; empty where leaving debts out is no help.
    """

    reason: Reason
    until: datetime | None
    debts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Law:
    """The rules for one customer. Two of them are the same only if they are one object.

    Attributes:
        home: the clock of the customer's own zone.
        zones: every zone in which the rules must hold.
        rules: those for somebody like this, whatever their dates, law before proposals.
        clauses: the rules that can forbid a contact, once for each zone.
        warnings: what is not known of the law for this customer, a sentence each.
    """

    home: Calendar = field(default_factory=lambda: clock("UTC"))
    zones: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    clauses: tuple[Clause, ...] = ()
    warnings: tuple[str, ...] = ()

    def bars(
        self,
        channel: str,
        debts: Iterable[str],
        past: Iterable[Contact],
        now: datetime,
        *,
        occasion: str = "",
    ) -> Barred | None:
        """Return why a contact may not be made now, or None when it may.

        Of several rules the one that forbids longest is named.
        """
        approach = Approach(channel=channel, debts=frozenset(debts), occasion=occasion, past=tuple(past))
        stops = self._stops(now, approach)
        if not stops:
            return None
        forever = [stop for stop in stops if stop.until is None]
        if forever:
            return Barred(reason=forever[0].reason, until=None)
        # The same for all contacts of a day, so that hours which never come together are looked for once.
        if self.first_opening(channel, self.home.local_date(now)) is None:
            zones = ", ".join(self.zones)
            return Barred(reason=because("contact.no_opening", channel=channel, zones=zones), until=None)
        longest = max(stops, key=lambda stop: stop.until or now)
        alone = all(stop.debts for stop in stops)
        return Barred(
            reason=longest.reason,
            until=self._free(now, approach, stops),
            debts=frozenset().union(*(stop.debts for stop in stops)) if alone else frozenset(),
        )

    def next_allowed(
        self,
        channel: str,
        debts: Iterable[str],
        past: Iterable[Contact],
        now: datetime,
        *,
        occasion: str = "",
    ) -> datetime | None:
        """Return `now` or the first instant after it at which the contact may be made, if there is one."""
        barred = self.bars(channel, debts, past, now, occasion=occasion)
        return now if barred is None else barred.until

    def first_opening(self, channel: str, day: date) -> datetime | None:
        """Return the first instant on or after a local day at which a channel is open, whatever was sent."""
        return _opening(self, channel, day)

    def _stops(self, at: datetime, approach: Approach) -> list[Stop]:
        stops = (clause.stop(at, approach) for clause in self.clauses)
        return [stop for stop in stops if stop is not None]

    def _free(self, at: datetime, approach: Approach, stops: list[Stop]) -> datetime | None:
        """Return the first free instant after `at`, where these stops are."""
        # No instant before the last of their ends can be free, so nothing is jumped over.
        for _ in range(MOST_JUMPS):
            if not stops:
                return at
            ends = [stop.until for stop in stops if stop.until is not None]
            if len(ends) < len(stops):
                return None
            at = max(ends)
            stops = self._stops(at, approach)
        return None

    def closed_by(self, channel: str, at: datetime) -> frozenset[str]:
        """Return the channels that an opt-out, received at an instant by one of them, closes."""
        closed = {channel}
        for rule in self.rules:
            if isinstance(rule, OptOutScope) and rule.scope == "all" and self._in_force(rule, channel, at):
                closed.update(rule.channels)
        return frozenset(closed)

    def opts_out(self, channel: str, text: str, at: datetime) -> bool:
        """Whether a message is an opt-out word, and nothing else; a person reads what is not."""
        said = _plain(text)
        return any(
            said == _plain(word)
            for rule in self.rules
            if isinstance(rule, OptOutWords) and self._in_force(rule, channel, at)
            for word in rule.words
        )

    def retention(self, on: date) -> Retention | None:
        """Return the rule that keeps records longest after the last activity; None where none does."""
        kept = [rule for rule in self.rules if isinstance(rule, Retention) and rule.valid_on(on)]
        return max(kept, key=lambda rule: rule.years, default=None)

    def _in_force(self, rule: Rule, channel: str, at: datetime) -> bool:
        days = {clock(zone).local_date(at) for zone in self.zones} or {self.home.local_date(at)}
        return channel in rule.channels and any(rule.valid_on(day) for day in days)


@lru_cache(maxsize=16_384)
def _opening(law: Law, channel: str, day: date) -> datetime | None:
    start, anything = law.home.start_of(day), Approach(channel=channel)
    return law._free(start, anything, law._stops(start, anything))


@lru_cache(maxsize=4096)
def without_proposals(law: Law) -> Law:
    """Return what of these rules is law, and no proposal of the house's."""
    # Kept, because two laws are the same only if they are one object.
    clauses = tuple(clause for clause in law.clauses if clause.rule.confidence != "proposal")
    if len(clauses) == len(law.clauses):
        return law
    rules = tuple(rule for rule in law.rules if rule.confidence != "proposal")
    return replace(law, rules=rules, clauses=clauses)


NO_LAW = Law()
"""Nothing is forbidden: what an account has to which no rules were attached."""


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
