"""Claims: at most one for each debt, step and channel, and none against money that has arrived."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from domain.facts import (
    ContactChanged,
    ContactInvalid,
    Paused,
    PaymentReceived,
    Refunded,
    SubscriptionReactivated,
    SubscriptionSuspended,
)
from domain.policy import Policy
from store import (
    claims,
    commands,
    customers,
    doors,
    facts,
    invariants,
    journal,
    policies,
    reports,
    sweep,
    tasks,
)
from store.claims import Begun, Unwanted
from store.facts import NewFact
from store.tables import ClaimRow

FIRST = "first/email"


@pytest.fixture
def late(business):
    """A customer who owes one invoice, on the day of the first reminder."""
    name = business.customer()
    business.invoice(name)
    business.assess(name, business.at(3))
    return name


def rows(business, **equal):
    with business.ledger.read() as session:
        found = session.exec(select(ClaimRow).order_by(ClaimRow.id)).all()
    return [row for row in found if all(getattr(row, k) == v for k, v in equal.items())]


def states(business, step):
    return [(row.debt, row.opening, row.channel, row.state, row.attempt) for row in rows(business, step=step)]


# --- begin, confirm ------------------------------------------------------------------------------


def test_an_effect_is_claimed_once_and_then_settled(business, late):
    begun = business.begun(late, FIRST, business.at(3))
    assert (begun.settle, begun.attempt, begun.effect.key) == (False, 1, FIRST)
    assert begun.contact.email == "ACME@example.com"
    again = business.begun(late, FIRST, business.at(3, 11))
    assert (again.settle, again.message) == (True, begun.message)
    assert again.claimed_at == business.at(3)
    assert len(rows(business)) == 1


def test_each_instalment_of_an_invoice_is_claimed_by_itself(business, wanted):
    name = business.customer()
    parts = [{"due_on": business.at(day).date(), "amount": "50.00"} for day in (-1, 0, 30)]
    business.invoice(name, amount="150.00", instalments=parts)
    business.assess(name, business.at(3))
    business.send(name, FIRST, business.at(3))
    assert [(row.debt, row.amount_minor) for row in rows(business)] == [
        ("INV-1 instalment 1", 50_00),
        ("INV-1 instalment 2", 50_00),
    ]
    assert wanted(business.assess(name, business.at(3, 11))) == []
    (line,) = [line for line in journal.read(business.ledger, name) if line.what == "decided"]
    assert line.debts == {"INV-1": "100.00"}
    business.pay(name, "50.00", now=business.at(9))
    assert wanted(business.assess(name, business.at(10))) == ["second/email"]
    business.send(name, "second/email", business.at(10))
    assert [row.debt for row in rows(business, step="second")] == ["INV-1 instalment 2"]
    assert invariants.broken(business.ledger) == []


def test_an_instalment_of_a_plan_is_claimed_by_itself_and_its_invoice_after_it(business, wanted):
    name = business.customer()
    business.invoice(name)
    parts = [{"due_on": str(business.at(day).date()), "amount": "50.00"} for day in (5, 40)]
    agreed = {"instalments": parts, "by": "maria"}
    done = commands.perform(business.ledger, name, "agree_plan", agreed, now=business.at(1))
    assert done.words == "Agreed on 2 instalments of 100.00 in all."
    assert wanted(business.assess(name, business.at(7))) == []
    assert wanted(business.assess(name, business.at(8))) == [FIRST]
    business.send(name, FIRST, business.at(8))
    plan = f"INV-1 plan {business.at(1).date()} instalment 1"
    assert [(row.debt, row.amount_minor) for row in rows(business)] == [(plan, 50_00)]
    # The grace ends on day 10: the whole invoice is asked for by its own date, from the next step.
    assert wanted(business.assess(name, business.at(11))) == ["second/email"]
    business.send(name, "second/email", business.at(11))
    assert [(row.debt, row.amount_minor) for row in rows(business, step="second")] == [("INV-1", 100_00)]
    assert invariants.broken(business.ledger) == []


def test_the_clock_of_a_dispute_gives_its_owner_work(business):
    content = business.policy.model_dump(mode="json", by_alias=True) | {"disputes": {"answer_days": 5}}
    clocked = Policy.model_validate(content)
    policies.adopt(business.ledger, clocked, now=business.at(-29), by="maria")
    name = business.customer()
    business.invoice(name)
    told = {"dispute": "D-7", "invoice": "INV-1", "amount": "40.00", "owner": "maria"}
    commands.perform(business.ledger, name, "dispute", told, now=business.at(1))
    business.assess(name, business.at(6))
    business.send(name, "dispute_answer/task", business.at(6))
    (task,) = [task for task in tasks.worklist(business.ledger) if task.step == "dispute_answer"]
    assert (task.kind, task.debts) == ("dispute", {"INV-1": "40.00"})
    assert task.why.endswith("on INV-1 is open since 2026-03-03: maria is to answer")
    assert [row.debt for row in rows(business, step="dispute_answer")] == ["INV-1 dispute D-7"]


def test_a_confirmed_effect_is_wanted_no_more(business, late, wanted):
    assessment = business.send(late, FIRST, business.at(3))
    assert wanted(assessment) == []
    assert isinstance(business.begin(late, FIRST, business.at(3)), Unwanted)
    assert [claim.delivered_at for claim in assessment.contacts] == [business.at(3)]


def test_a_message_carries_one_reference_in_every_attempt(business, late):
    """A vendor that answers late, or is asked again, knows it by the same name."""
    begun = business.begun(late, FIRST, business.at(3))
    assert begun.message.startswith("m-")
    assert len(begun.message) == 18
    claims.release(business.ledger, late, begun.message, now=business.at(3), code_version="t")
    again = business.begun(late, FIRST, business.at(4))
    assert (again.message, again.attempt) == (begun.message, 2)


def test_what_failed_three_times_is_a_task_for_a_person(business, late, wanted):
    for _ in range(3):
        assert "unsent/task" not in wanted(business.assess(late, business.at(3)))
        begun = business.begun(late, FIRST, business.at(3))
        claims.release(business.ledger, late, begun.message, now=business.at(3), code_version="t")
    assert {FIRST, "unsent/task"} == set(wanted(business.assess(late, business.at(3))))
    assessment = business.send(late, "unsent/task", business.at(3))
    assert [task.why for task in assessment.open_tasks] == [
        "first by email failed 3 times: the log of the workers says why"
    ]
    assert wanted(assessment) == [FIRST]


def test_an_effect_that_nobody_wants_is_refused_with_the_reason(business, late):
    business.record(late, Paused(reason="asked for time"), now=business.at(3))
    unwanted = business.begin(late, FIRST, business.at(3))
    assert unwanted == Unwanted(why="paused until resumed: asked for time")
    assert business.begin(late, "nonsense/email", business.at(3)) == Unwanted(
        why="nonsense/email is not wanted any more"
    )


def test_the_plan_is_made_at_the_moment_of_claiming(business, late):
    """The window closed between the assessment and the attempt: the law counts the sending."""
    unwanted = business.begin(late, FIRST, business.at(3, 22))
    assert isinstance(unwanted, Unwanted)
    assert "outside 09:00 to 17:00" in unwanted.why


def test_a_released_claim_may_be_begun_again(business, late):
    first = business.begun(late, FIRST, business.at(3))
    claims.release(business.ledger, late, first.message, now=business.at(3), code_version="t")
    second = business.begun(late, FIRST, business.at(3, 11))
    assert (second.attempt, second.settle) == (2, False)
    assert states(business, "first") == [("INV-1", 1, "email", "claimed", 2)]


def test_an_attempt_that_answers_late_counts(business, late):
    """It went out after all: the claim says so, and nothing is sent a second time."""
    first = business.begun(late, FIRST, business.at(3))
    claims.release(business.ledger, late, first.message, now=business.at(3), code_version="t")
    business.confirm(late, first.message, business.at(3, 12))
    assert isinstance(business.begin(late, FIRST, business.at(3, 13)), Unwanted)


def test_a_claim_whose_outcome_is_known_is_not_released(business, late):
    business.send(late, FIRST, business.at(3))
    message = rows(business)[0].message
    claims.release(business.ledger, late, message, now=business.at(4), code_version="t")
    assert states(business, "first") == [("INV-1", 1, "email", "sent", 1)]


def test_a_refused_claim_stays_and_the_next_channel_follows(business, late, wanted):
    business.send(late, FIRST, business.at(3))
    assert wanted(business.assess(late, business.at(10))) == ["second/email"]
    begun = business.begun(late, "second/email", business.at(10))
    invalid = business.fact(ContactInvalid(channel="email"), now=business.at(10))
    news = business.assess(late, business.at(10)).news
    after = business.confirm(late, begun.message, business.at(10), state="refused", new=[invalid])
    assert wanted(after) == ["second/sms"]
    assert after.news == news  # The outcome of an effect of ours is no news.
    assert [row[3] for row in states(business, "second")] == ["refused"]


@pytest.mark.parametrize("state", ["sent", "refused"])
def test_a_message_that_reached_nobody_is_begun_again_for_a_new_address(business, late, wanted, state):
    """The row is taken over under another reference, and what became of the first stays in the journal."""
    first = business.begun(late, FIRST, business.at(3))
    outcome = "bounced" if state == "sent" else None
    business.confirm(late, first.message, business.at(3), state=state, outcome=outcome)
    business.record(late, ContactInvalid(channel="email"), now=business.at(3))
    assert FIRST not in wanted(business.assess(late, business.at(4)))
    business.record(late, ContactChanged(channel="email"), now=business.at(4))
    assert wanted(business.assess(late, business.at(4))) == [FIRST]
    second = business.begun(late, FIRST, business.at(4))
    assert second.message != first.message
    assert states(business, "first") == [("INV-1", 1, "email", "claimed", 2)]
    business.confirm(late, second.message, business.at(4), outcome="delivered")
    assert wanted(business.assess(late, business.at(5))) == []
    told = [line.why for line in journal.read(business.ledger, late) if line.message == first.message]
    assert told[-1] == "first by email reached nobody; the address has changed since"


def test_confirming_twice_changes_nothing(business, late):
    begun = business.begun(late, FIRST, business.at(3))
    first = business.confirm(late, begun.message, business.at(3), outcome="delivered")
    again = business.confirm(late, begun.message, business.at(4), outcome="delivered")
    assert again.revision == first.revision
    assert rows(business)[0].sent_at == business.at(3)
    assert [line.what for line in journal.read(business.ledger, late)].count("outcome") == 1


def test_an_unknown_outcome_may_become_known(business, late):
    begun = business.begun(late, FIRST, business.at(3))
    business.confirm(late, begun.message, business.at(3), state="unknown")
    assert rows(business)[0].state == "unknown"
    business.confirm(late, begun.message, business.at(4), state="sent", provider_ref="V-1")
    assert (rows(business)[0].state, rows(business)[0].provider_ref) == ("sent", "V-1")


def test_an_unsettled_claim_is_wanted_even_when_the_debt_is_paid(business, late, wanted):
    begun = business.begun(late, FIRST, business.at(3))
    business.pay(late, now=business.at(3, 11))
    assessment = business.assess(late, business.at(4))
    assert wanted(assessment) == [FIRST]
    assert assessment.plan.effects[0].settles == begun.message
    assert business.begun(late, FIRST, business.at(4)).settle


def test_unsettled_claims_are_found_by_their_age(business, late):
    begun = business.begun(late, FIRST, business.at(3))
    assert claims.unsettled(business.ledger, before=business.at(3)) == []
    [found] = claims.unsettled(business.ledger, before=business.at(4))
    assert (found.customer_id, found.message, found.step) == (late, begun.message, "first")


def test_every_decision_is_journaled_with_its_rule_policy_and_code(business, policy, late):
    business.send(late, FIRST, business.at(3))
    decided, outcome = journal.read(business.ledger, late)[-2:]
    assert (decided.what, decided.rule, decided.debts) == ("decided", "step.due", {"INV-1": "100.00"})
    assert decided.why == "first: 3 days past due, the policy says day 3"
    assert (decided.policy_version, decided.code_version) == (policy.version, "test")
    assert (outcome.what, outcome.why) == ("outcome", "first by email went out")
    assert decided.message == outcome.message


# --- one each ------------------------------------------------------------------------------------


def copy_of(row, **changes):
    return ClaimRow(**{**row.model_dump(exclude={"id"}), **changes})


def test_overlapping_debt_sets_collide_in_sql(business, late):
    business.invoice(late, "INV-2")
    business.begun(late, FIRST, business.at(3))
    one, two = rows(business)
    assert {one.debt, two.debt} == {"INV-1", "INV-2"}
    with pytest.raises(IntegrityError), business.ledger.write() as session:
        session.add_all([copy_of(two, message="other", debt="INV-3"), copy_of(two, message="other")])
    assert len(rows(business)) == 2
    with business.ledger.write() as session:
        session.add(copy_of(two, message="other", opening=2))


def test_a_collision_is_answered_as_unwanted(business, late):
    """The plan does not see this row, as if it had been written a moment ago without the lock."""
    begun = business.begun(late, FIRST, business.at(3))
    business.confirm(late, begun.message, business.at(3), state="sent")
    effect = replace(begun.effect, settles=None)
    with business.ledger.write() as session:
        row = customers.lock(session, late)
        loaded = facts.load(session, row)
    with pytest.raises(IntegrityError), business.ledger.write() as session:
        claims._claim(session, row, loaded, effect, business.at(4), "t")


def test_a_debt_that_is_opened_again_may_be_claimed_again(business, late, wanted):
    business.send(late, FIRST, business.at(3))
    business.pay(late, now=business.at(4), payment="P")
    assert wanted(business.assess(late, business.at(5))) == []
    business.record(late, Refunded(payment="P"), now=business.at(6))
    assessment = business.assess(late, business.at(6))
    assert wanted(assessment) == [FIRST]
    business.send(late, FIRST, business.at(6))
    assert [row[:4] for row in states(business, "first")] == [
        ("INV-1", 1, "email", "sent"),
        ("INV-1", 2, "email", "sent"),
    ]


def test_a_released_claim_of_two_debts_is_taken_over_by_the_one_that_is_left(business, late):
    business.invoice(late, "INV-2")
    first = business.begun(late, FIRST, business.at(3))
    claims.release(business.ledger, late, first.message, now=business.at(3), code_version="t")
    business.pay(late, now=business.at(3), invoice="INV-1")
    second = business.begun(late, FIRST, business.at(3))
    assert [debt.invoice for debt in second.effect.debts] == ["INV-2"]
    assert states(business, "first") == [
        ("INV-1", 1, "email", "released", 1),
        ("INV-2", 1, "email", "claimed", 2),
    ]


def test_many_attempts_at_once_begin_one_effect(business, late, together):
    answers = together([lambda: business.begin(late, FIRST, business.at(3))] * 6)
    assert all(isinstance(answer, Begun) for answer in answers), answers
    assert sorted(answer.settle for answer in answers) == [False] + [True] * 5
    assert len({answer.message for answer in answers}) == 1


# --- payment against claim -----------------------------------------------------------------------


def payment(business, name):
    body = PaymentReceived(payment="P", amount="100.00", currency="EUR")
    return NewFact(source="bank", id="P", happened_at=business.at(3), body=body)


class Holding:
    """A transaction in a thread of its own that has the customer's lock and waits to be let go."""

    def __init__(self, business, name, work):
        self.locked, self.go, self.result = threading.Event(), threading.Event(), None
        self.thread = threading.Thread(target=self._run, args=(business, name, work))
        self.thread.start()
        assert self.locked.wait(timeout=30)

    def _run(self, business, name, work):
        with business.ledger.write() as session:
            row = customers.lock(session, name)
            self.locked.set()
            assert self.go.wait(timeout=30)
            self.result = work(session, row)

    def finish(self):
        self.go.set()
        self.thread.join(timeout=30)
        return self.result


