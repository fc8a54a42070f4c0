"""Contact law as people meet it: settings, simulation, import, onboarding, and what is shown."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

TEXAN = {
    "customer": {
        "id": "ANNA",
        "segment": "consumer",
        "country": "US",
        "region": "TX",
        "timezone": "America/Chicago",
    },
    "until": "2026-03-31",
    "events": [
        {
            "at": "2026-02-02",
            "type": "invoice_issued",
            "invoice": "A",
            "amount": "90.00",
            "currency": "USD",
            "due_on": "2026-03-02",
        }
    ],
}


def simulated(cli, scenario, *options: str) -> list[str]:
    cli.write("e.json", json.dumps(scenario))
    cli.write("p.yaml", SUNDAYS)
    answer = cli("policy", "simulate", "--policy", "p.yaml", "--events", "e.json", "--json", *options)
    assert (answer.status, answer.err) == (0, "")
    return [line["why"] for line in json.loads(answer.out)["timeline"] if line["kind"] == "held"]


SUNDAYS = """\
policy: home
title: Home
for: {segments: [consumer]}
window: {opens: 10:00, closes: 20:00, weekdays: [sun], holidays: false}
steps:
  - {kind: notice, id: first, offset_days: 6, template: reminder_first}
"""
NOT_BEFORE_NOON = (
    "us.tx.hours for US-TX: outside 12:00 to 21:00 in America/Chicago (vendors' tables of state quiet hours)"
)


def test_a_simulation_has_the_law_that_ships(cli) -> None:
    assert simulated(cli, TEXAN) == [NOT_BEFORE_NOON]


def test_a_deployment_has_a_law_of_its_own(cli, monkeypatch) -> None:
    (cli.folder / "law").mkdir()
    cli.write("law/mine.yaml", "law: mine\ntitle: Mine\nas_of: 2026-11-22\nrules: []\n")
    monkeypatch.setenv("CONTACT_LAW", "law")
    assert simulated(cli, TEXAN) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "law has no .yaml file: name a folder of rules, or leave it out"),
        ("law: mine\n", "law/mine.yaml:1: title: this key is required and missing"),
    ],
)
def test_a_law_that_cannot_be_read_ends_a_command_with_a_sentence(cli, monkeypatch, content, words) -> None:
    (cli.folder / "law").mkdir()
    if content is not None:
        cli.write("law/mine.yaml", content)
    monkeypatch.setenv("CONTACT_LAW", "law")
    answer = cli("dry-run")
    assert answer.status == 1
    assert words in answer.err


MAPPING = """\
dates: [year-month-day]
customer:
  {id: Customer, name: Name, email: Email, segment: {fixed: consumer}, country: Country, region: State}
invoice: {number: Invoice, issued_on: Issued, due_on: Due, amount: Amount, currency: Currency}
"""
ROWS = """\
Customer,Name,Email,Country,State,Invoice,Issued,Due,Amount,Currency
ANNA,Anna,anna@example.com,US,,A,2026-01-05,2026-02-04,90.00,USD
"""


@pytest.fixture
def anna(cli):
    """A consumer of whom an export says the country alone, under the policy for consumers."""
    cli.write("m.yaml", MAPPING)
    cli.write("r.csv", ROWS)
    assert cli("policy", "adopt", str(ROOT / "policies" / "consumer.yaml")).status == 0
    assert cli("import", "r.csv", "--map", "m.yaml").status == 0
    return cli


def test_a_customer_is_shown_with_the_law_and_placed_by_a_person(anna) -> None:
    shown = json.loads(anna("show", "ANNA", "--json").out)["law"]
    assert shown[0] == "where the customer may be: no zone is known"
    assert shown[-1] == "no region of US is known: every region's rules hold, as far as they were read"

    placed = anna("contact", "ANNA", "--timezone", "America/Chicago", "--region", "TX")

    assert placed.out.startswith("ANNA: changed timezone, region")
    answer = anna("show", "ANNA")
    assert "- where the customer may be: America/Chicago\n" in answer.out
    assert "- us.tx.hours for US-TX, by email, sms, call (" in answer.out
    assert "us.ky.hours" not in answer.out


def test_a_place_that_cannot_be_is_refused_with_the_remedy(anna) -> None:
    answer = anna("contact", "ANNA", "--region", "Texas")
    assert (answer.status, answer.out) == (1, "")
    assert "'Texas' is no region of US: write its code of ISO 3166-2, such as US-MA" in answer.err


def test_a_new_customer_is_placed_by_its_application(anna) -> None:
    told = ("--name", "Bo", "--email", "bo@example.com", "--country", "US", "--segment", "consumer")
    assert anna("onboard", "BO", *told, "--region", "NY", "--city", "NYC").status == 0
    shown = json.loads(anna("show", "BO", "--json").out)["law"]
    assert any(line.startswith("us.nyc.contacts for US-NYC") for line in shown)
    wrong = anna("onboard", "CY", *told, "--region", "Texas")
    assert (wrong.status, "no region of US" in wrong.err) == (2, True)


def test_doctor_says_what_of_the_law_nobody_has_read(anna) -> None:
    answer = anna("doctor", "--json")
    law = [each for each in json.loads(answer.out) if each["about"] == "contact law"]
    assert [each["ok"] for each in law] == [True] * len(law)
    assert any("1 customer: no region of US is known" in each["words"] for each in law)


def test_policy_show_moves_steps_by_the_law_of_the_place(cli) -> None:
    """Vendors' tables of state quiet hours: no contact on a Sunday in Mississippi."""
    cli.write("p.yaml", SUNDAYS.replace("[sun]", "[sun, mon]"))
    shown = ("policy", "show", "p.yaml", "--due", "2026-03-02", "--timezone", "America/Chicago")
    answer = cli(*shown, "--country", "US", "--region", "MS")
    assert "Mon 09 Mar 2026  first" in answer.out
    assert "us.ms.sunday for US-MS: no contact on Sunday" in answer.out
