from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.customer import Customer
from domain.documents import BadDocument, read
from domain.facts import DisputeOpened, DisputeResolved, InvoiceIssued, PaymentReceived
from domain.receivables.imported import Import
from domain.receivables.mapping import Mapping
from domain.receivables.reading import read_rows

ROOT = Path(__file__).parents[2]
IBM = ROOT.parent / "shared" / "data" / "ibm-accounts-receivable.csv"

MAPPING = """\
delimiter: ";"
dates: [day.month.year, year-month-day]
amounts: {decimal: ",", thousands: "."}
customer:
  id: Customer
  name: Name
  country: {column: Country, translate: {Germany: DE, Japan: JP}}
  timezone: {by_country: {DE: Europe/Berlin}, otherwise: UTC}
invoice:
  number: Invoice
  issued_on: Issued
  due_on: Due
  amount: Amount
  currency: Currency
settled_on: Settled
payment: {amount: Paid, paid_on: Paid on}
dispute:
  column: Disputed
  yes: [x]
  no: ["-"]
  counted_from: due_on
  opens_after_days: -5
  lasts_days: 9
"""
HEADER = "Customer;Name;Country;Invoice;Issued;Due;Amount;Currency;Paid;Paid on;Settled;Disputed"
GOOD = "1001;Ann Other;Germany;A1;01.02.2026;03.03.2026;1.490,00;EUR;;;;"


def mapping(text: str = MAPPING) -> Mapping:
    return read(text, model=Mapping, name="m.yaml")


def imported(*rows: str, header: str = HEADER, text: str = MAPPING) -> Import:
    return read_rows([f"{row}\n" for row in (header, *rows)], mapping(text), file="r.csv")


def bodies(result: Import) -> dict[str, tuple[date, object]]:
    return {fact.id: (fact.happened_on, fact.body) for who in result.customers for fact in who.facts}


def test_a_row_becomes_a_customer_and_an_invoice() -> None:
    result = imported(GOOD)
    (who,) = result.customers
    assert (result.rows, result.accepted, result.problems) == (1, 1, ())
    assert who.customer == Customer(id="1001", country="DE", timezone="Europe/Berlin", currency="EUR")
    assert (who.line, who.name, who.email, who.phone, who.address) == (2, "Ann Other", None, None, None)
    (fact,) = who.facts
    assert (fact.id, fact.happened_on) == ("invoice:A1", date(2026, 2, 1))
    assert fact.body == InvoiceIssued(
        invoice="A1",
        amount=Decimal("1490.00"),
        currency="EUR",
        due_on=date(2026, 3, 3),
        issued_on=date(2026, 2, 1),
    )


def test_a_settlement_pays_what_the_part_payment_left_open() -> None:
    facts = bodies(imported(GOOD.replace(";;;;", ";490,00;10.03.2026;2026-03-20;")))
    day, part = facts["part_payment:A1"]
    assert (day, part.amount, part.invoice) == (date(2026, 3, 10), Decimal("490.00"), "A1")
    assert facts["payment:A1"] == (
        date(2026, 3, 20),
        PaymentReceived(payment="payment:A1", amount=Decimal("1000.00"), currency="EUR", invoice="A1"),
    )


@pytest.mark.parametrize(
    ("settled", "opened_on", "resolved_on"),
    [
        ("", date(2026, 2, 26), date(2026, 3, 7)),
        ("2026-03-20", date(2026, 2, 26), date(2026, 3, 7)),
        ("2026-03-01", date(2026, 2, 26), date(2026, 3, 1)),
        ("2026-02-10", date(2026, 2, 10), date(2026, 2, 10)),
    ],
)
def test_a_dispute_lies_between_the_invoice_and_its_settlement(
    settled: str, opened_on: date, resolved_on: date
) -> None:
    facts = bodies(imported(GOOD.replace(";;;;", f";;;{settled};x")))
    assert facts["dispute:A1"] == (opened_on, DisputeOpened(dispute="dispute:A1", invoice="A1"))
    assert facts["dispute_resolved:A1"] == (
        resolved_on,
        DisputeResolved(dispute="dispute:A1", invoice="A1", outcome="won"),
    )


