"""The demo's screen: a live table on a terminal, a line every ten days anywhere else.

Pure rendering of a `Progress`. Texts come from customers and errors, so square brackets in them are
square brackets and never markup.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from domain.finance_page import STAGES

LAST = 9
"""How many happenings are shown."""

LINE_DAYS = 10
"""Without a terminal, a line is printed so often."""

_BAR_WIDTH = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that was done, or happened, to a customer; `at` is a business instant."""

    at: datetime
    customer: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How a demo goes.

    Attributes:
        day: the business day, of `days`; 0 is the first.
        now: the business instant.
        lag: business time by which the engine is behind.
        stages: customers by stage.
        sent, held, paid, suspended, reactivated: how often, from the start.
        happenings: the latest, oldest first; the last ten are shown.
    """

    day: int
    days: int
    now: datetime
    lag: timedelta
    stages: Mapping[str, int]
    sent: int
    held: int
    paid: int
    suspended: int
    reactivated: int
    happenings: tuple[Happening, ...] = ()

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """What was counted, with a word for each, in the order in which a case goes."""
        return (
            ("sent", self.sent),
            ("held", self.held),
            ("paid", self.paid),
            ("suspended", self.suspended),
            ("reactivated", self.reactivated),
        )


def lag_says(lag: timedelta) -> str:
    """Say how far behind the engine is: `on time`, `25 min behind`, `3 h behind`, `2 d 5 h behind`."""
    minutes = int(lag.total_seconds()) // 60
    hours, days = minutes // 60, minutes // (60 * 24)
    if minutes < 1:
        return "on time"
    if hours < 1:
        return f"{minutes} min behind"
    if days < 1:
        return f"{hours} h behind"
    return f"{days} d {hours % 24} h behind"


def line(progress: Progress) -> str:
    """Return the progress in one line, for a log."""
    stages = ", ".join(f"{count} {stage.replace('_', ' ')}" for stage, count in _stages(progress) if count)
    counts = ", ".join(f"{word} {count}" for word, count in progress.counts)
    return f"{_when(progress)}: {stages or 'no customers yet'}; {counts}; {lag_says(progress.lag)}"


def picture(progress: Progress) -> RenderableType:
    """Return the progress as a picture of some twenty lines."""
    head = Table.grid(padding=(0, 2))
    bar = ProgressBar(total=progress.days, completed=min(progress.day, progress.days), width=_BAR_WIDTH)
    head.add_row(Text(_when(progress), style="bold"), bar, Text(lag_says(progress.lag)))
    body = Table.grid(padding=(0, 4))
    stages = [(STAGES.get(stage, stage), count) for stage, count in _stages(progress)]
    body.add_row(_counted("customers", stages), _counted("so far", progress.counts))
    return Group(head, Text(""), body, Text(""), _happenings(progress))


def _when(progress: Progress) -> str:
    return f"day {progress.day} of {progress.days}, {progress.now.day} {progress.now:%b %Y}"


def _stages(progress: Progress) -> list[tuple[str, int]]:
    """The stages in the order in which a case goes through them, then any that nobody knows."""
    others = sorted(progress.stages.keys() - STAGES.keys())
    return [(stage, progress.stages.get(stage, 0)) for stage in (*STAGES, *others)]


def _counted(title: str, rows: list[tuple[str, int]] | tuple[tuple[str, int], ...]) -> Table:
    table = Table(box=None, padding=(0, 1), show_edge=False)
    table.add_column(Text(title, style="bold"))
    table.add_column("", justify="right")
    for words, count in rows:
        table.add_row(Text(words), Text(str(count), style="" if count else "dim"))
    return table


def _happenings(progress: Progress) -> Table:
    """The latest happenings, always as many lines, so that the picture keeps its height."""
    table = Table(box=None, padding=(0, 1), show_edge=False)
    for title, width in (("day", 6), ("customer", 12), ("what happened", None)):
        table.add_column(Text(title, style="bold"), no_wrap=True, overflow="ellipsis", min_width=width)
    latest = progress.happenings[-LAST:]
    for each in latest:
        table.add_row(Text(f"{each.at.day} {each.at:%b}"), Text(each.customer), Text(each.says))
    for _ in range(LAST - len(latest)):
        table.add_row("", "", "")
    return table


class Screen:
    """Where a demo shows how it goes: `show` each progress inside a `with`; the last one stays."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._live: Live | None = None
        self._last: Progress | None = None
        self._next_line_day = 0

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live = Live(console=self._console, auto_refresh=False)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
        elif self._last is not None:
            self._console.print(picture(self._last))

    def show(self, progress: Progress) -> None:
        """Show a progress: at once on a terminal, else when ten more days have passed."""
        self._last = progress
        if self._live is not None:
            self._live.update(picture(progress), refresh=True)
        elif progress.day >= self._next_line_day:
            # As wide as it is: what reads a log wraps lines by itself.
            self._console.print(Text(line(progress)), soft_wrap=True)
            self._next_line_day = (progress.day // LINE_DAYS + 1) * LINE_DAYS
