"""Each update that docs/finance.md shows is taken by the ledger, as it stands there."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from domain.commands import COMMANDS
from domain.customer import Customer
from domain.documents import read
from domain.facts import InvoiceIssued
from domain.policy import Policy
from settings import ROOT
from store import commands, customers, doors, policies
from store.customers import ContactData
from store.database import Ledger, migrate
from store.errors import Refused
from store.facts import NewFact
from tests.docs.test_docs_examples import UPDATES

NOW = datetime(2026, 12, 10, 10, tzinfo=UTC)
DUE = date(2026, 12, 1)

BEFORE = {
    "resume": ["pause"],
    "end_exemption": ["exempt"],
    "release": ["hold"],
    "opt_in": ["opt_out"],
    "end_use_policy": ["use_policy"],
    "end_plan": ["agree_plan"],
    "resolve_dispute": ["dispute"],
    "undo_write_off": ["write_off"],
    "take_back": ["hand_over"],
    "end_credit": ["grant_credit"],
    "cancel_order": ["place_order"],
    "revoke_access": ["request_access"],
    "unblock_orders": ["block_orders"],
    "request_deposit": ["place_order"],
}
"""The updates that lead up to one."""


NOT_NOW = {
    "adopt_policy": "No case is open",
    "approve": "Nothing waits for approval",
    "complete_task": "No task is open",
    "snooze_task": "No task is open",
    "reassign_task": "No task is open",
    "suspend": "Nobody is suspended without warning",
    "reactivate": "The service is not suspended",
    "book_fee": "The policy asks for no interest or fees",
    "waive_fee": "No fee is open",
    "cancel_fee": "No fee is booked",
    "enter_code": "No code is waited for",
    "review_onboarding": "Nobody is being verified here",
    "called_back": "Nobody is being verified here",
    "grant_access": "Reader on SUB-1 is not granted",
    "apply_deposit": "No deposit has money left",
    "refund_deposit": "No deposit has money left",
}
"""What makes no sense for who owes one invoice; as commands, test_examples_are_run.py has them taken."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("updates") / "ledger.db"
    migrate(f"sqlite:///{file}")
    ledger = Ledger(f"sqlite:///{file}", durable=False)
    for name in ("business", "consumer"):
        text = (ROOT / "policies" / f"{name}.yaml").read_text(encoding="utf-8")
        policies.adopt(ledger, read(text, model=Policy, name=name), now=NOW, by="test")
    with ledger.write() as session:
        acme = Customer(id="ACME", currency="EUR", country="DE", timezone="Europe/Berlin")
        customers.add(session, acme, ContactData(name="Acme Ltd"), now=NOW)
    body = InvoiceIssued(invoice="INV-1042", amount="1000.00", currency="EUR", due_on=DUE)
    doors.record(ledger, "ACME", [NewFact(source="test", id="1", happened_on=DUE, body=body)], now=NOW)
    ledger.close()
    return file


@pytest.fixture
def ledger(template: Path, tmp_path: Path) -> Iterator[Ledger]:
    copy = shutil.copy(template, tmp_path / "ledger.db")
    ledger = Ledger(f"sqlite:///{copy}", durable=False)
    yield ledger
    ledger.close()


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in NOT_NOW])
def test_an_update_of_the_guide_is_taken_and_a_second_time_is_nothing_new(ledger: Ledger, name: str) -> None:
    for each in [*BEFORE.get(name, []), name]:
        done = commands.perform(ledger, "ACME", each, UPDATES[each], now=NOW)
    assert not done.already
    assert commands.perform(ledger, "ACME", name, UPDATES[name], now=NOW).already


@pytest.mark.parametrize("name", NOT_NOW)
def test_an_update_of_the_guide_that_makes_no_sense_is_refused_with_the_reason(
    ledger: Ledger, name: str
) -> None:
    with pytest.raises(Refused) as refused:
        commands.perform(ledger, "ACME", name, UPDATES[name], now=NOW)
    assert str(refused.value).startswith(NOT_NOW[name])
