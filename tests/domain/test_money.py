"""Money: exact, of one currency, and refused where it would be a guess."""

from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import CURRENCIES, Money, MoneyError, decimals, per_currency

currencies = st.sampled_from(sorted(CURRENCIES))
minors = st.integers(-(10**15) + 1, 10**15 - 1)
amounts = st.builds(Money, minors, currencies)
rates = st.decimals(-100, 100, places=12)


# --- reading and writing -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("currency", "places"),
    [("JPY", 0), ("KRW", 0), ("EUR", 2), ("USD", 2), ("XCG", 2), ("ZWG", 2), ("KWD", 3), ("TND", 3)],
)
def test_a_currency_has_the_decimals_of_iso_4217(currency: str, places: int) -> None:
    assert decimals(currency) == places


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1490.00", "EUR", 1_490_00),
        ("1490", "EUR", 1_490_00),
        ("1490.5", "EUR", 1_490_50),
        ("1490.5000", "EUR", 1_490_50),
        ("-0.01", "EUR", -1),
        ("+0.01", "EUR", 1),
        ("-0.00", "EUR", 0),
        (" 12.30 ", "EUR", 12_30),
        ("007", "EUR", 7_00),
        ("1490", "JPY", 1490),
        ("1490.0", "JPY", 1490),
        ("1.234", "KWD", 1_234),
        ("9999999999999.99", "EUR", 10**15 - 1),
        (Decimal("1490.00"), "EUR", 1_490_00),
        (Decimal("1.49E+3"), "EUR", 1_490_00),
    ],
)
def test_an_amount_is_read_exactly(text: str | Decimal, currency: str, minor: int) -> None:
    assert Money.of(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("money", "text", "plain"),
    [
        (Money(1_490_00, "EUR"), "1,490.00 EUR", "1490.00"),
        (Money(1_234_567_89, "USD"), "1,234,567.89 USD", "1234567.89"),
        (Money(5, "EUR"), "0.05 EUR", "0.05"),
        (Money(0, "EUR"), "0.00 EUR", "0.00"),
        (Money(-1_490_00, "EUR"), "-1,490.00 EUR", "-1490.00"),
        (Money(148_000, "JPY"), "148,000 JPY", "148000"),
        (Money(0, "KRW"), "0 KRW", "0"),
        (Money(1_234, "KWD"), "1.234 KWD", "1.234"),
    ],
)
def test_an_amount_is_written_with_its_own_decimals(money: Money, text: str, plain: str) -> None:
    assert str(money) == text
    assert money.plain() == plain


@pytest.mark.parametrize(
    ("amount", "currency", "message"),
    [
        ("1490.001", "EUR", "1490.001 EUR: EUR has 2 decimals"),
        ("1490.5", "JPY", "JPY has 0 decimals"),
        ("1.2345", "KWD", "KWD has 3 decimals"),
        (Decimal("1E-999999"), "EUR", "EUR has 2 decimals"),
        (Decimal("0.00" + "0" * 60 + "1"), "EUR", "EUR has 2 decimals"),
        ("10000000000000", "EUR", "too large: 15 digits at most"),
        # Two digits more than the decimal context keeps: the cents would be lost without a word.
        ("1234567890123456789012345678.91", "EUR", "too large"),
        (Decimal("1E+999999"), "EUR", "too large"),
        ("", "EUR", "is not an amount: write it like 1490.00"),
        ("abc", "EUR", "'abc' is not an amount: write it like 1490.00"),
        ("1,490.00", "EUR", "write it like 1490.00"),
        ("1490,00", "EUR", "write it like 1490.00"),
        ("1_490", "EUR", "write it like 1490.00"),
        ("1e3", "EUR", "write it like 1490.00"),
        ("١٤٩٠", "EUR", "write it like 1490.00"),
        ("NaN", "EUR", "write it like 1490.00"),
        ("Infinity", "EUR", "write it like 1490.00"),
        (Decimal("NaN"), "EUR", "write it like 1490.00"),
        (Decimal("sNaN"), "EUR", "write it like 1490.00"),
        (Decimal("-Infinity"), "EUR", "write it like 1490.00"),
        (0.5, "EUR", "0.5 is not an amount: write it like 1490.00"),
        (1490, "EUR", "write it like 1490.00"),
        (True, "EUR", "write it like 1490.00"),
        (None, "EUR", "write it like 1490.00"),
        ("1.00", "XXX", "unknown currency 'XXX': write an ISO 4217 code such as EUR"),
        ("1.00", "eur", "unknown currency 'eur'"),
        ("1.00", "", "unknown currency ''"),
    ],
)
def test_what_is_no_exact_amount_is_refused(amount: Any, currency: str, message: str) -> None:
    with pytest.raises(MoneyError) as refused:
        Money.of(amount, currency)

    assert message in str(refused.value)


