"""What a system outside reports of one customer: facts in our words, whichever door they came by.

The system has names of its own: of the customer, of an invoice, of a payment. A report says which of them
it makes known, and its facts may be written in them; whoever takes it puts ours in their place, and keeps
what names something that nobody knows yet until somebody does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from domain.facts import Body, read_body, write_body
from domain.hints import Hint
from domain.incidents.notice import Notice
from domain.onboarding.application import Application
from domain.staleness import Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A fact as it was reported.

    Attributes:
        name: of the report within the system that it comes from; its natural one goes before it.
        on, at: when it happened; without both it is now.
    """

    body: Body
    name: str | None = None
    on: date | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a name of the system outside stands for.

    Attributes:
        kind: what it is there.
        ours: its name in our facts.
        invoice: of a payment, the invoice that it is for, in their name or in ours.
    """

    kind: Literal["customer", "invoice", "payment"]
    ours: str
    invoice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How much of an invoice was paid until now, where nobody says by which payments."""

    invoice: str
    report: Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """One telling of a system outside, about one customer.

    Attributes:
        source: the system; the names of its facts are unique within it.
        event: the name of this telling there: it is taken once, and kept where it cannot be taken yet. None
            where we have asked: the facts' own names say what is known, and it is asked for again.
        word: the system's own word for what happened.
        customer: whom it is about, in their name or ours; None where only `about` says.
        about: their names of what it is about: whoever has one of them is the customer.
        reports: the facts; `invoice` and `payment` in them may be names of theirs.
        names: what it makes known, by their name.
        settled: their name of an invoice, and all that was paid on it there until now.
        as_of: when it was so. What is older than what is known of a name changes nothing about it.
        application: who the customer is, where it says: `adds` says that one whom nobody knows is added, and
            `replaces` that it replaces what is known of one who is; of where and what he is, what is `said`.
        asks: whether the system can be asked what a name stands for that nobody knows.
        shown: the object that it shows, where that can be read again.
        notices: signs of fraud and misuse, about this customer.
        tasks: what a person has to look at, in words.
    """

    source: str
    event: str | None = None
    word: str = ""
    customer: str | None = None
    about: tuple[str, ...] = ()
    reports: tuple[Report, ...] = ()
    names: Mapping[str, Named] = field(default_factory=dict)
    settled: Settled | None = None
    as_of: datetime | None = None
    application: Application | None = field(default=None, repr=False)
    said: frozenset[str] = frozenset()
    adds: bool = False
    replaces: bool = False
    asks: bool = False
    shown: Shown | None = None
    notices: tuple[Notice, ...] = ()
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingsPage:
    """A page of what a system outside has told, in any order.

    Attributes:
        after: where the next page goes on; None after the last.
    """

    told: Sequence[Reported | Hint]
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a system outside answers when it is asked what a name stands for.

    Attributes:
        billed: whether it has to do with an invoice; what waits for any other money waits for nothing.
    """

    told: tuple[Reported, ...] = ()
    billed: bool = True


def write(reported: Reported) -> dict[str, Any]:
    """Return a telling as JSON-ready values, to be kept: but not who the customer is."""
    settled = reported.settled
    return {
        "word": reported.word,
        "customer": reported.customer,
        "about": list(reported.about),
        "reports": [_written(report) for report in reported.reports],
        "names": {
            theirs: {"kind": named.kind, "ours": named.ours, "invoice": named.invoice}
            for theirs, named in reported.names.items()
        },
        "settled": None
        if settled is None
        else {"invoice": settled.invoice, "report": _written(settled.report)},
        "as_of": None if reported.as_of is None else reported.as_of.isoformat(),
        "shown": None if reported.shown is None else asdict(reported.shown),
        "notices": [_noticed(notice) for notice in reported.notices],
        "tasks": list(reported.tasks),
    }


def read(source: str, kept: Mapping[str, Any]) -> Reported:
    """Return a telling as it was kept; it names no event, which was noted when it was first heard."""
    settled = kept["settled"]
    return Reported(
        source=source,
        word=kept["word"],
        customer=kept["customer"],
        about=tuple(kept["about"]),
        reports=tuple(map(_read, kept["reports"])),
        names={theirs: Named(**named) for theirs, named in kept["names"].items()},
        settled=None
        if settled is None
        else Settled(invoice=settled["invoice"], report=_read(settled["report"])),
        as_of=None if kept["as_of"] is None else datetime.fromisoformat(kept["as_of"]),
        shown=None if kept.get("shown") is None else Shown(**kept["shown"]),  # since 0020
        notices=tuple(_notice(each) for each in kept["notices"]),
        tasks=tuple(kept["tasks"]),
    )


def _written(report: Report) -> dict[str, Any]:
    return {
        "body": write_body(report.body),
        "name": report.name,
        "on": None if report.on is None else report.on.isoformat(),
        "at": None if report.at is None else report.at.isoformat(),
    }


def _read(kept: Mapping[str, Any]) -> Report:
    return Report(
        body=read_body(kept["body"]),
        name=kept["name"],
        on=None if kept["on"] is None else date.fromisoformat(kept["on"]),
        at=None if kept["at"] is None else datetime.fromisoformat(kept["at"]),
    )


_OF_NOTICE = ("source", "id", "kind", "word", "trusted", "severity", "confidence", "status", "event")


def _noticed(notice: Notice) -> dict[str, Any]:
    at = notice.occurred_at
    said = {name: getattr(notice, name) for name in _OF_NOTICE}
    return {**said, "signs": list(notice.signs), "occurred_at": None if at is None else at.isoformat()}


def _notice(kept: Mapping[str, Any]) -> Notice:
    at = kept["occurred_at"]
    said = {name: kept[name] for name in _OF_NOTICE}
    occurred_at = None if at is None else datetime.fromisoformat(at)
    return Notice(**said, signs=tuple(kept["signs"]), occurred_at=occurred_at)
