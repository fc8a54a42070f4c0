"""The embedded bank: what test cards answer, and that one reference is one charge."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.cashier import Charge
from domain.errors import TryAgainLater
from domain.money import Money
from providers.bank import Bank

HUNDRED = Money(100_00, "EUR")
NOW = datetime(2026, 3, 3, 6, tzinfo=UTC)


def charge(reference: str, instrument: str = "test_paid", amount: Money = HUNDRED) -> Charge:
    return Charge(reference=reference, customer="ACME", invoice="A", instrument=instrument, amount=amount)


@pytest.mark.parametrize(
    ("card", "outcome", "decline"),
    [
        ("test_paid", "paid", None),
        ("test_in_flight", "in_flight", None),
        ("test_expired_card", "declined", "expired_card"),
        ("test_41", "declined", "41"),
        ("test_soft:ACME", "declined", "soft"),
    ],
)
def test_the_name_of_a_test_card_says_what_it_answers(
    tmp_path: Path, card: str, outcome: str, decline: str | None
) -> None:
    receipt = Bank(tmp_path).charge(charge("m-1", card), at=NOW)
    assert (receipt.outcome, receipt.decline, receipt.instrument) == (outcome, decline, card)


def test_answers_come_in_turn_and_the_last_one_stays(tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    answers = [bank.charge(charge(f"m-{n}", "test_soft+41+paid"), at=NOW) for n in range(4)]
    assert [each.decline or each.outcome for each in answers] == ["soft", "41", "paid", "paid"]


def test_one_reference_is_one_charge_however_often_it_is_asked_for(tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    assert bank.find(charge("m-1"), since=NOW) is None
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda _: Bank(tmp_path).charge(charge("m-1"), at=NOW), range(24)))
    assert set(receipts) == {bank.find(charge("m-1"), since=NOW)}
    assert bank.references() == ["m-1"]


def test_another_amount_under_the_same_reference_is_answered_with_what_was_charged(tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    first = bank.charge(charge("m-1"), at=NOW)
    assert bank.charge(charge("m-1", amount=Money(5_00, "EUR")), at=NOW) == first


def test_no_card_but_a_test_card_is_charged(tmp_path: Path) -> None:
    with pytest.raises(TryAgainLater, match="test cards only"):
        Bank(tmp_path).charge(charge("m-1", "pm_1Nqz"), at=NOW)
    assert Bank(tmp_path).references() == []
