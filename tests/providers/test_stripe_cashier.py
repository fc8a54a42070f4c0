"""Charges over Stripe's own SDK at the loopback: what is answered, and that no fault takes money twice."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from composition import cashier
from domain.cashier import Charge, Receipt
from domain.customer import Customer
from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.money import Money
from domain.reported_facts import Named
from providers.bank import Bank
from providers.loopback.faults import DROPPED, GARBLED, LOST_REPLY, REDIRECTED, Fault, throttled, unwell
from providers.loopback.server import Loopback
from providers.loopback.stripe import billing
from providers.loopback.stripe.account import Answered, Object, Stripe
from providers.stripe_account.cashier import LONGEST, StripeCashier
from settings import Settings
from store import customers, outside
from store.customers import ContactData
from store.database import Ledger, migrate

NUMBERS = count(1)


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback


@dataclass
class Scene:
    """One customer with a card that takes a charge, and the cashier that asks for it."""

    loopback: Loopback
    stripe: Stripe
    owner: Object
    card: Object
    reference: str
    later: timedelta = timedelta()

    @cached_property
    def cashier(self) -> StripeCashier:
        return StripeCashier(
            key=self.stripe.key,
            base=f"{self.loopback.base}/stripe",
            customers_of=lambda name: [self.owner["id"]] if name == "ACME" else [],
            now=lambda: datetime.now(UTC) + self.later,
        )

    def charge(self, invoice: str = "A", *, attempt: int = 1, amount: int = 100_00, **more: Any) -> Charge:
        values = {"instrument": self.card["id"], **more}
        return Charge(
            reference=self.reference,
            customer="ACME",
            invoice=invoice,
            amount=Money(amount, "EUR"),
            attempt=attempt,
            **values,
        )

    def taken(self) -> int:
        """What was taken from the customer in all."""
        made = self.stripe.all("charge", customer=self.owner["id"], status="succeeded")
        return sum(each["amount"] for each in made)

    def intents(self) -> list[str]:
        """The states of the customer's PaymentIntents, oldest first."""
        return [each["status"] for each in reversed([*self.all_intents()])]

    def all_intents(self) -> Iterator[Object]:
        return self.stripe.all("payment_intent", customer=self.owner["id"])

    def find(self, charge: Charge) -> Receipt | None:
        return self.cashier.find(charge, since=datetime.now(UTC))

    def bill(self, amount: int = 100_00) -> str:
        return str(billing.invoice(self.stripe, self.owner, amount)["id"])


@pytest.fixture
def at(loopback: Loopback) -> Scene:
    owner = billing.customer(loopback.stripe)
    card = billing.card(loopback.stripe, owner)
    return Scene(
        loopback=loopback, stripe=loopback.stripe, owner=owner, card=card, reference=f"m-{next(NUMBERS):04}"
    )


NOW = datetime(2026, 3, 3, tzinfo=UTC)


def charged(at: Scene, charge: Charge) -> Receipt:
    return at.cashier.charge(charge, at=NOW)


def test_a_card_is_charged_with_our_reference_and_nothing_of_a_person(at: Scene) -> None:
    receipt = charged(at, at.charge())
    (intent,) = at.all_intents()
    assert receipt == Receipt(
        reference=at.reference,
        provider_ref=intent["id"],
        instrument=at.card["id"],
        amount=Money(100_00, "EUR"),
        outcome="paid",
    )
    assert intent["metadata"] == {"arrears_charge": at.reference, "arrears_invoice": "A"}
    assert at.taken() == 100_00
    keys = [key for method, path, key in at.stripe.asked if method == "POST" and "payment_intents" in path]
    assert keys[-2:] == [f"{at.reference}/1", f"{at.reference}/1/confirm"]


def test_money_that_takes_days_is_on_its_way(at: Scene) -> None:
    at.stripe.debits.add(at.card["id"])
    assert charged(at, at.charge()).outcome == "in_flight"
    found = at.find(at.charge())
    assert found
    assert found.outcome == "in_flight"


TEST_CARDS = [
    ("pm_card_chargeDeclined", "generic_decline"),
    ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
    ("pm_card_chargeDeclinedLostCard", "lost_card"),
    ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
    ("pm_card_chargeDeclinedProcessingError", "processing_error"),
    ("pm_card_authenticationRequired", "authentication_required"),
]


