"""What would be otherwise for customers: under a policy that is not adopted, or not for their case, or
under this version of the code.

Nothing is written. Whoever has nothing open is left out: there is nothing to chase.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from domain.assignment import choose
from domain.override import in_force
from domain.plan import plan
from domain.policy import Policy
from domain.policy_change import Change, change
from store import facts, policies
from store.assess import signature
from store.database import Ledger
from store.errors import NoPolicy
from store.tables import CustomerRow, DebtRow, PolicyRow


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What a policy would change for one customer.

    Attributes:
        before, after: the policies, as name/version; before is None for who has none now.
        case_open: the open case would keep its own until `policy switch`.
    """

    change: Change
    before: str | None
    after: str
    case_open: bool

    @property
    def words(self) -> str:
        """It in one line."""
        case = " (its case keeps its own until `policy switch`)" if self.case_open else ""
        before = self.before or "no policy"
        return f"{self.change.customer_id}: {before} -> {self.after}{case}: {self.change.words}"

    def json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            **self.change.json(),
            "before": self.before,
            "after": self.after,
            "case_open": self.case_open,
        }


Bar = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Shows how far it is: it gets words and a total, and gives what to tell it."""


def adopting(ledger: Ledger, policy: Policy, *, now: datetime, bar: Bar) -> list[WhatIf]:
    """Return what it would change to adopt a policy, for all whom it would be chosen for or taken from.

    A case that is open counts as if the policy were adopted for it too, and says that it would keep its own.
    """
    found = []
    with ledger.read() as session:
        then = _in_place(policies.adopted(session), policy)
        rows = _open(session)
        with bar("Comparing customers", len(rows)) as seen:
            for done, row in enumerate(rows, start=1):
                one = _adopting(session, row, then, policy, max(now, row.last_now))
                found += [] if one is None else [one]
                seen(done)
    return found


def _in_place(adopted: Sequence[Policy], policy: Policy) -> list[Policy]:
    """Return the order of choice with a policy in it: in the place of its name, or last."""
    names = [each.policy for each in adopted]
    if policy.policy not in names:
        return [*adopted, policy]
    return [policy if each.policy == policy.policy else each for each in adopted]


def _adopting(
    session: Session, row: CustomerRow, then: Sequence[Policy], policy: Policy, now: datetime
) -> WhatIf | None:
    loaded = facts.load_under(session, row, policy)
    before = _now_under(session, row, loaded, now)
    today = now.astimezone(ZoneInfo(row.timezone)).date()
    after = choose(then, row.customer(), in_force(loaded.account.override, today)).policy
    named = {each.policy for each in (before, after) if each}
    if after is None or policy.policy not in named or (before and before.version == after.version):
        return None
    different = change(before, after, loaded.account, now, adopting=row.case_open)
    return WhatIf(change=different, before=_name(before), after=_name(after) or "", case_open=row.case_open)


def _now_under(session: Session, row: CustomerRow, loaded: facts.Loaded, now: datetime) -> Policy | None:
    try:
        return facts.policy_for(session, row, loaded.history, now=now)[1]
    except NoPolicy:
        return None


def switching(ledger: Ledger, name: str, customer_id: str | None, *, now: datetime, bar: Bar) -> list[WhatIf]:
    """Return what it would change to adopt a policy for open cases: one, or all under its older versions.

    Raises:
        NoPolicy: there is no policy of this name or version.
    """
    found = []
    with ledger.read() as session:
        policy = policies.find(session, name)
        rows = _cases(session, policy, customer_id)
        with bar("Comparing cases", len(rows)) as seen:
            for done, row in enumerate(rows, start=1):
                now_of = max(now, row.last_now)
                loaded = facts.load(session, row, now=now_of)
                different = change(loaded.policy, policy, loaded.account, now_of, adopting=True)
                names = (_name(loaded.policy), _name(policy) or "")
                found.append(WhatIf(change=different, before=names[0], after=names[1], case_open=False))
                seen(done)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Rethought:
    """A customer for whom this version of the code plans otherwise than the one that looked last.

    Attributes:
        looked_at: the instant of that look; both plans are of it, and of the same facts.
        before, after: the stage then, and the stage by this version.
        wants: the keys of the effects that this version wants at that instant.
        wake_at: when it looks again.
    """

    customer_id: str
    looked_at: datetime
    before: str | None
    after: str
    wants: tuple[str, ...]
    wake_at: datetime | None

    @property
    def words(self) -> str:
        """It in one line."""
        wants = ", ".join(self.wants) or "nothing"
        again = f"{self.wake_at:%d %b %Y %H:%M} UTC" if self.wake_at else "on news only"
        return (
            f"{self.customer_id}: {self.before} -> {self.after} at {self.looked_at:%d %b %Y %H:%M} UTC;"
            f" this version wants {wants}, and looks again {again}"
        )

    def json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "customer": self.customer_id,
            "looked_at": self.looked_at.isoformat(),
            "before": self.before,
            "after": self.after,
            "wants": list(self.wants),
            "wake_at": self.wake_at.isoformat() if self.wake_at else None,
        }


def rethinking(ledger: Ledger, *, bar: Bar) -> tuple[int, list[Rethought]]:
    """Return how many customers were looked at to the end, and for whom this code plans otherwise.

    Each is planned for again at the instant of the last look, so that time explains no difference. Whoever
    has facts that nobody has looked at is left out: there is no plan to compare with.
    """
    looked = select(CustomerRow).where(col(CustomerRow.signature).is_not(None))
    looked = looked.where(col(CustomerRow.revision) == col(CustomerRow.assessed_revision))
    found = []
    with ledger.read() as session:
        rows = session.exec(looked.order_by(col(CustomerRow.id))).all()
        with bar("Planning again", len(rows)) as seen:
            for done, row in enumerate(rows, start=1):
                one = _rethought(session, row)
                found += [] if one is None else [one]
                seen(done)
    return len(rows), found


def _rethought(session: Session, row: CustomerRow) -> Rethought | None:
    try:
        loaded = facts.load(session, row, now=row.last_now)
    except NoPolicy:
        return None
    fresh = plan(loaded.policy, loaded.account, row.last_now)
    if signature(fresh) == row.signature:
        return None
    return Rethought(
        customer_id=row.id,
        looked_at=row.last_now,
        before=row.stage,
        after=fresh.stage,
        wants=tuple(effect.key for effect in fresh.effects),
        wake_at=fresh.wake_at,
    )


def _cases(session: Session, policy: Policy, customer_id: str | None) -> Sequence[CustomerRow]:
    wanted = select(CustomerRow).where(col(CustomerRow.policy_version).is_not(None))
    wanted = wanted.where(col(CustomerRow.policy_version) != policy.version)
    if customer_id is not None:
        wanted = wanted.where(CustomerRow.id == customer_id)
    else:
        older = select(PolicyRow.version).where(PolicyRow.name == policy.policy)
        wanted = wanted.where(col(CustomerRow.policy_version).in_(older))
    return session.exec(wanted.order_by(col(CustomerRow.id))).all()


def _open(session: Session) -> Sequence[CustomerRow]:
    owing = select(DebtRow.customer_id).where(DebtRow.open_minor > 0)
    return session.exec(
        select(CustomerRow).where(col(CustomerRow.id).in_(owing)).order_by(col(CustomerRow.id))
    ).all()


def _name(policy: Policy | None) -> str | None:
    return None if policy is None else f"{policy.policy}/{policy.version}"
