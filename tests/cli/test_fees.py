"""Fees on the command line: booked as proposed, waived, cancelled; and simulated."""

import json
import shlex
from datetime import UTC, datetime, timedelta

import pytest

from commandline.session import open_ledger
from domain.clock import BusinessClock
from settings import Settings
from store import claims, clock
from store.tables import CustomerRow
from tests.cli.conftest import ROOT, TODAY

INTEREST = """
interest:
  basis: contract
  clause: General terms, section 7
  annual_percent: 12
  propose_at: 30
"""
NOT_WOKEN = "Temporal does not answer: the next sweep wakes the workflow"


@pytest.fixture
def agreed(acme):
    """ACME, who owes 100.00 EUR since 2026-02-04 under a policy with agreed interest."""
    text = (ROOT / "policies" / "business.yaml").read_text(encoding="utf-8")
    answer = acme("policy", "adopt", str(acme.write("business.yaml", text + INTEREST)))
    assert answer.status == 0, answer.err
    return acme


def test_without_interest_in_the_policy_nothing_is_booked(acme):
    answer = acme("fee", "book", "ACME", "INV-1", "--kind", "interest")
    assert (answer.status, answer.out) == (1, "")
    assert "The policy asks for no interest or fees." in answer.err


def test_interest_is_booked_waived_and_cancelled(agreed):
    """100.00 × 12 % × 6/365 = 0.20."""
    booked = agreed("fee", "book", "ACME", "INV-1", "--kind", "interest", "--due", "2026-02-28")
    assert booked.out == f"ACME: Booked interest of 0.20 EUR on INV-1 as INV-1-I1. ({NOT_WOKEN})\n"
    assert "INV-1-I1: 0.20 EUR, due 28 Feb 2026" in agreed("show", "ACME").out
    waived = agreed("fee", "waive", "ACME", "INV-1-I1", "--amount", "0.15", "--reason", "goodwill")
    assert waived.out.startswith("ACME: Waived 0.15 of INV-1-I1: goodwill.")
    cancelled = agreed("fee", "cancel", "ACME", "INV-1-I1", "--reason", "never agreed")
    assert cancelled.out.startswith("ACME: Cancelled INV-1-I1: never agreed.")
    again = agreed("fee", "cancel", "ACME", "INV-1-I1", "--reason", "never mind")
    assert (again.status, "No fee is booked." in again.err) == (1, True)


def test_more_than_is_proposed_takes_a_reason(agreed):
    line = ("fee", "book", "ACME", "INV-1", "--kind", "interest", "--amount", "5.00")
    refused, booked = agreed(*line), agreed(*line, "--reason", "agreed by letter")
    assert (refused.status, booked.status) == (1, 0)
    assert "5.00 EUR is more than the 0.20 EUR that can be asked for on INV-1: give a reason" in refused.err


def test_the_worklist_names_the_command_that_books_a_proposal(agreed):
    ledger, late = open_ledger(Settings.from_env()), TODAY + timedelta(days=30)
    begun = claims.begin(ledger, "ACME", "interest/task", now=late, code_version="t")
    claims.confirm(ledger, "ACME", begun.message, state="sent", now=late, code_version="t")
    (task,) = [each for each in json.loads(agreed("worklist", "--json").out) if each["step"] == "interest"]
    assert task["why"].startswith("1.18 EUR interest on INV-1 to 2026-03-12: 100.00 EUR × 12")
    assert task["command"] == "starter.py fee book ACME INV-1 --kind KIND"
    done = agreed(*shlex.split(task["command"].replace("KIND", "interest"))[1:])
    assert done.status == 0
    assert agreed("worklist").out == "waiting for a person: 0\n"


def test_a_simulation_proposes_by_the_tables_that_ship(acme):
    """The UK example through `policy simulate`: 193.15 and 100. Source: collections-practice.md, 7.2."""
    text = (ROOT / "policies" / "business.yaml").read_text(encoding="utf-8")
    law = "interest: {basis: statutory, compensation: true, propose_at: 60}\n"
    policy = acme.write("uk.yaml", f"{text}\n{law}")
    issued = {"type": "invoice_issued", "invoice": "INV-1", "amount": "10000.00", "currency": "GBP"}
    scenario = {
        "customer": {"id": "c-1", "country": "GB", "timezone": "Europe/London"},
        "until": "2026-11-05",
        "events": [{"at": "2026-08-01", "due_on": "2026-08-31", **issued}],
    }
    events = acme.write("events.json", json.dumps(scenario))
    answer = acme("policy", "simulate", "--policy", str(policy), "--events", str(events), "--json")
    lines = [line for line in json.loads(answer.out)["timeline"] if line["step"] == "interest"]
    assert [(line["at"], line["debts"], line["rule"]) for line in lines] == [
        ("2026-10-30T09:00:00Z", {"INV-1": "293.15"}, "task.interest")
    ]


LAW = "interest: {basis: statutory, propose_at: 30}\n"


@pytest.mark.parametrize(
    ("today", "says"),
    [
        ("2026-05-20", "ok  rates: interest by law for NL"),
        ("2026-12-05", "BAD rates: policies/rates/eu.yaml will lack row eu-2027-h1 within 30 days"),
        ("2027-01-05", "BAD rates: policies/rates/eu.yaml lacks row eu-2027-h1"),
    ],
)
def test_doctor_asks_for_the_next_row_a_month_before(acme, today, says):
    text = (ROOT / "policies" / "business.yaml").read_text(encoding="utf-8")
    acme("policy", "adopt", str(acme.write("business.yaml", f"{text}\n{LAW}")))
    assert "BAD rates: policies/rates/de.yaml lacks row de-2026-h1" in acme("doctor").out
    ledger = open_ledger(Settings.from_env())
    with ledger.write() as session:
        session.get_one(CustomerRow, "ACME").country = "NL"
    at = datetime.fromisoformat(f"{today}T09:00").replace(tzinfo=UTC)
    clock.set_clock(ledger, BusinessClock(real_at=datetime.now(UTC), business_at=at))
    assert says in acme("doctor").out


def test_doctor_asks_for_no_rates_where_no_policy_needs_them(acme):
    assert "rates" not in acme("doctor").out
