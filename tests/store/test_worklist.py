"""The worklist of a ledger: its order and pages, who does what and when, and what ends by hand."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from domain import own_steps as steps
from domain.documents import read
from domain.facts import DisputeOpened, PromiseMade
from domain.money import Money
from domain.policy_rests import Disputes
from domain.worklist.rules import WorklistRules
from settings import ROOT
from store import commands, journal, policies, sweep, tasks, worklist
from store.errors import Refused
from store.tables import CustomerRow, TaskRow
from store.worklist import NOBODY, Sought
from tests.store.conftest import Business, at

RULES = read(
    (ROOT / "policies" / "worklist" / "rules.yaml").read_text("utf-8"),
    model=WorklistRules,
    name="worklist.yaml",
)
UTC_ZONE = ZoneInfo("UTC")
UNTIL = date(2026, 3, 25)


@pytest.fixture
def late(business: Any) -> Any:
    """ACME, who owes since DUE and is to be called since day 15."""
    business.customer()
    business.invoice("ACME")
    business.send("ACME", "call/task", business.at(15))
    return business


def page(business: Any, days: int = 15, hour: int = 11, **changes: Any) -> worklist.Page:
    now = business.at(days, hour)
    return worklist.page(business.ledger, RULES, zone=UTC_ZONE, now=now, **changes)


def sought(business: Any, days: int = 15, **changes: Any) -> list[str]:
    return [item.step for item in page(business, days, sought=Sought(**changes)).items]


def add(business: Any, *given: TaskRow) -> list[int]:
    with business.ledger.write() as session:
        for task in given:
            session.add(task)
            session.flush()
        return [task.id or 0 for task in given]


def whole(business: Any, step: str, **changes: Any) -> TaskRow:
    return TaskRow(step=step, kind="review", why="w", opened_at=business.at(15), **changes)


def said(business: Any, name: str | None = None) -> list[tuple[str, str]]:
    return [(line.actor, line.why) for line in journal.read(business.ledger, name) if line.what == "command"]


def test_an_item_says_what_is_known_of_it(late: Any) -> None:
    (item,) = page(late).items
    assert (item.customer, item.step, item.kind, item.why) == (
        "ACME",
        "call",
        "call",
        "15 days past due, the policy says day 15",
    )
    assert (item.debts, item.overdue, item.since) == ({"INV-1": "100.00"}, (Money(100_00, "EUR"),), late.due)
    assert (item.group, item.reason.rule, item.rank) == ("at risk", "risk.never_paid", 1)
    assert (item.opened_at, item.due_at, item.late) == (late.at(15), late.at(17), False)
    assert (item.workflow, item.owner, item.snoozed_until) == ("customer/ACME", None, None)
    assert [offer.command for offer in item.ending.offers] == ["complete_task"]
    assert page(late, 17, 11).items[0].late


def test_the_standing_is_noted_while_a_task_is_open(late: Any) -> None:
    def noted() -> Any:
        with late.ledger.read() as session:
            return session.get_one(CustomerRow, "ACME").standing

    assert noted()["paid"] == 0
    late.record("ACME", PromiseMade(pay_on=date(2026, 3, 20)), now=late.at(15, 11))
    late.assess("ACME", late.at(15, 12))
    assert (page(late).items[0].reason.rule, page(late, 22).items[0].reason.rule) == (
        "alone.rests",
        "risk.never_paid",
    )
    commands.perform(late.ledger, "ACME", "complete_task", {"step": "call"}, now=late.at(16))
    late.assess("ACME", late.at(16, 12))
    assert noted() is None


def test_what_is_owed_counts_at_once(late: Any) -> None:
    late.pay("ACME", "100.00", now=late.at(15, 11))
    assert page(late).items[0].reason.rule == "alone.settled"


def test_a_page_is_a_part_of_the_whole_order(late: Any) -> None:
    add(
        late,
        *(whole(late, steps.VENDOR) for _ in range(3)),
        whole(late, steps.BANK_LINE, message="bank-line/7/1"),
    )
    every = page(late, limit=None)
    assert [item.rank for item in every.items] == [1, 2, 3, 4, 5]
    assert every.items[0].step == steps.BANK_LINE
    assert every.groups == {"quick wins": 1, "at risk": 4, "leave alone": 0}
    assert every.late == 0
    middle = page(late, offset=1, limit=2)
    assert middle.items == every.items[1:3]
    assert (middle.total, middle.offset) == (5, 1)
    assert page(late, offset=9).items == ()


def test_a_page_is_a_few_queries_however_long_the_list_is(late: Any) -> None:
    add(late, *(whole(late, steps.VENDOR) for _ in range(30)))
    counted: list[str] = []
    engine = late.ledger._engine
    event.listen(engine, "before_cursor_execute", lambda *given: counted.append(given[2]))
    page(late, limit=30)
    selects = [each for each in counted if each.startswith("SELECT")]
    assert len(selects) == 5, selects


def test_it_can_be_asked_for_by_owner_kind_customer_group_and_lateness(late: Any) -> None:
    late.customer("BOREALIS")
    add(
        late,
        TaskRow(
            customer_id="BOREALIS", step="look", kind="review", why="w", opened_at=late.at(1), owner="li"
        ),
        whole(late, steps.VENDOR, owner="maria"),
    )
    assert sought(late) == ["look", "call", "vendor"]
    assert sought(late, owner="li") == ["look"]
    assert sought(late, owner=NOBODY) == ["call"]
    assert sought(late, kind="call") == ["call"]
    assert sought(late, customer="BOREALIS") == ["look"]
    assert sought(late, group="quick wins") == ["look"]
    assert sought(late, late=True) == ["look"]
    assert sought(late, customer="NOBODY") == []
    assert page(late).owners == ("li", "maria")


# --- who does it, and when


def test_a_snooze_puts_a_step_off_until_a_day_and_is_journaled(late: Any) -> None:
    (item,) = page(late).items
    done = worklist.snooze(
        late.ledger, item.id, until=UNTIL, reason="on holiday", by="maria", now=late.at(16)
    )
    assert (done.words, done.already, done.wake) == (
        "Put call off until 2026-03-25: on holiday.",
        False,
        "ACME",
    )
    assert said(late, "ACME") == [("maria", "put call off until 2026-03-25: on holiday")]
    assert sought(late, 16) == []
    assert page(late, 16).snoozed == 1
    assert sought(late, 16, snoozed=True) == ["call"]
    assert page(late, 16, sought=Sought(snoozed=True)).items[0].reason.rule == "alone.snoozed"
    assert sought(late, 23) == ["call"], "the day has come"
    assert page(late, 23).items[0].late, "a snooze moves no deadline"
    again = worklist.snooze(late.ledger, item.id, until=UNTIL, by="li", now=late.at(16, 12))
    assert (again.already, again.wake, len(said(late, "ACME"))) == (True, None, 1)
    worklist.snooze(late.ledger, item.id, until=None, by="li", now=late.at(16, 13))
    assert sought(late, 16) == ["call"]
    assert said(late, "ACME")[-1] == ("li", "put call back on the list")
    worklist.snooze(late.ledger, item.id, until=UNTIL, by="li", now=late.at(16, 14))
    assert sought(late, 16) == [], "the same words again are a new wish"


@pytest.mark.parametrize("until", [date(2026, 3, 18), date(2025, 3, 25), date(2027, 6, 1)])
def test_a_snooze_is_until_a_day_to_come_within_a_year(late: Any, until: date) -> None:
    (item,) = page(late).items
    with pytest.raises(Refused, match="until a day to come, within 366 days"):
        worklist.snooze(late.ledger, item.id, until=until, by="maria", now=late.at(16))
    assert sought(late, 16) == ["call"]


def test_a_task_is_given_to_somebody_and_left_to_anybody(late: Any) -> None:
    (item,) = page(late).items
    done = worklist.reassign(late.ledger, item.id, owner="li", by="maria", now=late.at(16))
    assert (done.words, done.wake) == ("Gave call to li.", "ACME")
    assert sought(late, 16, owner="li") == ["call"]
    assert worklist.reassign(late.ledger, item.id, owner="li", by="maria", now=late.at(16)).already
    left = worklist.reassign(late.ledger, item.id, owner=None, by="li", now=late.at(16))
    assert left.words == "Left call to anybody."
    assert said(late, "ACME") == [("maria", "gave call to li"), ("li", "left call to anybody")]


def test_arranging_is_no_news_and_the_sweep_finds_who_was_not_woken(late: Any) -> None:
    def row() -> CustomerRow:
        with late.ledger.read() as session:
            return session.get_one(CustomerRow, "ACME")

    late.assess("ACME", late.at(16))
    before = row()
    told = {"step": "call", "owner": "li", "by": "maria"}
    assert commands.perform(late.ledger, "ACME", "reassign_task", told, now=late.at(16)).wake
    after = row()
    assert (after.news, after.revision) == (before.news, before.revision + 1)
    assert sweep.due(late.ledger, now=late.at(16), limit=9) == ["ACME"]


def test_a_step_without_an_open_task_is_refused_with_those_that_are_open(late: Any) -> None:
    late.customer("BOREALIS")
    told = {"step": "visit", "owner": "li"}
    with pytest.raises(Refused, match=r"No task 'visit' is open; open are call\."):
        commands.perform(late.ledger, "ACME", "reassign_task", told, now=late.at(16))
    with pytest.raises(Refused, match=r"No task is open\."):
        commands.perform(late.ledger, "BOREALIS", "reassign_task", told, now=late.at(16))
    with pytest.raises(Refused, match="No task 99 is open"):
        worklist.complete(late.ledger, 99, outcome=None, by="maria", now=late.at(16))


def test_two_who_take_a_task_at_once_are_told_one_after_the_other(late: Any, together: Any) -> None:
    (item,) = page(late).items
    names = ["li", "maria", "noor"]
    done = together(
        [
            lambda name=name: worklist.reassign(late.ledger, item.id, owner=name, by=name, now=late.at(16))
            for name in names
        ]
    )
    assert [each.already for each in done] == [False] * 3
    (last,) = page(late).items
    assert said(late, "ACME")[-1] == (last.owner, f"gave call to {last.owner}")


# --- what is done


def test_a_task_of_a_customer_is_completed_as_by_the_command(late: Any) -> None:
    (item,) = page(late).items
    done = worklist.complete(
        late.ledger, item.id, outcome="will pay", reached=True, by="maria", now=late.at(16)
    )
    assert (done.words, done.wake) == ("Completed call, somebody was reached: will pay.", "ACME")
    assert page(late, 16).total == 0
    with pytest.raises(Refused, match="somebody has done it"):
        worklist.complete(late.ledger, item.id, outcome=None, by="li", now=late.at(16))


def test_a_task_that_no_plan_opened_is_completed_too(late: Any) -> None:
    with late.ledger.write() as session:
        tasks.open_of_customer(session, "ACME", steps.SWITCH_ODD, "brought back", now=late.at(15))
    (number,) = [item.id for item in page(late).items if item.step == steps.SWITCH_ODD]
    done = worklist.complete(late.ledger, number, outcome="it is known", by="maria", now=late.at(16))
    assert done.words == "Completed service-odd: it is known."
    assert sought(late, 16) == ["call"]
    with late.ledger.read() as session:
        closed = session.get_one(TaskRow, number)
    assert (closed.outcome, closed.closed_by) == ("it is known", "maria")


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (steps.APPROVE, "it ends with approve"),
        (steps.REVIEW, "it ends with review_onboarding"),
        (steps.UNAPPLIED, "it ends by itself"),
        (steps.SWITCH, "it ends by itself"),
        (steps.BANK_LINE, "bank line is matched or ignored"),
        (steps.INCIDENT, "it ends in its incident"),
    ],
)
def test_a_task_that_wants_an_answer_is_not_just_done(late: Any, step: str, words: str) -> None:
    task = TaskRow(customer_id="ACME", step=step, kind="review", why="w", opened_at=late.at(15))
    (number,) = add(late, task)
    with pytest.raises(Refused, match=words):
        worklist.complete(late.ledger, number, outcome="done", by="maria", now=late.at(16))
    assert page(late, 16).total == 2


def test_a_task_about_the_whole_ledger_has_the_same_use_cases(late: Any) -> None:
    (vendor, monitor) = add(late, whole(late, steps.VENDOR), whole(late, steps.MONITOR))
    now = late.at(16)
    assert worklist.reassign(late.ledger, vendor, owner="li", by="maria", now=now).wake is None
    worklist.snooze(late.ledger, vendor, until=UNTIL, by="li", now=now)
    assert sought(late, 16, snoozed=True, owner="li") == ["vendor"]
    assert (
        worklist.complete(late.ledger, vendor, outcome=None, by="li", now=now).words
        == "Completed vendor: mended."
    )
    assert said(late)[-3:] == [
        ("maria", "gave vendor to li"),
        ("li", "put vendor off until 2026-03-25"),
        ("li", "Completed vendor: mended."),
    ]
    with pytest.raises(Refused, match="it ends by itself"):
        worklist.complete(late.ledger, monitor, outcome=None, by="li", now=now)


def test_a_dispute_belongs_to_whoever_was_named_to_answer(ledger: Any, policy: Any) -> None:
    clock = Disputes(answer_days=3)
    policies.adopt(ledger, policy.model_copy(update={"disputes": clock}), now=at(-60), by="maria")
    business = Business(ledger, policy)
    for name, owner in (("ACME", "sales"), ("BOREALIS", None)):
        business.customer(name)
        business.invoice(name, f"INV-{name}")
        opened = DisputeOpened(dispute="D-1", invoice=f"INV-{name}", owner=owner)
        business.record(name, opened, now=at(5))
        business.send(name, "dispute_answer/task", at(8))
    found = {item.customer: (item.kind, item.owner) for item in page(business).items}
    assert found == {"ACME": ("dispute", "sales"), "BOREALIS": ("dispute", None)}
