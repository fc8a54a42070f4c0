"""The blast guard: what trips it, what it says that it holds, and what an approval covers."""

import pytest

from domain.facts import OnboardingStarted, SubscriptionSuspended
from store import assess as assessing
from store import blast, journal, switches, tasks
from store.assess import Rests
from store.blast import Allowed
from store.claims import Begun, PutOff
from store.tables import CustomerRow

FIRST = "first/email"


def limit_to(business, number):
    switches.set_blast_limit(business.ledger, number, by="maria", now=business.at(1))


def many(business, count):
    names = [business.customer(f"C-{number}") for number in range(count)]
    for name in names:
        business.invoice(name, f"I-{name}")
    return names


def test_more_effects_than_the_limit_wait_for_a_person(business):
    limit_to(business, 2)
    a, b, c, d = many(business, 4)
    business.begun(a, FIRST, business.at(3))
    business.begun(b, FIRST, business.at(3, 10, 30))
    put_off = business.begin(c, FIRST, business.at(3, 10, 45))
    assert isinstance(put_off, PutOff)
    assert put_off.reason.words == "3 effects within the hour exceed 2: a person must approve"
    [task] = tasks.worklist(business.ledger)
    assert (task.customer_id, task.step, task.kind) == (None, "blast", "approval")
    assert task.why == put_off.reason.words
    # It does not trickle out by the hour: it waits for a person.
    assert isinstance(business.begin(d, FIRST, business.at(3, 14)), PutOff)
    assert len(tasks.worklist(business.ledger)) == 1
    assert blast.allow(business.ledger, by="maria", now=business.at(3, 15)) == Allowed(effects=2, woken=2)
    assert tasks.worklist(business.ledger) == []
    for name in (c, d):
        business.begun(name, FIRST, business.at(3, 15))


def test_the_limit_counts_one_business_hour(business):
    limit_to(business, 2)
    a, b, c = many(business, 3)
    business.begun(a, FIRST, business.at(3, 10))
    business.begun(b, FIRST, business.at(3, 10, 30))
    business.begun(c, FIRST, business.at(3, 11, 1))


def test_go_without_leave_keeps_the_guard(business):
    limit_to(business, 1)
    a, b = many(business, 2)
    business.begun(a, FIRST, business.at(3))
    assert isinstance(business.begin(b, FIRST, business.at(3)), PutOff)
    switches.go(business.ledger, by="maria", now=business.at(3))
    assert isinstance(business.begin(b, FIRST, business.at(3)), PutOff)


def test_the_guard_trips_once_under_pressure(business, together):
    limit_to(business, 1)
    names = many(business, 6)
    business.begun(names[0], FIRST, business.at(3))
    answers = together([lambda name=name: business.begin(name, FIRST, business.at(3)) for name in names[1:]])
    assert all(isinstance(answer, PutOff) for answer in answers), answers
    assert len(tasks.worklist(business.ledger)) == 1
    assert switches.read(business.ledger).halted == 5


def test_a_limit_below_one_is_refused(business):
    with pytest.raises(ValueError, match="use `stop`"):
        limit_to(business, 0)


# --- what waits ----------------------------------------------------------------------------------


def put_off(business, count, *, limit=1):
    """Let the guard trip, and put off everybody but the first `limit` of so many customers."""
    limit_to(business, limit)
    names = many(business, count)
    for name in names[:limit]:
        business.send(name, FIRST, business.at(3))
    for name in names[limit:]:
        assert isinstance(business.begin(name, FIRST, business.at(3)), PutOff)
        assess(business, name, put_off=business.at(4))
    return names[limit:]


def assess(business, name, *, put_off):
    """As the activity does that was put off: its customer is not looked at before."""
    rests = Rests(key=FIRST, until=put_off)
    assessing.assess(business.ledger, name, now=business.at(3), code_version="t", put_off=[rests])


def test_what_waits_is_listed_whole_though_nobody_looks_before_tomorrow(business):
    names = put_off(business, 4)
    told = blast.waiting(business.ledger, now=business.at(3, 11))
    assert told.summary == "3 effects for 3 customers wait: first by email 3"
    listed = told.json()
    assert {key: value for key, value in listed.items() if key != "list"} == {
        "customers": 3,
        "effects": 3,
        "codes": 0,
        "by_step": [{"step": "first", "channel": "email", "effects": 3}],
    }
    assert [(line["customer"], line["step"], line["channel"], line["debts"]) for line in listed["list"]] == [
        (name, "first", "email", {f"I-{name}": "100.00"}) for name in names
    ]


def test_the_list_is_of_the_moment_in_which_it_is_read(business):
    paid, *_ = put_off(business, 4)
    business.pay(paid, now=business.at(3, 11), invoice=f"I-{paid}")
    assert len(blast.waiting(business.ledger, now=business.at(3, 11)).effects) == 2
    late = business.customer("Z")
    business.invoice(late, "I-Z")
    assert [each.customer_id for each in blast.waiting(business.ledger, now=business.at(3, 12)).effects] == [
        "C-2",
        "C-3",
        "Z",
    ]


