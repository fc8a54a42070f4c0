"""An experiment that runs for some weeks: several customers side by side, and what the report says of it.

Each customer has a story in the language of the others; they are played together, on one clock.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

import starter
from composition import parts
from domain.policy import Policy
from domain.simulation.play import simulate
from replay.player import MOMENT, Player, player
from settings import Settings
from store import customers, doors, explaining, invariants, policies
from store.database import Ledger, migrate
from store.facts import NewFact
from tests.stories.stage import done, policy_named, simulated
from tests.stories.story import Story

# Who is where follows from the names alone: the lot is drawn from `tone/BAKER`.
ARMS = {"BAKER": "early", "COOPER": "early", "DRAPER": "quiet", "MILLER": "quiet"}
HELD_OUT = ("FLETCHER", "MASON")

STORIES = {
    "BAKER": """
    Hears of it the day after the due date, and pays both times.

    2026-01-05        invoice BAKER-1 of 300.00 EUR, due 2026-02-04
    2026-02-05        we email reminder_first about BAKER-1
    2026-02-09        invoice BAKER-2 of 300.00 EUR, due 2026-03-11
    2026-02-09        customer pays 300.00 EUR (P-1)
    2026-03-12        we email reminder_first about BAKER-2
    2026-03-16        customer pays 300.00 EUR (P-2)
    2026-04-15        the story ends
    """,
    "COOPER": """
    Pays a part in time, and the rest when the 30 days are over: it does not count.

    2026-01-05        invoice COOPER-1 of 400.00 EUR, due 2026-02-04
    2026-02-05        we email reminder_first about COOPER-1
    2026-02-16        we email reminder_second about COOPER-1
    2026-02-18        customer pays 150.00 EUR (P-3)
    2026-02-23        we text reminder_third about COOPER-1
    2026-03-06        we email final_notice about COOPER-1
    2026-03-06        we text final_notice about COOPER-1
    2026-03-12        customer pays 250.00 EUR (P-4)
    2026-04-15        the story ends
    """,
    "DRAPER": """
    Hears nothing for ten days. The first invoice is paid all the same, the second not yet.

    2026-01-05        invoice DRAPER-1 of 300.00 EUR, due 2026-02-04
    2026-02-09        invoice DRAPER-2 of 300.00 EUR, due 2026-03-11
    2026-02-16        we email reminder_second about DRAPER-1
    2026-02-20        customer pays 300.00 EUR (P-5)
    2026-03-23        we email reminder_second about DRAPER-2
    2026-04-10        we email final_notice about DRAPER-2
    2026-04-10        we text final_notice about DRAPER-2
    2026-04-15        the story ends
    """,
    "MILLER": """
    Pays after the final notice, when the 30 days are over.

    2026-01-05        invoice MILLER-1 of 500.00 EUR, due 2026-02-04
    2026-02-16        we email reminder_second about MILLER-1
    2026-03-06        we email final_notice about MILLER-1
    2026-03-06        we text final_notice about MILLER-1
    2026-03-09        customer pays 500.00 EUR (P-6)
    2026-04-15        the story ends
    """,
    "FLETCHER": """
    Is held out: the reminders come as ever, and the money too.

    2026-01-05        invoice FLETCHER-1 of 300.00 EUR, due 2026-02-04
    2026-02-09        we email reminder_first about FLETCHER-1
    2026-02-09        invoice FLETCHER-2 of 300.00 EUR, due 2026-03-11
    2026-02-12        customer pays 300.00 EUR (P-7)
    2026-03-16        we email reminder_first about FLETCHER-2
    2026-03-18        customer pays 300.00 EUR (P-8)
    2026-04-15        the story ends
    """,
    "MASON": """
    Is held out, and gets a credit note: it settles a part, and brings nothing.

    2026-01-05        invoice MASON-1 of 200.00 EUR, due 2026-02-04
    2026-02-09        we email reminder_first about MASON-1
    2026-02-16        we email reminder_second about MASON-1
    2026-02-17        finance credits 50.00 on MASON-1 (C-1)
    2026-02-19        customer pays 150.00 EUR (P-9)
    2026-04-15        the story ends
    """,
}
REPORT = """\
Within 30 days after the due date, as of the end of 2026-04-15:
cohort   group               overdue  debts  recovered  debts  settled otherwise    ratio
2026-02  tone/early     EUR   700.00      2     450.00      1               0.00   64.3 %
2026-02  tone/hold_out  EUR   500.00      2     450.00      2              50.00   90.0 %
2026-02  tone/quiet     EUR   800.00      2     300.00      1               0.00   37.5 %
2026-03  tone/early     EUR   300.00      1     300.00      1               0.00  100.0 %  not closed before 2026-04-30
2026-03  tone/hold_out  EUR   300.00      1     300.00      1               0.00  100.0 %  not closed before 2026-04-30
2026-03  tone/quiet     EUR   300.00      1       0.00      0               0.00    0.0 %  not closed before 2026-04-30
"""  # noqa: E501  # as it is printed


def under() -> list[Policy]:
    """The business policy with an experiment, and its arms: reminded at once, and left in peace at first."""
    content = policy_named("business").model_dump(by_alias=True)
    nobody = {"for": {"tags": ["nobody"]}}
    arms = [{"id": name, "share": 35, "policy": name} for name in ("early", "quiet")]
    early = [
        {**step, "offset_days": 1} if step["id"] == "reminder_first" else step for step in content["steps"]
    ]
    quiet = [step for step in content["steps"] if step["id"] not in ("reminder_first", "reminder_third")]
    contents: list[dict[str, Any]] = [
        {"experiment": {"name": "tone", "hold_out": 30, "arms": arms}},
        {"policy": "early", "steps": early, **nobody},
        {"policy": "quiet", "steps": quiet, **nobody},
    ]
    return [Policy.model_validate({**content, **more}) for more in contents]


def stories() -> dict[str, Story]:
    found = {name: Story(text) for name, text in STORIES.items()}
    for name, story in found.items():
        story.customer = replace(story.customer, id=name)
    return found


async def test_an_experiment_runs_for_weeks_and_the_report_compares_its_arms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told, rules = stories(), under()
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    ledger = Ledger(url, durable=False)
    begins = datetime(2026, 1, 5, 8, tzinfo=UTC)
    policies.adopt_all(ledger, rules, now=begins - timedelta(days=1), by="story")
    with ledger.write() as session:
        for story in told.values():
            customers.add(session, story.customer, story.contact, now=begins)

    made = parts(Settings(database_url=url, outbox=tmp_path / "outbox", bank=tmp_path / "bank"), ledger)
    async with player(made) as playing:
        await play_together(playing, ledger, told)

    for name, story in told.items():
        assert done(ledger, story.zone, name) == sorted(story.expected), name
        assert simulated(story, rules, ledger) == sorted(story.expected), name
        assert where(rules, story) == (ARMS.get(name, "business"), ARMS.get(name, "hold_out"))
        choice = explaining.explain(ledger, name, now=story.until).choice
        assert (choice.experiment, choice.arm) == ("tone", ARMS.get(name, "hold_out"))
    assert {name for name in told if name not in ARMS} == set(HELD_OUT)
    assert invariants.broken(ledger) == []
    ledger.close()

    monkeypatch.setenv("DATABASE_URL", url)
    capsys.readouterr()
    assert starter.main(["report", "recovery", "--by", "arm", "--as-of", "2026-04-15"]) == 0
    assert capsys.readouterr().out == REPORT


async def play_together(playing: Player, ledger: Ledger, told: dict[str, Story]) -> None:
    """Let everything happen to everybody at its instant, on one clock."""
    happenings = sorted(_happenings(told), key=lambda each: each[:2])
    await playing.begin(happenings[0][0] - MOMENT)
    for (at, name), group in groupby(happenings, key=lambda each: each[:2]):
        await playing.sleep_until(at)
        if doors.record(ledger, name, [fact for _, _, fact in group], now=at).wake:
            await playing.wake(name)
    await playing.sleep_until(max(story.until for story in told.values()))


def _happenings(told: dict[str, Story]) -> Iterator[tuple[datetime, str, NewFact]]:
    for name, story in told.items():
        for number, each in enumerate(story.happenings):
            fact = NewFact(source="story", id=f"{name}/{number}", happened_at=each.at, body=each.body)
            yield each.at, name, fact


def where(rules: list[Policy], story: Story) -> tuple[str, str | None]:
    """The policy and the arm that a simulation among the same policies gives the customer."""
    [assigned] = simulate(rules, story.customer, [], date(2026, 4, 15)).assigned
    assert assigned.policy is not None
    return assigned.policy.policy, assigned.arm