@pytest.mark.parametrize(
    ("card", "decline", "ours"),
    [
        *(pytest.param(*row, True, id=f"{row[1]}, of our own") for row in TEST_CARDS[1:]),
        *(
            pytest.param(*row, False, id=f"{row[1]}, of an invoice")
            for row in (TEST_CARDS[0], TEST_CARDS[-1])
        ),
    ],
)
def test_a_decline_is_an_answer_and_nothing_of_ours_is_left_to_pay_by(
    at: Scene, card: str, decline: str, ours: bool
) -> None:
    method = billing.card(at.stripe, at.owner, id=f"{card}__{at.reference}")
    charge = at.charge("A" if ours else at.bill(), instrument=method["id"])
    receipt = charged(at, charge)
    assert (receipt.outcome, receipt.decline, receipt.instrument) == ("declined", decline, method["id"])
    assert at.find(charge) == receipt
    assert at.taken() == 0
    if ours:
        assert at.intents() == ["canceled"]


def test_an_amount_that_no_card_is_charged_with_is_declined_as_such(at: Scene) -> None:
    receipt = charged(at, at.charge(amount=30))
    assert (receipt.outcome, receipt.decline, at.intents()) == ("declined", "amount_too_small", [])


# --- invoices of Stripe's ---------------------------------------------------------------------------


def test_an_invoice_of_stripes_is_paid_by_its_own_payment_intent(at: Scene) -> None:
    invoice = at.bill()
    receipt = charged(at, at.charge(invoice))
    assert (receipt.outcome, at.stripe.get(invoice)["status"], at.intents()) == (
        "paid",
        "paid",
        ["succeeded"],
    )
    assert at.find(at.charge(invoice)) == receipt


def test_a_part_of_an_invoice_is_credited_to_it(at: Scene) -> None:
    invoice = at.bill()
    charged(at, at.charge(invoice, amount=40_00))
    assert (at.stripe.get(invoice)["amount_remaining"], at.taken()) == (60_00, 40_00)
    at.reference += "b"
    charged(at, at.charge(invoice, amount=60_00))
    assert (at.stripe.get(invoice)["status"], at.taken()) == ("paid", 100_00)


def test_the_name_of_an_invoice_may_be_ours(at: Scene) -> None:
    invoice = at.bill()
    ours = StripeCashier(
        key=at.stripe.key, base=f"{at.loopback.base}/stripe", invoice_of={"ARR-1": invoice}.get
    )
    assert ours.charge(at.charge("ARR-1"), at=NOW).outcome == "paid"
    assert at.stripe.get(invoice)["status"] == "paid"


@pytest.mark.parametrize("how", ["paid", "elsewhere", "void", "uncollectible"])
def test_an_invoice_that_is_over_at_stripe_is_not_charged(at: Scene, how: str) -> None:
    invoice = at.bill()
    about = at.stripe.get(invoice)
    end = {
        "paid": billing.pay,
        "elsewhere": billing.pay_elsewhere,
        "void": billing.void,
        "uncollectible": billing.give_up,
    }[how]
    end(at.stripe, about)
    before = at.taken()
    with pytest.raises(TryAgainLater, match="nothing is charged"):
        charged(at, at.charge(invoice))
    assert at.find(at.charge(invoice)) is None
    assert at.taken() == before


def test_less_open_at_stripe_than_here_is_not_charged(at: Scene) -> None:
    with pytest.raises(TryAgainLater, match="less is open"):
        charged(at, at.charge(at.bill(50_00)))
    assert at.taken() == 0


def test_a_payment_on_its_way_is_waited_for(at: Scene) -> None:
    invoice = at.bill()
    at.stripe.debits.add(at.card["id"])
    assert charged(at, at.charge(invoice)).outcome == "in_flight"
    at.reference += "b"
    with pytest.raises(TryAgainLater, match="on its way"):
        charged(at, at.charge(invoice))


def test_an_invoice_that_is_not_in_this_account_is_for_a_person(at: Scene) -> None:
    with pytest.raises(Refused, match="no such invoice"):
        charged(at, at.charge("in_elsewhere"))


# --- whose card -------------------------------------------------------------------------------------


@pytest.mark.parametrize("instrument", ["", "card 1", "pm_gone"])
def test_the_default_is_charged_where_the_plans_card_is_not_there(at: Scene, instrument: str) -> None:
    billing.card(at.stripe, at.owner, default=False)
    receipt = charged(at, at.charge(instrument=instrument))
    (charge,) = at.stripe.all("charge", customer=at.owner["id"])
    assert charge["payment_method"] == at.card["id"]
    assert receipt.instrument == (instrument or at.card["id"])


def test_a_customer_whom_nobody_has_named_is_whoever_has_the_card(at: Scene) -> None:
    alone = StripeCashier(key=at.stripe.key, base=f"{at.loopback.base}/stripe")
    assert alone.charge(at.charge(), at=NOW).outcome == "paid"
    with pytest.raises(Refused, match="no customer of Stripe is known"):
        alone.charge(at.charge(instrument="card 1"), at=NOW)


