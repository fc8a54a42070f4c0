"""Absolute holds: attorney, bankruptcy, deceased, breathing space, legal hold, cease request."""

import pytest

from tests.domain.playing import A, Event, effects, event, holds, invoice, paid, play, policy

CALL = {"kind": "task", "id": "call", "offset_days": 4}
BELOW_FINAL = ["03-03 09:00 first/email A", "03-10 09:00 second/email A"]


def hold(at: str, reason: str = "attorney", **fields: object) -> Event:
    return event(at, "hold_set", reason=reason, **fields)


def release(at: str, **fields: object) -> Event:
    return event(at, "hold_released", **fields)


def test_nothing_goes_out_under_a_hold_neither_message_nor_task_nor_suspension() -> None:
    ladder = [step.model_dump() for step in policy().steps]
    for on in ("2026-03-01", "2026-03-12", "2026-03-20"):
        outcome = play(A, hold(on), under=policy(*ladder, CALL))
        after = [line for line in outcome.lines if line.kind == "effect" and line.at.isoformat() >= on]
        assert after == []
        assert any(line.endswith("hold.absolute") for line in holds(outcome))


def test_not_even_thanks_go_out_but_the_service_comes_back() -> None:
    outcome = play(A, hold("2026-04-02"), paid("2026-04-10", invoice="A"))

    assert effects(outcome)[-1] == "04-10 00:00 reactivate/service"


def test_a_hold_ends_on_its_day_or_when_it_is_released() -> None:
    dated = play(A, hold("2026-03-04", to="2026-03-15"), until="2026-03-24")
    released = play(A, hold("2026-03-04"), release("2026-03-16"), until="2026-03-24")

    # Twelve days do not count as lateness: the second reminder falls on the 22nd, a Sunday.
    assert effects(dated) == effects(released) == ["03-03 09:00 first/email A", "03-23 09:00 second/email A"]


@pytest.mark.parametrize(("reason", "rests"), [("attorney", True), ("bankruptcy", False), (None, False)])
def test_a_release_ends_the_hold_of_its_reason_or_all(reason: str | None, rests: bool) -> None:
    ending = release("2026-03-05", **({"reason": reason} if reason else {}))
    outcome = play(A, hold("2026-03-04", "bankruptcy"), ending, until="2026-03-15")

    assert effects(outcome) == (BELOW_FINAL[:1] if rests else [BELOW_FINAL[0], "03-11 09:00 second/email A"])


def test_after_a_hold_that_outlasts_the_announced_day_everything_is_said_again() -> None:
    outcome = play(A, hold("2026-03-20"), release("2026-06-01"), until="2026-07-31")

    steps = [line.split()[2] for line in effects(outcome)]
    assert steps == [
        *("first/email", "second/email", "final/email"),
        *("second/email", "final/email", "suspend/service", "suspended/email"),
    ]


def test_a_hold_is_stronger_than_a_pause_and_a_promise() -> None:
    promised = event("2026-03-04", "promise_made", pay_on="2026-03-09")
    paused = event("2026-03-04", "paused", to="2026-03-09", reason="r")
    outcome = play(A, hold("2026-03-04"), promised, paused)

    assert effects(outcome) == ["03-03 09:00 first/email A"]
    assert [line for line in holds(outcome) if "second" in line] == ["03-04 second hold.absolute"]


def test_the_last_warning_is_not_sent_for_another_debt_while_the_service_is_suspended() -> None:
    late = invoice("B", due="2026-04-06")
    outcome = play(A, late, until="2026-05-31")

    assert not any("final" in line and " B" in line for line in effects(outcome))
    assert "04-21 final hold.suspended" in holds(outcome)


def test_a_pause_lasts_no_longer_than_the_policy_allows() -> None:
    bounded = policy(pauses={"max_days": 10})
    outcome = play(A, event("2026-03-04", "paused", reason="r"), under=bounded, until="2026-03-24")

    assert effects(outcome) == ["03-03 09:00 first/email A", "03-20 09:00 second/email A"]
