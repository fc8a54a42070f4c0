"""New customers, through the real workflows: what finance does, what the customer gets, what comes of it."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError

from composition import parts
from domain import facts
from domain.documents import read
from domain.errors import Refused, TryAgainLater
from domain.notice import Accepted, OneTimeCode
from domain.onboarding import Application
from domain.policy import Policy
from replay.player import Player, player
from settings import ROOT, Settings
from store import facts as ledger_facts
from store import onboarding, policies, sweep, switches, tasks
from store.database import Ledger, migrate

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
APPLICATION = Application(
    customer_id="HAFEN",
    name="Hafenküche GmbH",
    email="post@hafenkueche.example",
    phone="+4915123456789",
    address="Am Sandtorkai 1, 20457 Hamburg",
    vat_id="DE136695976",
    country="DE",
    timezone="Europe/Berlin",
    currency="EUR",
)
CHECKED_BEFORE_THE_CODE = 7
"""All that costs little: what was written, mail domain, alikes, links, region, sanctions, line."""
CODE = re.compile(r"\b\d{6}\b")


@dataclass(frozen=True, slots=True)
class Scene:
    """A ledger, the workflows over it, and the hands of finance and the customer."""

    ledger: Ledger
    playing: Player
    outbox: Path

    async def apply(self, application: Application = APPLICATION) -> None:
        await self.playing.begin(START)
        onboarding.apply(self.ledger, application, now=START)
        await self.playing.wake("HAFEN")
        await self.until(1)

    async def until(self, minutes: float) -> None:
        await self.playing.sleep_until(START + timedelta(minutes=minutes))

    @property
    def customer(self) -> WorkflowHandle[Any, Any]:
        return self.playing.env.client.get_workflow_handle("customer/HAFEN")

    @property
    def verification(self) -> WorkflowHandle[Any, Any]:
        return self.playing.env.client.get_workflow_handle("onboarding/HAFEN")

    async def ask(self, command: str, **data: str) -> str:
        words: str = await self.customer.execute_update(command, data)
        return words

    def codes(self) -> list[str]:
        """The codes that the customer got, oldest first."""
        messages = [path.read_text(encoding="utf-8") for path in sorted(self.outbox.glob("*-sms-*.txt"))]
        return [CODE.findall(message.partition("\n\n")[2])[0] for message in messages]

    def happened(self) -> list[str]:
        return [facts.kind_of(fact.body) for fact in ledger_facts.history(self.ledger, "HAFEN")]

    def outcome(self) -> str | None:
        bodies = [fact.body for fact in ledger_facts.history(self.ledger, "HAFEN")]
        return next((body.outcome for body in bodies if isinstance(body, facts.Onboarded)), None)

    def to_do(self) -> list[str]:
        return [f"{task.step}: {task.why}" for task in tasks.worklist(self.ledger)]


class Unwell:
    """A verifier that is away for so many calls, and asks to be left alone for twenty minutes."""

    name = "unwell"
    checks = False

    def __init__(self, verifier: Any, times: int, withheld: bool = False) -> None:
        self.withheld = withheld
        self.verifier = verifier
        self.times = times

    def send(self, code: OneTimeCode, *, to: str, at: datetime) -> Accepted:
        self.times -= 1
        if self.times >= 0:
            raise TryAgainLater("busy", delay=timedelta(minutes=20))
        if self.withheld:
            raise Refused("codes were sent to this number too often", reaction="verification")
        accepted: Accepted = self.verifier.send(code, to=to, at=at)
        return accepted

    def find(self, reference: str, *, to: str, since: datetime) -> Accepted | None:
        found: Accepted | None = self.verifier.find(reference, to=to, since=since)
        return found


Stage = Callable[..., AbstractAsyncContextManager[Scene]]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Open the scene; `unwell` calls of the verifier fail first."""

    @asynccontextmanager
    async def opened(*, unwell: int = 0, withheld: bool = False) -> AsyncIterator[Scene]:
        url = f"sqlite:///{tmp_path / 'ledger.db'}"
        migrate(url)
        ledger = Ledger(url, durable=False)
        file = ROOT / "policies" / "business.yaml"
        policy = read(file.read_text(encoding="utf-8"), model=Policy, name=file.name)
        policies.adopt(ledger, policy, now=START - timedelta(days=1), by="story")
        made = parts(Settings(database_url=url, outbox=tmp_path / "outbox"), ledger)
        made = replace(made, verifier=Unwell(made.verifier, unwell, withheld))
        async with player(made) as playing:
            yield Scene(ledger=ledger, playing=playing, outbox=tmp_path / "outbox")
        ledger.close()

    return opened


async def test_a_customer_enters_the_code_and_is_approved(stage: Stage) -> None:
    async with stage() as scene:
        await scene.apply()
        [code] = scene.codes()
        wrong = await scene.ask("enter_code", code=f"{(int(code) + 1) % 1_000_000:06d}")
        right = await scene.ask("enter_code", code=code)
        await scene.until(3)

        assert wrong == "That code is wrong: 4 tries are left."
        assert right == "The code is right."
        assert scene.outcome() == "approved"
        assert scene.happened() == [
            "onboarding_started",
            *["checked"] * CHECKED_BEFORE_THE_CODE,
            "code_sent",
            "code_answered",
            "code_answered",
            "onboarded",
        ]
        assert await scene.verification.result() == "The verification is over: approved."
        assert (await scene.customer.query("View"))["stage"] == "current"
        with pytest.raises(WorkflowUpdateFailedError):
            await scene.ask("enter_code", code=code)


