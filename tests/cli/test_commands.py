"""Each command once, on a ledger with one customer, while no Temporal answers."""

import json
import re
import shlex
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import typer

import starter
from domain.clock import BusinessClock
from domain.facts import Checked
from store import claims, clock, onboarding, sweep, switches, verifications
from store.database import Ledger
from store.tables import TaskRow
from tests.cli.conftest import HEADER, MAPPING, ROW

ROOT = Path(__file__).parents[2]
TODAY = datetime(2026, 2, 10, 9, tzinfo=UTC)
NOT_WOKEN = "Temporal does not answer: the next sweep wakes the workflow"


def commands(group: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    for word, command in group.commands.items():
        path = f"{name} {word}".strip()
        if hasattr(command, "commands"):
            if command.invoke_without_command:
                yield path, command
            yield from commands(command, path)
        else:
            yield path, command


COMMANDS = dict(commands(typer.main.get_command(starter.app)))
ROWS = re.findall(
    r"^\| `([a-z -]+)` \| (.+) \| `(.+)` \|$", (ROOT / "docs" / "commands.md").read_text(), re.MULTILINE
)
EXAMPLES = {name: example for name, _, example in ROWS}


# --- help and documentation


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_everything_that_it_takes_is_explained(name: str) -> None:
    command = COMMANDS[name]
    assert re.fullmatch(r"[A-Z].{20,}[.]", command.help, re.DOTALL), f"{name}: {command.help}"
    for taken in command.params:
        assert taken.help, f"{name}: {taken.opts} has no help"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_the_explanation(cli, name: str) -> None:
    answer = cli(*name.split(), "--help")
    assert (answer.status, answer.err) == (0, "")
    assert COMMANDS[name].help.split("\n")[0][:60] in re.sub(r"\s+", " ", answer.out)


def test_the_documentation_has_exactly_the_commands_that_there_are() -> None:
    assert [name for name, _, _ in ROWS] == list(COMMANDS)


def test_a_command_that_a_message_or_a_guide_names_is_there() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*.py")]
    for folder in ("activities", "demo", "domain", "providers", "replay", "store", "workflows"):
        pages += (ROOT / folder).glob("**/*.py")
    for page in pages:
        for words in re.findall(r"starter\.py ([a-z-]+(?: [a-z-]+)?)", page.read_text(encoding="utf-8")):
            assert words in COMMANDS or words.split()[0] in COMMANDS, f"{page.name}: {words}"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_documented_example_is_one_that_the_command_takes(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    program, *words = shlex.split(EXAMPLES[name])
    assert (program, words[: len(name.split())]) == ("starter.py", name.split())
    COMMANDS[name].make_context(name, words[len(name.split()) :])


def test_without_a_command_there_is_help_and_wrong_usage(cli) -> None:
    answer = cli()
    assert answer.status == 2
    assert "Usage: starter.py" in answer.out + answer.err


# --- facts


def test_an_invoice_is_recorded_once(acme) -> None:
    line = ("invoice", "ACME", "INV-2", "49.90", "EUR", "--due", "2026-03-04", "--issued", "2026-02-02")
    first, second = acme(*line), acme(*line)
    assert (first.status, first.out) == (0, f"ACME: recorded invoice:INV-2 ({NOT_WOKEN})\n")
    assert (second.status, second.out) == (0, "ACME: already recorded: invoice:INV-2\n")


def test_an_invoice_in_instalments_ages_by_each_of_them(acme) -> None:
    parts = ("--instalment", "2026-01-31:30.00", "--instalment", "2026-04-30:20.00")
    line = ("invoice", "ACME", "INV-2", "50.00", "EUR", "--due", "2026-01-31", "--issued", "2026-01-02")
    assert acme(*line, *parts).status == 0
    euros = json.loads(acme("report", "ageing", "--json").out)["currencies"]["EUR"]
    assert (euros["d1_30"], euros["current"]) == ("130.00", "20.00")
    assert "- INV-2 instalment 1: 30.00 EUR, due 31 Jan 2026" in acme("show", "ACME").out


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (["2026-01-31:30.00"], "--instalment: the instalments add up to 30.00, and the invoice to 50.00"),
        (["2026-01-31"], "'2026-01-31' is no instalment: write it like 2026-03-31:100.00"),
        (["2026-01-31:50.001"], "amount: 50.001 EUR: EUR has 2 decimals"),
    ],
)
def test_wrong_instalments_are_refused_with_a_sentence(acme, parts: list[str], words: str) -> None:
    before = acme.contents()
    options = [option for part in parts for option in ("--instalment", part)]
    answer = acme("invoice", "ACME", "INV-2", "50.00", "EUR", "--due", "2026-03-04", *options)
    assert answer.status == 2
    assert words in " ".join(answer.err.replace("│", " ").split())
    assert acme.contents() == before


def test_a_payment_counts_once(acme) -> None:
    line = ("pay", "ACME", "40.00", "EUR", "--payment", "P-1", "--on", "2026-02-10")
    first, second = acme(*line), acme(*line)
    assert (first.status, first.out) == (0, f"ACME: recorded payment:P-1 ({NOT_WOKEN})\n")
    assert (second.status, second.out) == (0, "ACME: already recorded: payment:P-1\n")
    ageing = json.loads(acme("report", "ageing", "--json").out)
    assert ageing["currencies"]["EUR"]["total"] == "60.00"


