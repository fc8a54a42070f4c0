"""The import as users meet it: check, write once, again, killed in the middle, on a terminal."""

import json
import os
import pty
import re
import sqlite3
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

import composition
from store import sweep
from store.database import Ledger

ROOT = Path(__file__).parents[2]
SAMPLE = (
    "import",
    str(ROOT / "samples" / "receivables.csv"),
    "--map",
    str(ROOT / "samples" / "receivables.mapping.yaml"),
)

MAPPING = """\
dates: [year-month-day]
customer: {id: Customer, name: Name, email: Email, country: Country}
invoice: {number: Invoice, issued_on: Issued, due_on: Due, amount: Amount, currency: Currency}
settled_on: Settled
"""
HEADER = "Customer,Name,Email,Country,Invoice,Issued,Due,Amount,Currency,Settled"
GOOD = "BOLT,Bolt Ltd,a@bolt.example,DE,B-1,2026-01-05,2026-02-04,100.00,EUR,2026-02-01"


@pytest.fixture
def bolt(cli):
    """The command line in a folder with a mapping; `load` imports rows."""
    cli.write("m.yaml", MAPPING)
    return cli


def load(cli, *rows: str, options: tuple[str, ...] = ()):
    cli.write("r.csv", "\n".join((HEADER, *rows, "")))
    return cli("import", "r.csv", "--map", "m.yaml", *options)


def figures(answer) -> dict[str, object]:
    return json.loads(answer.out)


def test_check_reports_and_writes_nothing(cli) -> None:
    answer = cli(*SAMPLE, "--check")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.endswith("receivables.csv: 12 rows, 12 accepted\n")
    assert not cli.ledger.exists()


def test_an_import_writes_customers_contacts_and_facts_once(cli) -> None:
    first = figures(cli(*SAMPLE, "--json"))
    assert first == {
        "rows": 12,
        "accepted": 12,
        "problems": {},
        "customers_added": 7,
        "contacts_changed": 0,
        "customers_changed": 0,
        "facts_written": 22,
        "facts_known_already": 0,
        "workflows_woken": 0,
        "refused": 0,
    }
    before = cli.contents()
    (petra,) = (row for row in before["contact_data"] if row[0] == "1003")
    assert {"Petra Beispiel", "petra@beispiel.example", "+491713920015", "Beispielweg 12, 50667 Köln"} < set(
        petra
    )
    second = figures(cli(*SAMPLE, "--json"))
    assert (second["customers_added"], second["facts_written"], second["facts_known_already"]) == (0, 0, 22)
    assert cli.contents() == before


def test_a_later_export_adds_what_is_new(bolt) -> None:
    load(bolt, GOOD.replace("2026-02-01", ""))
    later = load(bolt, GOOD, GOOD.replace("B-1", "B-2"), options=("--json",))
    assert (later.status, figures(later)["facts_written"], figures(later)["facts_known_already"]) == (0, 3, 1)


def test_another_name_or_address_in_a_later_export_changes_the_contact_data_once(bolt) -> None:
    phone = MAPPING.replace("country: Country", "country: Country, phone: Phone")
    load(bolt, GOOD)
    bolt.write("m.yaml", phone)
    header, moved = f"{HEADER},Phone", f"{GOOD},+4930123456".replace("a@bolt", "new@bolt")
    bolt.write("r.csv", f"{header}\n{moved.replace('Bolt Ltd', 'Bolt GmbH')}\n")
    again = figures(bolt("import", "r.csv", "--map", "m.yaml", "--json"))
    assert (again["contacts_changed"], again["facts_written"], again["facts_known_already"]) == (1, 0, 2)
    assert bolt.contents()["contact_data"] == [
        ("BOLT", "Bolt GmbH", "new@bolt.example", "+4930123456", None, None)
    ]
    assert [row[2] for row in bolt.contents()["facts"]].count("contact_changed") == 2
    assert "changed contact data: name, email, phone" in bolt.contents()["journal"][-1]
    before = bolt.contents()
    third = figures(bolt("import", "r.csv", "--map", "m.yaml", "--json"))
    assert (third["contacts_changed"], bolt.contents()) == (0, before)


