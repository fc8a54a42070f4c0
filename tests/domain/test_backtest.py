"""What a backtest counts, against figures worked out by hand on the standard ladder of `playing`."""

from collections import Counter
from dataclasses import fields
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import facts
from domain.backtest import (
    Assumption,
    Backtest,
    Named,
    Past,
    Tally,
    Tried,
    as_it_happened,
    cash,
    is_for,
    last_day,
    try_out,
)
from domain.backtest_report import CONTACTS, DAYS, group_names, grouped, json_values, notes, sections, words
from domain.customer import Customer
from domain.facts import Fact
from domain.money import Money
from domain.policy import Policy
from domain.simulation.events import read_events
from tests.domain.playing import FINAL, FIRST, LADDER, SECOND, SUSPEND, event, invoice, paid, policy
from tests.domain.test_ends import LAST_CALL, RESTRICT, TERMINATE

UNTIL = date(2026, 5, 31)
NEXT = date(2026, 4, 1)


def past(*events: dict[str, Any], name: str = "c-1", segment: str = "business", **more: Any) -> Past:
    customer = Customer(id=name, currency="EUR", segment=segment, **more)
    return as_it_happened(customer, read_events(customer, events), channels=("email", "sms"))


def tally(*pasts: Past, under: Policy | None = None, until: date = UNTIL, days: int = 5) -> Tally:
    return try_out([under or policy()], pasts, until=until, days=days).tallies[0]


LATE = past(invoice(), paid("2026-03-20"))
"""Due on 2 March; first on the 3rd, second on the 10th, final on the 17th; paid on the 20th."""


def test_messages_are_counted_by_step_and_channel_and_month() -> None:
    found = tally(LATE, past(invoice("B"), paid("2026-03-05", invoice="B", name="Q"), name="c-2"))
    assert found.notices == {("first", "email"): 2, ("second", "email"): 1, ("final", "email"): 1}
    assert found.months == {"2026-03": 4}
    assert found.contacts == {3: 1, 1: 1}
    assert (found.customers, found.invoices, found.open, found.suspensions) == (2, 2, 0, 0)


def test_a_suspension_lasts_until_the_return_or_the_last_day() -> None:
    # Suspended on 1 April; the money of the 11th brings the service back at once, at ten.
    found = tally(past(invoice(), paid("2026-04-11")))
    assert (found.suspensions, found.returns, found.suspended_days) == (1, 1, 10)
    assert (found.suspended_customers, found.suspended_at_end, found.suspended) == (1, 0, ["c-1"])
    found = tally(past(invoice()), until=date(2026, 4, 15))
    assert (found.returns, found.suspended_days, found.suspended_at_end, found.open) == (0, 14, 1, 1)


def test_restrictions_and_ends_are_counted_and_an_end_ends_the_suspension() -> None:
    under = policy(*LADDER[:3], RESTRICT, SUSPEND, LAST_CALL, TERMINATE)
    found = tally(past(invoice()), under=under, until=date(2026, 7, 31))
    assert (found.restrictions, found.suspensions, found.terminations, found.returns) == (1, 1, 1, 0)
    assert (found.suspended_days, found.suspended_at_end) == (61, 0)  # from 1 April to 1 June
    rows = words(whole(past(invoice()), rules=(under,)))
    assert "restrictions" in rows
    assert "subscriptions ended" not in rows  # they would, after the last day that is played


def test_what_was_handed_over_under_the_old_policy_is_not_history() -> None:
    given = event("2026-03-05", "handed_over", invoice="A")
    assert tally(past(invoice(), given)).notices == tally(past(invoice())).notices


def test_what_is_held_is_counted_by_its_rule() -> None:
    found = tally(past(invoice(), event("2026-03-01", "dispute_opened", dispute="D", invoice="A")))
    assert found.holds == {"hold.disputed": 1}
    assert found.notices == {}


def test_days_to_paid_are_those_of_history() -> None:
    early = past(invoice("B"), paid("2026-02-28", invoice="B", name="Q"), name="c-2")
    credited = past(
        invoice("C"),
        event("2026-03-09", "credit_note", credit_note="N", invoice="C", amount="100.00"),
        name="c-3",
    )
    found = tally(LATE, early, credited, past(invoice("D"), name="c-4"))
    assert found.paid == {18: 1, -2: 1}
    assert found.open == 1


