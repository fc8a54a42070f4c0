"""Cards charged through Stripe by the real workflow, and told of by Stripe: on the time-skipping server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activities.charges import Cashier
from activities.outside import Outside
from composition import parts, stripe_events
from domain.cashier import Charge, Receipt
from domain.customer import Customer
from domain.documents import read
from domain.facts import Body, InvoiceIssued, PaymentFailed, PaymentReceived
from domain.policy import Policy
from providers.loopback.server import Loopback
from providers.loopback.stripe import billing
from providers.loopback.stripe.account import Object, Refusal, Stripe
from replay.player import Player, player
from settings import Settings
from store import customers, doors, facts, invariants, policies, switches
from store.assess import look
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact

POLICY = """
policy: cards
title: Cards
for: {segments: [business]}
window: {opens: 09:00, closes: 17:00, weekdays: [mon, tue, wed, thu, fri, sat, sun], holidays: false}
charges: {retry_days: [1, 3]}
steps:
  - {kind: notice, id: first, offset_days: 20, template: reminder_first}
"""
START = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
SOFT = "pm_card_chargeDeclinedInsufficientFunds"


@dataclass(slots=True)
class Moment:
    """Now, as Stripe has it."""

    at: datetime = START


class Timed:
    """The cashier, at whose call it is at Stripe what it is here: the server skips what lies between."""

    def __init__(self, inner: Cashier, moment: Moment) -> None:
        self.inner, self.moment, self.sender = inner, moment, inner.sender

    def charge(self, charge: Charge, *, at: datetime) -> Receipt:
        self.moment.at = at
        return self.inner.charge(charge, at=at)

    def find(self, charge: Charge, *, since: datetime) -> Receipt | None:
        return self.inner.find(charge, since=since)


@dataclass(frozen=True, slots=True)
class Scene:
    """ACME, a customer of Stripe whose card has no funds."""

    stripe: Stripe
    ledger: Ledger
    playing: Player
    watch: Outside
    owner: Object
    moment: Moment

    async def until(self, day: int, hour: int) -> None:
        """Go on to an hour of a day, counted from the start, and hear what happened at Stripe until then."""
        now = START + timedelta(days=day, hours=hour - START.hour)
        await self.playing.sleep_until(now)
        self.moment.at = now
        await self.hear()

    async def hear(self) -> None:
        _, woken = await asyncio.to_thread(self.watch.read_at, self.moment.at)
        for name in woken.customers:
            await self.playing.wake(name)

    def learn(self, name: str, body: Body, at: datetime) -> None:
        new = NewFact(source="test", id=name, happened_at=at, body=body)
        doors.record(self.ledger, "ACME", [new], now=at)

    def charges(self) -> list[str]:
        """The charges that were begun, with how each ended."""
        claims = [each for each in look(self.ledger, "ACME").account.claims if each.channel == "charge"]
        ends = [each.charged.decline or "paid" if each.charged else each.state for each in claims]
        return [f"{claim.step} {end}" for claim, end in zip(claims, ends, strict=True)]

    def told(self, kind: type[Body]) -> list[Body]:
        return [fact.body for fact in facts.history(self.ledger, "ACME") if isinstance(fact.body, kind)]

    def taken(self) -> int:
        return sum(each["amount"] for each in self.stripe.all("charge", status="succeeded"))


@asynccontextmanager
async def scene(folder: Path, *, invoice: bool = True) -> AsyncIterator[Scene]:
    """Args: invoice: Stripe's own is due, and Stripe has tried it once."""
    url = f"sqlite:///{folder / 'ledger.db'}"
    migrate(url)
    ledger = Ledger(url, durable=False)
    policies.adopt(ledger, read(POLICY, model=Policy, name="cards.yaml"), now=START, by="test")
    switches.set_go_live(ledger, None, by="test", now=START)
    with ledger.write() as session:
        known = Customer(id="ACME", timezone="UTC", currency="EUR", segment="business")
        customers.add(session, known, ContactData(email="ap@acme.example"), now=START - timedelta(days=40))
    with Loopback() as loopback:
        given = {name.lower(): value for name, value in loopback.stripe_environment().items()}
        settings = Settings(
            database_url=url, outbox=folder / "outbox", stripe_charges=True, stripe_mode="test", **given
        )
        made, moment = parts(settings, ledger), Moment()
        made = replace(made, cashier=Timed(made.cashier, moment))
        stripe, teller = loopback.stripe, stripe_events(settings)
        assert teller is not None
        stripe.clock = lambda: int(moment.at.timestamp())
        watch = Outside(books=made.books, teller=teller, wake=nobody, wake_incident=nobody)
        async with player(made) as playing:
            owner = billing.customer(stripe, metadata={"arrears_customer": "ACME"})
            billing.card(stripe, owner, id=SOFT)
            if invoice:
                with suppress(Refusal):
                    billing.pay(stripe, billing.invoice(stripe, owner, 100_00))
            await playing.begin(START)
            at = Scene(stripe, ledger, playing, watch, owner, moment)
            await at.hear()
            yield at
    ledger.close()


