"""How chasing ends and what brings it back: restrict, suspend, hand over, terminate, write off.

tests/domain/playing.py has the terms. The order is that of practice, section 10.1: new orders are
blocked on day 30, users are out on day 60, agencies from day 90, terminated and written off on day 150.
What a payment after the end does is open-source lessons, section 3, "end of ladder".
"""

from datetime import date
from typing import Any

import pytest

from domain import facts
from domain.documents import Faults
from domain.plan import plan
from domain.policy import Policy
from domain.policy_lint import lint
from domain.policy_page import show
from domain.refusals import refusal
from domain.simulation.timeline import Outcome
from domain.situation import Situation
from tests.domain.playing import (
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
    effects,
    event,
    holds,
    invoice,
    paid,
    play,
    policy,
    stages,
)

RESTRICT = {"kind": "restrict", "id": "restrict", "offset_days": 20}
LAST_CALL = {"kind": "notice", "id": "last_call", "offset_days": 60, "template": "termination_warning"}
TERMINATE = {
    "kind": "terminate",
    "id": "terminate",
    "offset_days": 90,
    "suspended_days": 30,
    "notice_days": 14,
    "needs_delivered": ["last_call"],
    "approval": {"EUR": "1000"},
}
HAND_OVER = {"kind": "hand_over", "id": "agency", "offset_days": 45, "needs_delivered": ["final"]}
WRITE_OFF = {"kind": "write_off", "id": "give_up", "offset_days": 120, "needs_delivered": ["final"]}

TO_RESTRICTED = [*TO_FINAL, "03-23 09:00 restrict/service A", "03-23 09:00 service-restricted/email A"]
TO_END = [
    *TO_FINAL,
    *SUSPENDED,
    "05-01 09:00 last_call/email A",
    "06-01 09:00 terminate/service A",  # 31 May is a Sunday
    "06-01 09:00 service-ended/email A",
]
RESTRICTING = policy(FIRST, SECOND, FINAL, RESTRICT, SUSPEND)
ENDING = policy(FIRST, SECOND, FINAL, SUSPEND, LAST_CALL, TERMINATE)
GIVING = policy(FIRST, SECOND, FINAL, HAND_OVER)


def end(*events: Event, under: Policy, until: str = "2026-09-30") -> Outcome:
    return play(*events, under=under, until=until)


# --- restrict ------------------------------------------------------------------------------------


def test_a_service_is_restricted_before_it_is_suspended() -> None:
    played = end(A, under=RESTRICTING)
    assert effects(played) == [*TO_RESTRICTED, *SUSPENDED, "06-23 09:00 data_loss/task"]
    assert [each.split()[2] for each in stages(played)] == [
        *("current", "overdue", "reminder", "final_notice", "restricted", "suspended"),
    ]


@pytest.mark.parametrize("suspended", [False, True])
def test_a_payment_brings_back_what_was_restricted(suspended: bool) -> None:
    on = "04-15" if suspended else "03-25"
    played = end(A, paid(f"2026-{on}T10:00:00Z"), under=RESTRICTING)
    assert effects(played)[-2:] == [f"{on} 10:00 reactivate/service", f"{on} 10:00 thanks/email"]
    assert played.stage == "current"
    assert not played.account.service.down


