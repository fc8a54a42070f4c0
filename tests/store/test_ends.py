"""The tasks by which chasing ends, on both databases: asked for, approved, and done by a command."""

import pytest

from domain.documents import read
from domain.policy import Policy
from store import commands, facts, invariants, policies, subscriptions, tasks
from store.errors import Refused

ENDS = """
policy: business
title: For tests
for: {segments: [business]}
window: {opens: 09:00, closes: 17:00, weekdays: [mon, tue, wed, thu, fri, sat, sun], holidays: false}
steps:
  - {kind: notice, id: first, offset_days: 3, template: reminder_first}
  - {kind: hand_over, id: agency, offset_days: 20, needs_delivered: [first], approval: {EUR: 100}}
  - {kind: write_off, id: give_up, offset_days: 40, needs_delivered: [first]}
"""


def command(business, name, day, **data):
    return commands.perform(business.ledger, "ACME", name, data, now=business.at(day))


def open_tasks(business):
    return [(task.step, task.kind) for task in tasks.worklist(business.ledger)]


@pytest.fixture
def late(business):
    """Two debts that were reminded of, and for which an approval of their hand-over is asked for."""
    policies.adopt(business.ledger, read(ENDS, model=Policy, name="e.yaml"), now=business.at(-50), by="maria")
    business.customer()
    for invoice in ("INV-1", "INV-2"):
        business.invoice("ACME", invoice, "60.00")
    business.send("ACME", "first/email", business.at(3))
    business.send("ACME", "approve-agency/task", business.at(20))
    return business


def test_a_hand_over_is_approved_done_by_its_command_and_taken_back(late):
    assert open_tasks(late) == [("approve-agency", "approval")]
    with pytest.raises(Refused, match=r"120\.00 EUR needs approval from 100\.00 EUR"):
        command(late, "hand_over", 20)
    with pytest.raises(Refused, match="An approval ends with an answer"):
        command(late, "complete_task", 20, step="approve-agency")
    command(late, "approve", 21, step="agency", by="maria")
    assert open_tasks(late) == []
    late.send("ACME", "agency/task", late.at(21))
    assert open_tasks(late) == [("agency", "hand-over")]
    command(late, "hand_over", 22, invoice="INV-1", to="Northern", by="maria")
    assert open_tasks(late) == [("agency", "hand-over")]  # of INV-2 it is still to be done
    command(late, "hand_over", 22, invoice="INV-2", to="Northern", by="maria")
    assert command(late, "hand_over", 22, invoice="INV-2", to="Northern", by="maria").already
    assert open_tasks(late) == []
    written = facts.history(late.ledger, "ACME")
    assert [
        (fact.body.step, fact.body.outcome) for fact in written if fact.body.type == "task_completed"
    ] == [("agency", "hand_over")]
    plan = late.assess("ACME", late.at(23)).plan
    assert (plan.stage, plan.effects, plan.case_open) == ("handed_over", (), False)
    command(late, "take_back", 30, by="maria")
    assert [effect.key for effect in late.assess("ACME", late.at(30)).plan.effects] == ["first/email"]


def test_a_write_off_closes_the_task_that_proposed_it(late):
    late.send("ACME", "give_up/task", late.at(40))
    assert ("give_up", "write-off") in open_tasks(late)
    command(late, "write_off", 41, invoice="INV-1", by="maria")
    assert ("give_up", "write-off") in open_tasks(late)
    command(late, "write_off", 41, invoice="INV-2", by="maria")
    assert open_tasks(late) == [("approve-agency", "approval")]  # which nothing waits for any more
    command(late, "complete_task", 42, step="approve-agency", by="maria")
    assert open_tasks(late) == []
    assert invariants.broken(late.ledger) == []


def test_the_switch_keeps_what_was_in_service_through_every_turn(business):
    business.customer()
    turns = ("restricted", "suspended", "terminated")
    for day, state in enumerate(turns):
        turned = subscriptions.turn(business.ledger, "ACME", "ACME", state, now=business.at(day))
        assert turned.state == subscriptions.state(business.ledger, "ACME") == state
