"""Charges through Stripe by the real activity: whatever fails, one claim is one charge, and it is known."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from temporalio.testing import ActivityEnvironment

from activities.answers import Answer
from activities.books import Books
from activities.charges import Charges
from domain.clock import BusinessClock
from domain.customer import Customer
from domain.documents import read
from domain.facts import Body, CardAdded, InvoiceIssued, PaymentFailed, PaymentReceived
from domain.own_steps import CHARGE_STUCK
from domain.policy import Policy
from providers.loopback.faults import DROPPED, LOST_REPLY, Fault, throttled, unwell
from providers.loopback.server import Loopback
from providers.loopback.stripe import billing
from providers.loopback.stripe.account import Stripe
from providers.stripe_account.cashier import StripeCashier
from store import breakers, customers, doors, facts, policies, switches, tasks
from store.assess import look
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact

POLICY = """
policy: cards
title: Cards
for: {segments: [business]}
window: {opens: 00:00, closes: 23:59, weekdays: [mon, tue, wed, thu, fri, sat, sun], holidays: false}
charges: {retry_days: [1], hour: 00:00}
steps:
  - {kind: notice, id: first, offset_days: 90, template: reminder_first}
"""
NOW = datetime.now(UTC)
MOST_ATTEMPTS = 8
KEY = "charge_1/charge"


@dataclass(frozen=True)
class Scene:
    """Customers whose first charge failed the day before yesterday."""

    ledger: Ledger
    loopback: Loopback
    numbers: Iterator[int]

    @property
    def stripe(self) -> Stripe:
        return self.loopback.stripe

    def customer(self, *, method: str | None = None) -> str:
        name = f"C{next(self.numbers):03}"
        owner = billing.customer(self.stripe)
        card = billing.card(self.stripe, owner, id=method)
        then = NOW - timedelta(days=2)
        with self.ledger.write() as session:
            known = Customer(id=name, timezone="UTC", currency="EUR", segment="business")
            customers.add(
                session, known, ContactData(email=f"{name}@acme.example"), now=NOW - timedelta(days=40)
            )
        bill = InvoiceIssued(invoice=f"{name}-1", amount="100.00", currency="EUR", due_on=then.date())
        self.learn(name, "card", CardAdded(instrument=card["id"], network="visa"), NOW - timedelta(days=30))
        self.learn(name, "bill", bill, NOW - timedelta(days=30))
        self.learn(name, "failed", PaymentFailed(invoice=f"{name}-1", decline="soft", by="engine"), then)
        return name

    def learn(self, name: str, what: str, body: Body, at: datetime) -> None:
        new = NewFact(source="test", id=f"{name}/{what}", happened_at=at, body=body)
        doors.record(self.ledger, name, [new], now=at)

    def charges(self, key: str | None = None) -> Charges:
        cashier = StripeCashier(key=key or self.stripe.key, base=f"{self.loopback.base}/stripe")
        return Charges(
            books=Books(ledger=self.ledger, clock=BusinessClock, code_version="test"),
            cashier=cashier,
            monotonic=lambda: 0.0,  # a busy machine makes no claim stale
        )

    def taken(self, name: str) -> list[str]:
        """The references under which money was taken from a customer."""
        made = self.stripe.all("charge", status="succeeded")
        references = [each["metadata"]["arrears_charge"] for each in made]
        ours = {claim.message for claim in look(self.ledger, name).account.claims}
        return [reference for reference in references if reference in ours]

    def stuck(self, name: str) -> list[str]:
        """What a person is told of a charge that cannot be made."""
        found = [task for task in tasks.worklist(self.ledger) if task.customer_id == name]
        return [task.why for task in found if task.step == CHARGE_STUCK]

    def told(self, name: str, kind: type[Body]) -> int:
        return sum(isinstance(fact.body, kind) for fact in facts.history(self.ledger, name)) - (
            kind is PaymentFailed
        )


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    url = f"sqlite:///{tmp_path_factory.mktemp('charges') / 'ledger.db'}"
    migrate(url)
    ledger = Ledger(url, durable=False)
    then = NOW - timedelta(days=60)
    policies.adopt(ledger, read(POLICY, model=Policy, name="cards.yaml"), now=then, by="test")
    switches.set_go_live(ledger, None, by="test", now=then)
    with Loopback() as loopback:
        yield Scene(ledger, loopback, count(1))
    ledger.close()


@dataclass
class Asking:
    """One customer's charge, asked for until it is over; time passes as the answers ask for."""

    charges: Charges
    name: str
    now: datetime = NOW

    def attempt(self) -> Answer:
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, started_time=self.now)
        answer: Answer = environment.run(self.charges.charge, {"customer_id": self.name, "key": KEY})
        if answer["answer"] == "deferred" and answer["until"] is not None:
            self.now = max(self.now, datetime.fromisoformat(answer["until"])) + timedelta(seconds=1)
        return answer

    def settle(self) -> str:
        for _ in range(MOST_ATTEMPTS):
            if (answer := self.attempt())["answer"] != "deferred":
                return str(answer["answer"])
        return "never"


MODES: dict[str, Fault] = {
    "accepted, and the reply lost": LOST_REPLY,
    "dropped before it was processed": DROPPED,
    "503, not processed": unwell(503),
    "500, processed": unwell(500, processed=True),
    "throttled": throttled(1),
}