@pytest.mark.parametrize(
    ("step", "events", "restricted", "why"),
    [
        ({}, [], "03-23 09:00", None),
        ({}, [event("2026-03-20", "paused", to="2026-03-24", reason="r")], "03-27 09:00", None),
        ({}, [event("2026-03-20", "hold_set", reason="attorney")], None, None),
        ({"needs_delivered": ["final"], "notice_days": 10}, [], "03-27 09:00", "hold.notice_period"),
        (
            {"needs_delivered": ["final"]},
            [
                event("2026-03-17T12:00:00Z", "bounced", step="final"),
                event("2026-03-17", "opted_out", channel="sms"),
            ],
            None,
            "hold.not_delivered",
        ),
        ({"approval": {"EUR": "100"}}, [], None, "hold.approval"),
        (
            {"approval": {"EUR": "100"}},
            [event("2026-03-24T10:00:00Z", "approved", step="restrict")],
            "03-24 10:00",
            "hold.approval",
        ),
        (  # who was asked nothing has allowed nothing
            {"approval": {"EUR": "100"}},
            [event("2026-03-20T10:00:00Z", "approved", step="restrict")],
            None,
            "hold.approval",
        ),
        ({"approval": {"EUR": "100.01"}}, [], "03-23 09:00", None),
        ({"when": {"minimum": {"EUR": "200"}}}, [], None, "hold.condition"),
        ({}, [event("2026-03-01", "suspended_elsewhere", outcome="fraud")], None, None),
        ({}, [event("2026-03-01", "subscription_cancelled")], None, None),
        (
            {},
            [event("2026-03-20", "payment_in_flight", payment="Q", amount="9", currency="EUR")],
            None,
            "hold.in_flight",
        ),
    ],
)
def test_the_day_of_the_restriction(
    step: dict[str, Any], events: list[Event], restricted: str | None, why: str | None
) -> None:
    under = policy(FIRST, SECOND, FINAL, {**RESTRICT, **step})
    played = end(A, *events, under=under)
    done = [each.split(" restrict/")[0] for each in effects(played) if " restrict/" in each]
    assert done == ([restricted] if restricted else [])
    held = {each.split()[2] for each in holds(played) if each.split()[1] == "restrict"}
    assert (why in held) if why else not held - {"window.weekday", "window.hours"}


def test_a_side_debt_restricts_and_ends_nothing() -> None:
    """Open-source lessons, section 3, 10: small or side debts must not suspend the main service."""
    for under in (RESTRICTING, ENDING):
        played = end(invoice(main=False), under=under)
        assert not [each for each in effects(played) if "/service" in each]


def test_who_is_late_for_both_is_suspended_and_not_restricted_first() -> None:
    under = policy(FIRST, SECOND, FINAL, {**RESTRICT, "offset_days": 29}, SUSPEND)
    down = event("2026-03-30", "workers_down", until="2026-04-02T10:00:00Z")
    assert effects(end(A, down, under=under))[3:5] == [
        "04-02 10:00 suspend/service A",
        "04-02 10:00 suspended/email A",
    ]


def test_what_finance_gave_back_is_not_restricted_again_for_the_same_debt() -> None:
    back = event("2026-04-10T10:00:00Z", "reactivate_requested", reason="r")
    played = end(A, back, under=RESTRICTING)
    assert effects(played) == [*TO_RESTRICTED, *SUSPENDED, "04-10 10:00 reactivate/service"]
    again = end(A, event("2026-03-24T10:00:00Z", "reactivate_requested", reason="r"), under=RESTRICTING)
    assert effects(again)[:6] == [*TO_RESTRICTED, "03-24 10:00 reactivate/service"]


# --- terminate -----------------------------------------------------------------------------------


def test_a_subscription_ends_after_a_long_suspension_and_a_warning_of_it() -> None:
    played = end(A, under=ENDING)
    assert effects(played) == TO_END
    assert played.stage == "terminated"
    assert plan(ENDING, played.account, at_noon("2026-09-30")).wake_at is None


