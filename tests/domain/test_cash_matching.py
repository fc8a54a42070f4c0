"""What a bank line pays: a table of lines, and what holds for every line whatever it says."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.iso7064 import mod_97_10

from domain.cash.doors import Receipt, same_money
from domain.cash.identity import account_key, marks, reference_key
from domain.cash.lines import BankLine, Statement, unbalanced
from domain.cash.matching import MOST_BY_AMOUNT, match, unique_set
from domain.cash.receivables import Open, Receivables, name_key
from domain.cash.references import payloads, plain
from domain.money import Money
from tests.effort import examples

DAY = date(2026, 3, 10)


def eur(amount: str, currency: str = "EUR") -> Money:
    return Money.of(amount, currency)


def line(amount: str, text: str = "", *, currency: str = "EUR", **more: object) -> BankLine:
    return BankLine(place=1, booked_on=DAY, amount=eur(amount, currency), text=text, **more)


def owes(customer: str, invoice: str, amount: str, currency: str = "EUR") -> Open:
    return Open(customer=customer, invoice=invoice, open=eur(amount, currency))


BOOK = [
    owes("ACME", "INV-1042", "100.00"),
    owes("ACME", "INV-1043", "250.00"),
    owes("ACME", "INV-0999", "0.00"),
    owes("BOLT", "2026-0042", "100.00"),
    owes("BOLT", "17", "60.00"),
    owes("CORK", "C/77-A", "77.70"),
    owes("CORK", "C/78-A", "300", "JPY"),
    owes("DUNE", "D-5001", "50.00"),
    owes("DUNE", "D-5002", "50.00"),
    owes("104", "INV-104", "5.00"),
]
KNOWN = Receivables(
    items={who: [each for each in BOOK if each.customer == who] for who in {each.customer for each in BOOK}},
    accounts={"payer-acme": ["ACME"], "payer-dune": ["DUNE"], "payer-both": ["ACME", "BOLT"]},
    names={name_key("Bolt Brothers Ltd"): ["BOLT"]},
)


def rf(number: str) -> str:
    return f"RF{mod_97_10.calc_check_digits(number + 'RF')}{number}"


@pytest.mark.parametrize(
    ("amount", "text", "who", "parts"),
    [
        ("100.00", "Invoice INV-1042", "ACME", {"INV-1042": "100.00"}),
        ("100.00", "rechnung inv 1042 danke", "ACME", {"INV-1042": "100.00"}),
        ("100.00", "RE:INV1042/2026", "ACME", {"INV-1042": "100.00"}),
        ("100.00", "INV-10 42", "ACME", {"INV-1042": "100.00"}),
        ("350.00", "INV-1042 and INV-1043", "ACME", {"INV-1042": "100.00", "INV-1043": "250.00"}),
        ("30.00", "a part of INV-1042", "ACME", {"INV-1042": "30.00"}),
        ("350.00", "INV-1042 INV-1043 INV-0999", "ACME", {"INV-1042": "100.00", "INV-1043": "250.00"}),
        ("100.00", "RG 2026-0042", "BOLT", {"2026-0042": "100.00"}),
        ("60.00", "no 17", "BOLT", {"17": "60.00"}),
        ("77.70", "c/77-a", "CORK", {"C/77-A": "77.70"}),
        ("300", "C/78-A", "CORK", {"C/78-A": "300"}),
    ],
)
def test_a_line_pays_what_it_names(amount: str, text: str, who: str, parts: dict[str, str]) -> None:
    currency = "JPY" if text == "C/78-A" else "EUR"
    found = match(line(amount, text, currency=currency), KNOWN)

    assert found.verdict == "certain"
    assert found.candidates[0].customer == who
    assert dict(found.candidates[0].parts) == {each: eur(paid, currency) for each, paid in parts.items()}


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"structured": rf("INV1042")}, "cash.named"),
        ({"text": f"thanks {rf('20260042')[:4]} {rf('20260042')[4:]}"}, "cash.named"),
        ({"structured": "000000000000000000202600429"}, "cash.named"),
        ({"end_to_end": "INV-1042"}, "cash.named"),
        ({"payer": "BOLT BROTHERS LIMITED"}, "cash.called_exact"),
        ({"text": "customer ACME"}, "cash.called_exact"),
    ],
)
def test_references_names_and_ids_are_understood(given: dict[str, str], rule: str) -> None:
    if given.get("structured", "").startswith("0000"):
        digits = "00000000000000000020260042"
        given = {"structured": next(f"{digits}{n}" for n in range(10) if list(payloads(f"{digits}{n}")))}
    found = match(line("100.00", **given), KNOWN)

    assert (found.verdict, found.candidates[0].reason.rule) == ("certain", rule)


@pytest.mark.parametrize(
    ("amount", "text", "rule"),
    [
        ("120.00", "INV-1042", "cash.otherwise"),
        ("200.00", "INV-1042 INV-1043", "cash.otherwise"),
        ("100.00", "INV-0999", "cash.otherwise"),
        ("300.00", "C/78-A", "cash.other_currency"),
        ("77.70", "thank you", "cash.amount"),
        ("12.00", "from ACME", "cash.called"),
    ],
)
def test_what_does_not_fit_is_for_a_person(amount: str, text: str, rule: str) -> None:
    found = match(line(amount, text), KNOWN)

    assert (found.verdict, found.candidates[0].reason.rule) == ("unclear", rule)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("12.00", "thank you"),
        ("12.00", "no 17"),  # a short number in words that mean another
        ("12.00", "INV-10421 and XINV-1042"),  # a number inside a longer one
        ("5.01", "room 104"),
    ],
)
def test_where_nothing_speaks_for_anybody_nobody_is_named(amount: str, text: str) -> None:
    assert match(line(amount, text), KNOWN).verdict == "nobody"


def test_the_account_it_came_from_tells_the_customer_and_the_amount_the_invoice() -> None:
    exact = match(line("250.00", "thank you"), KNOWN, "payer-acme").candidates[0]
    part = match(line("20.00", "thank you"), KNOWN, "payer-acme").candidates[0]
    twin = match(line("50.00", "thank you"), KNOWN, "payer-dune").candidates[0]

    assert (exact.reason.rule, dict(exact.parts)) == ("cash.known_exact", {"INV-1043": eur("250.00")})
    assert (part.reason.rule, part.parts) == ("cash.known", ())  # the policy says which it pays first
    assert (twin.reason.rule, twin.parts) == ("cash.known", ())


def test_two_customers_with_as_much_said_for_each_are_a_question() -> None:
    found = match(line("100.00", "thank you"), KNOWN, "payer-both")

    assert found.verdict == "unclear"
    assert {each.customer for each in found.candidates} == {"ACME", "BOLT"}


def test_a_reference_is_stronger_than_the_account_of_another_customer() -> None:
    whole = match(line("250.00", "INV-1043"), KNOWN, "payer-dune")
    part = match(line("40.00", "2026-0042"), KNOWN, "payer-dune")

    assert (whole.verdict, whole.candidates[0].customer) == ("certain", "ACME")
    assert part.verdict == "unclear"  # a part might as well be of the account's own customer


def test_an_amount_that_many_owe_speaks_for_nobody() -> None:
    many = [owes(f"C{n}", f"X-{n}00", "9.99") for n in range(MOST_BY_AMOUNT + 1)]
    crowd = Receivables(items={each.customer: [each] for each in many})
    few = Receivables(items={each.customer: [each] for each in many[:2]})

    assert match(line("9.99"), crowd).verdict == "nobody"
    assert match(line("9.99"), few).verdict == "unclear"


amounts = st.integers(1, 500)
books = st.lists(st.tuples(st.sampled_from(["AAAA", "BBBB", "CCCC"]), amounts), max_size=8)
texts = st.lists(st.sampled_from(["N-1000", "N-1001", "N 1002", "AAAA", "thanks", "17"]), max_size=4)


@settings(max_examples=examples(150))
@given(books, amounts, texts, st.sampled_from([None, "known"]))
def test_nothing_is_applied_beyond_the_amount_or_what_is_open(
    owed: list[tuple[str, int]], minor: int, words: list[str], payer: str | None
) -> None:
    items: dict[str, list[Open]] = {"AAAA": [], "BBBB": [], "CCCC": []}
    for number, (who, each) in enumerate(owed):
        items[who].append(Open(customer=who, invoice=f"N-{1000 + number}", open=Money(each, "EUR")))
    known = Receivables(items=items, accounts={"known": ["BBBB"]})
    paid = BankLine(place=1, booked_on=DAY, amount=Money(minor, "EUR"), text=" ".join(words))

    found = match(paid, known, payer)

    for candidate in found.candidates:
        open_ = {item.invoice: item.open for item in items[candidate.customer]}
        assert all(part <= open_[invoice] for invoice, part in candidate.parts)
        assert sum(part.minor for _, part in candidate.parts) <= minor
        assert candidate.reason.words
    if found.verdict == "certain":
        (only,) = found.candidates
        assert sum(part.minor for _, part in only.parts) in (0, minor)


@settings(max_examples=examples(100))
@given(st.lists(st.integers(1, 30), max_size=8), st.integers(1, 90))
def test_a_set_of_invoices_is_the_only_one(owed: list[int], minor: int) -> None:
    items = [owes("ACME", f"N-{n}", str(each)) for n, each in enumerate(owed)]
    subsets = [
        [item for place, item in enumerate(items) if number >> place & 1] for number in range(2 ** len(items))
    ]
    fitting = [some for some in subsets if some and sum(each.open.minor for each in some) == minor * 100]

    found = unique_set(items, eur(str(minor)))

    assert list(found) == (fitting[0] if len(fitting) == 1 else [])


# --- the same money by two doors


@pytest.mark.parametrize(
    ("invoice", "amount", "on", "same"),
    [
        ("INV-1042", "100.00", DAY, True),
        (None, "100.00", date(2026, 3, 6), True),
        ("INV-1043", "100.00", DAY, False),
        ("INV-1042", "99.00", DAY, False),
        ("INV-1042", "100.00", date(2026, 3, 4), False),
    ],
)
def test_the_same_amount_for_the_same_invoice_within_days_may_be_the_same_money(
    invoice: str | None, amount: str, on: date, same: bool
) -> None:
    (candidate,) = match(line("100.00", "INV-1042"), KNOWN).candidates
    receipt = Receipt(source="stripe", payment="ch_1", amount=eur(amount), invoice=invoice, on=on)

    assert (same_money(eur("100.00"), candidate, DAY, [receipt]) is receipt) == same


# --- by what lines are known again


def statement(*lines: BankLine, number: str | None = "7") -> Statement:
    return Statement(format="camt", account="DE1", number=number, currency="EUR", lines=lines)


def keys(made: Statement) -> list[str]:
    return [mark.key for mark in marks(made, b"secret")]


def test_equal_lines_of_a_statement_are_counted_and_known_again() -> None:
    twice = statement(line("5.00", "same"), line("5.00", "same"))

    assert len(set(keys(twice))) == 2
    assert keys(twice) == keys(statement(line("5.00", "same"), line("5.00", "same")))
    assert keys(twice)[:1] == keys(statement(line("5.00", "same")))


def test_the_banks_id_is_stronger_than_the_statement_and_the_words() -> None:
    one = statement(line("5.00", "interim words", bank_ref="B-1"), number="1")
    other = statement(line("5.00", "final words", bank_ref="B-1"), number="2")

    assert keys(one) == keys(other)
    assert keys(one) != keys(statement(line("5.00", bank_ref="B-2")))


def test_without_an_id_the_number_of_the_statement_tells_lines_apart_and_a_list_has_none() -> None:
    assert keys(statement(line("5.00"), number="1")) != keys(statement(line("5.00"), number="2"))
    assert keys(statement(line("5.00"), number=None)) == keys(statement(line("5.00"), number=None))
    first, second = (marks(statement(line("5.00"), number=each), b"secret")[0] for each in ("1", "2"))
    assert first.content == second.content


def test_an_account_is_known_however_it_is_written_and_only_under_the_key() -> None:
    assert account_key("DE02 1005 0000 0054 5404 02", b"a") == account_key("de02100500000054540402", b"a")
    assert account_key("DE02100500000054540402", b"a") != account_key("DE02100500000054540402", b"b")
    assert account_key("", b"a") is account_key(None, b"a") is reference_key("  ", b"a") is None


def test_a_line_prints_nothing_of_who_paid() -> None:
    shown = repr(line("5.00", "for Petra", payer="Petra Beispiel", payer_account="DE02", end_to_end="E-1"))
    assert not any(each in shown for each in ("Petra", "DE02", "E-1"))


def test_names_are_compared_without_what_people_write_differently() -> None:
    assert name_key("Bäckerei Lindgrün GmbH") == name_key("BAECKEREI LINDGRUEN") != ""
    assert name_key("Foo AG") == name_key("AG") == name_key(None) == ""
    assert plain("inv-10 42/A") == "INV1042A"


def test_balances_that_do_not_add_up_are_named() -> None:
    whole = Statement(
        format="camt",
        account="DE1",
        number="1",
        currency="EUR",
        lines=(line("5.00"),),
        opening=eur("10.00"),
        closing=eur("14.00"),
    )
    assert "come to 15.00 EUR, and the closing balance is 14.00 EUR" in str(unbalanced(whole))
