"""Monitors: what watches by itself, how far it has come, and the alarm when one has gone silent.

A watch that does not run looks exactly like a world in which nothing happens. So a monitor that has not
gone through for a day is itself a task, whatever kept it: an error, a paused schedule, no worker. Whose
control is switched off is not expected to run: the register says so every day.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, delete, select

from domain.own_steps import MONITOR, VENDOR
from store import controls, tasks
from store.database import Ledger, upsert
from store.tables import MonitorRow, TaskRow

SILENT_AFTER = timedelta(hours=24)
"""A monitor without a run that went through for so long is an alarm. They run every six hours."""

USAGE, ACTIVITY, SERVICES = "usage", "activity", "services"
STRIPE, ALERTS, BUDGETS = "stripe", "alerts", "budgets"
_CONTROLS: Mapping[str, str] = {USAGE: "S21c", ACTIVITY: "S22", BUDGETS: "S21b"}
"""Under which control of the register each of them stands; one that is not here cannot be switched off."""

_SAYS = {
    USAGE: "usage against budgets",
    ACTIVITY: "activity logs",
    SERVICES: "services at their providers",
    STRIPE: "what Stripe tells",
    ALERTS: "the provider's alerts of fraud and misuse",
    BUDGETS: "whether budgets stand at the provider as they were agreed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """How a monitor stands."""

    name: str
    expected_since: datetime
    succeeded_at: datetime | None
    cursor: Mapping[str, Any] = field(default_factory=dict)
    why: str | None = None
    unknown: Mapping[str, int] = field(default_factory=dict)

    @property
    def since(self) -> datetime:
        """When it last went through; before that, from when on it was expected to."""
        return self.succeeded_at or self.expected_since

    @property
    def words(self) -> str:
        """Say since when it is silent, and what keeps it where that is known."""
        since = f"since {self.since:%d %b %Y %H:%M} UTC" if self.succeeded_at else "since it was set up"
        why = f" ({self.why})" if self.why else ": see its schedule in Temporal, and whether workers run"
        return f"nobody has watched {_SAYS.get(self.name, self.name)} {since}{why}"


def is_on(ledger: Ledger, name: str, *, now: datetime) -> bool:
    """Whether a monitor is to run: the register of controls has not switched it off."""
    with ledger.read() as session:
        return name not in _CONTROLS or controls.is_on(session, _CONTROLS[name], now)


def expect_no_more(ledger: Ledger, name: str) -> None:
    """Expect a monitor to run no more: it is not set up any longer, and its silence is no alarm."""
    with ledger.write() as session:
        session.exec(delete(MonitorRow).where(col(MonitorRow.name) == name))


def expect(ledger: Ledger, name: str, *, now: datetime) -> None:
    """Expect a monitor to run from now on; one that is expected already stays so."""
    with ledger.write() as session:
        _row(session, name, now)


def begin(ledger: Ledger, name: str, *, now: datetime) -> Monitor:
    """Note that a run of a monitor begins, and return how far the one before it had come."""
    with ledger.write() as session:
        row = _row(session, name, now)
        row.began_at = now
        return _monitor(row)


def move(session: Session, name: str, cursor: Mapping[str, Any], *, unknown: Mapping[str, int]) -> None:
    """Move the cursor of a monitor, in the transaction that keeps what was read before it."""
    row = session.get(MonitorRow, name, with_for_update=True)
    if row is not None:
        row.cursor = dict(cursor)
        counts = dict(row.unknown)
        for word, count in unknown.items():
            counts[word] = counts.get(word, 0) + count
        row.unknown = counts


def start_over(ledger: Ledger, name: str) -> None:
    """Forget what the last run could not tell anybody about: a new one counts it again."""
    with ledger.write() as session:
        session.connection().execute(
            update(MonitorRow).where(col(MonitorRow.name) == name).values(unknown={})
        )


def succeeded(ledger: Ledger, name: str, *, now: datetime) -> None:
    """Note that a run went through, in the register too: its alarm is over."""
    with ledger.write() as session:
        row = _row(session, name, now)
        row.succeeded_at, row.why = now, None
        if name in _CONTROLS:
            controls.ran(session, _CONTROLS[name], at=now)
        waiting = select(TaskRow).where(TaskRow.step == MONITOR, col(TaskRow.closed_at).is_(None))
        for task in session.exec(waiting.where(TaskRow.kind == name)):
            task.closed_at, task.outcome, task.closed_by = now, "it runs again", "engine"


def failed(ledger: Ledger, name: str, why: str, *, now: datetime) -> None:
    """Note what kept a run from going through; the next one tries again."""
    with ledger.write() as session:
        _row(session, name, now).why = why[:500]


def all_of(ledger: Ledger) -> list[Monitor]:
    """Return how every monitor stands, by name."""
    with ledger.read() as session:
        return [_monitor(row) for row in session.exec(select(MonitorRow).order_by(col(MonitorRow.name)))]


def silent(ledger: Ledger, *, now: datetime) -> list[Monitor]:
    """Return the monitors that have not gone through for too long while they were to run, by name."""
    late = [monitor for monitor in all_of(ledger) if now - monitor.since >= SILENT_AFTER]
    if not late:
        return []
    with ledger.read() as session:
        return [monitor for monitor in late if _should_have_run(session, monitor, now)]


def _should_have_run(session: Session, monitor: Monitor, now: datetime) -> bool:
    if monitor.name not in _CONTROLS:
        return True
    if not controls.is_on(session, _CONTROLS[monitor.name], now):
        return False
    again = controls.on_since(session, _CONTROLS[monitor.name], now)
    return again is None or now - again >= SILENT_AFTER


def raise_alarms(ledger: Ledger, *, now: datetime) -> int:
    """Open a task for each monitor that has gone silent, unless one is open; count them."""
    found = silent(ledger, now=now)
    if not found:
        return 0
    with ledger.write() as session:
        opened = 0
        for monitor in found:
            waiting = select(TaskRow.id).where(
                TaskRow.step == MONITOR, TaskRow.kind == monitor.name, col(TaskRow.closed_at).is_(None)
            )
            if session.exec(waiting.limit(1)).first() is None:
                tasks.add(session, TaskRow(step=MONITOR, kind=monitor.name, opened_at=now, why=monitor.words))
                opened += 1
        return opened


def note(ledger: Ledger, why: str, *, now: datetime) -> None:
    """Open a task, once, about something that is to be mended for a monitor."""
    with ledger.write() as session:
        tasks.open_once(session, VENDOR, why, now=now)


def _row(session: Session, name: str, now: datetime) -> MonitorRow:
    row = session.get(MonitorRow, name, with_for_update=True)
    if row is None:
        table = MonitorRow.__table__  # type: ignore[attr-defined]
        new = {"name": name, "expected_since": now, "cursor": {}, "unknown": {}}
        session.connection().execute(upsert(session, table).values(new).on_conflict_do_nothing())
        row = session.get(MonitorRow, name, with_for_update=True)
        assert row is not None
    return row


def _monitor(row: MonitorRow) -> Monitor:
    return Monitor(
        name=row.name,
        expected_since=row.expected_since,
        succeeded_at=row.succeeded_at,
        cursor=dict(row.cursor),
        why=row.why,
        unknown=dict(row.unknown),
    )