async def nobody(name: str) -> None:
    """Wake nobody: the scene does."""


async def test_a_card_without_funds_is_tried_again_and_a_new_one_at_once(tmp_path: Path) -> None:
    """
    day 0  12:00  Stripe charges its invoice: no funds
    day 1  06:00  we have Stripe try again: no funds
    day 3  06:00  and again
    day 4  10:00  the customer adds another card: it is charged at once
    """
    async with scene(tmp_path) as at:
        await at.until(2, 12)
        assert at.charges() == ["charge_1 insufficient_funds"]
        await at.until(4, 10)
        assert at.charges() == ["charge_1 insufficient_funds", "charge_2 insufficient_funds"]
        billing.card(at.stripe, at.owner)
        await at.hear()
        await at.until(4, 11)
        (at_once,) = at.charges()[2:]
        assert at_once.startswith("charge_card_")
        assert at_once.endswith(" paid")
        await at.until(5, 12)
        account = look(at.ledger, "ACME").account
        assert (at.taken(), account.open_debts) == (100_00, ())
        assert len(at.told(PaymentReceived)) == 1, "what Stripe tells of it is the same money"
        assert len([each for each in account.attempts if each.declined]) == 3, "and the same declines"
        assert {each["status"] for each in at.stripe.all("invoice")} == {"paid"}
        assert invariants.broken(at.ledger) == []


@pytest.mark.slow
async def test_any_payment_ends_the_charges_and_nothing_is_left_to_pay_by(tmp_path: Path) -> None:
    """
    day 0  an invoice of another system is due, and its first charge failed
    day 1  06:00  we try the card: no funds
    day 2  10:00  the money comes by bank
    """
    async with scene(tmp_path, invoice=False) as at:
        bill = InvoiceIssued(invoice="A", amount="100.00", currency="EUR", due_on=START.date())
        failed = PaymentFailed(invoice="A", decline="soft", by="engine")
        paid = PaymentReceived(payment="bank-1", amount="100.00", currency="EUR", invoice="A")
        at.learn("A", bill, START)
        at.learn("failed", failed, START)
        await at.playing.wake("ACME")
        await at.until(2, 10)
        assert at.charges() == ["charge_1 insufficient_funds"]
        assert [each["status"] for each in at.stripe.all("payment_intent")] == ["canceled"]
        at.learn("paid", paid, at.moment.at)
        await at.playing.wake("ACME")
        await at.until(8, 12)
        assert at.charges() == ["charge_1 insufficient_funds"]
        assert (at.taken(), len(at.told(PaymentFailed))) == (0, 2)


@pytest.mark.slow
async def test_money_that_was_on_its_way_and_fails_soon_is_told_by_stripe_alone(tmp_path: Path) -> None:
    """
    day 0  12:00  Stripe charges its invoice: no funds
    day 1  10:00  the customer lets us debit an account: we do at once, and the money is on its way
    day 1  10:30  the bank returns it
    """
    async with scene(tmp_path) as at:
        await at.until(1, 5)
        debit = billing.card(at.stripe, at.owner)
        at.stripe.debits.add(debit["id"])
        await at.until(1, 10)
        await at.until(1, 11)
        assert [each.amount.minor for each in look(at.ledger, "ACME").account.in_flight] == [100_00]
        billing.settle(at.stripe, next(at.stripe.all("invoice")), failed="insufficient_funds")
        await at.hear()
        account = look(at.ledger, "ACME").account
        assert account.in_flight == ()
        (answered,) = [each for each in account.claims if each.step.startswith("charge_card_")]
        assert answered.charged
        assert answered.charged.decline == "insufficient_funds"
        assert at.taken() == 0