def test_a_charge_is_found_though_its_customer_is_known_otherwise_since(at: Scene) -> None:
    """Two customers of Stripe may be one of ours: the other one was linked while the answer was out."""
    unlinked = StripeCashier(key=at.stripe.key, base=f"{at.loopback.base}/stripe")
    at.loopback.faults.add("charge", [LOST_REPLY])
    with pytest.raises(InDoubt):
        unlinked.charge(at.charge(), at=NOW)
    other = billing.customer(at.stripe)
    linked = known_as(at, other)
    found = linked.find(at.charge(), since=datetime.now(UTC))
    assert found
    assert found.outcome == "paid"


def known_as(at: Scene, *owners: Object) -> StripeCashier:
    names = [owner["id"] for owner in owners]
    return StripeCashier(
        key=at.stripe.key, base=f"{at.loopback.base}/stripe", customers_of=lambda name: names
    )


def test_of_several_customers_of_stripe_the_one_with_the_card_is_charged(at: Scene) -> None:
    """The first by name has another card: nobody meant that one."""
    other = billing.customer(at.stripe)
    billing.card(at.stripe, other)
    for owners in ((at.owner, other), (other, at.owner)):
        charge = replace(at.charge(), reference=f"m-several-{owners[0]['id']}")
        assert known_as(at, *owners).charge(charge, at=NOW).instrument == at.card["id"]
    charged = [each["customer"] for each in at.stripe.all("payment_intent", status="succeeded")]
    assert charged[:2] == [at.owner["id"]] * 2


def test_of_several_customers_of_stripe_none_is_charged_where_none_has_the_card(at: Scene) -> None:
    other = billing.customer(at.stripe)
    billing.card(at.stripe, other)
    billing.detach(at.stripe, at.card)
    with pytest.raises(Refused, match="several customers of Stripe are this one"):
        known_as(at, at.owner, other).charge(at.charge(), at=NOW)
    assert at.intents() == []


def test_a_charge_of_one_of_several_customers_is_found_when_its_card_is_gone(at: Scene) -> None:
    """Else it would be charged again."""
    other = billing.customer(at.stripe)
    at.loopback.faults.add("charge", [LOST_REPLY])
    with pytest.raises(InDoubt):
        known_as(at, other, at.owner).charge(at.charge(), at=NOW)
    billing.detach(at.stripe, at.card)
    found = known_as(at, other, at.owner).find(at.charge(), since=datetime.now(UTC))
    assert found is not None
    assert found.outcome == "paid"


def test_a_customer_without_any_card_is_not_charged(at: Scene) -> None:
    billing.detach(at.stripe, at.card)
    billing.change(at.stripe, at.owner, invoice_settings={"default_payment_method": None})
    with pytest.raises(Refused, match="no card"):
        charged(at, at.charge())
    assert at.intents() == []


# --- faults -----------------------------------------------------------------------------------------


def locked(status: int) -> Fault:
    """The object is at work for somebody else: not processed."""
    error = {"type": "invalid_request_error", "code": "lock_timeout", "message": "locked"}
    return Fault(status=status, body=json.dumps({"error": error}).encode())


FAULTS: dict[str, tuple[Fault, type[Exception]]] = {
    "the reply lost": (LOST_REPLY, InDoubt),
    "dropped": (DROPPED, InDoubt),
    "500, processed": (unwell(500, processed=True), InDoubt),
    "503, not processed": (unwell(503), InDoubt),
    "garbled": (GARBLED, InDoubt),
    "sent elsewhere": (REDIRECTED, InDoubt),
    "throttled": (throttled(7), TryAgainLater),
    "409 lock_timeout": (locked(409), TryAgainLater),
    "429 lock_timeout": (locked(429), TryAgainLater),
    "revoked": (Fault(status=401), Misconfigured),
    "no right": (Fault(status=403), Misconfigured),
}


FEW = ("the reply lost", "503, not processed", "429 lock_timeout", "no right")
SLOW = pytest.mark.slow
CASES = [
    *(pytest.param(mode, "charge", False, marks=() if mode in FEW else SLOW) for mode in FAULTS),
    *(pytest.param(mode, "charge", True, marks=() if mode == FEW[0] else SLOW) for mode in FEW),
    *(pytest.param(mode, "change", False, marks=() if mode == FEW[0] else SLOW) for mode in FEW),
    *(pytest.param(mode, "change", True, marks=SLOW) for mode in FEW),
]


