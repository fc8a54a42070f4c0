"""The tables of statutory rates: those that ship, and files that are wrong."""

from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path

import pytest

from domain.documents import BadDocument
from domain.interest.rates import Rates, RateTable, as_fraction, as_percent, read_rates, weakest
from domain.money import Money

ROOT = Path(__file__).parents[2]
FILES = {
    path.name: path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "policies" / "rates").glob("*.yaml"))
}
SHIPPED = read_rates(FILES)

GOOD = """\
table: xx
title: An example
legal_basis: "An act, section 1"
countries: [NO]
scope: [b2b]
reference: a rate
margin_points: 8.00
fixed_at_start: false
day_count: act_365
confidence: verified
compensation:
  per: debt
  currency: NOK
  legal_basis: "An act, section 2"
  confidence: verified
  tiers:
    - {from: 0, amount: 40}
    - {from: 1000, amount: 70}
rows:
  - id: xx-2026-h1
    from: 2026-01-01
    to: 2026-06-30
    reference_percent: 4.00
    source: a bank
    confidence: verified
  - id: xx-2026-h2
    from: 2026-07-01
    to: 2026-12-31
    reference_percent: 4.25
    source: a bank
    confidence: verified
"""


def problems(*texts: str) -> list[str]:
    with pytest.raises(BadDocument) as caught:
        read_rates({f"{number}.yaml": text for number, text in enumerate(texts, 1)})
    return [str(problem) for problem in caught.value.problems]


def changed(old: str, new: str) -> str:
    """The good file with one thing changed; `old` stands in it exactly once."""
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def table(country: str) -> RateTable:
    found = SHIPPED.table_for(country)
    assert found is not None
    return found


# --- what ships ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_a_table_is_named_like_its_file(name: str) -> None:
    assert [each.table for each in read_rates({**FILES}).tables if f"{each.table}.yaml" == name] == [
        name[:-5]
    ]


@pytest.mark.parametrize(
    ("row", "percent", "confidence"),
    [
        ("eu-2024-h2", "12.25", "verified"),
        ("eu-2025-h1", "11.15", "verified"),
        ("eu-2025-h2", "10.15", "secondary"),
        ("eu-2026-h1", "10.15", "unverified"),
        ("eu-2026-h2", "10.40", "secondary"),
        ("uk-2026-h2", "11.75", "secondary"),
    ],
)
def test_the_rates_are_those_of_the_reference(row: str, percent: str, confidence: str) -> None:
    """collections-practice.md, section 7: ECB rate + 8 and Bank Rate + 8, with its marks."""
    law = table("NL") if row.startswith("eu") else table("GB")
    (found,) = [each for each in SHIPPED.rows(law) if each.id == row]

    assert as_percent(law.annual_rate(found)) == Decimal(percent)
    assert found.confidence == confidence


def test_a_country_with_a_law_of_its_own_is_not_under_the_eu_minimum() -> None:
    laws = {country: table(country).table for country in ("DE", "FR", "IE", "PL", "GB", "AT")}

    assert laws == {"DE": "de", "FR": "fr", "IE": "ie", "PL": "pl", "GB": "uk", "AT": "eu"}


@pytest.mark.parametrize("country", ["US", "CH", "SE", "UK", None])
def test_a_country_without_a_table_has_none(country: str | None) -> None:
    """Sweden's reference rate is its own central bank's: directive 2011/7/EU, art. 2(7)."""
    assert SHIPPED.table_for(country) is None


@pytest.mark.parametrize("country", ["DE", "PL"])
def test_where_no_reference_rate_could_be_cited_there_is_no_row(country: str) -> None:
    assert SHIPPED.rows(table(country)) == ()


def test_rows_of_another_table_are_its_rows() -> None:
    """France and Ireland follow the ECB too, so its rate is entered once."""
    assert SHIPPED.rows(table("FR")) == SHIPPED.rows(table("IE")) == SHIPPED.rows(table("NL")) != ()