def test_a_card_is_recorded_and_removed_once_a_day(acme) -> None:
    first = acme("card", "ACME", "pm_1Nqz", "--network", "visa")
    assert (first.status, first.err) == (0, "")
    assert "recorded card:ACME:pm_1Nqz:" in first.out
    assert "already recorded" in acme("card", "ACME", "pm_1Nqz", "--network", "visa").out
    assert "recorded card-removed:ACME:pm_1Nqz:" in acme("card", "ACME", "pm_1Nqz", "--remove").out


@pytest.mark.parametrize("number", ["4242424242424242", "4242 4242 4242 4242", "5555-5555-5555-4444"])
def test_a_card_number_never_comes_into_the_ledger(acme, number: str) -> None:
    before = acme.contents()
    answer = acme("card", "ACME", number)
    assert (answer.status, answer.out) == (2, "")
    assert "looks like a card number" in answer.err
    assert "4242" not in answer.err
    assert acme.contents() == before


def test_the_same_payment_with_another_amount_is_refused(acme) -> None:
    acme("pay", "ACME", "40.00", "EUR", "--payment", "P-1")
    before = acme.contents()
    answer = acme("pay", "ACME", "41.00", "EUR", "--payment", "P-1")
    assert answer.status == 1
    assert "payment:P-1: recorded already, with another content" in answer.err
    assert acme.contents() == before


# --- what finance decides


def test_a_pause_holds_until_it_is_resumed(acme) -> None:
    paused = acme("pause", "ACME", "--reason", "asked for time", "--to", "2026-12-31")
    assert (paused.status, paused.out) == (
        0,
        f"ACME: Paused until 2026-12-31: asked for time. ({NOT_WOKEN})\n",
    )
    assert "paused until 2026-12-31: asked for time" in acme("show", "ACME").out
    again = acme("pause", "ACME", "--reason", "asked for time", "--to", "2026-12-31")
    assert (again.status, again.out) == (0, "ACME: Already done: paused until 2026-12-31: asked for time.\n")
    assert acme("resume", "ACME").out == f"ACME: Resumed. ({NOT_WOKEN})\n"
    assert acme("resume", "ACME").out == "ACME: Already done: resumed.\n"


def test_nothing_is_resumed_that_was_not_paused(acme) -> None:
    answer = acme("resume", "ACME")
    assert (answer.status, answer.out, answer.err) == (1, "", "ACME: Nothing is paused.\n")


def test_an_exemption_ends_when_it_is_ended(acme) -> None:
    begun = acme("exempt", "ACME", "--reason", "strategic account", "--invoice", "INV-1")
    assert (begun.status, begun.err) == (0, "")
    assert "strategic account" in acme("show", "ACME").out
    ended = acme("exempt", "ACME", "--reason", "no longer", "--invoice", "INV-1", "--end")
    assert (ended.status, ended.err) == (0, "")
    assert acme("exempt", "ACME", "--reason", "no longer", "--end").status == 1


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("approve ACME", "ACME: Nothing waits for approval"),
        ("suspend ACME --reason late", "ACME: Nobody is suspended without warning: "),
        ("reactivate ACME --reason agreed", "ACME: The service is not suspended."),
        ("exempt ACME --reason x --end", "ACME: Nothing is exempt."),
        ("exempt ACME --reason x --invoice INV-9", "ACME: Invoice INV-9 is not known for this customer."),
        (
            "pause ACME --reason x --to 2020-01-31",
            "ACME: The pause would end on 2020-01-31, before it begins",
        ),
    ],
)
def test_what_makes_no_sense_now_is_refused_with_a_sentence(acme, line: str, sentence: str) -> None:
    before = acme.contents()
    answer = acme(*shlex.split(line))
    assert (answer.status, answer.out) == (1, "")
    assert answer.err.startswith(sentence), answer.err
    assert acme.contents() == before


@pytest.fixture
def large(acme):
    """ACME owes what needs approval, and the task to give it is open."""
    acme("invoice", "ACME", "INV-2", "5000.00", "EUR", "--due", "2026-02-04", "--issued", "2026-01-05")
    ledger = Ledger(f"sqlite:///{acme.ledger}")
    with ledger.write() as session:
        why = "5100.00 EUR needs approval"
        session.add(
            TaskRow(
                customer_id="ACME", step="approve", kind="approval", why=why, opened_at=TODAY, message="m"
            )
        )
    ledger.close()
    return acme


@pytest.mark.parametrize(
    ("line", "words", "outcome"),
    [
        ("", "Approved what waited for approval.", "approved"),
        ("--step suspend", "Approved suspend.", "approved"),
        (
            "--reject 'they pay soon'",
            "Did not approve what waited for approval: they pay soon.",
            "rejected: they pay soon",
        ),
        ("--step suspend --reject no", "Did not approve suspend: no.", "rejected: no"),
    ],
)
def test_an_approval_is_given_or_refused_in_so_many_words(large, line: str, words: str, outcome: str) -> None:
    answer = large("approve", "ACME", *shlex.split(line), "--by", "petra")
    assert (answer.status, answer.out) == (0, f"ACME: {words} ({NOT_WOKEN})\n")
    ((task,), journal) = (large.contents()["tasks"], large.contents()["journal"])
    assert {outcome, "petra"} <= set(task)
    said = f"{words[0].lower()}{words[1:]}".removesuffix(".")
    assert any(said in row and "petra" in row for row in journal)


