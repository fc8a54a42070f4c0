"""When the service is suspended, and when it comes back; tests/domain/playing.py has the terms."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.account import Service
from domain.account_fold import build
from domain.customer import Customer
from domain.decide import decide
from domain.simulation.events import read_events
from tests.domain.playing import (
    BACK,
    CUSTOMER,
    FINAL,
    FIRST,
    NOTHING,
    SECOND,
    SUSPEND,
    SUSPENDED,
    TO_FINAL,
    A,
    Event,
    at_noon,
    claim,
    effects,
    event,
    holds,
    invoice,
    paid,
    play,
    policy,
)

# --- suspension ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "expected", "why"),
    [
        ([], "04-01 09:00", None),
        (  # sent on the 17th, delivered on the 23rd: ten whole days of notice from there, to the hour
            [event("2026-03-23T10:00:00Z", "delivered", step="final")],
            "04-02 10:00",
            "04-01 suspend hold.notice_period",
        ),
        (  # after office hours ten days later: on the next working day
            [event("2026-03-23T17:30:00Z", "delivered", step="final")],
            "04-03 09:00",
            "04-01 suspend hold.notice_period",
        ),
        ([event("2026-03-30", "workers_down", until="2026-04-02T20:00:00Z")], "04-03 09:00", None),
        ([event("2026-03-20", "paused", to="2026-03-24", reason="r")], "04-06 09:00", None),
        ([event("2026-03-31", "paused", to="2026-04-07", reason="r")], "04-09 09:00", None),
        ([event("2026-03-20", "paused", reason="r")], None, None),
        ([event("2026-03-20", "exempted", reason="r")], None, None),
        (  # when a rest is over, it is warned again: second on the 6th, final on the 8th, ten days
            [event("2026-03-20", "exempted", reason="r", to="2026-04-05")],
            "04-20 09:00",
            None,
        ),
        ([event("2026-03-20", "dispute_opened", dispute="D", invoice="A")], None, None),
        (
            [
                event("2026-03-20", "dispute_opened", dispute="D", invoice="A"),
                event("2026-04-14", "dispute_resolved", dispute="D", outcome="won"),
            ],
            "04-27 09:00",
            None,
        ),
        (  # it is over by the announced day, which then holds for the whole
            [
                event("2026-03-20", "dispute_opened", dispute="D", invoice="A", amount="50"),
                event("2026-03-24", "dispute_resolved", dispute="D", outcome="won"),
            ],
            "04-01 09:00",
            None,
        ),
        (
            [
                event("2026-03-20", "dispute_opened", dispute="D", invoice="A", amount="49.99"),
                event("2026-03-24", "dispute_resolved", dispute="D", outcome="won"),
            ],
            "04-01 09:00",
            None,
        ),
        ([event("2026-03-20", "dispute_opened", dispute="D", invoice="A", amount="99")], "04-01 09:00", None),
        (
            [event("2026-03-31", "payment_in_flight", payment="Q", amount="9", currency="EUR")],
            None,
            "04-01 suspend hold.in_flight",
        ),
        (
            [
                event("2026-03-31", "payment_in_flight", payment="Q", amount="9", currency="EUR"),
                event("2026-04-02T10:00:00Z", "payment_failed", payment="Q"),
            ],
            "04-02 10:00",
            "04-01 suspend hold.in_flight",
        ),
        (
            [event("2026-03-31", "payment_in_flight", payment="Q", amount="9", currency="USD")],
            "04-01 09:00",
            None,
        ),
        ([event("2026-03-20", "invoice_corrected", invoice="A", amount="90")], "04-01 09:00", None),
        ([event("2026-03-20", "write_off", invoice="A")], None, None),
        ([event("2026-03-20", "invoice_voided", invoice="A")], None, None),
    ],
)
def test_the_day_of_the_suspension(events: list[Event], expected: str | None, why: str | None) -> None:
    outcome = play(A, *events, until="2026-06-30")

    found = [line for line in effects(outcome) if " suspend/" in line]
    assert found == ([f"{expected} suspend/service A"] if expected else [])
    assert why is None or why in holds(outcome)


@pytest.mark.parametrize("lateness", ["never_skip", "most_severe"])
def test_a_word_after_the_last_warning_does_not_stand_for_it(lateness: str) -> None:
    after = {"kind": "notice", "id": "after", "offset_days": 18, "template": "after"}
    lost = replace(claim("final", at="2026-03-17"), delivered_at=None)
    said = [claim("second"), lost, claim("after", at="2026-03-20")]
    account = build(CUSTOMER, read_events(CUSTOMER, [A]), said)

    decision = decide(
        policy(SECOND, FINAL, after, SUSPEND, lateness=lateness), account, at_noon("2026-04-20")
    )

    assert [held.reason.words for held in decision.held] == ["final has not been delivered for A"]
    assert not decision.effects


def test_the_last_warning_announces_the_first_day_that_is_possible() -> None:
    """Late as it is, the notice period runs first, and a weekend is no day to suspend on."""
    down = event("2026-03-11", "workers_down", until="2026-03-25T10:00:00Z")
    outcome = play(A, down)

    (final,) = [claim for claim in outcome.account.claims if claim.step == "final"]
    assert final.suspend_on == date(2026, 4, 6)
    assert "04-06 09:00 suspend/service A" in effects(outcome)


def test_the_announced_day_leaves_whole_days_too() -> None:
    """Sent on a Wednesday at half past four in a window until five: ten days later is a Saturday."""
    down = event("2026-03-11", "workers_down", until="2026-03-24T16:30:00Z")
    narrow = policy(FIRST, {**FINAL, "needs_delivered": []}, SUSPEND, window={"weekdays": ["tue", "fri"]})

    outcome = play(A, down, under=narrow)

    (final,) = [claim for claim in outcome.account.claims if claim.step == "final"]
    assert final.suspend_on == date(2026, 4, 3)
    assert "04-03 16:30 suspend/service A" in effects(outcome)


def test_the_notice_lasts_whole_days_on_the_wall_when_the_clock_changes() -> None:
    """Delivered at three in the afternoon in Berlin, where summer time begins on the 29th."""
    berlin = Customer(id="c-1", timezone="Europe/Berlin")
    delivered = event("2026-03-23T14:00:00Z", "delivered", step="final")

    outcome = play(A, delivered, customer=berlin)

    assert "04-02 13:00 suspend/service A" in effects(outcome)


def test_nobody_is_suspended_before_the_announced_day() -> None:
    """The policy's day comes earlier than the day that the customer was told."""
    told = claim("final", at="2026-03-17", suspend_on=date(2026, 4, 15))
    account = build(CUSTOMER, read_events(CUSTOMER, [A]), [claim("second"), told])

    decision = decide(policy(), account, at_noon("2026-04-02"))

    assert [held.reason.words for held in decision.held] == ["the suspension was announced for 2026-04-15"]
    assert decision.wake_at == datetime(2026, 4, 15, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("events", "suspended"),
    [
        ([invoice("S", "900", main=False)], False),
        ([invoice("S", "900", main=False), invoice("A", "5")], False),  # too little without the side debt
        ([invoice("S", "900", main=False), invoice("A", "50")], True),
        ([invoice("A", "30"), invoice("B", "30")], True),
        ([invoice("A", "30"), invoice("B", "30", currency="USD")], True),  # USD has no minimum
        ([invoice("A", "60"), paid("2026-03-20", "20", invoice="A")], False),
        ([invoice("A", "60"), paid("2026-03-20", "20", invoice="X")], False),  # credit counts
    ],
)
def test_side_debts_and_small_ones_never_suspend(events: list[Event], suspended: bool) -> None:
    outcome = play(*events, under=policy(minimum={"EUR": "50"}))

    assert any("suspend/" in line for line in effects(outcome)) == suspended
    assert not [line for line in effects(outcome) if "suspend/" in line and "S" in line.split()[-1]]