def test_what_a_later_export_leaves_out_stays(bolt) -> None:
    load(bolt, GOOD)
    before = bolt.contents()
    again = figures(load(bolt, GOOD.replace("a@bolt.example", ""), options=("--json",)))
    assert again["contacts_changed"] == 0
    assert bolt.contents() == before


WORDS = MAPPING.replace(
    "country: Country",
    "country: Country, segment: Segment, timezone: Zone, language: Language",
)


def load_words(cli, words: str, *options: str, row: str = GOOD):
    """Import a row whose customer is said to be of a country, segment, time zone and language."""
    country, *rest = words.split()
    cli.write("w.yaml", WORDS)
    cli.write(
        "r.csv",
        f"{HEADER},Segment,Zone,Language\n{row.replace(',DE,', f',{country},')},{','.join(rest)}\n",
    )
    return cli("import", "r.csv", "--map", "w.yaml", *options)


def words_of(cli) -> tuple[object, ...]:
    return next(cli_rows(cli, "SELECT country, segment, timezone, language FROM customers"))


def cli_rows(cli, question: str):
    connection = sqlite3.connect(cli.ledger)
    try:
        yield from connection.execute(question).fetchall()
    finally:
        connection.close()


def test_who_a_customer_is_said_to_be_later_counts_from_then_on(bolt) -> None:
    load_words(bolt, "DE business Europe/Berlin de")
    assert words_of(bolt) == ("DE", "business", "Europe/Berlin", "de")
    assert load_words(bolt, "AT consumer Europe/Vienna en", "--check").status == 0
    assert words_of(bolt) == ("DE", "business", "Europe/Berlin", "de")
    again = figures(load_words(bolt, "AT consumer Europe/Vienna en", "--json"))
    assert (again["customers_changed"], again["facts_written"], again["refused"]) == (1, 0, 0)
    assert words_of(bolt) == ("AT", "consumer", "Europe/Vienna", "en")
    said = (
        "changed customer: country DE to AT, language de to en, segment business to consumer,"
        " timezone Europe/Berlin to Europe/Vienna"
    )
    assert {said, "import"} <= set(bolt.contents()["journal"][-1])
    assert list(cli_rows(bolt, "SELECT revision - assessed_revision > 0, news FROM customers")) == [(1, 3)]
    before = bolt.contents()
    third = figures(load_words(bolt, "AT consumer Europe/Vienna en", "--json"))
    assert (third["customers_changed"], bolt.contents()) == (0, before)


def test_what_a_mapping_does_not_say_of_a_customer_is_not_changed(bolt) -> None:
    """Else a later export with fewer columns would make everybody a business in UTC."""
    load_words(bolt, "DE consumer Europe/Berlin de")
    before = bolt.contents()
    bolt.write("m.yaml", MAPPING.replace(", country: Country", ""))
    assert figures(load(bolt, GOOD, options=("--json",)))["customers_changed"] == 0
    assert bolt.contents() == before


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_a_segment_that_no_policy_is_for_is_named_by_its_line_and_stays(bolt, options) -> None:
    bolt("policy", "adopt", str(ROOT / "policies" / "business.yaml"))
    load_words(bolt, "DE business Europe/Berlin de")
    answer = load_words(bolt, "AT bussiness Europe/Berlin de", *options)
    assert answer.status == 1
    assert answer.err.splitlines()[0] == (
        "r.csv:2: BOLT: the segment business stays, since no adopted policy is for bussiness:"
        " correct it, or adopt one with `starter.py policy adopt FILE`"
    )
    assert words_of(bolt) == ("DE" if options else "AT", "business", "Europe/Berlin", "de")


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_a_time_zone_stays_while_a_case_is_open(bolt, options) -> None:
    load_words(bolt, "DE business Europe/Berlin de")
    connection = sqlite3.connect(bolt.ledger)
    connection.execute("UPDATE customers SET case_open = 1")
    connection.commit()
    connection.close()
    answer = load_words(bolt, "DE business Europe/Vienna de", *options)
    assert answer.status == 1
    assert "r.csv:2: BOLT: the time zone Europe/Berlin stays and is not changed" in answer.err
    assert words_of(bolt)[2] == "Europe/Berlin"