def test_a_task_that_is_an_approval_is_not_ticked_off(large) -> None:
    before = large.contents()
    answer = large("task", "ACME", "approve", "--outcome", "seen")
    assert (answer.status, answer.out) == (1, "")
    assert answer.err.startswith("ACME: An approval ends with an answer: use approve, or")
    assert large.contents() == before


def test_an_approval_may_change_its_mind_on_one_day(large) -> None:
    lines = [(), ("--reject", "no"), ()]
    assert [large("approve", "ACME", *line).out.partition(" ")[2].partition(" ")[0] for line in lines] == [
        "Approved",
        "Did",
        "Approved",
    ]
    assert "Already done: approved" in large("approve", "ACME").out


def test_a_plan_is_agreed_on_and_ended(acme) -> None:
    line = ("plan", "ACME", "--instalment", "2026-03-10:40.00", "--instalment", "2026-04-10:40.00")
    first, second = acme(*line), acme(*line)
    rest = "20.00 EUR are not in the plan, and are chased as before."
    told = f"ACME: Agreed on 2 instalments of 80.00 in all: {rest} ({NOT_WOKEN})\n"
    assert (first.status, first.out) == (0, told)
    assert second.out == "ACME: Already done: agreed on 2 instalments of 80.00 in all.\n"
    shown = acme("show", "ACME").out
    assert "- Pays 80.00 EUR in 2 instalments until 2026-04-10" in shown
    assert "- INV-1: 20.00 EUR, due 4 Feb 2026" in shown
    assert "- INV-1 plan 2026-02-10 instalment 1: 40.00 EUR, due 10 Mar 2026" in shown
    assert acme("plan", "ACME", "--end").out == f"ACME: Ended the instalment plan. ({NOT_WOKEN})\n"
    refused = acme("plan", "ACME", "--end", "--currency", "USD")
    assert (refused.status, refused.err) == (1, "ACME: No instalment plan is current.\n")
    assert acme(*line).out.startswith("ACME: Agreed on")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ((), "--instalment: say which, like --instalment 2026-03-31:100.00"),
        (("--end", "--instalment", "2026-03-10:40.00"), "--instalment: a plan that ends has none"),
        (("--instalment", "2026-03-10:40.00", "--reason", "r"), "--reason: only the end of a plan has one"),
    ],
)
def test_a_plan_is_agreed_on_or_ended_and_not_both(acme, line: tuple[str, ...], words: str) -> None:
    answer = acme("plan", "ACME", *line)
    assert answer.status == 2
    assert words in answer.err


def test_a_disputed_invoice_rests_until_the_dispute_is_resolved(acme) -> None:
    line = ("dispute", "ACME", "INV-1", "--id", "D-7", "--amount", "100.00")
    first, second = acme(*line), acme(*line)
    assert (first.status, first.out) == (0, f"ACME: Noted dispute D-7 of INV-1. ({NOT_WOKEN})\n")
    assert second.out == "ACME: Already done: noted dispute D-7 of INV-1.\n"
    assert acme("dry-run").out.endswith("would go out now: 0\n")
    ended = acme("dispute", "ACME", "INV-1", "--id", "D-7", "--resolve", "--outcome", "won")
    assert (ended.status, ended.out) == (0, f"ACME: Resolved dispute D-7: won. ({NOT_WOKEN})\n")
    assert acme("dry-run").out.endswith("would go out now: 1\n")


def test_a_write_off_may_be_taken_back(acme) -> None:
    assert acme("write-off", "ACME", "INV-1").out == f"ACME: Wrote off INV-1. ({NOT_WOKEN})\n"
    assert acme("show", "ACME").out.startswith("Nothing overdue\n")
    undone = acme("write-off", "ACME", "INV-1", "--undo")
    assert undone.out == f"ACME: Took back the write-off of INV-1. ({NOT_WOKEN})\n"
    assert acme("show", "ACME").out.startswith("Overdue: 100.00 EUR since 4 Feb 2026\n")


# --- what waits for a person


@pytest.fixture
def ledger(acme) -> Iterator[Ledger]:
    ledger = Ledger(f"sqlite:///{acme.ledger}")
    yield ledger
    ledger.close()


