"""The service's switch: guard, suspend, verify; and back.

The guard is the claim: it is made in one transaction with a fresh plan that still wants it. The
fact is written before anybody is woken, so a lost wake is healed by the sweep.
"""

import asyncio
from datetime import datetime
from typing import Literal, Protocol

from temporalio import activity

from activities.answers import SubscriptionView, SwitchAnswer
from activities.books import Books
from activities.customers import Wake
from activities.once import Mark, unmarked
from domain.effects import EffectKind
from domain.facts import Body, SubscriptionReactivated, SubscriptionSuspended
from domain.rules.data_loss import data_lost_at
from domain.situation import Situation
from store import assess, subscriptions
from store.claims import Begun, PutOff
from store.database import Ledger
from store.errors import UnknownCustomer
from store.facts import NewFact


class Switch(Protocol):
    """Turns one subscription off and on; each call may be repeated without harm."""

    def suspended(self, subscription: str) -> bool: ...

    def suspend(self, subscription: str, *, customer_id: str, at: datetime) -> None: ...

    def reactivate(self, subscription: str, *, customer_id: str, at: datetime) -> None: ...


class Service:
    """What a suspension does to the service. A customer's main subscription has the customer's id."""

    def __init__(self, *, books: Books, switch: Switch, wake: Wake, mark: Mark = unmarked) -> None:
        self.books = books
        self.switch = switch
        self.wake = wake
        self.mark = mark

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
            word, says = "done", "suspended" if kind == "suspend" else "back in service"
        return SwitchAnswer(answer=word, until=until, says=says, view=self._view(customer_id))

    def _view(self, customer_id: str) -> SubscriptionView:
        """Say how the service stands."""
        loaded = assess.look(self.books.ledger, customer_id)
        at = Situation(policy=loaded.policy, account=loaded.account, now=self.books.now())
        service, lost_at = loaded.account.service, data_lost_at(at)
        if not service.suspended or service.since is None:
            return SubscriptionView(suspended=False, details=f"# Subscription {customer_id} is in service")
        lines = [
            f"# Subscription {customer_id} is suspended since {service.since:%d %b %Y}",
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
        return self.switch.suspended(customer_id) == (kind == "suspend")

    def _switch(self, begun: Begun, kind: EffectKind) -> None:
        customer_id, now = begun.customer.id, begun.now
        body: Body
        if kind == "suspend":
            self.switch.suspend(customer_id, customer_id=customer_id, at=now)
            body = SubscriptionSuspended(subscription=customer_id, by="arrears")
        else:
            self.switch.reactivate(customer_id, customer_id=customer_id, at=now)
            body = SubscriptionReactivated(subscription=customer_id, by="arrears")
        if not self._took_effect(customer_id, kind):
            raise RuntimeError(f"the switch was asked to {kind}, but the service did not follow")
        self.mark("switched")
        fact = NewFact(source="switch", id=f"{kind}:{begun.message}", happened_at=now, body=body)
        self.books.confirm_with_news(begun, fact)


class LedgerSwitch:
    """The ledger's own switch: what is suspended where no vendor keeps the service."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def suspended(self, subscription: str) -> bool:
        """Read the switch back."""
        return subscriptions.state(self.ledger, subscription) == "suspended"

    def suspend(self, subscription: str, *, customer_id: str, at: datetime) -> None:
        """Turn the service off; what it was is kept with it."""
        subscriptions.suspend(self.ledger, subscription, customer_id, now=at)

    def reactivate(self, subscription: str, *, customer_id: str, at: datetime) -> None:
        """Turn the service on as it was."""
        subscriptions.reactivate(self.ledger, subscription, customer_id, now=at)
