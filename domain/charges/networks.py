"""What card networks allow: how often a card may be tried, and after which codes never again.

They are not finance's to choose, so no policy names them; a policy can only be stricter. Where a network
counts something narrower (declines of one amount, a calendar day), we count every attempt, over every 24
hours: that is never more than it allows. Read on 22 November 2026 in documents of acquirers, not in the
networks' own rules, which are not public: look them up again when a network or an acquirer announces others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most so many attempts with one card within a time; a time that slides."""

    most: int
    within: timedelta
    source: str

    def full_until(self, made: Iterable[datetime], now: datetime) -> datetime | None:
        """Return until when no further attempt fits, by the instants of those that were made; else None."""
        recent = sorted(at for at in made if at > now - self.within)
        return recent[-self.most] + self.within if len(recent) >= self.most else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The rules of one network.

    Attributes:
        never: codes after which a card is never tried again; empty where nobody has read any.
    """

    name: str
    caps: tuple[Cap, ...]
    never: frozenset[str] = frozenset()
    source: str


NETWORKS: Sequence[Network] = (
    Network(
        name="visa",
        caps=(
            Cap(
                most=15,
                within=timedelta(days=30),
                source="Visa, re-attempts in 30 days, by PayPal and Payway",
            ),
        ),
        never=frozenset("04 07 12 14 15 41 43 46 57 R0 R1 R3".split()),
        source="Visa, decline category 1, by Evolve and TabaPay",
    ),
    Network(
        name="mastercard",
        caps=(
            Cap(most=10, within=timedelta(days=1), source="Mastercard, declines a day, by TabaPay"),
            Cap(most=35, within=timedelta(days=30), source="Mastercard, declines in 30 days, by TabaPay"),
        ),
        source="Mastercard, by TabaPay",
    ),
)
_BY_NAME = {network.name: network for network in NETWORKS}
_ALL_CAPS = tuple(cap for network in NETWORKS for cap in network.caps)
_ALL_NEVER = frozenset(code for network in NETWORKS for code in network.never)


def caps_of(network: str | None) -> tuple[Cap, ...]:
    """Return the caps of a card; of a network that nobody has read, the caps of all."""
    known = _BY_NAME.get((network or "").lower())
    return known.caps if known else _ALL_CAPS


def never_again(code: str, network: str | None) -> bool:
    """Whether a network forbids to try a card again after a code; one whose codes nobody has read, all's."""
    known = _BY_NAME.get((network or "").lower())
    return code in (known.never if known and known.never else _ALL_NEVER)
