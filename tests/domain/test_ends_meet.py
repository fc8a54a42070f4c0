"""Where the ends of chasing meet everything else: rests, cards, fees, instalments, contact law, edits.

Steps and days are those of tests/domain/test_ends.py: restricted on day 20, suspended on day 30, to an agency
on day 45, ended on day 90, written off on day 120. A is due on Monday 2 March 2026.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account_fold import build
from domain.contact_law.whereabouts import Whereabouts
from domain.customer import Customer
from domain.decide import decide
from domain.interest.rates import read_rates
from domain.policy import Policy
from domain.simulation.events import read_events
from domain.simulation.play import simulate
from domain.simulation.timeline import Outcome
from tests.domain import test_contact_in_plan as law
from tests.domain.playing import (
    CUSTOMER,
    FINAL,
    FIRST,
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
from tests.domain.test_ends import (
    ENDING,
    GIVING,
    HAND_OVER,
    HANDED,
    LAST_CALL,
    RESTRICT,
    RESTRICTING,
    TERMINATE,
    TO_END,
    WRITE_OFF,
    end,
)

GIVING_UP = policy(FIRST, SECOND, FINAL, WRITE_OFF)
ENDS = [
    ("restrict", RESTRICTING, "2026-03-20", "2026-03-25"),
    ("agency", GIVING, "2026-04-13", "2026-04-20"),
    ("terminate", ENDING, "2026-05-28", "2026-06-03"),
    ("give_up", GIVING_UP, "2026-06-29", "2026-07-03"),
]


def happens(outcome: Outcome, step: str) -> list[str]:
    """The days on which a step was taken."""
    return [each[:5] for each in effects(outcome) if f" {step}/" in each]


# --- rests ---------------------------------------------------------------------------------------


def resting(kind: str, first: str, last: str) -> list[Event]:
    match kind:
        case "promise":
            return [event(first, "promise_made", pay_on=last)]
        case "pause":
            return [event(first, "paused", to=last, reason="r")]
        case "hold":
            return [event(first, "hold_set", to=last, reason="attorney")]
        case "dispute":
            over = event(last, "dispute_resolved", dispute="D", outcome="lost")
            return [event(first, "dispute_opened", dispute="D", invoice="A"), over]
        case "exemption":
            return [event(first, "exempted", to=last, reason="r")]
    flying = event(first, "payment_in_flight", payment="Q", amount="100", currency="EUR", invoice="A")
    return [flying, event(f"{last}T12:00:00Z", "payment_failed", payment="Q")]


@pytest.mark.parametrize(("step", "under", "first", "last"), ENDS, ids=[each[0] for each in ENDS])
@pytest.mark.parametrize("rest", ["promise", "pause", "hold", "dispute", "exemption", "in flight"])
def test_no_end_comes_while_chasing_rests(step: str, under: Policy, first: str, last: str, rest: str) -> None:
    """Practice, sections on holds, disputes and promises: what rests rests altogether."""
    alone = happens(end(A, under=under), step)
    assert first < f"2026-{alone[0]}" < last
    days = happens(end(A, *resting(rest, first, last), under=under), step)
    assert not [day for day in days if first <= f"2026-{day}" < last]


@pytest.mark.parametrize("rest", ["pause", "hold"])
def test_a_rest_that_outlasts_the_warning_of_the_end_repeats_it(rest: str) -> None:
    """As it repeats the last warning of a suspension: docs/decisions/0006 and 0008."""
    under = policy(*ENDING.steps, pauses={"warn_again_days": 30})
    played = end(A, *resting(rest, "2026-05-20", "2026-07-10"), under=under)
    told, ended = happens(played, "last_call"), happens(played, "terminate")
    assert len(told) == 2
    assert told[1] > "07-10"
    assert (date.fromisoformat(f"2026-{ended[0]}") - date.fromisoformat(f"2026-{told[1]}")).days >= 14


def test_a_short_pause_leaves_the_warning_of_the_end_standing() -> None:
    played = end(A, *resting("pause", "2026-05-20", "2026-05-29"), under=ENDING)
    assert happens(played, "last_call") == ["05-01"]
    assert happens(played, "terminate") == ["06-10"]


def test_under_an_instalment_plan_nothing_ends() -> None:
    agreed = event("2026-05-20", "plan_agreed", instalments=[{"due_on": "2026-12-01", "amount": "100"}])
    assert happens(end(A, agreed, under=ENDING), "terminate") == []
    assert happens(end(A, replaced(agreed, "2026-04-13"), under=GIVING), "agency") == []


def replaced(it: Event, at: str) -> Event:
    return {**it, "at": at}


def test_a_plan_that_is_over_takes_no_warning_of_the_end_along() -> None:
    """docs/decisions/0014: the milder messages of a plan's instalments count, the last warnings do not."""
    agreed = event("2026-03-03", "plan_agreed", instalments=[{"due_on": "2026-03-09", "amount": "100"}])
    ended = event("2026-05-18", "plan_ended", reason="r")
    under = policy(*ENDING.steps, plans={"on_missed": "continues"})
    claims = end(A, agreed, ended, under=under).account.claims
    warned = [(f"{each.claimed_at:%m-%d}", *each.debts) for each in claims if each.step == "last_call"]
    assert warned == [("05-08", ("A plan 2026-03-03 instalment 1", 1)), ("05-18", ("A", 1))]
    (last,) = [each for each in claims if each.step == "terminate"]
    assert (f"{last.claimed_at:%m-%d}", *last.debts) == ("06-01", ("A", 1))


