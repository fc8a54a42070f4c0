"""The books of contact law: all files of rules, and those of their rules that are for one customer.

What is not known counts against us: a customer of a state that nobody wrote down may be in any. Only an
unknown country is none, and said in the warnings.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from domain.calendar import Calendar, has_holidays
from domain.contact_law import clauses, counts
from domain.contact_law.clauses import Clause, clock
from domain.contact_law.law import NO_LAW, Law
from domain.contact_law.rules import (
    Cap,
    ClosedDays,
    FirstParty,
    Gap,
    Rule,
    RuleBook,
    Silence,
    Window,
    known_region,
)
from domain.contact_law.whereabouts import ANYWHERE, Whereabouts, somewhere
from domain.customer import Customer
from domain.documents import BadDocument, read
from domain.yaml_source import Problem

LawOf = Callable[[Customer, Whereabouts], Law]
"""Tells the law of one customer."""


def lawless(customer: Customer, where: Whereabouts) -> Law:
    """Return no law at all: for tests, which are about other things."""
    return NO_LAW


@dataclass(frozen=True, eq=False)
class ContactBooks:
    """All rules of all files. Two of them are the same only if they are one object."""

    books: tuple[RuleBook, ...]

    def of(self, customer: Customer, where: Whereabouts = ANYWHERE, *, first_party: bool = True) -> Law:
        """Return the rules for one customer; `first_party` says that we collect our own debts."""
        return _law(self, customer.segment, customer.country, customer.timezone, where, first_party)

    def place(self, rule: Rule, country: str | None, where: Whereabouts) -> str | None:
        """Return why a rule is about somebody there, as its reason says it; None when it is not."""
        if not rule.places:
            return "everybody"
        found = {place: self._inside(place, country, where) for place in rule.places}
        sure = [place for place, inside in found.items() if inside is True]
        perhaps = [place for place, inside in found.items() if inside is None]
        if sure:
            return " or ".join(sure)
        return f"{' or '.join(perhaps)}, where the customer may be" if perhaps else None

    def places(self, rule: Rule, country: str | None, where: Whereabouts) -> tuple[str, ...]:
        """Return the places of a rule in which somebody is, or may be."""
        return tuple(p for p in rule.places if self._inside(p, country, where) is not False)

    def _inside(self, place: str, country: str | None, where: Whereabouts) -> bool | None:
        """Whether somebody is in a place; None when that is not known. An unknown country is none."""
        around = next((book.areas[place] for book in self.books if place in book.areas), None)
        if around is not None:
            if place in where.places:
                return True
            return False if where.places or self._inside(around, country, where) is False else None
        if "-" not in place:
            return place == country
        if where.region is not None:
            return place == where.region
        return None if place.partition("-")[0] == country else False

    @property
    def confidence(self) -> tuple[str, ...]:
        """Say how surely the rules were read: `12 rules verified`, the surest first."""
        counts: Counter[str] = Counter(rule.confidence for book in self.books for rule in book.rules)
        order = ("verified", "secondary", "unverified", "proposal")
        return tuple(f"{counts[word]} rules {word}" for word in order if counts[word])

    @property
    def not_read(self) -> frozenset[str]:
        """The places whose law nobody has read."""
        return frozenset(place for book in self.books for place in book.not_read)

    def warnings(self, country: str | None, where: Whereabouts) -> tuple[str, ...]:
        """Return what is not known of the law for somebody there, a sentence each."""
        if country is None:
            return ("no country is known: only the rules for everybody hold",)
        found = []
        unread = self.not_read
        named = {
            place.partition("-")[0] for book in self.books for rule in book.rules for place in rule.places
        }
        region = where.region
        if country in unread or (country not in named and country not in unread):
            found.append(f"the contact law of {country} has not been read: only the rules for everybody hold")
        elif region in unread:
            found.append(f"the contact law of {region} has not been read: only the rules of {country} hold")
        elif region is None and any(place.startswith(f"{country}-") for place in unread):
            found.append(
                f"no region of {country} is known: every region's rules hold, as far as they were read"
            )
        return tuple(found)


def read_books(files: Mapping[str, str]) -> ContactBooks:
    """Return the rules of all files, given by name.

    Raises:
        BadDocument: with every problem of every file.
    """
    books: list[RuleBook] = []
    problems: list[Problem] = []
    owners: dict[str, str] = {}
    for name, text in sorted(files.items()):
        try:
            book = read(text, model=RuleBook, name=name)
        except BadDocument as error:
            problems += error.problems
            continue
        books.append(book)
        for i, rule in enumerate(book.rules):
            if rule.id in owners:
                message = f"rule id {rule.id!r} is used in {owners[rule.id]} as well: give each its own"
                line = _line_of(rule.id, text)
                problems.append(Problem(file=name, line=line, path=f"rules.{i}.id", message=message))
            owners.setdefault(rule.id, name)
    if problems:
        raise BadDocument(tuple(problems))
    return ContactBooks(tuple(books))


def _line_of(rule_id: str, text: str) -> int:
    lines = text.splitlines()
    named = re.compile(rf"\bid:\s*['\"]?{re.escape(rule_id)}\b")
    return next((number for number, line in enumerate(lines, 1) if named.search(line)), 1)


@lru_cache(maxsize=4096)
def _law(
    books: ContactBooks, segment: str, country: str | None, zone: str, where: Whereabouts, first_party: bool
) -> Law:
    # Kept, because most customers are like many others.
    if country is None and where.region is not None:
        country = where.region.partition("-")[0]
    zones = tuple(dict.fromkeys(each for each in (zone, *where.zones) if somewhere(each)))
    home = clock(zone if somewhere(zone) or not zones else zones[0])
    rules = [rule for book in books.books for rule in book.rules if segment in (rule.protects or [segment])]
    rules.sort(key=lambda rule: rule.confidence == "proposal")
    placed = [(rule, place) for rule in rules if (place := books.place(rule, country, where)) is not None]
    found: list[Clause] = []
    for rule, place in placed:
        theirs = isinstance(rule, FirstParty) and where.calling_code not in (None, *rule.calling_codes)
        if isinstance(rule, FirstParty) and (first_party or theirs):
            continue
        closed = _holidays(books, rule, country, where, home) if isinstance(rule, ClosedDays) else ()
        found += _clauses(rule, place, home, zones, closed)
    return Law(
        home=home,
        zones=zones,
        rules=tuple(rule for rule, _ in placed),
        clauses=tuple(found),
        warnings=books.warnings(country, where),
    )


def _holidays(
    books: ContactBooks, rule: ClosedDays, country: str | None, where: Whereabouts, home: Calendar
) -> tuple[Calendar, ...]:
    """Return calendars that know the public holidays: of the rule's places, or of where the customer is.

    Who is in a region has its holidays as well as those of the country.
    """
    if not rule.holidays:
        return ()
    places = books.places(rule, country, where) or ((country,) if country and has_holidays(country) else ())
    found = []
    for place in places:
        narrow = where.region if place == country and where.region and known_region(where.region) else place
        nation, _, region = narrow.partition("-")
        found.append(Calendar(zone=home.zone, window=home.window, country=nation, subdivision=region or None))
    return tuple(found)


def _clauses(
    rule: Rule, place: str, home: Calendar, zones: tuple[str, ...], closed: tuple[Calendar, ...]
) -> list[Clause]:
    if isinstance(rule, FirstParty):
        return [clauses.FirstPartyClause(rule=rule, place=place, clock=home)]
    if isinstance(rule, Window | ClosedDays) and not zones:
        return [clauses.UnplacedClause(rule=rule, place=place, clock=home)]
    clocks = [clock(zone) for zone in zones] or [home]
    match rule:
        case Window():
            return [clauses.WindowClause(rule=rule, place=place, clock=each) for each in clocks]
        case ClosedDays():
            return [
                clauses.ClosedClause(rule=rule, place=place, clock=each, holidays=closed) for each in clocks
            ]
        case Cap():
            return [counts.CapClause(rule=rule, place=place, clock=each) for each in clocks]
        case Gap():
            return [counts.GapClause(rule=rule, place=place, clock=each) for each in clocks]
        case Silence():
            return [counts.SilenceClause(rule=rule, place=place, clock=each) for each in clocks]
        case _:
            return []