def test_words_name_the_first_few_and_say_where_the_rest_is(business):
    put_off(business, blast.MOST_LISTED + 3)
    summary, *named, rest = blast.waiting(business.ledger, now=business.at(3, 11)).lines()
    assert summary.startswith("12 effects for 12 customers wait")
    assert len(named) == blast.MOST_LISTED
    assert named[0].startswith("C-1: first/email for I-C-1 100.00 EUR: ")
    assert rest == "and 2 more: `starter.py worklist --json` has every one"


def test_what_the_guard_does_not_hold_is_not_listed(business):
    """A task goes nowhere, and to ask how a message went sends nothing."""
    name = business.customer()
    business.invoice(name)
    business.begun(name, FIRST, business.at(3))
    assert blast.waiting(business.ledger, now=business.at(3, 11)).effects == ()
    business.confirm(name, business.begun(name, FIRST, business.at(3, 12)).message, business.at(3, 12))
    assert [each.effect.key for each in blast.waiting(business.ledger, now=business.at(16)).effects] == [
        "second/email"
    ]


def test_the_guard_holds_no_return_of_a_service_that_was_paid_for(business):
    """It needs no approval: a flood of reminders is no reason to keep from payers what they paid for."""
    limit_to(business, 1)
    paid, a, b = many(business, 3)
    business.record(paid, SubscriptionSuspended(subscription=paid), now=business.at(2))
    business.begun(a, FIRST, business.at(3))
    assert isinstance(business.begin(b, FIRST, business.at(3)), PutOff)
    business.pay(paid, now=business.at(3), invoice=f"I-{paid}")
    listed = [each.customer_id for each in blast.waiting(business.ledger, now=business.at(3)).effects]
    assert listed == [b]
    business.begun(paid, "reactivate", business.at(3))
    # Nor does it count against the limit.
    blast.allow(business.ledger, by="maria", now=business.at(3))
    business.begun(b, FIRST, business.at(3))


def test_a_stop_holds_returns_too(business):
    (paid,) = many(business, 1)
    business.record(paid, SubscriptionSuspended(subscription=paid), now=business.at(2))
    business.pay(paid, now=business.at(3), invoice=f"I-{paid}")
    switches.stop(business.ledger, reason="a wrong file", by="maria", now=business.at(3))
    assert isinstance(business.begin(paid, "reactivate", business.at(3)), PutOff)


def test_codes_that_wait_are_counted_apart(business):
    name = business.customer("NEWCO")
    business.record(name, OnboardingStarted(), now=business.at(1))
    business.send(name, "onboarding/onboarding", business.at(1))
    with business.ledger.write() as session:
        session.get_one(CustomerRow, name).halted = True
    told = blast.waiting(business.ledger, now=business.at(3))
    assert told.summary == "0 effects for 0 customers wait; 1 codes for new customers"


# --- what an approval covers ---------------------------------------------------------------------


def begun(business, names, now):
    """Which of these go out."""
    return [name for name in names if isinstance(business.begin(name, FIRST, now), Begun)]


def test_an_approval_covers_what_was_listed_and_asks_again_for_more(business):
    names = put_off(business, 7)
    assert blast.allow(business.ledger, by="maria", now=business.at(3, 11), most=3).effects == 3
    # Three that were approved, and one that the limit lets out by itself.
    assert begun(business, names, business.at(3, 11, 1)) == names[:4]
    [task] = tasks.worklist(business.ledger)
    assert task.opened_at == business.at(3, 11, 1)
    assert len(blast.waiting(business.ledger, now=business.at(3, 12)).effects) == 2


def test_what_was_approved_is_not_held_against_what_comes_after(business):
    names = put_off(business, 6, limit=2)
    blast.allow(business.ledger, by="maria", now=business.at(3, 11))
    assert begun(business, names, business.at(3, 11, 1)) == names
    later = [business.customer(f"L-{number}") for number in range(3)]
    for name in later:
        business.invoice(name, f"I-{name}")
    assert begun(business, later, business.at(3, 11, 30)) == later[:2]


def test_an_approval_lapses_after_a_day(business):
    names = put_off(business, 6)
    blast.allow(business.ledger, by="maria", now=business.at(3, 11))
    assert begun(business, names[:2], business.at(3, 12)) == names[:2]
    assert begun(business, names[2:], business.at(4, 11, 1)) == names[2:3]


def test_what_was_approved_late_is_not_held_against_the_first_hour_after(business):
    names = put_off(business, 6)
    blast.allow(business.ledger, by="maria", now=business.at(3, 11))
    assert begun(business, names[:4], business.at(4, 10, 59)) == names[:4]
    assert begun(business, names[4:], business.at(4, 11, 1)) == names[4:]


def test_an_approval_says_what_it_covers_in_journal_and_task(business):
    put_off(business, 4)
    blast.allow(business.ledger, by="maria", now=business.at(3, 11))
    words = "3 effects are allowed beyond the limit until 2026-03-06 11:00 UTC"
    line = journal.read(business.ledger)[-1]
    assert (line.what, line.why, line.actor) == ("switch", f"go, and {words}", "maria")
    stand = switches.read(business.ledger)
    assert (stand.blast_allowed, stand.blast_allowed_by, stand.blast_since) == (3, "maria", None)


def test_to_be_held_plans_for_nobody_else(business, monkeypatch):
    def dry_run(*_, **__):
        raise AssertionError("a claim may not look at everybody")

    monkeypatch.setattr("store.reports.dry_run", dry_run)
    assert len(put_off(business, 3)) == 2
