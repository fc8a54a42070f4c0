"""What finance may do now, or the sentence why not.

Invoice A of 100.00 EUR was due on 2 March 2026; nobody has been written to unless the table says so.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from domain.account_fold import build
from domain.claim import Claim
from domain.commands import COMMANDS, read, words_of
from domain.customer import Customer
from domain.facts import KNOWN_TYPES, Body, write_body
from domain.policy import Policy
from domain.refusals import allowed, refusal
from domain.simulation.events import read_events
from domain.situation import Situation

Event = dict[str, Any]
CUSTOMER = Customer(id="c-1")
FINAL = {"kind": "notice", "id": "final", "offset_days": 5, "template": "final"}
SUSPEND = {
    "kind": "suspend",
    "id": "suspend",
    "offset_days": 30,
    "notice_days": 10,
    "needs_delivered": ["final"],
    "approval": {"EUR": "80"},
}
A: Event = {
    "at": "2026-02-02",
    "type": "invoice_issued",
    "invoice": "A",
    "amount": "100.00",
    "currency": "EUR",
    "due_on": "2026-03-02",
}


def policy(*steps: dict[str, Any]) -> Policy:
    named = {"policy": "p", "title": "P", "for": {"segments": ["business"]}}
    return Policy.model_validate({**named, "steps": list(steps or [FINAL, SUSPEND])})


def said(type_: str, at: str = "2026-03-04T08:00:00Z", **fields: Any) -> Event:
    return {"at": at, "type": type_, **fields}


def claim(step: str, channel: str = "email", *, at: str = "2026-03-10", state: str = "sent") -> Claim:
    day = datetime.fromisoformat(at).replace(hour=9, tzinfo=UTC)
    return Claim(
        message=f"m-{step}",
        step=step,
        channel=channel,
        debts=(("A", 1),),
        claimed_at=day,
        state=state,  # type: ignore[arg-type]  # the table's text is one of the states
        delivered_at=day,
        suspend_on=date(2026, 4, 1) if step == "final" else None,
    )


def situation(
    events: Sequence[Event] = (A,),
    claims: Sequence[Claim] = (),
    on: str = "2026-03-20",
    under: Policy | None = None,
) -> Situation:
    account = build(CUSTOMER, read_events(CUSTOMER, events), claims)
    now = datetime.fromisoformat(on).replace(hour=12, tzinfo=UTC)
    return Situation(policy=under or policy(), account=account, now=now)


AGENCY = {"kind": "hand_over", "id": "agency", "offset_days": 15, "approval": {"EUR": "80"}}
ENDED = said("subscription_terminated", "2026-04-03T09:00:00Z", subscription="S")
HANDED = said("handed_over", invoice="A", to="Northern")
APPROVED = said("approved", "2026-03-12T08:00:00Z", step="agency")
CANCELLED = said("subscription_cancelled")
ELSEWHERE = said("suspended_elsewhere")
RESTRICTED = said("subscription_restricted", "2026-04-02T09:00:00Z", subscription="S")
ENDED_WORDS = "The subscription has ended for good."
ELSEWHERE_ASKED = "Others suspended the service: ask them."
WARNED = [claim("final")]
SUSPENDED = said("subscription_suspended", "2026-04-02T09:00:00Z", subscription="S")
BACK = said("subscription_reactivated", "2026-04-03T09:00:00Z", subscription="S")
PAID = said("payment_received", payment="P", amount="100", currency="EUR")
NOTICE_RUNS = (
    "Nobody is suspended without warning: final was delivered on 2026-03-10:"
    " 10 days of notice end on 2026-03-20."
)
APPROVAL_ENDS = (
    "An approval ends with an answer: use approve, or `starter.py approve`, which --reject makes a no."
)
WARNING_MISSING = "Nobody is suspended without warning: final has not been delivered for A."


@pytest.mark.parametrize(
    ("name", "at", "answer"),
    [
        ("pause", situation(), None),
        ("pause", situation([]), None),
        ("hand_over", situation([]), "Nothing is open."),
        ("cancel_subscription", situation(), None),
        ("cancel_subscription", situation([A, CANCELLED]), "The subscription was cancelled."),
        (
            "cancel_subscription",
            situation([A, ENDED], on="2026-04-05"),
            "The subscription has ended for good.",
        ),
        ("reactivate", situation([A, ENDED], on="2026-04-05"), ENDED_WORDS),
        ("reactivate", situation([A, RESTRICTED], on="2026-04-05"), None),
        ("reactivate", situation([A, SUSPENDED, ELSEWHERE], on="2026-04-05"), ELSEWHERE_ASKED),
        ("suspend", situation([A, ENDED], WARNED, on="2026-04-05"), ENDED_WORDS),
        ("suspend", situation([A, CANCELLED], WARNED), "The subscription was cancelled."),
        ("suspend", situation([A, ELSEWHERE], WARNED), "Others suspended the service already."),
        ("resume", situation(), "Nothing is paused."),
        ("resume", situation([A, said("paused", reason="r")]), None),
        ("resume", situation([A, said("paused", reason="r", to="2026-03-19")]), "Nothing is paused."),
        ("resume", situation([A, said("paused", reason="r", **{"from": "2026-04-01"})]), None),  # one to come
        (
            "resume",
            situation([A, said("paused", reason="r"), said("resumed", "2026-03-05")]),
            "Nothing is paused.",
        ),
        ("exempt", situation(), None),
        ("end_exemption", situation(), "Nothing is exempt."),
        ("end_exemption", situation([A, said("exempted", reason="r", invoice="A")]), None),
        (
            "end_exemption",
            situation([A, said("exempted", reason="r", to="2026-03-10")]),
            "Nothing is exempt.",
        ),
        ("approve", situation(), None),
        ("approve", situation(under=policy(FINAL)), "This policy has no step that needs approval."),
        (
            "approve",
            situation([A, PAID]),
            "Nothing waits for approval: what is overdue is below the threshold.",
        ),
        (
            "approve",
            situation([{**A, "main": False}]),
            "Nothing waits for approval: what is overdue is below the threshold.",
        ),
        ("complete_task", situation(), "No task is open."),
        ("complete_task", situation(claims=[claim("call", "task")]), None),
        (
            "complete_task",
            situation([A, said("task_completed", "2026-03-11", step="call")], [claim("call", "task")]),
            "No task is open.",
        ),
        ("complete_task", situation(claims=[claim("call", "task", state="refused")]), "No task is open."),
        ("complete_task", situation(claims=[claim("approve", "task")]), APPROVAL_ENDS),
        ("complete_task", situation([A, PAID], [claim("approve", "task")]), None),
        (
            "complete_task",
            situation([A, said("approved", "2026-03-11")], [claim("approve", "task")]),
            "No task is open.",
        ),
        ("suspend", situation(), WARNING_MISSING),
        ("suspend", situation(under=policy(FINAL)), "This policy never suspends."),
        ("suspend", situation([]), "No main debt is overdue."),
        ("suspend", situation([A, PAID]), "No main debt is overdue."),
        ("suspend", situation([{**A, "main": False}], WARNED), "No main debt is overdue."),
        (
            "suspend",
            situation(claims=WARNED, on="2026-03-19"),
            NOTICE_RUNS,
        ),
        (
            "suspend",
            situation(claims=WARNED),
            "Nobody is suspended without warning: the suspension was announced for 2026-04-01.",
        ),
        ("suspend", situation(claims=WARNED, on="2026-04-01"), None),
        (
            "suspend",
            situation([A, {**A, "invoice": "B"}], WARNED, on="2026-04-01"),
            None,
        ),  # A is reason enough
        (
            "suspend",
            situation([A, said("suspend_requested", reason="r")], WARNED, on="2026-04-01"),
            "The suspension has been asked for already.",
        ),
        ("suspend", situation([A, SUSPENDED], WARNED, on="2026-04-04"), "The service is suspended already."),
        (
            "suspend",
            situation([A, SUSPENDED, BACK], [*WARNED, claim("suspend", "service")], on="2026-04-05"),
            "The service has been suspended for these debts before: only a new one can suspend it again.",
        ),
        ("reactivate", situation(), "The service is not suspended."),
        ("reactivate", situation([A, SUSPENDED], on="2026-04-04"), None),
        ("reactivate", situation([A, SUSPENDED, BACK], on="2026-04-04"), "The service is not suspended."),
        ("dispute", situation(), None),
        ("dispute", situation([A, PAID]), "Nothing is open that could be disputed."),
        ("resolve_dispute", situation(), "Nothing is disputed."),
        ("resolve_dispute", situation([A, said("dispute_opened", dispute="D", invoice="A")]), None),
        ("write_off", situation(), None),
        ("write_off", situation([]), "Nothing is open."),
        ("undo_write_off", situation(), "Nothing has been written off."),
        ("undo_write_off", situation([A, said("write_off", invoice="A")]), None),
        ("enter_code", situation(), "Nobody is being verified here."),
        ("enter_code", situation([said("onboarding_started")]), "No code is waited for."),
        ("review_onboarding", situation(), "Nobody is being verified here."),
        ("review_onboarding", situation([said("onboarding_started")]), None),
    ],
)
def test_what_makes_sense_now(name: str, at: Situation, answer: str | None) -> None:
    assert allowed(at)[name] == answer


DISPUTED = [A, said("dispute_opened", dispute="D-1", invoice="A")]
EXEMPT = [A, said("exempted", reason="r", invoice="A")]


@pytest.mark.parametrize(
    ("name", "at", "data", "answer"),
    [
        ("hand_over", situation(), {"invoice": "A"}, None),
        ("hand_over", situation(), {}, None),
        ("hand_over", situation(), {"invoice": "B"}, "Invoice B is not known for this customer."),
        ("hand_over", situation([A, PAID]), {"invoice": "A"}, "Nothing is open."),
        (
            "hand_over",
            situation([A, HANDED]),
            {"invoice": "A"},
            "Nothing of A is past due that could be handed over.",
        ),
        (
            "hand_over",
            situation(on="2026-03-01"),
            {},
            "Nothing of the customer is past due that could be handed over.",
        ),
        (
            "hand_over",
            situation(under=policy(FINAL, AGENCY)),
            {"invoice": "A"},
            "100.00 EUR needs approval from 80.00 EUR: use approve once the policy asks for it.",
        ),
        (
            "hand_over",
            situation([A, APPROVED], [claim("approve-agency", "task")], under=policy(FINAL, AGENCY)),
            {"invoice": "A"},
            None,
        ),
        ("take_back", situation(), {"invoice": "A"}, "Nothing is handed over."),
        ("take_back", situation([A, HANDED]), {"invoice": "A"}, None),
        ("take_back", situation([A, HANDED]), {}, None),
        ("take_back", situation([A, HANDED]), {"invoice": "B"}, "Invoice B is not handed over."),
        ("suspended_elsewhere", situation(), {}, None),
        (
            "suspended_elsewhere",
            situation(),
            {"outcome": "ended"},
            "Nobody else has the service suspended.",
        ),
        ("suspended_elsewhere", situation([A, ELSEWHERE]), {"outcome": "ended"}, None),
        (
            "suspended_elsewhere",
            situation([A, ELSEWHERE]),
            {"outcome": "abuse"},
            "It is known already that others suspended the service.",
        ),
        (
            "approve",
            situation(claims=[claim("approve-agency", "task")], under=policy(FINAL, AGENCY)),
            {"step": "agency"},
            None,
        ),
        (
            "approve",
            situation(claims=[claim("approve-agency", "task")], under=policy(FINAL, AGENCY)),
            {"step": "suspend"},
            "No step 'suspend' waits for approval.",
        ),
        (
            "complete_task",
            situation(claims=[claim("approve-agency", "task")], under=policy(FINAL, AGENCY)),
            {"step": "approve-agency"},
            APPROVAL_ENDS,
        ),
        (
            "complete_task",
            situation([A, PAID], [claim("approve-agency", "task")], under=policy(FINAL, AGENCY)),
            {"step": "approve-agency"},
            None,
        ),
        ("pause", situation(), {"reason": "r", "to": "2026-04-01"}, None),
        ("pause", situation(), {"reason": "r"}, None),
        (
            "pause",
            situation(),
            {"reason": "r", "to": "2026-03-19"},
            "The pause would end on 2026-03-19, before it begins on 2026-03-20.",
        ),
        (
            "pause",
            situation(),
            {"reason": "r", "from": "2026-05-01", "to": "2026-04-01"},
            "The pause would end on 2026-04-01, before it begins on 2026-05-01.",
        ),
        (
            "pause",
            situation([A, said("paused", reason="r", to="2026-04-01")]),
            {"reason": "r", "to": "2026-03-30"},
            "Already paused until 2026-04-01.",
        ),
        (
            "pause",
            situation([A, said("paused", reason="r")]),
            {"reason": "r", "to": "2026-03-30"},
            "Already paused until further notice.",
        ),
        (
            "pause",
            situation([A, said("paused", reason="r", to="2026-04-01")]),
            {"reason": "r", "to": "2026-05-01"},
            None,
        ),
        ("exempt", situation(), {"reason": "r", "invoice": "A"}, None),
        ("exempt", situation(), {"reason": "r"}, None),
        (
            "exempt",
            situation(),
            {"reason": "r", "to": "2026-02-01"},
            f"The exemption would end on 2026-02-01, before it begins on {situation().today}.",
        ),
        (
            "exempt",
            situation([A, said("exempted", reason="r", invoice="A", to="2026-06-30")]),
            {"reason": "r", "invoice": "A", "to": "2026-06-30"},
            "Already exempt until 2026-06-30.",
        ),
        (
            "exempt",
            situation(EXEMPT),
            {"reason": "r", "invoice": "A", "to": "2026-06-30"},
            "Already exempt until further notice.",
        ),
        ("exempt", situation(EXEMPT), {"reason": "r", "to": "2026-06-30"}, None),
        (
            "exempt",
            situation([A, said("exempted", reason="r", to="2026-06-30")]),
            {"reason": "r", "to": "2026-07-31"},
            None,
        ),
        ("exempt", situation(), {"reason": "r", "invoice": "X"}, "Invoice X is not known for this customer."),
        (
            "exempt",
            situation(),
            {"reason": "r", "from": "2026-04-02", "to": "2026-04-01"},
            "The exemption would end on 2026-04-01, before it begins on 2026-04-02.",
        ),
        ("end_exemption", situation(EXEMPT), {"invoice": "A"}, None),
        ("end_exemption", situation(EXEMPT), {"invoice": "B"}, "Invoice B is not exempt."),
        ("end_exemption", situation(EXEMPT), {}, "The customer is not exempt."),
        ("approve", situation(), {}, None),
        ("approve", situation(), {"step": "suspend"}, None),
        ("approve", situation(), {"step": "final"}, "No step 'final' waits for approval."),
        ("complete_task", situation(claims=[claim("call", "task")]), {"step": "call"}, None),
        ("complete_task", situation(claims=[claim("call", "task")]), {}, None),
        (
            "complete_task",
            situation(claims=[claim("call", "task"), claim("approve", "task")]),
            {"step": "approve"},
            APPROVAL_ENDS,
        ),
        ("complete_task", situation([A, PAID], [claim("approve", "task")]), {"step": "approve"}, None),
        (
            "complete_task",
            situation([A, PAID], [claim("approve", "task")]),
            {},
            "Name the task that is done: open is approve.",
        ),
        (
            "complete_task",
            situation(claims=[claim("call", "task")]),
            {"step": "review"},
            "No task 'review' is open; open are call.",
        ),
        ("dispute", situation(), {"dispute": "D", "invoice": "A", "amount": "10.00"}, None),
        ("dispute", situation(), {"dispute": "D", "invoice": "A", "amount": "100.00"}, None),
        (
            "dispute",
            situation(),
            {"dispute": "D", "invoice": "A", "amount": "100.01"},
            "100.01 EUR cannot be disputed: 100.00 EUR are open on invoice A.",
        ),
        (
            "dispute",
            situation(),
            {"dispute": "D", "invoice": "X"},
            "Invoice X is not known for this customer.",
        ),
        (
            "dispute",
            situation(),
            {"dispute": "D", "invoice": "A", "amount": "10.005"},
            "10.005 EUR: EUR has 2 decimals.",
        ),
        (
            "dispute",
            situation([A, {**A, "invoice": "B"}, PAID]),
            {"dispute": "D", "invoice": "A"},
            "Invoice A is settled: nothing is open on it.",
        ),
        ("resolve_dispute", situation(DISPUTED), {"dispute": "D-1"}, None),
        (
            "resolve_dispute",
            situation(DISPUTED),
            {"dispute": "D-9"},
            "No dispute 'D-9' is open; open are D-1.",
        ),
        ("resolve_dispute", situation(DISPUTED), {"dispute": "D-1", "invoice": "A"}, None),
        (
            "resolve_dispute",
            situation(DISPUTED),
            {"dispute": "D-1", "invoice": "X"},
            "Invoice X is not known for this customer.",
        ),
        (
            "resolve_dispute",
            situation([*DISPUTED, {**A, "invoice": "B"}]),
            {"dispute": "D-1", "invoice": "B"},
            "Invoice B is not disputed.",
        ),
        ("resolve_dispute", situation([*DISPUTED, PAID]), {"dispute": "D-1", "invoice": "A"}, None),
        ("write_off", situation(), {"invoice": "A"}, None),
        ("write_off", situation(), {"invoice": "X"}, "Invoice X is not known for this customer."),
        (
            "write_off",
            situation([A, {**A, "invoice": "B"}, said("write_off", invoice="A")]),
            {"invoice": "A"},
            "Invoice A is written off: nothing is open on it.",
        ),
        ("undo_write_off", situation([A, said("write_off", invoice="A")]), {"invoice": "A"}, None),
        (
            "undo_write_off",
            situation([A, {**A, "invoice": "B"}, said("write_off", invoice="A")]),
            {"invoice": "B"},
            "Invoice B has not been written off.",
        ),
        (
            "undo_write_off",
            situation([A, said("write_off", invoice="A")]),
            {"invoice": "X"},
            "Invoice X is not known for this customer.",
        ),
        ("resume", situation(), {}, "Nothing is paused."),
        ("resume", situation([A, said("paused", reason="r")]), {}, None),
        ("suspend", situation(), {"reason": "r"}, WARNING_MISSING),
        ("suspend", situation(claims=WARNED, on="2026-04-01"), {"reason": "r"}, None),
        ("reactivate", situation([A, SUSPENDED], on="2026-04-04"), {"reason": "r"}, None),
    ],
)
def test_whether_this_very_command_may_be_done(
    name: str, at: Situation, data: dict[str, str], answer: str | None
) -> None:
    assert refusal(at, name, read(name, data)) == answer


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_of_a_command_can_be_read(name: str) -> None:
    command = COMMANDS[name]
    body = read(name, command.example)

    assert type(body) is command.body
    assert command.name == name
    assert command.does.endswith(".")
    if isinstance(body, Body):
        assert write_body(body)["type"] in KNOWN_TYPES


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("pause", {}),
        ("pause", {"reason": "r", "until": "2026-04-01"}),
        ("pause", {"reason": "r", "to": "yesterday"}),
        ("pause", {"reason": "r", "to": 1775001600}),
        ("dispute", {"dispute": "D", "invoice": "A", "amount": "-1"}),
        ("dispute", {"dispute": "D", "invoice": "A", "amount": 1.5}),
        ("dispute", {"dispute": "D", "invoice": ""}),
        ("write_off", {}),
        ("suspend", {"by": "maria"}),
    ],
)
def test_a_wrong_input_is_refused(name: str, data: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(name, data)


def test_there_is_no_such_command() -> None:
    with pytest.raises(KeyError):
        read("abolish", {})


def test_every_command_has_an_answer() -> None:
    assert set(allowed(situation([]))) == set(COMMANDS)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"step": "call", "reached": True}, "completed call, somebody was reached"),
        ({"step": "call", "reached": False, "outcome": "busy"}, "completed call, nobody was reached: busy"),
        ({"outcome": "all done"}, "completed every open task: all done"),
    ],
)
def test_a_completed_call_says_whether_somebody_was_reached(said: dict[str, object], words: str) -> None:
    body = read("complete_task", said)
    assert isinstance(body, Body)
    assert words_of(body) == words