def test_problems_stand_with_their_lines_and_are_counted_by_kind(bolt) -> None:
    answer = load(
        bolt,
        GOOD,
        GOOD,
        GOOD.replace("B-1", "B-2").replace("2026-02-04", "2026-02-30"),
        GOOD.replace("B-1", "B-3").replace("2026-02-04", "soon"),
        GOOD.replace("B-1", "B-4").replace("100.00", "-1.00"),
        GOOD.replace("B-1", "B-5").replace("EUR", "EURO"),
        GOOD.replace("B-1", "B-6").replace("a@bolt.example", "a(at)bolt"),
    )
    assert answer.status == 1
    assert [re.match(r"r\.csv:(\d+): ", line)[1] for line in answer.err.splitlines()[:-1]] == list("345678")
    assert answer.err.endswith("4 errors: nothing was written; mend them, or see --skip-bad-rows\n")
    assert answer.out.splitlines() == [
        "r.csv: 7 rows, 2 accepted",
        "problems: 2 date, 1 duplicate, 1 negative amount, 1 currency, 1 contact",
    ]
    assert "a(at)bolt" not in answer.err
    assert not bolt.ledger.exists()


def test_with_errors_only_what_is_asked_for_is_written(bolt) -> None:
    bad = GOOD.replace("B-1", "B-2").replace("100.00", "x")
    assert load(bolt, GOOD, bad).status == 1
    assert not bolt.ledger.exists()
    assert load(bolt, GOOD, bad, options=("--skip-bad-rows", "--check")).status == 1
    assert not bolt.ledger.exists()
    answer = load(bolt, GOOD, bad, options=("--skip-bad-rows",))
    assert answer.status == 1
    assert "r.csv:3: Amount: 'x' is no amount" in answer.err
    assert answer.err.endswith("1 errors: their rows were left out; mend them and import again\n")
    assert "1 customers added, 2 facts written" in answer.out


def test_a_customer_that_the_ledger_refuses_is_named_by_line_and_the_others_are_written(bolt) -> None:
    load(bolt, GOOD)
    answer = load(
        bolt,
        GOOD.replace("BOLT", "CORK").replace("B-1", "C-1"),
        GOOD.replace("BOLT", "DUNE"),
        options=("--json",),
    )
    assert answer.status == 1
    assert answer.err == (
        "r.csv:3: import invoice:B-1: recorded already, for customer BOLT\n"
        "r.csv:3: import payment:B-1: recorded already, for customer BOLT\n"
        "2 differences that an import cannot mend: see above; all else was written\n"
    )
    assert (figures(answer)["customers_added"], figures(answer)["refused"]) == (1, 2)
    assert {row[0] for row in bolt.contents()["customers"]} == {"BOLT", "CORK"}


def test_a_file_in_another_encoding_is_read_when_it_is_named(bolt) -> None:
    content = "\n".join((HEADER, GOOD.replace("Bolt Ltd", "Bölt GmbH"), ""))
    bolt.write("r.csv", content.encode("cp1252"))
    refused = bolt("import", "r.csv", "--map", "m.yaml")
    assert (refused.status, "r.csv:2: not utf-8-sig text" in refused.err) == (1, True)
    assert bolt("import", "r.csv", "--map", "m.yaml", "--encoding", "cp1252").status == 0
    assert "Bölt GmbH" in bolt.contents()["contact_data"][0]


