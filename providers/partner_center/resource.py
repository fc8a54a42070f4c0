"""A subscription as Partner Center gives it: read in any case, and given back whole with one thing changed.

Microsoft's own examples write a name now as `status` and now as `Status`. What is left out of a change is
reset in silence, so everything that came goes back, known or not.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

Resource = Mapping[str, Any]

_FAR = 9000
"""A year that stands for no end: a subscription that does not renew ends far, far away."""


def value(resource: Resource, *path: str) -> Any:
    """Return what stands under a name, and under others below it; None where nothing does."""
    found: Any = resource
    for name in path:
        if not isinstance(found, Mapping):
            return None
        key = _key(found, name)
        found = None if key is None else found[key]
    return found


def text(resource: Resource, *path: str) -> str:
    """Return the text that stands there, without regard to case; empty where there is none."""
    found = value(resource, *path)
    return found.strip().casefold() if isinstance(found, str) else ""


def changed(resource: Resource, **given: Any) -> dict[str, Any]:
    """Return the whole resource with these values, each under the name that it has there already."""
    made = dict(resource)
    for name, each in given.items():
        made[_key(made, name) or name] = each
    return made


def etag(resource: Resource) -> str | None:
    """Return the etag that came with it; None where none did."""
    found = value(resource, "attributes", "etag")
    return found if isinstance(found, str) and found else None


def instant(resource: Resource, *names: str) -> datetime | None:
    """Return the first instant that stands under one of the names; None where it is none, or no end."""
    for name in names:
        try:
            read = datetime.fromisoformat(str(value(resource, name)).replace(": ", ":"))
        except ValueError:
            continue
        if 1900 < read.year < _FAR:
            return read if read.tzinfo else read.replace(tzinfo=UTC)
    return None


def term_ends_on(resource: Resource) -> date | None:
    """Return the last day of the term; None where it has no end."""
    found = instant(resource, "commitmentEndDate", "commitmentEndDateTime")
    return None if found is None else found.date()


def term_over_at(resource: Resource) -> datetime | None:
    """Return the instant at which the term is over: days of Partner Center are in UTC and count whole."""
    exact = instant(resource, "commitmentEndDateTime")
    last = term_ends_on(resource)
    if exact is not None or last is None:
        return exact
    return datetime.combine(last + timedelta(days=1), time(), UTC)


def holds(there: Any, wanted: Any) -> bool:
    """Whether what was wanted is there; more may be, and names in another case."""
    if isinstance(wanted, Mapping):
        return isinstance(there, Mapping) and all(
            holds(value(there, name), each) for name, each in wanted.items() if each is not None
        )
    if isinstance(wanted, list):
        return isinstance(there, list) and len(there) == len(wanted) and all(map(holds, there, wanted))
    if isinstance(wanted, str) and isinstance(there, str):
        return wanted.casefold() == there.casefold()
    return bool(there == wanted)


def _key(resource: Resource, name: str) -> str | None:
    if name in resource:
        return name
    wanted = name.casefold()
    return next((key for key in resource if key.casefold() == wanted), None)
