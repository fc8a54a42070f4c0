"""Who gets which policy, on the command line: chosen, overridden, switched, explained, and compared."""

import json
from pathlib import Path

import pytest

from store.assess import assess
from store.database import Ledger
from tests.cli.conftest import HEADER, MAPPING, ROOT, TODAY, CommandLine

BUSINESS = ROOT / "policies" / "business.yaml"
CONSUMER = ROOT / "policies" / "consumer.yaml"


def edited(acme: CommandLine, name: str, *changes: tuple[str, str]) -> str:
    """Write the business policy with some words replaced."""
    text = BUSINESS.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return str(acme.write(name, text))


def test_the_policy_of_a_customer_is_explained(acme) -> None:
    acme("policy", "adopt", str(CONSUMER))
    out = acme("policy", "explain", "ACME").out.splitlines()
    assert out[0] == "ACME: segment business, country DE, currency EUR, size unknown, risk unknown, tags none"
    assert out[1].startswith("policy: business ")
    assert out[1].endswith(", it is the first policy for segment business")
    assert out[-1].startswith("next: 10 Feb 2026 ")
    told = json.loads(acme("policy", "explain", "ACME", "--json").out)
    assert (told["policy"], told["choice"]["rule"], told["pinned"]) == ("business", "assigned.match", None)


def test_show_says_why_the_customer_is_under_its_policy(acme) -> None:
    assert ": it is the first policy for segment business." in acme("show", "ACME").out


def test_a_policy_is_chosen_by_hand_until_a_day_and_ended(acme) -> None:
    acme("policy", "adopt", str(CONSUMER))
    line = ("policy", "use", "ACME", "consumer", "--reason", "sole trader", "--to", "2026-12-31")
    assert acme(*line).out.startswith("ACME: Chose policy consumer until 2026-12-31: sole trader.")
    explained = acme("policy", "explain", "ACME").out
    assert "maria chose it until 2026-12-31: sole trader" in explained
    assert acme("policy", "use", "ACME", "--end").out.startswith(
        "ACME: Ended the choice of a policy by hand."
    )
    assert "policy: business" in acme("policy", "explain", "ACME").out


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("ACME", "consumr", "--reason", "r"), 1, "No policy 'consumr' is adopted; adopted are: business"),
        (("ACME", "consumer"), 2, "POLICY and --reason: say which policy, and why"),
        (("ACME", "business", "--end"), 2, "--end: it ends whatever was chosen"),
        (("ACME", "--end"), 1, "Nobody chose a policy for this customer"),
        (("NOBODY", "business", "--reason", "r"), 1, "There is no customer 'NOBODY'"),
        (("ACME", "business", "--reason", "r", "--to", "2026-01-01"), 1, "The override would end on"),
    ],
)
def test_a_wrong_choice_is_refused(acme, arguments, status, says) -> None:
    before = acme.contents()
    answer = acme("policy", "use", *arguments)
    assert (answer.status, says in answer.err) == (status, True), answer.err
    assert acme.contents() == before


def test_dry_run_says_what_a_policy_would_change_and_writes_nothing(acme) -> None:
    before = acme.contents()
    later = edited(acme, "later.yaml", ("offset_days: 3\n", "offset_days: 9\n"))
    out = acme("dry-run", "--policy", later).out.splitlines()
    assert out[0].startswith("ACME: business/")
    assert "reminder_first/email 2026-02-10 -> 2026-02-13" in out[0]
    assert out[-1].startswith("1 customers with something open would be under another policy, 1 of them with")
    (told,) = json.loads(acme("dry-run", "--policy", later, "--json").out)
    assert told["moves"][0] == {
        "step": "reminder_first",
        "channel": "email",
        "on": "2026-02-13",
        "before": "2026-02-10",
    }
    assert acme.contents() == before
    assert acme("dry-run", "--policy", str(BUSINESS)).out.startswith("0 customers")


def test_a_switch_without_an_open_case_has_nothing_to_do(acme) -> None:
    answer = acme("policy", "switch", "--all-open", "business")
    assert (answer.status, answer.out) == (
        0,
        "0 open cases would go on under business: nothing was changed, there is nothing to switch\n",
    )
    refused = acme("policy", "switch", "ACME", "business", "--yes")
    assert (refused.status, "No case is open" in refused.err) == (1, True)
    assert acme("policy", "switch", "business").status == 2
    assert "No policy 'nobody' was adopted here" in acme("policy", "switch", "--all-open", "nobody").err


