"""What the demo's customers have at vendors on this machine: licences, a workspace, invoices of Stripe.

Three of them are suspended for their debts and come back: one at Partner Center, one at the seller's own
product, and one at Stripe, which bills it as well. At the end vendors and ledger are compared.
"""

import asyncio
import copy
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlmodel import Session, col, select

from demo.waiting import until
from domain.channels import SERVICE
from domain.facts import Body, PaymentReceived
from domain.money import Money
from domain.switching import Place, SubscriptionState
from providers.loopback.partner_center.subscriptions import SCHEDULED
from providers.loopback.product import TURNS, Kept
from providers.loopback.server import Loopback
from providers.loopback.stripe import billing
from providers.loopback.stripe.account import Object
from store import facts, places
from store.database import Ledger
from store.event_tables import EventDeliveryRow, EventRow
from store.tables import CustomerRow, DebtRow

LICENSED, HOSTED, BILLED = "SUNDIAL", "YETI", "UMBRELLA"
"""Whose subscription is at Partner Center, whose service the seller's product has, and whom Stripe bills."""

PATIENCE_SECONDS = 120
"""So long at most it is waited for a suspension or a return, however late the engine is."""

TERM_DAYS = 500
"""So long the licences run: longer than any demo."""

NEXT_TERM = {
    "product": {"productId": "CFQ7TTC0LH18", "skuId": "0001", "termDuration": "P1Y"},
    "quantity": 3,
}
_UMBRELLA = {
    "name": "Umbrella Stand Analytics Ltd",
    "email": "drips@umbrella-stand.example",
    "phone": "+44 7700 900184",
    "address": {"line1": "7 Ferrule Way", "city": "Bristol", "postal_code": "BS1 1AA", "country": "GB"},
    "preferred_locales": ["en"],
    "metadata": {
        "arrears_customer": BILLED,
        "arrears_segment": "subscription",
        "arrears_timezone": "Europe/London",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """An invoice that Stripe issues on a day, and that is paid there by card from another day on."""

    day: int
    amount: int
    days_until_due: int
    paid_on_day: int
    suspends: bool = False


BILLS = (
    Bill(day=0, amount=6_400, days_until_due=1, paid_on_day=40, suspends=True),
    Bill(day=2, amount=8_900, days_until_due=7, paid_on_day=20),
)
CARD = "pm_card_visa"
"""With which both are paid on Stripe's page; it is not kept, so nobody else can charge it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service at a vendor.

    Attributes:
        state: how it stands there; None where it is active and not as it was at first.
        turned: the states that it was brought to, each time that this was done.
    """

    place: Place
    state: Callable[[], SubscriptionState | None]
    turned: Callable[[], Sequence[str]]


@dataclass(slots=True, kw_only=True)
class Outside:
    """What there is at the vendors.

    Attributes:
        now: the business instant of this moment, which is the vendors' time too.
        until: waits for a business instant.
    """

    vendors: Loopback
    ledger: Ledger
    start_at: datetime
    end_at: datetime
    now: Callable[[], datetime]
    until: Callable[[datetime], Awaitable[None]]
    services: list[Service] = field(default_factory=list)

    async def play(self) -> None:
        """Let everybody have what he has, and Stripe bill, to the end of the demo."""
        owner = await asyncio.to_thread(self._begin)
        await until(lambda: self._knows(BILLED))
        await asyncio.to_thread(self._link)
        await asyncio.gather(*(self._bill(owner, each) for each in BILLS))

    # --- what there is -----------------------------------------------------------------------------

    def _begin(self) -> Object:
        """Have services at every vendor, and a customer of Stripe, who becomes ours by its webhook."""
        self.vendors.partner_center.subscriptions.now = self.now
        base = self._licence(scheduledNextTermInstructions=NEXT_TERM)
        add_on = self._licence(offerName="Audio Conferencing", parent=base.place.resource)
        self.services += [base, add_on, self._workspace()]
        stripe = self.vendors.stripe
        stripe.clock = lambda: int(self.now().timestamp())
        with stripe.lock:
            owner = billing.customer(stripe, **_UMBRELLA)
            self.services.append(self._subscription(owner))
        return owner

    def _licence(self, *, parent: str | None = None, **given: Any) -> Service:
        there, account = self.vendors.partner_center.subscriptions, f"tenant-{LICENSED.lower()}"
        ends = f"{(self.start_at + timedelta(days=TERM_DAYS)).date()}T00:00:00Z"
        held = there.add(account, commitmentEndDate=ends, parentSubscriptionId=parent, **given)
        name, first = str(held.resource["id"]), copy.deepcopy(held.resource)
        lasting = ("status", "autoRenewEnabled", SCHEDULED, "quantity")

        def state() -> SubscriptionState | None:
            if held.status == "suspended":
                return "suspended"
            as_it_was = all(held.resource.get(each) == first.get(each) for each in lasting)
            return "active" if as_it_was else None

        return Service(
            place=Place(
                customer=LICENSED,
                provider="partner_center",
                account=account,
                resource=name,
                kind="licence",
                parent=parent,
            ),
            state=state,
            turned=lambda: [
                each.what for each in [*there.effects] if each.resource == name and each.what != "changed"
            ],
        )

    def _workspace(self) -> Service:
        product, name = self.vendors.product, f"workspace-{HOSTED.lower()}"
        kept = product.services[name] = Kept()
        first = dict(kept.resource)

        def state() -> SubscriptionState | None:
            if kept.state == "suspended":
                return "suspended"
            return "active" if (kept.state, kept.resource) == ("active", first) else None

        return Service(
            place=Place(customer=HOSTED, provider="webhook", account=HOSTED, resource=name),
            state=state,
            turned=lambda: [TURNS[each.type] for each in [*product.turned] if each.data["resource"] == name],
        )

    def _subscription(self, owner: Object) -> Service:
        stripe = self.vendors.stripe
        made = billing.subscription(stripe, owner)
        name = made["id"]

        def state() -> SubscriptionState | None:
            if made["pause_collection"] is not None:
                return "suspended"
            return "active" if (made["status"], made["metadata"]) == ("active", {}) else None

        def turned() -> list[str]:
            about = [
                each["data"]["object"] for each in [*stripe.events] if "subscription.updated" in each["type"]
            ]
            mine = [each["pause_collection"] for each in about if each["id"] == name]
            return ["active" if paused is None else "suspended" for paused in mine]

        return Service(
            place=Place(customer=BILLED, provider="stripe", account=owner["id"], resource=name),
            state=state,
            turned=turned,
        )

    def _link(self) -> None:
        for each in self.services:
            places.link(self.ledger, each.place, by="demo", now=self.now())

    def _knows(self, customer_id: str) -> bool:
        with self.ledger.read() as session:
            return session.get(CustomerRow, customer_id) is not None

    async def _bill(self, owner: Object, bill: Bill) -> None:
        """Issue an invoice at Stripe on its day, and pay it there on another one."""
        if not await self._reaches(bill.day):
            return
        made = await asyncio.to_thread(self._issue, owner, bill)
        if not await self._reaches(bill.paid_on_day):
            return
        if bill.suspends:
            await self.comes_back(BILLED, lambda: asyncio.to_thread(self._pay, made))
        else:
            await asyncio.to_thread(self._pay, made)

    def _issue(self, owner: Object, bill: Bill) -> Object:
        with self.vendors.stripe.lock:
            return billing.invoice(
                self.vendors.stripe,
                owner,
                bill.amount,
                currency="gbp",
                collection_method="send_invoice",
                days_until_due=bill.days_until_due,
            )

    def _pay(self, invoice: Object) -> None:
        with self.vendors.stripe.lock:
            billing.pay(self.vendors.stripe, invoice, CARD)

    def brings_back(self, customer_id: str, body: Body) -> bool:
        """Whether something told of a customer is to bring back a service that a vendor has."""
        return customer_id in (LICENSED, HOSTED) and isinstance(body, PaymentReceived)

    async def comes_back(self, customer_id: str, pay: Callable[[], Awaitable[None]]) -> None:
        """Have a customer pay once the service is suspended at its vendor, and wait until it is back."""
        await self._stands(customer_id, "suspended")
        await pay()
        await self._stands(customer_id, "active")

    async def _stands(self, customer_id: str, state: SubscriptionState) -> None:
        mine = [each for each in self.services if each.place.customer == customer_id]
        with suppress(TimeoutError):
            await until(lambda: all(each.state() == state for each in mine), seconds=PATIENCE_SECONDS)

    async def _reaches(self, day: int) -> bool:
        """Wait for a day; False when the demo ends before."""
        at = self.start_at + timedelta(days=day)
        if at >= self.end_at:
            return False
        await self.until(at)
        return True

    # --- at the end ----------------------------------------------------------------------------------

    async def broken(self) -> list[str]:
        """Return a sentence for every promise that is broken, here and at the vendors.

        Business goes on meanwhile, so what differs counts as broken only when it does so for a while.
        """
        with suppress(TimeoutError):
            await until(lambda: not self._broken(), seconds=PATIENCE_SECONDS)
            return []
        return await asyncio.to_thread(self._broken)

    def _broken(self) -> list[str]:
        arrived = self.vendors.product.ids()
        with self.ledger.read() as session:
            return [
                *(words for each in self.services for words in self._service_broken(session, each)),
                *self._bills_broken(session),
                *self._webhooks_broken(),
                *self._events_broken(session, arrived),
            ]

    def summary(self) -> list[str]:
        """Say what came of it, in a few lines."""
        down, up = Counter[str](), Counter[str]()
        for each in self.services:
            down[each.place.provider] += each.turned().count("suspended")
            up[each.place.provider] += each.turned().count("active")
        names = {"partner_center": "Partner Center", "stripe": "Stripe", "webhook": "the seller's product"}
        turned = "; ".join(f"{words} {down[name]} down, {up[name]} back" for name, words in names.items())
        paid = sum(each["status"] == "paid" for each in self._invoices())
        billed, called = len(self._invoices()), len(self.vendors.calls.answers)
        arrived, different = len(self.vendors.product.events), len(self.vendors.product.ids())
        unsigned = self.vendors.product.refused
        return [
            f"services at vendors: {turned}",
            f"invoices of Stripe: {billed}, of which {paid} are paid; webhooks of all vendors: {called}",
            f"events to the seller's product: {different}; again {arrived - different}, unsigned {unsigned}",
        ]

    def _service_broken(self, session: Session, each: Service) -> list[str]:
        place, turned = each.place, each.turned()
        row = session.get(CustomerRow, place.customer)
        if row is None:
            return [f"{place.customer} is not known, though Stripe has told of it"]
        account = facts.account_of(session, row, allocation=row.allocation)
        where = f"{place.customer}: {place.resource} at {place.provider}"
        wrong = [f"{where} was made {one} twice" for one, other in pairwise(turned) if one == other]
        if any(claim.unsettled and claim.channel == SERVICE for claim in account.claims):
            return wrong  # It is being turned at this moment.
        stands, said = each.state(), "suspended" if account.service.suspended else "active"
        if stands != said:
            wrong.append(f"{where} is {stands or 'not as it was'}, and in the ledger it is {said}")
        return wrong

    def _bills_broken(self, session: Session) -> list[str]:
        wrong = []
        for each in self._invoices():
            debt = session.exec(select(DebtRow).where(DebtRow.invoice == each["number"])).first()
            at_stripe = Money(each["amount_remaining"], each["currency"].upper())
            if debt is None or (debt.customer_id, Money(debt.open_minor, debt.currency)) != (
                BILLED,
                at_stripe,
            ):
                known = (
                    "nothing is known" if debt is None else f"{Money(debt.open_minor, debt.currency)} is open"
                )
                wrong.append(f"invoice {each['number']}: {at_stripe} is open at Stripe, and {known} here")
        return wrong

    def _webhooks_broken(self) -> list[str]:
        answers = Counter([*self.vendors.calls.answers])
        return [
            f"{many} webhooks were not taken, but answered {status or 'by nobody'}"
            for status, many in sorted(answers.items())
            if not 200 <= status < 300
        ]

    def _events_broken(self, session: Session, arrived: Sequence[str]) -> list[str]:
        """Say what is wrong with the events; `arrived` are those that had before the session was begun."""
        there = select(EventRow.id, EventDeliveryRow.state).join(
            EventDeliveryRow, col(EventDeliveryRow.number) == EventRow.number
        )
        states = dict(session.exec(there).all())
        strange = set(arrived) - states.keys()
        lost = {id_ for id_, state in states.items() if state == "done"} - set(self.vendors.product.ids())
        sentences = {
            "requests to the seller's product had no valid signature": self.vendors.product.refused,
            "events arrived that nobody wrote": len(strange),
            "events count as taken that never arrived": len(lost),
        }
        return [f"{many} {words}" for words, many in sentences.items() if many]

    def _invoices(self) -> list[Object]:
        with self.vendors.stripe.lock:
            return [each for each in self.vendors.stripe.all("invoice") if each["number"]]
