"""Applications that are alike: counted by keyed hashes, bursts, and links to customers who are blocked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from domain.documents import read
from domain.facts import Checked, CreditGranted, Onboarded
from domain.money import Money
from domain.onboarding import Application
from domain.onboarding.application import Particulars
from domain.onboarding.card import Card
from domain.onboarding.checks import CHECKS
from domain.onboarding.rules import OnboardingRules
from store import alike, commands, customers, incidents, onboarding, onboarding_rules, tasks
from store import facts as ledger_facts
from store.database import Ledger
from store.errors import Refused
from store.tables import ApplicationRow, CustomerRow, TraitRow

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
TABLE = """
rules: small
title: Small
checks: [{check: velocity}]
rows:
  - {id: for_review, when: {any: [review]}, review: {}}
  - id: credit
    when: {outcomes: {velocity: [pass]}, accepted: true}
    approve: {limit: {EUR: 1000}, terms_days: 14}
  - {id: passed, approve: {}}
velocity: [{per: network, within_hours: 1, most: 2, burst: 4}]
"""
RULES = read(TABLE, model=OnboardingRules, name="small.yaml")


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


@pytest.fixture
def small(business: Any) -> Ledger:
    """A ledger under a small decision table: only velocity is checked."""
    ledger: Ledger = business.ledger
    assert onboarding.adopt(ledger, RULES, now=at(-1), by="maria")
    return ledger


def apply(ledger: Ledger, name: str, *, minutes: float = 0, **more: Any) -> None:
    application = Application(customer_id=name, name=name, email=f"{name}@x.example", country="DE")
    given = Particulars(**{"network": "192.0.2.9", **more})
    onboarding.apply(ledger, application, now=at(minutes), more=given)


def counted(ledger: Ledger, name: str, minutes: float) -> tuple[int, bool]:
    counts, burst = onboarding.count_alike(ledger, name, now=at(minutes))
    return counts["network", 1], burst


def passed(ledger: Ledger, name: str, outcome: Any = "pass") -> None:
    body = Checked(check="velocity", outcome=outcome, provider="ledger", ruleset="velocity-1")
    onboarding.checked(ledger, name, [body], now=at(5))


def block(ledger: Ledger, name: str, stage: str = "rejected") -> None:
    with ledger.write() as session:
        customers.lock(session, name).stage = stage


def test_a_window_slides(small: Ledger) -> None:
    for number in range(3):
        apply(small, f"C{number}", minutes=number * 25)
    apply(small, "OTHER", network="198.51.100.1")

    assert [counted(small, "C2", minutes)[0] for minutes in (50, 60, 85, 110)] == [3, 2, 1, 0]
    assert counted(small, "OTHER", 1) == (1, False)


def test_the_same_application_again_counts_once(small: Ledger) -> None:
    for _ in range(3):
        apply(small, "C0")
    assert counted(small, "C0", 1) == (1, False)


def test_what_is_kept_is_no_address(small: Ledger) -> None:
    apply(small, "C0", card=Card(funding="credit", fingerprint="fp-secret", reference="ch_1"), device="dev-9")
    with small.read() as session:
        kept = [row.hash for row in session.exec(select(TraitRow))]
        application = session.get_one(ApplicationRow, "C0")
    assert all(len(each) == 64 for each in kept)
    assert "fp-secret" not in f"{application.card}"
    assert "192.0.2" not in f"{application} {kept}"


def test_a_burst_holds_everybody_in_it_until_a_person_closes_it(small: Ledger) -> None:
    for number in range(4):
        apply(small, f"C{number}")
        passed(small, f"C{number}")
    early = onboarding.conclude(small, "C0", now=at(1), code_version="test")
    opened = counted(small, "C3", 2)
    late = onboarding.conclude(small, "C1", now=at(3), code_version="test")
    waiting = [task.why for task in tasks.worklist(small) if task.step == alike.BURST]
    (incident,) = incidents.listed(small, now=at(3))
    (burst,) = alike.listed(small)
    alike.close_burst(small, burst.id, now=at(4), by="maria")

    assert (early, opened, late) == ("approved", (4, True), None)
    progress = onboarding.standing(small, "C1", now=at(4)).progress
    assert (progress.outcome("velocity"), progress.found) == ("review", {"velocity_burst"})
    (why,) = waiting
    assert why.startswith(f"burst {burst.id}: 4 applications within 1 hours have one network in common:")
    assert (incident.incident.kind.name, incident.incident.customer) == ("account_burst", None)
    assert (incident.incident.trusted, incident.incident.word) == (True, f"burst {burst.id}")
    # Who was held goes on; who was behind it is found out by the incident, which stays.
    assert (alike.listed(small), [task.step for task in tasks.worklist(small)]) == ([], ["incident-response"])
    assert counted(small, "C3", 5) == (4, False)  # those were cleared: only what is new is another burst
    with pytest.raises(Refused, match="No burst"):
        alike.close_burst(small, burst.id, now=at(6), by="maria")


@pytest.mark.parametrize(
    ("mine", "theirs", "found"),
    [
        ({"card": Card(fingerprint="f")}, {"card": Card(fingerprint="f")}, ["card"]),
        ({"card": Card(fingerprint="f")}, {"card": Card(fingerprint="g")}, []),
        ({}, {}, []),
    ],
)
def test_a_card_links_to_a_blocked_customer(
    small: Ledger, mine: dict[str, Any], theirs: dict[str, Any], found: list[str]
) -> None:
    apply(small, "OLD", **theirs)
    apply(small, "NEW", **mine)
    before = onboarding.linked(small, "NEW")
    block(small, "OLD")

    assert (before, onboarding.linked(small, "NEW")) == ([], found)
    assert onboarding.linked(small, "OLD") == []


def test_address_number_and_vat_id_link_too_and_of_who_was_imported_the_address(small: Ledger) -> None:
    old = Application(
        customer_id="OLD", name="O", email="a@b.example", phone="+4915123456789", vat_id="DE136695976"
    )
    onboarding.apply(small, old, now=START)
    onboarding.apply(small, replace(old, customer_id="NEW", email="A@b.example"), now=START)
    block(small, "OLD", "suspended")
    assert onboarding.linked(small, "NEW") == ["email", "phone", "vat_id"]

    with small.write() as session:
        for row in session.exec(select(TraitRow).where(TraitRow.customer_id == "OLD")):
            session.delete(row)
    assert onboarding.linked(small, "NEW") == ["email", "phone"]


def test_the_same_person_behind_a_blocked_customer_is_found(small: Ledger) -> None:
    for name in ("OLD", "NEW"):
        apply(small, name)
    first = onboarding.linked_by(small, "OLD", "person", "person-1", now=START)
    block(small, "OLD")

    assert not first
    assert onboarding.linked_by(small, "NEW", "person", "person-1", now=START)


def test_forgetting_destroys_what_came_with_the_application(small: Ledger) -> None:
    apply(small, "C0", identity="ID-1")
    with small.write() as session:
        assert customers.destroy_contact(session, "C0")
    with small.read() as session:
        assert session.get(ApplicationRow, "C0") is None
        assert session.exec(select(TraitRow)).all() == []


# --- the table in the ledger


def test_a_table_is_adopted_once_and_the_old_one_explains_what_it_decided(small: Ledger) -> None:
    apply(small, "C0")
    passed(small, "C0")
    onboarding.conclude(small, "C0", now=at(1), code_version="test")
    other = RULES.model_copy(update={"title": "Other"})
    first, again = (onboarding.adopt(small, other, now=at(2), by="jan") for _ in range(2))

    with small.read() as session:
        now = onboarding_rules.in_force(session)
    assert (first, again, now.version) == (True, False, other.version)
    assert onboarding.standing(small, "C0", now=at(3)).rules.version == RULES.version
    (ended,) = [f.body for f in ledger_facts.history(small, "C0") if isinstance(f.body, Onboarded)]
    assert (ended.row, ended.ruleset) == ("passed", RULES.version)


def test_a_new_table_has_whom_it_concerns_looked_at_again(small: Ledger) -> None:
    apply(small, "C0")
    block(small, "C0", "onboarding")
    with small.read() as session:
        before = session.get_one(CustomerRow, "C0").news
    onboarding.adopt(small, RULES.model_copy(update={"title": "Other"}), now=at(2), by="jan")
    with small.read() as session:
        assert session.get_one(CustomerRow, "C0").news == before + 1


def test_without_an_adopted_table_the_one_that_ships_decides(business: Any) -> None:
    with business.ledger.read() as session:
        assert onboarding_rules.in_force(session) is onboarding_rules.shipped()
    assert {each.check for each in onboarding_rules.shipped().checks} == set(CHECKS)


# --- credit, and two people


def test_credit_is_granted_by_the_row_once_the_policy_is_accepted(small: Ledger) -> None:
    apply(small, "C0", accepts="business", expects=Money.of("50", "EUR"))
    passed(small, "C0")
    assert onboarding.conclude(small, "C0", now=at(6), code_version="test") == "approved"

    (granted,) = [f.body for f in ledger_facts.history(small, "C0") if isinstance(f.body, CreditGranted)]
    assert (f"{granted.limit} {granted.currency}", granted.terms_days) == ("1000.00 EUR", 14)
    assert granted.reason == "row credit of the decision table small applies"


def test_a_policy_that_is_not_adopted_cannot_be_accepted(small: Ledger) -> None:
    with pytest.raises(Refused):
        apply(small, "C0", accepts="nonsense")
    with pytest.raises(Refused):
        onboarding.application_of(small, "C0")


def test_two_people_decide_and_the_task_stays_for_the_second(business: Any) -> None:
    ledger = business.ledger
    four_eyes = RULES.model_copy(update={"second_person_from": {"EUR": Decimal(100)}})
    onboarding.adopt(ledger, four_eyes, now=at(-1), by="maria")
    apply(ledger, "C0", expects=Money.of("500", "EUR"))
    business.send("C0", "onboarding/onboarding", START)
    passed(ledger, "C0", "review")
    business.send("C0", "onboarding_review/task", at(6))

    def decide(by: str, **more: str) -> str:
        said = {"outcome": "approve", "by": by, **more}
        return commands.perform(ledger, "C0", "review_onboarding", said, now=at(7)).words

    credit = {"limit": "900", "currency": "EUR", "terms_days": "14"}
    with pytest.raises(Refused, match="Credit needs the accepted collections policy"):
        decide("maria", **credit)
    words, still = decide("maria"), len(tasks.worklist(ledger))
    unconcluded = onboarding.conclude(ledger, "C0", now=at(7), code_version="test")
    decide("jan")

    assert words == "Decided to approve: a second person has to decide as well."
    assert (still, unconcluded) == (1, None)
    assert tasks.worklist(ledger) == []
    assert onboarding.conclude(ledger, "C0", now=at(8), code_version="test") == "approved"


def test_a_provider_that_contradicts_itself_is_for_a_person(small: Ledger) -> None:
    apply(small, "C0")
    said = [
        Checked(check="identity", outcome=outcome, provider="vendor", ruleset="identity-1")
        for outcome in ("pass", "pass", "fail", "fail")
    ]
    accepted = [onboarding.checked(small, "C0", [body], now=at(1)).accepted for body in said]

    assert accepted == [1, 0, 1, 0]
    assert onboarding.standing(small, "C0", now=at(2)).progress.outcome("identity") == "review"