def test_a_customer_of_another_segment_is_counted_and_not_played() -> None:
    found = tally(LATE, past(invoice("B"), name="c-2", segment="consumer"))
    assert (found.customers, found.not_for) == (1, {"consumer": 1})
    assert not is_for(policy(), Customer(id="c-2", segment="consumer"))


def test_only_what_happened_until_the_last_day_counts() -> None:
    found = tally(LATE, until=date(2026, 3, 12))
    assert (found.open, found.paid, found.notices.total(), found.money) == (1, {}, 2, {})


# --- whose doing a fact was


def test_our_own_doing_is_played_anew_and_a_bounce_stays_true() -> None:
    ours = [
        event("2026-03-04T10:00:00Z", "delivered", step="first", channel="email"),
        event("2026-03-11T10:00:00Z", "bounced", step="second", channel="email"),
        event("2026-03-20T10:00:00Z", "approved"),
    ]
    known = past(invoice(), *ours)
    assert [facts.kind_of(fact.body) for fact in known.facts] == ["invoice_issued", "contact_invalid"]
    # The bounced email is not sent again, and the next steps go where somebody is reached.
    assert tally(known).notices == {("first", "email"): 1, ("second", "email"): 1, ("final", "sms"): 1}


def test_a_fact_is_known_on_its_day_whenever_the_ledger_learned_it() -> None:
    tokyo = Customer(id="c-1", timezone="Asia/Tokyo")
    (told,) = read_events(tokyo, [invoice()])
    imported = Fact(
        source="import",
        id="invoice:A",
        happened_on=told.happened_on,
        happened_at=None,
        learned_at=datetime(2026, 9, 1, tzinfo=UTC),
        body=told.body,
    )
    (known,) = as_it_happened(tokyo, [imported], channels=("email",)).facts
    assert known.learned_at == datetime(2026, 2, 2, 1, tzinfo=UTC)  # ten in the morning
    assert last_day([Past(customer=tokyo, channels=(), facts=(known,))]) == date(2026, 2, 2)
    assert last_day([]) is None


# --- the assumption


@pytest.mark.parametrize(
    ("share", "days", "brought"),
    [
        # 100.00 EUR paid on the 20th. The first notice of the 3rd brings its share on the 8th, 12 days
        # earlier; the second of the 10th a share of the rest on the 15th, 5 days earlier; the third is
        # too late.
        pytest.param("0.20", 5, 12 * 2000 + 5 * 1600, id="a fifth, and a fifth of the rest"),
        pytest.param("1", 5, 12 * 10000, id="all at the first notice"),
        pytest.param("0", 5, 0, id="nobody reacts"),
        pytest.param("0.20", 0, 17 * 2000 + 10 * 1600 + 3 * 1280, id="at once: three notices in time"),
        pytest.param("0.20", 30, 0, id="too slow for any"),
    ],
)
def test_money_is_brought_forward_as_assumed(share: str, days: int, brought: int) -> None:
    found = cash(tally(LATE, days=days), Assumption(days=days, share=Decimal(share)), until=UNTIL)
    assert found["EUR"].brought_days == Money(brought, "EUR")
    assert found["EUR"].paid == Money(100_00, "EUR")
    assert found["EUR"].late_days == Money(18 * 100_00, "EUR")
    # From 2 February to 31 May are 119 days.
    assert found["EUR"].on_average == Money(round(Fraction(brought, 119)), "EUR")


def test_nothing_is_brought_before_the_due_date() -> None:
    upcoming = {"kind": "notice", "id": "upcoming", "offset_days": -10, "template": "u"}
    found = tally(LATE, under=policy(upcoming))
    assert found.moved == {("EUR", 0): 18 * 100_00}


def test_money_counts_at_each_month_end_that_it_is_brought_before() -> None:
    # Due 2 March, first notice on the 3rd: the share arrives on 8 March instead of 2 May.
    found = tally(past(invoice(), paid("2026-05-02")), under=policy(FIRST))
    ends = cash(found, Assumption(), until=UNTIL)["EUR"].month_ends
    assert ends == {date(2026, 3, 31): Money(20_00, "EUR"), date(2026, 4, 30): Money(20_00, "EUR")}