def in_background(work):
    results = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    return thread, results


def test_a_claim_that_waits_for_a_payment_is_not_made(business, late):
    """The payment has the lock, the claim is asked for, the payment commits: nothing goes out."""
    holding = Holding(
        business,
        late,
        lambda session, row: facts.append(session, row, [payment(business, late)], now=business.at(3)),
    )
    claiming, answers = in_background(lambda: business.begin(late, FIRST, business.at(3)))
    claiming.join(timeout=0.2)
    assert claiming.is_alive()  # It waits for the lock.
    holding.finish()
    claiming.join(timeout=30)
    assert isinstance(answers[0], Unwanted)
    assert rows(business) == []


def test_a_payment_that_waits_for_a_claim_comes_after_it(business, late):
    """The claim has the lock, the payment comes, the claim commits: it was made before the money."""
    begun = []

    def claim(session, row):
        begun.append(claims._begin(session, row, FIRST, now=business.at(3), code_version="t"))

    holding = Holding(business, late, claim)
    paying, recorded = in_background(
        lambda: doors.record(business.ledger, late, [payment(business, late)], now=business.at(3))
    )
    paying.join(timeout=0.2)
    assert paying.is_alive()
    holding.finish()
    paying.join(timeout=30)
    assert isinstance(begun[0], Begun)
    assert recorded[0].accepted == 1
    [paid] = [f for f in facts.history(business.ledger, late) if f.source == "bank"]
    assert paid.learned_at >= rows(business)[0].claimed_at
    assert business.assess(late, business.at(4)).plan.effects[0].settles == begun[0].message