def test_the_worklist_says_what_ends_each_task(acme, ledger) -> None:
    waiting = [
        ("ACME", "call", "call", "call task call: 15 days past due"),
        ("ACME", "approve", "approval", "6000.00 EUR needs approval"),
        ("ACME", "unreachable", "contact", "nobody can be reached"),
        ("ACME", "onboarding_review", "review", "the check came out as review"),
        (None, "blast", "approval", "501 effects within the hour exceed 500"),
    ]
    with ledger.write() as session:
        for customer, step, kind, why in waiting:
            session.add(TaskRow(customer_id=customer, step=step, kind=kind, why=why, opened_at=TODAY))
            session.flush()
    link = "       http://127.0.0.1:8233/namespaces/default/workflows/customer%2FACME"
    assert acme("worklist").out.splitlines() == [
        "Quick wins (3)",
        "    2  ACME approve: 6000.00 EUR needs approval",
        "       approval since 10 Feb 2026, due by 10 Feb 2026 17:00",
        "       one answer, and the engine goes on by itself",
        "       starter.py approve ACME",
        link,
        "    1  ACME call: 15 days past due",
        "       call since 10 Feb 2026, due by 11 Feb 2026 17:00",
        "       100.00 EUR overdue for 6 days, and nothing speaks against a payment",
        "       starter.py task ACME call",
        link,
        "    4  ACME onboarding_review: the check came out as review",
        "       review since 10 Feb 2026, due by 12 Feb 2026 17:00",
        "       100.00 EUR overdue for 6 days, and nothing speaks against a payment",
        "       starter.py review ACME OUTCOME",
        link,
        "At risk (2)",
        "    5  everybody blast: 501 effects within the hour exceed 500",
        "       approval since 10 Feb 2026, due by 10 Feb 2026 17:00",
        "       it is about the whole ledger: every customer may wait for it",
        "       1 effects for 1 customers wait: reminder_first by email 1",
        f"       {acme('dry-run').out.splitlines()[0]}",
        "       starter.py go --allow-blast --up-to 1",
        "    3  ACME unreachable: nobody can be reached",
        "       contact since 10 Feb 2026, due by 11 Feb 2026 17:00",
        "       nobody there hears from us, so no warning counts: 100.00 EUR overdue",
        "       starter.py contact ACME --email ADDRESS && starter.py task ACME unreachable",
        link,
        "waiting for a person: 5",
    ]
    listed = json.loads(acme("worklist", "--json").out)
    assert listed[1] == {
        "task": 1,
        "customer": "ACME",
        "step": "call",
        "kind": "call",
        "since": "2026-02-10T09:00:00+00:00",
        "why": "15 days past due",
        "debts": {},
        "owner": None,
        "snoozed_until": None,
        "due_at": "2026-02-11T17:00:00+00:00",
        "late": False,
        "rank": 2,
        "group": "quick wins",
        "reason": {
            "rule": "quick.small",
            "values": {"overdue": "100.00 EUR", "days": "6"},
            "words": "100.00 EUR overdue for 6 days, and nothing speaks against a payment",
        },
        "overdue": {"EUR": "100.00"},
        "overdue_since": "2026-02-04",
        "command": "starter.py task ACME call",
        "workflow": "customer/ACME",
        "link": link.strip(),
    }
    for line in listed:
        assert line["command"].split()[1] in COMMANDS
    held = listed[3]["waits"]
    assert (held["customers"], held["effects"], held["codes"]) == (1, 1, 0)
    assert held["list"] == json.loads(acme("dry-run", "--json").out)


def test_a_task_that_is_done_leaves_the_worklist(acme, ledger) -> None:
    acme("invoice", "ACME", "INV-2", "5000.00", "EUR", "--due", "2026-02-04", "--issued", "2026-01-05")
    late = TODAY + timedelta(days=40)
    begun = claims.begin(ledger, "ACME", "call/task", now=late, code_version="t")
    claims.confirm(ledger, "ACME", begun.message, state="sent", now=late, code_version="t")
    (waiting,) = json.loads(acme("worklist", "--json").out)
    assert waiting["why"].startswith("46 days past due")
    done = acme(*shlex.split(waiting["command"])[1:], "--outcome", "will pay")
    assert done.out == f"ACME: Completed call: will pay. ({NOT_WOKEN})\n"
    assert acme("worklist").out == "waiting for a person: 0\n"
    again = acme("task", "ACME", "call", "--outcome", "once more")
    assert (again.status, again.err) == (1, "ACME: No task is open.\n")


def test_a_new_customer_enters_the_code_of_the_message(acme, ledger) -> None:
    acme("onboard", "NEWCO", "--name", "Newco", "--email", "a@newco.example", "--phone", "+442079460123")
    before_the_code = "identifiers mail_domain velocity links region sanctions phone_line".split()
    passed = [Checked(check=name, outcome="pass", provider="t", ruleset="t") for name in before_the_code]
    onboarding.checked(ledger, "NEWCO", passed, now=TODAY)
    at_work = timedelta(seconds=10)
    sent = verifications.begin(ledger, "NEWCO", now=TODAY, at_work=at_work, code_version="t")
    verifications.confirm(
        ledger,
        "NEWCO",
        sent.attempt,
        provider="t",
        provider_ref="m-1",
        bounced=False,
        now=TODAY,
        code_version="t",
    )
    wrong = "000000" if sent.code != "000000" else "111111"
    refused, again = acme("enter-code", "NEWCO", wrong), acme("enter-code", "NEWCO", wrong)
    words = "That code is wrong: 4 tries are left."
    assert (refused.status, refused.out, refused.err) == (1, "", f"NEWCO: {words} ({NOT_WOKEN})\n")
    assert (again.status, again.err) == (1, f"NEWCO: Entered already: {words}\n")
    right = acme("enter-code", "NEWCO", f"{sent.code[:3]} {sent.code[3:]}")
    assert (right.status, right.err) == (0, "")
    assert "The code is right." in right.out


def test_a_person_decides_about_a_new_customer(acme) -> None:
    acme("onboard", "NEWCO", "--name", "Newco", "--email", "a@newco.example")
    decided = acme("review", "NEWCO", "approve_prepayment", "--note", "called back", "--by", "petra")
    assert decided.out == f"NEWCO: Decided to approve with prepayment: called back. ({NOT_WOKEN})\n"


