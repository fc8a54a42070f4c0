"""What is looked at for a digest: one reading of the ledger, without any personal data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.ageing import Ageing
from domain.controls.control import Standing
from domain.digest.intent import Suspect
from domain.digest.lateness import Lateness
from domain.money import Money

HOUR = time(7)
"""When a digest is due, on the seller's wall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How many messages of a step went out by a channel, or how often something was done to a service."""

    kind: str
    step: str
    channel: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many tasks of a step wait for a person, and how many of them should be done by now."""

    step: str
    count: int
    oldest_on: date
    late: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """How often a rule kept something back, and for how many customers."""

    rule: str
    times: int
    customers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The reading.

    Attributes:
        on: the day on which the digest is read; it tells of the days from `since` until the one before.
        at: the instant of the reading.
        ageing: at the end of the day before `on`.
        differs: the currencies in which debts and entries do not add up to the same.
        came_in: what was received in the days told of, per currency.
        late: open debts by what their lateness is, per currency.
        sent: what went out in the days told of.
        turned: customers whose service was turned in those days, by what was done.
        down: how many services are restricted or suspended now.
        unwritten: messages in another language than the customer's, by the language that was lacking.
        stopped: what keeps everything, or a sender, from going out; None where only the present is known.
        lagging: how many customers wait for a look, and since when; None where only the present is known.
        refused: requests that the doors refused, as (door, why).
    """

    on: date
    since: date
    at: datetime
    ageing: Ageing
    differs: tuple[str, ...]
    came_in: tuple[Money, ...]
    late: Mapping[Lateness, tuple[Money, ...]]
    suspects: tuple[Suspect, ...]
    sent: tuple[Sent, ...]
    turned: Mapping[str, tuple[str, ...]]
    down: int
    waiting: tuple[Waiting, ...]
    held: tuple[HeldBack, ...]
    unwritten: Mapping[str, int]
    controls: tuple[Standing, ...]
    stopped: tuple[str, ...] | None
    lagging: tuple[int, datetime | None] | None
    refused: Mapping[tuple[str, str], int]


def due_on(now: datetime, zone: ZoneInfo) -> date:
    """Return the day whose digest is the newest that is due: before its hour it is still yesterday's."""
    local = now.astimezone(zone)
    return local.date() if local.time() >= HOUR else local.date() - timedelta(days=1)
