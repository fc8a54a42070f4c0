"""Usage against its budget: levels to the cent, one message for each level and month.

The standard profile expects 1,000.00 EUR a month, so the budget is 1,200.00 EUR. The customer lives in UTC.
"""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain import facts
from domain.account_fold import build
from domain.customer import Customer
from domain.decide import decide
from domain.documents import BadDocument, read
from domain.money import Money
from domain.policy import Policy
from domain.policy_usage import Usage
from domain.simulation.events import read_events
from domain.simulation.forecast import perform
from domain.usage.book import Told, book_of
from domain.usage.watch import Standing, rank, standing, suspicion
from tests.domain.playing import CUSTOMER, A, effects, event, holds, play, policy
from tests.effort import examples

Event = dict[str, Any]
DAILY = {"opens": "00:00", "closes": "23:59", "weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}
ANY_HOUR = policy(window={**DAILY, "holidays": False})


def agreed(at: str = "2026-02-01", expected: str = "1000.00", **more: Any) -> Event:
    return event(at, "usage_profile_agreed", expected=expected, currency="EUR", by="maria", **more)


def used(at: str, amount: str, month: str | None = None, currency: str = "EUR", **more: Any) -> Event:
    measured = {"month": month or at[:7], "amount": amount, "currency": currency}
    return event(f"{at}T06:00:00Z", "usage_reported", **measured, **more)


def told(*events: Event) -> list[Told]:
    history = read_events(CUSTOMER, events)
    return list(build(CUSTOMER, history).usage_told)


def stands(*events: Event, today: str, terms: Usage | None = None) -> Standing | None:
    return standing(terms or Usage(), book_of(told(*events)), date.fromisoformat(today), "EUR")


# --- levels


@pytest.mark.parametrize(
    ("amount", "percent", "level"),
    [
        ("79.99", "79.99", None),
        ("80.00", "80.00", 80),
        ("99.99", "99.99", 80),
        ("100.00", "100.00", 100),
        ("149.99", "149.99", 100),
        ("150.00", "150.00", 150),
        ("602.84", "602.84", 600),
    ],
)
def test_a_level_is_reached_exactly(amount: str, percent: str, level: int | None) -> None:
    budget = agreed(expected="50.00", budget="100.00")
    found = stands(budget, used("2026-03-04", amount), today="2026-03-04")
    assert found is not None
    assert (found.percent, found.level) == (Decimal(percent), level)


def test_a_percentage_is_rounded_down_so_that_nothing_is_said_too_early() -> None:
    found = stands(agreed(budget="3000.00"), used("2026-03-04", "2399.99"), today="2026-03-04")
    assert found is not None
    assert (found.percent, found.level) == (Decimal("79.99"), None)


def test_levels_have_places_that_never_meet() -> None:
    assert [rank(Usage(), level) for level in (80, 100, 150, 200, 600)] == [0, 10, 11, 12, 20]
    assert rank(Usage(), 10**9) < 1000


@pytest.mark.parametrize(
    ("month", "profile", "budget"),
    [
        ("2026-03", {}, "1200.00"),
        ("2026-03", {"budget": "1100.00"}, "1100.00"),
        ("2026-12", {"peak": "2000.00", "peak_months": [11, 12]}, "2400.00"),
        ("2026-03", {"peak": "2000.00", "peak_months": [11, 12]}, "1200.00"),
        ("2026-12", {"peak": "2000.00", "peak_months": [12], "budget": "1100.00"}, "2400.00"),
        ("2026-12", {"peak": "500.00", "peak_months": [12], "budget": "1100.00"}, "1100.00"),
    ],
)
def test_a_budget_follows_from_what_was_agreed(month: str, profile: dict[str, Any], budget: str) -> None:
    found = stands(agreed(**profile), used(f"{month}-03", "1.00"), today=f"{month}-03")
    assert found is not None
    assert found.budget.amount == Money.of(budget, "EUR")
    assert found.budget.agreed


def test_without_a_profile_the_budget_is_low() -> None:
    found = stands(used("2026-03-04", "80.00"), today="2026-03-04")
    assert found is not None
    assert (str(found.budget.amount), found.budget.agreed, found.level) == ("100.00 EUR", False, 80)


# --- what was measured


def test_the_newest_reading_counts_whatever_came_last() -> None:
    readings = [used("2026-03-05", "500.00"), used("2026-03-09", "450.00"), used("2026-03-07", "480.00")]
    for order in (readings, readings[::-1]):
        found = stands(*order, today="2026-03-10")
        assert found is not None
        assert str(found.used) == "450.00 EUR"


def test_subscriptions_add_up_unless_the_whole_customer_was_measured() -> None:
    parts = [
        used("2026-03-05", "100.00", subscription="S-1"),
        used("2026-03-06", "30.00", subscription="S-2"),
        used("2026-03-07", "150.00", subscription="S-1"),
    ]
    found = stands(*parts, today="2026-03-07")
    assert found is not None
    assert str(found.used) == "180.00 EUR"
    found = stands(*parts, used("2026-03-06", "131.00"), today="2026-03-07")
    assert found is not None
    assert str(found.used) == "131.00 EUR"


def test_a_forecast_is_what_was_used_by_the_day_and_needs_some_days() -> None:
    early = stands(agreed(), used("2026-03-04", "200.00"), today="2026-03-04")
    later = stands(agreed(), used("2026-03-10", "400.00"), today="2026-03-10")
    assert early is not None
    assert later is not None
    assert (early.forecast, early.over) == (None, False)
    assert (str(later.forecast), later.over) == ("1,240.00 EUR", True)  # 400 / 10 * 31


def day_by_day(last: str, *, each: int = 20, days: int = 10) -> list[Event]:
    """So many days of a steady cost, and then one of another."""
    readings = [used(f"2026-03-{day:02}", f"{each * day}.00") for day in range(1, days + 1)]
    return [*readings, used(f"2026-03-{days + 1:02}", f"{Decimal(each * days) + Decimal(last)}")]


@pytest.mark.parametrize(
    ("last", "days", "is_spike"),
    [
        ("100.00", 10, False),  # five times the median of 20.00 is no more than that
        ("100.01", 10, True),
        ("100.01", 6, False),  # too few days to know what is usual
    ],
)
def test_a_spike_is_more_than_a_multiple_of_the_median(last: str, days: int, is_spike: bool) -> None:
    found = stands(agreed(), *day_by_day(last, days=days), today="2026-03-12")
    assert found is not None
    assert (found.spike is not None) is is_spike


def test_a_day_within_its_share_of_the_budget_is_no_spike() -> None:
    quiet = [*(used(f"2026-03-{day:02}", "0.00") for day in range(1, 11)), used("2026-03-11", "38.70")]
    assert stands(agreed(), *quiet, today="2026-03-11").spike is None  # type: ignore[union-attr]
    busy = [*quiet[:-1], used("2026-03-11", "38.72")]  # of 1,200.00 EUR a day of March has 38.71 EUR
    assert stands(agreed(), *busy, today="2026-03-11").spike is not None  # type: ignore[union-attr]


def test_what_says_nothing_of_misuse_is_no_suspicion() -> None:
    found = stands(agreed(), used("2026-03-04", "1799.99"), today="2026-03-04")
    assert found is not None
    assert suspicion(Usage(), found) is None
    found = stands(agreed(), used("2026-03-04", "1800.00"), today="2026-03-04")
    assert found is not None
    why = suspicion(Usage(), found)
    assert why is not None
    assert why.rule == "usage.odd"


# --- what is unbilled


@pytest.mark.parametrize(
    ("billed", "left"),
    [
        ([], ["150.00 EUR", "5.00 USD"]),
        ([{"month": "2026-02"}], ["50.00 EUR", "5.00 USD"]),
        ([{"month": "2026-02", "amount": "60.00", "currency": "EUR"}], ["90.00 EUR", "5.00 USD"]),
        ([{"month": "2026-02", "amount": "160.00", "currency": "EUR"}], ["50.00 EUR", "5.00 USD"]),
        ([{"month": "2026-02"}, {"month": "2026-03"}], []),
    ],
)
def test_what_was_used_and_not_billed_is_there_per_currency(
    billed: list[dict[str, str]], left: list[str]
) -> None:
    readings = [
        used("2026-02-27", "100.00"),
        used("2026-03-04", "50.00"),
        used("2026-03-04", "5.00", currency="USD"),
    ]
    bills = [event("2026-03-05", "usage_billed", **each) for each in billed]
    account = build(CUSTOMER, read_events(CUSTOMER, [*bills, *readings]))
    assert [str(money) for money in account.unbilled if money] == left


def test_who_uses_nothing_has_nothing_unbilled() -> None:
    assert build(CUSTOMER, read_events(CUSTOMER, [A])).unbilled == ()


# --- what is told, and what is to be done


def test_a_month_is_told_level_by_level_and_the_warning_again() -> None:
    outcome = play(
        agreed(review_on="2026-12-01"),
        used("2026-03-05", "959.99"),
        used("2026-03-10", "960.00"),
        used("2026-03-12", "1200.00"),
        used("2026-03-13", "1900.00"),
        under=policy(usage={"spike_days": 30, "forecast_days": 28}),
    )
    assert effects(outcome) == [
        "03-10 09:00 usage-warning/email (usage)",
        "03-12 06:00 usage-over/task (usage)",
        "03-12 09:00 usage-alert/email (usage)",
        "03-13 06:00 usage-odd/task (usage)",
        "03-13 09:00 usage-alert/email (usage)",
        "03-20 09:00 usage-warning/email (usage)",
        "03-27 09:00 usage-warning/email (usage)",
    ]


def test_of_several_levels_at_once_the_highest_alone_is_told() -> None:
    outcome = play(
        agreed(expected="20.00", budget="20.00", review_on="2026-12-01"),
        used("2026-03-30", "120.57"),
        used("2026-03-31", "110.00"),  # corrected: what was said stays said
    )
    assert effects(outcome) == [
        "03-30 06:00 usage-over/task (usage)",
        "03-30 06:00 usage-odd/task (usage)",
        "03-30 09:00 usage-alert/email (usage)",
    ]


def test_the_next_month_begins_anew_in_the_customers_zone() -> None:
    auckland = Customer(id="c-1", currency="EUR", timezone="Pacific/Auckland")
    outcome = play(
        agreed(review_on="2026-12-01"),
        event("2026-03-31T10:00:00Z", "usage_reported", month="2026-03", amount="1000.00", currency="EUR"),
        # There it is the first of April.
        event("2026-03-31T12:00:00Z", "usage_reported", month="2026-04", amount="0.00", currency="EUR"),
        event("2026-04-02T00:00:00Z", "usage_reported", month="2026-04", amount="1000.00", currency="EUR"),
        under=policy(usage={"spike_days": 30, "forecast_days": 28}, window={**DAILY, "holidays": False}),
        customer=auckland,
        until="2026-04-05",
    )
    assert [line for line in effects(outcome) if "warning" in line] == [
        "03-31 10:00 usage-warning/email (usage)",
        "04-02 00:00 usage-warning/email (usage)",
    ]


def test_what_is_measured_late_still_counts_for_some_days() -> None:
    in_time = play(agreed(), used("2026-04-03", "1300.00", month="2026-03"), until="2026-04-30")
    assert "04-03 09:00 usage-alert/email (usage)" in effects(in_time)
    too_late = play(agreed(), used("2026-04-04", "1300.00", month="2026-03"), until="2026-04-30")
    assert effects(too_late) == []


def test_a_forecast_is_told_once_and_a_level_after_it() -> None:
    outcome = play(
        agreed(review_on="2026-12-01"),
        used("2026-03-10", "500.00"),
        used("2026-03-11", "560.00"),
        used("2026-03-20", "970.00"),
        until="2026-03-21",
    )
    assert effects(outcome) == [
        "03-10 09:00 usage-forecast/email (usage)",
        "03-20 09:00 usage-warning/email (usage)",
    ]


def test_nobody_is_told_on_a_hold_but_finance() -> None:
    outcome = play(
        agreed(review_on="2026-12-01"),
        event("2026-03-01", "hold_set", reason="attorney"),
        used("2026-03-04", "1300.00"),
        until="2026-03-06",
    )
    assert effects(outcome) == ["03-04 06:00 usage-over/task (usage)"]
    assert "03-04 usage-alert hold.absolute" in holds(outcome)


def test_a_channel_that_fails_is_followed_by_the_next_one() -> None:
    outcome = play(
        agreed(review_on="2026-12-01"),
        used("2026-03-04", "1000.00"),
        event("2026-03-04T12:00:00Z", "bounced", channel="email"),
        until="2026-03-06",
    )
    assert effects(outcome) == [
        "03-04 09:00 usage-warning/email (usage)",
        "03-04 12:00 usage-warning/sms (usage)",
    ]


def test_usage_without_a_profile_is_a_task_and_so_is_a_profile_that_is_old() -> None:
    outcome = play(used("2026-03-04", "10.00"), agreed("2026-03-20T10:00:00Z"), until="2026-07-31")
    assert effects(outcome) == [
        "03-04 06:00 usage-profile/task (usage)",
    ]  # nobody said that the first one is done, and there is one at a time
    closed = event("2026-03-20T10:00:00Z", "task_completed", step="usage-profile")
    outcome = play(used("2026-03-04", "10.00"), agreed("2026-03-20T10:00:00Z"), closed, until="2026-07-31")
    assert effects(outcome) == [
        "03-04 06:00 usage-profile/task (usage)",
        "06-01 09:00 usage-profile/task (usage)",
    ]


def test_usage_in_a_currency_without_a_budget_is_a_task() -> None:
    outcome = play(
        agreed(review_on="2026-12-01"), used("2026-03-04", "10.00", currency="USD"), until="2026-03-06"
    )
    assert effects(outcome) == ["03-04 06:00 usage-profile/task (usage)"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"month": "2026-13"}, "write a month like 2026-02"),
        ({"amount": "1.234"}, "EUR has 2 decimals"),
        ({"amount": "-1"}, "greater than or equal to 0"),
        ({"amount": 1.5}, "a float is not exact"),
    ],
)
def test_a_reading_that_cannot_be_is_refused(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        facts.UsageReported(**{"month": "2026-03", "amount": "1.00", "currency": "EUR", **fields})


def test_a_policy_that_says_nothing_of_usage_keeps_its_version() -> None:
    assert "usage" not in policy().canonical()
    assert "access" not in policy().canonical()
    assert policy(usage={"warn_percent": 75}).version != policy().version
    assert policy(usage={"warn_percent": 80}).version == policy().version


@pytest.mark.parametrize(
    ("usage", "problem"),
    [
        ("{alert_percent: 80}", "usage.alert_percent: 80 is not above warn_percent, 80: the warning would"),
        ("{budget_factor: 0.5}", "usage.budget_factor: "),
        ("{budget_factor: 1_2}", "usage.budget_factor: write a number like 1.2, not '1_2'"),
        ("{default_budget: {EUR: 1.001}}", "usage.default_budget.EUR: "),
        ("{warn_procent: 70}", "usage.warn_procent: nobody knows this key (did you mean warn_percent?)"),
    ],
)
def test_a_mistake_in_a_policy_is_named_with_its_line(usage: str, problem: str) -> None:
    steps = "steps: [{kind: notice, id: first, offset_days: 1, template: reminder_first}]\n"
    text = f"policy: p\ntitle: P\nfor: {{segments: [business]}}\nusage: {usage}\n{steps}"
    with pytest.raises(BadDocument) as caught:
        read(text, model=Policy, name="p.yaml")
    assert str(caught.value).startswith(f"p.yaml:4: {problem}")


# --- the promise

PERCENTS = st.integers(0, 700)


@given(
    readings=st.lists(st.tuples(st.integers(0, 50), PERCENTS), min_size=1, max_size=12),
    order=st.randoms(use_true_random=False),
    twice=st.booleans(),
)
@settings(max_examples=examples(60), deadline=None)
def test_a_level_is_told_once_a_month_whatever_comes_in_which_order(
    readings: list[tuple[int, int]], order: Any, twice: bool
) -> None:
    """Readings are heard in any order, some twice; each time everything that is wanted is done."""
    start = datetime(2026, 3, 1, 6, tzinfo=UTC)
    told = [
        used(f"{start + timedelta(days=day):%Y-%m-%d}", f"{percent}.00") for day, percent in set(readings)
    ]
    told = told * 2 if twice else told
    order.shuffle(told)
    profile = agreed(budget="100.00", expected="50.00", review_on="2026-12-01")
    heard: list[Event] = [profile]
    claims: list[Any] = []
    for each in told:
        heard.append(each)
        now = start + timedelta(days=51)
        now = min(now, max(datetime.fromisoformat(e["at"]) for e in heard[1:])) + timedelta(hours=3)
        account = build(CUSTOMER, read_events(CUSTOMER, heard), claims)
        for _ in range(4):
            wanted = decide(ANY_HOUR, account, now).effects
            for effect in wanted:
                account = perform(account, effect, now)
            if not wanted:
                break
        else:
            pytest.fail("it never comes to rest")
        claims = list(account.claims)
    _judge(claims)


def _judge(claims: list[Any]) -> None:
    messages = [claim for claim in claims if claim.is_message]
    assert max(Counter((claim.step, claim.debts) for claim in messages).values(), default=0) <= 1
    days = sorted(claim.claimed_at for claim in messages if claim.step == "usage-warning")
    months = Counter(f"{day:%Y-%m}" for day in days)
    assert all(count <= 5 for count in months.values())
    for one, next_ in pairwise(days):
        assert next_ - one >= timedelta(days=7) or f"{one:%Y-%m}" != f"{next_:%Y-%m}"


def test_the_plan_of_who_uses_nothing_asks_for_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hot path: neither the book of usage nor that of access is made."""
    account = build(CUSTOMER, read_events(CUSTOMER, [A]))
    decide(
        Policy.model_validate(ANY_HOUR.model_dump(by_alias=True)), account, datetime(2026, 3, 5, tzinfo=UTC)
    )
    assert not {"usage", "access"} & set(vars(account))