def test_whoever_comes_first_no_claim_follows_a_payment(business, together):
    for number in range(12):
        name = business.customer(f"C-{number}")
        business.invoice(name, f"I-{number}")
        new = replace(payment(business, name), id=f"P-{number}")
        answer, recorded = together(
            [
                lambda name=name: business.begin(name, FIRST, business.at(3)),
                lambda name=name, new=new: doors.record(business.ledger, name, [new], now=business.at(3)),
            ]
        )
        assert recorded.accepted == 1
        history = {fact.id: fact for fact in facts.history(business.ledger, name)}
        if isinstance(answer, Begun):
            assert answer.account.debts[0].open.minor == 100_00
            assert history[f"P-{number}"].learned_at >= answer.claimed_at
        else:
            assert isinstance(answer, Unwanted), answer
            assert rows(business, customer_id=name) == []


# --- tasks, suspension and return ----------------------------------------------------------------


def walk(business, name, *, until):
    """Send everything that is wanted, day by day."""
    for day in range(until + 1):
        for effect in business.assess(name, business.at(day)).plan.effects:
            begun = business.begun(name, effect.key, business.at(day))
            new = []
            if effect.kind == "suspend":
                new = [business.fact(SubscriptionSuspended(subscription=name), now=business.at(day))]
            if effect.kind == "reactivate":
                new = [business.fact(SubscriptionReactivated(subscription=name), now=business.at(day))]
            outcome = "delivered" if effect.kind == "notice" else None
            business.confirm(name, begun.message, business.at(day), outcome=outcome, new=new)