@pytest.mark.parametrize(
    ("country", "late", "expected"),
    [
        # The Act of 1998, section 5A: under 1,000; 1,000 to 9,999.99; 10,000 and more.
        ("GB", Money(999_99, "GBP"), Money(40_00, "GBP")),
        ("GB", Money(1_000_00, "GBP"), Money(70_00, "GBP")),
        ("GB", Money(9_999_99, "GBP"), Money(70_00, "GBP")),
        ("GB", Money(10_000_00, "GBP"), Money(100_00, "GBP")),
        # S.I. 580/2012, schedule: exceeding, so a round sum is in the lower tier.
        ("IE", Money(1_000_00, "EUR"), Money(40_00, "EUR")),
        ("IE", Money(1_000_01, "EUR"), Money(70_00, "EUR")),
        ("IE", Money(10_000_00, "EUR"), Money(70_00, "EUR")),
        ("IE", Money(10_000_01, "EUR"), Money(100_00, "EUR")),
        # Tiers in zloty, the sum in euro.
        ("PL", Money(5_000_00, "PLN"), Money(40_00, "EUR")),
        ("PL", Money(5_000_01, "PLN"), Money(70_00, "EUR")),
        ("PL", Money(50_000_00, "PLN"), Money(100_00, "EUR")),
        ("PL", Money(50_000_00, "EUR"), None),
        # One sum for all, so the currency of the debt does not matter.
        ("NL", Money(1, "EUR"), Money(40_00, "EUR")),
        ("NL", Money(9_000, "JPY"), Money(40_00, "EUR")),
        ("GB", Money(2_000_00, "EUR"), None),
    ],
)
def test_a_compensation_goes_by_its_tier(country: str, late: Money, expected: Money | None) -> None:
    law = table(country).compensation
    assert law is not None

    assert law.of(late) == expected


# --- files that are wrong ------------------------------------------------------------------------


