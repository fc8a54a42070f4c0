"""The demo's customers who order: what the engine does with them."""

from datetime import timedelta

from demo.credit import ordering
from demo.sample import DAYS, POLICIES, START_ON
from domain.documents import read
from domain.facts import Onboarded
from domain.policy import Policy
from domain.simulation.play import simulate
from domain.simulation.timeline import Outcome
from tests.demo.test_sample import outcome_of_ours

BUSINESS = read(POLICIES[0].read_text(encoding="utf-8"), model=Policy, name="business.yaml")


def played(name: str) -> Outcome:
    each = next(each for each in ordering() if each.customer.id == name)
    history = list(each.facts)
    if each.application is not None:
        last_at = max(fact.learned_at for fact in history if fact.happened_on <= START_ON + timedelta(days=1))
        verified = Onboarded(outcome="approved_prepayment")
        history.append(outcome_of_ours(0, last_at + timedelta(minutes=1), verified))
    return simulate(BUSINESS, each.customer, history, START_ON + timedelta(days=DAYS))


def days(outcome: Outcome) -> list[str]:
    done = [line for line in outcome.lines if line.kind == "effect" and line.effect != "onboard"]
    return [f"{(line.at.date() - START_ON).days} {line.step}" for line in done]


def test_a_customer_who_was_approved_with_prepayment_prepays_and_its_deposit_pays_the_first_invoice() -> None:
    outcome = played("VOLTA")
    assert [line for line in days(outcome) if "onboarding" not in line] == [
        "3 request-deposit",
        "3 deposit-request",
        "3 await-deposit",
        "9 provision-order",
        "21 apply-deposit",
    ]
    assert not any(debt.open for debt in outcome.account.debts)


def test_a_customer_whose_limit_is_used_up_waits_until_a_payment_makes_room() -> None:
    outcome = played("ARCHIMEDES")
    assert [line for line in days(outcome) if "note-exposure" not in line] == [
        "2 credit-70",
        "7 credit-100",
        "8 block-orders",
        "17 unblock-orders",
        "17 provision-order",
    ]
    held = {line.reason.rule for line in outcome.lines if line.step == "provision-order" and line.reason}
    assert "order.blocked" in held
