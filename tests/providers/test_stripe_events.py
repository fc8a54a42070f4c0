"""What each of Stripe's events becomes, in a table; and a year of them, in any order and twice."""

import random
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain import facts as kinds
from domain.documents import read
from domain.facts import Body
from domain.hints import Hint
from domain.policy import Policy
from domain.reported_facts import Reported, write
from providers.loopback.server import Loopback
from providers.loopback.stripe import billing
from providers.loopback.stripe.account import Object, Stripe
from providers.stripe_account.events import NOTHING, WANTED, read_event
from providers.stripe_account.reading import Reading
from providers.stripe_account.source import StripeEvents
from store import assess, facts, incidents, outside, policies, tasks
from store.database import Ledger, migrate
from tests.store.conftest import POLICY

BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)
ON = BEGAN.date()
Happening = Callable[[Stripe, Object, Object], object]


@dataclass
class Clock:
    """The clock of an account, in seconds; it moves only when it is moved."""

    now: int = int(BEGAN.timestamp())

    def __call__(self) -> int:
        return self.now

    def go_on(self, days: float = 1) -> None:
        self.now += int(days * billing.DAY)


def account() -> tuple[Stripe, Object, Object]:
    """An account with a customer who has a card and an open invoice, of whom all was told."""
    stripe = Stripe(clock=Clock())
    owner = billing.customer(stripe, metadata={"arrears_customer": "ACME"}, name="Acme Ltd")
    billing.card(stripe, owner)
    about = billing.invoice(stripe, owner, 100_00, collection_method="send_invoice", days_until_due=14)
    return stripe, owner, about


def said(events: Sequence[Object], reading: Reading | None = None) -> list[Reported | Hint]:
    return [told for event in events for told in read_event(event, reading or Reading())]


def bodies(told: Sequence[Reported | Hint]) -> list[Body]:
    """The facts, as they are told: in Stripe's names."""
    found: list[Body] = []
    for each in told:
        if isinstance(each, Reported):
            found += [report.body for report in each.reports]
            found += [each.settled.report.body] if each.settled else []
    return found


def types(stripe: Stripe, since: int) -> list[str]:
    return [event["type"] for event in stripe.events[since:]]


def paid(stripe: Stripe, owner: Object, about: Object) -> Object:
    return billing.pay(stripe, about)


def intent(stripe: Stripe, about: Object) -> Object:
    return billing.payment_of(stripe, about)[1]


ISSUED = kinds.InvoiceIssued(
    invoice="ARR-0001", amount="100.00", currency="EUR", due_on=ON + timedelta(days=14)
)
SUM = kinds.PaymentReceived(payment="in_000001", amount="100.00", currency="EUR", invoice="in_000001")
MONEY = SUM.model_copy(update={"payment": "pi_000001"})
HUNDRED = Decimal("100.00")

