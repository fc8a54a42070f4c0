"""Where a customer may be: what a telephone number says of it, and what it does not."""

import phonenumbers
import pytest
from phonenumbers.timezone import time_zones_for_number

from domain.contact_law.whereabouts import Whereabouts, calling_code, number_zones, somewhere
from domain.customer import known_zone


@pytest.mark.parametrize(
    ("number", "zones"),
    [
        pytest.param("+12125557890", ("America/New_York",), id="new-york"),
        pytest.param("+14155552671", ("America/Los_Angeles",), id="california"),
        pytest.param("+12684641234", ("America/Antigua",), id="mobile-of-antigua-has-an-area"),
        pytest.param("+4915112345678", ("Europe/Berlin",), id="mobile-of-a-country-with-one-zone"),
        pytest.param("+442079460000", ("Europe/London",), id="london"),
        # 42 zones would leave no hour in common, and the number is answered anywhere.
        pytest.param("+18005551234", (), id="toll-free"),
        pytest.param("+15005550006", (), id="personal-number"),
        pytest.param("+12345", (), id="too-short-to-exist"),
        pytest.param("+8835100001234", (), id="no-country"),
        pytest.param("+999123", (), id="no-such-calling-code"),
        pytest.param("", (), id="nothing"),
        pytest.param("202 555 0100", (), id="not-in-standard-form"),
    ],
)
def test_a_number_names_the_zones_of_its_area(number: str, zones: tuple[str, ...]) -> None:
    assert number_zones(number) == zones


def test_a_mobile_number_without_an_area_has_every_zone_of_its_country() -> None:
    zones = number_zones("+61412345678")

    assert {"Australia/Sydney", "Australia/Perth"} < set(zones)


def test_what_the_library_says_where_it_knows_nothing_is_no_zone_of_ours() -> None:
    assert time_zones_for_number(phonenumbers.parse("+12345")) == ("Etc/Unknown",)
    assert not somewhere("Etc/Unknown")


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_every_zone_that_a_number_can_have_is_one_that_we_know(region: str) -> None:
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    if example is None:
        pytest.skip("no mobile numbers there")
    number = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)

    assert all(known_zone(zone) for zone in number_zones(number))
    assert set(number_zones(number)) <= set(time_zones_for_number(example)) or number.startswith("+1")


@pytest.mark.parametrize("number", ["+12125557890", "+18005551234", "+12684641234"])
def test_north_america_has_one_calling_code(number: str) -> None:
    assert calling_code(number) == 1


def test_a_number_in_another_form_has_no_calling_code() -> None:
    assert calling_code("0171 123") is None


@pytest.mark.parametrize(
    ("zone", "is_somewhere"),
    [("UTC", False), ("GMT", False), ("Etc/GMT+5", False), ("Africa/Accra", True), ("Europe/London", True)],
)
def test_utc_is_what_is_written_where_nothing_is_known(zone: str, is_somewhere: bool) -> None:
    assert somewhere(zone) is is_somewhere


@pytest.mark.parametrize("wrong", ["MA", "us-ma", "US", "US-", "United States"])
def test_a_region_that_is_no_code_is_refused_with_an_example(wrong: str) -> None:
    with pytest.raises(ValueError, match="such as US-MA or US-NYC"):
        Whereabouts(region=wrong)
    with pytest.raises(ValueError, match="such as US-MA or US-NYC"):
        Whereabouts(places=(wrong,))


def test_a_zone_that_nobody_knows_is_refused_with_an_example() -> None:
    with pytest.raises(ValueError, match="use a name such as America/New_York"):
        Whereabouts(zones=("America/Gotham",))
