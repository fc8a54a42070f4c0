"""Bad input: the place and the remedy stand on standard error, and nothing is written.

Every case runs against a ledger with one customer, whose rows are the same afterwards.
"""

import json
import os
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

MAPPING = """\
dates: [year-month-day]
customer: {id: Customer, country: Country, email: Email}
invoice: {number: Invoice, issued_on: Issued, due_on: Due, amount: Amount, currency: Currency}
settled_on: Settled
"""
HEADER = "Customer,Country,Email,Invoice,Issued,Due,Amount,Currency,Settled"
ROW = "BOLT,DE,a@bolt.example,B-1,2026-01-05,2026-02-04,100.00,EUR,2026-02-01"

POLICY = """\
policy: test
title: For tests
for: {segments: [business]}
minimum: {EUR: 10}
window: {opens: 09:00, closes: 17:00, weekdays: [mon, tue, wed, thu, fri]}
steps:
  - {kind: notice, id: first, offset_days: 3, template: reminder_first}
  - {kind: notice, id: final_notice, offset_days: 30, template: final_notice, needs_delivered: [first]}
  - {kind: suspend, id: suspend, offset_days: 45, notice_days: 10, needs_delivered: [final_notice]}
"""
INVOICE = {
    "at": "2026-01-05",
    "type": "invoice_issued",
    "invoice": "INV-1",
    "amount": "100.00",
    "currency": "EUR",
    "due_on": "2026-02-04",
}


def csv_case(old: str, new: str, *expected: str, status: int = 1) -> pytest.param:
    """One thing that is wrong in the second of two rows; nothing of the first is written either."""
    assert old in ROW
    good = ROW.replace("B-1", "B-0")
    files = {"r.csv": f"{HEADER}\n{good}\n{ROW.replace(old, new, 1)}\n", "m.yaml": MAPPING}
    return pytest.param(files, "import r.csv --map m.yaml", status, ("r.csv:3: ", *expected), id=f"csv {new}")


def file_case(
    name: str, content: str | bytes, *expected: str, line: str = "import r.csv --map m.yaml"
) -> pytest.param:
    files = {"r.csv": f"{HEADER}\n{ROW}\n", "m.yaml": MAPPING, "p.yaml": POLICY, "e.json": "{}"}
    return pytest.param(files | {name: content}, line, 1, expected, id=f"{name} {content[:20]!r}")


def mapping_case(old: str, new: str, *expected: str) -> pytest.param:
    assert old in MAPPING
    return file_case("m.yaml", MAPPING.replace(old, new, 1), *expected)


def policy_case(old: str, new: str, *expected: str, line: str = "policy adopt p.yaml") -> pytest.param:
    assert old in POLICY
    return file_case("p.yaml", POLICY.replace(old, new, 1), *expected, line=line)


def json_case(content: object, *expected: str) -> pytest.param:
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    return file_case(
        "e.json", text, "e.json", *expected, line="policy simulate --policy p.yaml --events e.json"
    )


def event_case(*expected: str, **changed: object) -> pytest.param:
    """One event with something wrong in it."""
    event = {key: value for key, value in (INVOICE | changed).items() if value is not ...}
    scenario = {
        "customer": {"id": "ACME"},
        "until": "2026-05-01",
        "events": [INVOICE | {"invoice": "A"}, event],
    }
    return json_case(scenario, "e.json: events.1: ", *expected)


def line_case(line: str, status: int, *expected: str) -> pytest.param:
    return pytest.param({}, line, status, expected, id=line)