def test_who_decided_stands_in_the_journal(acme) -> None:
    acme("pause", "ACME", "--reason", "asked for time", "--to", "2026-12-31", "--by", "petra")
    actors = [row for row in acme.contents()["journal"] if "petra" in row]
    assert len(actors) == 1


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("limit 20",), "the limit of the blast guard is 20 an hour, before it was 500"),
        (("go-live 2026-02-01",), "the day of going live is 2026-02-01, before it was 2026-01-01"),
        (("stop --reason typo",), "stopped: typo"),
        (("go",), "go"),
        (("dispute ACME INV-1 --id D-7",), "noted dispute D-7 of INV-1"),
        (("dispute ACME INV-1 --id D-7", "dispute ACME INV-1 --id D-7 --resolve"), "resolved dispute D-7"),
        (("write-off ACME INV-1",), "wrote off INV-1"),
        (("write-off ACME INV-1", "write-off ACME INV-1 --undo"), "took back the write-off of INV-1"),
    ],
    ids=lambda each: each[-1] if isinstance(each, tuple) else "",
)
def test_every_decision_has_its_author(acme, lines: tuple[str, ...], said: str) -> None:
    *before, last = lines
    for line in before:
        acme(*shlex.split(line))
    lines_before = len(acme.contents()["journal"])
    assert acme(*shlex.split(last), "--by", "petra").status == 0
    (written,) = acme.contents()["journal"][lines_before:]
    assert {said, "petra"} <= {value for value in written if isinstance(value, str)}


def test_to_look_at_a_switch_or_leave_it_where_it_is_writes_nothing(acme) -> None:
    before = acme.contents()
    lines = ("limit", "go-live", "limit 500", "go-live 2026-01-01")
    assert [acme(*line.split()).status for line in lines] == [0, 0, 0, 0]
    assert acme.contents() == before


# --- everybody


def test_contact_data_is_changed_once_and_never_shown(acme) -> None:
    line = ("contact", "ACME", "--email", "new@ACME.example", "--phone", "030 123456")
    first, second = acme(*line), acme(*line)
    assert (first.status, first.out) == (0, f"ACME: changed email, phone ({NOT_WOKEN})\n")
    assert (second.status, second.out) == (0, "ACME: known already\n")
    (row,) = acme.contents()["contact_data"]
    assert row[2:4] == ("new@acme.example", "+4930123456")
    shown = acme("contact", "ACME").out
    assert shown.splitlines() == [
        "name: known",
        "email: known",
        "phone: known",
        "address: not known",
        "vat id: not known",
    ]
    assert json.loads(acme("contact", "ACME", "--json").out)["known"]["phone"] is True


def test_an_empty_value_takes_an_address_away(acme) -> None:
    assert acme("contact", "ACME", "--email", "").out == f"ACME: changed email ({NOT_WOKEN})\n"
    assert "email: not known" in acme("contact", "ACME").out


def test_a_customer_is_forgotten_once_nothing_is_open(acme) -> None:
    refused = acme("forget", "ACME")
    assert (refused.status, refused.err.count("is open")) == (1, 1)
    assert "email: known" in acme("contact", "ACME").out
    acme("write-off", "ACME", "INV-1")
    assert acme("forget", "ACME").out == "ACME: contact data destroyed\n"
    assert acme("forget", "ACME").out == "ACME: no contact data: forgotten already\n"
    assert acme("contact", "ACME").out.count("not known") == 5
    assert "contact data was destroyed" in acme("show", "ACME").out


def test_a_new_name_alone_wakes_nobody(acme) -> None:
    assert acme("contact", "ACME", "--name", "Acme GmbH").out == "ACME: changed name\n"


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--email", "books(at)acme", "the email address cannot exist: correct it, like"),
        ("--phone", "12", "the telephone number cannot exist: correct it, like"),
    ],
)
def test_an_address_that_cannot_be_is_refused_and_not_repeated(
    acme, option: str, value: str, sentence: str
) -> None:
    before = acme.contents()
    answer = acme("contact", "ACME", option, value)
    assert answer.status == 1
    assert answer.err.startswith(sentence)
    assert value not in answer.err.replace("44 20", "")
    assert acme.contents() == before


def test_stop_and_go_say_what_they_found(acme) -> None:
    assert acme("stop", "--reason", "a wrong template").out == "stopped: nothing goes out until `go`\n"
    assert acme("stop", "--reason", "again").out == "stopped already\n"
    assert "a wrong template" in acme("doctor").out
    assert acme("go").out == "go: 0 customers are waiting and will be woken by the sweep\n"


def test_go_says_for_how_long_it_lets_out_what_the_guard_holds(cli) -> None:
    assert timedelta(days=1) == switches.ALLOWED_FOR
    assert "for a day" in cli("go", "--help").out


def test_an_approval_says_how_much_it_covers(acme) -> None:
    as_listed = acme("go", "--allow-blast", "--up-to", "812").out
    # The clock of this business goes on from nine o'clock while the tests run.
    assert re.sub(r" 09:\d\d ", " 09:00 ", as_listed).splitlines() == [
        "go: 0 customers are waiting and will be woken by the sweep",
        "812 effects may go out beyond the limit until 11 Feb 2026 09:00 UTC; more ask again",
    ]
    assert "\n1 effects may go out beyond the limit" in acme("go", "--allow-blast").out
    alone = acme("go", "--up-to", "3")
    assert (alone.status, alone.err) == (
        2,
        "--up-to: it says how much --allow-blast covers: add that, or leave it out\n",
    )


