"""Incidents, through the real workflows: what people do, and what the engine does when they do not."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowFailureError, WorkflowHandle, WorkflowUpdateFailedError

from composition import incident_waker, parts
from domain import facts
from domain.customer import Customer
from domain.incidents.kinds import kind_of
from domain.incidents.notice import Notice
from replay.cost import runs_of
from replay.player import Player, player
from settings import Settings
from store import customers, doors, incidents, invariants, policies, tasks
from store import facts as ledger_facts
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact
from tests.stories.stage import policy_named
from workflows.risk_incident import WRONG_INPUT, RiskIncident

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
FORM = "2f1c-from-the-form"


@dataclass(slots=True)
class Scene:
    """ACME and its incident, the workflows over them, and the hands of the fraud desk."""

    ledger: Ledger
    playing: Player
    incident: str = ""
    hours: float = 0

    async def told(self, kind: str = "mining", **more: Any) -> None:
        """Bring a notice in, as a door does."""
        given = {"source": "webhook", "id": "C-1", "kind": kind_of(kind).name, "word": kind, "trusted": True}
        notice = Notice(**{**given, "customer": "ACME", **more})
        taken = incidents.take(self.ledger, notice, now=self.now)
        self.incident = taken.incident
        if taken.wake:
            await incident_waker(self.playing.env.client, "arrears")(taken.incident)
        if taken.customer:
            await self.playing.wake(taken.customer)
        await self.until(self.hours + 0.01)

    @property
    def now(self) -> datetime:
        return START + timedelta(hours=self.hours)

    async def until(self, hours: float) -> None:
        self.hours = hours
        await self.playing.sleep_until(self.now)

    def handle(self, name: str) -> WorkflowHandle[Any, Any]:
        return self.playing.env.client.get_workflow_handle(name)

    @property
    def workflow(self) -> WorkflowHandle[Any, Any]:
        return self.handle(f"incident/{self.incident}")

    async def ask(self, command: str, **data: str) -> str:
        words: str = await self.workflow.execute_update(command, {"by": "maria", **data})
        return words

    async def refused(self, command: str, **data: str) -> str:
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await self.ask(command, **data)
        return str(refused.value.cause)

    def happened(self) -> list[str]:
        return [facts.kind_of(fact.body) for fact in ledger_facts.history(self.ledger, "ACME")]

    def entries(self) -> list[str]:
        return [entry.what for entry in incidents.history(self.ledger, self.incident)]

    def to_do(self) -> list[str]:
        return [task.why.split(": ", 2)[-1] for task in tasks.worklist(self.ledger)]


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Scene]:
    """Set the scene over a fresh ledger in a folder."""
    url = f"sqlite:///{folder / 'ledger.db'}"
    migrate(url)
    ledger = Ledger(url, durable=False)
    policies.adopt(ledger, policy_named("business"), now=START - timedelta(days=90), by="story")
    with ledger.write() as session:
        acme = Customer(id="ACME", timezone="UTC", currency="EUR")
        customers.add(session, acme, ContactData(email="ap@acme.example"), now=START - timedelta(days=60))
    bill = facts.InvoiceIssued(invoice="INV-1", amount="500.00", currency="EUR", due_on=date(2026, 3, 2))
    new = NewFact(source="test", id="INV-1", happened_on=date(2026, 2, 2), body=bill)
    doors.record(ledger, "ACME", [new], now=START - timedelta(days=28))
    async with player(parts(Settings(database_url=url, outbox=folder / "outbox"), ledger)) as playing:
        await playing.begin(START)
        yield Scene(ledger=ledger, playing=playing)
    assert invariants.broken(ledger) == []
    ledger.close()


Stage = Callable[[], AbstractAsyncContextManager[Scene]]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return lambda: opened(tmp_path)


async def test_an_incident_runs_to_its_response(stage: Stage) -> None:
    async with stage() as scene:
        await scene.told(severity="high")
        first = await scene.workflow.query("View")
        assert await scene.ask("acknowledge") == "Acknowledged."
        unseen = await scene.refused("act", action="terminate")
        asked = await scene.refused("review", verdict="confirmed")
        await scene.ask("review", verdict="confirmed", branch="compromised", note="a stolen key")
        await scene.ask("act", action="block_orders")
        await scene.ask("act", action="reset_credentials")
        await scene.until(30)
        late = scene.to_do()
        await scene.ask("respond", says="resolved as fraud at the vendor")
        no_refund = await scene.refused("close")
        await scene.ask("act", action="unblock_orders")
        await scene.ask("close", refund="none")
        assert await scene.workflow.result() == "The incident is closed: it was closed by maria."
        await scene.until(31)

        assert (first["state"], first["move"]) == ("received", "wait")
        assert ["Risk", "Keyword", "misuse"] in first["attributes"]
        assert ["Tags", "KeywordList", ["abuse_of_service", "mining"]] in first["attributes"]
        assert unseen.startswith("Cannot act: 'terminate'")
        assert asked.startswith('Cannot review: Say whether the customer is the "attacker"')
        assert no_refund.startswith("Cannot close: Say whether the vendor was asked for money back")
        assert late == ["fraud_desk is to answer whoever reported it by 04 Mar 09:00 UTC"]
        assert scene.happened() == [
            *("invoice_issued", "incident_opened", "orders_blocked", "orders_unblocked", "incident_closed")
        ]
        assert scene.entries()[2:] == [
            *("acknowledged", "reviewed", "acted", "acted", "responded", "acted", "closed")
        ]
        assert scene.to_do() == []
        last = await scene.workflow.query("View")
        assert ["Stage", "Keyword", "closed"] in last["attributes"]
        assert ["Owner", "Keyword", None] in last["attributes"]


async def test_nobody_answers_and_each_time_the_next_one_is_told(stage: Stage) -> None:
    """Time-outs of both human steps: acknowledge in an hour, contain in a day; then a reminder a day."""
    async with stage() as scene:
        await scene.told()
        seen = []
        for hours in (0.9, 1.1, 23.9, 24.1, 47.9, 48.1):
            await scene.until(hours)
            seen.append((hours, scene.entries()[2:], scene.to_do()[-1].partition(" ")[0]))
        first = ["limited", "escalated"]
        assert seen == [
            (0.9, [], "fraud_desk"),
            (1.1, first, "fraud_lead"),
            (23.9, first, "fraud_lead"),
            (24.1, [*first, *first], "finance_lead"),
            (47.9, [*first, *first], "finance_lead"),
            (48.1, [*first, *first, "reminded"], "finance_lead"),
        ]
        assert scene.happened() == ["invoice_issued", "incident_opened", "orders_blocked", "orders_blocked"]
        [history] = await runs_of(scene.playing.env.client, f"incident/{scene.incident}")
        assert len(history.events) < 60


async def test_while_it_is_open_nobody_is_chased_and_nothing_comes_back(stage: Stage) -> None:
    async with stage() as scene:
        await scene.playing.wake("ACME")
        await scene.until(1)
        await scene.told("stolen_instrument")
        await scene.until(24 * 20)
        view = await scene.handle("customer/ACME").query("View")
        assert any(f"incident {scene.incident} (stolen_instrument)" in line for line in view["rests"])
        assert not any("reminder" in line for line in view["said"])
        with pytest.raises(WorkflowUpdateFailedError):
            await scene.handle("customer/ACME").execute_update("release", {})
        await scene.ask("review", verdict="false_alarm")
        await scene.ask("respond", says="the bank was wrong")
        await scene.ask("close")
        await scene.until(24 * 25)
        view = await scene.handle("customer/ACME").query("View")
        assert any("reminder first" in line for line in view["said"])


async def test_the_form_may_propose_any_id_and_a_wrong_start_says_what_is_right(stage: Stage) -> None:
    async with stage() as scene:
        await scene.told("spam")

        async def ended(*given: Any, name: str = FORM) -> str:
            client = scene.playing.env.client
            handle = await client.start_workflow(RiskIncident.run, args=given, id=name, task_queue="arrears")
            try:
                return str(await handle.result())
            except WorkflowFailureError as failed:
                return str(failed.cause)

        right = f"incident/{scene.incident}"
        assert await ended({"incident_id": scene.incident}) == (
            f"This incident's workflow is {right}: it runs, look there. Nothing else was done."
        )
        assert await ended() == WRONG_INPUT
        assert await ended({"incident_id": 7}) == WRONG_INPUT
        assert (await ended({"incident_id": "inc-0"})).startswith("There is no incident 'inc-0'")
        assert (await ended({"incident_id": "inc-0"}, name="incident/inc-0")).startswith(
            "There is no incident"
        )
        assert await scene.refused("review") == (
            "Cannot review: verdict: this key is required and missing. An example: "
            '{"verdict": "confirmed", "branch": "compromised", "note": "an admin\'s key", "by": "maria"}'
        )


async def test_the_sweep_starts_one_whose_wake_was_lost(stage: Stage) -> None:
    async with stage() as scene:
        notice = Notice(source="hand", id="C-1", kind="spam", word="spam", trusted=True, customer="ACME")
        scene.incident = incidents.take(scene.ledger, notice, now=START).incident
        await scene.until(0.1)
        sweep = await scene.playing.env.client.start_workflow(
            "Sweep", {}, id="sweep/arrears", task_queue="arrears"
        )
        assert await sweep.result() >= 1
        await scene.until(2)
        assert scene.entries()[2:] == ["escalated"]  # of spam nothing is done by itself within the day