def test_a_side_debt_says_so() -> None:
    outcome = play(invoice("S", main=False))

    assert effects(outcome) == [line.replace(" A", " S") for line in TO_FINAL]
    assert "04-01 suspend hold.side_debt" in holds(outcome)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], ["04-01 09:00 approve/task A"]),
        (
            [event("2026-04-03T10:00:00Z", "approved")],
            ["04-01 09:00 approve/task A", "04-03 10:00 suspend/service A"],
        ),
        (
            [event("2026-04-03T10:00:00Z", "approved", step="suspend")],
            ["04-01 09:00 approve/task A", "04-03 10:00 suspend/service A"],
        ),
        ([event("2026-04-03T10:00:00Z", "approved", step="other")], ["04-01 09:00 approve/task A"]),
        ([event("2026-04-03T10:00:00Z", "approved", outcome="rejected")], ["04-01 09:00 approve/task A"]),
        ([event("2026-03-20", "approved")], ["04-01 09:00 suspend/service A"]),
        (  # approved, and thought better of
            [event("2026-03-20", "approved"), event("2026-03-21", "approved", outcome="rejected")],
            ["04-01 09:00 approve/task A"],
        ),
        ([event("2026-03-16", "approved")], ["04-01 09:00 approve/task A"]),  # before the last warning
        ([paid("2026-03-20", "0.01")], ["04-01 09:00 suspend/service A"]),  # below the threshold now
        (
            [event("2026-03-20T10:00:00Z", "suspend_requested", reason="r")],  # a person has spoken
            ["04-01 09:00 suspend/service A"],
        ),
    ],
)
def test_approval_from_an_amount(events: list[Event], expected: list[str]) -> None:
    outcome = play(A, *events, under=policy(FIRST, SECOND, FINAL, {**SUSPEND, "approval": {"EUR": "100"}}))

    assert [line for line in effects(outcome) if line >= "03-18" and "suspended/" not in line] == expected


