"""Amounts as customers type them: read in one way, or not at all."""

import pytest

from web.own_page.amounts import typed


@pytest.mark.parametrize(
    ("text", "currency", "means"),
    [
        ("250", "EUR", "250.00 EUR"),
        ("250.5", "EUR", "250.50 EUR"),
        ("250,50", "EUR", "250.50 EUR"),
        ("1.490,50", "EUR", "1,490.50 EUR"),
        ("1,490.50", "EUR", "1,490.50 EUR"),
        ("1 490,50 EUR", "EUR", "1,490.50 EUR"),
        ("1\u202f490,50", "EUR", "1,490.50 EUR"),
        ("1'490.50", "CHF", "1,490.50 CHF"),
        ("1.490.000", "EUR", "1,490,000.00 EUR"),
        ("1,490", "EUR", "1,490.00 EUR"),
        ("40,000", "JPY", "40,000 JPY"),
        ("1.2345", "EUR", None),
        ("1.490", "KWD", None),
        ("1490.500", "KWD", "1,490.500 KWD"),
        ("40.5", "JPY", None),
        ("1,490,50", "EUR", None),
        ("12.34.56", "EUR", None),
        ("0", "EUR", None),
        ("-5", "EUR", None),
        ("1e3", "EUR", None),
        ("", "EUR", None),
        ("½", "EUR", None),
        ("٢٥٠", "EUR", None),
        ("9" * 60, "EUR", None),
        ("250 USD", "EUR", None),
    ],
)
def test_an_amount_is_read_as_it_is_meant(text: str, currency: str, means: str | None) -> None:
    amount = typed(text, currency)
    assert (None if amount is None else str(amount)) == means