# Type of the event, how it comes about, and the facts that it is.
TABLE: list[tuple[str, Happening, list[Body]]] = [
    ("invoice.updated", lambda s, o, i: billing.change(s, i, metadata={"a": "b"}), [ISSUED]),
    ("invoice.paid", paid, [ISSUED, SUM]),
    ("invoice_payment.paid", paid, [MONEY]),
    ("payment_intent.succeeded", paid, []),
    (
        "invoice.voided",
        lambda s, o, i: billing.void(s, i),
        [ISSUED, kinds.InvoiceVoided(invoice="in_000001")],
    ),
    ("invoice.marked_uncollectible", lambda s, o, i: billing.give_up(s, i), [ISSUED]),
    (
        "credit_note.created",
        lambda s, o, i: billing.credit(s, i, 30_00),
        [kinds.CreditNote(credit_note="ARR-0001-CN-01", invoice="in_000001", amount="30.00")],
    ),
    (
        "credit_note.voided",
        lambda s, o, i: billing.void_credit(s, billing.credit(s, i, 30_00)),
        [
            kinds.CreditNote(credit_note="ARR-0001-CN-01", invoice="in_000001", amount="30.00"),
            kinds.CreditNoteCancelled(credit_note="ARR-0001-CN-01", invoice="in_000001"),
        ],
    ),
    ("charge.refunded", lambda s, o, i: billing.refund(s, intent(s, paid(s, o, i)), 40_00), []),
    (
        "refund.created",
        lambda s, o, i: billing.refund(s, intent(s, paid(s, o, i)), 40_00),
        [kinds.Refunded(payment="pi_000001", amount="40.00")],
    ),
    (
        "charge.dispute.created",
        lambda s, o, i: billing.dispute(s, intent(s, paid(s, o, i))),
        [
            kinds.DisputeOpened(dispute="du_000001", invoice="pi_000001", amount="100.00", by="stripe"),
            kinds.ChargedBack(payment="pi_000001", amount="100.00", reason="fraudulent"),
        ],
    ),
    (
        "charge.dispute.closed",
        lambda s, o, i: billing.end_dispute(s, billing.dispute(s, intent(s, paid(s, o, i))), "lost"),
        [kinds.DisputeResolved(dispute="du_000001", outcome="lost", by="stripe")],
    ),
    (
        "charge.dispute.funds_reinstated",
        lambda s, o, i: billing.end_dispute(s, billing.dispute(s, intent(s, paid(s, o, i))), "won"),
        [kinds.ChargebackReversed(payment="pi_000001", amount="100.00")],
    ),
    ("radar.early_fraud_warning.created", lambda s, o, i: billing.warn(s, intent(s, paid(s, o, i))), []),
    (
        "payment_method.attached",
        lambda s, o, i: billing.card(s, o, brand="mastercard", default=False),
        [kinds.CardAdded(instrument="pm_000002", network="mastercard", by="stripe")],
    ),
    (
        "payment_method.updated",
        lambda s, o, i: billing.change(s, s.get("pm_000001"), card={"brand": "visa", "exp_year": 2031}),
        [kinds.CardAdded(instrument="pm_000001", network="visa", by="stripe")],
    ),
    (
        "payment_method.updated",
        lambda s, o, i: billing.change(s, s.get("pm_000001"), billing_details={"address": {"city": "Ulm"}}),
        [],
    ),
    (
        "payment_method.detached",
        lambda s, o, i: billing.detach(s, s.get("pm_000001")),
        [kinds.CardRemoved(instrument="pm_000001", reason="removed at Stripe", by="stripe")],
    ),
    (
        "customer.updated",
        lambda s, o, i: billing.change(s, o, invoice_settings={"default_payment_method": "pm_000009"}),
        [kinds.CardAdded(instrument="pm_000009", by="stripe")],
    ),
    ("customer.created", lambda s, o, i: billing.customer(s), []),
]


@pytest.mark.parametrize(("type", "happens", "expected"), TABLE, ids=[each[0] for each in TABLE])
def test_what_an_event_becomes(type: str, happens: Happening, expected: list[Body]) -> None:
    stripe, owner, about = account()
    since = len(stripe.events)
    happens(stripe, owner, about)
    [event] = [event for event in stripe.events[since:] if event["type"] == type]
    assert bodies(said([event])) == expected


def test_what_a_customer_tries_with_a_card_that_is_not_left_with_us_moves_no_ladder() -> None:
    stripe, _, about = account()
    billing.detach(stripe, stripe.get("pm_000001"))
    stripe.declines["pm_000001"] = "insufficient_funds"
    with pytest.raises(Exception, match="declined"):
        billing.pay(stripe, about, "pm_000001")
    [event] = [each for each in stripe.events if each["type"] == "payment_intent.payment_failed"]
    [failed] = bodies(said([event]))
    assert failed.by == "customer"  # type: ignore[attr-defined]


def test_a_charge_that_fails_says_why_and_which_card() -> None:
    stripe, _, about = account()
    stripe.declines["pm_000001"] = "insufficient_funds"
    with pytest.raises(Exception, match="declined"):
        billing.pay(stripe, about)
    [event] = [each for each in stripe.events if each["type"] == "payment_intent.payment_failed"]
    [failed] = bodies(said([event]))
    assert failed == kinds.PaymentFailed(
        invoice="pi_000001",
        payment="pi_000001",
        decline="insufficient_funds",
        by="engine",
        instrument="pm_000001",
    )
    [again] = [each for each in stripe.events if each["type"] == "invoice.payment_failed"]
    assert bodies(said([again])) == [ISSUED], "the attempt is told once"
    alone = Reading(asks=False)
    assert bodies(said([event], alone)) == [], "nobody can say for which invoice"
    assert bodies(said([again], alone)) == [ISSUED, kinds.PaymentFailed(invoice="in_000001", by="customer")]


