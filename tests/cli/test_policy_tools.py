"""The tools that try policies on the past, as users meet them."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from domain.policy_schema import schema

ROOT = Path(__file__).parents[2]
BUSINESS = ROOT / "policies" / "business.yaml"
CONSUMER = ROOT / "policies" / "consumer.yaml"
SAMPLE = (
    str(ROOT / "samples" / "receivables.csv"),
    "--map",
    str(ROOT / "samples" / "receivables.mapping.yaml"),
)
MAPPING = """\
dates: [year-month-day]
customer: {id: Customer, country: Country, segment: Segment}
invoice: {number: Invoice, issued_on: Issued, due_on: Due, amount: Amount, currency: Currency}
settled_on: Settled
"""
HEADER = "Customer,Country,Segment,Invoice,Issued,Due,Amount,Currency,Settled"
ROWS = (
    "BOLT,DE,business,B-1,2026-01-05,2026-02-04,100.00,EUR,2026-02-25",
    "NUT,DE,consumer,N-1,2026-01-05,2026-02-04,100.00,EUR,2026-03-02",
)


@pytest.fixture
def old(cli):
    """The command line in a folder with an export of two customers and its mapping."""
    cli.write("m.yaml", MAPPING)
    cli.write("r.csv", "\n".join((HEADER, *ROWS, "")))
    return cli


def backtest(cli, *options: str, policy: Path = BUSINESS):
    return cli("policy", "backtest", "r.csv", "--map", "m.yaml", "--policy", str(policy), *options)


def gentler(cli) -> str:
    """A policy like the business one, with the first reminder two days later."""
    text = BUSINESS.read_text(encoding="utf-8")
    return str(cli.write("gentler.yaml", text.replace("offset_days: 3\n", "offset_days: 5\n")))


# --- backtest


def test_a_backtest_counts_what_would_have_gone_out(old) -> None:
    answer = backtest(old, "--json")
    assert (answer.status, answer.err) == (0, "")
    found = json.loads(answer.out)
    (under,) = found["policies"]
    assert (found["source"], found["since"], found["until"], found["customers"]) == (
        "r.csv",
        "2026-01-05",
        "2026-03-02",
        2,
    )
    assert under["notices"]["by_step"] == {
        "reminder_first": {"email": 1},
        "reminder_second": {"email": 1},
        "reminder_third": {"sms": 1},
    }
    assert under["not_for"] == {"consumer": 1}
    assert under["days_from_due_to_paid"] == {"21": 1}
    # 9, 16 and 23 February; the money of the 25th would have come 11 and 4 days earlier.
    assert under["cash"]["EUR"]["brought_forward_amount_days"] == "284.00"


def test_a_backtest_as_text_says_what_it_assumes_and_whom_it_leaves_out(old) -> None:
    answer = backtest(old, "--reaction-days", "7", "--reaction-share", "0.5")
    assert answer.status == 0
    assert "50 % of the money that would still have come more than 7 days later" in answer.out
    assert "which is not for them: 1 of segment consumer" in answer.out
    assert not old.ledger.exists()


def test_two_policies_stand_side_by_side(old) -> None:
    answer = backtest(old, "--policy", gentler(old))
    assert answer.status == 0
    (third,) = (line.split() for line in answer.out.splitlines() if "reminder_third" in line)
    assert third == ["reminder_third,", "sms", "1", "1"]
    assert "customers under both: 1" in answer.out


def test_jobs_change_nothing_but_the_time(old) -> None:
    options = ("--policy", str(CONSUMER), "--json")
    assert backtest(old, *options, "--jobs", "2").out == backtest(old, *options).out


def test_the_page_has_both_names_and_nothing_from_outside(old) -> None:
    answer = backtest(old, "--policy", str(CONSUMER), "--html", "out.html")
    assert answer.status == 0
    page = (old.folder / "out.html").read_text(encoding="utf-8")
    assert "Business customers" in page
    assert "Consumers" in page
    assert "//" not in page
    assert "<script" not in page


def test_the_first_customers_and_days_alone(old) -> None:
    found = json.loads(backtest(old, "--customers", "1", "--until", "2026-02-15", "--json").out)
    assert (found["customers"], found["until"]) == (1, "2026-02-15")
    assert found["policies"][0]["notices"]["total"] == 1


def test_the_ledgers_own_facts_are_played_from_their_days(acme) -> None:
    answer = acme("policy", "backtest", "ledger", "--policy", str(BUSINESS), "--json")
    assert answer.status == 0, answer.err
    found = json.loads(answer.out)
    assert (found["source"], found["since"], found["until"]) == ("the ledger", "2026-01-05", "2026-02-10")
    # Only an email address is known of ACME.
    assert found["policies"][0]["notices"]["by_step"] == {"reminder_first": {"email": 1}}


def test_a_backtest_writes_nothing_to_the_ledger(acme) -> None:
    before = acme.contents()
    assert acme("policy", "backtest", "ledger", "--policy", str(BUSINESS)).status == 0
    assert acme.contents() == before


# --- diff


def test_a_diff_of_rules_alone(old) -> None:
    answer = old("policy", "diff", str(BUSINESS), gentler(old))
    assert answer.status == 0
    assert answer.out.splitlines()[1:] == ["steps.reminder_first: moves from day +3 to day +5, 2 days later"]
    same = old("policy", "diff", str(BUSINESS), str(BUSINESS))
    assert same.out.splitlines()[1:] == ["the two say the same"]


def test_a_diff_on_the_facts_of_an_export(old) -> None:
    text = BUSINESS.read_text(encoding="utf-8").replace("offset_days: 3\n", "offset_days: 6\n")
    later = str(old.write("later.yaml", text))
    facts = ("--file", "r.csv", "--map", "m.yaml")
    answer = old("policy", "diff", str(BUSINESS), later, *facts)
    assert answer.status == 0
    assert "B-1 reminder_first: 2026-02-09 becomes 2026-02-10 (+1 day)" in answer.out
    found = json.loads(old("policy", "diff", str(BUSINESS), later, *facts, "--json").out)
    assert found["facts"]["steps"] == {"reminder_first": {"moves": 1}}
    assert found["facts"]["under_neither"] == 1
    assert found["rules"][0]["kind"] == "moved"


def test_a_diff_on_events_and_on_the_ledger(acme) -> None:
    events = str(ROOT / "samples" / "events.json")
    answer = acme("policy", "diff", str(BUSINESS), gentler(acme), "--events", events)
    assert answer.status == 0
    assert "of 1 customers changed" in answer.out
    answer = acme("policy", "diff", str(BUSINESS), gentler(acme), "--file", "ledger")
    assert answer.status == 0
    assert "the ledger, until 2026-02-10: 0 of 1 customers changed" in answer.out


# --- schema and calendar


def test_the_schema_is_printed_for_editors(cli) -> None:
    assert json.loads(cli("policy", "schema").out) == schema()


def test_the_calendar_is_drawn(cli) -> None:
    answer = cli("policy", "show", str(BUSINESS), "--due", "2026-03-04", "--svg", "out.svg")
    assert answer.status == 0
    root = ElementTree.parse(cli.folder / "out.svg").getroot()
    assert root.tag.endswith("svg")
    assert "prefers-color-scheme: dark" in (cli.folder / "out.svg").read_text(encoding="utf-8")


# --- bad input


WRONG = """\
policy: test
title: For tests
for: {segments: [business]}
steps:
  - {kind: notice, id: first, offset_days: 3, tempalte: reminder_first}