CSV = [
    csv_case("2026-02-04", "2026-02-30", "Due: '2026-02-30' is no day of the calendar", "correct it"),
    csv_case("2026-02-04", "", "Due: nothing is written here", "fill it in"),
    csv_case("2026-02-04", "04.02.26", "Due: '04.02.26' is no date like year-month-day", "in the mapping"),
    csv_case("2026-02-04", "2026-01-01", "Due: due on 2026-01-01, before it was issued", "correct one of"),
    csv_case("2026-02-04", "9999-12-31", "Due: '9999-12-31' is in an impossible year", "(1970 to 2100)"),
    csv_case("100.00", "-100.00", "Amount: a negative amount is a credit", "book a credit note"),
    csv_case("100.00", "NaN", "Amount: 'NaN' is no amount", "write it like 1490.00"),
    csv_case("100.00", "1e400", "Amount: '1e400' is no amount", "write it like 1490.00"),
    csv_case("100.00", "9" * 30, "is too large to be believed", "correct it"),
    csv_case("100.00", "100.005", "Amount: 100.005 EUR: EUR has 2 decimals", "correct the amount"),
    csv_case("100.00", "0.00", "Amount: an amount of nothing is no debt", "leave the row out"),
    csv_case("EUR", "EURO", "Currency: unknown currency 'EURO'", "write an ISO 4217 code such as EUR"),
    csv_case("BOLT", "B/OLT", "Customer: 'B/OLT' cannot be a customer id", "use 1 to 64 letters"),
    csv_case("DE", "Germany", "'Germany' is no country code", "use two capital letters"),
    csv_case("100.00", "1,000.00", "10 fields where the header has 9", "in quotes"),
    csv_case(
        "a@bolt.example", '"a@bolt.example', "a quote that opens here is never closed", "close or double it"
    ),
    csv_case("B-1", "B\0-1", "a NUL byte", "export it again"),
    file_case("r.csv", "", "r.csv:1: the file is empty", "export it again, with its header line"),
    file_case("r.csv", f"{ROW}\n", "r.csv:1: this is no header", "add the line with their names"),
    file_case(
        "r.csv", HEADER.replace(",", ";"), "r.csv:1: the columns are separated by ';'", "set delimiter"
    ),
    file_case("r.csv", HEADER.replace("Due", "Du"), "r.csv:1: Due: ", "lacks it (did you mean Du?)"),
    file_case(
        "r.csv", f"{HEADER}\n{ROW}\nBO\xdfLT,DE".encode("latin-1"), "r.csv:3: not utf-8", "--encoding cp1252"
    ),
    file_case("r.csv", b"\x89PNG\r\n\x1a\n\0\0", "r.csv:1: not utf-8", "save it as UTF-8"),
    file_case("r.csv", f"{HEADER}\n".encode("utf-16"), "r.csv:1: not utf-8", "name its encoding"),
    file_case(
        "r.csv", f"{HEADER}\n{ROW}\n{ROW.replace('100', '101')}", "r.csv:2: Invoice: line 3 says", "keep one"
    ),
]
MAPPINGS = [
    mapping_case(
        "due_on: Due", "due: Due", "m.yaml:3: invoice.due: nobody knows this key", "did you mean due_on?"
    ),
    mapping_case(", currency: Currency", "", "m.yaml:3: invoice.currency: this key is required and missing"),
    mapping_case(
        "currency: Currency", "currency: {fixed: EURO}", "m.yaml:3: invoice.currency.fixed", "ISO 4217"
    ),
    mapping_case(
        "[year-month-day]", "[yyyy]", "m.yaml:1: dates.0: 'yyyy' is no form of a date", "write it like"
    ),
    mapping_case("dates:", "\tdates:", "m.yaml:1: this is not YAML", "check quotes, brackets and the indent"),
    mapping_case("{id: Customer", "&x {id: Customer", "m.yaml:2: customer: remove &x", "write values out"),
    file_case("m.yaml", "", "m.yaml:1: the document is empty"),
    file_case("m.yaml", b"dates: [\xff]", "m.yaml:1: not UTF-8 text", "save the mapping as UTF-8"),
    file_case("m.yaml", "a: 1\na: 2\n", "m.yaml:2: a: this key stands twice (first on line 1)", "keep one"),
]
POLICIES = [
    policy_case("minimum:", "minimun:", "p.yaml:4: minimun: nobody knows this key", "did you mean minimum?"),
    policy_case("EUR: 10", "EUR: 10.999", "p.yaml:4: minimum", "2 decimals"),
    policy_case("EUR: 10", "EURO: 10", "p.yaml:4: minimum.EURO: 'EURO' is no ISO 4217", "did you mean EUR?"),
    policy_case(
        "offset_days: 3,", "offset_days: soon,", "p.yaml:7: steps.0.offset_days: write a whole number"
    ),
    policy_case("id: suspend,", "id: first,", "p.yaml:9: steps.2"),
    policy_case(
        "[final_notice]", "[finl_notice]", "p.yaml:9: steps.2.needs_delivered", "did you mean final_notice?"
    ),
    policy_case("kind: suspend", "kind: supsend", "p.yaml:9: steps.2", "did you mean suspend?"),
    policy_case("steps:", "steps: !!python/object:os.system", "p.yaml:6: ", "remove the tag"),
    policy_case("closes: 17:00", "closes: 25:00", "p.yaml:5: window.closes", "like 09:30"),
    policy_case("template: reminder_first", "template: nope", "nope", line="policy lint p.yaml"),
    policy_case("policy: test", "policy test", "p.yaml:", "this is not YAML", line="policy show p.yaml"),
    file_case(
        "p.yaml", "steps: " + "[" * 60, "p.yaml:1: ", "levels inside each other", line="policy lint p.yaml"
    ),
    file_case("p.yaml", b"\x00\x01\x02", "p.yaml:1: ", "save the file as UTF-8", line="policy adopt p.yaml"),
]
JSON = [
    json_case("", ":1: the file is empty", "docs/simulation-format.md"),
    json_case("{", ":1: this is not JSON at column 2", "mend it there"),
    json_case('{"customer": {},\n "until": }', ":2: this is not JSON at column 11", "mend it there"),
    json_case("[]", "write keys with values", "not a list"),
    json_case("{}", "customer: this key is required and missing", "events: this key is required and missing"),
    json_case('{"a": NaN}', "NaN is no number", "write amounts as text"),
    json_case('{"until": 1, "until": 2}', "the key 'until' stands twice", "keep one of them"),
    json_case("[" * 100_000, "levels inside each other", "simplify it"),
    json_case('{"until": ' + "9" * 5000 + "}", "a number too long", "simplify it"),
    json_case(b'{"until": "\xe4"}', ":1: not UTF-8 text", "save the file as UTF-8"),
    json_case(
        {"customer": {"id": "A", "timezone": "Mars"}, "until": "2026-05-01", "events": []},
        "customer: 'Mars' is no known time zone",
        "use a name such as Europe/Berlin",
    ),
    json_case(
        {"customer": {"id": "A"}, "until": "2026-02-30", "events": {}},
        "until: write a d",
        "events: write a list",
    ),
    event_case("amount: this must be more than 0", amount="-1.00"),
    event_case("amount: write amounts as text", "a float is not exact", amount=1490.5),
    event_case("amount: write a number like", amount="NaN"),
    event_case("amount: this number may have at most 18 digits", amount="9" * 40),
    event_case("currency: ", currency="euro"),
    event_case("unknown currency 'ABC'", "write an ISO 4217 code", currency="ABC"),
    event_case("JPY has 0 decimals", currency="JPY", amount="1.50"),
    event_case("due_on: write a date like 2026-03-31, not '2026-02-30'", due_on="2026-02-30"),
    event_case("at: '2026-02-30' is no time: write a date", at="2026-02-30"),
    event_case("at: '2026-02-03T09:00:00' has no offset", at="2026-02-03T09:00:00"),
    event_case("due_on: this key is required and missing", due_on=...),
    event_case("every event needs a type, such as invoice_issued", type=...),
    event_case("dued_on: nobody knows this key (did you mean due_on?)", dued_on="2026-02-04"),
]
LINES = [
    line_case("pay ACME NaN EUR --payment P", 2, "amount: 'NaN' is not an amount", "write it like 1490.00"),
    line_case("pay ACME 1e3 EUR --payment P", 2, "amount: '1e3' is not an amount", "write it like 1490.00"),
    line_case("pay ACME --payment P -- -5.00 EUR", 2, "amount: -5.00 EUR", "write more than 0"),
    line_case("pay ACME 5.001 EUR --payment P", 2, "amount: 5.001 EUR", "EUR has 2 decimals"),
    line_case(f"pay ACME {'9' * 30} EUR --payment P", 2, "amount: ", "15 digits at most"),
    line_case("pay ACME 5 EURO --payment P", 2, "unknown currency 'EURO'", "ISO 4217"),
    line_case("pay ACME 5 EUR", 2, "Missing option '--payment'", "starter.py pay --help"),
    line_case("pay ACME 5 EUR --payment ''", 2, "payment: this needs at least 1 characters"),
    line_case(
        "pay ACME 5 EUR --payment P --on 2099-01-01",
        2,
        "--on: 2099-01-01 is still to come",
        "write the day on which it happened",
    ),
    line_case(
        "pay ACME 5 EUR --payment P --on 2026-02-30", 2, "'--on': '2026-02-30' is no date", "like 2026-02-03"
    ),
    line_case("pay ACME 5 EUR --payment P --invoice X", 1, "ACME: ", "no invoice X", "starter.py show ACME"),
    line_case(
        "pay NOBODY 5 EUR --payment P", 1, "no customer 'NOBODY'", "starter.py onboard", "starter.py import"
    ),
    line_case("invoice ACME I 5 EUR", 2, "Missing option '--due'", "starter.py invoice --help"),
    line_case(
        "pay ACME 5 USD --payment P --invoice INV-1", 1, "payment P is in USD, and invoice INV-1 in EUR"
    ),
    line_case("dispute ACME INV-1 --id D --amount 100.01", 1, "ACME: 100.01 EUR cannot be disputed: 100.00"),
    line_case("exempt ACME --reason x --to 2026-02-09", 1, "The exemption would end on 2026-02-09, before"),
    line_case("invoice ACME I 5 EUR --due 1900-01-01", 2, "'--due': 1900-01-01", "between 1970 and 2100"),
    line_case(
        "invoice ACME I 5 EUR --due 2026-01-01 --issued 2026-02-01",
        2,
        "--due: 2026-01-01 is before",
        "correct",
    ),
    line_case(f"invoice ACME {'I' * 129} 5 EUR --due 2026-03-01", 2, "invoice: this may have at most 128"),
    line_case("pause NOBODY --reason x", 1, "no customer 'NOBODY'", "starter.py onboard"),
    line_case("pause ACME --reason ' '", 2, "'--reason': an empty reason is none", "write a few words"),
    line_case("pause ACME --reason x --to soon", 2, "'--to': 'soon' is no date", "write it like 2026-02-03"),
    line_case("dispute ACME INV-1", 2, "Missing option '--id'", "starter.py dispute --help"),
    line_case("dispute ACME INV-1 --id D --amount 5.001", 1, "ACME: 5.001 EUR: EUR has 2 decimals"),
    line_case("dispute ACME INV-1 --id D --amount NaN", 1, "ACME: amount: write a number"),
    line_case("dispute ACME INV-1 --id D --resolve --amount 5", 2, "--amount: a dispute is resolved as a"),
    line_case("dispute ACME INV-1 --id D --outcome won", 2, "--outcome: only a resolved dispute"),
    line_case("dispute ACME INV-1 --id D --resolve --outcome tied", 2, "'tied' is not one of 'won', 'lost'"),
    line_case("dispute ACME INV-9 --id D", 1, "ACME: Invoice INV-9 is not known for this customer"),
    line_case("write-off ACME INV-9", 1, "ACME: Invoice INV-9 is not known for this customer"),
    line_case("write-off ACME INV-1 --undo", 1, "ACME: Nothing has been written off."),
    line_case("task ACME call", 1, "ACME: No task is open."),
    line_case("enter-code ACME 12x456", 2, "a code has six digits: write it like 123456"),
    line_case("enter-code ACME 123456", 1, "ACME: No code is waited for."),
    line_case("review ACME aprove", 2, "'aprove' is not one of 'approve', 'approve_prepayment', 'reject'"),
    line_case("review ACME approve", 1, "ACME: Nobody is being verified here."),
    line_case("show NOBODY", 1, "no customer 'NOBODY'", "starter.py onboard"),
    line_case(
        "onboard 'A B' --name X --email a@x.example", 2, "'A B' cannot be a customer id", "use 1 to 64"
    ),
    line_case(
        "onboard X --name X --email a@x.example --timezone Mars",
        2,
        "'Mars' is no known time zone",
        "use a name",
    ),
    line_case(
        "onboard X --name X --email a@x.example --currency EURO",
        2,
        "'EURO' is no currency code",
        "such as EUR",
    ),
    line_case(
        "onboard X --name X --email x(at)x.example", 2, "the email address cannot exist: write it like"
    ),
    line_case("onboard ACME --name X --email a@x.example", 1, "ACME is a customer already"),
    line_case("report ageing --as-of 2026-13-01", 2, "'--as-of': '2026-13-01' is no date", "like 2026-02-03"),
    line_case(
        "report ageing --known-at 2026-01-01", 2, "'--known-at': '2026-01-01' is no instant", "T09:00:00Z"
    ),
    line_case("report ageing --known-at 0001-01-01T00:00:00+14:00", 2, "'--known-at': 0001", "1970 and 2100"),
    line_case("report ageing --known-at 9999-12-31T23:59:59-14:00", 2, "'--known-at': 9999", "1970 and 2100"),
    line_case("import none.csv --map none.yaml", 2, "'none.yaml' does not exist", "starter.py import --help"),
    line_case("import . --map .", 2, "'.' is a directory", "starter.py import --help"),
    line_case("policy show none.yaml", 2, "'none.yaml' does not exist", "starter.py policy show --help"),
    line_case("policy adopt .", 2, "'.' is a directory", "starter.py policy adopt --help"),
    line_case("polcy lint", 2, "No such command 'polcy'", "Did you mean 'policy'?"),
    line_case("go --alow-blast", 2, "No such option: --alow-blast", "--allow-blast"),
    line_case("demo --days 0", 2, "'--days'", "greater than or equal to 1"),
]


