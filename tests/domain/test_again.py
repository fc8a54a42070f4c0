"""A message that failed in passing, in the plan: the next channel, else another day, then a person."""

from typing import Any

import pytest

from tests.domain.playing import FIRST, SECOND, A, Event, effects, event, holds, play, policy

MAIL = FIRST  # on 3 March, by email alone
BOTH = SECOND  # on 10 March, by email, else by SMS


def failed(day: int, fault: str = "passing", **fields: str) -> Event:
    return event(f"2026-03-{day:02}T15:00:00Z", "bounced", fault=fault, **fields)


@pytest.mark.parametrize(
    ("step", "events", "expected"),
    [
        # reference.md 3: "one later try on another day, meanwhile other channel; twice -> contact fault"
        (MAIL, [failed(3)], ["03-03 09:00 first/email A", "03-04 09:00 first/email A"]),
        (
            MAIL,
            [failed(3), failed(4)],
            ["03-03 09:00 first/email A", "03-04 09:00 first/email A", "03-04 15:00 unreachable/task A"],
        ),
        (BOTH, [failed(10)], ["03-10 09:00 second/email A", "03-10 15:00 second/sms A"]),
        # Our sender or text was at fault: as often as it takes, and the customer is not marked.
        (
            MAIL,
            [failed(3, "ours"), failed(4, "ours")],
            ["03-03 09:00 first/email A", "03-04 09:00 first/email A", "03-05 09:00 first/email A"],
        ),
        # What is slow is still under way: not sent twice by one channel.
        (MAIL, [failed(3, "slow")], ["03-03 09:00 first/email A", "03-03 15:00 unreachable/task A"]),
        (BOTH, [failed(10, "slow")], ["03-10 09:00 second/email A", "03-10 15:00 second/sms A"]),
        # The other channel failed in passing as well: the first one is tried again.
        (
            BOTH,
            [
                failed(10, channel="email"),
                event("2026-03-10T15:30:00Z", "bounced", fault="passing", channel="sms"),
            ],
            [
                "03-10 09:00 second/email A",
                "03-10 15:00 second/sms A",
                "03-11 09:00 second/email A",
            ],
        ),
        # A Friday's goes out on Monday: the other day is one on which messages may go out.
        (
            {**MAIL, "offset_days": 4},
            [failed(6)],
            ["03-06 09:00 first/email A", "03-09 09:00 first/email A"],
        ),
    ],
)
def test_when_a_message_that_failed_goes_out_again(
    step: dict[str, Any], events: list[Event], expected: list[str]
) -> None:
    assert effects(play(A, *events, under=policy(step))) == expected


def test_a_second_try_by_the_same_channel_is_not_explained_as_another() -> None:
    _, again = [line for line in play(A, failed(3), under=policy(MAIL)).lines if line.kind == "effect"]
    assert again.reason is not None
    assert again.reason.words == "first by email once more: the message before did not arrive"


def test_what_waits_for_another_day_says_so() -> None:
    told = holds(play(A, failed(3), under=policy(MAIL)))
    assert any("hold.another_day" in each for each in told), told


def test_what_the_customer_says_is_one_task_until_it_is_done() -> None:
    said = [event(f"2026-02-1{day}T10:00:00Z", "replied", channel="sms", says="paid") for day in (0, 1)]
    done = event("2026-02-12T10:00:00Z", "task_completed", step="customer_reply")
    more = event("2026-02-13T10:00:00Z", "replied", channel="sms", says="dispute")
    outcome = play(*said, done, more, under=policy(MAIL))
    assert [line[:27] for line in effects(outcome)] == [
        "02-10 10:00 customer_reply/",
        "02-13 10:00 customer_reply/",
    ]