def test_open_cases_are_switched_once_it_was_said_what_that_changes(acme) -> None:
    ledger = Ledger(f"sqlite:///{acme.ledger}", durable=False)
    assess(ledger, "ACME", now=TODAY, code_version="test")
    ledger.close()
    acme("policy", "adopt", edited(acme, "later.yaml", ("offset_days: 3\n", "offset_days: 9\n")))
    assert "pinned by case 1" in acme("policy", "explain", "ACME").out
    before = acme.contents()
    preview = acme("policy", "switch", "--all-open", "business").out
    assert "reminder_first/email 2026-02-10 -> 2026-02-13" in preview
    assert preview.endswith(
        "1 open cases would go on under business: nothing was changed, add --yes to do it\n"
    )
    assert acme.contents() == before
    done = acme("policy", "switch", "--all-open", "business", "--yes").out
    assert done.endswith("1 open cases go on under business; the sweep wakes them\n")
    assert "next: 13 Feb 2026" in acme("policy", "explain", "ACME").out
    assert acme("policy", "switch", "ACME", "business", "--yes").out.startswith("ACME: Already done: adopted")


def test_a_policy_is_retired(acme) -> None:
    assert ": retired;" in acme("policy", "retire", "business").out
    assert "no longer chosen" in acme("policy", "list").out
    assert "policy: none" in acme("policy", "explain", "ACME").out
    again = acme("policy", "retire", "business")
    assert (again.status, "No policy 'business' is adopted" in again.err) == (1, True)


def test_policies_that_conflict_are_named_when_they_are_linted_or_adopted(acme) -> None:
    german = ("segments: [business]", "segments: [business]\n  countries: [DE]")
    narrow = edited(acme, "german.yaml", ("policy: business", "policy: german"), german)
    lint = acme("policy", "lint", str(BUSINESS), narrow)
    assert (lint.status, "german.yaml: warning: business comes before it" in lint.out) == (0, True)
    assert "[conflicting-segments]" in acme("policy", "adopt", narrow).out


def test_an_experiment_without_its_arm_is_not_adopted(acme) -> None:
    trial = "{name: trial, arms: [{id: soft, share: 100, policy: soft}]}"
    file = edited(acme, "trial.yaml", ("segments: [business]", f"segments: [business]\nexperiment: {trial}"))
    answer = acme("policy", "adopt", file)
    assert answer.status == 1
    assert "error: arm soft names policy 'soft', which is not there: nobody is in that arm" in answer.err
    soft = edited(
        acme, "soft.yaml", ("policy: business", "policy: soft"), ("segments: [business]", "tags: [trial]")
    )
    assert acme("policy", "adopt", file, soft).status == 0
    assert "arm soft of experiment trial in business" in acme("policy", "explain", "ACME").out


def test_the_recovery_report_has_both_numbers(acme) -> None:
    acme("pay", "ACME", "40.00", "EUR", "--payment", "P-1", "--on", "2026-02-09")
    out = acme("report", "recovery").out.splitlines()
    assert out[0] == "Within 30 days after the due date, as of the end of 2026-02-10:"
    assert out[2].split() == [
        *("2026-02", "all", "EUR", "100.00", "1", "40.00", "0", "0.00", "40.0", "%"),
        *("not", "closed", "before", "2026-03-30"),
    ]
    told = json.loads(acme("report", "recovery", "--by", "arm", "--json").out)
    assert told["cohorts"][0]["group"] == "no experiment"
    assert acme("report", "recovery", "--to", "2026-01-01").out == "No debt became overdue in this time.\n"


def imported(cli: CommandLine, size: str, risk: str) -> str:
    columns = "name: Name, currency: Currency, size: Size, risk: Risk"
    cli.write("m.yaml", MAPPING.replace("name: Name", columns))
    row = f"ACME,Acme Ltd,books@acme.example,DE,INV-1,2026-01-05,2026-02-04,100.00,EUR,,{size},{risk}"
    cli.write("r.csv", f"{HEADER},Size,Risk\n{row}\n")
    return cli("import", "r.csv", "--map", "m.yaml").err


def test_an_import_says_of_which_size_and_risk_a_customer_is(cli, tmp_path: Path) -> None:
    cli("policy", "adopt", str(BUSINESS))
    assert imported(cli, "small", "low") == ""
    known = "ACME: segment business, country DE, currency EUR, size small, risk low, tags none"
    assert cli("policy", "explain", "ACME").out.splitlines()[0] == known
    assert imported(cli, "large", "") == ""
    assert "size large, risk low" in cli("policy", "explain", "ACME").out
    assert "'Very Big' cannot be a size: use a lower-case word" in imported(cli, "Very Big", "low")