@pytest.mark.parametrize(("mode", "request_kind", "invoiced"), CASES)
def test_whatever_goes_wrong_the_money_is_taken_once(
    at: Scene, mode: str, request_kind: Any, invoiced: bool
) -> None:
    """`change` befalls the request that takes no money, `charge` the one that does."""
    fault, raised = FAULTS[mode]
    invoice = at.bill() if invoiced else "A"
    harmless = invoiced and request_kind == "change" and raised is InDoubt
    at.loopback.faults.add(request_kind, [fault])
    with pytest.raises(TryAgainLater if harmless else raised):
        charged(at, at.charge(invoice))
    at.later = LONGEST + timedelta(seconds=1)
    receipt = at.find(at.charge(invoice))
    if receipt is None:
        assert at.taken() == 0
        assert {"requires_confirmation", "requires_action"}.isdisjoint(at.intents())
        receipt = charged(at, at.charge(invoice, attempt=2))
    assert receipt.outcome == "paid"
    assert at.taken() == 100_00
    assert at.find(at.charge(invoice, attempt=2)) == receipt


def test_no_other_request_is_made_while_an_answer_is_out(at: Scene) -> None:
    """An attempt at Stripe's own invoice may still be at work: nothing can end it, so it is waited for."""
    invoice = at.bill()
    at.loopback.faults.add("charge", [DROPPED])
    with pytest.raises(InDoubt):
        charged(at, at.charge(invoice))
    with pytest.raises(TryAgainLater, match="still be at work") as later:
        at.find(at.charge(invoice))
    assert later.value.delay <= LONGEST


def test_a_failure_that_stripe_answers_again_for_a_day_is_left_behind(at: Scene) -> None:
    asked = {"key": f"{at.reference}/1"}
    at.loopback.faults.add("change", [unwell(500)])
    with pytest.raises(InDoubt):
        charged(at, at.charge())
    at.stripe.answered[asked["key"]] = Answered(asked="", status=500, body={"error": {"type": "api_error"}})
    assert at.find(at.charge()) is None
    assert charged(at, at.charge(attempt=2)).outcome == "paid"
    assert at.taken() == 100_00


def test_what_cannot_be_ended_is_not_given_back(at: Scene) -> None:
    at.loopback.faults.add("charge", [throttled()])
    at.loopback.faults.add("change", [None, unwell(503)])
    with pytest.raises(InDoubt, match="cannot be ended yet"):
        charged(at, at.charge())
    assert at.intents() == ["requires_confirmation"]
    assert at.find(at.charge()) is None
    assert at.intents() == ["canceled"]


def test_nothing_is_said_while_stripe_cannot_be_reached(at: Scene) -> None:
    with at.loopback.refusing():
        with pytest.raises(TryAgainLater, match="cannot be reached"):
            charged(at, at.charge())
        with pytest.raises(TryAgainLater, match="cannot be reached"):
            at.find(at.charge())


def test_a_charge_of_long_ago_is_found_when_its_key_is_forgotten(at: Scene) -> None:
    at.loopback.faults.add("charge", [LOST_REPLY])
    with suppress(InDoubt):
        charged(at, at.charge())
    at.stripe.answered.clear()
    at.later = timedelta(days=3)
    found = at.find(at.charge())
    assert found
    assert found.outcome == "paid"
    assert at.taken() == 100_00


# --- who is asked -----------------------------------------------------------------------------------


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    ledger = Ledger(url, durable=False)
    yield ledger
    ledger.close()


def test_charges_go_to_stripe_only_where_that_is_asked_for(ledger: Ledger, tmp_path: Path) -> None:
    plain = Settings(stripe_api_key="sk_test", bank=tmp_path)
    assert isinstance(cashier(plain, ledger), Bank)
    assert isinstance(cashier(plain.model_copy(update={"stripe_charges": True}), ledger), StripeCashier)
    with pytest.raises(ValueError, match="STRIPE_CHARGES needs the account"):
        Settings(stripe_charges=True)


def test_stripes_names_are_those_that_its_webhooks_have_made_known(at: Scene, ledger: Ledger) -> None:
    invoice = at.bill()
    with ledger.write() as session:
        customers.add(session, Customer(id="ACME", timezone="UTC", currency="EUR"), ContactData(), now=NOW)
        for theirs, named in (
            (at.owner["id"], Named(kind="customer", ours="ACME")),
            (invoice, Named(kind="invoice", ours="ARR-7")),
        ):
            outside.name(session, "stripe", theirs, named, "ACME")
    given = {**at.loopback.stripe_environment(), "STRIPE_CHARGES": "true"}
    settings = Settings(**{name.lower(): value for name, value in given.items()})
    asked = cashier(settings, ledger)
    assert asked.charge(at.charge("ARR-7", instrument=""), at=NOW).outcome == "paid"
    assert at.stripe.get(invoice)["status"] == "paid"


def test_with_another_vendor_standing_in_stripe_is_not_asked(at: Scene, ledger: Ledger) -> None:
    given = {"stripe_api_key": "sk_test", "stripe_charges": True, "twilio_api_base": "http://127.0.0.1:9"}
    with pytest.raises(Misconfigured, match="STRIPE_BASE is not set"):
        cashier(Settings(**given), ledger).charge(at.charge(), at=NOW)
