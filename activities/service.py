"""The service's switch: guard, restrict or suspend, verify; and back, or to its end.

The guard is the claim: it is made in one transaction with a fresh plan that still wants it. The
fact is written before anybody is woken, so a lost wake is healed by the sweep.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import NAMESPACE_URL, uuid5

from temporalio import activity

from activities.answers import SubscriptionView, SwitchAnswer
from activities.books import Books
from activities.customers import Wake
from activities.once import Mark, unmarked
from domain.channels import SERVICE
from domain.decide import Decision, decide
from domain.effects import EffectKind, Held
from domain.facts import (
    Body,
    SubscriptionReactivated,
    SubscriptionRestricted,
    SubscriptionSuspended,
    SubscriptionTerminated,
)
from domain.rules.data_loss import data_lost_at
from domain.situation import Situation
from domain.switching import Exchange, Note, Place, Seen, SubscriptionState, Turn
from store import assess, places, subscriptions
from store.claims import Begun, PutOff
from store.database import Ledger
from store.errors import UnknownCustomer
from store.facts import Loaded, NewFact


class Switch(Protocol):
    """Turns subscriptions at one provider down and up.

    A turn makes at most one request that changes something, and may be repeated without harm: the same
    request is a repetition. Each call notes what went to and fro, and answers or gives up within five
    seconds; whether a turn took effect is for a look to tell.

    Raises:
        TryAgainLater: certainly nothing was changed, and it may work later.
        Refused: the provider said no, or has no such subscription.
        Misconfigured: the fault is ours: a token, a permission.
        InDoubt: the answer was lost: it may have been changed.
    """

    def look(self, place: Place, *, note: Note) -> Seen: ...

    def turn(self, turn: Turn, *, note: Note) -> None: ...

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


class Service:
    """What a suspension does to the service. A customer's main subscription has the customer's id."""

    def __init__(
        self, *, books: Books, switches: Mapping[str, Switch], wake: Wake, mark: Mark = unmarked
    ) -> None:
        self.books = books
        self.switches = switches
        self.wake = wake
        self.mark = mark

    @activity.defn(name="Restrict the service")
    async def restrict(self, order: dict[str, str]) -> SwitchAnswer:
        """Restrict, if a fresh plan still wants it, and verify that it took effect."""
        return await self._turn(order["customer_id"], "restrict")

    @activity.defn(name="End the subscription")
    async def terminate(self, order: dict[str, str]) -> SwitchAnswer:
        """End it, if a fresh plan still wants it, and verify."""
        return await self._turn(order["customer_id"], "terminate")

    @activity.defn(name="Suspend the service")
    async def suspend(self, order: dict[str, str]) -> SwitchAnswer:
        """Suspend, if a fresh plan still wants it, and verify that it took effect."""
        return await self._turn(order["customer_id"], "suspend")

    @activity.defn(name="Bring the service back")
    async def reactivate(self, order: dict[str, str]) -> SwitchAnswer:
        """Bring the service back, if a fresh plan still wants it, and verify."""
        return await self._turn(order["customer_id"], "reactivate")

    async def _turn(self, customer_id: str, kind: EffectKind) -> SwitchAnswer:
        answer = await asyncio.to_thread(self._turned, customer_id, kind)
        # An attempt that died may have written its fact and woken nobody.
        if answer["answer"] == "done" or activity.info().attempt > 1:
            await self.wake(customer_id)
        return answer

    def _turned(self, customer_id: str, kind: EffectKind) -> SwitchAnswer:
        try:
            begun = self._begin(customer_id, kind, self.books.now())
        except UnknownCustomer as unknown:
            view = SubscriptionView(suspended=False, details=str(unknown))
            return SwitchAnswer(answer="unwanted", until=None, says=str(unknown), view=view)
        word: Literal["done", "unwanted", "deferred"] = "unwanted"
        until, says = None, str(begun)
        if isinstance(begun, PutOff):
            word, until, says = "deferred", self.books.real(begun.until), begun.reason.words
        elif isinstance(begun, Begun):
            self.mark("claimed")
            self._switch(begun, kind)
            self.mark("confirmed")
            word, says = "done", _TURNS[kind].says
        loaded = assess.look(self.books.ledger, customer_id)
        view = self._view(customer_id, loaded)
        if word == "done":
            view["over"] = kind in ("reactivate", "terminate")
        elif word == "unwanted":
            decision = decide(loaded.policy, loaded.account, self.books.now())
            if (other := _wanted(decision)) not in (None, kind):
                view["wants"] = _TURNS[other].activity
            elif other is None and (opens_at := _opens_at(decision)) is not None:
                word, until = "deferred", self.books.real(opens_at)
        return SwitchAnswer(answer=word, until=until, says=says, view=view)

    def _view(self, customer_id: str, loaded: Loaded) -> SubscriptionView:
        """Say how the service stands."""
        at = Situation(policy=loaded.policy, account=loaded.account, now=self.books.now())
        service, lost_at = loaded.account.service, data_lost_at(at)
        if not service.down or service.since is None:
            stands = "has ended" if service.ended else "is in service"
            return SubscriptionView(suspended=False, details=f"# Subscription {customer_id} {stands}")
        how = "suspended" if service.suspended else "restricted"
        lines = [
            f"# Subscription {customer_id} is {how} since {service.since:%d %b %Y}",
            "It comes back by itself when the customer's plan says so: see the customer's workflow.",
            *([f"Its data is kept until {lost_at:%d %b %Y}."] if lost_at else []),
        ]
        return SubscriptionView(suspended=True, details="\n\n".join(lines))

    def _begin(self, customer_id: str, kind: EffectKind, now: datetime) -> Begun | PutOff | str:
        """Claim the effect of this kind; the words say why there is none."""
        begun = self.books.begin(customer_id, kind, now)
        if isinstance(begun, Begun) and (until := self.books.at_work_until(begun, now)) is not None:
            return PutOff(until=until, reason=begun.effect.reason)
        if isinstance(begun, Begun) and begun.settle and not self._took_effect(customer_id, kind):
            self.books.release(begun)
            return self._begin(customer_id, kind, now)
        return begun if isinstance(begun, Begun | PutOff) else begun.why

    def _took_effect(self, customer_id: str, kind: EffectKind) -> bool:
        place = places.own(customer_id)
        seen = self.switches[place.provider].look(place, note=_unnoted)
        return seen.state == _TURNS[kind].state

    def _switch(self, begun: Begun, kind: EffectKind) -> None:
        customer_id, now, turn = begun.customer.id, begun.now, _TURNS[kind]
        place = places.own(customer_id)
        switch = self.switches[place.provider]
        asked = Turn(
            place=place,
            to=turn.state,
            seen=switch.look(place, note=_unnoted),
            before=None,
            request=str(uuid5(NAMESPACE_URL, begun.message)),
            at=now,
        )
        switch.turn(asked, note=_unnoted)
        if not self._took_effect(customer_id, kind):
            raise RuntimeError(f"the switch was asked to {kind}, but the service did not follow")
        self.mark("switched")
        body = turn.fact(subscription=customer_id, by="arrears")
        fact = NewFact(source="switch", id=f"{kind}:{begun.message}", happened_at=now, body=body)
        self.books.confirm_with_news(begun, fact)


def _unnoted(exchange: Exchange) -> None:
    """Keep nothing: of what stays in the house there is no evidence but the ledger itself."""


def _wanted(decision: Decision) -> EffectKind | None:
    """The turn of the switch that a plan wants."""
    return next((effect.kind for effect in decision.effects if effect.channel == SERVICE), None)


def _opens_at(decision: Decision) -> datetime | None:
    """When the hours begin again that alone keep a turn back.

    It was wanted within them and is asked for after them: nobody else would ask again before the next step.
    """
    turns = [held for held in decision.held if held.channel == SERVICE]
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

    def differs(self, before: Mapping[str, Any], seen: Seen) -> Sequence[str]:
        """Return nothing: a switch has nothing but its state."""
        return ()
