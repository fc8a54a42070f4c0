"""Claims: an effect is begun only if a fresh plan, made in the claiming transaction, wants it.

Under the customer's lock no effect is claimed after a payment's commit. No vendor is called here.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import bindparam
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from domain.account import Account
from domain.channels import NO_DEBTS, TASK
from domain.claim_key import invoice_of
from domain.customer import Customer
from domain.decide import Decision, decide
from domain.disputes import named_owner
from domain.effects import Effect, EffectDebt
from domain.facts import Body, Bounced, Delivered
from domain.own_steps import (
    in_doubt_of,
)
from domain.policy import Policy
from domain.reasons import Reason
from domain.wording import Wording
from domain.worklist.kinds import kind_of
from store import (
    breakers,
    clock,
    controls,
    customers,
    events,
    facts,
    journal,
    signs,
    switches,
    tasks,
    written,
)
from store.assess import Assessment, assess_locked
from store.breakers import Passage
from store.customers import ContactData
from store.database import Ledger
from store.errors import Refused
from store.facts import Loaded, NewFact
from store.tables import ClaimRow, CustomerRow, JournalRow, TaskRow

ASK_AGAIN_AFTER = timedelta(days=1)
"""Business time after which an effect that a switch put off is tried again, should `go` not wake it.

Long, because each try costs history: a stop of a month must not fill that of every customer.
"""

SOURCE = "claim"
"""Of facts that say what became of a message."""

_CONTROLS: Mapping[str, Sequence[str]] = {"notice": ("M2", "S27b"), "suspend": ("S19c",)}
"""Of which controls it is a run that an effect of a kind went out."""

_OF_CUSTOMER = select(ClaimRow).where(ClaimRow.customer_id == bindparam("customer"))
_OF_MESSAGE = _OF_CUSTOMER.where(ClaimRow.message == bindparam("message")).order_by(col(ClaimRow.position))
_OF_STEP = _OF_CUSTOMER.where(ClaimRow.step == bindparam("step"), ClaimRow.channel == bindparam("channel"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """An effect that is ours to perform.

    Attributes:
        message: the reference that it carries outside.
        settle: it was begun before and nobody knows whether it happened: ask, do not repeat.
        attempt: of these debts by this step and channel, from 1.
        trying: the sender is stopped, and this message is the one that tries whether it works again.
        claimed_at: when it was begun, in business time.
        now: the instant of the plan that wants it; what is done now is done then.
    """

    message: str
    effect: Effect
    account: Account
    policy: Policy
    contact: ContactData
    customer: Customer
    settle: bool
    attempt: int
    trying: bool
    claimed_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwanted:
    """The effect is not wanted any more, and why."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """A switch or a breaker keeps the effect back until a business instant, or until it is opened."""

    until: datetime
    reason: Reason


def begin(
    ledger: Ledger, customer_id: str, key: str, *, now: datetime, code_version: str, sender: str = ""
) -> Begun | Unwanted | PutOff:
    """Claim an effect, if a fresh plan wants it and no switch and no breaker keeps it back.

    Args:
        key: the effect's, or the kind of one of which a plan has one at most: suspend or reactivate.
        sender: of a message, from where it would go out.

    Raises:
        UnknownCustomer, NoPolicy: a sentence that says what to do.
    """
    try:
        with ledger.write() as session:
            row = customers.lock(session, customer_id)
            now = clock.instant_for(session, row, now)
            return _begin(session, row, key, now=now, code_version=code_version, sender=sender)
    except IntegrityError:
        return Unwanted(why=f"{key} is claimed already for one of these debts")


def _begin(
    session: Session, row: CustomerRow, key: str, *, now: datetime, code_version: str, sender: str = ""
) -> Begun | Unwanted | PutOff:
    loaded = facts.load(session, row, now=now)
    decision = decide(loaded.policy, loaded.account, now)
    effect = next((effect for effect in decision.effects if key in (effect.key, effect.kind)), None)
    if effect is None:
        return Unwanted(why=_why_not(decision, key))
    if effect.settles is not None:
        rows = _rows(session, row.id, effect.settles)
        first = rows[0]
        return _begun(session, row, loaded, effect, first.message, first.attempt, first.claimed_at, now)
    guarded = effect.kind != switches.RETURN
    if effect.channel != TASK and (shut := switches.closed(session, now, guarded=guarded)) is not None:
        return _put_off(session, row, loaded, effect, shut, now, code_version)
    passing = breakers.passage(session, effect.channel, sender, now) if sender else Passage()
    if passing.shut is not None:
        return _put_off(session, row, loaded, effect, passing.shut, now, code_version)
    message, attempt = _claim(session, row, loaded, effect, now, code_version)
    row.revision += 1
    row.last_now = now
    row.halted = row.halted and not guarded
    journal.write(
        session,
        at=now,
        what="decided",
        reason=effect.reason,
        customer_id=row.id,
        effect=effect.kind,
        step=effect.step,
        channel=effect.channel,
        debts=effect.debts,
        message=message,
        policy_version=loaded.policy_version,
        code_version=code_version,
    )
    return _begun(session, row, loaded, effect, message, attempt, now, now, trying=passing.trying)


def _begun(
    session: Session,
    row: CustomerRow,
    loaded: Loaded,
    effect: Effect,
    message: str,
    attempt: int,
    claimed_at: datetime,
    now: datetime,
    *,
    trying: bool = False,
) -> Begun:
    return Begun(
        message=message,
        effect=effect,
        account=loaded.account,
        policy=loaded.policy,
        contact=customers.contact(session, row.id),
        customer=loaded.account.customer,
        settle=effect.settles is not None,
        attempt=attempt,
        trying=trying,
        claimed_at=claimed_at,
        now=now,
    )


def _why_not(decision: Decision, key: str) -> str:
    """Say why an effect is not wanted: a hold of its step, else that nothing asks for it."""
    step, _, channel = key.partition("/")
    for held in decision.held:
        if held.step == step and held.channel in ("", channel):
            return held.reason.words
    return f"{key} is not wanted any more"


def _put_off(
    session: Session,
    row: CustomerRow,
    loaded: Loaded,
    effect: Effect,
    shut: Reason,
    now: datetime,
    code_version: str,
) -> PutOff:
    row.halted = True
    openings = " ".join(f"{debt.key}#{debt.opening}" for debt in effect.debts)
    since = shut.values.get("since", now.date().isoformat())
    key = f"held/{row.id}/{effect.key}/{shut.rule}/{since}/{_short(openings)}"
    if not journal.written(session, [key]):
        journal.write(
            session,
            at=now,
            what="held",
            reason=shut,
            customer_id=row.id,
            effect=effect.kind,
            step=effect.step,
            channel=effect.channel,
            debts=effect.debts,
            policy_version=loaded.policy_version,
            code_version=code_version,
            key=key,
        )
    return PutOff(until=now + ASK_AGAIN_AFTER, reason=shut)


def tried_dry(
    ledger: Ledger,
    customer_id: str,
    effect: Effect,
    reason: Reason,
    *,
    policy_version: str,
    code_version: str,
    now: datetime,
) -> datetime:
    """Write down, once, what would have been done were it not a dry run; return when to try again."""
    openings = " ".join(f"{debt.key}#{debt.opening}" for debt in effect.debts)
    key = f"dry/{customer_id}/{effect.key}/{_short(openings)}"
    with ledger.write() as session:
        if not journal.written(session, [key]):
            journal.write(
                session,
                at=now,
                what="held",
                reason=reason,
                customer_id=customer_id,
                effect=effect.kind,
                step=effect.step,
                channel=effect.channel,
                debts=effect.debts,
                policy_version=policy_version,
                code_version=code_version,
                key=key,
            )
    return now + ASK_AGAIN_AFTER


def _claim(
    session: Session, row: CustomerRow, loaded: Loaded, effect: Effect, now: datetime, code_version: str
) -> tuple[str, int]:
    """Write the rows of a claim, taking over those that came to nothing; return its message and attempt."""
    debts = _claimed_debts(effect)
    reused = _taken_over(session, row, loaded, effect, now)
    taken = {debt.key: reused.get((debt.key, debt.opening)) for debt in debts}
    attempt = 1 + max((claim.attempt for claim in taken.values() if claim), default=0)
    failed = _failed_before(loaded, reused.values())
    message = _reference(row.id, effect, debts, loaded.account.changed_at.get(effect.channel), failed)
    for position, debt in enumerate(debts):
        values: dict[str, Any] = {
            "message": message,
            "position": position,
            "step": effect.step,
            "channel": effect.channel,
            "kind": effect.kind,
            "state": "claimed",
            "attempt": attempt,
            "claimed_at": now,
            "sent_at": None,
            "provider_ref": None,
            "suspend_on": effect.suspend_on,
            "amount_minor": debt.amount.minor,
            "currency": debt.amount.currency,
            "policy_version": loaded.policy_version,
            "code_version": code_version,
        }
        if (earlier := taken[debt.key]) is not None:
            earlier.sqlmodel_update(values)
        else:
            session.add(ClaimRow(customer_id=row.id, debt=debt.key, opening=debt.opening, **values))
    session.flush()
    return message, attempt


def _taken_over(
    session: Session, row: CustomerRow, loaded: Loaded, effect: Effect, now: datetime
) -> Mapping[tuple[str, int], ClaimRow]:
    """Return the rows of earlier attempts that may be used again: given up, refused, or bounced.

    That the address has changed since, or another day come, is for the plan to know, which wants it again.
    """
    nothing = {claim.message for claim in loaded.account.claims if not claim.stands}
    if not nothing:
        return {}
    of_step = {"customer": row.id, "step": effect.step, "channel": effect.channel}
    keys = {(debt.key, debt.opening) for debt in effect.debts}
    earlier = [claim for claim in session.exec(_OF_STEP, params=of_step) if claim.message in nothing]
    taken = {(claim.debt, claim.opening): claim for claim in earlier if (claim.debt, claim.opening) in keys}
    failed = _failed_before(loaded, taken.values())
    for message in sorted({claim.message for claim in taken.values() if claim.state != "released"}):
        since = "it may work another day" if message in failed else "the address has changed since"
        journal.write(
            session,
            at=now,
            what="outcome",
            why=f"{effect.step} by {effect.channel} reached nobody; {since}",
            customer_id=row.id,
            effect=effect.kind,
            step=effect.step,
            channel=effect.channel,
            message=message,
            policy_version=loaded.policy_version,
        )
    return taken


def _claimed_debts(effect: Effect) -> Sequence[EffectDebt]:
    """The debts by which an effect is claimed: news of the service counts by the service alone.

    It lists debts as well, and the next suspension may list the same ones again.
    """
    if effect.debts and effect.debts[0].invoice in NO_DEBTS:
        return effect.debts[:1]
    return effect.debts


def _failed_before(loaded: Loaded, earlier: Iterable[ClaimRow]) -> Sequence[str]:
    """Return the messages taken over that a vendor took and did not deliver: a new one goes out for them.

    What is reported of them later is not to be taken for what became of the new one.
    """
    messages = {claim.message for claim in earlier}
    failed = (claim for claim in loaded.account.claims if claim.fault and not claim.stands)
    return sorted(claim.message for claim in failed if claim.message in messages)


def _reference(
    customer_id: str,
    effect: Effect,
    debts: Sequence[EffectDebt],
    changed_at: datetime | None,
    failed: Sequence[str],
) -> str:
    """Name a message by what it is about: every attempt at it to one address carries the same reference."""
    named = [f"{debt.key}#{debt.opening}" for debt in debts]
    address = [] if changed_at is None else [changed_at.isoformat()]
    about = [customer_id, effect.step, effect.channel, *named, *address, *failed]
    return "m-" + _short("\n".join(about))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def confirm(
    ledger: Ledger,
    customer_id: str,
    message: str,
    *,
    state: Literal["sent", "refused", "unknown"],
    now: datetime,
    code_version: str,
    provider_ref: str | None = None,
    outcome: Literal["delivered", "bounced"] | None = None,
    new: Sequence[NewFact] = (),
    why: str = "",
    words: Wording | None = None,
) -> Assessment:
    """Note how a claimed effect went, with the facts that are its outcome, and assess afresh.

    Once it is known that it went out, or that it was refused, this does not change again.

    Raises:
        Refused: no claim carries this message.
    """
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        now = max(now, row.last_now)
        first = _settle(session, row, message, state, provider_ref, now, code_version, why)
        if words is not None:
            written.keep(session, row.id, message, words, now=now)
        known = facts.read(session, row.id)
        outcomes = [*_outcome(first, outcome, now), *new]
        added = facts.append(session, row, outcomes, now=now, news=False, known=known)
        assessment = assess_locked(session, row, now=now, code_version=code_version, known=[*known, *added])
        signs.look_through(session, row, added, now=now)
        return assessment


def prove(
    session: Session,
    row: CustomerRow,
    message: str,
    *,
    provider_ref: str | None,
    now: datetime,
    code_version: str,
) -> None:
    """Note for a locked customer that a vendor took a message, where nobody knew that for sure.

    Raises:
        Refused: no claim carries this message.
    """
    _settle(session, row, message, "sent", provider_ref, now, code_version)


def confirm_with_news(
    ledger: Ledger,
    customer_id: str,
    message: str,
    *,
    new: Sequence[NewFact],
    now: datetime,
    code_version: str,
) -> None:
    """Note that an effect was done by another workflow than the customer's, with what it changed.

    The facts are news and stay unassessed, so the sweep finds the customer if nobody wakes it.

    Raises:
        Refused: no claim carries this message.
    """
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        now = max(now, row.last_now)
        _settle(session, row, message, "sent", None, now, code_version)
        facts.append(session, row, new, now=now)


def _settle(
    session: Session,
    row: CustomerRow,
    message: str,
    state: Literal["sent", "refused", "unknown"],
    provider_ref: str | None,
    now: datetime,
    code_version: str,
    why: str = "",
) -> ClaimRow:
    """Write the outcome of a claim, once; return its first row."""
    rows = _rows(session, row.id, message)
    first = rows[0]
    if first.state not in ("sent", "refused"):
        if first.state == "unknown" and state == "sent":
            _close_doubt(session, rows, now)
        row.revision += 1
        for claim in rows:
            claim.state = state
            claim.sent_at = now if state == "sent" else None
            claim.provider_ref = provider_ref or claim.provider_ref
        if first.channel == TASK and state == "sent":
            _open_task(session, first, now)
        if first.kind == "notice" and state != "unknown":
            events.tell_message(session, rows, now)
        if state == "sent" and first.kind in _CONTROLS:
            controls.ran(session, *_CONTROLS[first.kind], at=now)
        _journal_outcome(session, first, now, code_version, why)
    return first


def _close_doubt(session: Session, claims: Sequence[ClaimRow], now: datetime) -> None:
    """End the task about a message of which nobody could tell, now that somebody can."""
    first, about = claims[0], {invoice_of(claim.debt) for claim in claims}
    step = in_doubt_of(first.step, first.channel)
    tasks.close_about(session, first.customer_id, step, about, now=now, outcome="it went out", by="engine")


def _outcome(claim: ClaimRow, outcome: str | None, now: datetime) -> list[NewFact]:
    if outcome is None:
        return []
    kind = Delivered if outcome == "delivered" else Bounced
    body: Body = kind(message=claim.message, step=claim.step, channel=claim.channel)
    return [NewFact(source=SOURCE, id=f"{claim.message}/{outcome}", happened_at=now, body=body)]


def _journal_outcome(
    session: Session, claim: ClaimRow, now: datetime, code_version: str, why: str = "", words: str = ""
) -> None:
    of_state = {
        "sent": "went out",
        "refused": "was refused",
        "unknown": "may have gone out",
        "released": "did not go out and was given up",
    }
    journal.write(
        session,
        at=now,
        what="outcome",
        why=f"{claim.step} by {claim.channel} {words or of_state[claim.state]}" + (f": {why}" if why else ""),
        customer_id=claim.customer_id,
        effect=claim.kind,
        step=claim.step,
        channel=claim.channel,
        message=claim.message,
        policy_version=claim.policy_version,
        code_version=code_version,
    )


def _open_task(session: Session, claim: ClaimRow, now: datetime) -> None:
    decided = select(JournalRow).where(JournalRow.message == claim.message, JournalRow.what == "decided")
    # Every attempt at it is decided anew, under the same reference.
    line = session.exec(decided.order_by(col(JournalRow.id).desc()).limit(1)).one()
    task = TaskRow(
        customer_id=claim.customer_id,
        step=claim.step,
        kind=line.reason.get("task") or kind_of(claim.step),
        opened_at=now,
        why=line.why,
        debts=line.debts,
        message=claim.message,
        owner=named_owner(line.reason.get("owner")),
    )
    tasks.add(session, task)
    session.flush()


def release(
    ledger: Ledger, customer_id: str, message: str, *, now: datetime, code_version: str, in_doubt: str = ""
) -> None:
    """Give a claim up that certainly did not happen: the next plan may want the effect again.

    A claim whose outcome is known stays as it is.

    Args:
        in_doubt: why it is repeated, where it may have happened nevertheless.

    Raises:
        Refused: no claim carries this message.
    """
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        rows = _rows(session, customer_id, message)
        if rows[0].state not in ("claimed", "unknown"):
            return
        for claim in rows:
            claim.state = "released"
        row.revision += 1
        row.last_now = max(now, row.last_now)
        words = "may have gone out" if in_doubt else ""
        _journal_outcome(session, rows[0], row.last_now, code_version, in_doubt, words)


def _rows(session: Session, customer_id: str, message: str) -> list[ClaimRow]:
    rows = session.exec(_OF_MESSAGE, params={"customer": customer_id, "message": message}).all()
    if not rows:
        raise Refused(f"No claim of customer {customer_id} carries message {message}: it was given up.")
    return list(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """A claim whose outcome nobody knows yet."""

    customer_id: str
    message: str
    step: str
    channel: str
    claimed_at: datetime


def unsettled(ledger: Ledger, *, before: datetime) -> list[Unsettled]:
    """Return the claims begun before an instant whose outcome nobody knows, oldest first."""
    found = (
        select(ClaimRow)
        .where(ClaimRow.state == "claimed", col(ClaimRow.claimed_at) < before, ClaimRow.position == 0)
        .order_by(col(ClaimRow.claimed_at), col(ClaimRow.id))
    )
    with ledger.read() as session:
        return [
            Unsettled(
                customer_id=row.customer_id,
                message=row.message,
                step=row.step,
                channel=row.channel,
                claimed_at=row.claimed_at,
            )
            for row in session.exec(found)
        ]