def test_the_file_that_the_others_are_made_of_is_right() -> None:
    rates = read_rates({"1.yaml": GOOD})

    assert [row.id for row in rates.rows(rates.tables[0])] == ["xx-2026-h1", "xx-2026-h2"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "from: 2026-07-01",
            "from: 2026-07-03",
            "1.yaml:27: rows.1.from: no row is for 2026-07-01 to 2026-07-02: enter it before this one",
        ),
        (
            "from: 2026-07-01",
            "from: 2026-06-30",
            (
                "1.yaml:27: rows.1.from: this row overlaps 'xx-2026-h1', which ends on 2026-06-30:"
                " begin on 2026-07-01"
            ),
        ),
        (
            "to: 2026-12-31",
            "to: 2026-06-30",
            "1.yaml:28: rows.1.to: 2026-06-30 is before 2026-07-01, where the row begins",
        ),
        ("to: 2026-12-31", "to: 31.12.2026", "1.yaml:28: rows.1.to: write a day like 2026-02-03"),
        (
            "id: xx-2026-h2",
            "id: xx-2026-h1",
            "1.yaml:26: rows.1.id: row id 'xx-2026-h1' is used twice: give each its own",
        ),
        (
            "id: xx-2026-h2",
            "id: no-2026-h2",
            "1.yaml:26: rows.1.id: let the id begin with xx-, not 'no-2026-h2'",
        ),
        (
            "reference_percent: 4.25",
            "reference_percent: 4,25",
            "1.yaml:29: rows.1.reference_percent: write a number like 2.40, not '4,25'",
        ),
        (
            "reference_percent: 4.25",
            "reference_percent: 425",
            "1.yaml:29: rows.1.reference_percent: this must be 100 or less",
        ),
        (
            "currency: NOK",
            "currency: NKO",
            "1.yaml:13: compensation.currency: 'NKO' is no ISO 4217 currency code (did you mean NOK?)",
        ),
        ("currency: NOK", "currency: JPY", None),
        (
            "{from: 1000, amount: 70}",
            "{from: 0, amount: 70}",
            "1.yaml:18: compensation.tiers.1.from: this tier must begin above 0: write the lowest first",
        ),
        (
            "{from: 0, amount: 40}",
            "{from: 1, amount: 40}",
            "1.yaml:17: compensation.tiers.0.from: the first tier begins at 0",
        ),
        (
            "{from: 0, amount: 40}",
            "{from: 0, amount: 40.005}",
            "1.yaml:17: compensation.tiers.0.amount: 40.005 NOK: NOK has 2 decimals",
        ),
        (
            "countries: [NO]",
            "countries: [NO, UK]",
            "1.yaml:4: countries.1: 'UK' is no country known here: write an ISO 3166 code such as GB or GR",
        ),
        (
            "scope: [b2b]",
            "scope: [b2c]",
            "1.yaml:5: scope.0: 'b2c' is not one of b2b, b2g (did you mean b2g?)",
        ),
        (
            "fixed_at_start: false",
            "fixed_at_start: no",
            "1.yaml:8: fixed_at_start: write true or false, not 'no'",
        ),
        ("day_count: act_365", "day_count: 30_360", "1.yaml:9: day_count: '30_360' is not one of act_365"),
        (
            "margin_points: 8.00",
            "margin_point: 8.00",
            "1.yaml:7: margin_point: nobody knows this key (did you mean margin_points?)",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_line_and_remedy(old: str, new: str, expected: str | None) -> None:
    if expected is None:
        assert read_rates({"1.yaml": changed(old, new)}).tables
        return
    assert expected in problems(changed(old, new))


def test_rows_are_written_or_taken_from_another_table() -> None:
    words = "write either rows ([] where the rates are still to be entered) or rows_of another table"
    both = GOOD + "rows_of: eu\n"

    assert problems(both) == [f"1.yaml:19: rows: {words}"]
    assert problems(GOOD[: GOOD.index("rows:")]) == [f"1.yaml:1: rows: {words}"]


def test_files_are_read_together_and_all_their_conflicts_are_named() -> None:
    other = GOOD[: GOOD.index("rows:")].replace("table: xx", "table: yy") + "rows_of: xxx\n"

    assert problems(GOOD, GOOD) == [
        "2.yaml:1: table: 1.yaml is called 'xx' too: give each table its own name",
        "2.yaml:4: countries: NO stands in 1.yaml too: keep it in one table",
    ]
    assert problems(GOOD, other) == [
        "2.yaml:4: countries: NO stands in 1.yaml too: keep it in one table",
        "2.yaml:19: rows_of: no table 'xxx' has rows of its own (did you mean xx?)",
    ]
    assert [line.partition(":")[0] for line in problems("table: [", GOOD, "")] == ["1.yaml", "3.yaml"]


# --- small things --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2027, 1, 1), date(2027, 6, 30), "eu-2027-h1"),
        (date(2027, 7, 1), date(2027, 7, 1), "eu-2027-h2"),
        (date(2027, 3, 1), date(2028, 8, 1), "eu-2027-h1 to eu-2028-h2"),
    ],
)
def test_a_missing_row_has_the_name_that_it_will_have(first: date, last: date, expected: str) -> None:
    assert SHIPPED.missing(table("NL"), first, last) == expected
    assert SHIPPED.missing(table("FR"), first, last) == expected, "where the row is to be entered"


def test_a_rate_is_exact_whatever_the_context() -> None:
    with localcontext() as context:
        context.prec = 2
        assert as_percent(as_fraction(Decimal("11.125"))) == Decimal("11.125")


def test_a_rate_is_never_below_zero() -> None:
    rates = read_rates({"1.yaml": changed("reference_percent: 4.00", "reference_percent: -9.5")})

    assert rates.tables[0].annual_rate(rates.rows(rates.tables[0])[0]) == 0


def test_what_rests_on_several_numbers_is_as_certain_as_the_weakest() -> None:
    assert weakest(["verified", "unverified", "secondary"]) == "unverified"
    assert weakest([]) == "verified"


def test_without_any_file_there_is_no_table() -> None:
    assert read_rates({}) == Rates()
