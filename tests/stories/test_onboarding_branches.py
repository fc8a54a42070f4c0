"""New customers, one story a branch of the decision table: credit, prepayment, people, rejection."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.onboarding_words import details_of
from composition import parts
from domain import facts
from domain.documents import read
from domain.money import Money
from domain.onboarding.application import Particulars
from domain.onboarding.card import Card
from domain.onboarding.rules import OnboardingRules
from domain.policy import Policy
from providers.loopback.onboarding import LATE, Reply
from providers.loopback.server import Loopback
from replay.player import player
from settings import ROOT, Settings
from store import facts as ledger_facts
from store import onboarding, policies
from store.database import Ledger, migrate
from tests.stories.test_onboarding import APPLICATION, START, Scene

TABLE = (ROOT / "policies" / "onboarding" / "decision_table.yaml").read_text(encoding="utf-8")
GOOD = Card(
    funding="credit",
    country="DE",
    cvc="pass",
    address="pass",
    authentication="authenticated",
    risk="normal",
    reference="ch_1",
    fingerprint="fp1",
)
REPORT = {"reference": "R1", "reported_on": "2026-01-01", "score": 85, "insolvent": False}


class Applicant(Scene):
    """A scene in which somebody applies with more than a name."""

    async def begin(self, more: Particulars, **changed: Any) -> None:
        await self.playing.begin(START)
        application = replace(APPLICATION, **changed)
        onboarding.apply(self.ledger, application, now=START, more=more)
        await self.playing.wake("HAFEN")
        await self.until(1)

    async def enter(self) -> None:
        await self.ask("enter_code", code=self.codes()[-1])

    def body(self, kind: type[facts.Body]) -> Any:
        bodies = [fact.body for fact in ledger_facts.history(self.ledger, "HAFEN")]
        return next((body for body in bodies if isinstance(body, kind)), None)

    def page(self) -> str:
        return details_of(onboarding.standing(self.ledger, "HAFEN", now=START), "")


Stage = Callable[..., AbstractAsyncContextManager[Applicant]]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Open the scene; `bureau` answers so about HRB1, and `table` is adopted in place of what ships."""

    @asynccontextmanager
    async def opened(
        *, bureau: list[Reply] | None = None, table: str | None = None
    ) -> AsyncIterator[Applicant]:
        url = f"sqlite:///{tmp_path / 'ledger.db'}"
        migrate(url)
        ledger = Ledger(url, durable=False)
        file = ROOT / "policies" / "business.yaml"
        policy = read(file.read_text(encoding="utf-8"), model=Policy, name=file.name)
        policies.adopt(ledger, policy, now=START - timedelta(days=1), by="story")
        if table is not None:
            rules = read(table, model=OnboardingRules, name="story.yaml")
            onboarding.adopt(ledger, rules, now=START - timedelta(hours=1), by="story")
        given: dict[str, Any] = {"database_url": url, "outbox": tmp_path / "outbox"}
        with ExitStack() as vendors:
            if bureau is not None:
                loopback = vendors.enter_context(Loopback())
                loopback.knowing.say("DE HRB1", *bureau)
                given |= {"credit_bureau_url": loopback.base, "credit_bureau_key": loopback.knowing.key}
            async with player(parts(Settings.model_validate(given), ledger)) as playing:
                yield Applicant(ledger=ledger, playing=playing, outbox=tmp_path / "outbox")
        ledger.close()

    return opened


async def test_a_bureau_that_answers_late_gives_credit(stage: Stage) -> None:
    """Asked on a queue of its own, once in vain; a good score gives limit and terms."""
    async with stage(bureau=[LATE, Reply(REPORT)]) as scene:
        expects = Money.of("900", "EUR")
        await scene.begin(Particulars(company_number="HRB 1", expects=expects, accepts="business", card=GOOD))
        await scene.enter()
        await scene.until(5)
        waiting = scene.outcome()
        await scene.until(20)

        assert waiting is None
        assert scene.outcome() == "approved"
        granted = scene.body(facts.CreditGranted)
        assert (f"{granted.limit} {granted.currency}", granted.terms_days) == ("10000.00 EUR", 30)
        assert scene.body(facts.Onboarded).row == "good_credit"


@pytest.mark.slow
async def test_a_prepaid_card_is_refused_and_the_customer_pays_in_advance(stage: Stage) -> None:
    async with stage() as scene:
        await scene.begin(Particulars(card=replace(GOOD, funding="prepaid")))
        await scene.until(3)

        assert scene.outcome() == "approved_prepayment"
        ended = scene.body(facts.Onboarded)
        assert (f"{ended.deposit} {ended.currency}", ended.row) == ("200.00 EUR", "prepaid_card")
        assert scene.codes() == []