def test_a_dispute_without_an_end_lasts_until_the_settlement() -> None:
    text = MAPPING.replace("  lasts_days: 9\n", "")
    assert "dispute_resolved:A1" not in bodies(imported(GOOD + "x", text=text))
    settled = bodies(imported(GOOD.replace(";;;;", ";;;2026-09-01;x"), text=text))
    assert settled["dispute_resolved:A1"][0] == date(2026, 9, 1)


def test_a_dispute_opens_no_earlier_than_the_invoice() -> None:
    text = MAPPING.replace("opens_after_days: -5", "opens_after_days: -90")
    assert bodies(imported(GOOD + "x", text=text))["dispute:A1"][0] == date(2026, 2, 1)


@pytest.mark.parametrize(
    ("amount", "currency", "exact"),
    [
        ("148.000", "JPY", "148000"),
        ("148000,00", "JPY", "148000"),
        ("1.234,5", "EUR", "1234.50"),
        ("0,001", "KWD", "0.001"),
    ],
)
def test_amounts_are_exact_in_every_currency(amount: str, currency: str, exact: str) -> None:
    body = bodies(imported(GOOD.replace("1.490,00;EUR", f"{amount};{currency}")))["invoice:A1"][1]
    assert str(body.amount) == exact


def test_rows_of_one_customer_meet_in_one_customer() -> None:
    other = GOOD.replace("A1", "A2").replace("EUR", "CHF")
    result = imported(GOOD, other, GOOD.replace("1001", "1002").replace("A1", "A3"))
    assert [(who.customer.id, len(who.facts), who.customer.currency) for who in result.customers] == [
        ("1001", 2, None),
        ("1002", 1, "EUR"),
    ]


CONTACTS = MAPPING.replace("  name: Name\n", "  name: Name\n  email: Mail\n  phone: Tel\n  address: Street\n")
CONTACT_HEADER = HEADER.replace("Name;", "Name;Mail;Tel;Street;")


def with_contact(mail: str = "", tel: str = "", street: str = "", *, country: str = "Germany") -> str:
    return GOOD.replace("Ann Other;Germany", f"Ann Other;{mail};{tel};{street};{country}")


def test_contact_data_is_read_and_brought_into_its_standard_form() -> None:
    row = with_contact("Ann@EXAMPLE.com", "030 23125 014", "1 Side Street, Town")
    result = imported(row, header=CONTACT_HEADER, text=CONTACTS)
    (who,) = result.customers
    assert result.problems == ()
    assert (who.email, who.phone, who.address) == ("Ann@example.com", "+493023125014", "1 Side Street, Town")


@pytest.mark.parametrize(
    ("mail", "tel", "problem"),
    [
        ("ann", "", "Mail: warning: no email address: correct it, like name@example.com;"),
        ("ann@home", "", "Mail: warning: no email address:"),
        ("ann other@x.example", "", "Mail: warning: no email address:"),
        ("a@x.example, b@x.example", "", "Mail: warning: no email address:"),
        ("", "call Ann", "Tel: warning: no telephone number: correct it, like +44 20 7946 0000;"),
        ("", "0171", "Tel: warning: no telephone number:"),
        ("", "+999 12345678", "Tel: warning: no telephone number:"),
    ],
)
def test_what_cannot_be_an_address_is_left_out_with_a_warning(mail: str, tel: str, problem: str) -> None:
    result = imported(with_contact(mail, tel), header=CONTACT_HEADER, text=CONTACTS)
    (found,) = result.problems
    (who,) = result.customers
    assert str(found).startswith(f"r.csv:2: {problem}")
    assert (found.kind, result.accepted, who.email, who.phone) == ("contact", 1, None, None)
    assert mail + tel not in str(found), "personal data stands in the message"


