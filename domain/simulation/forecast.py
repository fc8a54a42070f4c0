"""What comes next if nothing happens, every message is delivered and every charge is declined softly."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from domain.account import Account
from domain.claim import Charged, Claim
from domain.decide import Decision, decide
from domain.effects import Effect
from domain.policy import Policy
from domain.simulation.timeline import Line, effect_line

HORIZON_DAYS = 800
"""How far a forecast looks."""


def forecast(
    policy: Policy, account: Account, now: datetime, *, lines: int = 3, first: Decision | None = None
) -> tuple[Line, ...]:
    """Return the next effects if nothing happens and every message is delivered; see `coming`."""
    return tuple(islice(coming(policy, account, now, first), lines))


def coming(policy: Policy, account: Account, now: datetime, first: Decision | None = None) -> Iterator[Line]:
    """Yield what is done next, one effect after the other; whoever has enough saves the rest.

    Args:
        first: what is decided about this account now, where the caller knows it already.
    """
    horizon = now + timedelta(days=HORIZON_DAYS)
    on_their_way = [claim for claim in account.claims if awaited(claim)]
    if on_their_way:
        account = account.with_claims(replace(claim, delivered_at=now) for claim in on_their_way)
        first = None
    while now < horizon:
        decision, first = first or decide(policy, account, now), None
        for effect in decision.effects:
            yield effect_line(effect, now, decision.stage)
            account = perform(account, effect, now)
        if not decision.effects:
            if decision.wake_at is None:
                return
            now = decision.wake_at


def perform(account: Account, effect: Effect, now: datetime, *, answered: bool = True) -> Account:
    """Return the account after an effect: what is answered at once was delivered, or declined softly."""
    charged = Charged(at=now, decline="soft", instrument=effect.instrument or None)
    claim = Claim(
        message=message_of(account, effect),
        step=effect.step,
        channel=effect.channel,
        debts=tuple((debt.key, debt.opening) for debt in effect.debts),
        claimed_at=now,
        sent_at=now,
        delivered_at=now if answered and effect.kind == "notice" else None,
        suspend_on=effect.suspend_on,
        charged=charged if answered and effect.kind == "charge" else None,
    )
    account = account.with_claims([claim])
    match effect.kind:
        case "terminate" if account.cancelled_on is not None:
            return replace(account, service=account.service.turned("close", now))
        case "restrict" | "suspend" | "reactivate" | "terminate":
            return replace(account, service=account.service.turned(effect.kind, now))
    return account


def message_of(account: Account, effect: Effect) -> str:
    """The reference under which an effect is performed here."""
    return effect.settles or f"{effect.key}/{len(account.claims)}"


def awaited(claim: Claim) -> bool:
    """Whether a message went out and nobody has said yet whether it arrived."""
    return claim.is_message and claim.stands and not claim.unsettled and claim.delivered_at is None