# --- cards ---------------------------------------------------------------------------------------

CARD = [
    event("2026-02-01", "card_added", instrument="v1", network="visa"),
    event("2026-03-02T07:00:00Z", "payment_failed", invoice="A", by="engine", decline="soft"),
]
CHARGES = {"retry_days": [], "stop_days": 90, "stop_declines": 30}


@pytest.mark.parametrize(("step", "under"), [each[:2] for each in ENDS[:2]], ids=["restrict", "agency"])
def test_a_last_attempt_is_made_before_an_end(step: str, under: Policy) -> None:
    charging = policy(*under.steps, charges=CHARGES)
    played = effects(end(A, *CARD, under=charging))
    at = next(i for i, each in enumerate(played) if f" {step}/" in each)
    assert f"charge_before_{step}/charge A" in played[at - 1]
    paid_by_card = event(
        "2026-03-23T10:00:00Z", "payment_received", payment="P", amount="100", currency="EUR"
    )
    if step == "restrict":
        day = next(each for each in played if "charge_before_restrict" in each)
        assert day.startswith("03-23 09:00")
        money = end(A, *CARD, {**paid_by_card, "at": "2026-03-23T09:00:30Z", "invoice": "A"}, under=charging)
        assert happens(money, "restrict") == []


@pytest.mark.parametrize("gone", [HANDED, event("2026-04-20", "handed_over")])
def test_what_others_collect_is_charged_to_no_card(gone: Event) -> None:
    charging = policy(*GIVING.steps, WRITE_OFF, charges={**CHARGES, "retry_days": [10, 20, 60, 70]})
    new_card = event("2026-05-04T08:00:00Z", "card_added", instrument="v2", network="visa")
    played = effects(end(A, *CARD, gone, new_card, under=charging))
    assert not [each for each in played if "charge" in each and each > "04-20"]


# --- interest, fees and side debts -----------------------------------------------------------------

AGREED = {"basis": "contract", "annual_percent": "9", "clause": "7", "propose_at": 60}


@pytest.mark.parametrize("gone", [HANDED, event("2026-04-20", "write_off", invoice="A")])
def test_no_interest_is_proposed_on_what_was_given_away(gone: Event) -> None:
    rates = read_rates(
        {path.name: path.read_text(encoding="utf-8") for path in Path("policies/rates").glob("*.yaml")}
    )
    under = policy(*GIVING.steps, interest=AGREED)
    big = invoice(amount="10000")

    def proposed(*events: Event) -> list[str]:
        history = read_events(CUSTOMER, [big, *events])
        played = simulate(under, CUSTOMER, history, date(2026, 9, 30), rates=rates)
        return happens(played, "interest")

    assert proposed() == ["05-01"]
    assert proposed(gone) == []
    back = event("2026-06-01T08:00:00Z", "taken_back")
    assert gone is not HANDED or proposed(gone, back) == ["06-01"]


FEE = event(
    "2026-04-01",
    "fee_booked",
    fee="A-I1",
    invoice="A",
    kind="interest",
    amount="40",
    currency="EUR",
    basis="b",
)


