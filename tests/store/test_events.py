"""Events to the seller's product: one for each thing that happened, in order; without an endpoint none."""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from domain import facts
from domain.events.catalogue import CATALOGUE
from domain.events.delivering import RESTS, Answered
from domain.own_steps import ABOUT_EVENTS, SWITCH
from store import budgets, customers, event_deliveries, tasks
from store.database import Ledger
from store.errors import Refused
from store.event_deliveries import Due
from tests.store.conftest import DUE, Business, at

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What is no matter of locks and of SQL is tried on one database."""

HERE, THERE = "e-here", "e-there"
TAKEN = Answered(status=204, words="204")
UNWELL = Answered(status=503, words="503")
LOST = Answered(status=None, words="no answer")


def lasting(real: timedelta) -> timedelta:
    return real


@pytest.fixture
def told(business: Business) -> Business:
    """A business whose product is told at one endpoint, long since."""
    event_deliveries.set_up(business.ledger, {HERE: "hooks.example"}, now=at(-60))
    return business


def types(ledger: Ledger, customer: str | None = "ACME") -> list[str]:
    """What was written, in its order."""
    return [each.type for each in reversed(event_deliveries.listed(ledger, customer=customer, limit=500))]


def take(ledger: Ledger, now: datetime, *, name: str = HERE, limit: int = 10) -> list[Due]:
    until = now + timedelta(minutes=2)
    return event_deliveries.take(ledger, name, now=now, until=until, limit=limit)


def answer(
    ledger: Ledger, due: Sequence[Due], answered: Answered, now: datetime, *, name: str = HERE
) -> None:
    answers = [(each, answered) for each in due]
    event_deliveries.settle(ledger, name, answers, now=now, lasting=lasting)


def all_taken(ledger: Ledger, now: datetime, *, name: str = HERE) -> list[str]:
    """Take until there is nothing more, and return the ids in the order in which they came."""
    ids: list[str] = []
    while some := take(ledger, now, name=name):
        ids += [each.id for each in some]
        answer(ledger, some, TAKEN, now, name=name)
    return ids


def open_tasks(ledger: Ledger) -> list[str]:
    return [task.why for task in tasks.worklist(ledger) if task.step == ABOUT_EVENTS]


@on_sqlite
def test_nothing_is_written_where_nobody_is_told(business: Business) -> None:
    business.customer()
    business.invoice("ACME")
    business.send("ACME", "first/email", at(3))
    assert event_deliveries.listed(business.ledger) == []


def test_a_delinquency_is_told_from_its_first_notice_until_the_money_is_there(told: Business) -> None:
    told.customer()
    told.invoice("ACME")
    told.assess("ACME", at(1))
    told.send("ACME", "first/email", at(3))
    told.send("ACME", "second/email", at(10))
    told.send("ACME", "call/task", at(15))
    told.send("ACME", "final/email", at(20))
    told.pay("ACME", now=at(21), payment="P-1")
    told.assess("ACME", at(21))
    assert types(told.ledger) == [
        "stage.changed",
        *("notice.sent", "notice.delivered", "stage.changed"),
        *("notice.sent", "notice.delivered"),
        "task.opened",
        *("notice.sent", "suspension.announced", "notice.delivered", "stage.changed"),
        *("invoice.settled", "payment.recorded", "stage.changed"),
    ]
    announced = event_deliveries.listed(told.ledger)[5]
    assert announced.type == "suspension.announced"
    assert '"suspend_on":"2026-04-01"' in announced.body
    assert '"debts":[{"invoice":"INV-1","amount":"100.00","currency":"EUR"}]' in announced.body


def test_a_task_about_a_service_or_a_budget_is_told_once(told: Business) -> None:
    told.customer()
    for hour in (10, 11):
        with told.ledger.write() as session:
            customers.lock(session, "ACME")
            tasks.open_of_customer(session, "ACME", SWITCH, "it was refused", now=at(3, hour))
        budgets.cannot(told.ledger, "ACME", "it has several accounts", now=at(3, hour))
    assert types(told.ledger) == ["task.opened", "task.opened"]


@on_sqlite
def test_looking_again_tells_nothing_again(told: Business) -> None:
    told.customer()
    told.invoice("ACME")
    told.record("ACME", facts.PromiseMade(pay_on=DUE + timedelta(days=4)), now=at(2))
    for day in (2, 2, 9, 9, 9):
        told.assess("ACME", at(day))
    assert types(told.ledger).count("promise.broken") == 1
    told.pay("ACME", now=at(10))
    told.assess("ACME", at(10))
    assert types(told.ledger).count("invoice.settled") == 1


@on_sqlite
def test_a_promise_is_kept_by_the_money(told: Business) -> None:
    told.customer()
    told.invoice("ACME")
    told.record("ACME", facts.PromiseMade(pay_on=DUE + timedelta(days=4)), now=at(2))
    told.pay("ACME", now=at(3))
    told.assess("ACME", at(3))
    assert [each for each in types(told.ledger) if each.startswith("promise")] == [
        "promise.made",
        "promise.kept",
    ]


@on_sqlite
def test_money_that_is_returned_opens_the_invoice_again(told: Business) -> None:
    told.customer()
    told.invoice("ACME")
    told.pay("ACME", now=at(3), payment="P-1")
    told.record("ACME", facts.ChargedBack(payment="P-1"), now=at(5))
    assert types(told.ledger) == [
        *("invoice.settled", "payment.recorded", "invoice.reopened", "payment.returned")
    ]


def test_what_is_rolled_back_was_never_told(told: Business) -> None:
    told.customer()
    told.invoice("ACME")
    bad = [
        told.fact(facts.DisputeOpened(dispute="D-1", invoice="INV-1"), now=at(3)),
        told.fact(facts.DisputeOpened(dispute="D-2", invoice="INV-404"), now=at(3)),
    ]
    with pytest.raises(Refused):
        told.record("ACME", *(each.body for each in bad), now=at(3))
    assert types(told.ledger) == []


@on_sqlite
def test_what_happened_before_the_endpoint_was_there_is_history(business: Business) -> None:
    business.customer()
    business.invoice("ACME")
    event_deliveries.set_up(business.ledger, {HERE: "hooks.example"}, now=at(30))
    opened = facts.DisputeOpened(dispute="D-1", invoice="INV-1")
    business.record("ACME", opened, now=at(30), on=DUE)
    business.record("ACME", facts.DisputeResolved(dispute="D-1"), now=at(30), on=date(2026, 4, 1))
    assert types(business.ledger) == ["dispute.resolved"]


@on_sqlite
def test_words_of_people_are_not_passed_on(told: Business) -> None:
    told.customer()
    told.invoice("ACME")
    told.record("ACME", facts.Paused(reason="Ms Smith is ill", by="maria"), now=at(3))
    told.record("ACME", facts.DisputeOpened(dispute="D-1", invoice="INV-1", by="Ms Smith"), now=at(3))
    settled = facts.DisputeResolved(dispute="D-1", outcome="as Ms Smith said")
    told.record("ACME", settled, now=at(4))
    bodies = [each.body for each in event_deliveries.listed(told.ledger)]
    assert len(bodies) >= 3
    assert not any("Smith" in body or "maria" in body for body in bodies)


def test_each_event_goes_to_every_endpoint_in_the_order_of_its_customer(told: Business) -> None:
    both = {HERE: "hooks.example", THERE: "other.example"}
    assert event_deliveries.set_up(told.ledger, both, now=at(-60)) == []
    for name in ("ACME", "BETA"):
        told.customer(name)
        told.invoice(name, f"INV-{name}")
        told.record(name, facts.DisputeOpened(dispute="D", invoice=f"INV-{name}"), now=at(1))
        told.record(name, facts.DisputeResolved(dispute="D"), now=at(2))
    written = {name: [*reversed(_ids(told.ledger, name))] for name in ("ACME", "BETA")}
    for endpoint in both:
        arrived = all_taken(told.ledger, at(3), name=endpoint)
        assert len(arrived) == len(set(arrived)) == 4
        for of_customer in written.values():
            assert [each for each in arrived if each in of_customer] == of_customer


def _ids(ledger: Ledger, customer: str) -> list[str]:
    return [each.id for each in event_deliveries.listed(ledger, customer=customer)]


def _dispute(business: Business, name: str, now: datetime, *, times: int = 1) -> None:
    business.customer(name)
    business.invoice(name, f"INV-{name}")
    for each in range(times):
        opened = facts.DisputeOpened(dispute=f"D-{each}", invoice=f"INV-{name}", amount="1.00")
        business.record(name, opened, now=now)


def test_a_later_event_of_a_customer_waits_for_the_earlier_one_and_nobody_else_does(told: Business) -> None:
    _dispute(told, "ACME", at(1), times=2)
    first = take(told.ledger, at(2))
    _dispute(told, "BETA", at(2))
    assert [each.attempts for each in first] == [1]
    assert [each.id for each in take(told.ledger, at(2))] == _ids(told.ledger, "BETA")
    answer(told.ledger, first, UNWELL, at(2))
    assert take(told.ledger, at(2)) == []
    [again] = take(told.ledger, at(2) + RESTS[0])
    assert (again.id, again.body, again.attempts) == (first[0].id, first[0].body, 2)


@on_sqlite
def test_what_nobody_answered_for_is_due_again(told: Business) -> None:
    """Who has taken an event may die before the answer is written down."""
    _dispute(told, "ACME", at(1))
    [first] = take(told.ledger, at(2))
    assert take(told.ledger, at(2)) == []
    [again] = take(told.ledger, at(2) + timedelta(minutes=2))
    assert again.id == first.id


def test_two_at_once_take_each_event_once(
    told: Business, together: Callable[[Sequence[Callable[[], Any]]], list[Any]]
) -> None:
    for each in range(6):
        _dispute(told, f"C{each}", at(1))
    taken = together([lambda: take(told.ledger, at(2), limit=3) for _ in range(4)])
    ids = [due.id for some in taken for due in some]
    assert len(ids) == len(set(ids)) == 6


def test_workers_that_start_at_once_set_an_endpoint_up_once(
    business: Business, together: Callable[[Sequence[Callable[[], Any]]], list[Any]]
) -> None:
    def start() -> list[str]:
        return event_deliveries.set_up(business.ledger, {HERE: "h", THERE: "t"}, now=at(1))

    assert together([start] * 4) == [[]] * 4
    assert [each.name for each in event_deliveries.endpoints(business.ledger)] == [HERE, THERE]


def test_a_dead_endpoint_is_asked_for_one_event_and_delays_no_other(told: Business) -> None:
    event_deliveries.set_up(told.ledger, {HERE: "h", THERE: "t"}, now=at(-60))
    for each in range(5):
        _dispute(told, f"C{each}", at(1))
    answer(told.ledger, take(told.ledger, at(2)), LOST, at(2))
    assert len(take(told.ledger, at(2, 11))) == 1  # unwell: one at a time
    assert len(all_taken(told.ledger, at(2, 11), name=THERE)) == 5


@on_sqlite
def test_an_endpoint_that_is_well_again_gets_all_at_once(told: Business) -> None:
    for each in range(5):
        _dispute(told, f"C{each}", at(1))
    now = at(2)
    for rest in RESTS[:4]:
        answer(told.ledger, take(told.ledger, now), LOST, now)
        now += rest
    [probe] = take(told.ledger, now)
    answer(told.ledger, [probe], TAKEN, now)
    assert len(take(told.ledger, now)) == 4


@on_sqlite
def test_after_three_days_of_nothing_the_endpoint_is_shut_and_keeps_its_events(told: Business) -> None:
    _dispute(told, "ACME", at(1), times=2)
    now = at(2)
    for rest in (*RESTS, timedelta()):
        answer(told.ledger, take(told.ledger, now), LOST, now)
        now += rest
    assert timedelta(days=3) < now - at(2) < timedelta(days=4)
    assert take(told.ledger, at(60)) == []
    [why] = open_tasks(told.ledger)
    assert "e-here at hooks.example is shut" in why
    assert "events resume e-here" in why
    assert event_deliveries.resume(told.ledger, HERE, now=at(60), by="ops") >= 2
    assert len(all_taken(told.ledger, at(61))) >= 2
    assert open_tasks(told.ledger) == []


@on_sqlite
def test_one_event_that_is_never_taken_is_given_up_and_told(told: Business) -> None:
    _dispute(told, "ACME", at(1), times=2)
    [poison] = take(told.ledger, at(2))
    now = at(2)
    refused = Answered(status=422, words="422")
    answer(told.ledger, [poison], refused, now)
    for number, rest in enumerate(RESTS):
        _dispute(told, f"C{number}", now)
        answer(told.ledger, take(told.ledger, now), TAKEN, now)  # all others are
        now += rest
        [again] = [each for each in take(told.ledger, now) if each.id == poison.id]
        answer(told.ledger, [again], refused, now)
    [why] = open_tasks(told.ledger)
    assert f"did not take event {poison.id} (dispute.opened) in 10 attempts" in why
    [second] = [each for each in take(told.ledger, now) if each.id in _ids(told.ledger, "ACME")]
    answer(told.ledger, [second], TAKEN, now)
    assert event_deliveries.replay(told.ledger, poison.id, now=now, by="ops") == [HERE]
    assert poison.id in all_taken(told.ledger, now)
    assert open_tasks(told.ledger) == []


def _run(business: Business, now: datetime, bad: set[str]) -> list[Due]:
    """Send as a run does to an endpoint that takes everything but these events; return what was sent."""
    sent: list[Due] = []
    more = True
    while more:
        some = take(business.ledger, now, limit=8)
        sent += some
        answers = [(each, Answered(status=422, words="422") if each.id in bad else TAKEN) for each in some]
        event_deliveries.settle(business.ledger, HERE, answers, now=now, lasting=lasting)
        more = any(answered.taken for _, answered in answers)
    return sent


@on_sqlite
def test_events_that_are_never_taken_rest_while_others_are_taken(told: Business) -> None:
    """Several of them are no endpoint that is away, and what it takes after them is no return."""
    for each in range(4):
        _dispute(told, f"BAD-{each}", at(1))
    bad = {id_ for each in range(4) for id_ in _ids(told.ledger, f"BAD-{each}")}
    now = at(2)
    for minute in range(30):
        _dispute(told, f"C{minute}", now)
        _run(told, now, bad)
        now += timedelta(minutes=1)
    tried = {way.attempts for each in bad for way in event_deliveries.shown(told.ledger, each).deliveries}
    assert tried == {3}  # at once, after seconds, and after five minutes
    assert all(event_deliveries.shown(told.ledger, id_).deliveries[0].state == "done" for id_ in _good(told))


def _good(business: Business) -> list[str]:
    return [id_ for minute in range(30) for id_ in _ids(business.ledger, f"C{minute}")]


@on_sqlite
def test_an_endpoint_that_takes_all_but_some_events_is_not_shut_for_them(told: Business) -> None:
    for each in range(4):
        _dispute(told, f"BAD-{each}", at(1))
    bad = {id_ for each in range(4) for id_ in _ids(told.ledger, f"BAD-{each}")}
    now = at(2)
    for number, rest in enumerate((*RESTS, timedelta())):
        _dispute(told, f"C{number}", now)
        _run(told, now, bad)
        now += rest
        _run(told, now, bad)  # of these alone
    [endpoint] = event_deliveries.endpoints(told.ledger)
    assert endpoint.shut_at is None
    assert {way.state for each in bad for way in event_deliveries.shown(told.ledger, each).deliveries} == {
        "failed"
    }
    assert len(open_tasks(told.ledger)) == len(bad)


@on_sqlite
def test_gone_shuts_the_endpoint_at_once(told: Business) -> None:
    _dispute(told, "ACME", at(1))
    answer(told.ledger, take(told.ledger, at(2)), Answered(status=410, words="410"), at(2))
    assert take(told.ledger, at(9)) == []
    assert any("410 Gone" in why for why in open_tasks(told.ledger))


@on_sqlite
def test_an_endpoint_that_asks_for_more_patience_gets_it(told: Business) -> None:
    _dispute(told, "ACME", at(1))
    asked = Answered(status=429, words="429", retry_after=timedelta(hours=1))
    answer(told.ledger, take(told.ledger, at(2)), asked, at(2))
    assert take(told.ledger, at(2, 10, 59)) == []
    assert len(take(told.ledger, at(2, 11))) == 1


def test_a_task_is_open_while_events_wait_for_long(told: Business) -> None:
    _dispute(told, "ACME", at(1))
    for now, count in ((at(1, 10, 30), 0), (at(1, 12), 1), (at(3), 2), (at(3), 2)):
        event_deliveries.tell_of_lateness(told.ledger, HERE, now=now, lasting=lasting)
        assert len(open_tasks(told.ledger)) == count
    all_taken(told.ledger, at(3))
    event_deliveries.tell_of_lateness(told.ledger, HERE, now=at(3), lasting=lasting)
    assert open_tasks(told.ledger) == []


def test_an_endpoint_that_another_worker_names_keeps_what_waits_for_it(told: Business) -> None:
    """Two workers with different settings: neither drops what is the other's, while that one works."""
    _dispute(told, "ACME", at(1))
    assert event_deliveries.set_up(told.ledger, {THERE: "t"}, now=at(1)) == [HERE], "not named for 61 days"
    event_deliveries.set_up(told.ledger, {HERE: "hooks.example"}, now=at(1, 20))
    _dispute(told, "BETA", at(2))
    assert event_deliveries.set_up(told.ledger, {THERE: "t"}, now=at(2, 18)) == []
    assert [each.waiting for each in event_deliveries.endpoints(told.ledger)] == [1, 1]
    event_deliveries.take(told.ledger, HERE, now=at(3), until=at(3), limit=9)
    assert not event_deliveries.left(told.ledger, HERE, now=at(3, 18)), "its worker was at work today"
    assert event_deliveries.left(told.ledger, HERE, now=at(4))
    assert event_deliveries.set_up(told.ledger, {THERE: "t"}, now=at(4)) == [HERE]


