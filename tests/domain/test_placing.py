"""Regions and cities as people and exports write them, and what the law of a customer says in words."""

from datetime import date

import pytest

from domain.contact_law.placing import read_city, read_region
from domain.contact_law.whereabouts import Whereabouts
from domain.contact_law.words import law_says
from domain.customer import Customer
from domain.receivables.mapping import Mapping
from domain.receivables.reading import read_rows
from domain.simulation.scenario import CustomerInput
from tests.domain.test_contact_in_plan import SHIPPED


@pytest.mark.parametrize(
    ("text", "country", "region"),
    [("MA", "US", "US-MA"), ("US-MA", "US", "US-MA"), (" ma ", "US", "US-MA"), ("US-MA", None, "US-MA")],
)
def test_a_region_is_read_as_rules_name_it(text: str, country: str | None, region: str) -> None:
    assert read_region(text, country) == region


@pytest.mark.parametrize(
    ("text", "country", "words"),
    [
        ("XX", "US", "no region of US: write its code"),
        ("Texas", "US", "no region of US"),
        ("CA-ON", "US", "'CA-ON' is not in US"),
        ("MA", None, "no region or city"),
    ],
)
def test_a_region_that_is_none_is_refused(text: str, country: str | None, words: str) -> None:
    """A wrong state would be one without rules of its own."""
    with pytest.raises(ValueError, match=words):
        read_region(text, country)


def test_a_city_is_read_by_its_code() -> None:
    assert [read_city(text, "US") for text in ("NYC", "US-NYC")] == ["US-NYC", "US-NYC"]
    with pytest.raises(ValueError, match="no region or city"):
        read_city("New York", "US")


def test_the_simulation_reads_where_a_customer_is() -> None:
    given = CustomerInput(id="c", country="US", region="NY", places=("NYC",), zones=("America/Chicago",))
    assert given.whereabouts() == Whereabouts(region="US-NY", places=("US-NYC",), zones=("America/Chicago",))


MAPPING = Mapping.model_validate(
    {
        "dates": ["year-month-day"],
        "customer": {
            "id": "Customer",
            "country": "Country",
            "region": "State",
            "city": {"column": "City", "translate": {"New York": "US-NYC", "Brooklyn": "US-NYC"}},
        },
        "invoice": {
            "number": "Invoice",
            "issued_on": "Issued",
            "due_on": "Due",
            "amount": "Amount",
            "currency": {"fixed": "USD"},
        },
    }
)


def imported(*places: str) -> tuple[list[Whereabouts], list[str]]:
    rows = [f"C-{n},US,{place},I-{n},2026-01-05,2026-02-04,90.00\n" for n, place in enumerate(places)]
    header = "Customer,Country,State,City,Invoice,Issued,Due,Amount\n"
    found = read_rows([header, *rows], MAPPING, file="r.csv")
    assert found.said == {"country", "region", "places"}
    return [each.where for each in found.customers], [str(each) for each in found.problems]


def test_an_export_says_region_and_city() -> None:
    where, problems = imported("NY,Brooklyn", "US-MA,Boston", ",")
    assert where == [
        Whereabouts(region="US-NY", places=("US-NYC",)),
        Whereabouts(region="US-MA"),
        Whereabouts(),
    ]
    assert problems == []


def test_a_region_that_is_none_is_warned_of_and_the_law_of_every_region_holds() -> None:
    where, problems = imported("Texas,Austin")
    assert where == [Whereabouts()]
    assert problems == [
        (
            "r.csv:2: State: warning: 'Texas' is no region of US: write its code of ISO 3166-2,"
            " such as US-MA; the row is imported without it"
        )
    ]


def test_of_two_rows_the_first_that_says_something_counts() -> None:
    rows = ["C,US,,,I-1,2026-01-05,2026-02-04,9.00\n", "C,US,NY,Brooklyn,I-2,2026-01-05,2026-02-04,9.00\n"]
    header = "Customer,Country,State,City,Invoice,Issued,Due,Amount\n"
    (found,) = read_rows([header, *rows], MAPPING, file="r.csv").customers
    assert found.where == Whereabouts(region="US-NY", places=("US-NYC",))


def test_the_law_of_a_customer_in_words() -> None:
    customer = Customer(id="c", segment="business", country="US", timezone="America/New_York")
    law = SHIPPED.of(customer, Whereabouts(region="US-SC"))
    assert law_says(law, date(2026, 3, 2), house=False) == [
        "where the customer may be: America/New_York",
        "us.tcpa.hours for US, by sms, call (47 CFR 64.1200(c)(1), secondary)",
        "the contact law of US-SC has not been read: only the rules of US hold",
    ]
    assert "house.gap for everybody, by email, sms (house rule, proposal)" in law_says(
        law, date(2026, 3, 2), house=True
    )