async def test_a_wrong_vat_id_goes_to_a_person_who_rejects_and_no_code_is_paid_for(stage: Stage) -> None:
    async with stage() as scene:
        await scene.apply(replace(APPLICATION, vat_id="DE136695978"))
        waiting = scene.to_do()
        view = await scene.customer.query("View")
        await scene.ask("review_onboarding", outcome="reject", note="no such company", by="maria")
        await scene.until(3)

        assert waiting == ["onboarding_review: the check of identifiers came out as fail"]
        assert ["OpenTasks", "KeywordList", ["onboarding_review"]] in view["attributes"]
        assert scene.codes() == []
        assert scene.to_do() == []
        assert scene.outcome() == "rejected"
        assert (await scene.customer.query("View"))["stage"] == "rejected"


async def test_nobody_answers_three_codes_and_a_person_approves_with_prepayment(stage: Stage) -> None:
    async with stage() as scene:
        await scene.apply()
        sent = []
        for minutes in (2, 30, 50, 70, 85, 95):
            await scene.until(minutes)
            sent.append((minutes, len(scene.codes())))
        waiting = scene.to_do()
        await scene.ask("review_onboarding", outcome="approve_prepayment", by="maria")
        await scene.until(97)

        assert sent == [(2, 1), (30, 1), (50, 2), (70, 2), (85, 3), (95, 3)]
        assert len(set(scene.codes())) == 3
        assert waiting == ["onboarding_review: 3 codes were sent and none was entered in time"]
        assert scene.outcome() == "approved_prepayment"


async def test_a_number_that_bounces_goes_to_a_person(stage: Stage) -> None:
    async with stage() as scene:
        await scene.apply(replace(APPLICATION, phone="+4915123450000"))

        assert scene.to_do() == ["onboarding_review: the check of phone came out as fail"]
        assert len(scene.codes()) == 1


async def test_a_verifier_that_is_away_is_asked_again_when_it_wished(stage: Stage) -> None:
    async with stage(unwell=1) as scene:
        await scene.apply()
        await scene.until(19)
        before = scene.codes()
        await scene.until(22)
        [code] = scene.codes()
        await scene.ask("enter_code", code=code)
        await scene.until(24)

        assert before == []
        assert scene.outcome() == "approved"


async def test_a_verifier_that_stays_away_is_neither_pass_nor_failure_but_a_review(stage: Stage) -> None:
    async with stage(unwell=9) as scene:
        await scene.apply()
        await scene.until(240)

        assert scene.codes() == []
        assert scene.happened() == ["onboarding_started", *["checked"] * (CHECKED_BEFORE_THE_CODE + 3)]
        assert scene.to_do() == ["onboarding_review: the check of phone came out as error"]


async def test_a_code_that_is_withheld_is_for_a_person_and_asked_for_once(stage: Stage) -> None:
    async with stage(withheld=True) as scene:
        await scene.apply()
        await scene.until(30)

        assert scene.codes() == []
        assert scene.happened() == ["onboarding_started", *["checked"] * (CHECKED_BEFORE_THE_CODE + 1)]
        assert scene.to_do() == ["onboarding_review: the check of phone came out as review"]


async def test_all_stops_and_goes_on(stage: Stage) -> None:
    async with stage() as scene:
        switches.stop(scene.ledger, reason="drill", by="maria", now=START)
        await scene.apply()
        held = (scene.codes(), scene.happened())
        switches.go(scene.ledger, by="maria", now=START + timedelta(minutes=2))
        await scene.playing.wake("HAFEN")
        await scene.until(4)

        assert held == ([], ["onboarding_started"])
        assert len(scene.codes()) == 1


async def test_a_verification_that_was_lost_is_missed_and_goes_on(stage: Stage) -> None:
    """Both workflows are gone, as after the loss of a namespace: the sweep's question finds the customer."""
    async with stage() as scene:
        await scene.apply()
        await scene.verification.terminate("lost")
        await scene.customer.terminate("lost")
        await scene.until(15)
        due = sweep.due(scene.ledger, now=START + timedelta(minutes=15), limit=10)
        await scene.playing.wake("HAFEN")
        await scene.until(45)
        code = scene.codes()[-1]
        await scene.ask("enter_code", code=code)
        await scene.until(47)

        assert due == ["HAFEN"]
        assert len(scene.codes()) == 2
        assert scene.outcome() == "approved"


async def test_a_verification_that_was_lost_alone_is_begun_anew(stage: Stage) -> None:
    """The customer's workflow still runs, and has told it all there was to tell."""
    async with stage() as scene:
        await scene.apply()
        await scene.verification.terminate("lost")
        await scene.until(45)
        await scene.ask("enter_code", code=scene.codes()[-1])
        await scene.until(47)

        assert len(scene.codes()) == 2
        assert scene.outcome() == "approved"


async def test_an_unknown_customer_is_answered_by_a_sentence(stage: Stage) -> None:
    async with stage() as scene:
        client = scene.playing.env.client
        words = await client.execute_workflow(
            "OnboardingVerification", {"customer_id": "NOBODY"}, id="onboarding/NOBODY", task_queue="arrears"
        )

        assert "There is no customer 'NOBODY'" in words