def test_an_approval_for_one_debt_is_none_for_the_next() -> None:
    """Under `most_severe` too, where the warning that counts may be another than the one named."""
    suspend = {**SUSPEND, "approval": {"EUR": "100"}, "needs_delivered": ["second", "final"]}
    under = policy(FIRST, SECOND, {**FINAL, "needs_delivered": []}, suspend, lateness="most_severe")
    down = event("2026-04-10", "workers_down", until="2026-05-18T10:00:00Z")

    outcome = play(
        A,
        event("2026-04-02T10:00:00Z", "approved"),
        paid("2026-04-07", invoice="A"),
        {**invoice("B", due="2026-04-20"), "at": "2026-04-08"},
        down,
        under=under,
        until="2026-07-31",
    )

    assert [line.split()[2] for line in effects(outcome) if line.endswith(" B")] == [
        "final/email",
        "approve/task",
    ]


def test_an_approval_is_for_the_debts_that_were_listed_to_it() -> None:
    """B was warned of when the 100 of A were approved, and nobody had asked about its 50000."""
    outcome = play(
        A,
        invoice("B", "50000.00", due="2026-03-16"),
        event("2026-04-01T18:00:00Z", "approved"),
        paid("2026-04-01T19:00:00Z", invoice="A"),
        under=policy(FIRST, SECOND, FINAL, {**SUSPEND, "approval": {"EUR": "100"}}),
        until="2026-07-31",
    )

    assert effects(outcome)[-1].split()[2:] == ["approve/task", "B"]


# --- once, and back ------------------------------------------------------------------------------


def test_one_opening_suspends_once() -> None:
    """Brought back on request, the customer is not suspended for the same debt again."""
    outcome = play(
        A, event("2026-04-08T10:00:00Z", "reactivate_requested", reason="r", by="maria"), until="2026-09-30"
    )

    assert effects(outcome)[-3:] == [*SUSPENDED, "04-08 10:00 reactivate/service"]