def test_the_limit_of_the_blast_guard_is_shown_and_set(acme) -> None:
    assert acme("limit").out.startswith("500 messages and suspensions within an hour")
    assert acme("limit", "20").out.startswith("20 messages")
    assert json.loads(acme("limit", "--json").out) == {"limit": 20}
    assert acme("limit", "0").status == 2


def test_dry_run_lists_what_would_go_out(acme) -> None:
    answer = acme("dry-run")
    assert answer.status == 0
    assert "ACME" in answer.out
    assert answer.out.endswith("would go out now: 1\n")
    (effect,) = json.loads(acme("dry-run", "--json").out)
    assert effect["customer"] == "ACME"


def at(ledger: Path, now: datetime) -> None:
    """Let a ledger's clock say that it is about `now`."""
    opened = Ledger(f"sqlite:///{ledger}", durable=False)
    clock.set_clock(opened, BusinessClock(real_at=datetime.now(UTC), business_at=now))
    opened.close()


def test_dry_run_says_why_nothing_goes_out(acme) -> None:
    acme("stop", "--reason", "a wrong template", "--by", "maria")
    assert "stopped by maria: a wrong template; `go` ends it\n" in acme("dry-run").out
    acme("go")
    at(acme.ledger, datetime(2026, 2, 10, 20, tzinfo=UTC))
    assert acme("dry-run").out == (
        "1 customers wait for hours in which something may go out, from 11 Feb 2026 08:00 UTC on\n"
        "would go out now: 0\n"
    )


def test_who_has_no_policy_is_counted(acme) -> None:
    acme.write("m.yaml", MAPPING.replace("name: Name", "name: Name, segment: {fixed: consumer}"))
    acme.write("r.csv", f"{HEADER}\n{ROW.replace('ACME', 'ANNA').replace('INV-1', 'INV-2')}\n")
    assert acme("import", "r.csv", "--map", "m.yaml").status == 0
    assert "1 customers have no policy: see `starter.py doctor`\n" in acme("dry-run").out
    assert "BAD policies: 1 customers are of segment consumer, which no adopted" in acme("doctor").out


