"""The service's switch: guard, restrict or suspend, verify; and back, or to its end.

The guard is the claim: it is made in one transaction with a fresh plan that still wants it. The
fact is written before anybody is woken, so a lost wake is healed by the sweep.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal, Protocol

from temporalio import activity

from activities.answers import SubscriptionView, SwitchAnswer
from activities.books import SWITCHING, Books
from activities.customers import Wake
from activities.once import Mark, unmarked
from activities.turning import Ended, Later, Others, Outcome, Stands, Turning, Undone
from domain.channels import SERVICE
from domain.decide import Decision, decide
from domain.effects import Effect, EffectKind, Held
from domain.facts import (
    Body,
    SubscriptionCancelled,
    SubscriptionReactivated,
    SubscriptionRestricted,
    SubscriptionSuspended,
    SubscriptionTerminated,
    SuspendedElsewhere,
)
from domain.own_steps import CLOSED, SWITCH
from domain.rules.data_loss import data_lost_at
from domain.rules.reactivation import returns_because
from domain.situation import Situation
from domain.switching import Note, Place, Seen, SubscriptionState, Turn
from domain.turning import MOST_REST, dry_run
from domain.view_words import day_says
from store import assess, claims, subscriptions, sweep, switches, tasks, turns, watched
from store.claims import Begun, PutOff, Unwanted
from store.database import Ledger
from store.errors import UnknownCustomer
from store.facts import Loaded, NewFact

GOES_ON = "goes_on"
"""In an order: the attempt before this one ended with an answer, so that nobody else is at work."""


class Switch(Protocol):
    """Turns subscriptions at one provider down and up.

    A turn makes at most one request that changes something, and may be repeated without harm: the same
    request is a repetition. Each call notes what went to and fro, and answers or gives up within five
    seconds; whether a turn took effect is for a look to tell. What is on its way (state None) is only looked
    at; what is not yet as wished is turned again after a rest, so that a turn may take several steps.

    Raises:
        TryAgainLater: certainly nothing was changed, and it may work later.
        Refused: the provider said no, or has no such subscription.
        Misconfigured: the fault is ours: a token, a permission.
        InDoubt: the answer was lost: it may have been changed.
    """

    def look(self, place: Place, *, note: Note) -> Seen: ...

    def turn(self, turn: Turn, *, note: Note) -> None: ...

    def rehearsed(self, turn: Turn) -> str:
        """Return in words the request that a turn would make first; errors as those of a turn."""
        ...

    def differs(self, before: Mapping[str, Any], seen: Seen) -> Sequence[str]:
        """Return in words what of the resource before is not back in one that is active."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """One turn of the switch: the activity that does it, what stands after it, and the fact of it."""

    activity: str
    state: SubscriptionState
    says: str
    fact: Callable[..., Body]


_TURNS: Mapping[EffectKind, _Kind] = {
    "restrict": _Kind(
        activity="Restrict the service",
        state="restricted",
        says="restricted",
        fact=SubscriptionRestricted,
    ),
    "suspend": _Kind(
        activity="Suspend the service", state="suspended", says="suspended", fact=SubscriptionSuspended
    ),
    "reactivate": _Kind(
        activity="Bring the service back",
        state="active",
        says="back in service",
        fact=SubscriptionReactivated,
    ),
    "terminate": _Kind(
        activity="End the subscription", state="terminated", says="ended", fact=SubscriptionTerminated
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """What an attempt came to; `until` is a business instant, `news` that a fact was written."""

    answer: Literal["done", "unwanted", "deferred"]
    says: str
    until: datetime | None = None
    news: bool = False


class Service:
    """What a suspension does to the service, wherever it is kept.

    Args:
        switches: by provider; the ledger's own is among them.
        dry_run: nothing is turned down: what would be is written down. What is down still comes back.
    """

    def __init__(
        self,
        *,
        books: Books,
        switches: Mapping[str, Switch],
        wake: Wake,
        dry_run: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
        mark: Mark = unmarked,
    ) -> None:
        self.books = books
        self.switches = switches
        self.wake = wake
        self.dry_run = dry_run
        self.monotonic = monotonic
        self.mark = mark

    @activity.defn(name="Restrict the service")
    async def restrict(self, order: dict[str, str]) -> SwitchAnswer:
        """Restrict, if a fresh plan still wants it, and verify that it took effect."""
        return await self._turn(order, "restrict")

    @activity.defn(name="End the subscription")
    async def terminate(self, order: dict[str, str]) -> SwitchAnswer:
        """End it, if a fresh plan still wants it, and verify."""
        return await self._turn(order, "terminate")

    @activity.defn(name="Suspend the service")
    async def suspend(self, order: dict[str, str]) -> SwitchAnswer:
        """Suspend, if a fresh plan still wants it, and verify that it took effect."""
        return await self._turn(order, "suspend")

    @activity.defn(name="Bring the service back")
    async def reactivate(self, order: dict[str, str]) -> SwitchAnswer:
        """Bring the service back, if a fresh plan still wants it, and verify."""
        return await self._turn(order, "reactivate")

    async def _turn(self, order: dict[str, str], kind: EffectKind) -> SwitchAnswer:
        customer_id = order["customer_id"]
        # Whoever asked is the only one, and says that the attempt before this one came to its end.
        alone = GOES_ON in order and activity.info().attempt == 1
        answer, news = await asyncio.to_thread(self._turned, customer_id, kind, alone)
        # An attempt that died may have written its fact and woken nobody.
        if news or activity.info().attempt > 1:
            await self.wake(customer_id)
        return answer

    def _turned(self, customer_id: str, kind: EffectKind, alone: bool) -> tuple[SwitchAnswer, bool]:
        try:
            step = self._step(customer_id, kind, self.books.now(), alone=alone)
        except UnknownCustomer as unknown:
            view = SubscriptionView(suspended=False, details=str(unknown))
            return SwitchAnswer(answer="unwanted", until=None, says=str(unknown), view=view), False
        loaded = assess.look(self.books.ledger, customer_id)
        waits = step.says if step.answer == "deferred" else ""
        view = self._view(customer_id, loaded, waits)
        word, until = step.answer, step.until
        if word == "done":
            view["over"] = kind in ("reactivate", "terminate")
        elif word == "unwanted":
            decision = decide(loaded.policy, loaded.account, self.books.now())
            if (other := _wanted(decision)) not in (None, kind):
                view["wants"] = _TURNS[other].activity
            elif other is None:
                self._waits_no_more(customer_id)
                if (opens_at := _opens_at(decision)) is not None:
                    word, until = "deferred", opens_at
        at = None if until is None else self.books.real(until)
        return SwitchAnswer(answer=word, until=at, says=step.says, view=view), step.news

    def _waits_no_more(self, customer_id: str) -> None:
        """End the tasks about a turn on its way, and its waiting: no turn is wanted."""
        now, outcome = self.books.now(), "no turn is wanted any more"
        with self.books.ledger.write() as session:
            turns.waited(session, customer_id, now=now)
            tasks.close(session, customer_id=customer_id, step=SWITCH, now=now, outcome=outcome, by="engine")

    def _view(self, customer_id: str, loaded: Loaded, waits: str) -> SubscriptionView:
        """Say how the service stands, and what it waits for."""
        at = Situation(policy=loaded.policy, account=loaded.account, now=self.books.now())
        service, lost_at = loaded.account.service, data_lost_at(at)
        lines = [f"It is being turned: {waits}."] if waits else []
        if not service.down or service.since is None:
            stands = "has ended" if service.ended else "is in service"
            page = "\n\n".join([f"# Subscription {customer_id} {stands}", *lines])
            return SubscriptionView(suspended=False, details=page)
        how = "suspended" if service.suspended else "restricted"
        lines = [
            f"# Subscription {customer_id} is {how} since {day_says(service.since)}",
            "It comes back by itself when the customer's plan says so: see the customer's workflow.",
            *([f"Its data is kept until {day_says(lost_at)}."] if lost_at else []),
            *lines,
        ]
        return SubscriptionView(suspended=True, details="\n\n".join(lines))

    # --- one attempt -----------------------------------------------------------------------------

    def _step(self, customer_id: str, kind: EffectKind, now: datetime, *, alone: bool) -> _Step:
        loaded = assess.look(self.books.ledger, customer_id)
        turning = Turning(
            books=self.books,
            switches=self.switches,
            mark=self.mark,
            customer_id=customer_id,
            zone=loaded.account.customer.timezone,
            to=_TURNS[kind].state,
            now=now,
            monotonic=self.monotonic,
        )
        effect = _effect(decide(loaded.policy, loaded.account, now), kind)
        if effect is not None and effect.step == CLOSED:
            turning.keep_to_the_ledger()
        begun: Begun | Unwanted | PutOff | None = None
        if effect is not None and effect.settles is not None:
            begun = self._found(customer_id, kind, turning, now, alone=alone)
        if begun is None:
            kept_back = None if effect is None else self._kept_back(turning, effect, loaded)
            if kept_back is not None:
                return self._after(kept_back, None, kind, customer_id, now)
            begun = self.books.begin(customer_id, kind, now)
        if isinstance(begun, PutOff):
            sweep.put_off(self.books.ledger, customer_id, until=begun.until)
            return _Step(answer="deferred", until=begun.until, says=begun.reason.words)
        if isinstance(begun, Unwanted):
            return _Step(answer="unwanted", says=begun.why)
        self.mark("claimed")
        return self._after(self._go_on(begun, kind, turning), begun, kind, customer_id, now)

    def _go_on(self, begun: Begun, kind: EffectKind, turning: Turning) -> Outcome:
        """Turn, or go on where an earlier attempt stopped, if that is still wanted and nothing is stopped."""
        claim = _claim(begun)
        if not begun.settle:
            return turning.turn(claim, begun.message)
        held = switches.read(self.books.ledger)
        if held.stopped:
            until = begun.now + self.books.lasting(MOST_REST)
            return Later(until=until, says=f"stopped: {held.stopped_reason}")
        if turning.is_taken_back(claim):
            return turning.take_back(claim, begun.message)
        if kind != "reactivate" and not _still_wanted(begun, kind):
            return self._give_up(begun, kind, turning)
        return turning.turn(claim, begun.message)

    def _give_up(self, begun: Begun, kind: EffectKind, turning: Turning) -> Outcome:
        """Give up a turn that nobody wants any more.

        After a payment the plan brings back what is down. While chasing only rests it does not; then that is
        done here, unless an earlier turn has the service down, which stays.
        """
        at = Situation(policy=begun.policy, account=begun.account, now=begun.now)
        stays = at.elsewhere() or at.investigated()
        if kind == "terminate" or begun.account.service.down or stays or returns_because(at):
            return turning.withdraw(_claim(begun), begun.message)
        return turning.take_back(_claim(begun), begun.message)

    def _kept_back(self, turning: Turning, effect: Effect, loaded: Loaded) -> Outcome | None:
        """Look before the claim: what keeps a turn back that only a provider knows, or a dry run."""
        if (kept_back := turning.guard()) is not None:
            return kept_back
        if not self.dry_run or effect.kind == "reactivate":
            return None
        reason = dry_run(f"would turn {turning.rehearsed()}")
        until = claims.tried_dry(
            self.books.ledger,
            loaded.account.customer.id,
            effect,
            reason,
            policy_version=loaded.policy_version,
            code_version=self.books.code_version,
            now=turning.now,
        )
        return Later(until=until, says=reason.words)

    def _found(
        self, customer_id: str, kind: EffectKind, turning: Turning, now: datetime, *, alone: bool
    ) -> Begun | Unwanted | PutOff | None:
        """Return the claim that was found begun; None where nothing was asked yet, and it is given up."""
        begun = self.books.begin(customer_id, kind, now)
        if not isinstance(begun, Begun):
            return begun
        at_work_until = None if alone else self.books.at_work_until(begun, now, at_work=SWITCHING)
        if at_work_until is not None:
            return PutOff(until=at_work_until, reason=begun.effect.reason)
        if begun.settle and turning.has_begun(_claim(begun)):
            return begun
        self.books.release(begun)
        return None

    def _after(
        self, outcome: Outcome, begun: Begun | None, kind: EffectKind, customer_id: str, now: datetime
    ) -> _Step:
        """Write down what an attempt came to."""
        match outcome:
            case Later(until=until, says=says):
                sweep.put_off(self.books.ledger, customer_id, until=until)
                return _Step(answer="deferred", until=until, says=says)
            case Stands(ends_on=ends_on):
                assert begun is not None
                self._confirm(begun, kind, ends_on)
                return _Step(answer="done", says=_TURNS[kind].says, news=True)
            case Others(place=place, says=says):
                self._told(begun, customer_id, SuspendedElsewhere(by=place.provider), says, now)
                return _Step(answer="unwanted", says=says, news=True)
            case Ended(place=place, says=says):
                self._told(begun, customer_id, SubscriptionCancelled(by=place.provider), says, now)
                return _Step(answer="unwanted", says=says, news=True)
            case Undone():
                assert begun is not None
                self.books.release(begun)
                return _Step(answer="unwanted", says="it is not wanted any more, and all is as it was")

    def _confirm(self, begun: Begun, kind: EffectKind, ends_on: date | None) -> None:
        self.mark("switched")
        turn = _TURNS[kind]
        more = {"ends_on": ends_on} if kind == "suspend" and ends_on is not None else {}
        body = turn.fact(subscription=begun.customer.id, by="arrears", **more)
        fact = NewFact(source="switch", id=f"{kind}:{begun.message}", happened_at=begun.now, body=body)
        self.books.confirm_with_news(begun, fact)
        self.mark("confirmed")

    def _told(self, begun: Begun | None, customer_id: str, body: Body, says: str, now: datetime) -> None:
        """Write down what a provider shows that others did; nothing of ours is claimed any more."""
        if begun is not None:
            self.books.release(begun)
        watched.tell(self.books.ledger, customer_id, body, why=says, now=now)


def _claim(begun: Begun) -> str:
    """Return the name of one attempt at a claim: what was asked under another one says nothing of it."""
    return f"{begun.message}#{begun.attempt}"


def _still_wanted(begun: Begun, kind: EffectKind) -> bool:
    """Whether the plan of this moment would want a turn that was begun, if it had not been.

    That the hours are over keeps nothing back any more: half of it would be done, and nobody would ask for
    the rest.
    """
    undone = [
        replace(claim, state="released") for claim in begun.account.claims if claim.message == begun.message
    ]
    decision = decide(begun.policy, begun.account.with_claims(undone), begun.now)
    policy = begun.policy
    steps = {"restrict": policy.restriction, "suspend": policy.suspension, "terminate": policy.termination}
    if _effect(decision, kind) is not None:
        return True
    step = steps.get(kind)
    return step is not None and _opens_at(decision, step.id) is not None


def _effect(decision: Decision, kind: EffectKind) -> Effect | None:
    """The effect of a kind of which a plan has one at most."""
    return next((effect for effect in decision.effects if effect.kind == kind), None)


def _wanted(decision: Decision) -> EffectKind | None:
    """The turn of the switch that a plan wants."""
    return next((effect.kind for effect in decision.effects if effect.channel == SERVICE), None)


def _opens_at(decision: Decision, step: str | None = None) -> datetime | None:
    """When the hours begin again that alone keep a turn back, or that of one step.

    It was wanted within them and is asked for after them: nobody else would ask again before the next step.
    """
    turns = [held for held in decision.held if held.channel == SERVICE and step in (None, held.step)]
    return min((held.until for held in turns if held.until and _by_the_hour(held)), default=None)


def _by_the_hour(held: Held) -> bool:
    return held.reason.rule.startswith("window.")


class LedgerSwitch:
    """The ledger's own switch: what is suspended where no vendor keeps the service."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def look(self, place: Place, *, note: Note) -> Seen:
        """Read the switch."""
        return Seen(state=subscriptions.state(self.ledger, place.resource))

    def turn(self, turn: Turn, *, note: Note) -> None:
        """Turn the service down, or up as it was; what it was is kept with it."""
        place = turn.place
        subscriptions.turn(self.ledger, place.resource, place.customer, turn.to, now=turn.at)

    def rehearsed(self, turn: Turn) -> str:
        """Return that nobody is asked."""
        return "the ledger's own switch"

    def differs(self, before: Mapping[str, Any], seen: Seen) -> Sequence[str]:
        """Return nothing: a switch has nothing but its state."""
        return ()
