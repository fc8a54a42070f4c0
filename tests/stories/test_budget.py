"""What a customer costs in Temporal, against the budget of the design; the figures are printed.

Run with `-s` to see them: events, bytes of history, and billable actions, over all runs and children.
"""

from pathlib import Path

import pytest

from domain.documents import read
from domain.policy import Policy
from replay.cost import Cost, cost_of
from tests.stories.stage import done, staged
from tests.stories.story import Story

# Three reminders by email, a final notice, a suspension and the return: six messages.
POLICY = """
policy: budget
title: Three reminders, a final notice, a suspension
for:
  segments: [business]
steps:
  - {kind: notice, id: reminder_first, offset_days: 3, template: reminder_first}
  - {kind: notice, id: reminder_second, offset_days: 10, template: reminder_second}
  - {kind: notice, id: reminder_third, offset_days: 17, template: reminder_third}
  - kind: notice
    id: final_notice
    offset_days: 30
    template: final_notice
    needs_delivered: [reminder_second]
  - kind: suspend
    id: suspend
    offset_days: 45
    notice_days: 10
    needs_delivered: [final_notice]
"""
ISSUED = "2026-01-05        invoice INV-1 of 500.00 EUR, due 2026-02-04"
ON_TIME = (ISSUED, "2026-01-30        customer pays 500.00 EUR (P-1)", "2026-06-30        the story ends")
AFTER_TWO = (ISSUED, "2026-02-18        customer pays 500.00 EUR (P-1)", "2026-06-30        the story ends")
SUSPENDED = (ISSUED, "2026-03-30        customer pays 500.00 EUR (P-1)", "2026-06-30        the story ends")


async def played(lines: tuple[str, ...], folder: Path) -> tuple[Cost, list[str]]:
    """Play a story under the budget's policy: what it cost, and what was done."""
    story = Story("\n".join(lines))
    policy = read(POLICY, model=Policy, name="budget.yaml")
    async with staged(story, policy, folder) as stage:
        await stage.play()
        cost = await cost_of(stage.playing.env.client, story.customer.id)
        return cost, [line[11:] for line in done(stage.ledger, story.zone)]


@pytest.mark.parametrize(
    ("name", "lines", "messages", "most"),
    [
        ("pays on time", ON_TIME, 0, Cost(events=20, bytes=60_000, actions=7)),
        ("pays after two reminders", AFTER_TWO, 2, Cost(events=70, bytes=30_000, actions=25)),
        ("suspended and returned", SUSPENDED, 6, Cost(events=170, bytes=60_000, actions=50)),
    ],
    ids=["on time", "after two reminders", "suspended and returned"],
)
async def test_a_customer_costs_no_more_than_the_budget(
    name: str, lines: tuple[str, ...], messages: int, most: Cost, tmp_path: Path
) -> None:
    cost, steps = await played(lines, tmp_path)
    print(f"\n{name}: {cost.events} events, {cost.bytes / 1000:.1f} KB, {cost.actions} actions")

    assert len([step for step in steps if step.startswith(("we email", "we text"))]) == messages
    assert cost.events <= most.events
    assert cost.bytes <= most.bytes
    assert cost.actions <= most.actions
