"""What the customer's workflow answers when it is started or asked in a way that nobody meant."""

import re
from base64 import b64decode
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowFailureError, WorkflowHistory, WorkflowUpdateFailedError

from composition import parts
from domain.customer import Customer
from domain.facts import InvoiceIssued
from domain.notice import Accepted, Message
from domain.own_steps import SWITCH_ODD
from replay.cost import runs_of
from replay.player import Player, player
from settings import Settings
from store import customers, doors, policies, switches, tasks
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact
from tests.stories.stage import policy_named
from workflows.customer_lifecycle import WRONG_INPUT, CustomerLifecycle, _newest
from workflows.subscription_suspension import SubscriptionSuspension

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADDRESS = "ap@acme.example"


class Broken:
    """A courier whose library fails in a way nobody thought of, and says to whom it wanted to send."""

    sender = ""

    def __init__(self) -> None:
        self.calls = 0

    def deliver(self, message: Message, *, at: datetime) -> Accepted:
        self.calls += 1
        raise KeyError(f"no route to {message.to}")

    def find(self, reference: str, *, to: str, since: datetime) -> Accepted | None:
        return None


@dataclass(frozen=True, slots=True)
class Scene:
    """ACME, who owes since January, over a ledger in which no policy is adopted yet."""

    ledger: Ledger
    playing: Player
    courier: Broken

    @property
    def client(self) -> Client:
        return self.playing.env.client

    def adopt(self) -> None:
        policies.adopt(self.ledger, policy_named("business"), now=START, by="test")
        switches.set_go_live(self.ledger, None, by="test", now=START)

    async def ended(self, workflow_id: str, *given: Any, run: Any = CustomerLifecycle.run) -> str:
        """How a workflow that is started by hand ends, in words."""
        handle = await self.client.start_workflow(run, args=given, id=workflow_id, task_queue="arrears")
        try:
            return str(await handle.result())
        except WorkflowFailureError as failed:
            return str(failed.cause)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    ledger = Ledger(url, durable=False)
    with ledger.write() as session:
        customer = Customer(id="ACME", timezone="Europe/Berlin", country="DE", currency="EUR")
        customers.add(session, customer, ContactData(email=ADDRESS), now=START - timedelta(days=90))
    bill = InvoiceIssued(invoice="INV-1", amount="500.00", currency="EUR", due_on=date(2026, 2, 26))
    fact = NewFact(source="test", id="INV-1", happened_on=date(2026, 1, 27), body=bill)
    doors.record(ledger, "ACME", [fact], now=START - timedelta(days=30))
    courier = Broken()
    made = parts(Settings(database_url=url, outbox=tmp_path / "outbox"), ledger)
    async with player(replace(made, couriers={"email": courier, "sms": courier})) as playing:
        await playing.begin(START)
        yield Scene(ledger=ledger, playing=playing, courier=courier)
    ledger.close()


async def test_a_start_without_a_customer_is_answered_with_an_example(scene: Scene) -> None:
    assert await scene.ended("customer/ACME") == WRONG_INPUT
    assert await scene.ended("customer/ACME", ["ACME"]) == WRONG_INPUT
    assert await scene.ended("customer/ACME", {"customer": "ACME"}) == WRONG_INPUT


@pytest.mark.parametrize("workflow_id", ["customer/NOBODY", "2f1c-from-the-form"])
async def test_an_unknown_customer_is_answered_with_what_to_do(scene: Scene, workflow_id: str) -> None:
    answer = await scene.ended(workflow_id, {"customer_id": "NOBODY"})
    assert answer.startswith("There is no customer 'NOBODY' in this ledger: add it with `starter.py onboard`")
    assert await runs_of(scene.client, "customer/NOBODY") == [] or workflow_id == "customer/NOBODY"


async def test_another_id_starts_the_right_one_and_says_so(scene: Scene) -> None:
    scene.adopt()
    answer = await scene.ended("2f1c-from-the-form", {"customer_id": "ACME"})
    assert answer == "This customer's workflow is customer/ACME: it runs, look there. Nothing else was done."
    assert await runs_of(scene.client, "customer/ACME")


