"""Turning a service where it is kept: in which order, what keeps a turn back, how long it is waited for.

What only a provider knows decides here: that a term is being renewed or about to end, that others have
suspended it, that a change is still on its way. That a turn is wanted at all is for the plan to say.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from domain.reasons import Reason, because
from domain.switching import Place, Seen, SubscriptionState

TERM_DAYS = 7
"""So many days before the end of its term nothing is suspended: it would not come back."""

MOST_RESTORES = 4
"""So often what is missing of a service that is active again is asked for; then a person restores it."""

PATIENCE: Mapping[str, timedelta] = {"": timedelta(hours=2), "azure_plan": timedelta(hours=24)}
"""How long a turn may be on its way, by the kind of a place, before a person has to look; real time."""

LEAST_REST, MOST_REST, RARELY = timedelta(seconds=5), timedelta(minutes=10), timedelta(hours=6)
"""Real time between two looks: growing from the first to the second, and the third once a person knows."""

AT_LEAST_HOURLY = timedelta(hours=1)
"""The third of them where a service is to come back: nobody who has paid waits for hours after an outage."""

Verdict = Literal["turn", "stands", "waits", "others", "ended"]
"""What is to be done at a place: turn it, nothing, wait, leave it to others, or nothing ever more."""

Noticed = Literal["others", "back", "ended"]
"""What others did: they suspended it, they brought back what we suspended, or it has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is to be done at a place, and why where it is not done; `until` where that ends by itself."""

    verdict: Verdict
    reason: Reason | None = None
    until: datetime | None = None


def in_order(places: Iterable[Place], to: SubscriptionState) -> tuple[Place, ...]:
    """Return the places in the order of their turns: add-ons go down first, and come back last."""
    return tuple(sorted(places, key=lambda place: (place.parent is None) != (to == "active")))


def finding(
    place: Place, seen: Seen, to: SubscriptionState, *, ours: bool, now: datetime, zone: str
) -> Finding:
    """Say what is to be done at a place where `to` is to stand.

    Args:
        ours: something of ours was turned there, and is not back yet.
        zone: the customer's, in which the last day of a term ends.
    """
    if seen.state == "terminated":
        return _end(place, to)
    if to == "active":
        return _up(place, seen, ours=ours, now=now)
    if ours and seen.state == to:
        return Finding(verdict="stands")
    if not ours and (seen.by_others is not None or seen.state in ("suspended", "restricted")):
        return _others(place, seen)
    if (held := _on_its_way(place, seen, now)) is not None:
        return held
    today = now.astimezone(ZoneInfo(zone)).date()
    if to != "terminated" and seen.ends_on is not None and _ends_soon(today, seen.ends_on):
        reason = because("switch.term", resource=place.resource, on=seen.ends_on, days=TERM_DAYS)
        after = datetime.combine(seen.ends_on + timedelta(days=1), time(), ZoneInfo(zone))
        return Finding(verdict="waits", reason=reason, until=after)
    return Finding(verdict="turn")


def noticed(seen: Seen, *, ours: bool) -> Noticed | None:
    """Say what others did at a place that nobody of ours is turning now."""
    if seen.state == "terminated":
        return "ended"
    down = seen.state in ("suspended", "restricted")
    if seen.by_others is not None or (down and not ours):
        return "others"
    return "back" if seen.state == "active" and ours else None


def rest(waited: timedelta, to: SubscriptionState, *, told: bool) -> timedelta:
    """Return how long to rest before the next look, after so long; rarely, once a person was told."""
    if told:
        return AT_LEAST_HOURLY if to == "active" else RARELY
    return min(max(waited / 2, LEAST_REST), MOST_REST)


def patience(place: Place) -> timedelta:
    """Return for how long what a place was asked may be on its way."""
    return PATIENCE.get(place.kind, PATIENCE[""])


def too_long(place: Place, waited: timedelta) -> bool:
    """Whether a person has to look at what is on its way for so long."""
    return waited >= patience(place)


def asked(place: Place, seen: Seen, to: SubscriptionState) -> Reason:
    """Why it is waited for: it was asked, and is not as wished yet."""
    return because(
        "switch.asked", resource=place.resource, provider=place.provider, to=to, seen=seen.state or "between"
    )


def unanswered(place: Place) -> Reason:
    """Why it is waited for: what it was asked may yet be done."""
    return because("switch.lost", resource=place.resource, provider=place.provider)


def failed(place: Place, why: object) -> Reason:
    """Why it is waited for: its provider could not be asked."""
    return because("switch.failed", resource=place.resource, provider=place.provider, why=why)


def refused(place: Place, to: SubscriptionState, why: object) -> Reason:
    """Why a person has to see to it: its provider said no."""
    return because("switch.refused", resource=place.resource, provider=place.provider, to=to, why=why)


def overdue(why: str, since: datetime) -> Reason:
    """Why a person has to see to it: it takes too long."""
    return because("switch.too_long", why=why, since=f"{since:%d %b %Y %H:%M} UTC")


def left(place: Place, missing: Iterable[str]) -> Reason:
    """Why a person has to restore the rest."""
    what = "; ".join(missing)
    return because("switch.left", resource=place.resource, provider=place.provider, what=what)


def dry_run(what: str) -> Reason:
    """Why nothing was changed."""
    return because("switch.dry_run", what=what)


def _up(place: Place, seen: Seen, *, ours: bool, now: datetime) -> Finding:
    if not ours:
        return Finding(verdict="stands")  # What we did not suspend is not ours to give back.
    if seen.by_others is not None:
        return _others(place, seen)
    if seen.state != "active" and (held := _on_its_way(place, seen, now)) is not None:
        return held
    return Finding(verdict="turn")


def _end(place: Place, to: SubscriptionState) -> Finding:
    if to == "terminated":
        return Finding(verdict="stands")
    return Finding(
        verdict="ended", reason=because("switch.ended", resource=place.resource, provider=place.provider)
    )


def _others(place: Place, seen: Seen) -> Finding:
    who = seen.by_others or "its provider does not say who"
    reason = because("switch.others", resource=place.resource, provider=place.provider, who=who)
    return Finding(verdict="others", reason=reason)


def _on_its_way(place: Place, seen: Seen, now: datetime) -> Finding | None:
    """Why nothing can be changed now; that it is being changed says nothing of when that is over."""
    if seen.busy_until is not None and seen.busy_until > now:
        until = f"{seen.busy_until:%d %b %Y %H:%M %Z}"
        reason = because("switch.busy", resource=place.resource, provider=place.provider, until=until)
        return Finding(verdict="waits", reason=reason, until=seen.busy_until)
    if seen.state is None:
        reason = because("switch.under_way", resource=place.resource, provider=place.provider)
        return Finding(verdict="waits", reason=reason)
    return None


def _ends_soon(today: date, ends_on: date) -> bool:
    return timedelta() <= ends_on - today < timedelta(days=TERM_DAYS)