def test_the_fees_about_an_invoice_go_where_it_goes() -> None:
    fee = {**FEE, "until": "2026-04-01"}
    without = effects(end(A, fee, under=GIVING))
    assert [each for each in without if each.endswith(" A-I1")]
    handed = end(A, fee, {**HANDED, "at": "2026-04-01T10:00:00Z"}, under=GIVING)
    assert not [each for each in effects(handed) if "A-I1" in each]
    back = event("2026-06-01T08:00:00Z", "taken_back", invoice="A")
    later = end(A, fee, {**HANDED, "at": "2026-04-01T10:00:00Z"}, back, under=GIVING)
    assert [each for each in effects(later) if "A-I1" in each]


@pytest.mark.parametrize("gone", ["handed over", "ended"])
def test_a_fee_that_is_booked_later_goes_where_its_invoice_went_and_is_no_task(gone: str) -> None:
    fee = {**FEE, "at": "2026-07-01", "until": "2026-07-01"}
    under, left = (ENDING, []) if gone == "ended" else (GIVING, [event("2026-04-20", "handed_over")])
    assert not [each for each in effects(end(A, fee, *left, under=under)) if "A-I1" in each]
    settled = paid("2026-04-16T10:00:00Z", invoice="A")  # what is paid before it goes takes no fee along
    assert [each for each in effects(end(A, settled, fee, *left, under=under)) if "A-I1" in each]


def test_a_fee_alone_restricts_and_ends_nothing() -> None:
    """Open-source lessons, section 3, 10: side debts must not suspend the main service."""
    fee, settled = {**FEE, "until": "2026-04-01"}, paid("2026-04-01T10:00:00Z", invoice="A")
    for under in (RESTRICTING, ENDING):
        played = end(A, fee, settled, under=under)
        assert not [each for each in effects(played) if each > "04-02" and "/service" in each]


# --- instalments ---------------------------------------------------------------------------------

PARTS = [{"due_on": "2026-03-02", "amount": "40"}, {"due_on": "2026-06-01", "amount": "60"}]


def test_each_instalment_comes_to_its_own_end() -> None:
    played = [line for line in end(invoice(instalments=PARTS), under=GIVING).lines if line.step == "agency"]
    asked = [(f"{line.at:%m-%d}", line.debts[0].key) for line in played if line.kind == "effect"]
    assert asked == [("04-16", "A instalment 1"), ("07-16", "A instalment 2")]


def test_all_that_is_past_due_is_handed_over_without_the_instalments_to_come() -> None:
    handed = event("2026-04-20", "handed_over")
    played = effects(end(invoice(instalments=PARTS), handed, under=policy(FIRST)))
    assert played == ["03-03 09:00 first/email A", "06-02 09:00 first/email A"]
    named = {**handed, "invoice": "A"}
    assert effects(end(invoice(instalments=PARTS), named, under=policy(FIRST))) == played[:1]


def test_a_plan_about_what_is_with_others_takes_nothing_back() -> None:
    handed = event("2026-04-20", "handed_over")
    dues = [{"due_on": "2026-05-04", "amount": "100"}]
    agreed = event("2026-04-22", "plan_agreed", instalments=dues)
    assert effects(end(A, handed, agreed, under=policy(FIRST))) == ["03-03 09:00 first/email A"]


def test_what_is_under_a_plan_is_not_past_due_and_stays_with_us() -> None:
    dues = [{"due_on": "2026-05-04", "amount": "100"}]
    agreed, handed = event("2026-04-18", "plan_agreed", instalments=dues), event("2026-04-20", "handed_over")
    assert effects(end(A, agreed, handed, under=policy(FIRST)))[-1] == "05-05 09:00 first/email A"


def test_an_instalment_that_is_open_again_after_the_hand_over_is_one_task() -> None:
    money = [paid("2026-05-04", "40"), event("2026-06-02T08:00:00Z", "charged_back", payment="P")]
    played = end(invoice(instalments=PARTS), HANDED, *money, under=GIVING)
    assert [each for each in effects(played) if "after-end" in each] == ["06-02 08:00 after-end/task A"]


# --- of one instant -------------------------------------------------------------------------------