@pytest.mark.parametrize(
    ("step", "events", "ended", "why"),
    [
        ({"suspended_days": 70}, [], "06-10 09:00", None),
        ({"notice_days": 40}, [], "06-10 09:00", "hold.notice_period"),
        ({"approval": {}}, [], None, "hold.approval"),  # whatever the amount
        ({"approval": {"EUR": "100"}}, [], None, "hold.approval"),
        (
            {"approval": {}},
            [event("2026-06-02T10:00:00Z", "approved", step="terminate", by="maria")],
            "06-02 10:00",
            "hold.approval",
        ),
        (
            {"approval": {}},
            [event("2026-06-02T10:00:00Z", "approved", step="terminate", outcome="rejected: no")],
            None,
            "hold.approval",
        ),
        ({}, [event("2026-05-01T12:00:00Z", "bounced", step="last_call")], None, "hold.not_delivered"),
        ({}, [event("2026-05-20", "paused", reason="r")], None, None),
        ({}, [event("2026-05-20", "suspended_elsewhere")], None, None),
        ({}, [paid("2026-05-20")], None, None),
        ({}, [event("2026-05-20", "reactivate_requested", reason="r")], None, None),
        ({}, [event("2026-05-20", "dispute_opened", dispute="D", invoice="A")], None, None),
    ],
)
def test_the_day_of_the_end(
    step: dict[str, Any], events: list[Event], ended: str | None, why: str | None
) -> None:
    under = policy(FIRST, SECOND, FINAL, SUSPEND, LAST_CALL, {**TERMINATE, **step})
    played = end(A, *events, under=under)
    done = [each.split(" terminate/")[0] for each in effects(played) if " terminate/" in each]
    assert done == ([ended] if ended else [])
    held = {each.split()[2] for each in holds(played) if each.split()[1] == "terminate"}
    assert (why in held) if why else not held - {"window.weekday", "window.hours"}


def test_nobody_is_warned_of_an_end_who_is_not_suspended() -> None:
    under = policy(FIRST, SECOND, FINAL, {**SUSPEND, "approval": {"EUR": "50"}}, LAST_CALL, TERMINATE)
    assert effects(end(A, under=under)) == [*TO_FINAL, "04-01 09:00 approve/task A"]


AFTER = [paid("2026-07-06T10:00:00Z")]


def test_a_payment_after_the_end_is_booked_and_thanked_for_and_brings_nothing_back() -> None:
    played = end(A, *AFTER, under=ENDING)
    assert effects(played) == [*TO_END, "07-06 10:00 thanks/email"]
    assert (played.stage, played.json()["end"]["balance"]) == ("terminated", {"EUR": "0.00"})


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([event("2026-07-06", "payment_failed", invoice="A")], []),
        ([event("2026-07-06", "write_off", invoice="A")], []),
        ([event("2026-07-06T10:00:00Z", "reactivate_requested", reason="r")], []),
        ([event("2026-07-06T10:00:00Z", "suspend_requested", reason="r")], []),
        ([event("2026-07-06", "subscription_cancelled")], []),
        (
            [*AFTER, event("2026-08-03T08:00:00Z", "charged_back", payment="P")],
            ["07-06 10:00 thanks/email", "08-03 08:00 after-end/task A"],
        ),
    ],
)
def test_what_comes_in_after_the_end_opens_nothing_but_a_task(
    events: list[Event], expected: list[str]
) -> None:
    assert effects(end(A, *events, under=ENDING)) == [*TO_END, *expected]


def test_a_chargeback_after_the_end_is_one_task() -> None:
    money = [paid("2026-03-09", name="P"), event("2026-03-10", "charged_back", payment="P")]
    twice = [event(f"2026-0{n}-10", "charged_back", payment=f"Q{n}") for n in (7, 8)]
    played = end(A, *money, *[paid(f"2026-0{n}-09", name=f"Q{n}") for n in (7, 8)], *twice, under=ENDING)
    assert len([each for each in effects(played) if "after-end" in each]) == 2


def test_an_invoice_after_the_end_is_chased_without_a_service_to_suspend() -> None:
    new = {**invoice("B", due="2026-08-03"), "at": "2026-07-06", "issued_on": "2026-07-06"}
    played = end(A, new, under=ENDING)
    assert effects(played)[len(TO_END) :] == [
        "08-04 09:00 first/email B",
        "08-11 09:00 second/email B",
        "08-18 09:00 final/email B",
    ]
    assert played.account.claims[-1].suspend_on is None


