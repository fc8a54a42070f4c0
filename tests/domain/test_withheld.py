"""What an incident, or a suspension by others, keeps back: all of dunning, and the return of the service.

Partner Center S5 and S6: fraud and misuse go no dunning path, and we never assume that we hold the lock.
"""

from typing import Any

import pytest

from domain import facts
from domain.refusals import allowed, refusal
from domain.situation import Situation
from tests.domain.playing import SUSPENDED, TO_FINAL, A, Event, effects, event, holds, paid, play, policy

FIRST_ONLY = TO_FINAL[:1]
WITHHELD = "return-withheld/task"


def opened(at: str, incident: str = "inc-1", kind: str = "mining", category: str = "misuse") -> Event:
    return event(at, "incident_opened", incident=incident, kind=kind, category=category)


def closed(at: str, incident: str = "inc-1") -> Event:
    return event(at, "incident_closed", incident=incident)


def others(at: str, **said: Any) -> Event:
    return event(at, "suspended_elsewhere", **said)


@pytest.mark.parametrize("begins", [opened, others])
def test_dunning_rests_as_long_as_it_is_open(begins: Any) -> None:
    played = play(A, begins("2026-03-05T12:00:00Z"), under=policy(), until="2026-09-30")
    assert effects(played) == FIRST_ONLY
    assert "03-05 second hold.absolute" in holds(played)


@pytest.mark.parametrize(
    ("begins", "ends"), [(opened, closed), (others, lambda at: others(at, outcome="ended"))]
)
def test_after_it_the_warnings_begin_anew(begins: Any, ends: Any) -> None:
    """A final notice from before announces no day any more: nobody is suspended the moment it is over."""
    events = [begins("2026-03-20T12:00:00Z"), ends("2026-04-20T10:00:00Z")]
    played = play(A, *events, under=policy(), until="2026-05-31")
    assert effects(played)[:3] == TO_FINAL
    assert effects(played)[3:6] == [
        "04-20 10:00 second/email A",
        "04-22 09:00 final/email A",
        "05-04 09:00 suspend/service A",
    ]


@pytest.mark.parametrize("begins", [opened, others])
def test_a_payment_gives_nothing_back_and_finance_hears_why_once(begins: Any) -> None:
    events = [begins("2026-04-10T12:00:00Z"), paid("2026-04-15T10:00:00Z")]
    played = play(A, *events, under=policy(), until="2026-05-31")
    assert effects(played) == [*TO_FINAL, *SUSPENDED, f"04-15 10:00 {WITHHELD}"]
    assert played.account.service.suspended
    [why] = [line.reason.words for line in played.lines if line.step == "return-withheld" and line.reason]
    assert why.startswith("nothing is owed that would keep the service down, and it is not given back: ")


def test_the_end_of_the_incident_gives_the_paid_service_back() -> None:
    events = [opened("2026-04-10T12:00:00Z"), paid("2026-04-15T10:00:00Z"), closed("2026-04-16T10:00:00Z")]
    played = play(A, *events, under=policy(), until="2026-05-31")
    assert "04-16 10:00 reactivate/service" in effects(played)


def test_of_two_incidents_both_have_to_end() -> None:
    events = [opened("2026-03-05"), opened("2026-03-06", "inc-2"), closed("2026-03-08")]
    assert effects(play(A, *events, under=policy(), until="2026-05-31")) == FIRST_ONLY


def test_a_default_is_no_such_incident() -> None:
    """M1: late money goes the way of collections: only fraud and misuse are told to the customer's plan."""
    with pytest.raises(ValueError):
        facts.IncidentOpened.model_validate(
            {"incident": "inc-1", "kind": "default", "category": "non_payment"}
        )


def test_nobody_releases_it_by_hand_and_nobody_reactivates_past_it() -> None:
    played = play(A, opened("2026-04-10T12:00:00Z"), under=policy(), until="2026-04-20")
    at = Situation(policy=policy(), account=played.account, now=played.lines[-1].at)
    assert allowed(at)["release"] == ("Incident inc-1 keeps everything back: it ends when that is closed.")
    request = facts.ReactivateRequested(reason="agreed")
    assert refusal(at, "reactivate", request) == (
        "Incident inc-1 is open: it is closed before the service comes back."
    )
    held = play(A, opened("2026-04-10"), event("2026-04-11", "hold_released"), under=policy())
    assert held.account.incidents == ("inc-1",)


def test_a_hold_of_finance_is_released_beside_it() -> None:
    events = [opened("2026-03-05"), event("2026-03-06", "hold_set", reason="attorney")]
    played = play(A, *events, under=policy(), until="2026-03-20")
    at = Situation(policy=policy(), account=played.account, now=played.lines[-1].at)
    assert refusal(at, "release", facts.HoldReleased(reason="attorney")) is None
    assert refusal(at, "release", facts.HoldReleased(reason="incident inc-1 (mining)")) == (
        "No hold is for 'incident inc-1 (mining)'; there is 'attorney'."
    )