def test_a_customer_is_warned_suspended_and_brought_back(business):
    name = business.customer()
    business.invoice(name)
    walk(business, name, until=32)
    assert business.assess(name, business.at(32)).plan.stage == "suspended"
    assert [row.step for row in rows(business)] == [
        "first",
        "second",
        "call",
        "final",
        "suspend",
        "suspended",
    ]
    business.pay(name, now=business.at(33))
    reactivate = business.assess(name, business.at(33)).plan.effects[0]
    begun = business.begun(name, reactivate.key, business.at(33))
    back = business.fact(SubscriptionReactivated(subscription=name), now=business.at(33))
    claims.confirm_with_news(
        business.ledger, name, begun.message, new=[back], now=business.at(33), code_version="t"
    )
    assert sweep.due(business.ledger, now=business.at(33), limit=10) == [name]
    after = business.assess(name, business.at(33))
    assert (after.plan.stage, after.case_open, after.case_number) == ("current", False, 1)


def test_a_task_is_opened_with_its_reason_and_closed_by_its_command(business):
    name = business.customer()
    business.invoice(name)
    walk(business, name, until=16)
    [task] = tasks.worklist(business.ledger)
    assert (task.customer_id, task.step, task.kind) == (name, "call", "call")
    assert task.why == "call task call: 15 days past due, the policy says day 15"
    assert task.debts == {"INV-1": "100.00"}
    assessment = business.assess(name, business.at(16))
    assert [(task.step, task.opened_at) for task in assessment.open_tasks] == [("call", business.at(15))]
    done = commands.perform(
        business.ledger, name, "complete_task", {"step": "call", "by": "maria"}, now=business.at(17)
    )
    assert done.wake
    assert tasks.worklist(business.ledger) == []