def test_an_invoice_from_before_the_end_that_falls_due_after_it_is_chased() -> None:
    played = end(A, {**invoice("B", due="2026-06-29"), "at": "2026-05-28"}, under=ENDING)
    assert effects(played)[len(TO_END) :] == [
        "06-30 09:00 first/email B",
        "07-07 09:00 second/email B",
        "07-14 09:00 final/email B",
    ]


# --- hand over, take back ------------------------------------------------------------------------

HANDED = event("2026-04-20T10:00:00Z", "handed_over", invoice="A", to="Northern")


def test_a_hand_over_is_a_task_and_with_the_fact_we_chase_no_more() -> None:
    asked = [*TO_FINAL, "04-16 09:00 agency/task A"]
    assert effects(end(A, under=GIVING)) == asked
    played = end(A, HANDED, under=policy(FIRST, SECOND, FINAL, SUSPEND, HAND_OVER))
    assert played.stage == "suspended"
    played = end(A, HANDED, under=GIVING)
    assert (effects(played), played.stage) == (asked, "handed_over")
    assert played.json()["end"]["balance"] == {"EUR": "100.00"}


def test_a_hand_over_waits_for_approval_from_an_amount_on() -> None:
    under = policy(FIRST, SECOND, FINAL, {**HAND_OVER, "approval": {"EUR": "100"}})
    yes = event("2026-04-17T10:00:00Z", "approved", step="agency")
    assert effects(end(A, under=under)) == [*TO_FINAL, "04-16 09:00 approve-agency/task A"]
    assert effects(end(A, yes, under=under))[-1] == "04-17 10:00 agency/task A"


@pytest.mark.parametrize(
    ("step", "body"),
    [(HAND_OVER, facts.HandedOver), (WRITE_OFF, facts.WrittenOff)],
    ids=["agency", "give_up"],
)
def test_what_waits_for_approval_together_is_not_let_through_one_by_one(
    step: dict[str, Any], body: Any
) -> None:
    under = policy(FIRST, SECOND, FINAL, {**step, "approval": {"EUR": "1000"}})
    both = [invoice("A", "600.00"), invoice("B", "600.00")]
    name = "hand_over" if body is facts.HandedOver else "write_off"

    def said(*more: Event) -> list[str | None]:
        played = end(*both, *more, under=under, until="2026-07-30")
        at = Situation(policy=under, account=played.account, now=at_noon("2026-07-31"))
        return [refusal(at, name, body(invoice=each)) for each in "AB"]

    waits = "1,200.00 EUR needs approval from 1,000.00 EUR: use approve once the policy asks for it."
    assert said() == [waits, waits]
    assert said(event("2026-07-10", "approved", step=step["id"])) == [None, None]


def test_who_was_handed_over_does_not_get_the_service_back_for_it() -> None:
    under = policy(FIRST, SECOND, FINAL, SUSPEND, HAND_OVER)
    handed = end(A, HANDED, under=under)
    assert handed.account.service.suspended
    settled = end(A, HANDED, paid("2026-05-04T10:00:00Z"), under=under)
    assert effects(settled)[-2:] == ["05-04 10:00 reactivate/service", "05-04 10:00 thanks/email"]


def test_what_is_taken_back_gets_fresh_warnings_and_keeps_its_age() -> None:
    back = event("2026-06-01T08:00:00Z", "taken_back", invoice="A", reason="gave up")
    under = policy(FIRST, SECOND, FINAL, {**SUSPEND, "approval": {"EUR": "1"}}, HAND_OVER)
    played = end(A, HANDED, back, under=under, until="2026-07-31")
    assert effects(played)[-4:] == [
        "06-01 09:00 second/email A",
        "06-03 09:00 final/email A",
        "06-03 09:00 agency/task A",
        "06-15 09:00 approve/task A",  # thirteen days after the final notice was delivered: ten were needed
    ]
    assert plan(under, played.account, at_noon("2026-07-31")).overdue_since == date(2026, 3, 2)