def test_a_currency_that_the_export_names_counts_before_that_of_the_invoices(cli) -> None:
    cli("policy", "adopt", str(BUSINESS))
    cli.write("m.yaml", MAPPING.replace("name: Name", "name: Name, currency: {fixed: USD}"))
    cli.write("r.csv", f"{HEADER}\nACME,Acme,a@acme.example,DE,INV-1,2026-01-05,2026-02-04,100.00,EUR,\n")
    cli("import", "r.csv", "--map", "m.yaml")
    assert "currency USD" in cli("policy", "explain", "ACME").out


def test_a_size_with_which_nobody_would_be_chased_is_not_taken(cli) -> None:
    small = ("segments: [business]", "segments: [business]\n  sizes: [small]")
    cli("policy", "adopt", edited(cli, "small.yaml", small))
    assert imported(cli, "small", "low") == ""
    assert "ACME: the size small stays, since no adopted policy is for huge" in imported(cli, "huge", "low")


def test_a_new_customer_is_of_a_size_and_risk(cli) -> None:
    cli("policy", "adopt", str(BUSINESS))
    line = ("onboard", "NEWCO", "--name", "Newco Ltd", "--email", "books@newco.example")
    assert cli(*line, "--size", "Huge").status == 2
    assert cli(*line, "--size", "small", "--risk", "high").status == 0
    assert "size small, risk high" in cli("policy", "explain", "NEWCO").out


EVENTS = str(ROOT / "samples" / "events.json")
EXPERIMENT = """\
experiment:
  name: gentler
  hold_out: 40
  arms: [{id: gentle, share: 60, policy: gentle}]
"""


def test_a_simulation_among_policies_says_which_was_chosen_and_why(cli) -> None:
    line = ("policy", "simulate", "--policy", str(CONSUMER), "--policy", str(BUSINESS), "--events", EVENTS)
    out = cli(*line).out.splitlines()
    assert out[0].startswith("ACME: segment business, country DE")
    assert ", it is the first policy for segment business" in out[1]
    assert out[2].endswith(" passed over: consumer is only for segment consumer")
    told = json.loads(cli(*line, "--json").out)
    alone = json.loads(cli("policy", "simulate", "--policy", str(BUSINESS), *line[6:], "--json").out)
    assert [each["policy"] for each in told.pop("policies")] == ["business"]
    assert told == alone


def test_a_folder_is_played_for_several_customers_each_in_its_arm(cli) -> None:
    text = BUSINESS.read_text(encoding="utf-8")
    (cli.folder / "rules").mkdir()
    cli.write("rules/a.yaml", text + EXPERIMENT)
    gentle = text.replace("policy: business", "policy: gentle").replace("[business]", "[nobody]")
    cli.write("rules/b.yaml", gentle)
    scenario = json.loads(Path(EVENTS).read_text(encoding="utf-8"))
    files = []
    for name in ("C-1", "C-2", "C-3", "C-4", "C-5"):
        scenario["customer"]["id"] = name
        files += ["--events", str(cli.write(f"{name}.json", json.dumps(scenario)))]
    told = json.loads(cli("policy", "simulate", "--policy", "rules", *files, "--json").out)

    arms = {each["customer"]: each["policies"][0]["arm"] for each in told}
    assert arms == {"C-1": "gentle", "C-2": "hold_out", "C-3": "gentle", "C-4": "hold_out", "C-5": "gentle"}
    policies = {each["policies"][0]["arm"]: each["policies"][0]["policy"] for each in told}
    assert policies == {"gentle": "gentle", "hold_out": "business"}
    out = cli("policy", "simulate", "--policy", "rules", *files).out
    assert "arm gentle of experiment gentler in business, the first policy for segment business" in out


def test_a_customer_whom_none_of_the_policies_is_for_is_said_to_have_none(cli) -> None:
    card = str(ROOT / "policies" / "card.yaml")
    line = ("policy", "simulate", "--policy", str(CONSUMER), "--policy", card, "--events", EVENTS)
    out = cli(*line).out.splitlines()
    assert out[1].endswith(" no policy, no adopted policy is for this customer")
    assert len(out) == 4


def test_one_name_in_two_files_and_an_empty_folder_are_refused(cli) -> None:
    cli.write("again.yaml", BUSINESS.read_text(encoding="utf-8"))
    twice = cli("policy", "simulate", "--policy", "again.yaml", "--policy", str(BUSINESS), "--events", EVENTS)
    assert (twice.status, "again.yaml is called business too: leave one of them out" in twice.err) == (
        1,
        True,
    )
    (cli.folder / "empty").mkdir()
    empty = cli("policy", "simulate", "--policy", "empty", "--events", EVENTS)
    assert (empty.status, "there is no policy in this folder" in empty.err) == (1, True)
