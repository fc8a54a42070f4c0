"""Banks on the command line: import, questions, bad input, the drop folder, and SIGKILL in between."""

import json
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples" / "bank"
CSV_MAP = """\
dates: [year-month-day]
account: {fixed: DE1}
currency: {fixed: EUR}
booked_on: Day
amount: Amount
text: Text
"""
HEAD = "Day,Amount,Text"


def bank(cli, *rows: str, options: tuple[str, ...] = ()):
    cli.write("bank.yaml", CSV_MAP)
    cli.write("b.csv", "\n".join((HEAD, *rows, "")))
    return cli("bank", "import", "b.csv", "--map", "bank.yaml", *options)


def figures(answer) -> dict[str, object]:
    return json.loads(answer.out)


def test_the_samples_are_imported_and_every_line_has_its_end(cli) -> None:
    sample = ROOT / "samples"
    for name in ("business", "consumer"):
        assert cli("policy", "adopt", str(ROOT / "policies" / f"{name}.yaml")).status == 0
    receivables = ("receivables.csv", "receivables.mapping.yaml")
    assert cli("import", str(sample / receivables[0]), "--map", str(sample / receivables[1])).status == 0
    files = [str(SAMPLES / name) for name in ("statement.camt.xml", "statement.sta", "statement.csv")]
    mapping = ("--map", str(SAMPLES / "bank.mapping.yaml"))

    checked = figures(cli("bank", "import", *files, *mapping, "--check", "--json"))
    done = figures(cli("bank", "import", *files, *mapping, "--json"))
    again = figures(cli("bank", "import", *reversed(files), *mapping, "--json"))

    assert checked == {"files": 3, "lines_read": 9, "problems": 0, "lines_known_already": 0}
    assert done["states"] == {"applied": 4, "returned": 1, "asked": 1, "outgoing": 1, "unapplied": 2}
    assert (done["lines"], again["lines"], again["lines_known_already"], again["states"]) == (9, 0, 9, {})
    shown = cli("bank", "show").out
    assert "statement.camt.xml DE02500105170137075030:" in shown
    listed = json.loads(cli("bank", "show", "--json").out)
    assert [each["number"] for each in listed] == ["STMT-2026-070", "00071/001", None]


def test_certain_money_settles_the_invoice_and_a_question_lists_its_candidates(acme) -> None:
    answer = bank(acme, "2026-02-09,60.00,INV-1 part", "2026-02-09,40.00,from ACME", "2026-02-09,7.00,x")

    assert answer.status == 0
    assert "2 applied, 1 unapplied" in answer.out
    (waiting,) = json.loads(acme("bank", "unapplied", "--json").out)
    assert (waiting["state"], waiting["amount"], "text" in waiting) == ("unapplied", "7.00", False)
    assert "nobody named: x" in acme("bank", "unapplied", "--texts").out
    assert "INV-1" not in acme("show", "ACME").out.partition("Updates")[0]


def test_a_question_stands_on_the_worklist_with_the_commands_that_end_it(acme) -> None:
    bank(acme, "2026-02-09,130.00,INV-1 INV-1 thank you")
    listed = acme("worklist").out

    why = "it names INV-1, on which 100.00 EUR is open, and it is 130.00 EUR"
    assert f"ACME bank-line: bank line 1 of 130.00 EUR: {why}" in listed
    assert "starter.py bank match 1 TARGET || starter.py bank ignore 1 --reason WORDS" in listed
    matched = acme("bank", "match", "1", "INV-1")
    assert (matched.status, "130.00 EUR for INV-1" in matched.out) == (0, True)
    assert "waiting for a person: 0" in acme("worklist").out
    assert acme("bank", "unmatch", "1", "--reason", "a mistake").status == 0
    assert "unmatched ACME: a mistake" in acme("bank", "unapplied").out
    assert acme("bank", "ignore", "1", "--reason", "interest").status == 0
    assert "0 lines are nobody's yet" in acme("bank", "unapplied").out


