"""When what is told of an object may be out of date, in a table."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.staleness import BELIEVED_AFTER, FRESH, Known, Shown, doubt

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
OPEN, PAID = Shown(object="in_1"), Shown(object="in_1", final=True)
OLD = Shown(object="in_1", version="2020-08-27")
LATE, IN_TIME = NOW - FRESH - SECOND, NOW - FRESH

CASES: list[tuple[str, Shown, datetime, Known | None, str | None]] = [
    ("in time", OPEN, IN_TIME, None, None),
    ("late", OPEN, LATE, None, "in_1 was told late"),
    ("late, and the last that there can be", PAID, LATE, None, None),
    ("in another version", OLD, NOW, None, "in_1 is written in version 2020-08-27"),
    ("late, and something newer is known", OPEN, LATE, Known(as_of=NOW, final=False), None),
    ("late, and newer than what is known", OPEN, LATE, Known(as_of=LATE - SECOND, final=False), "late"),
    ("late, and the last state is known", OPEN, LATE, Known(as_of=LATE - SECOND, final=True), None),
    ("of the same second", OPEN, NOW, Known(as_of=NOW, final=False), "in_1 was told otherwise"),
    ("of the same second as the last state", OPEN, NOW, Known(as_of=NOW, final=True), None),
    ("read since", OLD, LATE, Known(as_of=LATE - SECOND, final=False, read_at=NOW), None),
    ("read before", OPEN, LATE, Known(as_of=LATE - SECOND, final=False, read_at=NOW - SECOND), "late"),
]


@pytest.mark.parametrize(("shown", "as_of", "known", "why"), [case[1:] for case in CASES])
def test_what_may_be_out_of_date(shown: Shown, as_of: datetime, known: Known | None, why: str | None) -> None:
    found = doubt(shown, as_of, known, heard_at=NOW, now=NOW)
    assert (found is None) == (why is None)
    assert why is None or why in (found or "")


def test_what_could_not_be_read_for_a_day_is_believed() -> None:
    heard_at = NOW - BELIEVED_AFTER
    assert doubt(OLD, LATE - BELIEVED_AFTER, None, heard_at=heard_at, now=NOW) is None
    assert doubt(OLD, LATE - BELIEVED_AFTER, None, heard_at=heard_at + SECOND, now=NOW) is not None


def test_on_a_fast_clock_in_time_is_longer() -> None:
    assert doubt(OPEN, NOW - timedelta(days=30), None, heard_at=NOW, now=NOW, fresh=FRESH * 86400) is None