def test_one_day_with_two_channels_is_one_notice() -> None:
    both = policy({**FIRST, "channels": ["email", "sms"], "send": "all"})
    found = tally(LATE, under=both)
    assert found.notices == {("first", "email"): 1, ("first", "sms"): 1}
    assert found.moved == {("EUR", 0): 12 * 100_00}


def test_a_policy_changes_nothing_about_the_payments() -> None:
    strict, gentle = tally(LATE), tally(LATE, under=policy(SECOND))
    assert (strict.paid, strict.money, strict.late) == (gentle.paid, gentle.money, gentle.late)


@pytest.mark.parametrize(
    ("days", "share"), [(-1, "0.2"), (366, "0.2"), (5, "1.1"), (5, "-0.1"), (5, "0.00001"), (5, "NaN")]
)
def test_an_assumption_that_means_nothing_is_refused(days: int, share: str) -> None:
    with pytest.raises(ValueError, match="write 0 to"):
        Assumption(days=days, share=Decimal(share))


def test_the_assumption_says_itself_with_its_numbers() -> None:
    said = Assumption(days=7, share=Decimal("0.125")).words
    assert "12.5 % of the money" in said
    assert "more than 7 days later arrive 7 days after it" in said


@given(share=st.decimals(0, 1, places=4), notices=st.integers(1, 12))
def test_shares_never_move_more_than_there_is(share: Decimal, notices: int) -> None:
    moved = sum((Assumption(share=share).weight(number) for number in range(notices)), start=Fraction(0))
    assert 0 <= moved <= 1


# --- adding up


def test_the_sum_does_not_depend_on_the_order_or_on_the_parts() -> None:
    pasts = [
        LATE,
        past(invoice("B"), name="c-2"),
        past(invoice("C", amount="70.50"), paid("2026-04-20", "70.50", invoice="C"), name="c-3"),
        past(invoice("D"), name="c-4", segment="consumer"),
    ]
    rules = [policy(), policy(FIRST, {**FINAL, "needs_delivered": []})]
    whole = try_out(rules, pasts, until=UNTIL, days=5)
    for parts in ([pasts[2:], pasts[:2]], [[each] for each in reversed(pasts)]):
        added = Tried(tallies=(Tally(), Tally()))
        for part in parts:
            added.add(try_out(rules, part, until=UNTIL, days=5))
        assert added == whole


def test_a_tally_adds_every_field() -> None:
    one = tally(past(invoice()))
    two = Tally()
    two.add(one)
    two.add(one)
    for each in fields(Tally):
        value, doubled = getattr(one, each.name), getattr(two, each.name)
        match value:
            case Counter():
                assert doubled == {key: 2 * count for key, count in value.items()}
            case int():
                assert doubled == 2 * value, each.name
            case list():
                assert doubled == sorted([*value, *value])
            case date():
                assert doubled == value


def test_those_with_most_messages_come_first() -> None:
    busy = Named.of("z", notices=9, tasks=0, suspensions=0)
    worse = Named.of("b", notices=9, tasks=0, suspensions=1)
    calm = Named.of("a", notices=1, tasks=5, suspensions=3)
    assert sorted([calm, busy, worse]) == [worse, busy, calm]
    assert (worse.notices, worse.suspensions, calm.tasks) == (9, 1, 5)


def test_two_policies_are_compared_over_those_for_whom_both_are() -> None:
    rules = [policy(), policy(FIRST)]
    found = try_out(rules, [LATE, past(invoice("B"), name="c-2")], until=UNTIL, days=5).shift
    assert (found.customers, found.more, found.fewer) == (2, 0, 2)
    assert (found.suspended_by_both, found.suspended_by_first, found.suspended_by_second) == (0, 1, 0)


# --- as people and machines read it


@pytest.mark.parametrize(
    ("number", "group"),
    [
        (-30, "early"),
        (-1, "early"),
        (0, "0"),
        (1, "1 to 7"),
        (7, "1 to 7"),
        (8, "8 to 14"),
        (61, "61 and more"),
    ],
)
def test_days_are_grouped(number: int, group: str) -> None:
    counts = dict(zip(group_names(DAYS), grouped({number: 3}, DAYS), strict=True))
    assert {name for name, count in counts.items() if count} == {group}