def test_a_debt_that_opens_again_gets_its_warnings_again() -> None:
    outcome = play(
        A,
        paid("2026-04-08T10:00:00Z"),
        event("2026-04-20T10:00:00Z", "charged_back", payment="P"),
    )

    assert effects(outcome)[3:] == [
        *SUSPENDED,
        "04-08 10:00 reactivate/service",
        "04-08 10:00 thanks/email",
        "04-20 10:00 second/email A",
        "04-22 09:00 final/email A",
        "05-04 09:00 suspend/service A",  # the 2nd is a Saturday
        "05-04 09:00 suspended/email A",
    ]


def test_a_rest_that_was_forgiven_is_no_opening_that_lasts() -> None:
    """All but fifty cents was paid; in June the bank takes it back: nobody is suspended on March's notice."""
    outcome = play(
        A,
        paid("2026-03-20", "99.50"),
        event("2026-06-01", "charged_back", payment="P"),
        under=policy(FIRST, SECOND, FINAL, SUSPEND, tolerance={"EUR": "1"}),
        until="2026-06-30",
    )

    assert effects(outcome)[3:] == [
        "06-01 09:00 second/email A",
        "06-03 09:00 final/email A",
        "06-15 09:00 suspend/service A",
        "06-15 09:00 suspended/email A",
    ]


def test_who_came_back_with_a_rest_below_the_minimum_is_chased_again_when_it_grows() -> None:
    outcome = play(
        A,
        paid("2026-04-08T10:00:00Z", "95.00"),
        event("2026-04-20T10:00:00Z", "refunded", payment="P"),
        under=policy(minimum={"EUR": "10"}, **{"return": {"when": "below_minimum"}}),
    )

    assert effects(outcome)[5:] == [
        "04-08 10:00 reactivate/service",
        "04-08 10:00 thanks/email",
        "04-20 10:00 second/email A",
        "04-22 09:00 final/email A",
        "05-04 09:00 suspend/service A",
        "05-04 09:00 suspended/email A",
    ]


def test_a_due_date_put_off_gets_its_warnings_again() -> None:
    """Nobody is suspended in June on the strength of a warning of March."""
    corrected = event("2026-03-25", "invoice_corrected", invoice="A", due_on="2026-05-04")

    outcome = play(A, corrected, until="2026-06-30")

    assert effects(outcome) == [
        *TO_FINAL,
        "05-05 09:00 first/email A",
        "05-12 09:00 second/email A",
        "05-19 09:00 final/email A",
        "06-03 09:00 suspend/service A",
        "06-03 09:00 suspended/email A",
    ]


def test_a_second_suspension_tells_of_what_is_new() -> None:
    """No message names the same debt twice for one step: it could not be claimed."""
    outcome = play(
        A,
        invoice("B", due="2026-03-30"),
        event("2026-04-08T10:00:00Z", "reactivate_requested", reason="r"),
    )

    told = [line for line in effects(outcome) if "suspended/" in line]
    assert told == ["04-01 09:00 suspended/email A,B", "04-29 09:00 suspended/email"]


