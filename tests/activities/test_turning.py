"""Suspension at a vendor: looked at first, asked once, verified, and brought back as it was."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from domain.decide import decide
from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.facts import (
    Body,
    DisputeOpened,
    HoldSet,
    InvoiceIssued,
    Paused,
    PromiseMade,
    Resumed,
    SubscriptionCancelled,
    SubscriptionReactivated,
    SubscriptionSuspended,
    SuspendedElsewhere,
)
from store import claims, exchanges, journal, places, sweep, switches, turns
from store.assess import assess, look
from tests.activities.turning_stage import RESTRICT, Stage, at, prepare, stage

SUSPENDED_AT = at(20)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def acme(prepared: Path, tmp_path: Path) -> Iterator[Stage]:
    with stage(prepared, tmp_path) as made:
        yield made


def lost(take: Callable[[], None]) -> None:
    take()
    raise InDoubt("the answer was lost")


def dropped(take: Callable[[], None]) -> None:
    raise InDoubt("the connection broke")


def taken_and_lost(acme: Stage) -> Callable[[Callable[[], None]], None]:
    """The vendor does it only when told to, and nobody hears that it has taken it."""

    def take_later(take: Callable[[], None]) -> None:
        acme.vendor.taken.append(take)
        raise InDoubt("the answer was lost")

    return take_later


def failing(error: Exception) -> Callable[[Callable[[], None]], None]:
    def fail(take: Callable[[], None]) -> None:
        raise error

    return fail


def suspended(acme: Stage) -> Stage:
    assert acme.until_over("suspend", SUSPENDED_AT)[0]["answer"] == "done"
    return acme


def test_a_subscription_is_suspended_and_comes_back_as_it_was(acme: Stage) -> None:
    acme.link("S-1")
    answer, _ = acme.until_over("suspend", SUSPENDED_AT)
    assert (answer["answer"], answer["view"]["suspended"], acme.woken) == ("done", True, ["ACME"])
    assert acme.vendor.held["S-1"] == {"id": "S-1", "status": "suspended", "renews": False}
    assert acme.told(SubscriptionSuspended) == [SubscriptionSuspended(subscription="ACME", by="arrears")]

    acme.pay(at(21))
    answer, over = acme.until_over("reactivate", at(21, 1))
    assert (answer["answer"], answer["view"].get("over")) == ("done", True)
    assert over - at(21, 1) < timedelta(minutes=1)
    assert acme.vendor.held["S-1"] == {"id": "S-1", "status": "active", "renews": True}
    assert len(acme.told(SubscriptionReactivated)) == 1
    assert [(resource, to) for resource, to, _ in acme.vendor.requests] == [
        ("S-1", "suspended"),
        ("S-1", "active"),
        ("S-1", "True"),
    ]
    assert len({request for *_, request in acme.vendor.requests}) == 3
    assert acme.tasks() == []


def test_every_exchange_is_kept_with_its_claim(acme: Stage) -> None:
    acme.link("S-1")
    suspended(acme)
    kept = exchanges.of(acme.ledger, "ACME")
    assert [each.exchange.method for each in kept] == ["GET", "PATCH", "GET"]
    patched = kept[1]
    assert patched.message is not None
    assert patched.message.startswith("m-")
    assert patched.exchange.sent == {"status": "suspended", "renews": False}
    assert patched.exchange.request == acme.vendor.requests[0][2]


def test_a_number_that_no_float_says_exactly_keeps_nothing_back(acme: Stage) -> None:
    acme.link("S-1")
    acme.vendor.held["S-1"]["price"] = Decimal("0.10000000000000001")
    suspended(acme).pay(at(21))
    assert acme.until_over("reactivate", at(21, 1))[0]["answer"] == "done"


def test_add_ons_go_down_before_what_they_belong_to_and_come_back_after_it(acme: Stage) -> None:
    acme.link("BASE")
    acme.link("A-1", "A-2", parent="BASE")
    suspended(acme)
    assert [resource for resource, *_ in acme.vendor.requests] == ["A-1", "A-2", "BASE"]
    acme.pay(at(21))
    acme.vendor.requests.clear()
    acme.until_over("reactivate", at(21, 1))
    assert [resource for resource, *_ in acme.vendor.requests] == [*["BASE"] * 2, *["A-1"] * 2, *["A-2"] * 2]
    assert acme.states() == ["active"] * 3


def test_an_add_on_that_cannot_be_suspended_by_itself_goes_with_what_it_belongs_to(acme: Stage) -> None:
    acme.link("BASE")
    acme.link("A-1", parent="BASE")

    def taking_along(take: Callable[[], None]) -> None:
        take()
        acme.vendor.held["A-1"]["status"] = "suspended"

    acme.vendor.faults = [failing(Refused("it belongs to BASE")), taking_along]
    suspended(acme)
    assert [resource for resource, *_ in acme.vendor.requests] == ["A-1", "BASE"]
    assert (acme.states(), acme.tasks()) == (["suspended"] * 2, [])


# --- what only the vendor knows --------------------------------------------------------------------


@pytest.mark.parametrize("how", [{"by_others": "Fraud"}, {}])
def test_what_others_suspended_is_left_alone(how: dict[str, str], acme: Stage) -> None:
    acme.link("S-1", "S-2")
    acme.vendor.held["S-2"]["status"] = "suspended"
    acme.vendor.seen["S-2"] = dict(how)
    answer = acme.act("suspend", SUSPENDED_AT)
    assert (answer["answer"], acme.vendor.requests, acme.woken) == ("unwanted", [], ["ACME"])
    assert acme.told(SuspendedElsewhere) == [SuspendedElsewhere(by="partner_center")]
    assert acme.act("suspend", SUSPENDED_AT)["answer"] == "unwanted"


def test_a_subscription_that_has_ended_has_nothing_to_suspend(acme: Stage) -> None:
    acme.link("S-1")
    acme.vendor.held["S-1"]["status"] = "terminated"
    assert acme.act("suspend", SUSPENDED_AT)["answer"] == "unwanted"
    assert len(acme.told(SubscriptionCancelled)) == 1


@pytest.mark.parametrize(
    ("seen", "until"),
    [
        ({"busy_until": at(20, 90)}, at(20, 90)),
        ({"ends_on": date(2026, 3, 28)}, datetime.fromisoformat("2026-03-29T00:00:00+00:00")),
    ],
    ids=["while its term is renewed", "in the last days of its term"],
)
def test_a_turn_waits_for_the_term(seen: dict[str, object], until: datetime, acme: Stage) -> None:
    acme.link("S-1")
    acme.vendor.seen["S-1"] = seen
    answer = acme.act("suspend", SUSPENDED_AT)
    assert (answer["answer"], acme.vendor.requests) == ("deferred", [])
    assert datetime.fromisoformat(answer["until"] or "") == until
    assert acme.told(SubscriptionSuspended) == []
    acme.vendor.seen.clear()
    assert acme.until_over("suspend", until)[0]["answer"] == "done"
    assert acme.tasks() == []


def test_the_end_of_the_term_is_told_with_the_suspension(acme: Stage) -> None:
    acme.link("S-1")
    acme.vendor.seen["S-1"] = {"ends_on": date(2026, 6, 30)}
    answer = suspended(acme).act("reactivate", at(20, 1))
    assert acme.told(SubscriptionSuspended) == [
        SubscriptionSuspended(subscription="ACME", by="arrears", ends_on=date(2026, 6, 30))
    ]
    assert "Its data is kept until 30 Jun 2026." in answer["view"]["details"]
    loaded = look(acme.ledger, "ACME")
    for day, tasks in ((112, []), (113, ["data_loss"])):
        effects = decide(loaded.policy, loaded.account, at(day)).effects
        assert [effect.step for effect in effects if effect.kind == "task"] == tasks


# --- what goes wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [lost, dropped])
def test_after_a_lost_answer_the_same_request_is_made_again(
    fault: Callable[[Callable[[], None]], None], acme: Stage
) -> None:
    acme.link("S-1")
    acme.vendor.faults = [fault]
    suspended(acme)
    assert len({request for *_, request in acme.vendor.requests}) == 1
    assert (len(acme.vendor.done), acme.states()) == (1, ["suspended"])


def test_after_an_answer_the_next_request_is_another(acme: Stage) -> None:
    acme.link("S-1")
    acme.vendor.faults = [failing(TryAgainLater("busy", delay=timedelta(seconds=57)))]
    answer = acme.act("suspend", SUSPENDED_AT)
    assert answer["until"] == (SUSPENDED_AT + timedelta(seconds=57)).isoformat()
    acme.until_over("suspend", SUSPENDED_AT + timedelta(seconds=57))
    assert len({request for *_, request in acme.vendor.requests}) == 2


def test_what_is_on_its_way_is_looked_at_and_not_asked_again(acme: Stage) -> None:
    acme.link("S-1")
    acme.vendor.slow = 5
    suspended(acme)
    assert len(acme.vendor.requests) == 1


def test_what_takes_too_long_becomes_a_task_and_is_looked_at_rarely(acme: Stage) -> None:
    acme.link("S-1")
    acme.vendor.slow = 10_000
    now, waits = SUSPENDED_AT, []
    while now < SUSPENDED_AT + timedelta(hours=3):
        answer = acme.act("suspend", now)
        waits.append(datetime.fromisoformat(answer["until"] or "") - now)
        now += waits[-1]
    assert waits[0] == timedelta(seconds=5)
    assert (waits[-1], len(waits) < 40) == (timedelta(hours=6), True)
    [(step, why)] = acme.tasks()
    assert step == "service-switch"
    assert "S-1 at partner_center" in why
    assert acme.told(SubscriptionSuspended) == []

    acme.vendor.pending["S-1"] = 0
    assert acme.until_over("suspend", now)[0]["answer"] == "done"
    assert acme.tasks() == []


def test_a_refusal_is_for_a_person_and_a_fault_of_ours_for_the_operator(acme: Stage) -> None:
    acme.link("S-1")
    acme.vendor.faults = [failing(Refused("no such partner"))]
    acme.act("suspend", SUSPENDED_AT)
    assert acme.tasks() == [
        (
            "service-switch",
            "S-1 at partner_center was to become suspended, and that was refused: no such partner",
        )
    ]
    acme.vendor.look_faults = [Misconfigured("the token has expired")]
    acme.act("suspend", at(20, 30))
    assert ("vendor", "the token has expired") in acme.tasks()
    assert acme.until_over("suspend", at(20, 60))[0]["answer"] == "done"


def test_a_provider_that_is_not_set_up_keeps_the_turn_back(acme: Stage) -> None:
    acme.link("S-1")
    service = acme.service()
    service.switches = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stage, "service", lambda self, mark: service)
        answer = acme.act("suspend", SUSPENDED_AT)
    assert (answer["answer"], acme.vendor.requests) == ("deferred", [])
    assert "nobody is set up who turns subscriptions at partner_center" in answer["says"]


def test_what_is_not_restored_is_for_a_person_and_the_service_is_back(acme: Stage) -> None:
    acme.link("S-1")
    suspended(acme).pay(at(21))
    later = failing(TryAgainLater("not now", delay=timedelta(seconds=1)))
    acme.vendor.faults = [lambda take: take(), *[later] * 9]
    answer, over = acme.until_over("reactivate", at(21, 1))
    assert (answer["answer"], acme.states()) == ("done", ["active"])
    assert over - at(21, 1) < timedelta(minutes=5)
    assert acme.tasks() == [
        (
            "service-left",
            "S-1 at partner_center is active again, and not as it was before: it renewed by itself",
        )
    ]


def test_what_has_ended_meanwhile_is_for_a_person_and_the_rest_comes_back(acme: Stage) -> None:
    acme.link("S-1", "S-2")
    suspended(acme).pay(at(21))
    acme.vendor.held["S-2"]["status"] = "terminated"
    assert acme.until_over("reactivate", at(21, 1))[0]["answer"] == "done"
    assert acme.states() == ["active", "terminated"]
    [(step, why)] = acme.tasks()
    assert (step, "S-2 at partner_center" in why) == ("service-odd", True)


# --- the plan changes meanwhile --------------------------------------------------------------------


def test_money_that_comes_while_a_suspension_is_under_way_reverses_it(acme: Stage) -> None:
    acme.link("S-1")
    acme.vendor.slow = 3
    acme.act("suspend", SUSPENDED_AT)
    acme.pay(at(20, 1))
    answer, over = acme.until_over("suspend", at(20, 2))
    assert answer["answer"] == "done"
    acme.vendor.slow = 0
    assert acme.until_over("reactivate", over)[0]["answer"] == "done"
    assert acme.vendor.held["S-1"] == {"id": "S-1", "status": "active", "renews": True}


def test_money_ends_the_waiting_for_a_provider_and_the_task_about_it(acme: Stage) -> None:
    acme.link("S-1")
    acme.vendor.look_faults = [TryAgainLater("unwell")] * 9
    for hour in range(3):
        acme.act("suspend", at(20, 60 * hour))
    assert [step for step, _ in acme.tasks()] == ["service-switch"]
    acme.pay(at(20, 200))
    assert acme.act("suspend", at(20, 201))["answer"] == "unwanted"
    assert acme.tasks() == []

    with acme.ledger.write() as session:
        (place,) = places.of(session, "ACME")
        assert turns.waits(session, place, "suspended", why="unwell", now=at(30)) == at(30)


def test_money_that_comes_before_anything_took_effect_leaves_the_service_alone(acme: Stage) -> None:
    acme.link("S-1")
    acme.vendor.faults = [failing(TryAgainLater("busy", delay=timedelta(minutes=1)))]
    acme.act("suspend", SUSPENDED_AT)
    acme.pay(at(20, 1))
    answer = acme.act("suspend", at(20, 2))
    assert (answer["answer"], len(acme.vendor.requests), acme.states()) == ("unwanted", 1, ["active"])
    assert acme.told(SubscriptionSuspended) == []
    assert acme.act("suspend", at(20, 3))["answer"] == "unwanted"


def test_a_lost_answer_is_waited_for_before_a_turn_that_nobody_wants_is_given_up(acme: Stage) -> None:
    acme.link("S-1")
    acme.vendor.faults = [dropped]
    acme.act("suspend", SUSPENDED_AT)
    acme.pay(at(20, 1))
    assert acme.act("suspend", at(20, 2))["answer"] == "deferred"
    assert acme.act("suspend", at(20, 11))["answer"] == "unwanted"
    assert len(acme.vendor.requests) == 1


def test_a_repetition_that_is_not_served_says_nothing_of_the_request_whose_answer_was_lost(
    acme: Stage,
) -> None:
    acme.link("S-1")
    acme.vendor.faults = [taken_and_lost(acme), failing(TryAgainLater("busy", delay=timedelta(seconds=30)))]
    acme.act("suspend", SUSPENDED_AT)
    acme.act("suspend", at(20, 1))
    acme.pay(at(20, 2))
    assert acme.act("suspend", at(20, 3))["answer"] == "deferred"
    acme.vendor.taken.pop()()
    assert acme.act("suspend", at(20, 4))["answer"] == "done"
    acme.until_over("reactivate", at(20, 5))
    assert acme.vendor.held["S-1"] == {"id": "S-1", "status": "active", "renews": True}


def test_a_repetition_is_waited_for_as_long_as_a_first_request(acme: Stage) -> None:
    acme.link("S-1")
    acme.vendor.faults = [dropped, taken_and_lost(acme)]
    acme.act("suspend", SUSPENDED_AT)
    acme.act("suspend", at(20, 9))
    acme.pay(at(20, 10))
    assert acme.act("suspend", at(20, 11))["answer"] == "deferred"
    acme.vendor.taken.pop()()
    assert acme.act("suspend", at(20, 12))["answer"] == "done"


def test_what_was_taken_and_is_not_seen_yet_is_waited_for_before_it_is_given_up(acme: Stage) -> None:
    acme.link("S-1")
    acme.vendor.faults = [acme.vendor.taken.append]
    acme.act("suspend", SUSPENDED_AT)
    acme.pay(at(20, 1))
    for minutes in (2, 15, 60):
        assert acme.act("suspend", at(20, minutes))["answer"] == "deferred"
    acme.vendor.taken.pop()()
    assert acme.act("suspend", at(20, 70))["answer"] == "done"
    acme.until_over("reactivate", at(20, 71))
    assert acme.vendor.held["S-1"] == {"id": "S-1", "status": "active", "renews": True}


def test_what_was_taken_and_is_never_seen_is_given_up_in_the_end(acme: Stage) -> None:
    acme.link("S-1")
    acme.vendor.faults = [acme.vendor.taken.append]
    acme.act("suspend", SUSPENDED_AT)
    acme.pay(at(20, 1))
    assert acme.act("suspend", at(20, 119))["answer"] == "deferred"
    assert acme.act("suspend", at(20, 121))["answer"] == "unwanted"
    assert (len(acme.vendor.requests), acme.told(SubscriptionSuspended)) == (1, [])


def test_what_was_taken_from_a_place_that_stays_active_is_given_back(acme: Stage) -> None:
    acme.link("S-1")
    acme.vendor.faults = [lambda take: acme.vendor.held["S-1"].update(renews=False)]
    acme.act("suspend", SUSPENDED_AT)
    acme.pay(at(20, 1))
    assert acme.act("suspend", at(20, 2))["answer"] == "deferred"
    assert acme.act("suspend", at(20, 11))["answer"] == "done"
    acme.until_over("reactivate", at(20, 12))
    assert acme.vendor.held["S-1"] == {"id": "S-1", "status": "active", "renews": True}


def test_half_a_suspension_that_nobody_wants_any_more_is_brought_back(acme: Stage) -> None:
    acme.link("S-1", "S-2")
    assert acme.act("suspend", SUSPENDED_AT)["answer"] == "deferred"
    acme.pay(at(20, 1))
    assert acme.act("suspend", at(20, 2))["answer"] == "done"
    acme.until_over("reactivate", at(20, 3))
    assert {resource for resource, *_ in acme.vendor.requests} == {"S-1"}
    assert acme.states() == ["active", "active"]


RESTS: dict[str, Body] = {
    "hold": HoldSet(reason="attorney", by="Mara"),
    "pause": Paused(to=at(30).date(), reason="asked", by="Mara"),
    "promise": PromiseMade(pay_on=at(25).date(), by="Mara"),
    "dispute": DisputeOpened(dispute="D", invoice="A", amount="100.00"),
}


@pytest.mark.parametrize("rest", ["hold", "pause", "promise"])
def test_half_a_suspension_is_taken_back_while_chasing_rests(rest: str, acme: Stage) -> None:
    """No plan would bring it back, since nothing was paid; and nobody is told that all of it is down."""
    acme.link("S-1", "S-2")
    assert acme.act("suspend", SUSPENDED_AT)["answer"] == "deferred"
    assert acme.states() == ["suspended", "active"]
    acme.record(RESTS[rest], now=at(20, 1))
    answer, _ = acme.until_over("suspend", at(20, 2))
    assert (answer["answer"], acme.states()) == ("unwanted", ["active", "active"])
    assert acme.vendor.held["S-1"] == {"id": "S-1", "status": "active", "renews": True}
    assert acme.told(SubscriptionSuspended, SubscriptionReactivated) == []
    assert acme.tasks() == []


def test_a_dispute_of_all_of_it_is_for_the_plan_to_bring_back(acme: Stage) -> None:
    acme.link("S-1", "S-2")
    acme.act("suspend", SUSPENDED_AT)
    acme.record(RESTS["dispute"], now=at(20, 1))
    assert acme.until_over("suspend", at(20, 2))[0]["answer"] == "done"
    assert acme.until_over("reactivate", at(20, 3))[0]["answer"] == "done"
    assert acme.states() == ["active", "active"]


def test_what_is_being_taken_back_is_back_before_it_is_suspended_anew(acme: Stage) -> None:
    acme.link("S-1", "S-2")
    acme.act("suspend", SUSPENDED_AT)
    acme.record(RESTS["pause"], now=at(20, 1))
    assert acme.act("suspend", at(20, 2))["answer"] == "deferred"
    acme.record(Resumed(by="Mara"), now=at(20, 3))
    acme.until_over("suspend", at(20, 4))
    asked = [(resource, to) for resource, to, _ in acme.vendor.requests]
    assert asked[:3] == [("S-1", "suspended"), ("S-1", "active"), ("S-1", "True")]
    acme.until_over("suspend", at(21))
    assert acme.states() == ["suspended", "suspended"]
    assert len(acme.told(SubscriptionSuspended)) == 1


def test_a_suspension_that_was_begun_within_the_hours_is_brought_to_its_end_after_them(acme: Stage) -> None:
    acme.link("S-1", "S-2")
    closes = at(20, 13 * 60 + 59)
    assert acme.act("suspend", closes - timedelta(seconds=30))["answer"] == "deferred"
    assert acme.act("suspend", closes + timedelta(seconds=30))["answer"] == "done"
    assert acme.states() == ["suspended", "suspended"]


def test_a_stop_in_between_asks_for_nothing_more(acme: Stage) -> None:
    acme.link("S-1", "S-2")
    acme.act("suspend", SUSPENDED_AT)
    switches.stop(acme.ledger, reason="wrong list", by="Mara", now=at(20, 1))
    for minute in (2, 3):
        assert acme.act("suspend", at(20, minute))["says"] == "stopped: wrong list"
    assert [resource for resource, *_ in acme.vendor.requests] == ["S-1"]
    switches.go(acme.ledger, by="Mara", now=at(20, 4))
    suspended(acme)
    assert acme.states() == ["suspended", "suspended"]


def test_a_restriction_that_its_vendor_refuses_is_no_obstacle_to_what_follows(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    with stage(prepare(tmp_path, more=RESTRICT), copy) as acme:
        acme.link("S-1")
        acme.vendor.cannot = "restricted"
        assert acme.act("restrict", at(5))["answer"] == "deferred"
        assert [step for step, _ in acme.tasks()] == ["service-switch"]
        suspended(acme)
        assert acme.act("restrict", at(20, 1))["answer"] == "unwanted"
        acme.pay(at(21))
        assert acme.until_over("reactivate", at(21, 1))[0]["answer"] == "done"
        assert acme.vendor.held["S-1"] == {"id": "S-1", "status": "active", "renews": True}


@pytest.fixture
def restricted(tmp_path: Path) -> Iterator[Stage]:
    """ACME, whose service is restricted, and is to be suspended now."""
    copy = tmp_path / "copy"
    copy.mkdir()
    with stage(prepare(tmp_path, more=RESTRICT), copy) as acme:
        acme.link("S-1")
        assert acme.until_over("restrict", at(5))[0]["answer"] == "done"
        yield acme


def test_a_suspension_that_takes_effect_after_the_return_is_brought_back_as_well(restricted: Stage) -> None:
    acme = restricted
    acme.vendor.faults = [acme.vendor.taken.append]
    acme.act("suspend", SUSPENDED_AT)
    acme.pay(at(20, 1))
    assert acme.until_over("reactivate", at(20, 2))[0]["answer"] == "done"
    acme.vendor.taken.pop()()
    assert acme.act("suspend", at(20, 5))["answer"] == "done"
    assert acme.until_over("reactivate", at(20, 6))[0]["answer"] == "done"
    assert acme.vendor.held["S-1"] == {"id": "S-1", "status": "active", "renews": True}
    with acme.ledger.read() as session:
        assert turns.snapshots(session, "ACME") == {}


def test_a_suspension_that_is_given_up_takes_nothing_from_the_return(restricted: Stage) -> None:
    acme = restricted
    acme.vendor.faults = [lost]
    acme.act("suspend", SUSPENDED_AT)
    acme.pay(at(20, 1))
    acme.vendor.faults = [lost]
    assert acme.act("reactivate", at(20, 2))["answer"] == "deferred"
    assert acme.until_over("suspend", at(20, 3))[0]["answer"] == "unwanted"
    assert acme.until_over("reactivate", at(20, 20))[0]["answer"] == "done"
    assert acme.vendor.held["S-1"] == {"id": "S-1", "status": "active", "renews": True}
    with acme.ledger.read() as session:
        assert turns.snapshots(session, "ACME") == {}


def test_a_restriction_that_waits_for_the_hours_carries_on_no_suspension_that_was_paid_for(
    tmp_path: Path,
) -> None:
    copy, closes = tmp_path / "copy", at(20, 13 * 60 + 59)
    copy.mkdir()
    with stage(prepare(tmp_path, more=RESTRICT), copy) as acme:
        acme.link("S-1")
        bill = InvoiceIssued(invoice="B", amount="70.00", currency="EUR", due_on=at(14).date())
        acme.record(bill, now=at(10))
        begun = claims.begin(acme.ledger, "ACME", "final/email", now=at(15), code_version="test")
        assert isinstance(begun, claims.Begun)
        claims.confirm(
            acme.ledger,
            "ACME",
            begun.message,
            state="sent",
            now=at(15),
            outcome="delivered",
            code_version="test",
        )
        acme.vendor.faults = [failing(TryAgainLater("busy"))]
        assert acme.act("suspend", closes - timedelta(minutes=2))["answer"] == "deferred"
        acme.pay(closes - timedelta(minutes=1))
        acme.act("suspend", closes + timedelta(seconds=30))
        assert (acme.states(), acme.told(SubscriptionSuspended)) == (["active"], [])


# --- dry run ---------------------------------------------------------------------------------------


def test_a_dry_run_looks_and_changes_nothing(acme: Stage) -> None:
    acme.link("S-1")
    acme.dry_run = True
    for hours in (0, 24):
        answer = acme.act("suspend", SUSPENDED_AT + timedelta(hours=hours))
        would = (
            "turn S-1 at partner_center (active) suspended by PATCH /subscriptions/S-1 with status suspended"
        )
        said = f"a dry run: would {would}, and nothing was changed"
        assert (answer["answer"], answer["says"]) == ("deferred", said)
    assert (acme.vendor.requests, acme.told(SubscriptionSuspended), acme.tasks()) == ([], [], [])
    dry = [line for line in journal.read(acme.ledger, "ACME") if line.rule == "switch.dry_run"]
    assert [(line.what, line.step) for line in dry] == [("held", "suspend")]
    (linked,) = places.linked(acme.ledger, "ACME")
    assert linked.seen == "active"

    acme.dry_run = False
    suspended(acme)
    acme.dry_run = True
    acme.pay(at(21))
    assert acme.until_over("reactivate", at(21, 1))[0]["answer"] == "done"


def test_a_turn_that_is_left_to_whoever_may_be_at_work_on_it_is_not_overdue(acme: Stage) -> None:
    acme.link("S-1")
    acme.die("suspend", SUSPENDED_AT, "asked")
    assess(acme.ledger, "ACME", now=SUSPENDED_AT, code_version="test")
    soon = SUSPENDED_AT + timedelta(seconds=65)
    assert sweep.due(acme.ledger, now=soon, limit=1) == ["ACME"]
    answer = acme.act("suspend", SUSPENDED_AT + timedelta(seconds=3), goes_on=False)
    assert answer["until"] == (SUSPENDED_AT + timedelta(seconds=20)).isoformat()
    assert sweep.due(acme.ledger, now=soon, limit=1) == []


# --- death -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", ["claimed", "asked", "turned", "switched", "confirmed"])
@pytest.mark.parametrize("places_", [("S-1",), ("S-1", "S-2")], ids=["one place", "two"])
def test_whoever_dies_while_suspending_leaves_one_request_of_effect(
    point: str, places_: tuple[str, ...], acme: Stage
) -> None:
    acme.link(*places_)
    if len(places_) > 1 and point in ("switched", "confirmed"):
        acme.act("suspend", SUSPENDED_AT)
    acme.die("suspend", at(20, 1), point)
    assert acme.act("suspend", at(20, 2), goes_on=False, attempt=2)["answer"] in (
        "done",
        "deferred",
        "unwanted",
    )
    acme.until_over("suspend", at(20, 3))
    assert acme.states() == ["suspended"] * len(places_)
    assert len(acme.vendor.done) == len(places_)
    assert len(acme.told(SubscriptionSuspended)) == 1


@pytest.mark.parametrize(
    ("point", "times"), [("claimed", 1), ("asked", 1), ("turned", 1), ("switched", 1), ("confirmed", 1)]
)
def test_whoever_dies_while_bringing_back_leaves_it_as_it_was(point: str, times: int, acme: Stage) -> None:
    acme.link("S-1")
    suspended(acme).pay(at(21))
    if point in ("switched", "confirmed"):
        acme.act("reactivate", at(21, 1))
    acme.die("reactivate", at(21, 2), point, times)
    acme.until_over("reactivate", at(21, 3))
    assert acme.vendor.held["S-1"] == {"id": "S-1", "status": "active", "renews": True}
    assert len(acme.vendor.done) == 3
    assert len(acme.told(SubscriptionReactivated)) == 1
    assert acme.tasks() == []


def test_a_vendor_whose_every_look_takes_long_is_asked_all_the_same(acme: Stage) -> None:
    acme.link("S-1", "S-2")
    acme.vendor.look_seconds = 4.9
    acme.monotonic = lambda: acme.vendor.seconds
    acme.until_over("suspend", SUSPENDED_AT)
    assert acme.states() == ["suspended", "suspended"]
    acme.pay(at(21))
    acme.until_over("reactivate", at(21, 1))
    assert acme.states() == ["active", "active"]
    assert acme.tasks() == []


def test_a_vendor_that_takes_its_time_is_asked_more_rarely_and_a_person_hears_of_it(acme: Stage) -> None:
    """Where one look takes all that an attempt has, no request ever goes out."""
    acme.link("S-1")
    acme.vendor.look_seconds = 14.5
    acme.monotonic = lambda: acme.vendor.seconds
    now, attempts = SUSPENDED_AT, 0
    while now < SUSPENDED_AT + timedelta(hours=3):
        answer, attempts = acme.act("suspend", now), attempts + 1
        assert answer["answer"] == "deferred"
        now = max(now + timedelta(seconds=1), datetime.fromisoformat(answer["until"] or ""))
    assert attempts < 40
    assert acme.vendor.requests == []
    (task,) = [why for step, why in acme.tasks() if step == "service-switch"]
    assert "takes its time to answer" in task
