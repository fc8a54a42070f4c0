"""Assessing, the sweep, the switches, cases and policies."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text
from sqlmodel import select

from domain.assignment import choose
from domain.clock import BusinessClock
from domain.customer import Customer
from domain.facts import Paused, PolicyAdopted, Resumed
from domain.own_steps import ODD_TURN
from store import assess as assessing
from store import claims, clock, commands, doors, journal, policies, subscriptions, sweep, switches, tasks
from store.assess import Rests
from store.claims import PutOff
from store.errors import NoPolicy, Refused
from store.tables import CaseRow, CustomerRow, PolicyRow, TaskRow

FIRST = "first/email"


def row(business, name):
    with business.ledger.read() as session:
        return session.get_one(CustomerRow, name)


@pytest.fixture
def late(business):
    name = business.customer()
    business.invoice(name)
    return name


# --- assess --------------------------------------------------------------------------------------


def test_assessing_twice_is_assessing_once(business, late):
    first = business.assess(late, business.at(3))
    before = row(business, late).model_dump(), len(journal.read(business.ledger))
    again = business.assess(late, business.at(3))
    assert again == first
    assert (row(business, late).model_dump(), len(journal.read(business.ledger))) == before


def test_an_assessment_notes_when_to_look_again(business, late):
    assessment = business.assess(late, business.at(1))
    noted = row(business, late)
    assert noted.wake_at == assessment.plan.wake_at == business.at(3, 9)
    assert (noted.stage, noted.assessed_revision) == ("overdue", noted.revision)


def test_a_peek_sees_what_an_assessment_would_and_writes_nothing(business, late):
    for day in (1, 3, 5):
        before = row(business, late).model_dump(), len(journal.read(business.ledger))
        seen = assessing.peek(business.ledger, late, now=business.at(day))
        assert (row(business, late).model_dump(), len(journal.read(business.ledger))) == before
        assert seen == business.assess(late, business.at(day))


def test_a_peek_leaves_a_lost_wake_to_the_sweep(business, late):
    assert sweep.due(business.ledger, now=business.at(3), limit=5) == [late]
    assessing.peek(business.ledger, late, now=business.at(3))
    assert sweep.due(business.ledger, now=business.at(3), limit=5) == [late]
    business.assess(late, business.at(3))
    assert sweep.due(business.ledger, now=business.at(3), limit=5) == []


def test_time_does_not_run_backwards_for_a_customer(business, late):
    business.assess(late, business.at(4))
    assert business.assess(late, business.at(3)).now == business.at(4)


def test_a_hold_is_journaled_once_for_the_same_reason(business, late):
    business.record(late, Paused(reason="r"), now=business.at(1))
    for day in (3, 4, 5):
        business.assess(late, business.at(day))
    held = [line for line in journal.read(business.ledger, late) if line.what == "held"]
    assert [(line.step, line.rule, line.debts) for line in held] == [
        ("first", "hold.paused", {"INV-1": "100.00"})
    ]
    assert held[0].why == "paused until resumed: r"


def test_a_hold_that_comes_back_later_is_journaled_again_with_its_own_end(business, late):
    business.record(late, Paused(reason="r", to=business.at(4).date()), now=business.at(1))
    business.assess(late, business.at(3))
    business.record(late, Resumed(), now=business.at(3))
    business.record(late, Paused(reason="r", to=business.at(6).date()), now=business.at(3, 11))
    business.assess(late, business.at(3, 11))
    held = [line for line in journal.read(business.ledger, late) if line.rule == "hold.paused"]
    assert len(held) == 2


# --- cases and policies --------------------------------------------------------------------------


def cases(business, name):
    with business.ledger.read() as session:
        found = session.exec(select(CaseRow).where(CaseRow.customer_id == name).order_by(CaseRow.number))
        return [(case.number, case.opened_at, case.closed_at) for case in found]


def test_cases_are_numbered_per_customer(business, late):
    business.assess(late, business.at(3))
    business.send(late, FIRST, business.at(3))
    business.pay(late, now=business.at(4))
    closed = business.assess(late, business.at(4))
    assert (closed.case_open, closed.case_number) == (False, 1)
    business.invoice(late, "INV-2", due=business.at(20).date())
    opened = business.assess(late, business.at(23))
    assert (opened.case_open, opened.case_number) == (True, 2)
    assert cases(business, late) == [
        (1, business.at(3), business.at(4)),
        (2, business.at(23), None),
    ]


def changed(policy, **values):
    return type(policy).model_validate({**policy.model_dump(by_alias=True), **values})


def test_an_open_case_keeps_its_policy_until_it_closes(business, policy, late):
    business.assess(late, business.at(3))
    newer = changed(policy, title="Newer")
    version = policies.adopt(business.ledger, newer, now=business.at(3), by="maria")
    assert business.assess(late, business.at(3)).policy_version == policy.version
    business.pay(late, now=business.at(4))
    assert business.assess(late, business.at(4)).policy_version == version


def test_a_case_takes_the_policy_that_is_adopted_for_it(business, policy, late):
    business.assess(late, business.at(3))
    version = policies.adopt(business.ledger, changed(policy, title="N"), now=business.at(3), by="maria")
    business.record(late, PolicyAdopted(policy=version), now=business.at(3))
    assert business.assess(late, business.at(3)).policy_version == version


def test_adopting_a_policy_has_everybody_looked_at_who_has_no_open_case(business, policy, late):
    business.assess(late, business.at(3))
    calm = business.customer("CALM")
    business.assess(calm, business.at(3))
    assert sweep.due(business.ledger, now=business.at(3), limit=9) == []
    policies.adopt(business.ledger, changed(policy, title="N"), now=business.at(3), by="maria")
    assert sweep.due(business.ledger, now=business.at(3), limit=9) == [calm]


def chosen(session, segment="business"):
    return choose(policies.adopted(session), Customer(id="X", segment=segment)).policy


def test_an_older_version_may_be_adopted_again(business, policy):
    newer = changed(policy, title="Newer")
    for each in (newer, policy):
        policies.adopt(business.ledger, each, now=business.at(0), by="maria")
    with business.ledger.read() as session:
        assert chosen(session) == policy
        placed = {row.version: row.position for row in session.exec(select(PolicyRow))}
    assert placed == {policy.version: 1, newer.version: None}


def test_the_first_policy_in_order_wins(business, policy):
    names = {"policy": "other", "for": {"segments": ["business", "consumer"]}}
    other = type(policy).model_validate({**policy.model_dump(by_alias=True), **names})
    policies.adopt(business.ledger, other, now=business.at(0), by="maria")
    with business.ledger.read() as session:
        assert chosen(session).policy == "business"
        assert chosen(session, "consumer").policy == "other"
        assert chosen(session, "martian") is None


def test_a_policy_read_back_is_the_policy_that_was_adopted(business, policy, monkeypatch):
    monkeypatch.setattr(policies, "_parsed", {})
    with business.ledger.read() as session:
        again = policies.get(session, policy.version)
    assert again == policy
    assert again.version == policy.version


def test_another_allocation_posts_the_money_again(business, policy):
    name = business.customer()
    early = business.due - timedelta(days=1)
    business.invoice(name, "OLD-INVOICE", "100.00", due=business.due, issued_on=business.at(-60).date())
    business.invoice(name, "OLD-DUE", "100.00", due=early)
    business.pay(name, "100.00", now=business.at(-1))
    open_ = {debt.invoice: debt.open.minor for debt in business.assess(name, business.at(0)).account.debts}
    assert open_ == {"OLD-DUE": 0, "OLD-INVOICE": 100_00}
    by_invoice = changed(policy, allocation="oldest_invoice")
    policies.adopt(business.ledger, by_invoice, now=business.at(0), by="maria")
    open_ = {debt.invoice: debt.open.minor for debt in business.assess(name, business.at(0)).account.debts}
    assert open_ == {"OLD-DUE": 100_00, "OLD-INVOICE": 0}
    from store.tables import DebtRow

    with business.ledger.read() as session:
        stored = {debt.invoice: debt.open_minor for debt in session.exec(select(DebtRow))}
    assert stored == open_


# --- the sweep -----------------------------------------------------------------------------------


def test_the_sweep_finds_facts_that_nobody_looked_at(business, late):
    assert sweep.due(business.ledger, now=business.at(0), limit=10) == [late]
    business.assess(late, business.at(0))
    assert sweep.due(business.ledger, now=business.at(0), limit=10) == []


def test_the_sweep_finds_an_overdue_wake_up_after_a_minute(business, late):
    wake_at = business.assess(late, business.at(1)).plan.wake_at
    assert sweep.due(business.ledger, now=wake_at + timedelta(minutes=1), limit=10) == []
    later = wake_at + timedelta(minutes=1, seconds=1)
    assert sweep.due(business.ledger, now=later, limit=10) == [late]


def test_the_sweep_returns_no_more_than_it_was_asked_for(business):
    for number in range(5):
        business.customer(f"C-{number}")
    assert len(sweep.due(business.ledger, now=business.at(0), limit=3)) == 3


def test_the_sweeps_questions_are_answered_by_indexes(business):
    sqlite = business.ledger.url.startswith("sqlite")
    with business.ledger.read() as session:
        if not sqlite:  # It reads a small table whole, whatever its indexes.
            session.connection().execute(text("SET LOCAL enable_seqscan = off"))
        for where, index in (
            ("revision > assessed_revision", "ix_customers_unassessed"),
            ("wake_at < '2026-01-01'", "ix_customers_wake_at"),
        ):
            explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
            query = text(f"{explain} SELECT id FROM customers WHERE {where}")
            assert index in str(session.connection().execute(query).all())


# --- switches ------------------------------------------------------------------------------------


def test_stop_halts_at_the_claim_and_go_wakes_who_waited(business, late):
    business.assess(late, business.at(3))
    assert switches.stop(business.ledger, reason="wrong rates", by="maria", now=business.at(3))
    assert not switches.stop(business.ledger, reason="again", by="jo", now=business.at(3))
    put_off = business.begin(late, FIRST, business.at(3))
    assert isinstance(put_off, PutOff)
    assert put_off.until == business.at(4)
    assert put_off.reason.words.startswith("all outward effects are stopped since 2026-03-05 10:00 UTC")
    assert switches.read(business.ledger).halted == 1
    before = business.assess(late, business.at(3))
    assert before.halted
    assert switches.go(business.ledger, by="maria", now=business.at(4)) == 1
    assert sweep.due(business.ledger, now=business.at(3), limit=9) == [late]
    after = business.assess(late, business.at(4))
    assert (after.news, after.halted) == (before.news + 1, False)
    business.begun(late, FIRST, business.at(4))


def test_while_stopped_an_unknown_outcome_may_still_be_found_out(business, late):
    begun = business.begun(late, FIRST, business.at(3))
    switches.stop(business.ledger, reason="r", by="maria", now=business.at(3))
    assert business.begun(late, FIRST, business.at(3)).message == begun.message


def test_a_hold_by_a_switch_is_journaled_once(business, late):
    switches.stop(business.ledger, reason="r", by="maria", now=business.at(3))
    for minute in (0, 15, 30):
        business.begin(late, FIRST, business.at(3, 10, minute))
    lines = journal.read(business.ledger, late)
    assert [line.rule for line in lines if line.what == "held"] == ["hold.stopped"]


def test_steps_before_going_live_are_not_taken(business, late, wanted):
    switches.set_go_live(business.ledger, business.at(5).date(), by="maria", now=business.at(1))
    assessment = business.assess(late, business.at(6))
    assert wanted(assessment) == []
    assert [held.reason.rule for held in assessment.plan.held] == ["hold.before_go_live"]
    assert wanted(business.assess(late, business.at(10))) == ["second/email"]


def test_setting_the_day_of_going_live_has_everybody_looked_at(business, late):
    business.assess(late, business.at(0))
    switches.set_go_live(business.ledger, business.at(5).date(), by="maria", now=business.at(1))
    assert sweep.due(business.ledger, now=business.at(0), limit=9) == [late]


# --- commands ------------------------------------------------------------------------------------


def perform(business, name, command, now, **data):
    return commands.perform(business.ledger, name, command, data, now=now)


def test_a_command_is_a_fact_once_a_day(business, late):
    first = perform(business, late, "pause", business.at(1), to="2026-04-01", reason="asked", by="maria")
    again = perform(business, late, "pause", business.at(1, 12), to="2026-04-01", reason="asked", by="maria")
    assert (first.words, first.wake, first.already) == ("Paused until 2026-04-01: asked.", True, False)
    assert (again.words, again.wake, again.already) == (
        "Already done: paused until 2026-04-01: asked.",
        False,
        True,
    )
    lines = [line for line in journal.read(business.ledger, late) if line.what == "command"]
    assert [(line.why, line.actor) for line in lines] == [("paused until 2026-04-01: asked", "maria")]


def test_what_was_taken_back_may_be_asked_for_again_on_the_same_day(business, late):
    asked = [("pause", {"reason": "a"}), ("resume", {}), ("pause", {"reason": "a"})]
    for hour, (command, data) in enumerate(asked, start=10):
        assert not perform(business, late, command, business.at(1, hour), **data).already
    assert perform(business, late, "pause", business.at(1, 14), reason="a").already
    assert business.assess(late, business.at(2)).account.pauses[-1].holds(business.at(2).date())


@pytest.mark.parametrize(
    ("command", "data", "sentence"),
    [
        ("resume", {}, "Nothing is paused."),
        ("write_off", {"invoice": "X"}, "Invoice X is not known for this customer."),
        ("pause", {}, "reason: this key is required"),
        ("pause", {"reason": "r", "until": "x"}, "until: nobody knows this key"),
        ("puase", {"reason": "r"}, "did you mean 'pause'?"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused_in_a_sentence(business, late, command, data, sentence):
    with pytest.raises(Refused) as refused:
        perform(business, late, command, business.at(1), **data)
    assert sentence in str(refused.value)
    assert [line.what for line in journal.read(business.ledger, late)] == []


def test_two_people_ask_for_the_same_and_one_is_told_so(business, late, together):
    answers = together([lambda: perform(business, late, "write_off", business.at(1), invoice="INV-1")] * 4)
    assert sorted(answer.already for answer in answers) == [False, True, True, True]


# --- subscriptions and the clock -----------------------------------------------------------------


def test_the_switch_of_a_subscription_may_be_turned_twice(business):
    name = business.customer()
    ledger = business.ledger
    assert subscriptions.state(ledger, "S-1") == "active"
    first = subscriptions.turn(ledger, "S-1", name, "suspended", now=business.at(1))
    again = subscriptions.turn(ledger, "S-1", name, "suspended", now=business.at(2))
    assert first == again
    assert (again.state, again.changed_at) == ("suspended", business.at(1))
    assert subscriptions.turn(ledger, "S-1", name, "active", now=business.at(3)).state == "active"
    assert subscriptions.state(ledger, "S-1") == "active"


def test_a_subscription_belongs_to_one_customer(business):
    a, b = business.customer("A"), business.customer("B")
    subscriptions.turn(business.ledger, "S-1", a, "suspended", now=business.at(1))
    with pytest.raises(Refused, match="is not customer B's"):
        subscriptions.turn(business.ledger, "S-1", b, "active", now=business.at(2))


def test_without_a_row_business_time_is_real_time(business):
    assert clock.read(business.ledger).business(business.at(1)) == business.at(1)


def test_the_clock_runs_there_and_back(business):
    fast = BusinessClock(real_at=business.at(0), business_at=business.at(-100), speed=86400.0)
    clock.set_clock(business.ledger, fast)
    read = clock.read(business.ledger)
    assert read == fast
    later = business.at(0) + timedelta(seconds=30)
    assert read.business(later) == business.at(-70)
    assert read.real(business.at(-70)) == later


@pytest.mark.parametrize("speed", [0.0, -1.0, float("inf"), float("nan")])
def test_a_clock_that_stands_or_runs_back_is_refused(speed):
    with pytest.raises(ValueError, match="cannot run at speed"):
        BusinessClock(speed=speed)


def test_a_reviewed_claim_belongs_to_its_policy(business, policy, late):
    begun = business.begun(late, FIRST, business.at(3))
    assert begun.policy == policy
    assert claims.unsettled(business.ledger, before=business.at(4))[0].message == begun.message
    assert doors.record(business.ledger, late, [], now=business.at(4)).accepted == 0


def test_customers_without_a_policy_keep_nobody_else_waiting(business):
    """They are looked at once, and again when a policy is adopted for them."""
    strangers = [business.customer(f"A-{number}", segment="nobody") for number in range(5)]
    late = business.customer("ZED")
    business.invoice(late)
    assert set(sweep.due(business.ledger, now=business.at(0), limit=9)) == {*strangers, late}
    for name in strangers:
        with pytest.raises(NoPolicy):
            business.assess(name, business.at(0))
    assert sweep.due(business.ledger, now=business.at(0), limit=2) == [late]
    content = {
        **business.policy.model_dump(by_alias=True),
        "policy": "others",
        "for": {"segments": ["nobody"]},
    }
    other = type(business.policy).model_validate(content)
    policies.adopt(business.ledger, other, now=business.at(1), by="maria")
    assert set(sweep.due(business.ledger, now=business.at(1), limit=9)) == {*strangers, late}


def test_those_who_wait_longest_are_woken_first(business):
    for number in range(6):
        business.customer(f"C-{9 - number}", now=business.at(number))
    assert sweep.due(business.ledger, now=business.at(9), limit=2) == ["C-9", "C-8"]


def test_what_is_put_off_is_not_overdue_before(business, late):
    until = business.at(3) + timedelta(hours=2)
    assess = partial(assessing.assess, business.ledger, late, now=business.at(3), code_version="t")
    assess(put_off=[Rests(key=FIRST, until=until)])
    assert sweep.due(business.ledger, now=until - timedelta(minutes=1), limit=9) == []
    assert sweep.due(business.ledger, now=until + timedelta(minutes=2), limit=9) == [late]


def test_what_is_put_off_hides_nothing_else_that_is_wanted(business, late):
    """Its answer was lost: the sweep finds it, however long the other one waits."""
    until = business.at(3) + timedelta(hours=6)
    assess = partial(assessing.assess, business.ledger, late, now=business.at(3), code_version="t")
    assert len(assess().plan.effects) == 1
    business.invoice(late, "INV-2", due=business.at(-12).date())
    fresh = assess()
    one, _ = fresh.plan.effects
    assess(put_off=[Rests(key=one.key, until=until)], others=timedelta(minutes=10))
    assert sweep.due(business.ledger, now=business.at(3) + timedelta(minutes=9), limit=9) == []
    assert sweep.due(business.ledger, now=business.at(3) + timedelta(minutes=12), limit=9) == [late]
    both = [
        Rests(key=each.key, until=until, about=each.about, news=fresh.news) for each in fresh.plan.effects
    ]
    assess(put_off=both)
    assert sweep.due(business.ledger, now=until - timedelta(minutes=1), limit=9) == []
    for lost in (replace(both[1], about="other"), replace(both[1], news=fresh.news - 1)):
        assess(put_off=[both[0], lost])
        assert sweep.due(business.ledger, now=business.at(3) + timedelta(minutes=2), limit=9) == [late]


def test_all_work_that_is_done_leaves_what_needs_an_answer(business):
    name, opened_at = business.customer(), business.at(1)
    with business.ledger.write() as session:
        for step in ("call", "approve", "onboarding_review", "review"):
            task = {"step": step, "kind": "x", "why": "w", "message": step}
            session.add(TaskRow(customer_id=name, opened_at=opened_at, **task))
    with business.ledger.write() as session:
        done = tasks.close(session, customer_id=name, step=None, now=opened_at, outcome=None, by="maria")
    assert done == 2
    assert {task.step for task in tasks.worklist(business.ledger)} == {"approve", "onboarding_review"}


def test_a_turn_that_no_life_takes_is_told(business):
    """A stage follows the facts, so only a fault of ours can bring one: here the row is made to lie."""
    business.customer("ACME")
    business.assess("ACME", business.at(0))
    with business.ledger.write() as session:
        session.get_one(CustomerRow, "ACME").stage = "terminated"
    business.assess("ACME", business.at(1))
    business.assess("ACME", business.at(2))

    (task,) = tasks.worklist(business.ledger)
    assert task.step == ODD_TURN
    assert task.why.startswith("ACME went from stage terminated to current, which is no turn")