@pytest.mark.parametrize(
    ("back", "events", "expected"),
    [
        ({}, [paid("2026-04-05T20:00:00Z")], ["04-05 20:00 reactivate/service", "04-06 09:00 thanks/email"]),
        ({}, [paid("2026-04-06T10:00:00Z", "99.99")], NOTHING),
        (
            {},
            [event("2026-04-06T10:00:00Z", "write_off", invoice="A")],
            ["04-06 10:00 reactivate/service"],
        ),
        (
            {},
            [event("2026-04-06T10:00:00Z", "invoice_voided", invoice="A")],
            ["04-06 10:00 reactivate/service"],
        ),
        (
            {},
            [event("2026-04-06T10:00:00Z", "dispute_opened", dispute="D", invoice="A")],
            ["04-06 10:00 reactivate/service"],
        ),
        ({}, [paid("2026-04-06T10:00:00Z", invoice="X")], ["04-06 10:00 " + line for line in BACK]),  # credit
        (
            {},  # an exemption that was made for later begins by itself
            [event("2026-04-02T10:00:00Z", "exempted", reason="r", **{"from": "2026-04-09"})],
            ["04-09 00:00 reactivate/service"],
        ),
        ({}, [event("2026-04-06T10:00:00Z", "paused", reason="r")], NOTHING),
        (
            {},
            [event("2026-04-06T10:00:00Z", "reactivate_requested", reason="r")],
            ["04-06 10:00 reactivate/service"],
        ),
        ({}, [event("2026-03-31T10:00:00Z", "reactivate_requested", reason="r")], NOTHING),  # before it
        ({"when": "below_minimum"}, [paid("2026-04-06T10:00:00Z", "50.00")], NOTHING),
        (
            {"when": "below_minimum"},
            [paid("2026-04-06T10:00:00Z", "50.01")],
            ["04-06 10:00 " + line for line in BACK],
        ),
        (
            {"when": "below_minimum"},
            [paid("2026-04-06T10:00:00Z", "50.01", invoice="X")],
            ["04-06 10:00 " + line for line in BACK],
        ),
        (
            {"channels": ["sms", "email"]},
            [paid("2026-04-06T10:00:00Z")],
            ["04-06 10:00 reactivate/service", "04-06 10:00 thanks/sms"],
        ),
    ],
)
def test_what_brings_the_service_back(back: dict[str, Any], events: list[Event], expected: list[str]) -> None:
    outcome = play(A, *events, under=policy(minimum={"EUR": "50"}, **{"return": back}))

    assert effects(outcome) == [*TO_FINAL, *SUSPENDED, *expected]


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (event("2026-04-06", "exempted", reason="r"), event("2026-05-04", "exemption_ended")),
        (
            event("2026-04-06", "exempted", reason="r", invoice="A"),
            event("2026-05-04", "exemption_ended", invoice="A"),
        ),
        (event("2026-04-06", "exempted", reason="r", to="2026-05-03"), event("2026-05-04", "card_added")),
        (
            event("2026-05-04T08:00:00Z", "exempted", reason="r"),  # for an hour, and it was back already
            event("2026-05-04T09:00:00Z", "exemption_ended"),
        ),
        (
            event("2026-04-06", "dispute_opened", dispute="D", invoice="A"),
            event("2026-05-04", "dispute_resolved", dispute="D", outcome="won"),
        ),
        (
            event("2026-04-06", "dispute_opened", dispute="D", invoice="A", amount="100"),
            event("2026-05-04", "dispute_resolved", dispute="D", invoice="A", outcome="won"),
        ),
    ],
)
def test_a_rest_is_no_way_out(begin: Event, end: Event) -> None:
    """Suspended, brought back because chasing rests, and warned afresh when the rest is over."""
    outcome = play(A, begin, end, until="2026-06-30")

    told = [line for line in effects(outcome) if "reactivate/" not in line]
    assert told == [  # without thanks: nothing was settled
        *TO_FINAL,
        *SUSPENDED,
        "05-04 09:00 second/email A",
        "05-06 09:00 final/email A",
        "05-18 09:00 suspend/service A",  # the 16th is a Saturday
        "05-18 09:00 suspended/email A",
    ]