@pytest.mark.parametrize(("files", "line", "status", "expected"), [*CSV, *MAPPINGS, *POLICIES, *JSON, *LINES])
def test_bad_input_is_refused_with_place_and_remedy_and_nothing_is_written(
    acme, files: dict[str, str | bytes], line: str, status: int, expected: tuple[str, ...]
) -> None:
    for name, content in files.items():
        acme.write(name, content)
    before = acme.contents()
    answer = acme(*shlex.split(line))
    for words in expected:
        assert words in answer.err
    assert answer.status == status
    assert "Traceback" not in answer.err
    assert acme.contents() == before


def test_bad_input_comes_in_at_every_door() -> None:
    assert min(map(len, (CSV, MAPPINGS, POLICIES, JSON, LINES))) >= 9
    assert sum(map(len, (CSV, MAPPINGS, POLICIES, JSON, LINES))) >= 40


# --- settings


@pytest.mark.parametrize(
    ("name", "value", "status", "words"),
    [
        (
            "DATABASE_URL",
            "nonsense",
            2,
            "DATABASE_URL is no database address: write sqlite:///path/to/ledger.db",
        ),
        ("DATABASE_URL", "mysql://u:secret@h/d", 2, "DATABASE_URL names 'mysql': write sqlite:///path"),
        ("DATABASE_URL", "sqlite:///.", 1, "unable to open database file): check DATABASE_URL"),
        (
            "DATABASE_URL",
            "sqlite:////proc/no/ledger.db",
            1,
            "/proc/no: No such file or directory: check the path",
        ),
        ("DATABASE_URL", "sqlite:///noise.db", 1, "file is not a database): check DATABASE_URL"),
        ("DATABASE_URL", "postgresql://u:secret@127.0.0.1:1/d", 1, "Connection refused): check DATABASE_URL"),
        (
            "TEMPORAL_ADDRESS",
            "localhost",
            2,
            "TEMPORAL_ADDRESS: write a host and a port, like 127.0.0.1:7233",
        ),
        ("TEMPORAL_ADDRESS", "localhost:99999", 2, "TEMPORAL_ADDRESS: write a host and a port"),
        ("TASK_QUEUE", "A B", 2, "TASK_QUEUE: "),
        ("SELLER_TIMEZONE", "Berlin", 2, "SELLER_TIMEZONE: write an IANA time zone, like Europe/Berlin"),
    ],
)
def test_settings_that_cannot_be_are_named_without_their_values(
    acme, monkeypatch: pytest.MonkeyPatch, name: str, value: str, status: int, words: str
) -> None:
    acme.write("noise.db", b"noise" * 2000)
    before = acme.contents()
    monkeypatch.setenv(name, value)
    answer = acme("stop", "--reason", "x")
    assert words in answer.err
    assert (answer.status, answer.out) == (status, "")
    assert "secret" not in answer.err
    assert acme.contents() == before


