"""Incidents on the command line: from a file or by hand to the response, with what is refused on the way."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import CommandLine

SAMPLES = Path(__file__).parents[2] / "samples" / "incidents"
NOT_WOKEN = "Temporal does not answer: the next sweep wakes the workflow"


@pytest.fixture
def reported(acme: CommandLine) -> tuple[CommandLine, str]:
    answer = acme("incident", "report", "hacking", "--id", "C-7", "--customer", "ACME", "--text", "from hans")
    assert (answer.status, answer.err) == (0, "")
    return acme, answer.out.partition(":")[0]


def test_one_that_is_reported_twice_is_one(reported: Any) -> None:
    cli, incident = reported
    again = cli("incident", "report", "hacking", "--id", "C-7", "--customer", "ACME", "--text", "from hans")
    assert again.out == f"{incident}: was told before\n"
    more = cli("incident", "report", "hacking", "--id", "C-7", "--customer", "ACME", "--severity", "high")
    assert more.out == f"{incident}: was known: noted ({NOT_WOKEN})\n", "it is graver than was known"
    assert cli("incident", "list").out.splitlines()[-1] == "incidents: 1"


def test_from_the_report_to_the_close(reported: Any) -> None:
    cli, incident = reported
    steps = [
        ("acknowledge", incident),
        ("review", incident, "confirmed", "--branch", "attacker"),
        ("approve", incident, "terminate", "--by", "paul"),
        ("act", incident, "terminate"),
        ("respond", incident, "ended for good"),
        ("close", incident),
    ]
    for step in steps:
        answer = cli("incident", *step)
        assert (answer.status, answer.err) == (0, ""), step
        assert NOT_WOKEN in answer.out
    [one] = json.loads(cli("incident", "list", "--all", "--json").out)
    assert (one["state"], one["verdict"], one["actions"]) == ("closed", "confirmed", ["terminate"])
    assert cli("worklist").out == "waiting for a person: 0\n"


def test_what_is_refused_says_why_and_writes_nothing(reported: Any) -> None:
    cli, incident = reported
    before = cli.contents()
    for step, says in (
        (("act", incident, "suspend"), "'suspend' follows a review"),
        (("close", incident), "respond first"),
        (("review", incident, "confirmed"), "Say whether the customer is"),
        (("acknowledge", "inc-0"), "There is no incident 'inc-0'"),
        (("assign", incident), "say whom it is about"),
        (("assign", incident, "--customer", "NOBODY"), "It is about ACME already"),
        (("show", "inc-0"), "There is no incident 'inc-0'"),
    ):
        answer = cli("incident", *step)
        assert (answer.status, answer.out) == (1, ""), step
        assert says in answer.err
    assert cli.contents() == before


def test_show_keeps_personal_data_back_until_it_is_asked_for(reported: Any) -> None:
    cli, incident = reported
    page = cli("incident", "show", incident).out
    assert page.startswith("# Hacking: received\n")
    assert "hans" not in page
    assert "from hans" in cli("incident", "show", incident, "--text").out
    history = json.loads(cli("incident", "show", incident, "--json").out)["history"]
    assert [each["what"] for each in history] == ["assigned", "noticed"]


def test_the_worklist_says_where_it_is_answered(reported: Any) -> None:
    cli, incident = reported
    out = cli("worklist").out
    assert f"ACME incident-response: {incident}: hacking about ACME: fraud_desk is to acknowledge it" in out
    assert f"    starter.py incident show {incident}\n" in out
    refused = cli("task", "ACME", "incident-response")
    assert (refused.status, "No task is open" in refused.err) == (1, True)
    assert f"incident/{incident}" in cli("show", "ACME").out


def test_files_of_vendors_and_emails_are_read(acme: CommandLine) -> None:
    alerts = acme("incident", "read", str(SAMPLES / "alerts.json"), "--format", "graph", "--json")
    [known] = json.loads(alerts.out)
    mail = acme.write(
        "notice.eml",
        "From: x@y.example\nSubject: mining\n\nsubscription 6f0c2b1e-7d1a-4c55-9f0b-2a8f4be0c001,"
        " event 6f0c2b1e-7d1a-4c55-9f0b-2a8f4be0c001_93b6c0de-5a7e-4a34-8c11-7d20c9d5e001\n",
    )
    told = acme("incident", "read", str(mail), "--format", "mail")
    assert told.out == f"{known['incident']}: was known: noted\n"


@pytest.mark.parametrize(
    ("name", "content", "format", "says"),
    [
        ("x.json", "nothing", "graph", "this is no JSON"),
        ("x.json", "[{}]", "partner_center", "event 1 has no eventId"),
        ("x.eml", "hello", "mail", "this is no email"),
    ],
)
def test_a_file_that_cannot_be_read_is_wrong_usage(
    acme: CommandLine, name: str, content: str, format: str, says: str
) -> None:
    answer = acme("incident", "read", str(acme.write(name, content)), "--format", format)
    assert (answer.status, says in answer.err) == (2, True)


def test_a_playbook_that_suspends_by_itself_is_refused_with_its_line(cli: CommandLine) -> None:
    assert "mining: fraud_desk, fraud_lead, finance_lead" in cli("incident", "playbooks").out
    shipped = SAMPLES.parents[1] / "policies" / "incidents" / "playbooks.yaml"
    text = shipped.read_text(encoding="utf-8").replace(
        "block_orders, after: contain", "suspend, after: contain", 1
    )
    answer = cli("incident", "playbooks", "--check", str(cli.write("mine.yaml", text)))
    assert answer.status == 1
    assert "'suspend' is never done while nobody answers" in answer.err
    assert answer.err.startswith("mine.yaml:")
