"""What was requested and granted, and which safeguards hold: a fold over facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from domain.facts import AccessGranted, AccessRequested, AccessRevoked, Body, SafeguardNoted


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldOfAccess:
    """One fact about access, with its day."""

    on: date
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role that somebody has until the end of a day, and that nobody took back."""

    name: str
    principal: str
    role: str
    scope: str
    first: date
    last: date
    by: str

    def __str__(self) -> str:
        return f"{self.name} ({self.role} on {self.scope} until {self.last})"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessBook:
    """What is known of access to a customer's services.

    Attributes:
        requests: by name, those that nobody has decided about, and when they came.
        grants: by name, those that were not taken back, over or not.
        safeguards: what a person found out last, and when.
        taken: every name that a request or a grant ever had.
    """

    requests: Mapping[str, tuple[date, AccessRequested]] = field(default_factory=dict)
    grants: Mapping[str, Grant] = field(default_factory=dict)
    safeguards: Mapping[str, tuple[date, bool]] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()

    def over(self, today: date) -> list[Grant]:
        """The grants that have ended, and of which nobody has said that the role was taken back."""
        return [grant for grant in self.grants.values() if grant.last < today]

    def current(self, today: date) -> list[Grant]:
        """The grants that hold today."""
        return [grant for grant in self.grants.values() if grant.last >= today]


def access_of(told: Sequence[ToldOfAccess]) -> AccessBook:
    """Return what these facts say; they come in their order."""
    requests: dict[str, tuple[date, AccessRequested]] = {}
    grants: dict[str, Grant] = {}
    safeguards: dict[str, tuple[date, bool]] = {}
    taken: set[str] = set()
    for each in told:
        match each.body:
            case SafeguardNoted() as body:
                safeguards[body.safeguard] = (each.on, body.holds)
            case AccessRequested() as body:
                requests[body.grant] = (each.on, body)
                taken.add(body.grant)
            case AccessGranted() as body:
                requests.pop(body.grant, None)
                taken.add(body.grant)
                grants[body.grant] = _grant(each.on, body)
            case AccessRevoked(grant=grant):
                requests.pop(grant, None)
                grants.pop(grant, None)
            case _:
                pass
    return AccessBook(requests=requests, grants=grants, safeguards=safeguards, taken=frozenset(taken))


def _grant(on: date, body: AccessGranted) -> Grant:
    return Grant(
        name=body.grant,
        principal=body.principal,
        role=body.role,
        scope=body.scope,
        first=on,
        last=body.to,
        by=body.by or "finance",
    )