def test_of_what_ends_now_nobody_is_asked_any_more() -> None:
    """A call that falls on the day of the end would be about a debt that has left our chasing."""
    calling = {"kind": "task", "id": "late_call", "offset_days": 91}
    under = policy(FIRST, SECOND, FINAL, SUSPEND, LAST_CALL, calling, TERMINATE)
    assert happens(end(A, under=under), "terminate") == ["06-01"]
    assert happens(end(A, under=under), "late_call") == []
    paused = policy(*under.steps[:-1], {**TERMINATE, "offset_days": 95})
    assert happens(end(A, under=paused), "late_call") == ["06-01"]


@pytest.mark.parametrize(
    ("said", "suspended", "restricted", "times"),
    [
        (["restricted"], False, True, 1),
        (["restricted", "restricted"], False, True, 1),
        (["restricted", "suspended"], True, False, 2),
        (["suspended", "restricted"], True, False, 1),  # graver is graver, whatever is said later
        (["terminated", "restricted"], False, False, 0),
        (["restricted", "reactivated", "restricted"], False, True, 2),
    ],
)
def test_what_is_said_of_the_switch(said: list[str], suspended: bool, restricted: bool, times: int) -> None:
    told = [
        event(f"2026-03-{day:02d}", f"subscription_{how}", subscription="s")
        for day, how in enumerate(said, 1)
    ]
    service = build(CUSTOMER, read_events(CUSTOMER, [A, *told])).service
    assert (service.suspended, service.restricted, service.times) == (suspended, restricted, times)
    assert service.ended == ("terminated" in said)


# --- what finance decides ------------------------------------------------------------------------


def test_what_finance_gave_back_after_a_suspension_is_not_restricted_for_the_same_debt() -> None:
    """Who suspended already has nothing milder to say: the yes to the restriction came too late."""
    under = policy(FIRST, SECOND, FINAL, {**RESTRICT, "approval": {"EUR": "100"}}, SUSPEND)
    back = event("2026-04-06T10:00:00Z", "reactivate_requested", reason="agreed")
    yes = event("2026-04-07T10:00:00Z", "approved", step="restrict")
    played = end(A, back, yes, under=under)
    assert happens(played, "suspend") == ["04-01"]
    assert happens(played, "restrict") == []


# --- contact law ---------------------------------------------------------------------------------


def test_nobody_is_asked_to_save_data_at_the_instant_of_the_end() -> None:
    suspend = {**SUSPEND, "data_kept_days": 68}  # so finance would hear of it on the very day of the end
    played = end(A, under=policy(FIRST, SECOND, FINAL, suspend, LAST_CALL, TERMINATE))
    assert effects(played) == TO_END


def test_a_request_to_suspend_that_finance_took_back_is_not_revived_by_a_restriction() -> None:
    """Only the approval of the suspension is asked for, and nothing is suspended without it."""
    late_suspend = {**SUSPEND, "offset_days": 60, "approval": {"EUR": "50"}}
    under = policy(FIRST, SECOND, FINAL, RESTRICT, late_suspend)
    asked = event("2026-03-30", "suspend_requested", reason="x")
    back = event("2026-04-08", "reactivate_requested", reason="agreed")
    events = [A, invoice("B", due="2026-03-20")]
    asked_for = effects(end(*events, asked, under=under))
    assert [each for each in asked_for if " suspend/" in each]
    taken_back = effects(end(*events, asked, back, under=under))
    assert not [each for each in taken_back if " suspend/" in each and each > "04-08"]


def test_contact_law_holds_the_letters_of_an_end_and_names_itself() -> None:
    """12 CFR 1006.14(h), a channel that the customer asked not to use; the service itself is no contact."""
    wide = {"weekdays": law.ALWAYS["weekdays"], "holidays": False, "opens": "06:00", "closes": "23:00"}
    under = policy(FIRST, SECOND, FINAL, RESTRICT, window=wide)
    both = Whereabouts(region="US-IL", zones=(law.LOS_ANGELES,))
    customer = Customer(id="c-1", segment="business", country="US", timezone=law.NEW_YORK, currency="EUR")
    rules = law.SHIPPED.of(replace(customer, segment="consumer"), both, first_party=False)
    played = simulate(under, customer, read_events(customer, [A]), date(2026, 4, 30), law=rules)
    told = [each for each in law.told(played) if "restrict" in each]
    assert told[0] == "03-22 06:00 restrict/service A"
    assert "held service-restricted/email" in told[1]
    assert told[-1].endswith("11:00 service-restricted/email A")


