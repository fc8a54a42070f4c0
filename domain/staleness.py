"""When what a system outside tells of an object may be out of date: then the object is read there first.

An event carries its object as it was when something happened. By the time it is heard the object may be
otherwise: an invoice that is told as open may be paid, and whoever believed it would chase who owes nothing.
So what may be stale waits until its object was read, and is taken after that, with what it says of the past.
In order, the first that holds:

- a state that nothing follows is believed: paid, voided, won or lost is final, however late it is told;
- what is older than what is known of the object changes nothing about how it stands, and is believed;
- so is whatever was heard before the object was read;
- two tellings of one second have no order: the second one is doubted;
- what is written in another version than the one that is read here is doubted;
- what is heard later than `FRESH` after it was so is doubted: a repetition, or read from a list.

What could not be read for a day is believed: a key that lost its rights delays, and loses nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

FRESH = timedelta(minutes=2)
"""Within it, in real time, a webhook comes that was sent once, whatever two clocks make of it."""

BELIEVED_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An object of a system outside, in a telling of it.

    Attributes:
        object: its name there, by which it can be read.
        final: whether nothing follows the state that it is in.
        version: of the form in which it was written, where that is not the one that is read here.
        read: whether it was asked for, and not told.
    """

    object: str
    final: bool = False
    version: str | None = None
    read: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The newest state of an object that was told or read, and when what was read last was heard."""

    as_of: datetime
    final: bool
    read_at: datetime | None = None


def doubt(
    shown: Shown,
    as_of: datetime,
    known: Known | None,
    *,
    heard_at: datetime,
    now: datetime,
    fresh: timedelta = FRESH,
) -> str | None:
    """Say why what is told of an object may be out of date; None where it is believed.

    Args:
        as_of: when it was so, by the clock of the other system.
        fresh: how long that counts as now, by the clock of `now`.
    """
    if shown.final or now - heard_at >= BELIEVED_AFTER:
        return None
    if known is not None:
        was_read = known.read_at is not None and heard_at <= known.read_at
        if known.final or as_of < known.as_of or was_read:
            return None
        if as_of == known.as_of and not shown.read:
            return f"{shown.object} was told otherwise in the same second"
    if shown.version is not None:
        return f"{shown.object} is written in version {shown.version}"
    if now - as_of > fresh:
        return f"{shown.object} was told late"
    return None