def test_events_that_were_told_are_forgotten_in_time_and_those_that_wait_are_not(told: Business) -> None:
    _dispute(told, "ACME", at(1))
    all_taken(told.ledger, at(1))
    _dispute(told, "BETA", at(2))
    assert event_deliveries.forget(told.ledger, now=at(90)) == 0
    assert event_deliveries.forget(told.ledger, now=at(200)) == 1
    assert [each.customer for each in event_deliveries.listed(told.ledger)] == ["BETA"]
    assert len(take(told.ledger, at(200))) == 1


def test_an_endpoint_that_is_set_no_more_is_sent_nothing_and_no_more_is_written(told: Business) -> None:
    _dispute(told, "ACME", at(1))
    assert event_deliveries.set_up(told.ledger, {}, now=at(2)) == [HERE]
    assert take(told.ledger, at(2)) == []
    told.record("ACME", facts.DisputeResolved(dispute="D-0"), now=at(2))
    assert types(told.ledger) == ["dispute.opened"]
    with pytest.raises(Refused):
        event_deliveries.replay(told.ledger, _ids(told.ledger, "ACME")[0], now=at(2), by="ops")


@on_sqlite
def test_what_is_told_has_the_fields_of_the_catalogue(told: Business) -> None:
    told.customer()
    told.invoice("ACME")
    told.send("ACME", "first/email", at(3))
    promise = facts.PromiseMade(pay_on=DUE + timedelta(days=5), amount="50.00")
    told.record("ACME", promise, facts.DisputeOpened(dispute="D", invoice="INV-1", amount="1"), now=at(4))
    told.assess("ACME", at(20))
    told.pay("ACME", now=at(21), payment="P")
    told.record("ACME", facts.Refunded(payment="P", amount="10.00"), now=at(22))
    told.assess("ACME", at(22))
    kinds = {kind.type: kind for kind in CATALOGUE}
    found = event_deliveries.listed(told.ledger)
    assert len({each.type for each in found}) >= 8
    for each in found:
        data = set(json.loads(each.body)["data"]) - {"customer"}
        fields = kinds[each.type].fields
        assert {field.name for field in fields if field.always} <= data, each.body
        assert data <= {field.name for field in fields}, each.body


def test_writing_and_telling_at_once_lose_nothing_and_keep_the_order(
    told: Business, together: Callable[[Sequence[Callable[[], Any]]], list[Any]]
) -> None:
    names = [f"C{number}" for number in range(3)]
    arrived: list[str] = []

    def tell() -> None:
        for _ in range(12):
            some = take(told.ledger, at(3), limit=2)
            arrived.extend(each.id for each in some)
            answer(told.ledger, some, TAKEN, at(3))

    writers = [lambda name=name: _dispute(told, name, at(2), times=4) for name in names]
    ends = together([*writers, tell, tell])
    assert [end for end in ends if isinstance(end, Exception)] == []
    arrived += all_taken(told.ledger, at(3))
    assert len(arrived) == len(set(arrived)) == 12
    for name in names:
        mine = [*reversed(_ids(told.ledger, name))]
        assert [each for each in arrived if each in mine] == mine