def test_all_that_is_past_due_can_be_handed_over_at_once_and_nothing_later() -> None:
    both = [A, invoice("B", due="2026-03-09"), invoice("C", due="2026-05-04")]
    played = end(*both, event("2026-04-20", "handed_over"), under=policy(FIRST))
    assert effects(played) == [
        "03-03 09:00 first/email A",
        "03-10 09:00 first/email B",
        "05-05 09:00 first/email C",
    ]


def test_a_hand_over_that_is_said_twice_is_taken_back_once() -> None:
    back = event("2026-06-01T08:00:00Z", "taken_back")
    once, twice = [end(A, *[HANDED] * n, back, under=GIVING) for n in (1, 2)]
    assert effects(once) == effects(twice)


BLANKET = event("2026-04-20", "handed_over", to="Northern")
B_LATER = invoice("B", due="2026-05-04")


@pytest.mark.parametrize("named", [None, "B"])
def test_a_later_hand_over_takes_what_has_become_past_due_since(named: str | None) -> None:
    again = event("2026-05-06", "handed_over", **({"invoice": named} if named else {}))
    played = end(A, B_LATER, BLANKET, again, under=policy(FIRST, SECOND))
    assert [each for each in effects(played) if each.endswith("B")] == ["05-05 09:00 first/email B"]
    assert played.stage == "handed_over"


def test_one_invoice_is_taken_back_alone_out_of_all_that_was_handed_over() -> None:
    back = event("2026-06-01T08:00:00Z", "taken_back", invoice="A")
    played = end(A, invoice("B"), BLANKET, back, under=policy(FIRST, SECOND))
    assert [each for each in effects(played) if each > "04-20"] == ["06-01 09:00 second/email A"]
    at = Situation(policy=GIVING, account=played.account, now=at_noon("2026-06-02"))
    said = {name: refusal(at, "take_back", facts.TakenBack(invoice=name)) for name in ("A", "B")}
    assert said == {"A": "Invoice A is not handed over.", "B": None}


def test_of_several_hand_overs_any_can_be_taken_back() -> None:
    taken = event("2026-05-06", "taken_back", invoice="B")
    b = event("2026-05-05", "handed_over", invoice="B")
    played = end(A, B_LATER, BLANKET, b, taken, under=GIVING)
    at = Situation(policy=GIVING, account=played.account, now=at_noon("2026-06-02"))
    assert refusal(at, "take_back", facts.TakenBack()) is None


def test_a_chargeback_of_what_others_collected_is_a_task() -> None:
    money = [paid("2026-05-04"), event("2026-06-01T08:00:00Z", "charged_back", payment="P")]
    assert effects(end(A, HANDED, *money, under=GIVING))[-1] == "06-01 08:00 after-end/task A"


# --- write off -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "under", [policy(FIRST, SECOND, FINAL, WRITE_OFF), policy(FIRST, SECOND, FINAL, HAND_OVER, WRITE_OFF)]
)
def test_a_write_off_is_proposed_also_of_what_others_collect(under: Policy) -> None:
    assert effects(end(A, HANDED, under=policy(FIRST, SECOND, FINAL, WRITE_OFF)))[-1:] == [
        "06-30 09:00 give_up/task A"
    ]
    assert effects(end(A, under=under))[-1] == "06-30 09:00 give_up/task A"


def test_nothing_is_proposed_of_what_is_paid_or_written_off_or_exempt() -> None:
    under = policy(FIRST, SECOND, FINAL, WRITE_OFF)
    for over in (
        paid("2026-06-01"),
        event("2026-06-01", "write_off", invoice="A"),
        event("2026-06-01", "exempted", reason="r"),
    ):
        assert effects(end(A, over, under=under)) == TO_FINAL