async def test_a_suspension_of_nobody_ends_with_the_sentence(scene: Scene) -> None:
    given = {"customer_id": "NOBODY"}
    answer = await scene.ended("suspension/NOBODY", given, run=SubscriptionSuspension.run)
    assert answer.startswith("Not suspended: There is no customer 'NOBODY'")


async def test_a_customer_without_a_policy_waits_until_there_is_one(scene: Scene) -> None:
    await scene.playing.wake("ACME")
    handle = scene.client.get_workflow_handle("customer/ACME")
    assert await handle.query("View") is None
    scene.adopt()
    await scene.playing.wake("ACME")
    await scene.playing.env.sleep(1)  # a query may overtake the look
    assert (await handle.query("View"))["owed"] == ["500.00 EUR"]
    assert len(await runs_of(scene.client, "customer/ACME")) <= 2


async def test_an_empty_update_is_refused_with_an_example(scene: Scene) -> None:
    scene.adopt()
    await scene.playing.wake("ACME")
    handle = scene.client.get_workflow_handle("customer/ACME")
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update("pause")
    assert str(refused.value.cause).startswith("Cannot pause: write one JSON object. An example: {")


async def test_a_sender_that_fails_is_asked_less_and_less_and_a_person_hears_of_it(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.adopt()
    await scene.playing.wake("ACME")
    await scene.playing.sleep_until(START + timedelta(hours=7))

    assert 4 <= scene.courier.calls <= 7
    assert [task.step for task in tasks.worklist(scene.ledger)] == ["unsent"]
    histories = await runs_of(scene.client, "customer/ACME")
    assert sum(len(history.events) for history in histories) < 200
    kept = "".join(map(readable, histories)) + caplog.text
    assert "KeyError at test_customer_lifecycle.py:" in kept
    assert "reminder_first" in kept
    assert ADDRESS not in kept


def readable(history: WorkflowHistory) -> str:
    """A history with its payloads, as anybody reads it in the Temporal UI."""
    text = history.to_json()
    payloads = [b64decode(data).decode() for data in re.findall(r'"data": "([^"]+)"', text)]
    return "\n".join([text, *payloads])


def test_of_two_views_the_newer_one_counts_however_they_arrive() -> None:
    older: Any = {"revision": 7}
    newer: Any = {"revision": 9}
    again: Any = {"revision": 9, "later": True}
    assert _newest(newer, None, older) is newer
    assert _newest(older, None, newer) is newer
    assert _newest(newer, None, again) is again
    assert _newest(newer, None, None) is newer


async def test_a_task_is_arranged_and_completed_by_updates_also_one_that_no_plan_opened(scene: Scene) -> None:
    scene.adopt()
    with scene.ledger.write() as session:
        tasks.open_of_customer(session, "ACME", SWITCH_ODD, "brought back by others", now=START)
    await scene.playing.wake("ACME")
    handle = scene.client.get_workflow_handle("customer/ACME")
    until = (START + timedelta(days=30)).date().isoformat()
    told = {"step": SWITCH_ODD, "by": "maria"}
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update("reassign_task", {**told, "step": "call", "owner": "li"})
    assert str(refused.value.cause) == "Cannot reassign_task: No task 'call' is open; open are service-odd."
    assert await handle.execute_update("reassign_task", {**told, "owner": "li"}) == "Gave service-odd to li."
    words = await handle.execute_update("snooze_task", {**told, "until": until})
    assert words == f"Put service-odd off until {until}."
    await scene.playing.wake("ACME")
    (shown,) = (await handle.query("View"))["tasks"]
    assert shown.startswith("service-odd: brought back by others (li does it, put off until ")
    done = await handle.execute_update("complete_task", {**told, "outcome": "it is known"})
    assert done == "Completed service-odd: it is known."
    await scene.playing.wake("ACME")
    assert (await handle.query("View"))["tasks"] == []
