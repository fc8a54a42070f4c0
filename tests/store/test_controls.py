"""Controls in the ledger: switched off by somebody, for a reason, until a day; and when each ran."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.controls.control import Standing
from store import controls, journal
from store.database import Ledger
from store.errors import Refused

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
DAY = timedelta(days=1)


def off(ledger: Ledger, **changes: Any) -> None:
    given = {"by": "maria", "reason": "bank import is mended", "until": NOW + 2 * DAY, "now": NOW} | changes
    controls.switch_off(ledger, given.pop("control", "S27a"), **given)


def stands(ledger: Ledger, control: str, now: datetime) -> Standing:
    with ledger.read() as session:
        (found,) = (each for each in controls.register(session, now) if each.control.id == control)
        assert controls.is_on(session, control, now) is (found.off is None)
        return found


def test_a_control_is_off_until_its_time_is_over_and_then_that_is_told(ledger: Ledger) -> None:
    assert stands(ledger, "S27a", NOW).off is None

    off(ledger)

    standing = stands(ledger, "S27a", NOW + DAY)
    assert standing.words == ("S27a is off until 2026-03-12 08:00 UTC: maria, bank import is mended",)
    (told,) = stands(ledger, "S27a", NOW + 2 * DAY).words
    assert told.startswith("S27a is on again since 2026-03-12 08:00 UTC, its time off is over: maria")
    assert stands(ledger, "S27a", NOW + 20 * DAY).words == ()


def test_it_is_switched_on_again_once(ledger: Ledger) -> None:
    off(ledger)
    assert controls.switch_on(ledger, "S27a", by="tom", now=NOW + DAY)
    assert not controls.switch_on(ledger, "S27a", by="tom", now=NOW + DAY)
    assert stands(ledger, "S27a", NOW + DAY).words == ()


def test_every_turn_is_kept_with_its_author(ledger: Ledger) -> None:
    off(ledger)
    controls.switch_on(ledger, "S27a", by="tom", now=NOW + DAY)
    assert [(line.what, line.actor, line.why) for line in journal.read(ledger)] == [
        ("switch", "maria", "control S27a is off until 2026-03-12 08:00 UTC: bank import is mended"),
        ("switch", "tom", "control S27a is on again"),
    ]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"control": "S27"}, "there is no control S27: did you mean S27"),
    ({"control": "mail"}, "there is no control mail: `starter.py controls` lists them"),
    ({"control": "S13"}, "S13 has no switch: it is part of what the engine is"),
    ({"control": "S27b"}, "S27b has no switch: `stop` keeps everything back"),
    ({"by": " "}, "S27a is switched off by somebody and for a reason: give both"),
    ({"reason": ""}, "S27a is switched off by somebody and for a reason: give both"),
    ({"until": NOW}, "S27a would be on again at once: choose a day to come"),
    ({"until": NOW + 367 * DAY}, "S27a is off for 366 days at most: choose an earlier day"),
]


def test_what_is_missing_is_refused_and_nothing_is_written(ledger: Ledger) -> None:
    for changes, words in REFUSED:
        with pytest.raises(Refused) as refused:
            off(ledger, **changes)
        assert str(refused.value).startswith(words)
    assert journal.read(ledger) == []


def test_a_run_is_noted_once_a_day(ledger: Ledger) -> None:
    for hours in (0, 5, 26):
        with ledger.write() as session:
            controls.ran(session, "S3", "S13", at=NOW + timedelta(hours=hours))
        controls.note(ledger, "S13", at=NOW + timedelta(hours=hours))

    assert stands(ledger, "S3", NOW + timedelta(hours=20)).ran_at == NOW
    assert stands(ledger, "S13", NOW + 9 * DAY).ran_at == NOW + timedelta(hours=26)
    assert stands(ledger, "S4", NOW + DAY).ran_at is None


def test_what_is_off_does_not_run(ledger: Ledger) -> None:
    off(ledger, control="S10")
    controls.note(ledger, "S10", "S27c", at=NOW)
    assert (stands(ledger, "S10", NOW).ran_at, stands(ledger, "S27c", NOW).ran_at) == (None, NOW)
    controls.note(ledger, "S10", at=NOW + 2 * DAY)
    assert stands(ledger, "S10", NOW + 2 * DAY).ran_at == NOW + 2 * DAY


def test_two_who_note_the_same_run_at_once_note_it_once(ledger: Ledger, together: Any) -> None:
    runs = [lambda: controls.note(ledger, "S3", "S13", at=NOW)] * 4
    assert together(runs) == [None] * 4
    assert stands(ledger, "S13", NOW).ran_at == NOW


def test_what_should_have_run_since_the_ledger_is_live_is_overdue(business: Any) -> None:
    assert not stands(business.ledger, "S3", business.at(-60) + timedelta(hours=1)).overdue
    assert stands(business.ledger, "S3", business.at(-57)).overdue
    assert stands(business.ledger, "S4", business.at(-57)).ran_at == business.at(-60)


def test_what_a_person_does_is_noted_by_a_person(ledger: Ledger) -> None:
    controls.done(ledger, "S28", by="maria", note="nothing new", now=NOW)
    assert stands(ledger, "S28", NOW + 300 * DAY).ran_at == NOW
    (line,) = journal.read(ledger)
    assert (line.actor, line.why) == ("maria", "control S28 was done: nothing new")
    with pytest.raises(Refused, match="S3 is not a person's work: the engine notes when it runs"):
        controls.done(ledger, "S3", by="maria", note="read", now=NOW)
