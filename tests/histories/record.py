"""Record the histories that every change of the workflows is replayed against.

Run `python -m tests.histories.record` after a change of workflow code that old histories allow (it
is gated with `workflow.patched`, or adds no command): it plays some stories and writes a file per
run of every workflow in them. A history does not say whose it is, so the workflow's id is kept beside.
"""

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from temporalio.client import Client, WorkflowHistory

from composition import parts
from domain.calendar import use_pinned_zones
from domain.money import Money
from domain.onboarding.application import Particulars
from providers.loopback.onboarding import LATE, Reply
from providers.loopback.server import Loopback
from replay.cost import runs_of
from replay.player import player
from settings import Settings
from store import policies
from store.database import Ledger, migrate
from tests.stories.stage import policy_named, staged
from tests.stories.story import told
from tests.stories.test_incidents import opened
from tests.stories.test_onboarding import START, Scene
from tests.stories.test_onboarding_branches import REPORT, Applicant

HERE = Path(__file__).parent
KINDS = ("customer", "suspension", "onboarding")
INCIDENT = "test_nobody_answers_an_incident_in_time"
STORIES = (
    "test_acme_pays_after_the_second_reminder",
    "test_acme_is_suspended_and_comes_back",
    "test_nobody_is_suspended_without_a_warning_that_arrived",
    "test_a_large_debt_needs_approval",
    "test_finance_stops_everything",
)
ONBOARDING = "test_a_new_customer_enters_the_code"
ASKED = "test_a_bureau_that_answers_late_gives_credit"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A history as it was recorded, with the name of its file."""

    name: str
    history: WorkflowHistory


def recorded() -> Iterator[Recorded]:
    """Yield every recorded history."""
    for path in sorted(HERE.glob("*/*.json")):
        kept = json.loads(path.read_text(encoding="utf-8"))
        history = WorkflowHistory.from_json(kept["workflow_id"], {"events": kept["events"]})
        yield Recorded(f"{path.parent.name}/{path.name}", history)


async def record() -> None:
    """Play the stories and keep their histories in place of the old ones."""
    stories = told()
    for name in STORIES:
        story = stories[name]
        with TemporaryDirectory() as folder:
            async with staged(story, policy_named(story.policy), Path(folder)) as stage:
                await stage.play()
                await _keep(stage.playing.env.client, story.customer.id, name)
    with TemporaryDirectory() as folder:
        await _record_onboarding(Path(folder))
    await record_asked()
    with TemporaryDirectory() as folder:
        await _record_incident(Path(folder))


async def _record_incident(folder: Path) -> None:
    async with opened(folder) as scene:
        await scene.told()
        await scene.until(25)
        await scene.ask("review", verdict="confirmed", branch="compromised")
        await scene.ask("act", action="remove_resources")
        await scene.ask("respond", says="resolved as fraud at the vendor")
        await scene.ask("close", refund="none")
        await scene.workflow.result()
        await _keep(scene.playing.env.client, scene.incident, INCIDENT, kinds=("incident",))


async def _record_onboarding(folder: Path) -> None:
    url = f"sqlite:///{folder / 'ledger.db'}"
    migrate(url)
    ledger = Ledger(url, durable=False)
    policies.adopt(ledger, policy_named("business"), now=START - timedelta(days=1), by="story")
    outbox = folder / "outbox"
    async with player(parts(Settings(database_url=url, outbox=outbox), ledger)) as playing:
        scene = Scene(ledger=ledger, playing=playing, outbox=outbox)
        await scene.apply()
        await scene.ask("enter_code", code="000000")
        await scene.ask("enter_code", code=scene.codes()[0])
        await scene.until(5)
        await _keep(playing.env.client, "HAFEN", ONBOARDING)
    ledger.close()


async def record_asked() -> None:
    """Keep the history of a verification that asks a provider, once in vain."""
    with TemporaryDirectory() as folder, Loopback() as loopback:
        url = f"sqlite:///{Path(folder) / 'ledger.db'}"
        migrate(url)
        ledger = Ledger(url, durable=False)
        policies.adopt(ledger, policy_named("business"), now=START - timedelta(days=1), by="story")
        loopback.knowing.say("DE HRB1", LATE, Reply(REPORT))
        given = {"credit_bureau_url": loopback.base, "credit_bureau_key": loopback.knowing.key}
        settings = Settings.model_validate({**given, "database_url": url, "outbox": Path(folder) / "outbox"})
        async with player(parts(settings, ledger)) as playing:
            scene = Applicant(ledger=ledger, playing=playing, outbox=settings.outbox)
            expects = Money.of("900", "EUR")
            await scene.begin(Particulars(company_number="HRB 1", expects=expects, accepts="business"))
            await scene.enter()
            await scene.until(20)
            await _keep(playing.env.client, "HAFEN", ASKED)
        ledger.close()


async def _keep(client: Client, about: str, name: str, kinds: Sequence[str] = KINDS) -> None:
    folder = HERE / name.removeprefix("test_")
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    for kind in kinds:
        runs = await runs_of(client, f"{kind}/{about}")
        for number, history in enumerate(reversed(runs), start=1):
            path = folder / f"{kind}-{number}.json"
            path.write_text(_text(history), encoding="utf-8")
            print(f"{path.relative_to(HERE)}: {len(history.events)} events")


def _text(history: WorkflowHistory) -> str:
    """Return a history with its workflow's id, an event a line, without the name of the machine."""
    events = json.loads(history.to_json())["events"]
    lines = ",\n".join(json.dumps(event, sort_keys=True, separators=(",", ":")) for event in events)
    lines = re.sub(r'"identity":"[^"]*"', '"identity":"worker"', lines)
    return f'{{"workflow_id": {json.dumps(history.workflow_id)}, "events": [\n{lines}\n]}}\n'


if __name__ == "__main__":
    use_pinned_zones()
    asyncio.run(record())