# --- edits of the policy ---------------------------------------------------------------------------


def switched(on: str, old: Policy, new: Policy, *events: Event, until: str = "2026-09-30") -> list[str]:
    adopted = event(f"{on}T20:00:00Z", "policy_adopted", policy=new.version)
    history = read_events(CUSTOMER, [A, adopted, *events])
    known = {new.version: new, old.version: old}
    return effects(simulate(old, CUSTOMER, history, date.fromisoformat(until), adoptable=known))


PLAIN = policy(FIRST, SECOND, FINAL, SUSPEND)


@pytest.mark.parametrize(
    ("on", "old", "new", "expected"),
    [
        # A restriction is added while it can still be reached; and after the suspension it is none.
        ("2026-03-18", PLAIN, RESTRICTING, "03-23 09:00 restrict/service A"),
        ("2026-04-10", PLAIN, RESTRICTING, None),
        # An end is added under a suspension: its warning first.
        ("2026-05-20", PLAIN, ENDING, "05-21 09:00 last_call/email A"),
        ("2026-05-20", PLAIN, ENDING, "06-04 09:00 terminate/service A"),
        # An end is taken out after its warning: nothing ends.
        ("2026-05-04", ENDING, PLAIN, None),
        # A hand-over is added when its day is over: it is asked for at once.
        ("2026-05-20", PLAIN, policy(*PLAIN.steps, HAND_OVER), "05-20 20:00 agency/task A"),
    ],
)
def test_an_end_is_edited_under_an_open_case(on: str, old: Policy, new: Policy, expected: str | None) -> None:
    played = switched(on, old, new)
    if expected is not None:
        assert expected in played
    else:
        assert not [each for each in played if "restrict/" in each or "terminate/" in each]


def test_a_restriction_stays_and_comes_back_under_a_policy_without_one() -> None:
    played = switched("2026-03-24", RESTRICTING, policy(FIRST, SECOND, FINAL), paid("2026-04-07T10:00:00Z"))
    assert [each for each in played if each > "03-24"] == ["04-07 10:00 reactivate/service"]


def test_what_nobody_knows_of_is_settled_as_what_it_was_also_without_its_step() -> None:
    """A worker dies while it restricts, and then a policy without a restriction is adopted."""
    begun = replace(claim("restrict", "service", at="2026-03-23", state="claimed"), kind="restrict")
    account = build(CUSTOMER, read_events(CUSTOMER, [A]), [begun])
    (settling,) = [each for each in decide(PLAIN, account, at_noon("2026-03-24")).effects if each.settles]
    assert (settling.kind, settling.step) == ("restrict", "restrict")


# --- whatever happens ------------------------------------------------------------------------------

REST = st.sampled_from(["promise", "pause", "hold", "dispute", "exemption", "in flight"])


@given(REST, st.integers(0, 150), st.integers(1, 30))
def test_no_end_ever_falls_into_a_rest(rest: str, start: int, length: int) -> None:
    first = date(2026, 3, 3).toordinal() + start
    days = date.fromordinal(first).isoformat(), date.fromordinal(first + length).isoformat()
    under = policy(
        FIRST, SECOND, FINAL, RESTRICT, SUSPEND, HAND_OVER, LAST_CALL, TERMINATE, WRITE_OFF, pauses={}
    )
    played = end(A, *resting(rest, *days), under=under)
    for step in ("restrict", "agency", "terminate", "give_up"):
        for day in happens(played, step):
            assert not days[0] < f"2026-{day}" < days[1], step


def test_the_suspension_is_as_ever_where_a_policy_has_no_end() -> None:
    assert effects(play(A, under=PLAIN)) == [*TO_FINAL, *SUSPENDED]
    assert holds(play(A, under=PLAIN)) == holds(play(A))


def test_a_policy_says_which_notices_warn_of_the_end() -> None:
    assert ENDING.end_warnings == {"last_call"}
    assert RESTRICTING.end_warnings == PLAIN.end_warnings == frozenset[str]()
    early: dict[str, Any] = {**TERMINATE, "needs_delivered": ["final"]}
    assert policy(FIRST, SECOND, FINAL, SUSPEND, early).end_warnings == frozenset[str]()
