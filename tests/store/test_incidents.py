"""Incidents in the ledger: known again by whichever way they are told, and never done twice."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain import facts
from domain.facts import Body
from domain.incidents.notice import Notice
from store import commands as finance
from store import customers, incidents, tasks
from store import facts as ledger_facts
from store.errors import Refused
from store.forgetting import forget
from store.tables import IncidentRow
from tests.store.conftest import Business, at

NOW = at(0)
HOUR = timedelta(hours=1)
SUBSCRIPTION, ENTITY = "2a7064fb-1e33-4007-974e-352cb3f2c805", "2edeb5b1-766f-4209-9271-3ddf27755afa"


def notice(kind: str = "mining", **more: Any) -> Notice:
    given = {
        "source": "webhook",
        "id": "C-1",
        "kind": kind,
        "word": kind,
        "trusted": True,
        "customer": "ACME",
    }
    return Notice(**{**given, **more})


def bodies(business: Business, kind: type[Body] | tuple[type[Body], ...], name: str = "ACME") -> list[Any]:
    return [each.body for each in ledger_facts.history(business.ledger, name) if isinstance(each.body, kind)]


def whats(business: Business, incident: str) -> list[str]:
    return [entry.what for entry in incidents.history(business.ledger, incident)]


def waiting(business: Business) -> list[tuple[str | None, str]]:
    return [(task.customer_id, task.why.split(": ", 2)[2]) for task in tasks.worklist(business.ledger)]


def perform(business: Business, incident: str, name: str, now: datetime = NOW, **data: Any) -> incidents.Done:
    return incidents.perform(business.ledger, incident, name, data, now=now)


@pytest.fixture
def taken(business: Business) -> str:
    """The mining incident of ACME."""
    business.customer()
    return incidents.take(business.ledger, notice(), now=NOW).incident


def test_a_notice_lets_dunning_rest_and_tells_a_person(business: Business) -> None:
    business.customer()
    taken = incidents.take(business.ledger, notice(), now=NOW)
    assert taken == incidents.Taken(incident=taken.incident, known="new", wake=True, customer="ACME")
    [opened] = bodies(business, facts.IncidentOpened)
    assert (opened.incident, opened.kind, opened.category) == (taken.incident, "mining", "misuse")
    [(who, why)] = waiting(business)
    assert (who, why) == ("ACME", "fraud_desk is to acknowledge it by 02 Mar 11:00 UTC")
    with pytest.raises(Refused, match="keeps everything back"):
        finance.perform(business.ledger, "ACME", "release", {}, now=NOW)
    with pytest.raises(Refused, match="No task is open"):
        finance.perform(business.ledger, "ACME", "complete_task", {"step": "incident-response"}, now=NOW)


def test_the_same_notice_twice_is_one_and_wakes_nobody(business: Business, taken: str) -> None:
    again = incidents.take(business.ledger, notice(), now=NOW + HOUR / 2)
    assert again == incidents.Taken(incident=taken, known="again", wake=False)
    assert whats(business, taken) == ["assigned", "noticed"]
    assert len(bodies(business, facts.IncidentOpened)) == 1


def test_other_channels_add_to_its_history(business: Business) -> None:
    """S7: by subscription and event, in whatever spelling; or by what was said about whom."""
    business.customer(SUBSCRIPTION)
    about = {"customer": None, "subscription": SUBSCRIPTION}
    first = incidents.take(
        business.ledger,
        notice(source="partner_center", event=f"{SUBSCRIPTION}_{ENTITY}", text="x", **about),
        now=NOW,
    )
    incidents.look(business.ledger, first.incident, now=NOW)
    alert = notice(source="graph", id="alert", event=f"{SUBSCRIPTION}-{ENTITY}", **about)
    mail = notice(source="mail", id="<1@x>", trusted=False, text=" X ", **about)
    known = [incidents.take(business.ledger, each, now=NOW) for each in (alert, mail)]
    assert [(each.incident, each.known, each.wake) for each in known] == [
        (first.incident, "more", False),
        (first.incident, "more", False),
    ]
    assert whats(business, first.incident).count("noticed") == 3
    assert incidents.due(business.ledger, now=NOW + HOUR / 2, limit=9) == []


def test_a_complaint_in_the_same_words_after_the_end_is_a_new_incident(business: Business) -> None:
    business.customer()
    first = incidents.take(business.ledger, notice("spam", text="spam!"), now=NOW).incident
    for name, data in (("review", {"verdict": "false_alarm"}), ("respond", {"says": "no"}), ("close", {})):
        perform(business, first, name, **data)
    again = incidents.take(business.ledger, notice("spam", id="C-2", text="spam!"), now=NOW)
    assert (again.known, again.incident != first) == ("new", True)
    event = incidents.take(business.ledger, notice("spam", text="spam! again"), now=NOW)
    assert (event.incident, event.known, event.wake) == (first, "more", False)


def test_what_nobody_can_trust_touches_no_customer_until_it_is_confirmed(business: Business) -> None:
    """S7: else a forged mail would stop the dunning of whoever sends it."""
    business.customer()
    mail = notice(source="mail", id="<1@x>", trusted=False, event="E", suspended=True)
    taken = incidents.take(business.ledger, mail, now=NOW)
    for hours in (1, 24, 48):
        incidents.do_what_is_due(business.ledger, taken.incident, now=NOW + hours * HOUR)
    assert bodies(business, (facts.IncidentOpened, facts.OrdersBlocked, facts.SuspendedElsewhere)) == []
    assert "unverified" in whats(business, taken.incident)
    matched = incidents.take(business.ledger, notice(source="graph", id="a", event="E"), now=NOW + 48 * HOUR)
    assert (matched.known, matched.wake, matched.customer) == ("more", True, "ACME")
    assert len(bodies(business, facts.IncidentOpened)) == 1


def test_what_is_confirmed_within_the_hour_is_shown_at_once(business: Business) -> None:
    """What comes next is as before, and the page says something else."""
    business.customer()
    mail = notice(source="mail", id="<1@x>", trusted=False, event="E")
    assert incidents.take(business.ledger, mail, now=NOW).wake
    matched = incidents.take(business.ledger, notice(source="graph", id="a", event="E"), now=NOW + HOUR / 2)
    assert (matched.known, matched.wake) == ("more", True)


def test_an_enforcement_notice_says_who_suspended_the_service(business: Business) -> None:
    """S5: a suspension that we did not ask for is an incident, and not ours to give back."""
    business.customer()
    incidents.take(business.ledger, notice("enforcement", suspended=True), now=NOW)
    [suspended] = bodies(business, facts.SuspendedElsewhere)
    assert suspended.outcome.startswith("incident inc-")


@pytest.mark.parametrize(
    ("kind", "test", "rests"),
    [("spam", False, True), ("default", False, False), ("sorcery", False, True), ("spam", True, False)],
)
def test_whom_it_lets_rest(business: Business, kind: str, test: bool, rests: bool) -> None:
    business.customer()
    kind_name = kind if kind != "sorcery" else "other"
    incidents.take(business.ledger, notice(kind_name, word=kind, test=test), now=NOW)
    assert bool(bodies(business, facts.IncidentOpened)) == rests


def test_a_review_that_finds_another_kind_ends_or_begins_the_rest(business: Business) -> None:
    business.customer()
    taken = incidents.take(business.ledger, notice("default"), now=NOW).incident
    done = perform(business, taken, "review", verdict="confirmed", kind="spam")
    assert (done.customer, len(bodies(business, facts.IncidentOpened))) == ("ACME", 1)
    perform(business, taken, "review", verdict="confirmed", kind="default")
    perform(business, taken, "review", verdict="confirmed", kind="false_billing")
    assert len(bodies(business, facts.IncidentOpened)) == 2
    assert len(bodies(business, facts.IncidentClosed)) == 1


def test_one_of_an_unknown_customer_waits_for_its_name(business: Business) -> None:
    """S12e: a burst of accounts is an incident of nobody whom we know."""
    taken = incidents.take(business.ledger, notice("account_burst", customer=None), now=NOW)
    assert (taken.known, taken.customer) == ("new", None)
    assert waiting(business) == [(None, "fraud_desk is to acknowledge it by 02 Mar 11:00 UTC")]
    with pytest.raises(Refused, match="There is no customer 'ACME'"):
        perform(business, taken.incident, "assign", customer="ACME")
    business.customer()
    assert perform(business, taken.incident, "assign", customer="ACME").customer == "ACME"
    assert len(bodies(business, facts.IncidentOpened)) == 1
    assert [who for who, _ in waiting(business)] == ["ACME"]


def test_nobody_answers_and_orders_are_blocked_once(business: Business, taken: str) -> None:
    """S23: the time-out blocks orders and tells the next one; the service itself is left alone."""
    for _ in range(2):
        done = incidents.do_what_is_due(business.ledger, taken, now=NOW + HOUR)
    assert (done.already, done.customer) == (True, "ACME")  # an attempt that died may have woken nobody
    incidents.do_what_is_due(business.ledger, taken, now=NOW + 24 * HOUR)
    blocked = bodies(business, facts.OrdersBlocked)
    assert [(each.incident, each.by) for each in blocked] == [(taken, "arrears")] * 2
    assert bodies(business, (facts.SuspendedElsewhere, facts.SubscriptionSuspended)) == []
    assert waiting(business) == [("ACME", "finance_lead is to acknowledge it by 02 Mar 11:00 UTC")]
    assert whats(business, taken)[2:] == ["limited", "escalated", "limited", "escalated"]


def test_from_notice_to_response(business: Business, taken: str) -> None:
    steps: Sequence[tuple[str, dict[str, Any]]] = [
        ("acknowledge", {"by": "maria"}),
        ("review", {"verdict": "confirmed", "branch": "compromised", "by": "maria"}),
        ("act", {"action": "block_orders", "by": "maria"}),
        ("approve", {"action": "suspend", "by": "paul"}),
        ("act", {"action": "suspend", "by": "maria"}),
        ("respond", {"says": "resolved as fraud", "by": "maria"}),
        ("act", {"action": "unblock_orders", "by": "maria"}),
        ("close", {"refund": "requested", "by": "maria"}),
    ]
    for name, data in steps:
        assert not perform(business, taken, name, **data).already
        assert perform(business, taken, name, **data).already if name != "close" else True
    kinds = [facts.kind_of(each.body) for each in ledger_facts.history(business.ledger, "ACME")]
    assert kinds == [
        *("incident_opened", "orders_blocked", "suspended_elsewhere", "orders_unblocked", "incident_closed")
    ]
    assert waiting(business) == []
    assert incidents.listed(business.ledger, now=NOW) == []
    [whole] = incidents.listed(business.ledger, now=NOW, closed=True)
    assert (whole.incident.state, whole.incident.refund) == ("closed", "requested")


def test_what_was_said_may_be_said_again_once_something_else_was(business: Business, taken: str) -> None:
    for owner in ("maria", "paul", "maria"):
        assert not perform(business, taken, "assign", owner=owner).already
    assert perform(business, taken, "assign", owner="maria").already
    for verdict in ("false_alarm", "confirmed", "false_alarm"):
        branch = {"branch": "attacker"} if verdict == "confirmed" else {}
        assert not perform(business, taken, "review", verdict=verdict, **branch).already
    assert perform(business, taken, "review", verdict="false_alarm").already
    [listed] = incidents.listed(business.ledger, now=NOW)
    assert (listed.incident.owner, listed.incident.verdict) == ("maria", "false_alarm")


def test_an_end_that_finds_nothing_lets_orders_through_again(business: Business, taken: str) -> None:
    incidents.do_what_is_due(business.ledger, taken, now=NOW + HOUR)
    for name, data in (("review", {"verdict": "false_alarm"}), ("respond", {"says": "no"}), ("close", {})):
        perform(business, taken, name, now=NOW + 2 * HOUR, **data)
    assert [each.incident for each in bodies(business, facts.OrdersUnblocked)] == [taken]
    assert [each.outcome for each in bodies(business, facts.IncidentClosed)] == ["false_alarm"]


def test_a_refusal_writes_nothing(business: Business, taken: str) -> None:
    before = whats(business, taken)
    for name, data in (("act", {"action": "suspend"}), ("dance", {}), ("review", {}), ("close", {})):
        with pytest.raises(Refused):
            perform(business, taken, name, **data)
    assert whats(business, taken) == before
    with pytest.raises(incidents.UnknownIncident, match="There is no incident 'inc-0'"):
        perform(business, "inc-0", "acknowledge")


def test_the_sweep_finds_one_that_nobody_looked_at(business: Business, taken: str) -> None:
    late = NOW + timedelta(minutes=2)
    assert incidents.due(business.ledger, now=late, limit=9) == [taken]
    incidents.look(business.ledger, taken, now=NOW)
    assert incidents.due(business.ledger, now=late, limit=9) == []
    assert incidents.due(business.ledger, now=NOW + HOUR + timedelta(minutes=2), limit=9) == [taken]
    incidents.look(business.ledger, taken, now=NOW + HOUR)  # and its act is lost
    assert incidents.due(business.ledger, now=NOW + HOUR + timedelta(minutes=2), limit=9) == [taken]
    perform(business, taken, "acknowledge", now=NOW + HOUR)
    assert incidents.due(business.ledger, now=NOW + 2 * HOUR, limit=9) == [taken]


def test_whatever_names_a_notice_stands_nowhere(business: Business) -> None:
    named = notice(id="hans.meier@x.example " + "".join(f"{n:x}" for n in range(9000)))
    taken = incidents.take(business.ledger, named, now=NOW)
    assert incidents.take(business.ledger, named, now=NOW).known == "again"
    with business.ledger.read() as session:
        row = session.get_one(IncidentRow, taken.incident)
    assert "meier" not in f"{row} {incidents.history(business.ledger, taken.incident)}"


def test_what_came_is_destroyed_with_the_contact_data_and_the_history_stays(business: Business) -> None:
    business.customer()
    taken = incidents.take(business.ledger, notice("spam", text="from hans@x.example"), now=NOW).incident
    assert incidents.texts(business.ledger, taken) == ["from hans@x.example"]
    with pytest.raises(Refused, match="a hold is set"):
        forget(business.ledger, "ACME", by="maria", now=NOW)
    for name, data in (("review", {"verdict": "false_alarm"}), ("respond", {"says": "no"}), ("close", {})):
        perform(business, taken, name, **data)
    forget(business.ledger, "ACME", by="maria", now=NOW)
    assert incidents.texts(business.ledger, taken) == []
    assert "noticed" in whats(business, taken)
    with business.ledger.read() as session:
        assert not customers.has_contact(session, "ACME")


def test_many_deliveries_at_one_moment_are_one_incident(business: Business) -> None:
    business.customer()
    found = list[incidents.Taken]()
    barrier = threading.Barrier(6)

    def deliver(number: int) -> None:
        barrier.wait()
        told = notice(source=f"channel-{number % 3}", id=str(number % 3), event="E", subscription="S")
        found.append(incidents.take(business.ledger, told, now=NOW))

    _together([lambda n=n: deliver(n) for n in range(6)])
    assert len({each.incident for each in found}) == 1
    assert [each.known for each in found].count("new") == 1
    assert len(bodies(business, facts.IncidentOpened)) == 1


def _together(work: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=each) for each in work]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