"""


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("r.csv", "--policy", str(BUSINESS)), 2, "--map: say what the columns of r.csv mean"),
        (("none.csv", "--map", "m.yaml", "--policy", str(BUSINESS)), 2, "none.csv: there is no such file"),
        (("ledger", "--map", "m.yaml", "--policy", str(BUSINESS)), 2, "the ledger needs no mapping"),
        (("ledger", "--policy", str(BUSINESS)), 1, "there is no ledger of this version"),
        (("r.csv", "--map", "m.yaml"), 2, "--policy"),
        (("r.csv", "--map", "m.yaml", "--policy", "wrong.yaml"), 1, "wrong.yaml:5: steps.0.tempalte"),
        (("r.csv", "--map", "wrong.yaml", "--policy", str(BUSINESS)), 1, "wrong.yaml:"),
        (("bad.csv", "--map", "m.yaml", "--policy", str(BUSINESS)), 1, "bad.csv:2: Amount: 'much'"),
        (("empty.csv", "--map", "m.yaml", "--policy", str(BUSINESS)), 1, "no row can be played"),
        (("r.csv", "--map", "m.yaml", *("--policy", str(BUSINESS)) * 3), 2, "name no more"),
        (("r.csv", "--map", "m.yaml", "--policy", str(BUSINESS), "--until", "soon"), 2, "is no date"),
        (
            ("r.csv", "--map", "m.yaml", "--policy", str(BUSINESS), "--until", "2020-01-01"),
            1,
            "nothing happened",
        ),
        (("r.csv", "--map", "m.yaml", "--policy", str(BUSINESS), "--reaction-share", "2"), 2, "is no share"),
        (("r.csv", "--map", "m.yaml", "--policy", str(BUSINESS), "--reaction-share", "x"), 2, "is no share"),
        (("r.csv", "--map", "m.yaml", "--policy", "nobody.yaml"), 1, "no customer is of segment shop"),
        (("r.csv", "--map", "m.yaml", "--policy", str(BUSINESS), "--encoding", "x-y"), 1, "--encoding"),
    ],
)
def test_bad_input_is_named_with_its_remedy_and_nothing_is_written(
    old, arguments: tuple[str, ...], status: int, words: str
) -> None:
    old.write("wrong.yaml", WRONG)
    old.write("bad.csv", f"{HEADER}\n{ROWS[0].replace('100.00', 'much')}\n")
    old.write("empty.csv", f"{HEADER}\n")
    nobody = BUSINESS.read_text(encoding="utf-8").replace("segments: [business]", "segments: [shop]")
    old.write("nobody.yaml", nobody)
    answer = old("policy", "backtest", *arguments, "--html", "out.html")
    assert (answer.status, answer.out) == (status, "")
    assert words in answer.err
    assert "Traceback" not in answer.err
    assert not (old.folder / "out.html").exists()
    assert not old.ledger.exists()


def test_a_page_without_a_folder_is_refused_before_the_work(old) -> None:
    answer = backtest(old, "--html", "none/out.html")
    assert (answer.status, answer.out) == (2, "")
    assert "there is no folder none: make it first" in answer.err


def test_good_rows_are_played_when_asked_for(old) -> None:
    old.write("r.csv", "\n".join((HEADER, *ROWS, "NUT,DE,consumer,N-2,2026-01-05,2026-02-04,much,EUR,", "")))
    assert backtest(old).status == 1
    answer = backtest(old, "--skip-bad-rows")
    assert answer.status == 1
    assert "1 errors: their rows were left out" in answer.err
    assert "reminder_first, email" in answer.out


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("--events", "e.json", "--file", "r.csv"), 2, "--events and --file"),
        (("--map", "m.yaml"), 2, "--file"),
        (("--file", "r.csv"), 2, "--map: say"),
        (("--events", "e.json"), 1, "e.json"),
    ],
)
def test_a_diff_says_what_is_wrong(old, arguments: tuple[str, ...], status: int, words: str) -> None:
    old.write("e.json", "{")
    answer = old("policy", "diff", str(BUSINESS), str(CONSUMER), *arguments)
    assert (answer.status, answer.out) == (status, "")
    assert words in answer.err


def test_a_sample_is_played_whole(cli) -> None:
    options = ("--policy", str(BUSINESS), "--policy", str(CONSUMER), "--json")
    found = json.loads(cli("policy", "backtest", *SAMPLE, *options).out)
    assert [each["customers"] for each in found["policies"]] == [6, 1]
    assert found["compared"] is None