@pytest.mark.parametrize(
    "rest",
    [
        [
            event("2026-04-01T10:00:00Z", "exempted", reason="r"),
            event("2026-04-01T14:00:00Z", "exemption_ended"),
        ],
        [
            event("2026-04-01T10:00:00Z", "dispute_opened", dispute="D", invoice="A"),
            event("2026-04-01T14:00:00Z", "dispute_resolved", dispute="D", outcome="won"),
        ],
    ],
    ids=["exemption", "dispute"],
)
def test_an_hour_on_the_very_day_of_the_suspension_is_no_way_out(rest: list[Event]) -> None:
    assert effects(play(A, *rest))[5:] == [
        "04-01 10:00 reactivate/service",
        "04-01 14:00 second/email A",
        "04-03 09:00 final/email A",
        "04-13 09:00 suspend/service A",
        "04-13 09:00 suspended/email A",
    ]


def test_a_dispute_of_all_that_a_payment_left_is_a_rest() -> None:
    outcome = play(
        A,
        paid("2026-03-20", "60"),
        event("2026-04-06", "dispute_opened", dispute="D", invoice="A", amount="40"),
        event("2026-05-04", "dispute_resolved", dispute="D", outcome="won"),
    )

    assert "05-06 09:00 final/email A" in effects(outcome)


def test_a_bounce_that_is_heard_of_after_a_rest_does_not_undo_it() -> None:
    """The last warning from before the rest came back after all: there is a later one."""
    outcome = play(
        A,
        event("2026-04-06", "exempted", reason="r", to="2026-05-03"),
        event("2026-05-04T12:00:00Z", "bounced", step="final"),
    )

    assert [line.split()[2] for line in effects(outcome)][5:] == [
        "reactivate/service",
        "second/email",
        "final/sms",
        "suspend/service",
    ]


def test_nobody_is_suspended_after_a_rest_on_an_old_notice() -> None:
    """Exempt from before the suspension until August: then comes a fresh warning with its notice period."""
    outcome = play(A, event("2026-03-20", "exempted", reason="r", to="2026-08-02"), until="2026-09-30")

    assert effects(outcome) == [
        *TO_FINAL,
        "08-03 09:00 second/email A",
        "08-05 09:00 final/email A",
        "08-17 09:00 suspend/service A",
        "08-17 09:00 suspended/email A",
    ]


@pytest.mark.parametrize(
    "rest",
    [
        [event("2026-03-20", "exempted", reason="r", to="2026-03-31")],
        [
            event("2026-03-20", "dispute_opened", dispute="D", invoice="A"),
            event("2026-03-31", "dispute_resolved", dispute="D", outcome="won"),
        ],
        [event("2026-03-04", "exempted", reason="r", to="2026-03-06")],
    ],
    ids=["exemption", "dispute", "early"],
)
def test_a_rest_that_is_over_by_the_announced_day_repeats_nothing(rest: list[Event]) -> None:
    outcome = play(A, *rest, until="2026-04-28")

    steps = [line.split()[2] for line in effects(outcome)]
    assert len(steps) == len(set(steps))
    assert "04-01 09:00 suspend/service A" in effects(outcome)


def test_a_pause_of_a_month_moves_the_suspension_and_repeats_nothing() -> None:
    outcome = play(A, event("2026-03-20", "paused", to="2026-04-18", reason="r"), until="2026-06-30")

    assert effects(outcome) == [
        *TO_FINAL,
        "05-01 09:00 suspend/service A",
        "05-01 09:00 suspended/email A",
    ]


def test_a_longer_pause_repeats_the_last_warning_alone() -> None:
    outcome = play(A, event("2026-03-20", "paused", to="2026-05-19", reason="r"), until="2026-06-30")

    assert effects(outcome) == [
        *TO_FINAL,
        "05-20 09:00 final/email A",
        "06-01 09:00 suspend/service A",
        "06-01 09:00 suspended/email A",
    ]


def test_what_was_approved_or_asked_for_before_a_rest_is_not_for_after_it() -> None:
    outcome = play(
        A,
        event("2026-03-18T10:00:00Z", "suspend_requested", reason="r"),
        event("2026-03-19T10:00:00Z", "approved"),
        event("2026-03-20", "exempted", reason="r", to="2026-04-05"),
        under=policy(FIRST, SECOND, FINAL, {**SUSPEND, "approval": {"EUR": "50"}}),
    )

    assert effects(outcome)[-1] == "04-20 09:00 approve/task A"