@pytest.mark.parametrize(
    ("line", "status", "words"),
    [
        ("bank match 1 NOBODY", 1, "There is no bank line 1"),
        ("bank match 0 ACME", 2, "greater than or equal to 1"),
        ("bank match x ACME", 2, "should be a valid integer"),
        ("bank match 1", 2, "TARGET"),
        ("bank unmatch 1", 2, "--reason"),
        ("bank ignore 7 --reason no", 1, "There is no bank line 7"),
        ("bank ignore 7 --reason ' '", 2, "an empty reason is none"),
        ("bank show 9", 1, "There is no statement 9"),
        ("bank import nowhere.xml", 2, "does not exist"),
        ("bank import b.csv", 1, "b.csv: neither camt.053 nor MT940: a CSV needs a mapping"),
        ("bank import b.csv --map acme.yaml", 1, "acme.yaml:"),
        ("bank import b.csv --map bank.yaml --encoding klingon", 1, "no encoding is called 'klingon'"),
        ("bank import b.sta --encoding klingon", 1, "no encoding is called 'klingon'"),
        ("import", 2, "import needs a file and its --map, or a folder to --watch"),
        ("import b.csv --map bank.yaml --watch .", 2, "--watch takes a folder alone"),
        ("import --watch nowhere", 2, "does not exist"),
    ],
)
def test_wrong_usage_is_refused_with_a_remedy_and_writes_nothing(
    acme, line: str, status: int, words: str
) -> None:
    acme.write("bank.yaml", CSV_MAP)
    acme.write("acme.yaml", "dates: [year-month-day]\n")
    acme.write("b.csv", f"{HEAD}\n2026-02-09,1.00,x\n")
    acme.write("b.sta", (SAMPLES / "statement.sta").read_bytes())
    before = acme.contents()
    answer = acme(*shlex.split(line))

    assert answer.status == status
    assert words in answer.err
    assert acme.contents() == before


def test_all_problems_of_all_files_are_told_together_and_nothing_is_written(acme) -> None:
    acme.write("bank.yaml", CSV_MAP)
    acme.write("good.csv", f"{HEAD}\n2026-02-09,100.00,INV-1\n")
    acme.write("bad.csv", f"{HEAD}\n2026-02-30,1.00,x\n2026-02-09,one,x\n2097-01-01,1.00,x\n")
    acme.write("cut.xml", (SAMPLES / "statement.camt.xml").read_bytes()[:500])
    before = acme.contents()
    answer = acme("bank", "import", "good.csv", "bad.csv", "cut.xml", "--map", "bank.yaml")

    assert answer.status == 1
    places = [line.split(" ")[0] for line in answer.err.splitlines()[:-1]]
    assert places == ["bad.csv:2:", "bad.csv:3:", "bad.csv:4:", *places[3:]]
    assert places[3].startswith("cut.xml:")
    assert answer.err.endswith("4 errors: nothing was written; mend them and import again\n")
    assert acme.contents() == before


# --- the drop folder


MAPPING = """\
dates: [year-month-day]
customer: {id: Customer, name: Name, email: Email, country: Country}
invoice: {number: Invoice, issued_on: Issued, due_on: Due, amount: Amount, currency: Currency}
"""
EXPORT = """\
Customer,Name,Email,Country,Invoice,Issued,Due,Amount,Currency
BOLT,Bolt Ltd,a@bolt.example,DE,B-7701,2026-01-05,2026-02-04,60.00,EUR
"""


def test_what_is_put_into_a_folder_is_imported_and_moved_with_a_report(acme) -> None:
    drop = acme.folder / "drop"
    drop.mkdir()
    for name, content in {
        "erp.mapping.yaml": MAPPING,
        "bank.mapping.yaml": CSV_MAP,
        "erp-2026-02.csv": EXPORT,
        "bank-09.csv": f"{HEAD}\n2026-02-09,60.00,B-7701\n",
        "bank-10.csv": f"{HEAD}\n2026-02-30,1.00,x\n",
        "bank-11.csv.part": "still being written",
        ".hidden.csv": "",
        "other.csv": "a,b\n",
        "notes.txt": "hello",
    }.items():
        (drop / name).write_text(content)

    answer = acme("import", "--watch", "drop", "--once")

    assert answer.status == 1
    assert answer.err.endswith("3 files were refused: their reports in drop/refused say why\n")
    assert sorted(path.name for path in drop.iterdir() if path.is_file()) == [
        *(".hidden.csv", "bank-11.csv.part", "bank.mapping.yaml", "erp.mapping.yaml"),
    ]
    done = sorted(path.name for path in (drop / "done").iterdir())
    assert done == [
        *("bank-09.csv", "bank-09.csv.report.txt", "erp-2026-02.csv", "erp-2026-02.csv.report.txt"),
    ]
    assert "1 applied" in (drop / "done" / "bank-09.csv.report.txt").read_text()
    refused = (drop / "refused" / "bank-10.csv.report.txt").read_text()
    assert "bank-10.csv:2: '2026-02-30' is no day" in refused
    assert "no mapping is for it" in (drop / "refused" / "other.csv.report.txt").read_text()
    assert "neither camt.053 nor MT940" in (drop / "refused" / "notes.txt.report.txt").read_text()


