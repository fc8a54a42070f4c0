"""Interest from the proposal on somebody's desk to the money, on both databases."""

from datetime import date

import pytest
from sqlmodel import select

from activities.notices import notice_of
from composition import seller
from domain.documents import read
from domain.facts import InvoiceVoided
from domain.policy import Policy
from settings import Settings
from store import commands, invariants, policies, tasks
from store.errors import Refused
from store.tables import DebtRow, FactRow, TaskRow
from tests.store.conftest import POLICY

INTEREST = "interest: {basis: statutory, compensation: true, propose_at: 15}\n"


@pytest.fixture
def late(business):
    """A customer in the Netherlands under a policy that proposes interest on day 15."""
    policy = read(POLICY + INTEREST, model=Policy, name="business.yaml")
    policies.adopt(business.ledger, policy, now=business.at(-40), by="test")
    name = business.customer(country="NL")
    business.invoice(name, amount="10000.00")
    return name


def proposed(business, name, day=15):
    """Open the task that the plan wants; return why it was opened."""
    assert "interest/task" in [effect.key for effect in business.assess(name, business.at(day)).plan.effects]
    begun = business.begun(name, "interest/task", business.at(day))
    business.confirm(name, begun.message, business.at(day))
    return next(task.why for task in waiting(business) if task.step == "interest")


def waiting(business):
    return tasks.worklist(business.ledger)


def steps(business):
    return [task.step for task in waiting(business)]


def do(business, name, command, day=16, **data):
    return commands.perform(business.ledger, name, command, data, now=business.at(day)).words


def debts(business):
    with business.ledger.read() as session:
        rows = session.exec(select(DebtRow).order_by(DebtRow.invoice)).all()
        return {row.invoice: (row.open_minor, row.state, row.main) for row in rows}


def outcome(business, step):
    with business.ledger.read() as session:
        row = session.exec(select(TaskRow).where(TaskRow.step == step)).one()
        return row.outcome, row.closed_by


def test_interest_is_proposed_once_booked_and_paid(business, late):
    """ECB 2.15 + 8: 10,000 × 10.15 % × 15/365 = 41.71 on day 15, 44.49 on day 16; and 40."""
    assert proposed(business, late).startswith(
        "41.71 EUR interest and 40.00 EUR compensation on INV-1 to 2026-03-17"
    )
    assert "interest/task" not in [e.key for e in business.assess(late, business.at(16)).plan.effects]
    [task] = [task for task in waiting(business) if task.step == "interest"]
    assert (task.kind, dict(task.debts)) == ("review", {"INV-1": "81.71"})

    said = do(business, late, "book_fee", invoice="INV-1", kind="interest", by="maria")
    assert said == "Booked interest of 44.49 EUR on INV-1 as INV-1-I1."
    assert "interest" in steps(business)  # the compensation is still to be decided
    do(business, late, "book_fee", invoice="INV-1", kind="compensation", by="maria")

    assert "interest" not in steps(business)
    assert outcome(business, "interest") == ("booked", "maria")
    assert debts(business) == {
        "INV-1": (10_000_00, "open", True),
        "INV-1-C1": (40_00, "open", False),
        "INV-1-I1": (44_49, "open", False),
    }
    business.pay(late, "10084.49", now=business.at(17))
    assert {open_ for open_, _, _ in debts(business).values()} == {0}
    assert invariants.broken(business.ledger) == []


def test_a_double_click_books_once(business, late):
    first = do(business, late, "book_fee", invoice="INV-1", kind="interest")
    again = do(business, late, "book_fee", invoice="INV-1", kind="interest")

    assert (first[:6], again) == ("Booked", "Already done: booked interest on INV-1.")
    with business.ledger.read() as session:
        assert len(session.exec(select(FactRow).where(FactRow.kind == "fee_booked")).all()) == 1
    with pytest.raises(Refused, match="it is booked until 2026-03-18"):
        do(business, late, "book_fee", invoice="INV-1", kind="interest", by="somebody else")


def test_a_fee_is_waived_or_cancelled_and_then_booked_again(business, late):
    do(business, late, "book_fee", invoice="INV-1", kind="compensation")
    said = do(business, late, "waive_fee", fee="INV-1-C1", amount="15.00", reason="goodwill")
    assert said == "Waived 15.00 of INV-1-C1: goodwill."
    assert debts(business)["INV-1-C1"] == (25_00, "open", False)

    do(business, late, "cancel_fee", fee="INV-1-C1", reason="wrong law")
    assert debts(business)["INV-1-C1"] == (0, "void", False)
    assert "INV-1-C2" in do(business, late, "book_fee", invoice="INV-1", kind="compensation")
    assert invariants.broken(business.ledger) == []