def test_each_touched_customer_is_woken_once(bolt, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the connection is replaced; whom it is asked to wake is what counts."""
    woken: list[str] = []

    class Client:
        async def start_workflow(self, workflow: object, given: dict[str, str], **options: object) -> None:
            assert options["id"] == f"customer/{given['customer_id']}"
            assert options["start_signal"] == "News"
            woken.append(given["customer_id"])

    async def connect(settings: object) -> Client:
        return Client()

    monkeypatch.setattr(composition.client, "connect", connect)
    rows = [GOOD.replace("BOLT", f"C{n}").replace("B-1", f"C{n}-{k}") for k in (1, 2) for n in range(25)]
    first = load(bolt, *rows, options=("--json",))
    assert figures(first)["workflows_woken"] == 25
    assert sorted(woken) == sorted(f"C{n}" for n in range(25))
    woken.clear()
    more = load(bolt, *rows, GOOD.replace("BOLT", "C7").replace("B-1", "C7-3"), options=("--json",))
    assert (figures(more)["workflows_woken"], woken) == (1, ["C7"])


# --- a later export says otherwise

PARTLY = MAPPING + "payment: {amount: Paid, paid_on: PaidOn}\n"


def a(
    number: int, *, amount: str = "100.00", due: str = "2026-02-04", settled: str = "", paid: str = ","
) -> str:
    return f"BOLT,Bolt Ltd,,DE,A{number},2026-01-05,{due},{amount},EUR,{settled},{paid}"


def load_partly(cli, *rows: str, options: tuple[str, ...] = ()):
    cli.write("p.yaml", PARTLY)
    cli.write("p.csv", "\n".join((f"{HEADER},Paid,PaidOn", *rows, "")))
    return cli("import", "p.csv", "--map", "p.yaml", *options)


def open_of(cli) -> dict[str, tuple[int, str]]:
    """What is open on each invoice in minor units, and when it is due."""
    connection = sqlite3.connect(cli.ledger)
    try:
        rows = connection.execute("SELECT invoice, open_minor, due_on FROM debts").fetchall()
        return {invoice: (minor, due_on) for invoice, minor, due_on in rows}
    finally:
        connection.close()


def test_an_amended_invoice_is_corrected_and_keeps_nothing_else_out(bolt) -> None:
    load_partly(bolt, a(1), a(2), a(3))
    rows = [
        a(1, settled="2026-02-01"),
        a(2, settled="2026-02-02"),
        a(3, amount="130.00", due="2026-03-04"),
    ]
    for number in range(2):
        answer = load_partly(bolt, *rows, options=("--json",))
        assert (answer.status, answer.err) == (0, "")
        assert figures(answer)["facts_written"] == (0 if number else 3)
        assert open_of(bolt) == {
            "A1": (0, "2026-02-04"),
            "A2": (0, "2026-02-04"),
            "A3": (13_000, "2026-03-04"),
        }


def test_an_invoice_that_is_amended_back_and_forth_follows_each_export(bolt) -> None:
    for amount in ("100.00", "130.00", "100.00", "130.00", "130.00"):
        assert load_partly(bolt, a(1, amount=amount)).status == 0
        assert open_of(bolt)["A1"][0] == int(float(amount) * 100)
    assert rows_of(bolt.ledger, "facts") == 4


def test_of_a_part_payment_that_grows_the_difference_is_booked(bolt) -> None:
    for paid, settled, left in (
        ("40.00,2026-01-20", "", 6_000),
        ("70.00,2026-01-25", "", 3_000),
        ("70.00,2026-01-25", "", 3_000),
        ("70.00,2026-01-25", "2026-02-01", 0),
        ("100.00,2026-02-01", "2026-02-01", 0),
    ):
        answer = load_partly(bolt, a(1, paid=paid, settled=settled))
        assert (answer.status, answer.err) == (0, "")
        assert open_of(bolt)["A1"][0] == left
    assert rows_of(bolt.ledger, "facts") == 4


def test_a_settled_invoice_that_grows_is_settled_with_the_difference(bolt) -> None:
    load_partly(bolt, a(1, settled="2026-02-01"))
    assert load_partly(bolt, a(1, amount="120.00", settled="2026-02-01")).status == 0
    assert open_of(bolt)["A1"][0] == 0
    assert rows_of(bolt.ledger, "facts") == 4


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (
            a(2, settled="2026-02-01"),
            a(2, settled="2026-02-03"),
            "invoice A2 was paid on 2026-02-01, and now on 2026-02-03: the ledger keeps what came first",
        ),
        (
            a(2, settled="2026-02-01"),
            a(2),
            "of invoice A2 100.00 EUR were paid, and now 0.00 EUR: book a refund or a chargeback",
        ),
        (
            a(2, paid="40.00,2026-01-20"),
            a(2, paid="30.00,2026-01-20"),
            "of invoice A2 40.00 EUR were paid, and now 30.00 EUR",
        ),
        (a(2), a(2).replace("EUR", "USD"), "invoice A2 was in EUR, and now is in USD"),
        (
            a(2),
            a(2).replace("2026-01-05", "2026-01-06"),
            "invoice A2 was issued on 2026-01-05, and now on 2026-01-06",
        ),
    ],
)
def test_what_cannot_be_amended_is_named_by_its_own_line_and_the_rest_is_written(
    bolt, before: str, after: str, says: str
) -> None:
    load_partly(bolt, a(1), before)
    untouched = bolt.contents()
    checked = load_partly(bolt, a(1, settled="2026-02-02"), after, options=("--check",))
    assert bolt.contents() == untouched
    answer = load_partly(bolt, a(1, settled="2026-02-02"), after)
    for each, rest in ((checked, "would be"), (answer, "was")):
        assert each.status == 1
        found, ending = each.err.splitlines()
        assert found.startswith(f"p.csv:3: {says}")
        assert ending == f"1 differences that an import cannot mend: see above; all else {rest} written"
    assert open_of(bolt)["A1"][0] == 0


def test_check_finds_what_the_ledger_has_otherwise_of_customers_who_are_new_too(bolt) -> None:
    load(bolt, GOOD)
    answer = load(bolt, GOOD, GOOD.replace("BOLT", "CORK").replace("B-1", "C-1"), options=("--check",))
    assert (answer.status, answer.err) == (0, "")
    answer = load(bolt, GOOD.replace("BOLT", "DUNE"), options=("--check",))
    assert (answer.status, "r.csv:2: import invoice:B-1: recorded already" in answer.err) == (1, True)


def test_what_was_entered_by_hand_keeps_only_its_own_row_out(bolt) -> None:
    load(bolt, GOOD)
    assert bolt("invoice", "BOLT", "B-2", "9", "EUR", "--due", "2099-01-01").status == 0
    answer = load(bolt, GOOD.replace("B-1", "B-2"), GOOD.replace("B-1", "B-3"))
    assert answer.status == 1
    assert answer.err.startswith(
        "r.csv:2: import invoice:B-2: invoice B-2 is recorded already, by another fact"
    )
    assert set(open_of(bolt)) == {"B-1", "B-2", "B-3"}


# --- replay reads as import does


@pytest.mark.parametrize(
    ("rows", "options", "says"),
    [
        (["no header"], (), "r.csv:1: this is no header"),
        ([HEADER], (), "no row can be played"),
        ([], (), "r.csv:1: the file is empty"),
        ([HEADER, GOOD.replace("EUR", "EURO")], ("--skip-bad-rows",), "no row can be played"),
        (
            [HEADER, GOOD, GOOD.replace("B-1", "B-2").replace("EUR", "EURO")],
            (),
            "1 errors: nothing was played",
        ),
        ([HEADER, GOOD], ("--policy", "bad.yaml"), "bad.yaml:2: polcy: nobody knows this key"),
        ([HEADER, GOOD], ("--policy", "latin.yaml"), "latin.yaml:1: not UTF-8 text"),
        ([HEADER, GOOD], ("--encoding", "klingon"), "no encoding is called 'klingon'"),
    ],
)
def test_what_cannot_be_replayed_is_said_and_nothing_is_touched(
    bolt, rows: list[str], options: tuple[str, ...], says: str
) -> None:
    bolt.write("r.csv", "\n".join((*rows, "")) if rows else "")
    bolt.write("bad.yaml", "title: x\npolcy: y\n")
    bolt.write("latin.yaml", "title: Zürich\n".encode("cp1252"))
    answer = bolt("replay", "r.csv", "--map", "m.yaml", "--folder", "played", *options)
    assert (answer.status, "Traceback" in answer.err) == (1, False)
    assert says in answer.err
    assert not (bolt.folder / "played").exists()


# --- killed in the middle


def business(count: int) -> str:
    """Return an export of so many customers, each with a settled and an open invoice."""
    rows = [HEADER]
    for number in range(count):
        who = f"C{number:05},Name {number},c{number}@many.example,DE"
        rows.append(f"{who},{number}-1,2026-01-05,2026-02-04,{number + 1}.00,EUR,2026-02-01")
        rows.append(f"{who},{number}-2,2026-02-05,2026-03-07,{number + 1}.50,EUR,")
    return "\n".join((*rows, ""))


def rows_of(ledger: Path, table: str) -> int:
    connection = sqlite3.connect(ledger)
    try:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    finally:
        connection.close()


def kill_midway(command: list[str], folder: Path, *, total: int) -> str:
    """Run a command on a terminal, kill it once it shows that a quarter is done; return what it showed."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=dict(os.environ) | {"TERM": "xterm-256color"},
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    )
    os.close(terminal)
    shown = ""
    with suppress(OSError):  # reading ends so when the other side is gone
        while block := os.read(controller, 4096):
            shown += block.decode()
            done = [int(number) for number in re.findall(rf"(\d+)/{total}", shown)]
            if done and done[-1] >= total // 4:
                process.kill()
    os.close(controller)
    process.wait(timeout=30)
    return shown


