"""Business time: the clock that facts, plans and reports go by; in production the real one."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SLACK = timedelta(seconds=5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessClock:
    """A straight line from real to business time; without values, the two are the same.

    Attributes:
        real_at, business_at: one instant on both clocks; aware.
        speed: business seconds that pass in a real one; more than zero.
    """

    real_at: datetime = _EPOCH
    business_at: datetime = _EPOCH
    speed: float = 1.0

    def __post_init__(self) -> None:
        if self.real_at.tzinfo is None or self.business_at.tzinfo is None:
            raise ValueError("a clock needs aware instants: write them with an offset from UTC")
        if not 0 < self.speed < float("inf"):
            raise ValueError(f"a clock cannot run at speed {self.speed}: use a number above zero")

    def business(self, real: datetime) -> datetime:
        """Return the business instant, in UTC, at a real one."""
        return (self.business_at + (real - self.real_at) * self.speed).astimezone(UTC)

    def real(self, business: datetime) -> datetime:
        """Return the real instant, in UTC, at a business one."""
        return (self.real_at + (business - self.business_at) / self.speed).astimezone(UTC)

    def on_time(self, now: datetime, planned: datetime | None) -> datetime:
        """Return the instant at which something planned counts as done.

        In a clock that runs fast our own fractions of a second would count as hours: there, what is
        done within `SLACK` of real time is done when it was planned. A real clock gives no slack.
        """
        if self.speed <= 1 or planned is None:
            return now
        late = now - planned
        return planned if timedelta(0) < late < SLACK * self.speed else now