def test_doctor_says_what_else_keeps_messages_from_going_out(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTBOX", str(cli.write("outbox", "")))
    told = cli("doctor").out
    assert "BAD policies: none is adopted, so nobody is written to" in told
    assert "outbox: cannot be written (File exists): no message goes out" in told


def test_doctor_says_that_the_blast_guard_holds(acme) -> None:
    connection = sqlite3.connect(acme.ledger)
    connection.execute("UPDATE switches SET blast_since = '2026-02-10 08:00:00.000000'")
    connection.commit()
    connection.close()
    told = (
        "the blast guard holds since 2026-02-10 08:00 UTC: more than 500 effects were wanted within an hour"
    )
    assert f"BAD switch: {told}" in acme("doctor").out
    shown = acme("dry-run").out
    assert told in shown
    assert "held by the guard: 1 effects for 1 customers wait: " in shown


def test_doctor_names_the_cause_of_a_broken_ledger_as_commands_do(cli) -> None:
    cli.write("ledger.db", "no database at all, and longer than a header is. " * 9)
    told = cli("doctor").out
    assert (
        "BAD ledger (sqlite): the ledger cannot be used (file is not a database): check DATABASE_URL" in told
    )


def test_a_ledger_is_live_from_its_first_policy_on(cli) -> None:
    assert cli("go-live").out == "not live yet: adopt a policy first\n"
    assert json.loads(cli("go-live", "--json").out) == {"go_live_on": None}
    cli("policy", "adopt", str(ROOT / "policies" / "business.yaml"))
    assert cli("go-live").out == f"live since {datetime.now(UTC).date()}\n"
    cli("policy", "adopt", str(ROOT / "policies" / "consumer.yaml"))
    assert json.loads(cli("go-live", "2026-01-01", "--json").out) == {"go_live_on": "2026-01-01"}
    assert cli("go-live").out == "live since 2026-01-01\n"


def test_what_fell_due_before_going_live_is_not_sent(acme) -> None:
    acme("go-live", "2026-02-10")
    assert acme("dry-run").out.endswith("would go out now: 0\n")
    acme("go-live", "2026-02-07")
    assert "ACME" in acme("dry-run").out


def test_the_list_of_policies_says_which_counts(acme) -> None:
    listed = acme("policy", "list").out
    assert listed.startswith("business ")
    assert "number 1, for segment business, adopted on 10 Feb 2026 by " in listed
    (row,) = json.loads(acme("policy", "list", "--json").out)
    assert (row["name"], row["position"], row["segments"]) == ("business", 1, ["business"])
    assert row["adopted_at"].startswith("2026-02-10T")
    assert "content" not in row


def test_show_says_what_is_owed_and_what_is_next(acme) -> None:
    words = acme("show", "ACME")
    assert (words.status, words.err) == (0, "")
    assert words.out.startswith("Overdue: 100.00 EUR since 4 Feb 2026\n")
    assert "Acme" not in words.out
    shown = json.loads(acme("show", "ACME", "--json").out)
    assert shown["view"]
    assert isinstance(shown["journal"], list)


def test_show_changes_nothing_so_a_lost_wake_is_still_found(acme) -> None:
    before = acme.contents()
    ledger = Ledger(f"sqlite:///{acme.ledger}")
    assert sweep.due(ledger, now=TODAY, limit=10) == ["ACME"]
    assert acme("show", "ACME").status == 0
    assert sweep.due(ledger, now=TODAY, limit=10) == ["ACME"]
    assert acme.contents() == before
    ledger.close()


def test_ageing_is_right_on_any_past_day(acme) -> None:
    ageing = json.loads(acme("report", "ageing", "--as-of", "2026-03-10", "--json").out)
    empty = dict.fromkeys(("current", "d1_30", "d31_60", "d61_90", "d91_plus"), "0.00")
    assert ageing == {
        "as_of": "2026-03-10",
        "currencies": {"EUR": empty | {"d31_60": "100.00", "total": "100.00"}},
    }
    assert "EUR" in acme("report", "ageing", "--as-of", "2026-03-10").out
    before = json.loads(acme("report", "ageing", "--known-at", "2026-01-01T00:00:00Z", "--json").out)
    assert before["currencies"] == {}


def test_onboarding_begins_once(acme) -> None:
    line = ("onboard", "NEWCO", "--name", "Newco", "--email", "a@newco.example", "--phone", "+442079460123")
    first, second = acme(*line), acme(*line)
    assert (first.status, first.out) == (0, f"NEWCO: verification begins ({NOT_WOKEN})\n")
    assert (second.status, second.out) == (0, "NEWCO: onboarding was begun before\n")


def test_doctor_says_that_temporal_does_not_answer(acme) -> None:
    answer = acme("doctor")
    assert answer.status == 1
    assert "BAD Temporal at 127.0.0.1:1: does not answer" in answer.out
    assert "set TEMPORAL_ADDRESS" in answer.out
    assert "ok  ledger (sqlite)" in answer.out
    assert answer.err == "something needs attention: see the lines marked BAD\n"
    as_json = acme("doctor", "--json")
    assert (as_json.status, as_json.err) == (1, answer.err)
    findings = json.loads(as_json.out)
    assert [f["ok"] for f in findings if f["about"].startswith("Temporal")] == [False]
    assert {"about", "ok", "words", "then"} == set(findings[0])


def test_a_refused_connection_costs_little(acme) -> None:
    began = monotonic()
    assert NOT_WOKEN in acme("pay", "ACME", "1.00", "EUR", "--payment", "P-9").out
    assert monotonic() - began < 2


# --- policies and templates


def test_policies_are_linted_together(cli) -> None:
    files = [str(ROOT / "policies" / name) for name in ("business.yaml", "consumer.yaml")]
    answer = cli("policy", "lint", *files)
    assert (answer.status, answer.err) == (0, "")
    assert re.search(r"business\.yaml: business [0-9a-f]{12}, \d+ steps, 0 findings", answer.out)
    assert cli.contents() == {}
    business, consumer = json.loads(cli("policy", "lint", *files, "--json").out)
    assert (business["policy"], business["usable"], business["findings"]) == ("business", True, [])
    assert consumer["file"] == files[1]


def test_what_lint_finds_is_json_too(cli) -> None:
    text = (ROOT / "policies" / "business.yaml").read_text()
    cli.write("a.yaml", text.replace("template: final_notice", "template: nope"))
    cli.write("b.yaml", "policy: [")
    answer = cli("policy", "lint", "a.yaml", "b.yaml", "--json")
    assert (answer.status, answer.err) == (1, "2 of 2 files cannot be used: mend their errors\n")
    first, second = json.loads(answer.out)
    assert (first["usable"], second["usable"], second["policy"]) == (False, False, None)
    assert first["findings"][0]["rule"] == "template-missing"
    assert second["problems"][0].startswith("b.yaml:2: this is not YAML")


def test_a_policy_is_shown_as_the_calendar_of_an_invoice(cli) -> None:
    answer = cli("policy", "show", str(ROOT / "policies" / "business.yaml"), "--due", "2026-03-04")
    assert answer.status == 0
    assert re.search(r"\+3 +.*2026 +reminder_first", answer.out)
    line = ("policy", "show", str(ROOT / "policies" / "business.yaml"), "--due", "2026-03-04", "--json")
    shown = json.loads(cli(*line).out)
    assert shown["policy"] == "business"
    first = next(row for row in shown["rows"] if row["step"] == "reminder_first")
    assert (first["day"], first["planned_on"]) == (3, "2026-03-07")


def test_a_policy_is_simulated(cli) -> None:
    policy, events = str(ROOT / "policies" / "business.yaml"), str(ROOT / "samples" / "events.json")
    line = ("policy", "simulate", "--policy", policy, "--events", events)
    outcome = json.loads(cli(*line, "--json").out)
    assert {line["effect"] for line in outcome["timeline"]} >= {"notice", "suspend", "reactivate"}
    assert outcome["end"]["balance"] in ({}, {"EUR": "0.00"})
    words = cli(*line)
    assert (words.status, len(words.out.splitlines())) == (0, len(outcome["timeline"]))


def test_adopting_again_changes_nothing(acme) -> None:
    before = acme.contents()
    answer = acme("policy", "adopt", str(ROOT / "policies" / "business.yaml"))
    assert answer.status == 0
    assert acme.contents() == before


@pytest.mark.slow
def test_templates_are_rendered_into_one_page(cli) -> None:
    answer = cli("templates", "preview", "--folder", "pages")
    assert answer.status == 0
    assert list((cli.folder / "pages").iterdir())


@pytest.mark.slow
def test_the_words_that_ship_are_linted(cli) -> None:
    answer = cli("templates", "lint")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out == "4 languages (de, en, fr, ko), findings: 0\n"
    assert json.loads(cli("templates", "lint", "--json").out) == []


def test_a_policy_is_written_in_the_language_of_the_seller_or_in_another(
    cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = ("policy", "document", str(ROOT / "policies" / "business.yaml"))
    assert cli(*line).out.startswith("How Example Cloud collects unpaid invoices\n")
    german = cli(*line, "--language", "de-AT", "--html", "de.html")
    assert german.out.startswith("Wie Example Cloud offene Rechnungen einzieht\n")
    assert '<html lang="de">' in (cli.folder / "de.html").read_text(encoding="utf-8")
    monkeypatch.setenv("SELLER_LANGUAGE", "ko")
    assert cli(*line).out.startswith("Example Cloud의 미납 청구서 처리 방침\n")
    assert cli(*line, "--language", "fr").out.startswith("Comment Example Cloud recouvre")


@pytest.mark.parametrize(
    ("option", "setting", "said"),
    [
        (("--language", "es"), "en", "--language: there are no words in 'es': use de or en or fr or ko\n"),
        ((), "pt-BR", "SELLER_LANGUAGE: there are no words in 'pt-BR': use de or en or fr or ko\n"),
    ],
)
def test_a_policy_in_a_language_without_words_is_refused(
    cli, monkeypatch: pytest.MonkeyPatch, option: tuple[str, ...], setting: str, said: str
) -> None:
    monkeypatch.setenv("SELLER_LANGUAGE", setting)
    page = ("--html", "page.html")
    answer = cli("policy", "document", str(ROOT / "policies" / "business.yaml"), *page, *option)
    assert (answer.status, answer.out, answer.err) == (2, "", said)
    assert not (cli.folder / "page.html").exists()


def test_import_again_changes_nothing(acme) -> None:
    from_readme = ("import", str(ROOT / "samples" / "receivables.csv"), "--map")
    mapping = str(ROOT / "samples" / "receivables.mapping.yaml")
    first = json.loads(acme(*from_readme, mapping, "--json").out)
    before = acme.contents()
    second = json.loads(acme(*from_readme, mapping, "--json").out)
    assert (first["customers_added"], first["facts_written"], first["facts_known_already"]) == (7, 22, 0)
    assert (second["customers_added"], second["facts_written"], second["facts_known_already"]) == (0, 0, 22)
    assert acme.contents() == before


def test_a_report_without_a_day_is_of_the_sellers_today(acme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELLER_TIMEZONE", "Pacific/Kiritimati")
    assert json.loads(acme("report", "ageing", "--json").out)["as_of"] == "2026-02-10"
    monkeypatch.setenv("SELLER_TIMEZONE", "Pacific/Pago_Pago")
    assert json.loads(acme("report", "ageing", "--json").out)["as_of"] == "2026-02-09"


# --- controls and the digest


def test_a_control_is_switched_off_and_on_and_the_digest_says_so(acme) -> None:
    off = acme("controls", "off", "S27a", "--reason", "import is mended", "--until", "2026-02-12")
    assert (off.status, off.out) == (0, "S27a: off until the end of 2026-02-12, by maria: import is mended\n")

    (row,) = (each for each in json.loads(acme("controls", "--json").out) if each["id"] == "S27a")
    assert (row["on"], row["switchable"], row["off"]["until"]) == (False, True, "2026-02-13T00:00:00+00:00")
    said = "S27a is off until 2026-02-13 00:00 UTC: maria, import is mended"
    assert f"  {said}, which is soon\n" in acme("digest").out
    assert f"ok  control: {said}\n" in acme("doctor").out
    assert re.search(r"^S27a +off +finance ", acme("controls").out, re.MULTILINE)
    assert f"  {said}\n" in acme("controls", "show", "S27a").out

    assert acme("controls", "on", "S27a").out == "S27a: on again\n"
    assert acme("controls", "on", "S27a").out == "S27a: on already\n"
    refused = acme("controls", "off", "S13", "--reason", "r", "--until", "2026-02-12")
    assert (refused.status, refused.err) == (1, "S13 has no switch: it is part of what the engine is\n")


def test_a_control_of_a_person_is_done_by_one(acme) -> None:
    assert acme("controls", "done", "S28", "--note", "read").out == "S28: done by maria\n"
    assert json.loads(acme("controls", "show", "S28", "--json").out)["last_run"][:10] == "2026-02-10"


def test_a_digest_of_any_day_is_printed(acme) -> None:
    today = json.loads(acme("digest", "--json").out)
    assert (today["on"], today["since"]) == ("2026-02-10", "2026-02-09")
    assert today["figures"]["ageing"]["EUR"]["d1_30"] == "100.00"
    assert "Nothing is overdue." in acme("digest", "--as-of", "2026-02-05").out
    assert acme("digest", "--as-of", "2026-02-06").out.startswith("Digest of 2026-02-06: ")
    ahead = acme("digest", "--as-of", "2026-02-11")
    assert (ahead.status, ahead.err) == (
        2,
        "--as-of: 2026-02-11 is still to come: the newest digest is that of 2026-02-10\n",
    )
