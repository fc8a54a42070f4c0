"""Reports on the command line: tables, CSV, JSON and pages, and what is wrong usage."""

import csv
import io
import json

import pytest

RATES = """\
title: Loss rates
basis: our own
rates: {current: 0.01, d1_30: 0.1, d31_60: 0.2, d61_90: 0.5, d91_plus: 1}
"""
REPORTS = ("movements", "dso", "cei", "promises", "disputes", "contacts", "held", "suspensions", "forecast")
WITH_MONEY = {"movements": "closing", "dso": "receivable", "cei": "closing", "forecast": "all"}


def report(cli, name, *options):
    answer = cli("report", name, "--as-of", "2026-02-28", *options)
    assert (answer.status, answer.err) == (0, ""), answer
    return answer.out


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_a_table_json_and_csv_of_the_same_rows(acme, name) -> None:
    found = json.loads(report(acme, name, "--json"))
    rows = list(csv.DictReader(io.StringIO(report(acme, name, "--csv"))))
    assert (found["report"], found["as_of"], found["known_at"]) == (name, "2026-02-28", None)
    assert len(rows) == len(found["rows"])
    if name in WITH_MONEY:
        assert {row[WITH_MONEY[name]] for row in (rows[-1], found["rows"][-1])} == {"100.00"}
        assert "100.00" in report(acme, name)
    assert report(acme, name).splitlines()[0].endswith("as of the end of 2026-02-28:")


def test_the_ageing_as_csv_and_by_invoice(acme) -> None:
    (row,) = csv.DictReader(io.StringIO(report(acme, "ageing", "--csv")))
    assert (row["currency"], row["d1_30"], row["total"]) == ("EUR", "100.00", "100.00")
    (invoice,) = csv.DictReader(io.StringIO(report(acme, "ageing", "--csv", "--list")))
    assert (invoice["customer"], invoice["invoice"], invoice["days_late"]) == ("ACME", "INV-1", "24")
    assert "Open at the end of 2026-02-28:" in report(acme, "ageing", "--list")


def test_the_ageing_in_another_currency_shows_the_rate(acme) -> None:
    out = report(acme, "ageing", "--in", "usd", "--rate", "EUR=1.08", "--rates-of", "2026-02-27")
    assert "all in USD" in out
    assert "as of 2026-02-27: 1 EUR = 1.08 USD." in out
    found = json.loads(report(acme, "dso", "--json", "--in", "USD", "--rate", "EUR=1.08"))
    assert (found["in"], found["rates"], found["rows"][-1]["receivable"]) == (
        "USD",
        {"EUR": "1.08"},
        "108.00",
    )


def test_the_loss_allowance_by_a_file(acme) -> None:
    acme.write("rates.yaml", RATES)
    found = json.loads(report(acme, "allowance", "--rates", "rates.yaml", "--json"))
    assert (found["basis"], found["rows"][-1]["allowance"]) == ("our own", "10.00")


def test_a_wrong_rate_is_named_with_its_line(acme) -> None:
    acme.write("rates.yaml", RATES.replace("0.1,", "10,"))
    answer = acme("report", "allowance", "--rates", "rates.yaml")
    assert (answer.status, answer.out) == (1, "")
    assert "rates.yaml:3: rates.d1_30: a rate is a fraction of one: write 0.022 for 2.2 %" in answer.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("ageing", "--in", "USD"),
            "money in EUR: say what one of it is worth in USD, such as EUR=1.25",
        ),
        (("dso", "--rate", "USD=1.1"), "--rate: say with --in into which currency it converts"),
        (("dso", "--in", "EURO"), "--in: unknown currency 'EURO': write an ISO 4217 code such as EUR"),
        (
            ("dso", "--in", "USD", "--rate", "EUR"),
            "--rate: 'EUR' has no rate above 0: write it like USD=0.92",
        ),
        (("dso", "--in", "USD", "--rate", "EUR=0"), "--rate: 'EUR=0' has no rate above 0"),
        (("dso", "--in", "USD", "--rate", "USD=1"), "--rate: 'USD=1' names no other currency"),
        (("cei", "--csv", "--json"), "--csv and --json: choose one of them"),
        (("cei", "--html", "no/such.html"), "there is no folder no: make it first"),
        (("page", "no/such.html"), "there is no folder no: make it first"),
        (("allowance",), "Missing option '--rates'"),
    ],
)
def test_wrong_usage_says_what_would_be_right(acme, arguments, says) -> None:
    answer = acme("report", *arguments)
    assert (answer.status, answer.out) == (2, "")
    assert says in " ".join(answer.err.split())


def test_one_report_is_written_as_a_page(acme) -> None:
    out = report(acme, "ageing", "--html", "ageing.html", "--list")
    page = (acme.folder / "ageing.html").read_text(encoding="utf-8")
    assert "INV-1" in out
    assert page.startswith("<!DOCTYPE html>")
    assert ("<svg" in page, "INV-1" in page, "<script" in page) == (True, True, False)


def test_all_of_one_day_is_written_as_a_page(acme) -> None:
    acme.write("rates.yaml", RATES)
    out = report(acme, "page", "board.html", "--rates", "rates.yaml")
    assert out == "board.html: 12 reports as of the end of 2026-02-28\n"
    page = (acme.folder / "board.html").read_text(encoding="utf-8")
    for words in (
        "Example Cloud: receivables",
        "Past due",
        "DSO by countback",
        "Loss allowance",
        "Suspensions",
    ):
        assert words in page


def test_an_empty_ledger_is_reported_as_such(cli) -> None:
    for name in REPORTS:
        assert json.loads(report(cli, name, "--json"))["rows"] == []
    assert "12 reports" not in report(cli, "page", "board.html")
    assert (cli.folder / "board.html").exists()


def test_a_report_writes_nothing(acme) -> None:
    before = acme.contents()
    for name in ("ageing", *REPORTS):
        report(acme, name, "--list")
    assert acme.contents() == before