def test_a_rest_from_before_an_invoice_says_nothing_about_it() -> None:
    outcome = play(A, event("2026-01-05", "exempted", reason="r", to="2026-01-20"))

    assert {debt.opening for line in outcome.lines for debt in line.debts if debt.invoice == "A"} == {1}


@pytest.mark.parametrize(
    ("events", "thanked"),
    [
        ([paid("2026-04-08T10:00:00Z", invoice="A")], True),
        ([event("2026-04-08T10:00:00Z", "credit_note", credit_note="C", invoice="A", amount="100")], True),
        (  # one paid, the other exempt: not all is settled
            [
                paid("2026-04-08T10:00:00Z", invoice="A"),
                event("2026-04-07T10:00:00Z", "exempted", reason="r", invoice="B"),
            ],
            False,
        ),
        (  # one paid, the other void
            [
                paid("2026-04-08T10:00:00Z", invoice="A"),
                event("2026-04-07T10:00:00Z", "invoice_voided", invoice="B"),
            ],
            True,
        ),
    ],
)
def test_thanks_are_for_money(events: list[Event], thanked: bool) -> None:
    both = [A, invoice("B")] if len(events) == 2 else [A]

    outcome = play(*both, *events)

    assert any("reactivate/" in line for line in effects(outcome))
    assert any("thanks/" in line for line in effects(outcome)) == thanked


def test_side_debts_do_not_keep_the_service_suspended() -> None:
    outcome = play(A, invoice("S", main=False), paid("2026-04-06T10:00:00Z", invoice="A"))

    assert "04-06 10:00 reactivate/service" in effects(outcome)


def test_another_main_debt_keeps_the_service_suspended() -> None:
    outcome = play(
        A, invoice("B", due="2026-03-30"), paid("2026-04-06T10:00:00Z", invoice="A"), until="2026-04-10"
    )

    assert not [line for line in effects(outcome) if "reactivate" in line]


def test_what_was_true_a_moment_ago_is_not_told() -> None:
    """The suspension took effect at night; before the office opened, the money was there."""
    account = replace(
        build(
            CUSTOMER,
            read_events(CUSTOMER, [A, paid("2026-04-02")]),
            [claim("second"), claim("final")],
        ),
        service=Service(suspended=True, since=at_noon("2026-04-01"), times=1),
    )

    assert [effect.key for effect in decide(policy(), account, at_noon("2026-04-02")).effects] == [
        "reactivate/service"
    ]


def test_news_of_the_service_goes_by_the_next_channel() -> None:
    suspend = {**SUSPEND, "channels": ["email", "sms"]}
    bounced = event("2026-04-01T09:20:00Z", "bounced", step="suspended")

    outcome = play(A, bounced, under=policy(FIRST, SECOND, FINAL, suspend))

    assert effects(outcome)[-3:] == [*SUSPENDED, "04-01 09:20 suspended/sms"]


def test_thanks_come_within_a_month_or_not_at_all() -> None:
    unreachable = [
        event("2026-04-01T10:00:00Z", "contact_invalid", channel="email"),
        paid("2026-04-02T10:00:00Z"),
    ]

    soon = play(A, *unreachable, event("2026-05-01T10:00:00Z", "contact_changed", channel="email"))
    late = play(A, *unreachable, event("2026-05-04T10:00:00Z", "contact_changed", channel="email"))

    assert effects(soon)[-1] == "05-01 10:00 thanks/email"
    assert effects(late)[-1] == "04-02 10:00 reactivate/service"


