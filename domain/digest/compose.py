"""The digest in words and figures: what needs somebody first, then what is owed, said, waiting and held."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.ageing import BUCKETS, HEADINGS, AgeingRow
from domain.controls.control import Standing
from domain.digest.intent import VERSION
from domain.digest.lateness import LATENESS
from domain.digest.seen import Seen
from domain.money import Money

_LATE = {"late": "late, and within what was announced", "non_payment": "not paid by the announced day"}
_DONE = {
    "restrict": "restricted",
    "suspend": "suspended",
    "reactivate": "given back",
    "terminate": "ended",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of a digest; there is always a line."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A digest as it is kept, printed and sent.

    Attributes:
        attention: how many things need somebody.
        figures: the same for machines.
    """

    on: date
    since: date
    attention: int
    sections: tuple[Section, ...]
    figures: Mapping[str, Any]

    @property
    def subject(self) -> str:
        """The subject of the email."""
        needs = {0: "all is well", 1: "one thing needs attention"}
        return f"Digest of {self.on}: {needs.get(self.attention, f'{self.attention} things need attention')}"

    @property
    def days(self) -> str:
        """Which days it tells of."""
        last = date.fromordinal(self.on.toordinal() - 1)
        return f"{last}" if self.since == last else f"{self.since} to {last}"

    def json(self) -> dict[str, Any]:
        """Return the digest as JSON values."""
        return {
            "on": self.on.isoformat(),
            "since": self.since.isoformat(),
            "attention": self.attention,
            "sections": [{"title": each.title, "lines": list(each.lines)} for each in self.sections],
            "figures": dict(self.figures),
        }


def read(kept: Mapping[str, Any]) -> Digest:
    """Return a digest that was kept as JSON values."""
    return Digest(
        on=date.fromisoformat(kept["on"]),
        since=date.fromisoformat(kept["since"]),
        attention=kept["attention"],
        sections=tuple(Section(title=each["title"], lines=tuple(each["lines"])) for each in kept["sections"]),
        figures=kept["figures"],
    )


def compose(seen: Seen) -> Digest:
    """Return the digest of a reading."""
    attention = [*_attention(seen)]
    parts = (
        ("Needs attention", attention, "Nothing: every control is on and ran, nothing is stopped."),
        (f"Overdue at the end of {seen.ageing.as_of}", _overdue(seen), "Nothing is overdue."),
        ("Came in", map(str, seen.came_in), "Nothing."),
        ("Went out", _sent(seen), "Nothing."),
        ("Service", _service(seen), "Nothing was turned, and nothing is down."),
        ("Waits for a person", _waiting(seen), "Nothing."),
        ("Held back", _held(seen), "Nothing."),
        ("Perhaps no intention to pay", (each.words for each in seen.suspects), "Nobody has these signs."),
        ("Refused at the doors", _refused(seen), "Nothing."),
    )
    sections = tuple(Section(title=title, lines=tuple(lines) or (empty,)) for title, lines, empty in parts)
    return Digest(
        on=seen.on, since=seen.since, attention=len(attention), sections=sections, figures=_figures(seen)
    )


def _attention(seen: Seen) -> Iterator[str]:
    yield from seen.stopped or ()
    if seen.lagging is not None and seen.lagging[0]:
        count, since = seen.lagging
        longest = f", the longest since {since:%Y-%m-%d %H:%M} UTC" if since else ""
        yield f"{count} customers wait for a look{longest}: do workers run?"
    for currency in seen.differs:
        yield f"debts and entries in {currency} add up to different totals: trust none before that is mended"
    for each in seen.controls:
        soon = ", which is soon" if each.expires_soon(seen.at) else ""
        for words in each.words:
            yield words + (soon if each.off and words.startswith(f"{each.control.id} is off") else "")
    for language, count in seen.unwritten.items():
        yield f"{count} messages went out in English, since there are no words in {language}"


def _overdue(seen: Seen) -> Iterator[str]:
    for currency, row in seen.ageing.currencies.items():
        if _late(row) or row.unapplied:
            yield f"{currency}: {_amounts(row)}"
    for kind in LATENESS:
        if owed := seen.late.get(kind):
            yield f"{_LATE[kind]}: {', '.join(map(str, owed))}"


def _late(row: AgeingRow) -> int:
    return sum(amount.minor for amount in row.buckets[1:])


def _amounts(row: AgeingRow) -> str:
    named = zip(HEADINGS, (*row.buckets, row.total, row.unapplied), strict=True)
    return "; ".join(f"{name} {amount.amount:,f}" for name, amount in named if amount or name == "total")


def _sent(seen: Seen) -> Iterator[str]:
    for each in seen.sent:
        by = f" by {each.channel}" if each.channel else ""
        yield f"{each.step}{by}: {each.count}"


def _service(seen: Seen) -> Iterator[str]:
    for what, customers in seen.turned.items():
        yield f"{_DONE.get(what, what)}: {_some(customers)}"
    if seen.down:
        yield f"restricted or suspended now: {seen.down}"


def _waiting(seen: Seen) -> Iterator[str]:
    for each in seen.waiting:
        late = f"; late: {each.late}" if each.late else ""
        yield f"{each.step}: {each.count}, the oldest since {each.oldest_on}{late}"


def _held(seen: Seen) -> Iterator[str]:
    for each in seen.held:
        whom = "one customer" if each.customers == 1 else f"{each.customers} customers"
        yield f"{each.rule}: {each.times}, of {whom}"


def _refused(seen: Seen) -> Iterator[str]:
    for (door, why), count in seen.refused.items():
        yield f"{door}: {count} ({why})"


def _some(names: tuple[str, ...], most: int = 20) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _figures(seen: Seen) -> dict[str, Any]:
    return {
        "ageing": {
            currency: {
                **dict(zip(BUCKETS, _plain(row.buckets), strict=True)),
                "total": row.total.plain(),
                "unapplied": row.unapplied.plain(),
            }
            for currency, row in seen.ageing.currencies.items()
        },
        "ledger_differs": list(seen.differs),
        "came_in": {money.currency: money.plain() for money in seen.came_in},
        "late": {kind: {money.currency: money.plain() for money in owed} for kind, owed in seen.late.items()},
        "sent": [
            {"kind": each.kind, "step": each.step, "channel": each.channel, "count": each.count}
            for each in seen.sent
        ],
        "service": {what: list(customers) for what, customers in seen.turned.items()} | {"down": seen.down},
        "waiting": {each.step: each.count for each in seen.waiting},
        "held": {each.rule: each.times for each in seen.held},
        "suspects": {
            "version": VERSION,
            "customers": {each.customer: list(each.signs) for each in seen.suspects},
        },
        "controls": _controls(seen.controls),
        "refused": {f"{door}: {why}": count for (door, why), count in seen.refused.items()},
    }


def _plain(amounts: Iterable[Money]) -> list[str]:
    return [amount.plain() for amount in amounts]


def _controls(standings: Iterable[Standing]) -> dict[str, list[str]]:
    return {
        "off": [each.control.id for each in standings if each.off],
        "lapsed": [each.control.id for each in standings if each.lapsed],
        "overdue": [each.control.id for each in standings if each.overdue],
    }
