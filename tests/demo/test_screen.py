"""The demo's screen, drawn into a text: what is counted is there, on a terminal and without one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console

from demo.screen import LAST, Happening, Progress, Screen, lag_says, line, picture

NOW = datetime(2026, 10, 12, 9, tzinfo=UTC)
PROGRESS = Progress(
    day=42,
    days=120,
    now=NOW,
    lag=timedelta(hours=3, minutes=20),
    stages={"current": 30, "reminder": 9, "suspended": 2},
    sent=101,
    held=32,
    paid=53,
    suspended=4,
    reactivated=5,
    happenings=(Happening(at=NOW, customer="YETI", says="final_notice by email: 1,150.00 USD"),),
)


def console(*, terminal: bool = False) -> Console:
    return Console(file=StringIO(), width=100, force_terminal=terminal, legacy_windows=False)


def text_of(out: Console) -> str:
    assert isinstance(out.file, StringIO)
    return out.file.getvalue()


def drawn(progress: Progress) -> str:
    out = console()
    out.print(picture(progress))
    return text_of(out)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "day 42 of 120, 12 Oct 2026"),
        ({}, "3 h behind"),
        ({"stages": {"final_notice": 77}}, "Final notice sent 77"),
        ({"stages": {"in court": 78}}, "in court 78"),
        ({"sent": 901}, "sent 901"),
        ({"held": 902}, "held 902"),
        ({"paid": 903}, "paid 903"),
        ({"suspended": 904}, "suspended 904"),
        ({"reactivated": 905}, "reactivated 905"),
        ({}, "12 Oct YETI final_notice by email: 1,150.00 USD"),
    ],
)
def test_the_picture_shows(changes: dict[str, object], words: str) -> None:
    assert words in " ".join(drawn(replace(PROGRESS, **changes)).split())


def test_stages_stand_in_the_order_of_a_case_the_empty_ones_too() -> None:
    text = drawn(PROGRESS)
    stages = ["Being verified", "Rejected", "Nothing overdue", "Overdue", "Reminded", "Final", "Suspended"]
    places = [text.index(f"\n {stage}") for stage in stages]
    assert places == sorted(places)


def test_the_last_ten_happenings_are_shown() -> None:
    happenings = tuple(Happening(at=NOW, customer=f"C{n}", says=f"number {n:02d}") for n in range(14))
    text = drawn(replace(PROGRESS, happenings=happenings))
    assert [n for n in range(14) if f"number {n:02d}" in text] == list(range(14 - LAST, 14))


def test_the_picture_keeps_its_height() -> None:
    full = replace(PROGRESS, happenings=PROGRESS.happenings * LAST)
    assert drawn(full).count("\n") == drawn(replace(PROGRESS, happenings=())).count("\n")
    assert drawn(full).count("\n") <= 24


def test_square_brackets_are_shown_and_not_obeyed() -> None:
    says = "unknown [email]; did you mean [bold red]sms[/]? [/nothing]"
    progress = replace(
        PROGRESS, stages={"[red]": 3}, happenings=(Happening(at=NOW, customer="[b]C[/b]", says=says),)
    )
    text = drawn(progress)
    assert says in text
    assert "[b]C[/b]" in text
    assert "[red]" in text
    assert "[red]" in line(progress)


def test_a_long_happening_takes_one_line() -> None:
    long = replace(PROGRESS, happenings=(Happening(at=NOW, customer="C", says="so much " * 40),))
    assert drawn(long).count("\n") == drawn(PROGRESS).count("\n")


@pytest.mark.parametrize(
    ("lag", "words"),
    [
        (timedelta(seconds=-5), "on time"),
        (timedelta(seconds=59), "on time"),
        (timedelta(seconds=60), "1 min behind"),
        (timedelta(minutes=59, seconds=59), "59 min behind"),
        (timedelta(hours=1), "1 h behind"),
        (timedelta(hours=23, minutes=59), "23 h behind"),
        (timedelta(days=2, hours=5), "2 d 5 h behind"),
    ],
)
def test_lag_is_said_in_words(lag: timedelta, words: str) -> None:
    assert lag_says(lag) == words


def test_the_line_says_all_that_is_counted() -> None:
    assert line(PROGRESS) == (
        "day 42 of 120, 12 Oct 2026: 30 current, 9 reminder, 2 suspended;"
        " sent 101, held 32, paid 53, suspended 4, reactivated 5; 3 h behind"
    )
    assert "no customers yet" in line(replace(PROGRESS, stages={}))


def test_without_a_terminal_there_is_a_line_every_ten_days_and_the_last_state() -> None:
    out = console()
    with Screen(out) as screen:
        for half_day in range(50):
            screen.show(replace(PROGRESS, day=half_day // 2))
        before = text_of(out)
    lines = [each.partition(" of")[0] for each in before.splitlines()]
    assert lines == ["day 0", "day 10", "day 20"]
    after = text_of(out).removeprefix(before)
    assert after.startswith("day 24 of 120")
    assert "what happened" in after


def test_a_day_that_nobody_showed_costs_no_line() -> None:
    out = console()
    with Screen(out) as screen:
        for day in (3, 9, 17, 19, 41, 42):
            screen.show(replace(PROGRESS, day=day))
        lines = [each.partition(" of")[0] for each in text_of(out).splitlines()]
    assert lines == ["day 3", "day 17", "day 41"]


def test_on_a_terminal_the_picture_is_drawn_again_in_place_and_the_last_one_stays() -> None:
    out = console(terminal=True)
    with Screen(out) as screen:
        for sent in (801, 802, 803):
            screen.show(replace(PROGRESS, sent=sent))
    text = text_of(out)
    assert all(str(sent) in text for sent in (801, 802, 803))
    up_one_line = "\x1b[1A"
    assert up_one_line in text
    assert up_one_line not in text[text.rindex("803") :]


def test_a_demo_that_ends_before_it_began_shows_nothing() -> None:
    out = console()
    with Screen(out):
        pass
    assert text_of(out) == ""