# --- a suspension that finance asks for ----------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], "04-06 09:00"),  # five paused days: the policy's day moved, the announced one did not
        ([event("2026-03-25T10:00:00Z", "suspend_requested", reason="r")], "04-01 09:00"),
        ([event("2026-04-02T10:00:00Z", "suspend_requested", reason="r")], "04-02 10:00"),
        ([event("2026-04-02T20:00:00Z", "suspend_requested", reason="r")], "04-03 09:00"),
        (
            [event("2026-03-02T10:00:00Z", "suspend_requested", reason="r")],
            "04-06 09:00",
        ),  # before it was late
        (
            [event("2026-03-12T10:00:00Z", "suspend_requested", reason="r")],
            "04-01 09:00",
        ),  # before the warning
    ],
)
def test_a_request_moves_the_policys_day_but_neither_the_notice_nor_the_announced_day(
    events: list[Event], expected: str
) -> None:
    outcome = play(A, event("2026-03-20", "paused", to="2026-03-24", reason="r"), *events)

    assert [line for line in effects(outcome) if " suspend/" in line] == [f"{expected} suspend/service A"]


def test_a_request_is_not_about_a_debt_that_opens_again() -> None:
    outcome = play(
        A,
        event("2026-03-18T10:00:00Z", "suspend_requested", reason="r"),
        paid("2026-03-19"),
        event("2026-03-25T10:00:00Z", "charged_back", payment="P"),
        under=policy(FIRST, SECOND, FINAL, {**SUSPEND, "approval": {"EUR": "50"}}),
    )

    assert effects(outcome)[-1].split()[2:] == ["approve/task", "A"]


def test_a_request_without_the_warnings_is_held() -> None:
    lost = event("2026-03-17T09:30:00Z", "bounced", step="final")
    asked = event("2026-04-10T10:00:00Z", "suspend_requested", reason="r")

    outcome = play(A, event("2026-03-01", "opted_out", channel="sms"), lost, asked)

    assert not [line for line in effects(outcome) if " suspend/" in line]
    assert "04-01 suspend hold.not_delivered" in holds(outcome)


def test_a_request_is_forgotten_with_its_cause() -> None:
    """Asked for, then paid: months later the next debt climbs its own ladder, day by day."""
    later = {**invoice("B", due="2026-06-01"), "at": "2026-05-01"}
    outcome = play(
        A,
        event("2026-03-18T10:00:00Z", "suspend_requested", reason="r"),
        paid("2026-03-19"),
        later,
        under=policy(FIRST, SECOND, FINAL, {**SUSPEND, "approval": {"EUR": "50"}}),
        until="2026-07-31",
    )

    assert [line for line in effects(outcome) if line.endswith("B")][-1] == "07-01 09:00 approve/task B"


@pytest.mark.parametrize("step", ["suspend", "restrict"])
def test_a_warning_that_comes_back_after_the_turn_is_for_a_person_once(step: str) -> None:
    """The mail had been taken; that it was given back for good is heard of when the service is down."""
    turn = SUSPEND | ({"kind": "restrict", "id": "restrict"} if step == "restrict" else {})
    events = [
        event("2026-04-02T10:00:00Z", "bounced", step="final", channel="email"),
        event("2026-04-03T10:00:00Z", "bounced", step="final", channel="email"),
    ]
    played = play(A, *events, under=policy(FIRST, SECOND, FINAL, turn), until="2026-04-20")
    [lost] = [line for line in played.lines if line.step == "warning-lost"]
    assert lost.reason is not None
    assert lost.reason.words.startswith(f"final for A came back after {step}: nobody was warned")
    assert f"{lost.at:%m-%d}" == "04-02"


def test_a_warning_that_came_back_before_the_turn_or_of_a_debt_that_is_paid_is_no_task() -> None:
    before = [event("2026-03-18T10:00:00Z", "bounced", step="final", channel="email")]
    after = [paid("2026-04-02T09:00:00Z"), event("2026-04-02T10:00:00Z", "bounced", step="final")]
    for events in (before, after):
        played = play(A, *events, under=policy(), until="2026-05-20")
        assert not [line for line in played.lines if line.step == "warning-lost"]