def test_money_that_is_on_its_way_is_said_to_be() -> None:
    stripe, _, about = account()
    stripe.debits.add("pm_000001")
    billing.pay(stripe, about)
    [event] = [each for each in stripe.events if each["type"] == "payment_intent.processing"]
    coming = kinds.PaymentInFlight(payment="pi_000001", amount=HUNDRED, currency="EUR", invoice="pi_000001")
    assert bodies(said([event])) == [coming]


@pytest.mark.parametrize("what", ["updated", "deleted", "paused"])
def test_a_subscription_that_changed_is_looked_at_where_it_is_kept(what: str) -> None:
    stripe, owner, _ = account()
    made = billing.subscription(stripe, owner)
    stripe.happen(f"customer.subscription.{what}", made)
    [hint] = said(stripe.events[-1:])
    assert isinstance(hint, Hint)
    assert (hint.provider, hint.kind, hint.resource) == ("stripe", "subscription", made["id"])


@pytest.mark.parametrize(
    ("currency", "minor", "amount"), [("jpy", 5000, "5000"), ("kwd", 12340, "12.340"), ("isk", 50000, "500")]
)
def test_amounts_have_the_decimals_of_their_currency(currency: str, minor: int, amount: str) -> None:
    stripe, owner, _ = account()
    billing.invoice(stripe, owner, minor, currency=currency)
    issued = bodies(said(stripe.events[-1:]))[0]
    assert isinstance(issued, kinds.InvoiceIssued)
    assert (issued.amount, issued.currency) == (Decimal(amount), currency.upper())


def test_who_is_charged_by_himself_owes_it_at_once_and_the_day_is_the_sellers() -> None:
    stripe, owner, _ = account()
    late = int(datetime(2026, 3, 31, 22, 30, tzinfo=UTC).timestamp())
    stripe.clock = lambda: late
    billing.invoice(stripe, owner, 10_00)
    for zone, day in (("UTC", date(2026, 3, 31)), ("Europe/Berlin", date(2026, 4, 1))):
        issued = bodies(said(stripe.events[-1:], Reading(zone=zone)))[0]
        assert isinstance(issued, kinds.InvoiceIssued)
        assert issued.due_on == day


def test_an_invoice_without_a_number_that_can_be_a_name_is_called_by_its_id() -> None:
    stripe, _, about = account()
    for number in (None, "", "x" * 200, "two\nlines"):
        billing.change(stripe, about, number=number)
        issued = bodies(said(stripe.events[-1:]))[0]
        assert isinstance(issued, kinds.InvoiceIssued)
        assert issued.invoice == "in_000001"


def test_what_stripe_gave_up_is_a_task_once_and_no_write_off() -> None:
    stripe, _, about = account()
    billing.give_up(stripe, about)
    billing.change(stripe, about, metadata={"seen": "yes"})
    told = [each.tasks for each in said(stripe.events[-2:]) if isinstance(each, Reported)]
    assert [len(words) for words in told] == [1, 0], "what changes later asks nobody again"
    assert "invoice ARR-0001 was marked as uncollectible" in told[0][0]


def test_what_a_balance_at_stripe_has_paid_is_no_debt_here() -> None:
    stripe, _, about = account()
    about.update(amount_due=0, amount_remaining=0, starting_balance=-100_00, status="paid")
    stripe.happen("invoice.paid", about)
    assert bodies(said(stripe.events[-1:])) == []


def test_names_and_addresses_stand_in_no_fact_and_in_nothing_that_is_kept() -> None:
    stripe = Stripe()
    address = {"line1": "1 Secret Lane", "city": "Berlin", "country": "DE"}
    owner = billing.customer(
        stripe, name="Erika Secret", email="erika@secret.example", phone="+49 30 5550100", address=address
    )
    billing.pay(stripe, billing.invoice(stripe, owner, 5_00), billing.card(stripe, owner)["id"])
    for told in said(stripe.events):
        assert "ecret" not in str(told)
        if isinstance(told, Reported):
            assert "ecret" not in str(write(told))
    [who] = {told.application for told in said(stripe.events[:1]) if isinstance(told, Reported)}
    assert who is not None
    assert (who.name, who.country, who.address) == ("Erika Secret", "DE", "1 Secret Lane\nBerlin\nDE")


