"""One control: what it is for, what does it, what proves it, and how it stands at an instant."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Kind = Literal["meta", "risk", "recommendation", "control"]
Phase = Literal["whole life", "incident", "onboarding", "account", "billing"]

DAILY = timedelta(hours=26)
"""The longest time between two runs of a day: the hour of a run may move, and one day has 25 hours."""

YEARLY = timedelta(days=366)

EXPIRES_SOON = timedelta(days=3)
MOST_OFF = timedelta(days=366)
"""The longest time for which a control may be off; whoever wants more decides again."""

LAPSED_IS_NEWS = timedelta(days=7)
"""So long it is said that a control is on again because the time for which it was off is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One row of the register. A test proves that what it names is there.

    Attributes:
        id: as the catalogue has it.
        says: what it does, in one sentence.
        owner: a role, not a person.
        implemented_by: `module:attribute`, or the path of a file.
        proven_by: `file::test`.
        within: the longest time between two runs; None for what happens on an event.
        noted_in: the module that notes when it ran; None where nothing does.
        asked_in: the module that asks whether it is on; None where it cannot be switched off.
        instead: how it is kept back where it cannot be switched off.
        by_person: a person does it, and says so with `controls done`.
    """

    id: str
    says: str
    kind: Kind
    phase: Phase
    owner: str
    implemented_by: tuple[str, ...]
    proven_by: tuple[str, ...]
    within: timedelta | None = None
    noted_in: str | None = None
    asked_in: str | None = None
    instead: str = "it is part of what the engine is"
    by_person: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Off:
    """That somebody switched a control off, why, and until when."""

    by: str
    reason: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a control stands at an instant.

    Attributes:
        off: what keeps it off now.
        lapsed: what kept it off until its time was over, a short while ago.
        ran_at: when it last ran, to the day.
        overdue: it should have run since.
    """

    control: Control
    off: Off | None
    lapsed: Off | None
    ran_at: datetime | None
    overdue: bool

    @property
    def words(self) -> tuple[str, ...]:
        """What a person should know about it, a sentence each; nothing where all is well."""
        told = []
        if self.off is not None:
            told.append(f"{self.control.id} is off until {_minute(self.off.until)}: {_whose(self.off)}")
        if self.lapsed is not None:
            when = _minute(self.lapsed.until)
            told.append(
                f"{self.control.id} is on again since {when}, its time off is over: {_whose(self.lapsed)}"
            )
        if self.overdue:
            ran = f"it last ran {_minute(self.ran_at)}" if self.ran_at else "it never ran"
            told.append(f"{self.control.id} is overdue, {ran}: {self.control.says}")
        return tuple(told)

    def expires_soon(self, now: datetime) -> bool:
        """Whether it is off, and will be on again within a few days."""
        return self.off is not None and self.off.until - now <= EXPIRES_SOON


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn of a control's switch; without `until` it was switched on."""

    at: datetime
    by: str
    reason: str
    until: datetime | None

    @property
    def off(self) -> Off | None:
        """What the turn keeps off, as long as its time is not over."""
        if self.until is None:
            return None
        return Off(by=self.by, reason=self.reason, since=self.at, until=self.until)


def off_at(turns: Iterable[Turn], now: datetime) -> Off | None:
    """What keeps a control off at an instant; `turns` are in their order, and the newest counts."""
    off = _newest(turns, now)
    return off if off is not None and now < off.until else None


def on_again(turns: Iterable[Turn], now: datetime) -> datetime | None:
    """Since when a control is on again; None while it is off, and if nobody ever switched it off."""
    known = [turn for turn in turns if turn.at <= now]
    if not known:
        return None
    since = known[-1].until or known[-1].at
    return since if since <= now else None


def standing(
    control: Control,
    turns: Sequence[Turn],
    now: datetime,
    *,
    ran_at: datetime | None,
    live_since: datetime | None,
) -> Standing:
    """Say how a control stands at an instant.

    Args:
        live_since: from when on it should have run; None while the ledger is not live.
    """
    off = off_at(turns, now)
    over = None if off else _newest(turns, now)
    return Standing(
        control=control,
        off=off,
        lapsed=over if over is not None and now - over.until <= LAPSED_IS_NEWS else None,
        ran_at=ran_at,
        overdue=off is None and _overdue(control, now, ran_at, live_since, on_again(turns, now)),
    )


def _newest(turns: Iterable[Turn], now: datetime) -> Off | None:
    known = [turn for turn in turns if turn.at <= now]
    return known[-1].off if known else None


def _overdue(
    control: Control,
    now: datetime,
    ran_at: datetime | None,
    live_since: datetime | None,
    again: datetime | None,
) -> bool:
    """Nobody expects a run from before the ledger was live, nor while the control was off."""
    if control.within is None or live_since is None:
        return False
    since = max(each for each in (ran_at, live_since, again) if each is not None)
    return now - since > control.within


def _whose(off: Off) -> str:
    return f"{off.by}, {off.reason}"


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