def test_a_ledger_of_a_newer_version_is_left_alone(acme) -> None:
    connection = sqlite3.connect(acme.ledger)
    connection.execute("UPDATE alembic_version SET version_num = 'ffff'")
    connection.commit()
    connection.close()
    before = acme.contents()
    answer = acme("stop", "--reason", "x")
    assert (answer.status, answer.err) == (
        1,
        "the ledger was written by a newer version of Arrears: use that version\n",
    )
    assert acme.contents() == before


# --- as a process


@pytest.mark.parametrize(
    ("line", "status", "words"),
    [
        ("pay NOBODY 5 EUR --payment P", 1, "There is no customer 'NOBODY'"),
        ("import r.csv --map m.yaml", 1, "r.csv:2: Amount: 'x' is no amount"),
        ("policy lint p.yaml", 1, "p.yaml:1: the document is empty"),
    ],
)
def test_the_process_ends_with_the_status_and_without_a_traceback(
    cli, line: str, status: int, words: str
) -> None:
    cli.write("m.yaml", MAPPING)
    cli.write("r.csv", f"{HEADER}\n{ROW.replace('100.00', 'x')}\n")
    cli.write("p.yaml", "")
    done = subprocess.run(
        [sys.executable, str(ROOT / "starter.py"), *shlex.split(line)],
        cwd=cli.folder,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == status
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not any(
        rows for table, rows in cli.contents().items() if table in ("facts", "customers", "journal")
    )