def test_every_event_to_subscribe_to_is_read_and_what_is_left_out_is_said_elsewhere() -> None:
    assert not NOTHING & set(WANTED)
    for type in WANTED:
        event = {"id": "evt_1", "type": type, "created": 1, "data": {"object": {}}, "api_version": "x"}
        told = said([event])
        assert not [each for each in told if isinstance(each, Reported) and each.reports]


def test_the_page_says_of_every_event_what_it_becomes() -> None:
    page = (Path(__file__).parents[2] / "docs" / "stripe.md").read_text(encoding="utf-8")
    rows = page.partition("## What each event becomes")[2].partition("\n## ")[0].split("\n| ")
    told = [name for row in rows[1:] for name in re.findall(r"`([a-z_.]+)`", row.partition(" | ")[0])]
    assert sorted(told) == sorted(WANTED)


# --- a year ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("year") / "template.db"
    migrate(f"sqlite:///{path}")
    ledger = Ledger(f"sqlite:///{path}", durable=False)
    policies.adopt(ledger, read(POLICY, model=Policy, name="t.yaml"), now=BEGAN, by="maria")
    ledger.close()
    return path


@pytest.fixture
def opening(template: Path, tmp_path: Path) -> Iterator[Callable[[], Ledger]]:
    opened: list[Ledger] = []

    def new() -> Ledger:
        path = tmp_path / f"ledger-{len(opened)}.db"
        shutil.copy(template, path)
        opened.append(Ledger(f"sqlite:///{path}", durable=False))
        return opened[-1]

    yield new
    for ledger in opened:
        ledger.close()


def live(stripe: Stripe, chance: random.Random, names: Sequence[str], *, months: int) -> None:
    """Let some customers live in an account: they pay, or not, dispute, are credited, or come back."""
    clock = Clock()
    stripe.clock = clock
    owners = []
    for name in names:
        owner = billing.customer(
            stripe, metadata={} if name.startswith("cus_") else {"arrears_customer": name}
        )
        billing.card(stripe, owner)
        owners.append(owner)
    for _ in range(months):
        for owner in owners:
            clock.go_on(0.1)
            method = chance.choice(["send_invoice", "charge_automatically"])
            about = billing.invoice(stripe, owner, chance.randrange(10_00, 90_00), collection_method=method)
            clock.go_on(chance.uniform(0.1, 5))
            _live(stripe, chance, clock, owner, about)
        clock.go_on(chance.uniform(10, 20))