def test_contact_data_of_a_later_row_fills_what_the_first_left_open() -> None:
    first, second = with_contact(tel="030 23125 014"), with_contact("ann@x.example", "030 23125 015")
    result = imported(first, second.replace("A1", "A2"), header=CONTACT_HEADER, text=CONTACTS)
    (who,) = result.customers
    assert (who.email, who.phone) == ("ann@x.example", "+493023125014")
    (found,) = result.problems
    assert "r.csv:3: Customer: warning: the customer's phone differs from line 2, which counts" in str(found)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("1001", "", "Customer: nothing is written here: fill it in"),
        ("1001", "10/01", "Customer: '10/01' cannot be a customer id: use 1 to 64 letters, digits,"),
        ("Germany", "France", "Country: 'France' is in no table: add it to translate in the mapping"),
        ("A1", "", "Invoice: nothing is written here: fill it in"),
        ("A1", "A" * 91, "Invoice: an invoice number has at most 90 printable characters: shorten it"),
        (
            "A1",
            "service",
            "Invoice: 'service' is a word of the engine's own: give the",
        ),
        ("01.02.2026", "", "Issued: nothing is written here: fill it in"),
        (
            "01.02.2026",
            "30.02.2026",
            "Issued: '30.02.2026' is no day of the calendar (read as day.month.year)",
        ),
        (
            "01.02.2026",
            "02/01/2026",
            "Issued: '02/01/2026' is no date like day.month.year or year-month-day:",
        ),
        ("01.02.2026", "01.02.26", "Issued: '01.02.26' is no date like day.month.year or year-month-day:"),
        ("03.03.2026", "0999-01-01", "Due: '0999-01-01' is in an impossible year: correct it (1970 to 2100)"),
        ("03.03.2026", "31.01.2026", "Due: due on 2026-01-31, before it was issued on 2026-02-01: correct"),
        ("1.490,00", "-5,00", "Amount: a negative amount is a credit, no invoice: leave it out and book"),
        ("1.490,00", "0,00", "Amount: an amount of nothing is no debt: leave the row out"),
        ("1.490,00", "1,490.00", "Amount: '1,490.00' is no amount: write it like 1490,00, or set amounts"),
        ("1.490,00", "1.49", "Amount: '1.49' is no amount: write it like 1490,00, or set amounts"),
        ("1.490,00", "NaN", "Amount: 'NaN' is no amount: write it like 1490,00"),
        ("1.490,00", "1e9", "Amount: '1e9' is no amount: write it like 1490,00"),
        ("1.490,00", "١٢", "Amount: '١٢' is no amount: write it like 1490,00"),
        ("1.490,00", "9" * 20, f"Amount: '{'9' * 20}' is too large to be believed: correct it"),
        ("1.490,00", "1,005", "Amount: 1.005 EUR: EUR has 2 decimals: correct the amount or the currency"),
        ("1.490,00;EUR", "9,50;JPY", "Amount: 9.50 JPY: JPY has 0 decimals: correct the amount"),
        ("EUR", "EURO", "Currency: unknown currency 'EURO': write an ISO 4217 code such as EUR"),
        (
            "EUR",
            "eur",
            "Currency: unknown currency 'eur': write an ISO 4217 code such as EUR (did you mean EUR?)",
        ),
        ("EUR;;;;", "EUR;5,00;;;", "Paid on: something was paid on no date: fill the date in, or empty"),
        ("EUR;;;;", "EUR;;05.03.2026;;", "Paid: nothing was paid on a date: fill the amount in, or empty"),
        ("EUR;;;;", "EUR;-5,00;05.03.2026;;", "Paid: a negative payment is a refund: leave it out and book"),
        ("EUR;;;;", "EUR;;;soon;", "Settled: 'soon' is no date like day.month.year or year-month-day:"),
        ("EUR;;;;", "EUR;;;;maybe", "Disputed: 'maybe' is neither a yes nor a no: add it to yes or no of"),
        ("EUR;;;;", "EUR;;;", "11 fields where the header has 12: put a field that holds the delimiter in"),
        ("EUR;;;;", "EUR;;;;;", "13 fields where the header has 12: put a field that holds the delimiter in"),
        ("Ann", "A\0n", "a NUL byte: the export is damaged, or is not text; export it again"),
        (
            "Ann Other",
            '"Ann" Other',
            "text follows a closing quote: write a quote inside a quoted field twice",
        ),
        ("Ann", "An\rn", "a line end stands inside the row: save the file with usual line ends"),
        ("Ann", "a" * 200_000, "a field is longer than 131,072 characters: look for a quote"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_remedy(old: str, new: str, problem: str) -> None:
    assert old in GOOD
    fine = GOOD.replace("A1", "A2")
    result = imported(GOOD.replace(old, new, 1), fine)
    (found,) = result.errors
    assert str(found).startswith(f"r.csv:2: {problem}")
    assert (result.rows, result.accepted) == (2, 1)
    assert list(bodies(result)) == ["invoice:A2"]


@pytest.mark.parametrize(
    ("rest", "problem"),
    [
        (";;;2026-01-01;", "Settled: warning: settled on 2026-01-01, before it was issued on 2026-02-01"),
        (";1,00;2026-01-01;;", "Paid on: warning: paid on 2026-01-01, before it was issued on 2026-02-01"),
        (
            ";1.491,00;2026-03-05;;",
            "Paid: warning: 1,491.00 EUR paid on an invoice of 1,490.00 EUR: check it",
        ),
    ],
)
def test_an_odd_row_is_imported_with_a_warning(rest: str, problem: str) -> None:
    result = imported(GOOD.replace(";;;;", rest))
    (found,) = result.problems
    assert str(found).startswith(f"r.csv:2: {problem}")
    assert (result.errors, result.accepted, len(bodies(result))) == ((), 1, 2)


def test_money_that_is_still_to_come_is_imported_with_a_warning() -> None:
    rows = [HEADER, GOOD.replace(";;;;", ";5,00;2026-04-01;2026-04-02;")]
    before = read_rows(rows, mapping(), file="r.csv", today=date(2026, 3, 31))
    assert [str(problem) for problem in before.problems] == [
        "r.csv:2: Settled: warning: 2026-04-02 is still to come, and counts as paid: check it",
        "r.csv:2: Paid on: warning: 2026-04-01 is still to come, and counts as paid: check it",
    ]
    after = read_rows(rows, mapping(), file="r.csv", today=date(2026, 4, 2))
    assert (after.problems, after.customers) == ((), before.customers)


def test_all_that_is_wrong_with_all_rows_is_reported_together() -> None:
    result = imported("/;N;Spain;;x;y;z;ABC;;;;maybe", GOOD, "too;short")
    assert [(problem.line, problem.column) for problem in result.problems] == [
        (2, "Country"),
        (2, "Invoice"),
        (2, "Issued"),
        (2, "Due"),
        (2, "Currency"),
        (4, None),
    ]
    assert result.accepted == 1


def test_an_identical_row_is_read_once() -> None:
    result = imported(GOOD, GOOD)
    assert [str(p) for p in result.problems] == [
        "r.csv:3: Invoice: warning: the same row as line 2: read once"
    ]
    assert (result.rows, result.accepted) == (2, 1)


def test_rows_that_contradict_each_other_are_all_refused() -> None:
    other = GOOD.replace("1.490,00", "1.500,00")
    result = imported(GOOD, other, GOOD.replace("A1", "A2"), other)
    assert [str(problem) for problem in result.errors] == [
        "r.csv:2: Invoice: line 3 says something else about invoice A1: keep one of them",
        "r.csv:3: Invoice: line 2 says something else about invoice A1: keep one of them",
        "r.csv:5: Invoice: line 2 says something else about invoice A1: keep one of them",
    ]
    assert list(bodies(result)) == ["invoice:A2"]


def test_where_rows_describe_a_customer_differently_the_first_counts_and_no_name_is_shown() -> None:
    other = GOOD.replace("A1", "A2").replace("Germany", "Japan").replace("Ann Other", "Bob Secret")
    result = imported(GOOD, other)
    (found,) = result.problems
    assert "r.csv:3: Customer: warning: the customer's country, timezone, name differs from line 2" in str(
        found
    )
    assert "Secret" not in str(found)
    assert (result.customers[0].customer.country, result.accepted) == ("DE", 2)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([], "the file is empty: export it again, with its header line"),
        (["\n", " \n"], "the file is empty: export it again, with its header line"),
        ([GOOD], "this is no header: none of the mapping's columns is named here; add the line"),
        ([HEADER.replace(";", ","), GOOD], "the columns are separated by ',', not by ';': set delimiter"),
        ([HEADER.replace("Due", "Due date")], "Due: the mapping reads this column for invoice.due_on, and"),
        (
            [HEADER.replace("Due", "due")],
            "Due: the mapping reads this column for invoice.due_on, and the header lacks it (did you mean",
        ),
        ([HEADER.replace("Name", "Due")], "Due: two columns have this name: rename one of them"),
        (["\0" + HEADER, GOOD], "a NUL byte: the export is damaged"),
        (['"' + HEADER, GOOD], "a quote that opens here is never closed (the file ends on line 2)"),
        ([HEADER], "warning: there is a header and no row"),
    ],
)
def test_a_bad_file_is_refused_as_a_whole(lines: list[str], problem: str) -> None:
    result = read_rows(lines, mapping(), file="r.csv")
    assert any(str(found).startswith(f"r.csv:1: {problem}") for found in result.problems), [
        str(p) for p in result.problems
    ]
    assert (result.customers, result.accepted) == ((), 0)


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    two_lines = GOOD.replace("Ann Other", '"Ann\nOther"').replace("A1", "A2")
    text = "\n".join([f"\ufeff{HEADER}", GOOD, "", two_lines, ";;;;;;;;;;;", GOOD.replace("Ger", "X")])
    result = read_rows(text.splitlines(keepends=True), mapping(), file="r.csv")
    assert [problem.line for problem in result.errors] == [7]
    assert (result.rows, result.accepted) == (3, 2)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "number: Invoice",
            "numbr: Invoice",
            "10: invoice.numbr: nobody knows this key (did you mean number?)",
        ),
        ("number: Invoice", "numbr: Invoice", "9: invoice.number: this key is required and missing"),
        ('delimiter: ";"', 'delimiter: ";;"', "1: delimiter: this may have at most 1 characters"),
        (
            "[day.month.year,",
            "[dd.mm.yyyy,",
            "2: dates.0: 'dd.mm.yyyy' is no form of a date: write it like day.",
        ),
        ("[day.month.year, year-month-day]", "[]", "2: dates: this needs at least 1 entries"),
        ('thousands: "."', 'thousands: ","', "3: amounts: decimal and thousands must be two different"),
        (
            "Germany: DE",
            "Germany: Ger",
            "7: customer.country.translate.Germany: 'Ger' is no country code: use",
        ),
        (
            "DE: Europe/Berlin",
            "DE: Europe/Berln",
            "8: customer.timezone.by_country.DE: 'Europe/Berln' is no time",
        ),
        (
            "DE: Europe/Berlin",
            "de: Europe/Berlin",
            "8: customer.timezone.by_country.de: 'de' is no country code",
        ),
        (
            "currency: Currency",
            "currency: {fixed: EURO}",
            "14: invoice.currency.fixed: unknown currency 'EURO': ",
        ),
        ("currency: Currency", "currency: {}", "14: invoice.currency: write exactly one of column, fixed or"),
        (
            "currency: Currency",
            "currency: {fixed: EUR, translate: {a: EUR}}",
            "14: invoice.currency.translate: only",
        ),
        (
            "currency: Currency",
            "currency: {colum: C}",
            "14: invoice.currency.colum: nobody knows this key (did you mean column?)",
        ),
        (
            "country: {column: Country, translate: {Germany: DE, Japan: JP}}",
            "segment: Country",
            "8: customer.timezone.by_country: a value per country needs customer.country",
        ),
        (
            "country: {column: Country, translate: {Germany: DE, Japan: JP}}",
            "country: {by_country: {DE: DE}}",
            "7: customer.country.by_country: a country cannot follow from itself",
        ),
        (
            "counted_from: due_on",
            "counted_from: due",
            "21: dispute.counted_from: 'due' is not one of issued_on, due_on (did you mean due_on?)",
        ),
        (
            "opens_after_days: -5",
            "opens_after_days: soon",
            "22: dispute.opens_after_days: write a whole number,",
        ),
        ("lasts_days: 9", "lasts_days: -9", "23: dispute.lasts_days: this must be 0 or more"),
        ("lasts_days: 9", "lasts_days: 99999999", "23: dispute.lasts_days: this must be 3650 or less"),
        (
            "opens_after_days: -5",
            "opens_after_days: 99999999",
            "22: dispute.opens_after_days: this must be 3650 or less",
        ),
        (
            "opens_after_days: -5",
            "opens_after_days: -99999999",
            "22: dispute.opens_after_days: this must be -3650 or more",
        ),
        ("yes: [x]", "yes: [-, x]", "20: dispute.no.0: '-' stands under yes as well: keep it under one"),
        ("yes: [x]", "yes: x", "19: dispute.yes: write a list, like [email, sms], not 'x'"),
    ],
)
def test_a_bad_mapping_is_refused_with_its_line_and_remedy(old: str, new: str, problem: str) -> None:
    assert old in MAPPING
    with pytest.raises(BadDocument) as caught:
        mapping(MAPPING.replace(old, new, 1))
    assert any(f"m.yaml:{problem}" in str(found) for found in caught.value.problems), str(caught.value)