@pytest.mark.slow
async def test_two_failures_reject_with_reasons_and_nothing_is_paid_for(stage: Stage) -> None:
    async with stage() as scene:
        await scene.begin(Particulars(), email="x@mailinator.com", vat_id="DE136695978")
        await scene.until(3)

        assert scene.outcome() == "rejected"
        assert scene.body(facts.Onboarded).reasons == ("vat_id_wrong", "mail_disposable")
        assert scene.codes() == []
        assert (await scene.customer.query("View"))["stage"] == "rejected"


@pytest.mark.slow
async def test_a_customer_waits_for_two_people_who_see_why(stage: Stage) -> None:
    async with stage() as scene:
        large = Particulars(card=replace(GOOD, country="US"), expects=Money.of("20000", "EUR"))
        await scene.begin(large)
        await scene.enter()
        await scene.until(3)
        page, waiting = scene.page(), scene.to_do()
        first = await scene.ask("review_onboarding", outcome="approve", by="maria")
        await scene.until(5)
        between, still = scene.outcome(), scene.to_do()
        await scene.ask("review_onboarding", outcome="approve_prepayment", by="jan")
        await scene.until(7)

        assert waiting == ["onboarding_review: the check of card came out as review"]
        assert (
            "- **card**: review: the card is from another country than the customer (ch_1, by application)"
            in page
        )
        assert "Row **for_review** applies" in page
        assert first == "Decided to approve: a second person has to decide as well."
        assert (between, still) == (None, waiting)
        assert scene.outcome() == "approved_prepayment"
        assert scene.to_do() == []


@pytest.mark.slow
async def test_a_high_tier_asks_for_a_call_that_nobody_answers(stage: Stage) -> None:
    """Three calls without an answer say nothing: it goes on without, to prepayment."""
    high = TABLE.replace("tiers: [high]", "tiers: [normal]").replace(
        "  - {check: identity, when: {tiers: [normal]}}\n", ""
    )
    async with stage(table=high) as scene:
        await scene.begin(Particulars())
        await scene.enter()
        await scene.until(3)
        waiting = scene.to_do()
        for attempt in ("1", "2", "3"):
            said = {"outcome": "no_answer", "number_from": "register", "attempt": attempt, "by": "maria"}
            await scene.ask("called_back", **said)
        await scene.until(5)

        assert waiting == [
            "onboarding-call: call 1 of 3, to a number from an independent source, is to be made"
        ]
        assert scene.outcome() == "approved_prepayment"
        assert scene.to_do() == []


@pytest.mark.slow
async def test_a_review_that_lies_is_reminded_of_and_ends_as_the_table_says(stage: Stage) -> None:
    table = TABLE.replace(
        "review: {remind_after_hours: 24}", "review: {remind_after_hours: 24, end_after_days: 3}"
    )
    async with stage(table=table) as scene:
        await scene.begin(Particulars(), vat_id="DE136695978")
        day = 24 * 60
        await scene.until(day - 5)
        before = len(scene.to_do())
        await scene.until(day + 5)
        after = scene.to_do()
        await scene.until(3 * day + 5)

        assert before == 1
        (late,) = after[1:]
        assert late.startswith(
            "onboarding-late: onboarding_review waits for a person for too long: the check"
        )
        assert scene.outcome() == "rejected"
        assert scene.to_do() == []


@pytest.mark.slow
async def test_a_burst_keeps_a_customer_waiting_until_a_person_decides(stage: Stage) -> None:
    table = TABLE.replace(
        "{per: network, within_hours: 1, most: 5, burst: 20}",
        "{per: network, within_hours: 1, most: 1, burst: 2}",
    )
    async with stage(table=table) as scene:
        for number in range(3):
            other = replace(APPLICATION, customer_id=f"C{number}", email=f"c@c{number}.example", phone=None)
            onboarding.apply(scene.ledger, other, now=START, more=Particulars(network="192.0.2.7"))
        await scene.begin(Particulars(network="192.0.2.9"))
        await scene.enter()
        await scene.until(3)

        assert scene.outcome() is None
        assert "onboarding_review: the check of velocity came out as review" in scene.to_do()
        assert any(line.startswith("signup_burst: burst 1: 4 applications") for line in scene.to_do())