def _live(stripe: Stripe, chance: random.Random, clock: Clock, owner: Object, about: Object) -> None:
    match chance.randrange(10):
        case 0:
            billing.void(stripe, about)
        case 1:
            billing.give_up(stripe, about)
        case 2:
            billing.pay_elsewhere(stripe, about)
        case 3:
            billing.credit(stripe, about, about["amount_remaining"] // 3)
        case 4:
            billing.void_credit(stripe, billing.credit(stripe, about, 5_00))
        case 5:
            pass  # It stays open.
        case _:
            billing.pay(stripe, about)
            clock.go_on(chance.uniform(0.1, 3))
            _after(stripe, chance, clock, about)
    if chance.random() < 0.2:
        clock.go_on(0.1)
        billing.card(stripe, owner, brand=chance.choice(["visa", "mastercard"]))


def _after(stripe: Stripe, chance: random.Random, clock: Clock, about: Object) -> None:
    money = intent(stripe, about)
    match chance.randrange(5):
        case 0:
            billing.refund(stripe, money, about["amount_paid"] // 2)
        case 1:
            disputed = billing.dispute(stripe, money, chance.choice(["fraudulent", "general"]))
            clock.go_on(chance.uniform(1, 9))
            billing.end_dispute(stripe, disputed, chance.choice(["won", "lost"]))
        case 2:
            billing.credit(stripe, about, about["amount_paid"] // 4)
        case 3:
            billing.warn(stripe, money)
        case _:
            pass


def heard(ledger: Ledger, events: Sequence[Object], reading: Reading, now: datetime) -> None:
    """Take events as the door takes those that are believed."""
    for event in events:
        for told in read_event(event, reading):
            assert isinstance(told, Reported)
            outside.take(ledger, replace(told, shown=None), now=now)


def heard_late(ledger: Ledger, events: Sequence[Object], teller: StripeEvents, now: datetime) -> None:
    """Take events as the door does, long after they happened, and ask as the watch does, at some moment."""
    for number, event in enumerate(events, 1):
        for told in read_event(event, Reading()):
            assert isinstance(told, Reported)
            outside.take(ledger, told, now=now)
        if number % 40 == 0 or number == len(events):
            ask_all(ledger, teller, now)


def ask_all(ledger: Ledger, teller: StripeEvents, now: datetime) -> None:
    while names := outside.to_ask(ledger, "stripe", now=now, after=timedelta(hours=6), limit=1):
        answer = teller.ask(names[0], now)
        for told in answer.told if answer else ():
            outside.take(ledger, told, now=now)
        if answer is not None and not answer.billed:
            outside.drop(ledger, "stripe", names[0], now=now)


def state(ledger: Ledger, names: Sequence[str], now: datetime) -> list[Any]:
    """All that counts: facts, what is open, the stage, the incidents, and what waits for people."""
    found: list[Any] = []
    for name in names:
        history = facts.history(ledger, name)
        found.append(
            sorted((each.source, each.id, str(each.happened_at), repr(each.body)) for each in history)
        )
        assessed = assess.peek(ledger, name, now=now)
        found.append([(debt.invoice, str(debt.open), debt.state) for debt in assessed.account.debts])
        found.append((str(assessed.account.unapplied), assessed.plan.stage))
        found.append(assessed.account.wallet.card_at(now))
    found.append(sorted(each.incident.id for each in incidents.listed(ledger, now=now)))
    found.append(sorted(each.why for each in tasks.worklist(ledger)))
    found.append([(each.word, each.needs) for each in outside.waiting(ledger)])
    return found


ALONE, ASKED = ("cus_000001", "cus_000002"), ("ACME", "BETA")


def a_time_in_any_order(
    opening: Callable[[], Ledger], seed: int, names: Sequence[str], *, months: int
) -> None:
    chance, stripe = random.Random(seed), Stripe()
    live(stripe, chance, names, months=months)
    reading, now = Reading(asks=names == ASKED), datetime.fromtimestamp(stripe.clock(), UTC)
    now += timedelta(days=1)
    in_order, in_disorder = opening(), opening()
    heard(in_order, stripe.events, reading, now)
    heard(in_disorder, shuffled(stripe, chance), reading, now)
    assert state(in_disorder, names, now) == state(in_order, names, now)
    assert outside.waiting(in_order) == []


def shuffled(stripe: Stripe, chance: random.Random) -> Sequence[Object]:
    events = [*stripe.events, *chance.sample(stripe.events, len(stripe.events) // 3)]
    chance.shuffle(events)
    return events


def a_time_told_late(opening: Callable[[], Ledger], seed: int, *, months: int) -> None:
    """All that is told late, in any order, and read again at Stripe: as if it had been told at once."""
    chance = random.Random(seed)
    with Loopback() as loopback:
        stripe = loopback.stripe
        live(stripe, chance, ASKED, months=months)
        now = datetime.fromtimestamp(stripe.clock(), UTC) + timedelta(days=1)
        base = loopback.stripe_environment()["STRIPE_BASE"]
        teller = StripeEvents(key=stripe.key, base=base, reading=Reading())
        in_time, late = opening(), opening()
        heard(in_time, stripe.events, Reading(), now)
        heard_late(late, shuffled(stripe, chance), teller, now)
    assert state(late, ASKED, now) == state(in_time, ASKED, now)
    assert outside.waiting(late) == []


def test_events_in_any_order_and_twice_give_the_same_ledger(opening: Callable[[], Ledger]) -> None:
    a_time_in_any_order(opening, 4, ASKED, months=3)


def test_events_told_late_in_any_order_give_the_same_ledger(opening: Callable[[], Ledger]) -> None:
    a_time_told_late(opening, 4, months=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_year_told_late_in_any_order_gives_the_same_ledger(
    opening: Callable[[], Ledger], seed: int
) -> None:
    a_time_told_late(opening, seed, months=12)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("names", [ALONE, ASKED])
def test_a_year_in_any_order_and_twice_gives_the_same_ledger(
    opening: Callable[[], Ledger], names: Sequence[str], seed: int
) -> None:
    a_time_in_any_order(opening, seed, names, months=12)