@given(st.text(alphabet=st.sampled_from('A1;",.\n\r\0 x-05\u00e9'), max_size=200))
def test_whatever_the_file_holds_every_row_is_accepted_or_explained(noise: str) -> None:
    text = f"{HEADER}\n{GOOD}\n{noise}"
    result = read_rows(text.splitlines(keepends=True), mapping(), file="r.csv")
    lines = {problem.line for problem in result.problems}
    assert result.accepted + len(lines) >= result.rows
    assert result.accepted >= 1 or result.errors


@pytest.mark.parametrize(
    ("word", "value", "problem"),
    [
        ("id", "", "use 1 to 64 letters"),
        ("id", "a" * 65, "use 1 to 64 letters"),
        ("id", "a\n", "use 1 to 64 letters"),
        ("segment", "Big Ones", "use a lower-case word"),
        ("country", "de", "use two capital letters"),
        ("timezone", "Berlin", "use a name such as Europe/Berlin"),
        ("timezone", "/etc/passwd", "use a name such as Europe/Berlin"),
        ("timezone", "Europe", "use a name such as Europe/Berlin"),
        ("timezone", "", "use a name such as Europe/Berlin"),
        ("language", "German", "use a code such as en"),
        ("currency", "€", "use three capital letters"),
    ],
)
def test_a_customer_that_cannot_be_says_what_would_be_right(word: str, value: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Customer(**{"id": "1001", word: value})


def _sample(name: str) -> Mapping:
    path = ROOT / "samples" / name
    return read(path.read_text(encoding="utf-8"), model=Mapping, name=path.name)


def test_the_shipped_sample_reads_without_a_problem() -> None:
    with (ROOT / "samples" / "receivables.csv").open(encoding="utf-8", newline="") as lines:
        result = read_rows(lines, _sample("receivables.mapping.yaml"), file="receivables.csv")
    assert (result.rows, result.accepted, result.problems, len(result.customers)) == (12, 12, (), 7)
    assert {who.customer.currency for who in result.customers} == {"EUR", "JPY", "KRW", None}
    assert [
        who.customer.id for who in result.customers if who.email
    ] == "1001 1002 1003 2001 2002 3001".split()
    assert all(who.phone for who in result.customers if who.customer.country != "JP")


@pytest.mark.skipif(not IBM.exists(), reason="the IBM sample is not beside this checkout")
def test_the_ibm_sample_reads_whole_and_twice_the_same() -> None:
    results = []
    for _ in range(2):
        with IBM.open(encoding="utf-8", newline="") as lines:
            results.append(read_rows(lines, _sample("ibm-accounts-receivable.mapping.yaml"), file=IBM.name))
    first, second = results
    assert first == second
    assert (first.rows, first.accepted, first.problems, len(first.customers)) == (2466, 2466, (), 100)
    facts = [fact for who in first.customers for fact in who.facts]
    assert len({fact.id for fact in facts}) == len(facts)
    assert Counter(fact.body.type for fact in facts) == {
        "invoice_issued": 2466,
        "payment_received": 2466,
        "dispute_opened": 561,
        "dispute_resolved": 561,
    }
    due_on = {fact.body.invoice: fact.body.due_on for fact in facts if isinstance(fact.body, InvoiceIssued)}
    resolved = [fact for fact in facts if isinstance(fact.body, DisputeResolved)]
    assert all(fact.happened_on < due_on[fact.body.invoice] for fact in resolved)