def test_an_ended_subscription_leaves_debts_to_hand_over_and_to_write_off() -> None:
    later = {**HAND_OVER, "offset_days": 100}
    under = policy(FIRST, SECOND, FINAL, SUSPEND, LAST_CALL, TERMINATE, later, WRITE_OFF)
    assert effects(end(A, under=under))[len(TO_END) :] == [
        "06-10 09:00 agency/task A",
        "06-30 09:00 give_up/task A",
    ]


@pytest.mark.parametrize("ended", [True, False])
def test_the_amounts_of_a_proposal_are_of_all_that_is_past_due(ended: bool) -> None:
    """Also when what is past due is no longer chased: each of these alone is too little, or not too much."""
    end_of_it = [SUSPEND, LAST_CALL, TERMINATE] if ended else [SUSPEND]
    agency = {**HAND_OVER, "offset_days": 100, "when": {"minimum": {"EUR": "100"}, "invoices_at_least": 2}}
    small = {**WRITE_OFF, "when": {"maximum": {"EUR": "99"}}}
    under = policy(FIRST, SECOND, FINAL, *end_of_it, agency, small)
    played = effects(end(invoice("A", "60.00"), invoice("B", "60.00"), under=under))
    assert [each for each in played if "agency" in each or "give_up" in each] == [
        "06-10 09:00 agency/task A,B"
    ]


# --- what others do ------------------------------------------------------------------------------


def test_what_others_suspended_we_neither_suspend_nor_bring_back_and_say_so() -> None:
    """Partner Center S6: never assume that we hold the suspension lock. More in test_withheld.py."""
    others = event("2026-03-20", "suspended_elsewhere", outcome="abuse")
    played = end(A, others, under=policy())
    assert effects(played) == TO_FINAL
    assert "03-20 suspend hold.absolute" in holds(played)
    ours = [event("2026-04-10", "suspended_elsewhere"), paid("2026-04-15T10:00:00Z")]
    held = end(A, *ours, under=policy())
    assert held.account.service.suspended
    assert "04-15 reactivate hold.elsewhere" in holds(held)


def test_a_cancelled_subscription_is_not_suspended_and_its_debts_are_chased_on() -> None:
    gone = event("2026-03-09", "subscription_cancelled")
    played = end(A, gone, under=policy())
    assert (effects(played), played.stage) == (TO_FINAL, "final_notice")
    assert [each.suspend_on for each in played.account.claims] == [None, None, None]


def test_a_subscription_that_is_cancelled_while_it_is_suspended_is_put_away() -> None:
    gone = event("2026-04-20T10:00:00Z", "subscription_cancelled")
    played = end(A, gone, paid("2026-05-04"), under=policy())
    assert effects(played) == [*TO_FINAL, *SUSPENDED, "04-20 10:00 close-service/service"]
    assert played.stage == "current"


@pytest.mark.parametrize("kind", ["invoice_voided", "draft_deleted"])
def test_a_draft_that_is_deleted_is_void(kind: str) -> None:
    played = end(A, event("2026-03-05", kind, invoice="A"), under=policy())
    assert effects(played) == TO_FINAL[:1]
    assert played.account.debts[0].state == "void"
    assert effects(end(event("2026-03-05", kind, invoice="B"), under=policy())) == NOTHING


