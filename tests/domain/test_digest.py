"""The digest as a function of a reading: what it says, in which order, and what it never leaves out."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.ageing import BUCKETS, Balance, age
from domain.controls import REGISTER
from domain.controls.control import Turn, standing
from domain.digest.compose import Digest, compose, read
from domain.digest.intent import Signs, suspect
from domain.digest.lateness import lateness
from domain.digest.seen import HeldBack, Seen, Sent, Waiting, due_on
from domain.money import Money, per_currency
from tests.effort import examples

ON, NOW = date(2026, 3, 10), datetime(2026, 3, 10, 7, tzinfo=UTC)
EUR = Money(120_00, "EUR")


def seen(**changes: Any) -> Seen:
    """A day on which nothing happened, with what is changed."""
    quiet = Seen(
        on=ON,
        since=ON - timedelta(days=1),
        at=NOW,
        ageing=age([], ON - timedelta(days=1)),
        differs=(),
        came_in=(),
        late={},
        suspects=(),
        sent=(),
        turned={},
        down=0,
        waiting=(),
        held=(),
        unwritten={},
        controls=tuple(stands(id) for id in REGISTER),
        stopped=(),
        lagging=(0, None),
        refused={},
    )
    return replace(quiet, **changes)


def stands(id: str, *turns: Turn, ran_at: datetime = NOW) -> Any:
    return standing(REGISTER[id], turns, NOW, ran_at=ran_at, live_since=NOW - timedelta(days=99))


def part(digest: Digest, title: str) -> tuple[str, ...]:
    (found,) = (section.lines for section in digest.sections if section.title.startswith(title))
    return found


def test_a_quiet_day_says_so_in_every_part() -> None:
    digest = compose(seen())

    assert digest.subject == "Digest of 2026-03-10: all is well"
    assert all(len(section.lines) == 1 for section in digest.sections)
    assert part(digest, "Needs attention") == ("Nothing: every control is on and ran, nothing is stopped.",)


def test_what_is_overdue_is_told_by_currency_and_bucket() -> None:
    balances = [
        Balance(open=EUR, due_on=ON - timedelta(days=2)),
        Balance(open=Money(5_000, "JPY"), due_on=ON - timedelta(days=40)),
        Balance(open=Money(-30_00, "EUR"), due_on=None),
        Balance(open=Money(1_00, "USD"), due_on=ON + timedelta(days=5)),
    ]
    late = {"late": (EUR,), "non_payment": (Money(5_000, "JPY"),)}
    digest = compose(seen(ageing=age(balances, ON - timedelta(days=1)), late=late))

    assert part(digest, "Overdue") == (
        "EUR: 1 to 30 120.00; total 120.00; unapplied 30.00",
        "JPY: 31 to 60 5,000; total 5,000",
        "late, and within what was announced: 120.00 EUR",
        "not paid by the announced day: 5,000 JPY",
    )
    assert digest.figures["ageing"]["EUR"]["d1_30"] == "120.00"


def test_a_control_that_is_off_lapsed_or_late_needs_attention() -> None:
    def off(until: timedelta) -> Turn:
        return Turn(at=NOW - timedelta(days=9), by="maria", reason="bank import", until=NOW + until)

    controls = (
        stands("S27a", off(timedelta(days=5))),
        stands("S10", off(timedelta(days=1))),
        stands("S3", off(-timedelta(hours=1))),
        stands("S13", ran_at=NOW - timedelta(days=3)),
        stands("S4"),
    )
    digest = compose(seen(controls=controls))

    assert part(digest, "Needs attention") == (
        "S27a is off until 2026-03-15 07:00 UTC: maria, bank import",
        "S10 is off until 2026-03-11 07:00 UTC: maria, bank import, which is soon",
        "S3 is on again since 2026-03-10 06:00 UTC, its time off is over: maria, bank import",
        f"S13 is overdue, it last ran 2026-03-07 07:00 UTC: {REGISTER['S13'].says}",
    )
    assert digest.subject == "Digest of 2026-03-10: 4 things need attention"
    assert digest.figures["controls"] == {"off": ["S27a", "S10"], "lapsed": ["S3"], "overdue": ["S13"]}


def test_what_is_stopped_lagging_or_wrong_comes_first() -> None:
    digest = compose(
        seen(
            stopped=("stopped by maria: a wrong template; `go` ends it",),
            lagging=(3, NOW - timedelta(hours=2)),
            differs=("EUR",),
            unwritten={"es": 2},
        )
    )

    assert part(digest, "Needs attention") == (
        "stopped by maria: a wrong template; `go` ends it",
        "3 customers wait for a look, the longest since 2026-03-10 05:00 UTC: do workers run?",
        "debts and entries in EUR add up to different totals: trust none before that is mended",
        "2 messages went out in English, since there are no words in es",
    )


def test_what_happened_is_counted() -> None:
    digest = compose(
        seen(
            since=ON - timedelta(days=3),
            came_in=(EUR,),
            sent=(Sent(kind="notice", step="first", channel="email", count=2),),
            turned={"suspend": ("ACME", "BOREALIS"), "reactivate": ("CASA",)},
            down=4,
            waiting=(Waiting(step="call", count=3, oldest_on=date(2026, 3, 2)),),
            held=(HeldBack(rule="hold.paused", times=2, customers=1),),
            refused={("twilio", "signature"): 7},
        )
    )

    assert digest.days == "2026-03-07 to 2026-03-09"
    assert [*map(str, digest.sections[2].lines)] == ["120.00 EUR"]
    assert part(digest, "Went out") == ("first by email: 2",)
    assert part(digest, "Service") == (
        "suspended: ACME, BOREALIS",
        "given back: CASA",
        "restricted or suspended now: 4",
    )
    assert part(digest, "Waits") == ("call: 3, the oldest since 2026-03-02",)
    assert part(digest, "Held back") == ("hold.paused: 2, of one customer",)
    assert part(digest, "Refused") == ("twilio: 7 (signature)",)


def test_of_a_day_that_is_over_nobody_knows_what_lagged() -> None:
    assert compose(seen(stopped=None, lagging=None)).attention == 0


def test_what_is_kept_is_read_as_it_was() -> None:
    digest = compose(seen(came_in=(EUR,), refused={("twilio", "stale"): 1}))
    assert read(json.loads(json.dumps(digest.json()))) == digest


amounts = st.builds(Money, st.integers(-(10**9), 10**9), st.sampled_from(["EUR", "JPY", "KWD"]))
dues = st.none() | st.dates(date(2025, 1, 1), date(2027, 1, 1))


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.builds(Balance, open=amounts, due_on=dues), max_size=12))
def test_the_buckets_sum_to_the_total_and_to_what_was_given(balances: list[Balance]) -> None:
    figures = compose(seen(ageing=age(balances, ON))).figures["ageing"]
    owed = per_currency(balance.open for balance in balances if balance.due_on is not None)
    for currency, row in figures.items():
        total = sum(Money.of(row[name], currency).minor for name in BUCKETS)
        assert total == Money.of(row["total"], currency).minor
        assert total == sum(money.minor for money in owed if money.currency == currency)


@pytest.mark.parametrize(
    ("now", "zone", "day"),
    [
        ("2026-03-10T07:00", "UTC", "2026-03-10"),
        ("2026-03-10T06:59", "UTC", "2026-03-09"),
        ("2026-03-10T06:00", "Europe/Berlin", "2026-03-10"),
        ("2026-03-29T04:59", "Europe/Berlin", "2026-03-28"),
        ("2026-03-29T05:00", "Europe/Berlin", "2026-03-29"),
        ("2026-03-09T22:00", "Asia/Tokyo", "2026-03-10"),
    ],
)
def test_a_digest_is_due_at_seven_on_the_sellers_wall(now: str, zone: str, day: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert due_on(at, ZoneInfo(zone)) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("due", "announced", "kind"),
    [
        ("2026-03-10", None, "not_due"),
        ("2026-03-09", None, "late"),
        ("2025-01-01", None, "late"),
        ("2026-02-01", "2026-03-11", "late"),
        ("2026-02-01", "2026-03-10", "non_payment"),
        ("2026-02-01", "2026-03-01", "non_payment"),
        ("2026-04-01", "2026-03-01", "not_due"),
    ],
)
def test_what_kind_of_lateness(due: str, announced: str | None, kind: str) -> None:
    announced_on = None if announced is None else date.fromisoformat(announced)
    assert lateness(date.fromisoformat(due), announced_on, ON) == kind


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "ACME: 120.00 EUR, 20 days late, never paid; messages come back"),
        ({"paid": True}, None),
        ({"unreachable": False}, None),
        ({"first_due_on": date(2026, 3, 4)}, None),
        ({"first_due_on": date(2026, 3, 3)}, "ACME: 120.00 EUR, 7 days late, never paid; messages come back"),
        (
            {"unreachable": False, "invoices": 2, "broken_promises": 1},
            "ACME: 120.00 EUR, 20 days late, never paid; 2 invoices overdue, broken promises: 1",
        ),
    ],
)
def test_who_may_never_have_meant_to_pay(changes: dict[str, Any], words: str | None) -> None:
    known = Signs(
        customer="ACME",
        first_due_on=date(2026, 2, 18),
        overdue=(EUR,),
        invoices=1,
        paid=False,
        unreachable=True,
        broken_promises=0,
    )
    found = suspect(replace(known, **changes), ON)
    assert (found and found.words) == words