def test_the_same_name_again_is_kept_beside_the_first(acme) -> None:
    drop = acme.folder / "drop"
    drop.mkdir()
    (drop / "bank.mapping.yaml").write_text(CSV_MAP)
    for _ in range(2):
        (drop / "bank.csv").write_text(f"{HEAD}\n2026-02-09,60.00,x\n")
        assert acme("import", "--watch", "drop", "--once").status == 0
    kept = sorted(path.name for path in (drop / "done").iterdir() if path.suffix == ".csv")
    assert kept == ["bank.2.csv", "bank.csv"]
    assert "1 known already" in (drop / "done" / "bank.2.csv.report.txt").read_text()


# --- killed in the middle


def rows_of(ledger: Path, query: str) -> int:
    connection = sqlite3.connect(f"file:{ledger}?mode=ro", uri=True, timeout=30)
    try:
        return int(connection.execute(query).fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_watcher_that_is_killed_loses_and_doubles_nothing(cli) -> None:
    """SIGKILL while lines are settled, again and again, until a last one may finish."""
    count = 600
    rows = EXPORT.splitlines()[:1]
    rows += [
        f"C{n:04},N {n},c{n}@many.example,DE,N-{10_000 + n},2026-01-05,2026-02-04,{n + 1}.00,EUR"
        for n in range(count)
    ]
    drop = cli.folder / "drop"
    drop.mkdir()
    (drop / "bank.mapping.yaml").write_text(CSV_MAP)
    cli.write("m.yaml", MAPPING)
    cli.write("r.csv", "\n".join((*rows, "")))
    assert cli("import", "r.csv", "--map", "m.yaml").status == 0
    paid = "\n".join(f"2026-02-09,{n + 1}.00,N-{10_000 + n}" for n in range(count))
    (drop / "bank.csv").write_text(f"{HEAD}\n{paid}\n")
    command = [sys.executable, str(ROOT / "starter.py"), "import", "--watch", "drop", "--once"]
    seen = []
    for step in (1, 150, 400):
        process = subprocess.Popen(command, cwd=cli.folder, env=dict(os.environ), stdout=subprocess.DEVNULL)
        while process.poll() is None:
            if rows_of(cli.ledger, "SELECT count(*) FROM bank_decisions") >= step:
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.01)
        process.wait(timeout=60)
        seen.append(rows_of(cli.ledger, "SELECT count(*) FROM bank_decisions"))
    assert seen == sorted(seen)
    assert seen[0] < count, f"it was never killed midway: {seen}"

    assert (
        subprocess.run(command, cwd=cli.folder, env=dict(os.environ), timeout=200, check=False).returncode
        == 0
    )
    assert (drop / "done" / "bank.csv").exists()
    assert rows_of(cli.ledger, "SELECT count(*) FROM bank_lines") == count
    assert rows_of(cli.ledger, "SELECT count(*) FROM bank_decisions WHERE state = 'applied'") == count
    assert rows_of(cli.ledger, "SELECT count(*) FROM facts WHERE kind = 'payment_received'") == count
    assert rows_of(cli.ledger, "SELECT count(*) FROM debts WHERE open_minor <> 0") == 0
    assert rows_of(cli.ledger, "SELECT count(DISTINCT payer) FROM bank_payers") == 0