def test_a_second_suspension_is_told_as_well(business):
    """The message lists the same debt again, and counts by the service's suspension alone."""
    name = business.customer()
    business.invoice(name)
    walk(business, name, until=32)
    commands.perform(business.ledger, name, "reactivate", {"reason": "goodwill"}, now=business.at(33))
    for effect in business.assess(name, business.at(33)).plan.effects:
        begun = business.begun(name, effect.key, business.at(33))
        back = business.fact(SubscriptionReactivated(subscription=name), now=business.at(33))
        business.confirm(name, begun.message, business.at(33), new=[back])
    again = business.fact(SubscriptionSuspended(subscription=name), now=business.at(40))
    doors.record(business.ledger, name, [again], now=business.at(40))
    assert "suspended/email" in [e.key for e in business.assess(name, business.at(40)).plan.effects]
    begun = business.begun(name, "suspended/email", business.at(40))
    assert [debt.invoice for debt in begun.effect.debts] == ["service", "INV-1"]
    assert [(row.debt, row.opening) for row in rows(business, step="suspended")] == [
        ("service", 1),
        ("service", 2),
    ]


def test_a_dry_run_lists_what_would_go_out_and_writes_nothing(business, late):
    other = business.customer("BOLT", segment="unknown")
    revision = business.assess(late, business.at(3)).revision
    [line] = reports.dry_run(business.ledger, now=business.at(3)).wanted
    assert (line.customer_id, line.effect.key) == (late, FIRST)
    assert (
        line.words == "ACME: first/email for INV-1 100.00 EUR: first: 3 days past due, the policy says day 3"
    )
    assert line.json()["debts"] == {"INV-1": "100.00"}
    assert rows(business) == []
    assert business.assess(late, business.at(3)).revision == revision
    assert reports.dry_run(business.ledger, now=business.at(3) - timedelta(days=2)).wanted == (line,)
    assert other in customers.ids(business.ledger)
