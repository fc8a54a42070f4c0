"""The checks of a new customer, over real HTTP into the ledger: late, twice, contradictory, broken."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.onboarding_checks import OnboardingChecks
from composition import parts
from domain.clock import BusinessClock
from domain.documents import read
from domain.facts import Checked
from domain.money import Money
from domain.onboarding import Application
from domain.onboarding.application import Particulars
from domain.onboarding.card import Card
from domain.policy import Policy
from providers.loopback.faults import DROPPED, LOST_REPLY
from providers.loopback.onboarding import LATE, Reply
from providers.loopback.server import Loopback
from settings import ROOT, Settings
from store import clock, onboarding, policies, switches, tasks
from store.claims import PutOff
from store.database import Ledger, migrate
from store.tables import CustomerRow

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
APPLICATION = Application(
    customer_id="HAFEN",
    name="Hafenküche GmbH",
    email="post@hafenkueche.example",
    phone="+4915123456789",
    address="Am Sandtorkai 1, 20457 Hamburg",
    vat_id="DE136695976",
    country="DE",
    currency="EUR",
)
MORE = Particulars(
    company_number="HRB 1", identity="ID-1", expects=Money.of("600", "EUR"), accepts="business"
)
REPORT = {"reference": "R1", "reported_on": "2026-01-01", "score": 85, "insolvent": False}
PROOF = {"reference": "ID-1", "subject": "p1", "level": "high", "expires_on": "2030-01-01", "revoked": False}


class Desk:
    """A verification under the table that ships, asked by hand at instants of our choice."""

    def __init__(self, ledger: Ledger, settings: Settings) -> None:
        self.ledger = ledger
        made = parts(settings, ledger)
        self.checks = OnboardingChecks(books=made.books, ports=made.checking)
        self.real = datetime.now(UTC)
        clock.set_clock(ledger, BusinessClock(real_at=self.real, business_at=START, speed=1))

    def run(self, hours: float, function: Any) -> Any:
        environment = ActivityEnvironment()
        started = self.real + timedelta(hours=hours)
        environment.info = replace(environment.info, started_time=started)
        return environment.run(function, "HAFEN")

    def here(self, hours: float = 0) -> list[str]:
        made, _ = self.run(hours, self.checks.make_those_here)
        return [body.check for body in made]

    def ask(self, hours: float) -> str:
        body, _, _ = self.run(hours, self.checks.ask)
        return "nothing" if body is None else f"{body.check} {body.outcome}"

    def moves(self, hours: float) -> tuple[str, str | None]:
        move = onboarding.standing(self.ledger, "HAFEN", now=START + timedelta(hours=hours)).move
        assert move is not None
        return move.kind, move.check

    def passed_code(self) -> None:
        code = Checked(check="phone", outcome="pass", provider="offline", ruleset="phone-1")
        onboarding.checked(self.ledger, "HAFEN", [code], now=START)


@pytest.fixture(scope="module")
def vendors() -> Iterator[Loopback]:
    with Loopback() as started:
        yield started


@pytest.fixture
def desk(tmp_path: Path, vendors: Loopback) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    ledger = Ledger(url, durable=False)
    file = ROOT / "policies" / "business.yaml"
    policy = read(file.read_text(encoding="utf-8"), model=Policy, name=file.name)
    policies.adopt(ledger, policy, now=START - timedelta(days=1), by="test")
    onboarding.apply(ledger, APPLICATION, now=START, more=MORE)
    given = {
        "database_url": url,
        "outbox": tmp_path,
        **dict.fromkeys(("credit_bureau_url", "identity_url"), vendors.base),
        **dict.fromkeys(("credit_bureau_key", "identity_key"), vendors.knowing.key),
        "stripe_api_key": vendors.knowing.stripe_key,
        "stripe_base": vendors.base,
    }
    vendors.knowing.asked.clear()
    yield Desk(ledger, Settings.model_validate(given))
    ledger.close()


def test_all_that_is_here_is_checked_in_one_go_and_then_who_has_to_be_asked(
    desk: Desk, vendors: Loopback
) -> None:
    vendors.knowing.say("ID-1", Reply(PROOF))
    vendors.knowing.say("DE HRB1", Reply(REPORT))
    first, again = desk.here(), desk.here()
    desk.passed_code()
    asked = [desk.ask(1), desk.ask(1), desk.ask(1)]

    assert first == ["identifiers", "mail_domain", "velocity", "links", "region", "sanctions", "phone_line"]
    assert again == []
    assert asked == ["identity pass", "credit_report pass", "nothing"]
    assert desk.moves(1) == ("conclude", None)
    assert onboarding.conclude(desk.ledger, "HAFEN", now=START, code_version="test") == "approved"


def test_an_answer_that_comes_late_is_waited_for(desk: Desk, vendors: Loopback) -> None:
    vendors.knowing.say("ID-1", LATE, LATE, Reply(PROOF))
    desk.here()
    desk.passed_code()
    told = [desk.ask(0), desk.ask(0.1), desk.ask(0.3), desk.ask(0.3), desk.ask(2.4)]

    assert told == ["identity error", "nothing", "identity error", "nothing", "identity pass"]
    assert vendors.knowing.asked["ID-1"] == 3


@pytest.mark.parametrize("faults", [[DROPPED] * 3, [LOST_REPLY] * 3])
def test_a_provider_that_stays_away_is_for_a_person(desk: Desk, vendors: Loopback, faults: Any) -> None:
    vendors.knowing.say("ID-1", Reply(PROOF))
    vendors.faults.add("look_up", faults)
    desk.here()
    desk.passed_code()
    told = [desk.ask(hours) for hours in (0, 1, 4, 9)]

    assert told == ["identity error"] * 3 + ["nothing"]
    standing = onboarding.standing(desk.ledger, "HAFEN", now=START + timedelta(hours=9))
    assert standing.move is not None
    assert (standing.move.kind, standing.move.reason.words) == (
        "review",
        "the check of identity came out as error",
    )


def test_an_answer_that_is_asked_for_twice_is_one_and_another_one_is_for_a_person(
    desk: Desk, vendors: Loopback
) -> None:
    """Two attempts of one activity, of which the first only seemed dead."""
    desk.here()
    desk.passed_code()
    answers = []
    for said in (PROOF, PROOF, {**PROOF, "revoked": True}):
        vendors.knowing.say("ID-1", Reply(said))
        looking = desk.run(0, desk.checks._looking)
        answers.append(desk.checks.checked("identity", looking)[0])
    accepted = [onboarding.checked(desk.ledger, "HAFEN", [body], now=START).accepted for body in answers]

    progress = onboarding.standing(desk.ledger, "HAFEN", now=START).progress
    assert accepted == [1, 0, 1]
    assert progress.outcome("identity") == "review"
    assert "contradictory" in progress.found


def test_a_card_that_stripe_names_links_to_a_blocked_customer(desk: Desk, vendors: Loopback) -> None:
    old = replace(APPLICATION, customer_id="OLD", email="old@old.example", phone="+4915123456780")
    onboarding.apply(desk.ledger, old, now=START, more=Particulars(card=Card(fingerprint="fp9")))
    card = {"funding": "credit", "country": "DE", "fingerprint": "fp9"}
    method = {"object": "payment_method", "id": "pm_9", "type": "card", "card": card}
    vendors.knowing.say("pm_9", Reply(method))
    looking = replace(desk.run(0, desk.checks._looking), more=Particulars(card_reference="pm_9"))
    before, _ = desk.checks.checked("card", looking)
    with desk.ledger.write() as session:
        session.get_one(CustomerRow, "OLD").stage = "suspended"
    after, _ = desk.checks.checked("card", looking)

    assert "linked_card" not in before.reasons
    assert "linked_card" in after.reasons


def test_after_a_hard_failure_nobody_is_asked(desk: Desk, vendors: Loopback) -> None:
    failed = Checked(check="identifiers", outcome="fail", provider="offline", ruleset="identifiers-1")
    onboarding.checked(desk.ledger, "HAFEN", [failed], now=START)
    made = desk.here()

    assert "phone_line" not in made
    assert desk.ask(1) == "nothing"
    assert dict(vendors.knowing.asked) == {}
    assert desk.moves(1)[0] == "review"


def test_a_key_that_is_refused_is_told_to_whoever_runs_it(desk: Desk, vendors: Loopback) -> None:
    vendors.knowing.say("ID-1", Reply(status=401))
    desk.here()
    desk.passed_code()
    told = desk.ask(0)

    assert told == "identity error"
    assert [task.why for task in tasks.worklist(desk.ledger)] == [
        "the identity provider refuses our key or our address (401)"
    ]


def test_while_all_is_stopped_nobody_is_asked(desk: Desk, vendors: Loopback) -> None:
    desk.here()
    desk.passed_code()
    switches.stop(desk.ledger, reason="drill", by="maria", now=START)
    _, put_off, _ = desk.run(0, desk.checks.ask)

    assert isinstance(put_off, PutOff)
    assert dict(vendors.knowing.asked) == {}
