"""The recovery report from a ledger: what counts as overdue and as recovered, and in which group."""

from datetime import timedelta

import pytest

from domain.facts import CreditNote, Refunded, WrittenOff
from domain.policy import Policy
from store import policies, recovery

WITHIN = 30


def report(business, *, by=None, as_of=90, first=None, last=None):
    day = lambda number: None if number is None else business.at(number).date()  # noqa: E731
    found = recovery.recovered(
        business.ledger, first=day(first), last=day(last), within_days=WITHIN, as_of=day(as_of), by=by
    )
    return [
        (
            each.group,
            each.overdue.plain(),
            each.debts,
            each.came_in.plain(),
            each.recovered_debts,
            each.settled_otherwise.plain(),
        )
        for each in found.cohorts
    ]


def test_what_is_paid_in_time_is_not_overdue(business):
    business.invoice(business.customer())
    business.pay("ACME", now=business.at(0))
    assert report(business) == []


def test_what_comes_in_within_the_days_is_recovered(business):
    business.invoice(business.customer())
    business.pay("ACME", "40.00", now=business.at(-1))
    business.pay("ACME", "60.00", now=business.at(WITHIN))
    assert report(business) == [("", "60.00", 1, "60.00", 1, "0.00")]


def test_what_comes_in_later_is_not(business):
    business.invoice(business.customer())
    business.pay("ACME", "30.00", now=business.at(5))
    business.pay("ACME", "70.00", now=business.at(WITHIN + 1))
    assert report(business) == [("", "100.00", 1, "30.00", 0, "0.00")]


def test_money_that_went_back_was_not_recovered(business):
    business.invoice(business.customer())
    business.pay("ACME", now=business.at(5), payment="P-1")
    business.record("ACME", Refunded(payment="P-1"), now=business.at(9))
    assert report(business) == [("", "100.00", 1, "0.00", 0, "0.00")]


@pytest.mark.parametrize(
    "body",
    [CreditNote(credit_note="C-1", invoice="INV-1", amount="100.00"), WrittenOff(invoice="INV-1")],
)
def test_a_credit_note_and_a_write_off_bring_nothing(business, body):
    business.invoice(business.customer())
    business.record("ACME", body, now=business.at(5))
    assert report(business) == [("", "100.00", 1, "0.00", 0, "100.00")]


def test_only_what_became_overdue_in_the_time_is_in_it(business):
    business.invoice(business.customer())
    assert report(business, first=1, last=1) == [("", "100.00", 1, "0.00", 0, "0.00")]
    assert report(business, first=2) == []
    assert report(business, last=0) == []
    assert report(business, as_of=0) == []


def test_by_step_it_is_the_last_one_before_the_money(business):
    for name in ("ACME", "BOLT", "CALM"):
        business.invoice(business.customer(name), f"INV-{name}")
    for name in ("ACME", "BOLT"):
        business.send(name, "first/email", business.at(3))
    business.send("ACME", "second/email", business.at(10))
    for name, day in (("ACME", 12), ("BOLT", 8)):
        business.pay(name, now=business.at(day))
    assert report(business, by="step") == [
        ("first", "100.00", 1, "100.00", 1, "0.00"),
        ("no step", "100.00", 1, "0.00", 0, "0.00"),
        ("second", "100.00", 1, "100.00", 1, "0.00"),
    ]


def experiment(business, policy, name):
    """Adopt an experiment with two arms; one is under the policy `soft`."""
    soft = {"policy": "soft", "for": {"tags": ["nobody"]}}
    arms = [{"id": "soft", "share": 50, "policy": "soft"}]
    trial = {"experiment": {"name": name, "arms": arms, "hold_out": 50}}
    content = policy.model_dump(by_alias=True)
    adopting = [Policy.model_validate({**content, **more}) for more in (soft, trial)]
    policies.adopt_all(business.ledger, adopting, now=business.at(-25), by="maria")


def test_by_arm_it_is_the_one_when_the_debt_became_overdue(business, policy):
    """An experiment that begins later, or another one, says nothing about debts of before."""
    experiment(business, policy, "trial")
    for number in range(8):
        name = business.customer(f"C-{number}")
        business.invoice(name, f"INV-{number}")
        business.assess(name, business.at(-20))
    experiment(business, policy, "second")
    for number in range(8):
        business.assess(f"C-{number}", business.at(2))
    groups = {group: debts for group, _, debts, *_ in report(business, by="arm")}
    assert set(groups) == {"trial/soft", "trial/hold_out"}
    assert sum(groups.values()) == 8


def test_who_was_never_looked_at_before_is_in_no_experiment(business, policy):
    business.invoice(business.customer())
    experiment(business, policy, "trial")
    business.assess("ACME", business.at(2))
    assert [group for group, *_ in report(business, by="arm")] == ["no experiment"]


def test_an_open_cohort_is_not_closed(business):
    business.invoice(business.customer())
    as_of = business.at(40).date()
    found = recovery.recovered(
        business.ledger, first=None, last=None, within_days=WITHIN, as_of=as_of, by=None
    )
    (cohort,) = found.cohorts
    assert not cohort.closed
    assert cohort.closed_on - timedelta(days=1) > as_of
