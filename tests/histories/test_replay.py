"""Every recorded history replays with the workflow code of today, whatever the rules of today say."""

import json
from typing import NoReturn

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from composition import WORKFLOWS
from tests.histories.record import ASKED, INCIDENT, ONBOARDING, STORIES, Recorded, recorded
from workflows.conversion import DATA_CONVERTER

RECORDED = list(recorded())
REMEDY = "gate the change with workflow.patched; then run `python -m tests.histories.record`"


def never(*args: object, **more: object) -> NoReturn:
    raise AssertionError("a replay must not look at the ledger, nor plan")


async def replay(history: WorkflowHistory) -> None:
    replayer = Replayer(workflows=WORKFLOWS, data_converter=DATA_CONVERTER)
    await replayer.replay_workflow(history)


@pytest.mark.parametrize("one", RECORDED, ids=lambda one: one.name)
async def test_a_recorded_history_replays_without_ledger_and_plan(
    one: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("store.assess.assess", "store.assess.plan", "domain.plan.plan", "domain.decide.decide"):
        monkeypatch.setattr(name, never)
    try:
        await replay(one.history)
    except NondeterminismError as error:
        pytest.fail(f"{one.name} no longer replays: {REMEDY}\n{error}")


async def test_another_command_than_the_recorded_one_is_noticed() -> None:
    [suspended] = [one for one in RECORDED if one.name == "acme_is_suspended_and_comes_back/customer-2.json"]
    events = json.loads(suspended.history.to_json())
    scheduled = next(event for event in events["events"] if "activityTaskScheduledEventAttributes" in event)
    scheduled["activityTaskScheduledEventAttributes"]["activityType"]["name"] = "Send something else"
    with pytest.raises(NondeterminismError):
        await replay(WorkflowHistory.from_json(suspended.history.workflow_id, events))


def test_every_workflow_and_every_story_is_recorded() -> None:
    assert {one.name.split("/")[0] for one in RECORDED} == {
        name.removeprefix("test_") for name in (*STORIES, ONBOARDING, ASKED, INCIDENT)
    }
    kinds = {one.history.workflow_id.split("/")[0] for one in RECORDED}
    assert kinds == {"customer", "suspension", "onboarding", "incident"}