@pytest.mark.parametrize("minor", [1490.0, Decimal(1490), True, "1490", None])
def test_minor_units_are_a_whole_number(minor: Any) -> None:
    with pytest.raises(MoneyError, match="is not a number of minor units"):
        Money(minor, "EUR")


def test_money_of_an_unknown_currency_cannot_be_made() -> None:
    with pytest.raises(MoneyError, match="unknown currency 'BTC'"):
        Money(1, "BTC")
    with pytest.raises(MoneyError, match="unknown currency 'BTC'"):
        Money.zero("BTC")


@given(amounts)
def test_an_amount_survives_writing_and_reading(money: Money) -> None:
    assert Money.of(money.plain(), money.currency) == money
    assert Money.of(money.amount, money.currency) == money
    assert Money.of(str(money).removesuffix(money.currency).replace(",", ""), money.currency) == money


@given(amounts)
def test_the_amount_is_exact_whatever_the_decimal_context(money: Money) -> None:
    with localcontext(prec=2):
        amount = money.amount
        assert Money.of(amount, money.currency) == money

    assert Fraction(amount) * 10 ** decimals(money.currency) == money.minor


# --- arithmetic ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minor", "rate", "part"),
    [
        (100_00, "0.08", 8_00),
        (1_00, "0.005", 0),  # 0.5 of a cent, to the even 0
        (3_00, "0.005", 2),  # 1.5 cents, to the even 2
        (-3_00, "0.005", -2),
        (1_01, "0.005", 1),  # 0.505 of a cent
        (100_00, "0", 0),
        (100_00, "1", 100_00),
        (100_00, "1.5", 150_00),
    ],
)
def test_a_portion_is_rounded_once_half_to_even(minor: int, rate: str, part: int) -> None:
    assert Money(minor, "EUR").portion(Decimal(rate)) == Money(part, "EUR")


def test_a_portion_of_a_long_amount_is_not_rounded_twice() -> None:
    """Exactly it ends in 1.4999...; cut to the context's 28 digits it would be 1.5, and go up to 2."""
    rate = Decimal("0.4" + "9" * 30)

    assert Money(10**17 + 3, "EUR").portion(rate) == Money(5 * 10**16 + 1, "EUR")


@pytest.mark.parametrize("rate", [0.08, 1, Decimal("NaN"), Decimal("Infinity"), "0.08"])
def test_a_rate_is_a_finite_decimal(rate: Any) -> None:
    with pytest.raises(MoneyError, match="is not a rate"):
        Money(1_00, "EUR").portion(rate)


@given(minors, currencies, rates)
def test_a_portion_is_within_half_a_minor_unit_of_the_exact_one(
    minor: int, currency: str, rate: Decimal
) -> None:
    part = Money(minor, currency).portion(rate)

    assert abs(part.minor - minor * Fraction(rate)) <= Fraction(1, 2)


@given(st.lists(minors), st.randoms(), currencies)
def test_a_sum_is_conserved_in_any_order(values: list[int], chance: Any, currency: str) -> None:
    there = [Money(value, currency) for value in values]
    chance.shuffle(there)

    assert sum(there, Money.zero(currency)) == Money(sum(values), currency)


@given(minors, minors, currencies)
def test_what_is_added_can_be_taken_back(one: int, other: int, currency: str) -> None:
    a, b = Money(one, currency), Money(other, currency)

    assert a + b - b == a
    assert a - b == a + -b == -(b - a)
    assert bool(a - b) == (a != b)


@given(minors, minors, currencies)
def test_amounts_of_one_currency_are_in_order(one: int, other: int, currency: str) -> None:
    a, b = Money(one, currency), Money(other, currency)

    assert [a < b, a <= b, a > b, a >= b] == [one < other, one <= other, one > other, one >= other]


@pytest.mark.parametrize(
    "mix",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a < b,
        lambda a, b: a <= b,
        lambda a, b: a > b,
        lambda a, b: a >= b,
        lambda a, b: sum([a, b], Money.zero("EUR")),
    ],
)
def test_two_currencies_are_never_mixed(mix: Callable[[Money, Money], object]) -> None:
    with pytest.raises(MoneyError, match="two currencies: convert one first"):
        mix(Money(1_00, "EUR"), Money(100, "JPY"))


def test_the_same_number_of_another_currency_is_another_amount() -> None:
    assert Money(100, "EUR") != Money(100, "USD")
    assert Money.zero("EUR") != Money.zero("USD")


# --- sums ----------------------------------------------------------------------------------------


def test_amounts_are_summed_per_currency_in_order_of_its_code() -> None:
    amounts = [Money(100, "USD"), Money(1_00, "EUR"), Money(2_00, "EUR"), Money.zero("JPY")]

    assert per_currency(amounts) == (Money(3_00, "EUR"), Money.zero("JPY"), Money(100, "USD"))
    assert per_currency([]) == ()
