"""Charges through the real workflow, on the time-skipping server, with the embedded bank or a worse one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from composition import parts
from domain.cashier import Charge, Receipt
from domain.customer import Customer
from domain.documents import read
from domain.errors import TryAgainLater
from domain.facts import Body, CardAdded, InvoiceIssued, PaymentFailed, PaymentReceived
from domain.policy import Policy
from domain.simulation.play import simulate
from providers.bank import Bank
from replay.player import Player, player
from settings import Settings
from store import customers, doors, facts, invariants, policies, switches, tasks
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
  - {kind: notice, id: first, offset_days: 2, template: reminder_first}
"""
START = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Unwell:
    """A bank that charges and then loses its voice, or is down."""

    sender = ""

    def __init__(self, bank: Bank, *, charges: bool) -> None:
        self.bank, self.charges, self.calls = bank, charges, 0

    def charge(self, charge: Charge, *, at: datetime) -> Receipt:
        self.calls += 1
        if not self.charges:
            raise TryAgainLater("the bank is closed")
        receipt = self.bank.charge(charge, at=at)
        if self.calls == 1:
            raise ConnectionError(f"lost the answer about {charge.instrument}")
        return receipt

    def find(self, charge: Charge, *, since: datetime) -> Receipt | None:
        return self.bank.find(charge, since=since)


@dataclass(frozen=True, slots=True)
class Scene:
    """ACME, whose invoice is due on 2 March 2026 and whose card was declined that morning."""

    ledger: Ledger
    playing: Player
    bank: Bank

    async def until(self, day: int, hour: int) -> None:
        await self.playing.sleep_until(datetime(2026, 3, day, hour, tzinfo=UTC))

    def learn(self, name: str, body: Body, at: datetime) -> None:
        doors.record(
            self.ledger, "ACME", [NewFact(source="test", id=name, happened_at=at, body=body)], now=at
        )

    def done(self) -> list[str]:
        """What was begun and stands, as `charge_1 charge sent`."""
        account = look(self.ledger, "ACME").account
        return [f"{c.step} {c.channel} {c.state}" for c in account.claims if c.state != "released"]

    def told(self, kind: type[Body]) -> list[Body]:
        return [fact.body for fact in facts.history(self.ledger, "ACME") if isinstance(fact.body, kind)]


@asynccontextmanager
async def scene(folder: Path, card: str, *, unwell: bool | None = None) -> AsyncIterator[Scene]:
    """Args: unwell: the bank charges and does not answer (true), or is down (false)."""
    url = f"sqlite:///{folder / 'ledger.db'}"
    migrate(url)
    ledger = Ledger(url, durable=False)
    policies.adopt(ledger, read(POLICY, model=Policy, name="cards.yaml"), now=START, by="test")
    switches.set_go_live(ledger, None, by="test", now=START)
    with ledger.write() as session:
        known = Customer(id="ACME", timezone="UTC", currency="EUR")
        customers.add(session, known, ContactData(email="ap@acme.example"), now=START - timedelta(days=40))
    made = parts(Settings(database_url=url, outbox=folder / "outbox", bank=folder / "bank"), ledger)
    bank = Bank(folder / "bank")
    if unwell is not None:
        made = replace(made, cashier=Unwell(bank, charges=unwell))
    async with player(made) as playing:
        played = Scene(ledger=ledger, playing=playing, bank=bank)
        bill = InvoiceIssued(invoice="A", amount="100.00", currency="EUR", due_on=date(2026, 3, 2))
        played.learn("card", CardAdded(instrument=card, network="visa"), START - timedelta(days=30))
        played.learn("A", bill, START - timedelta(days=30))
        declined = PaymentFailed(invoice="A", decline="soft", by="engine")
        played.learn("failed", declined, START - timedelta(hours=4))
        await playing.begin(START)
        await playing.wake("ACME")
        yield played
    ledger.close()


async def test_a_card_is_charged_on_its_day_and_the_money_is_booked(tmp_path: Path) -> None:
    async with scene(tmp_path, "test_paid") as at:
        await at.until(6, 12)
        assert at.done() == ["charge_1 charge sent"]
        (received,) = at.told(PaymentReceived)
        assert (received.invoice, received.payment) == ("A", at.bank.references()[0])  # type: ignore[attr-defined]
        assert look(at.ledger, "ACME").account.open_debts == ()
        assert invariants.broken(at.ledger) == []


async def test_the_live_engine_takes_the_steps_of_the_simulation(tmp_path: Path) -> None:
    async with scene(tmp_path, "test_soft") as at:
        await at.until(8, 12)
        told = [fact for fact in facts.history(at.ledger, "ACME") if fact.source == "test"]
        policy, known = look(at.ledger, "ACME").policy, Customer(id="ACME", timezone="UTC", currency="EUR")
        lines = simulate(policy, known, told, date(2026, 3, 8)).lines
        expected = [f"{line.step} {line.channel} sent" for line in lines if line.kind == "effect"]
        assert at.done() == expected
        assert expected == [
            "charge_1 charge sent",
            "charge_before_first charge sent",
            "first email sent",
            "charge_2 charge sent",
        ]
        assert len(at.bank.references()) == 3


async def test_after_a_hard_decline_the_customer_is_asked_and_a_new_card_is_charged_at_once(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path, "test_lost_card") as at:
        await at.until(3, 12)
        assert at.done() == ["charge_1 charge sent", "card_update_1 email sent"]
        at.learn(
            "new", CardAdded(instrument="test_paid", network="visa"), datetime(2026, 3, 3, 13, tzinfo=UTC)
        )
        await at.playing.wake("ACME")
        await at.until(3, 14)
        assert at.done()[2:] == ["charge_card_2 charge sent"]
        assert look(at.ledger, "ACME").account.open_debts == ()


async def test_a_charge_without_an_answer_is_asked_about_and_not_made_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with scene(tmp_path, "test_paid:secret", unwell=True) as at:
        await at.until(3, 12)
        assert at.done() == ["charge_1 charge sent"]
        assert len(at.bank.references()) == 1
        assert len(at.told(PaymentReceived)) == 1
    assert "secret" not in caplog.text


async def test_a_bank_that_is_down_holds_no_reminder_and_a_person_hears_of_it(tmp_path: Path) -> None:
    async with scene(tmp_path, "test_paid", unwell=False) as at:
        await at.until(5, 12)
        assert "first email sent" in at.done()
        assert [task.step for task in tasks.worklist(at.ledger)] == ["unsent"]
        assert at.bank.references() == []


async def test_stop_holds_charges_too(tmp_path: Path) -> None:
    async with scene(tmp_path, "test_paid") as at:
        switches.stop(at.ledger, reason="test", by="test", now=START)
        await at.until(6, 12)
        assert at.bank.references() == []
        assert at.done() == []
