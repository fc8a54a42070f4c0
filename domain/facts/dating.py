"""When a fact happened, as an instant: one that only has a date is read by the customer's day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.facts.fact import Fact


def instant(fact: Fact, zone: str) -> datetime:
    """When a fact happened; one that only has a date happened when that day began for the customer."""
    if fact.happened_at is not None:
        return fact.happened_at
    return midnight(fact.happened_on, zone)


def end_of_day(fact: Fact, zone: str) -> datetime:
    """The end of the day on which a fact happened: what says how a message went may mean any of that day."""
    return midnight(fact.happened_on + timedelta(days=1), zone)


def midnight(on: date, zone: str) -> datetime:
    """The instant at which a day begins in a zone."""
    return datetime(on.year, on.month, on.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