@given(st.dictionaries(st.integers(0, 500), st.integers(0, 9)))
def test_every_count_is_in_one_group(counted: dict[int, int]) -> None:
    assert sum(grouped(counted, CONTACTS)) == sum(counted.values())


def whole(*pasts: Past, rules: tuple[Policy, ...]) -> Backtest:
    return Backtest(
        source="r.csv",
        customers=len(pasts),
        until=UNTIL,
        policies=rules,
        assumption=Assumption(),
        tried=try_out(rules, pasts, until=UNTIL, days=5),
    )


def test_a_small_backtest_as_text() -> None:
    gentle = policy(FIRST, SECOND, title="Gentle", policy="gentle")
    strict = policy(*LADDER[:3], SUSPEND)
    found = whole(LATE, past(invoice("B"), name="c-2"), rules=(strict, gentle))
    first, second = (f"{each.policy} {each.version}" for each in (strict, gentle))
    lines = [" ".join(line.split()) for line in words(found).splitlines()]
    assert lines[:41] == [
        "r.csv: 2026-02-02 to 2026-05-31",
        "",
        f"{first} {second}",
        "Who was played",
        "customers 2 2",
        "customers whom it is not for 0 0",
        "customers who got a message 2 2",
        "invoices 2 2",
        "invoices still open 1 1",
        "Messages by step and channel",
        "all 7 4",
        "first, email 2 2",
        "second, email 2 2",
        "final, email 2 0",
        "suspended, email 1 0",
        "Suspensions",
        "suspensions 1 0",
        "customers suspended 1 0",
        "returns 0 0",
        "days suspended, all together 60 0",
        "suspended on the last day 1 0",
        "Held back by rule",
        "window.hours 2 2",
        "Customers by messages",
        "2 0 2",
        "3 to 5 2 0",
        "Invoices by days from due to paid, as it was",
        "median 18 18",
        "15 to 30 1 1",
        "Money in EUR",
        "paid 100.00 100.00",
        "paid late, amount x days 1,800.00 1,800.00",
        "brought forward, amount x days 320.00 320.00",
        "that is, of the lateness 17.8 % 17.8 %",
        "more in hand on an average day 2.69 2.69",
        "more in hand at an average month end 0.00 0.00",
        "more in hand at the best month end 0.00 0.00",
        "",
        f"Most messages under {first}: c-2 4, c-1 3",
        f"Most messages under {second}: c-1 2, c-2 2",
        (
            f"From {first} to {second}, customers under both: 2. More messages get 0, fewer 2, as many 0."
            f" Suspended under both: 0, only under {first}: 1, only under {second}: 0."
        ),
    ]
    assert lines[-1] == found.assumption.words


def test_the_json_has_the_same_figures() -> None:
    found = json_values(whole(LATE, past(invoice("B"), name="c-2", segment="consumer"), rules=(policy(),)))
    (under,) = found["policies"]
    assert found["compared"] is None
    assert (found["since"], found["until"], found["customers"]) == ("2026-02-02", "2026-05-31", 2)
    assert under["notices"]["by_step"] == {
        "first": {"email": 1},
        "second": {"email": 1},
        "final": {"email": 1},
    }
    assert under["not_for"] == {"consumer": 1}
    assert under["days_from_due_to_paid"] == {"18": 1}
    assert under["cash"] == {
        "EUR": {
            "paid": "100.00",
            "paid_late_amount_days": "1800.00",
            "brought_forward_amount_days": "320.00",
            "more_in_hand_on_average": "2.69",
            "more_in_hand_at_month_ends": {},
        }
    }
    assert under["most_contacted"] == [{"customer": "c-1", "notices": 3, "tasks": 0, "suspensions": 0}]


def test_the_notes_say_who_was_left_out_and_that_columns_differ() -> None:
    consumer = policy(**{"for": {"segments": ["consumer"]}})
    said = notes(whole(LATE, past(invoice("B"), name="c-2", segment="consumer"), rules=(policy(), consumer)))
    assert any("not for them: 1 of segment consumer" in each for each in said)
    assert said[-1].startswith("The policies are for different segments")


def test_there_is_no_section_without_figures() -> None:
    titles = [section.title for section in sections(whole(LATE, rules=(policy(),)))]
    assert "Tasks by step" not in titles
    assert "Money in EUR" in titles
