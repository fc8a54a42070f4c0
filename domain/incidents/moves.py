"""What comes next in an incident: `next_move` decides, from the incident, its playbook and the instant.

The engine never reviews, suspends or closes: it tells the next person when one did not answer, and does
what the playbook allows meanwhile. What nobody has confirmed is for people alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from domain.incidents.incident import Incident
from domain.incidents.playbooks import Level, Playbook, Playbooks
from domain.reasons import Reason, because

MoveKind = Literal["mark", "limit", "escalate", "remind", "refund", "wait", "over"]
DONE_BY_ENGINE = ("mark", "limit", "escalate", "remind", "refund")

CONFIRM_WITHIN = timedelta(hours=1)
"""So long another channel has time to confirm what came from one that cannot be trusted."""

REMIND_EVERY = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What comes next.

    Attributes:
        until: of `wait`, later than now; None where only a person can go on.
        level: which time has passed, of `escalate` and `remind`.
        action: of `limit`.
    """

    kind: MoveKind
    reason: Reason
    until: datetime | None = None
    level: Level | None = None
    action: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """Until when a person has to have done something."""

    level: Level
    at: datetime


def contained_at(incident: Incident, playbooks: Playbooks) -> datetime | None:
    """When a person stopped the harm, or found that there is none."""
    if incident.cleared and incident.reviewed is not None:
        return incident.reviewed.at
    stops = [each.at for each in incident.by_people if playbooks.action(each.action).contains]
    return min(stops, default=None)


def deadlines(incident: Incident, playbooks: Playbooks) -> tuple[Deadline, ...]:
    """What people have to do and have not, the earliest first."""
    playbook = playbooks.of(incident.kind)
    if incident.closed is not None:
        return ()
    if incident.responded is not None:
        return (_within(incident.responded.at, "close", playbook.close_hours),)
    found = []
    if incident.acknowledged is None:
        found.append(_within(incident.received_at, "acknowledge", playbook.acknowledge_hours))
    contained = contained_at(incident, playbooks)
    if contained is None:
        found.append(_within(incident.received_at, "contain", playbook.contain_hours))
    else:
        found.append(_within(contained, "respond", playbook.respond_hours))
    return tuple(found)


def _within(since: datetime, level: Level, hours: int) -> Deadline:
    return Deadline(level=level, at=since + timedelta(hours=hours))


def owner_of(incident: Incident, playbook: Playbook) -> str:
    """Who is to work on it now: who was named, until nobody answers, then the next of the playbook."""
    if incident.owner is not None and not incident.escalated:
        return incident.owner
    return playbook.owner(len(incident.escalated))


def next_move(incident: Incident, playbooks: Playbooks, now: datetime) -> Move:
    """Return the next move; those that the engine makes come before every wait."""
    if incident.closed is not None:
        return Move(kind="over", reason=because("incident.over", by=incident.closed.by))
    later: list[datetime] = []
    if (move := next(_due(incident, playbooks, now, later), None)) is not None:
        return move
    until = min((each for each in later if each > now), default=None)
    due = next(iter(deadlines(incident, playbooks)), None)
    if due is None:
        return Move(kind="wait", reason=because("incident.open"), until=until)
    reason = _waits_for(due, owner_of(incident, playbooks.of(incident.kind)))
    return Move(kind="wait", reason=reason, until=until)


def _waits_for(due: Deadline, owner: str) -> Reason:
    match due.level:
        case "acknowledge":
            return because("incident.acknowledge", owner=owner, by=_at(due))
        case "contain":
            return because("incident.contain", owner=owner, by=_at(due))
        case "respond":
            return because("incident.respond", owner=owner, by=_at(due))
        case "close":
            return because("incident.close", owner=owner, by=_at(due))


def _due(incident: Incident, playbooks: Playbooks, now: datetime, later: list[datetime]) -> Iterator[Move]:
    """Yield what the engine has to do now; into `later` goes when more may fall due."""
    playbook = playbooks.of(incident.kind)
    yield from _unconfirmed(incident, now, later)
    open_ones = deadlines(incident, playbooks)
    late = [each for each in open_ones if each.at <= now]
    later += [each.at for each in open_ones]
    yield from _limited(incident, playbook, late)
    for each in late:
        if each.level not in incident.escalated:
            reason = because("incident.late", level=each.level, by=_at(each))
            yield Move(kind="escalate", reason=reason, level=each.level)
    if late:
        remind_at = (incident.told_at or late[0].at) + REMIND_EVERY
        later.append(remind_at)
        if remind_at <= now:
            reason = because("incident.late", level=late[0].level, by=_at(late[0]))
            yield Move(kind="remind", reason=reason, level=late[0].level)
    yield from _refund(incident, playbook, now, later)


def _unconfirmed(incident: Incident, now: datetime, later: list[datetime]) -> Iterator[Move]:
    if incident.trusted or incident.marked is not None or incident.reviewed is not None:
        return
    confirm_by = incident.received_at + CONFIRM_WITHIN
    later.append(confirm_by)
    if confirm_by <= now:
        yield Move(kind="mark", reason=because("incident.unverified"))


def _limited(incident: Incident, playbook: Playbook, late: list[Deadline]) -> Iterator[Move]:
    """What is done while nobody answers; never about somebody whom nobody has confirmed it of."""
    if not incident.trusted or incident.test or incident.customer is None or incident.cleared:
        return
    levels = {each.level: each for each in late}
    for each in playbook.unanswered:
        if each.after in levels and each.action not in incident.taken:
            by = _at(levels[each.after])
            reason = because("incident.limited", action=each.action, level=each.after, by=by)
            yield Move(kind="limit", reason=reason, action=each.action, level=each.after)


def _refund(incident: Incident, playbook: Playbook, now: datetime, later: list[datetime]) -> Iterator[Move]:
    if not may_be_refunded(incident, playbook) or incident.refund_told or playbook.refund_days is None:
        return
    ask_at = incident.began_at + timedelta(days=playbook.refund_days)
    later.append(ask_at)
    if ask_at <= now:
        yield Move(kind="refund", reason=because("incident.refund", days=playbook.refund_days))


def may_be_refunded(incident: Incident, playbook: Playbook) -> bool:
    """Whether the vendor may give back what the harm has cost: it was done to the customer, and is real."""
    return (
        playbook.refund_days is not None and incident.verdict == "confirmed" and incident.branch != "attacker"
    )


def _at(deadline: Deadline) -> str:
    return f"{deadline.at:%d %b %Y %H:%M} UTC"
