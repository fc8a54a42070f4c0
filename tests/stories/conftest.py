"""Stories: a test's docstring is played to the real workflows, and the whole transcript compared.

`story.py` is their language, `stage.py` plays them live and through the simulator. Live workflows,
docstring and simulator must give the same steps, channels and local days.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from store import invariants
from tests.stories.stage import done, held, policy_named, simulated, staged
from tests.stories.story import Story

Play = Callable[[], Awaitable[None]]


@pytest.fixture
def play(request: pytest.FixtureRequest, tmp_path: Path) -> Play:
    """Play the test's docstring, live and simulated, and compare both with what it says."""

    async def holds() -> None:
        story = Story(request.function.__doc__ or "")
        policy = policy_named(story.policy)
        async with staged(story, policy, tmp_path) as stage:
            await stage.play()
            live, kept = done(stage.ledger, story.zone), held(stage.ledger, story.zone)
            promised = simulated(story, policy, stage.ledger)
            broken = invariants.broken(stage.ledger)

        assert live == sorted(story.expected)
        assert promised == live
        assert [line for line in story.holds if line not in kept] == [], f"held were {kept}"
        assert broken == []

    return holds
