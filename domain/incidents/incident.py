"""An incident: a fold over its own entries, of which none is ever changed.

The same entries give the same incident in any order, and however often they come.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, get_args

from domain.incidents.kinds import OTHER, Kind, kind_of

What = Literal[
    "noticed",
    "assigned",
    "unverified",
    "acknowledged",
    "reviewed",
    "approved",
    "limited",
    "acted",
    "responded",
    "escalated",
    "reminded",
    "refund_due",
    "closed",
    "answering",
    "answered",
    "unanswered",
]
"""What an entry says; one that a later version writes is kept and shown."""

State = Literal["received", "reviewed", "acted", "responded", "closed"]
Verdict = Literal["confirmed", "legitimate", "false_alarm"]
Branch = Literal["attacker", "compromised"]

ENGINE = "arrears"
_RANK: Mapping[str, int] = {what: rank for rank, what in enumerate(get_args(What))}
_GRAVE = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of an incident's history; `key` names it within the incident, `data` holds short words."""

    key: str
    what: str
    at: datetime
    by: str
    note: str = ""
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Who did something, when, and what was noted."""

    at: datetime
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An action that was taken, by a person or by the engine."""

    action: str
    at: datetime
    by: str
    note: str = ""

    @property
    def by_person(self) -> bool:
        """Whether a person took it."""
        return self.by != ENGINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident, as far as is known.

    Attributes:
        kind: as a person has classified it, else as the first notice that knew.
        word: of `other`, what the first notice called it.
        customer: ours, once somebody knows which.
        trusted: a channel that can be trusted, or a person, has confirmed it.
        marked: since when it is only for people, because nobody has confirmed it.
        notices: how many entries of notices there are; `sources` are their channels.
        owner: who was named to work on it; None where the playbook says.
        approved: by action, who allowed it.
        told_at: per level how often and when last somebody was told that it is late.
    """

    id: str
    kind: Kind = field(default_factory=lambda: kind_of(OTHER))
    word: str = ""
    customer: str | None = None
    subscription: str | None = None
    received_at: datetime
    occurred_at: datetime | None = None
    trusted: bool = False
    test: bool = False
    suspended: bool = False
    marked: datetime | None = None
    severity: str = ""
    confidence: str = ""
    status: str = ""
    notices: int = 0
    sources: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    owner: str | None = None
    acknowledged: Step | None = None
    reviewed: Step | None = None
    verdict: Verdict | None = None
    branch: Branch | None = None
    document: str | None = None
    approved: Mapping[str, Step] = field(default_factory=dict)
    actions: tuple[Taken, ...] = ()
    responded: Step | None = None
    closed: Step | None = None
    refund: str | None = None
    escalated: tuple[str, ...] = ()
    told_at: datetime | None = None
    refund_told: bool = False

    @property
    def grave(self) -> bool:
        """Whether a notice says that it is severe, or quite certain."""
        return _GRAVE in (self.severity, self.confidence)

    @property
    def cleared(self) -> bool:
        """Whether a person found that nothing is wrong."""
        return self.verdict in ("legitimate", "false_alarm")

    @property
    def taken(self) -> frozenset[str]:
        """The actions that were taken."""
        return frozenset(each.action for each in self.actions)

    @property
    def by_people(self) -> tuple[Taken, ...]:
        """The actions that people took."""
        return tuple(each for each in self.actions if each.by_person)

    @property
    def orders_blocked(self) -> bool:
        """Whether it keeps orders from being taken, by whatever it did last about them."""
        about = [each.action for each in self.actions if each.action in (*LIMITED, UNBLOCK)]
        return bool(about) and about[-1] != UNBLOCK

    @property
    def state(self) -> State:
        """How far it is."""
        if self.closed is not None:
            return "closed"
        if self.responded is not None:
            return "responded"
        if self.by_people:
            return "acted"
        return "received" if self.reviewed is None else "reviewed"

    @property
    def began_at(self) -> datetime:
        """When it began, as far as is known."""
        return min(filter(None, (self.occurred_at, self.received_at)))

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        return (
            f"{self.kind.words} ({self.word})" if self.word and self.kind.name == OTHER else self.kind.words
        )


LIMITED = ("block_orders", "freeze_seats")
"""What the engine may do by itself when nobody answers: nothing that runs is touched."""

UNBLOCK = "unblock_orders"
SUSPEND, TERMINATE = "suspend", "terminate"
TAKEN = ("limited", "acted")
"""Entries of an action that was taken."""


def incident_of(id: str, entries: Iterable[Entry]) -> Incident:
    """Return the incident that entries tell of.

    Raises:
        ValueError: there is no notice among them.
    """
    # Of what was written twice the first time counts, and so stands last here.
    newest_first = sorted(entries, key=lambda entry: (entry.at, entry.by, entry.note), reverse=True)
    once = {entry.key: entry for entry in newest_first}
    ordered = sorted(once.values(), key=lambda entry: (entry.at, _RANK.get(entry.what, 99), entry.key))
    noticed = [entry for entry in ordered if entry.what == "noticed"]
    if not noticed:
        raise ValueError(f"incident {id} has no notice")
    incident = Incident(id=id, received_at=noticed[0].at)
    # What can be trusted says first what it is; what cannot only adds to that.
    for entry in sorted(noticed, key=lambda entry: "trusted" not in entry.data):
        incident = _noticed(incident, entry)
    for entry in ordered:
        incident = _after(incident, entry)
    return incident


def _noticed(incident: Incident, entry: Entry) -> Incident:
    """Add what one more notice says; of two words the graver counts, and a known kind before an unknown."""
    said = entry.data
    kind = kind_of(said.get("kind", OTHER))
    if incident.notices and (incident.kind.name != OTHER or kind.name == OTHER):
        kind = incident.kind
    occurred = [incident.occurred_at] if incident.occurred_at else []
    if "occurred_at" in said:
        occurred.append(datetime.fromisoformat(said["occurred_at"]))
    signs = [each for each in said.get("signs", "").split("; ") if each]
    believed = "trusted" in said or not incident.trusted
    return replace(
        incident,
        kind=kind,
        word=incident.word or said.get("word", ""),
        subscription=incident.subscription or said.get("subscription"),
        occurred_at=min(occurred, default=None),
        trusted=incident.trusted or "trusted" in said,
        # One that is only a test for one channel is real as soon as another tells of it.
        test="test" in said and (incident.test or not incident.notices) if believed else incident.test,
        suspended=incident.suspended or ("suspended" in said and "trusted" in said),
        severity=_graver(incident.severity, said.get("severity", "")),
        confidence=_graver(incident.confidence, said.get("confidence", "")),
        status=said.get("status", "") or incident.status,
        notices=incident.notices + 1,
        sources=tuple(dict.fromkeys((*incident.sources, said.get("source", "")))),
        signs=tuple(dict.fromkeys((*incident.signs, *signs))),
    )


_GRAVITY = ("", "informational", "low", "medium", "high")


def _graver(one: str, other: str) -> str:
    """Return the graver of two words of vendors; one that nobody knows only where there is no other."""
    known = [each for each in (one, other) if each in _GRAVITY]
    worst = max(known, key=_GRAVITY.index, default="")
    return worst or one or other


def _after(incident: Incident, entry: Entry) -> Incident:
    """Return the incident after one entry; none takes back what came before."""
    step, said = Step(at=entry.at, by=entry.by, note=entry.note), entry.data
    match entry.what:
        case "assigned":
            return replace(
                incident,
                customer=said.get("customer", incident.customer),
                subscription=said.get("subscription", incident.subscription),
                owner=said.get("owner", incident.owner),
            )
        case "unverified":
            return replace(incident, marked=incident.marked or entry.at)
        case "acknowledged":
            return replace(incident, acknowledged=incident.acknowledged or step)
        case "reviewed":
            return _reviewed(incident, entry, step)
        case "approved":
            return replace(incident, approved={**incident.approved, said["action"]: step})
        case what if what in TAKEN:
            taken = Taken(action=said["action"], at=entry.at, by=entry.by, note=entry.note)
            return replace(incident, actions=(*incident.actions, taken), acknowledged=_seen(incident, step))
        case "escalated":
            return replace(incident, escalated=(*incident.escalated, said["level"]), told_at=entry.at)
        case "reminded":
            return replace(incident, told_at=entry.at)
        case "refund_due":
            return replace(incident, refund_told=True, told_at=entry.at)
        case "responded":
            return replace(incident, responded=step, acknowledged=_seen(incident, step))
        case "closed":
            return replace(incident, closed=incident.closed or step, refund=said.get("refund"))
    return incident


def _reviewed(incident: Incident, entry: Entry, step: Step) -> Incident:
    said = entry.data
    verdict = next((each for each in get_args(Verdict) if each == said["verdict"]), None)
    branch = next((each for each in get_args(Branch) if each == said.get("branch")), None)
    return replace(
        incident,
        reviewed=step,
        verdict=verdict,
        branch=branch,
        document=said.get("document", incident.document),
        kind=kind_of(said["kind"]) if "kind" in said else incident.kind,
        trusted=incident.trusted or verdict == "confirmed",
        acknowledged=_seen(incident, step),
    )


def _seen(incident: Incident, step: Step) -> Step | None:
    """Who saw it first: to work on it is to have seen it; what the engine does is not."""
    return incident.acknowledged or (None if step.by == ENGINE else step)