def test_a_proposal_is_withdrawn_with_its_invoice_and_what_was_booked_is_to_be_cancelled(business, late):
    proposed(business, late)
    do(business, late, "book_fee", invoice="INV-1", kind="interest")
    business.record(late, InvoiceVoided(invoice="INV-1"), now=business.at(18))
    assert "interest" in steps(business)

    effects = [effect.key for effect in business.assess(late, business.at(18)).plan.effects]

    assert effects == ["cancel_fee/task"]
    assert outcome(business, "interest") == ("booked", "engine")
    business.confirm(late, business.begun(late, "cancel_fee/task", business.at(18)).message, business.at(18))
    [task] = [task for task in waiting(business) if task.step == "cancel_fee"]
    assert task.why == "INV-1-I1 of 44.49 EUR is to be cancelled: nothing of INV-1 was ever owed"
    do(business, late, "cancel_fee", day=19, fee="INV-1-I1", reason="the invoice was void", by="maria")
    assert outcome(business, "cancel_fee") == ("cancelled", "maria")
    assert invariants.broken(business.ledger) == []


def test_a_declined_proposal_does_not_come_back(business, late):
    proposed(business, late)
    do(business, late, "complete_task", step="interest", outcome="declined")

    assert "interest" not in steps(business)
    effects = [effect.key for effect in business.assess(late, business.at(30)).plan.effects]
    assert "interest/task" not in effects


def test_a_number_that_another_customer_has_is_refused(business, late):
    business.invoice(business.customer("BOLT"), "INV-1-I1", due=date(2026, 9, 1))
    with pytest.raises(Refused, match="INV-1-I1 belongs to another customer"):
        do(business, late, "book_fee", invoice="INV-1", kind="interest")
    assert do(business, late, "book_fee", invoice="INV-1", kind="interest", fee="MINE").startswith("Booked")


def test_the_rows_of_a_fee_outlive_the_ledger_s_rebuild(business, late):
    """Debts and entries are what a fresh posting of all facts makes of them, fees among them."""
    do(business, late, "book_fee", invoice="INV-1", kind="interest")
    before = debts(business)
    business.pay(late, "10.00", now=business.at(20), on=date(2026, 3, 1))  # backdated: all is posted anew

    assert before["INV-1-I1"] == debts(business)["INV-1-I1"]
    assert invariants.broken(business.ledger) == []


def test_a_notice_announces_no_proposal_to_finance(business, late):
    """Between the first reminder and the second the proposal falls, which the customer does not meet."""
    policy = read(POLICY + INTEREST.replace("15", "5"), model=Policy, name="business.yaml")
    policies.adopt(business.ledger, policy, now=business.at(-30), by="test")
    forecast = business.assess(late, business.at(3)).plan.forecast
    assert [line.step for line in forecast] == ["first", "interest", "second"]
    begun = business.begun(late, "first/email", business.at(3))

    notice = notice_of(begun, seller=seller(Settings()))

    assert (notice.next_on, notice.next_says) == (business.at(10).date(), "reminder")


def test_a_notice_lists_what_was_booked_apart_and_says_what_a_further_day_costs(business, late):
    do(business, late, "book_fee", day=9, invoice="INV-1", kind="interest")
    do(business, late, "book_fee", day=9, invoice="INV-1", kind="compensation")
    business.send(late, "first/email", business.at(9))
    begun = business.begun(late, "second/email", business.at(11))

    notice = notice_of(begun, seller=seller(Settings()))

    assert [debt.invoice for debt in notice.debts] == ["INV-1"]
    assert [(each.invoice, each.charge.kind) for each in notice.charges] == [
        ("INV-1-C1", "compensation"),
        ("INV-1-I1", "interest"),
    ]
    interest = notice.charges[1].charge
    assert (interest.invoice, interest.rows) == ("INV-1", ("eu-2026-h1",))
    assert interest.basis.endswith("10,000.00 EUR × 10.15 % × 9/365 = 25.03 EUR")
    assert [str(total) for total in notice.totals] == ["10,000.00 EUR"]
    assert [str(total) for total in notice.to_pay] == ["10,065.03 EUR"]
    assert notice.interest is not None
    assert ([str(line.a_day) for line in notice.interest.lines], notice.interest.compensation) == (
        ["2.78 EUR"],
        (),
    )


def test_a_fee_that_is_not_due_yet_is_not_asked_for(business, late):
    due_on = business.at(40).date().isoformat()
    do(business, late, "book_fee", day=2, invoice="INV-1", kind="compensation", due_on=due_on)
    begun = business.begun(late, "first/email", business.at(3))

    notice = notice_of(begun, seller=seller(Settings()))

    assert (notice.charges, [debt.invoice for debt in notice.others]) == ((), ["INV-1-C1"])
    assert notice.to_pay == notice.totals