FEW = ("accepted, and the reply lost", "503, not processed")
CASES = [
    pytest.param(mode, kind, marks=() if (mode in FEW and kind == "charge") else pytest.mark.slow)
    for mode in MODES
    for kind in ("change", "charge")
]


@pytest.mark.parametrize(("mode", "request_kind"), CASES)
def test_a_fault_leaves_one_charge_for_the_claim(mode: str, request_kind: str, at: Scene) -> None:
    name = at.customer()
    at.loopback.faults.add(request_kind, [MODES[mode]])  # type: ignore[arg-type]
    asking = Asking(at.charges(), name)
    assert asking.attempt()["answer"] == "deferred"
    assert asking.settle() == "done"
    assert len(at.taken(name)) == 1
    assert at.told(name, PaymentReceived) == 1
    assert look(at.ledger, name).account.open_debts == ()


def test_a_decline_whose_answer_was_lost_is_told_once(at: Scene) -> None:
    name = at.customer(method="pm_card_chargeDeclinedLostCard__lost")
    at.loopback.faults.add("charge", [LOST_REPLY])
    asking = Asking(at.charges(), name)
    assert asking.attempt()["answer"] == "deferred"
    assert asking.settle() == "done"
    assert (at.taken(name), at.told(name, PaymentFailed)) == ([], 1)
    (attempt,) = [each for each in look(at.ledger, name).account.attempts if each.decline == "lost_card"]
    assert attempt.declined


def test_money_that_came_otherwise_while_the_answer_was_out_is_no_second_charge(at: Scene) -> None:
    """What was begun and takes no money yet is ended before the claim is given back."""
    name = at.customer()
    at.loopback.faults.add("charge", [DROPPED])
    asking = Asking(at.charges(), name)
    asking.attempt()
    paid = PaymentReceived(payment=f"{name}-bank", amount="100.00", currency="EUR", invoice=f"{name}-1")
    at.learn(name, "paid", paid, NOW)
    assert asking.settle() == "unwanted"
    assert at.taken(name) == []
    assert {each["status"] for each in at.stripe.all("payment_intent")} <= {"succeeded", "canceled"}


def test_a_key_that_was_revoked_stops_all_charges_and_burns_one_claim(at: Scene) -> None:
    first, second = at.customer(), at.customer()
    wrong, right = at.charges("sk_revoked"), at.charges()
    assert Asking(wrong, first).attempt()["answer"] == "deferred"
    assert breakers.holding(at.ledger)[0].startswith("charge from stripe is stopped")
    (task,) = [task for task in tasks.worklist(at.ledger) if task.step == "sender-charge"]
    assert "STRIPE_API_KEY" in task.why
    asked = len(at.stripe.asked)
    assert Asking(wrong, second).attempt()["answer"] == "deferred"
    assert len(at.stripe.asked) == asked, "nobody else runs into it"
    mended = Asking(right, first, NOW + timedelta(minutes=6))
    assert mended.settle() == "done"
    assert breakers.holding(at.ledger) == []
    assert "sender-charge" not in {task.step for task in tasks.worklist(at.ledger)}
    assert Asking(right, second, NOW + timedelta(minutes=6)).settle() == "done"
    assert (len(at.taken(first)), len(at.taken(second))) == (1, 1)


def test_a_key_that_is_revoked_while_an_answer_is_out_leaves_nothing_in_doubt(at: Scene) -> None:
    """However long it takes: what was begun is asked about, and never charged beside."""
    name = at.customer()
    at.loopback.faults.add("charge", [LOST_REPLY])
    asking = Asking(at.charges(), name)
    asking.attempt()
    asking.charges = at.charges("sk_revoked")
    asking.now += timedelta(hours=2)
    assert asking.attempt()["answer"] == "deferred"
    asking.charges = at.charges()
    asking.now += timedelta(hours=30)
    assert asking.settle() == "done"
    assert len(at.taken(name)) == 1
    breakers.close(at.ledger, "charge", "stripe", now=asking.now)


def test_a_customer_whom_stripe_does_not_know_is_not_charged(at: Scene) -> None:
    name = at.customer()
    billing.detach(at.stripe, at.stripe.get(look(at.ledger, name).account.wallet.cards[0].instrument))
    asking = Asking(at.charges(), name)
    for _ in range(3):
        assert asking.attempt()["answer"] == "deferred"
        [why] = at.stuck(name)
        assert why.startswith(f"the card cannot be charged for {name}-1: no customer of Stripe is known")
    assert at.taken(name) == []


def test_a_charge_that_nobody_can_ask_about_is_a_task_until_somebody_can(at: Scene) -> None:
    """The answer was lost, and then the card was removed: by the card alone nobody knows whose it was."""
    name = at.customer()
    at.loopback.faults.add("charge", [DROPPED])
    asking = Asking(at.charges(), name)
    asking.attempt()
    card = at.stripe.get(look(at.ledger, name).account.wallet.cards[0].instrument)
    owner = card["customer"]
    billing.detach(at.stripe, card)
    asking.now += timedelta(minutes=10)
    assert asking.attempt()["answer"] == "deferred"
    assert len(at.stuck(name)) == 1
    card["customer"] = owner
    assert asking.settle() == "done"
    assert (len(at.taken(name)), at.stuck(name)) == (1, [])