# --- what a policy may say ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (
            [FIRST, FINAL, SUSPEND, RESTRICT],
            "the suspend step comes last: write restrict 'restrict' before 'suspend'",
        ),
        (
            [FIRST, RESTRICT, {**RESTRICT, "id": "again"}],
            "a policy restricts once: keep one restrict step",
        ),
        (
            [FIRST, SECOND, FINAL, SUSPEND, LAST_CALL],
            "the suspend step comes last: write notice 'last_call' before 'suspend'",
        ),
        (
            [FIRST, {**TERMINATE, "needs_delivered": ["first"]}],
            "step 'terminate' ends what nobody suspends: write a suspend step before it",
        ),
        (
            [FIRST, SECOND, FINAL, SUSPEND, WRITE_OFF, {**HAND_OVER, "offset_days": 130}],
            "the write_off step is graver: write hand_over 'agency' before 'give_up'",
        ),
        (
            [FIRST, {**RESTRICT, "offset_days": 1}],
            "step 'restrict' (day 1) must come after 'first' (day 1): write steps mildest first, one a day",
        ),
        (
            [{**FIRST, "offset_days": -2}, {**RESTRICT, "needs_delivered": ["first"]}],
            "warning 'first' comes before the debt is late: name a notice after the due date",
        ),
    ],
)
def test_the_order_of_the_ends(steps: list[dict[str, Any]], words: str) -> None:
    steps = [
        {**step, "needs_delivered": []} if step is FINAL and SECOND not in steps else step for step in steps
    ]
    with pytest.raises(ValueError) as caught:
        policy(*steps)
    (error,) = caught.value.errors()  # type: ignore[attr-defined]  # pydantic's own
    found = error["ctx"]["error"]
    assert isinstance(found, Faults)
    assert words in [fault.message for fault in found.faults]


def test_a_notice_may_follow_the_restriction() -> None:
    policy(FIRST, {**RESTRICT, "offset_days": 5}, SECOND, FINAL, SUSPEND)


def test_lint_finds_an_end_that_cannot_be_and_debts_that_nobody_warned_of() -> None:
    soon = policy(
        FIRST, SECOND, FINAL, SUSPEND, {**LAST_CALL, "offset_days": 40}, {**TERMINATE, "offset_days": 50}
    )
    rules = [finding.rule for finding in lint(soon, templates=None)]
    assert "end-too-early" in rules
    assert "unwarned-end" in [
        finding.rule for finding in lint(policy(FIRST, {**WRITE_OFF, "needs_delivered": []}))
    ]
    templates = {
        "email": {"first", "second", "final", "suspended", "thanks", "termination_warning"},
        "sms": {"second", "final"},
    }
    (missing,) = [found for found in lint(ENDING, templates=templates) if found.rule == "template-missing"]
    assert missing.step == "terminate"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ([TERMINATE], ["end-without-owner"]),
        ([TERMINATE, WRITE_OFF], []),
        ([TERMINATE, {**HAND_OVER, "offset_days": 100}], []),
        ([{**HAND_OVER, "offset_days": 70}, TERMINATE, WRITE_OFF], ["end-after-hand-over"]),
    ],
)
def test_lint_asks_who_owns_what_is_owed_at_the_end(more: list[dict[str, Any]], expected: list[str]) -> None:
    found = lint(policy(FIRST, SECOND, FINAL, SUSPEND, LAST_CALL, *more))
    assert [each.rule for each in found if each.step == "terminate"] == expected


def test_the_calendar_shows_the_ends() -> None:
    under = policy(FIRST, SECOND, FINAL, RESTRICT, SUSPEND, LAST_CALL, TERMINATE, WRITE_OFF)
    rows = show(under, due_on=date(2026, 3, 2), customer=CUSTOMER)
    assert [(row.step, row.falls_on and f"{row.falls_on:%m-%d}", row.channels) for row in rows] == [
        ("first", "03-03", "email"),
        ("second", "03-10", "email, else sms"),
        ("final", "03-17", "email, else sms"),
        ("restrict", "03-23", "service"),
        ("service-restricted", "03-23", "email"),
        ("suspend", "04-01", "service"),
        ("suspended", "04-01", "email"),
        ("data_loss", None, "review task"),  # it is lost with the subscription
        ("last_call", "05-01", "email"),
        ("terminate", "06-01", "service"),
        ("service-ended", "06-01", "email"),
        ("give_up", "06-30", "write-off task"),
    ]
    (ends,) = [row for row in rows if row.step == "terminate"]
    assert (
        ends.condition
        == "last_call delivered 14 days before; suspended for 30 days; approval from 1,000.00 EUR"
    )