@pytest.mark.parametrize(
    "count", [400, pytest.param(3_000, marks=[pytest.mark.slow, pytest.mark.timeout(400)])]
)
def test_an_import_that_was_killed_is_completed_by_the_next_with_nothing_twice(bolt, count: int) -> None:
    """SIGKILL of the process while its progress bar stands between a quarter and the end."""
    bolt.write("r.csv", business(count))
    command = [sys.executable, str(ROOT / "starter.py"), "import", "r.csv", "--map", "m.yaml"]
    shown = kill_midway(command, bolt.folder, total=count)
    assert "Writing customers" in shown
    assert "Traceback" not in shown
    left, facts_left = rows_of(bolt.ledger, "customers"), rows_of(bolt.ledger, "facts")
    assert count // 4 <= left < count, f"it was not killed midway: {left} customers"
    assert facts_left == 3 * left, "a customer was written in part"

    again = figures(bolt("import", "r.csv", "--map", "m.yaml", "--json"))
    assert again["customers_added"] == count - left
    assert (again["facts_written"], again["facts_known_already"]) == (3 * (count - left), facts_left)
    assert (rows_of(bolt.ledger, "customers"), rows_of(bolt.ledger, "facts")) == (count, 3 * count)
    total = json.loads(bolt("report", "ageing", "--as-of", "2026-03-01", "--json").out)
    cents = sum(100 * (number + 1) + 50 for number in range(count))
    assert total["currencies"]["EUR"]["total"] == f"{cents // 100}.{cents % 100:02}"


def test_who_was_written_and_not_woken_waits_for_the_sweep(bolt) -> None:
    """As after a crash between the commit and the wake-up: the ledger itself remembers."""
    assert load(bolt, GOOD).status == 0
    ledger = Ledger(f"sqlite:///{bolt.ledger}", durable=False)
    assert sweep.due(ledger, now=datetime.now(UTC), limit=10) == ["BOLT"]
    ledger.close()
