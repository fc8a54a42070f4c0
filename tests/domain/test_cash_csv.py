"""A bank's CSV by its mapping: amounts in one column or two, balances that must follow, and bad rows."""

from pathlib import Path

import pytest

from domain.cash.csv_lines import read_lines
from domain.cash.csv_mapping import BankMapping
from domain.cash.lines import BankFile
from domain.documents import BadDocument, read

SAMPLES = Path(__file__).parents[2] / "samples" / "bank"
PLAIN = """\
dates: [year-month-day]
account: {fixed: DE1}
currency: {fixed: EUR}
booked_on: Day
amount: Amount
text: Text
"""
TWO = PLAIN.replace("amount: Amount", "credit: In\ndebit: Out\nreturned: {column: Kind, yes: [RETURN]}")


def rules(text: str) -> BankMapping:
    return read(text, model=BankMapping, name="m.yaml")


def csv(text: str, *rows: str, mapping: str = PLAIN) -> BankFile:
    return read_lines([f"{row}\n" for row in (text, *rows)], rules(mapping), file="b.csv")


def said(found: BankFile) -> list[str]:
    return [str(problem) for problem in found.problems]


def test_the_sample_is_read_with_its_balances_newest_first() -> None:
    mapping = rules((SAMPLES / "bank.mapping.yaml").read_text(encoding="utf-8"))
    text = (SAMPLES / "statement.csv").read_text(encoding="utf-8")
    found = read_lines(text.splitlines(keepends=True), mapping, file="b.csv")
    (statement,) = found.statements

    assert found.problems == ()
    assert (str(statement.opening), str(statement.closing)) == ("12,537.90 EUR", "12,594.80 EUR")
    assert [line.place for line in statement.lines] == [3, 4]
    assert statement.lines[0].payer_account == "DE75512108001245126199"


def test_credit_and_debit_in_columns_of_their_own_and_returns_by_a_word() -> None:
    rows = ("2026-02-01,10.00,,INV-1,SALE", "2026-02-02,,-4.00,fee,FEE", "2026-02-03,,10.00,INV-1,RETURN")
    (statement,) = csv("Day,In,Out,Text,Kind", *rows, mapping=TWO).statements

    assert [str(line.amount) for line in statement.lines] == ["10.00 EUR", "-4.00 EUR", "-10.00 EUR"]
    assert [line.returned for line in statement.lines] == [False, False, True]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("2026-02-30,1.00,x", "b.csv:3: '2026-02-30' is no day of the calendar"),
        ("2026-02-01,1.005,x", "b.csv:3: 1.005 EUR: EUR has 2 decimals"),
        ("2026-02-01,one,x", "b.csv:3: 'one' is no amount"),
        ("2026-02-01,1.00", "b.csv:3: 2 fields where the header has 3"),
        ('2026-02-01,1.00,"x', "b.csv:3: a quote that opens here is never closed"),
        ("2026-02-01,1.00,x\0", "b.csv:3: a NUL byte"),
    ],
)
def test_a_bad_row_is_named_by_its_line(row: str, words: str) -> None:
    found = csv("Day,Amount,Text", "2026-02-01,5.00,ok", row)

    assert len(found.errors) == 1
    assert said(found)[0].startswith(words)


def test_all_problems_stand_together() -> None:
    found = csv("Day,Amount,Text", "soon,5.00,x", "2026-02-01,x,x", "2026-02-01,1.00,ok")

    assert [problem.line for problem in found.errors] == [2, 3]


def test_two_currencies_on_one_account_are_refused_and_two_accounts_are_two_statements() -> None:
    mapping = PLAIN.replace("{fixed: EUR}", "Currency").replace("{fixed: DE1}", "Account")
    head = "Day,Amount,Text,Currency,Account"
    mixed = csv(head, "2026-02-01,1.00,x,EUR,A", "2026-02-01,1.00,x,USD,A", mapping=mapping)
    apart = csv(head, "2026-02-01,1.00,x,EUR,A", "2026-02-01,1.00,x,USD,B", mapping=mapping)

    assert said(mixed)[0].startswith("b.csv:3: USD on an account in EUR")
    assert [each.currency for each in apart.statements] == ["EUR", "USD"]


def test_a_row_that_is_missing_shows_in_the_balances() -> None:
    mapping = f"{PLAIN}balance: Saldo\n"
    rows = ["2026-02-01,1.00,a,11.00", "2026-02-02,2.00,b,13.00", "2026-02-03,3.00,c,16.00"]
    head = "Day,Amount,Text,Saldo"

    assert csv(head, *rows, mapping=mapping).problems == ()
    assert csv(head, *reversed(rows), mapping=mapping).problems == ()
    assert (
        "the balance does not follow from the row before"
        in said(csv(head, rows[0], rows[2], mapping=mapping))[0]
    )


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "the file is empty"),
        (["Day,Amount,Text"], "there is a header and no row"),
        (["Day;Amount;Text", "x"], "and the header lacks it"),
        (["Day,Amount,Text,Text", "x"], "and the header has more than once it"),
    ],
)
def test_a_file_that_is_none_is_refused(rows: list[str], words: str) -> None:
    found = read_lines([f"{row}\n" for row in rows], rules(PLAIN), file="b.csv")

    assert any(words in each for each in said(found))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("amount: Amount\n", "", "write either amount, or credit and debit"),
        (
            "amount: Amount",
            "amount: Amount\ncredit: In\ndebit: Out",
            "write either amount, or credit and debit",
        ),
        ("amount: Amount", "credit: In", "write either amount, or credit and debit"),
        ("{fixed: EUR}", "{by_country: {DE: EUR}}", "a bank's file has no countries"),
        ("booked_on", "boked_on", "booked_on"),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_place(old: str, new: str, words: str) -> None:
    with pytest.raises(BadDocument, match=words):
        rules(PLAIN.replace(old, new))
