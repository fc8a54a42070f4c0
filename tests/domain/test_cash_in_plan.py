"""Money in question: chasing of what it may pay waits, until a person says so or the days are over."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from domain.account_fold import Building, build
from domain.facts import Body, Fact, InvoiceIssued, PaymentCancelled, PaymentReceived, TaskCompleted
from domain.plan import plan
from tests.domain.playing import CUSTOMER, A, Event, effects, event, holds, invoice, paid, play, policy

SECOND_ON_TIME = "03-10 09:00 second/email A"


def question(at: str = "2026-03-05", to: str = "2026-03-12", **fields: object) -> Event:
    named = {"question": "bank-1", "amount": "100.00", "currency": "EUR", "to": to, "reason": "bank line 1"}
    return event(at, "money_in_question", **(named | fields))


def decided(at: str) -> Event:
    return event(at, "money_decided", question="bank-1", outcome="it is from somebody else")


def test_chasing_waits_while_money_is_in_question_and_goes_on_after_the_days() -> None:
    outcome = play(A, question(), until="2026-03-15")

    assert effects(outcome) == ["03-03 09:00 first/email A", "03-13 09:00 second/email A"]
    assert any("hold.in_question" in each for each in holds(outcome))


def test_an_answer_lets_chasing_go_on_at_once() -> None:
    outcome = play(A, question(), decided("2026-03-06"), until="2026-03-11")

    assert effects(outcome)[-1] == SECOND_ON_TIME


def test_only_what_the_money_may_pay_waits() -> None:
    other = play(A, question(invoices=["B"]), invoice("B", due="2026-05-01"), until="2026-03-11")
    foreign = play(A, question(currency="USD"), until="2026-03-11")

    assert effects(other)[-1] == effects(foreign)[-1] == SECOND_ON_TIME


def test_a_payment_that_was_booked_by_mistake_is_owed_again() -> None:
    back = event("2026-03-05", "payment_cancelled", payment="P", reason="it was another customer's")

    assert effects(play(A, paid("2026-03-01"), until="2026-03-09")) == []
    assert effects(play(A, paid("2026-03-01"), back, until="2026-03-09")) == ["03-05 09:00 first/email A"]


# --- the same money by a second door, after the bank's file


def fact(body: Body, day: int, *, source: str, learned: int | None = None, name: str = "") -> Fact:
    return Fact(
        source=source,
        id=name or f"{source}-{day}",
        happened_on=date(2026, 3, day),
        happened_at=None,
        learned_at=datetime(2026, 3, learned or day, 8, tzinfo=UTC),
        body=body,
    )


BILL = fact(
    InvoiceIssued(invoice="A", amount="100.00", currency="EUR", due_on="2026-03-02"), 1, source="test"
)
OTHER = fact(
    InvoiceIssued(invoice="B", amount="100.00", currency="EUR", due_on="2026-03-02"),
    1,
    source="test",
    name="B",
)


def money(payment: str, invoice: str | None = None, amount: str = "100.00") -> PaymentReceived:
    return PaymentReceived(payment=payment, amount=amount, currency="EUR", invoice=invoice)


BANKED = fact(money("bank-1", "A"), 4, source="bank")


def doubles(*history: Fact) -> list[str]:
    return [each.other for each in build(CUSTOMER, history).doubles]


@pytest.mark.parametrize(
    ("second", "twice"),
    [
        (fact(money("ch_1", "A"), 5, source="stripe"), True),
        (fact(money("ch_1"), 9, source="stripe"), True),
        (fact(money("ch_1", "B"), 5, source="stripe"), False),
        (fact(money("ch_1", "A", "99.00"), 5, source="stripe"), False),
        (fact(money("ch_1", "A"), 10, source="stripe"), False),
        (fact(money("bank-2", "A"), 5, source="bank"), False),
        (fact(money("ch_1", "A"), 5, source="stripe", learned=3), False),  # then the file came second
    ],
)
def test_money_that_comes_again_by_another_door_is_seen(second: Fact, twice: bool) -> None:
    assert doubles(BILL, OTHER, BANKED, second) == (["ch_1"] if twice else [])


def test_what_was_taken_back_is_no_double_and_the_order_of_learning_facts_changes_nothing() -> None:
    second = fact(money("ch_1", "A"), 5, source="stripe")
    back = fact(PaymentCancelled(payment="bank-1"), 6, source="bank")
    building = Building(CUSTOMER, channels=(), go_live_on=None, allocation="oldest_due")

    assert doubles(BILL, BANKED, second, back) == []
    for each in (second, BILL, BANKED):
        account = building.learn([each], ())
    assert [each.other for each in account.doubles] == ["ch_1"]
    assert building.learn([back], ()).doubles == ()


def test_a_task_asks_once_and_chasing_waits_until_it_is_done() -> None:
    second = fact(money("ch_1"), 5, source="stripe")
    now = datetime(2026, 3, 5, 10, tzinfo=UTC)
    # One of two invoices looks paid twice over; the third is late.
    late = fact(
        InvoiceIssued(invoice="C", amount="70.00", currency="EUR", due_on="2026-03-02"),
        1,
        source="test",
        name="C",
    )
    account = build(CUSTOMER, [BILL, OTHER, late, BANKED, second])
    asked = plan(policy(), account, now)

    assert [(each.kind, each.step) for each in asked.effects] == [("task", "money-twice")]
    assert "hold.twice" in [each.reason.rule for each in asked.held]
    done = fact(TaskCompleted(step="money-twice"), 5, source="command", learned=5)
    done = replace(done, happened_at=now, learned_at=now)
    after = plan(policy(), build(CUSTOMER, [BILL, OTHER, late, BANKED, second, done]), now)
    assert [(each.kind, each.step) for each in after.effects] == [("notice", "first")]
    much_later = plan(policy(), account, datetime(2026, 3, 13, 10, tzinfo=UTC))
    assert "hold.twice" not in [each.reason.rule for each in much_later.held]
