"""What a new customer wrote: each finding, and what it weighs."""

from dataclasses import replace

import pytest

from domain.identifiers import check_identifiers, tidied
from domain.onboarding import Application
from domain.onboarding.findings import FINDINGS, IDENTIFIER_FINDINGS

GERMAN = Application(
    customer_id="HAFEN",
    name="Hafenküche GmbH",
    email="post@hafenkueche.example",
    phone="+49 1512 3456789",
    address="Am Sandtorkai 1, 20457 Hamburg",
    vat_id="DE136695976",
    country="DE",
)


def found(application: Application) -> tuple[str, tuple[str, ...]]:
    result = check_identifiers(application)
    return result.outcome, result.reasons


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"phone": "01512 3456789"},
        {"vat_id": "136 695 976"},
        {"vat_id": "de 136695976"},
        {"address": "Am Sandtorkai 1\n20457 Hamburg"},
        {"segment": "consumer", "vat_id": None},
        {"country": "GB", "phone": "+44 7400 123456", "vat_id": "GB980780684"},
        {"country": "US", "phone": "+1 202 555 0123", "vat_id": "12-3456789"},
        {"country": "FR", "phone": "+33 6 12 34 56 78", "vat_id": "FR40303265045"},
        {"country": "GR", "phone": "+30 691 234 5678", "vat_id": "EL094259216"},
        {"country": "JP", "phone": "+81 90 1234 5678", "vat_id": "5835678256246"},
        {"country": "BR", "phone": "+55 11 96123 4567", "vat_id": "16.727.230/0001-97"},
        {"country": "CH", "phone": "+41 78 123 45 67", "vat_id": "CHE-107.787.577 IVA"},
    ],
)
def test_what_is_right_passes(changes: dict[str, str | None]) -> None:
    assert found(replace(GERMAN, **changes)) == ("pass", ())


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("name_missing", {"name": None}),
        ("name_missing", {"name": " -- "}),
        ("email_missing", {"email": None}),
        ("email_malformed", {"email": "post@hafenkueche"}),
        ("email_malformed", {"email": "post@hafenkueche.example\nBcc: all@other.example"}),
        ("email_malformed", {"email": "post.hafenkueche.example"}),
        ("email_not_ascii", {"email": "josé@exämple.de"}),
        ("phone_missing", {"phone": ""}),
        ("phone_malformed", {"phone": "+49 123"}),
        ("phone_malformed", {"phone": "ring us"}),
        ("phone_malformed", {"phone": "+44 7700 900123"}),
        ("phone_premium", {"phone": "+49 900 1 234567"}),
        ("phone_elsewhere", {"phone": "+33 6 12 34 56 78"}),
        ("country_missing", {"country": None}),
        ("country_unknown", {"country": "XX"}),
        ("address_missing", {"address": " , \n"}),
        ("address_short", {"address": "Hamburg"}),
        ("vat_id_missing", {"vat_id": None}),
        ("vat_id_malformed", {"vat_id": "DE13669597"}),
        ("vat_id_malformed", {"vat_id": "see the letter"}),
        ("vat_id_wrong", {"vat_id": "DE136695978"}),
        ("vat_id_elsewhere", {"vat_id": "ATU13585627"}),
        ("vat_id_elsewhere", {"vat_id": "EL094259216"}),
        ("vat_id_malformed", {"vat_id": "ATU13585628"}),
        ("vat_id_malformed", {"country": "US", "vat_id": "00-1234567"}),
        ("vat_id_unknown_form", {"country": "HK", "vat_id": "12345"}),
    ],
)
def test_what_is_not_right_is_found(code: str, changes: dict[str, str | None]) -> None:
    outcome, reasons = found(replace(GERMAN, **changes))

    assert code in reasons
    assert outcome in (FINDINGS[code].weight, "fail")


@pytest.mark.parametrize(
    ("expected", "changes"),
    [
        (("fail", ("vat_id_wrong",)), {"vat_id": "DE136695978"}),
        (("review", ("vat_id_missing",)), {"vat_id": None}),
        (("review", ("phone_elsewhere",)), {"phone": "+33 6 12 34 56 78"}),
        (
            (
                "fail",
                ("name_missing", "phone_missing", "email_missing", "country_missing", "address_missing"),
            ),
            {"name": None, "email": None, "phone": None, "address": None, "vat_id": None, "country": None}
            | {"segment": "consumer"},
        ),
    ],
)
def test_the_worst_finding_is_the_outcome_and_stands_first(
    expected: tuple[str, tuple[str, ...]], changes: dict[str, str | None]
) -> None:
    assert found(replace(GERMAN, **changes)) == expected


def test_every_finding_has_a_case_above() -> None:
    """A finding that nothing brings about is a rule that does not work."""
    marks = test_what_is_not_right_is_found.pytestmark
    cases = {row[0] for mark in marks for row in mark.args[1]}

    assert cases == set(IDENTIFIER_FINDINGS)


def test_an_id_of_another_country_must_be_right_there() -> None:
    assert found(replace(GERMAN, vat_id="ATU13585627"))[0] == "review"
    assert found(replace(GERMAN, vat_id="ATU13585628"))[0] == "fail"


def test_numbers_and_addresses_get_their_standard_form_where_they_have_one() -> None:
    tidy = tidied(replace(GERMAN, phone="01512 3456789", email="Post@HAFENKUECHE.example"))
    left = tidied(replace(GERMAN, phone="ring us", email="nobody"))

    assert (tidy.phone, tidy.email) == ("+4915123456789", "Post@hafenkueche.example")
    assert (left.phone, left.email) == ("ring us", "nobody")


def test_an_application_shows_no_personal_data() -> None:
    assert f"{GERMAN} {GERMAN!r}" == "Application(customer_id='HAFEN') Application(customer_id='HAFEN')"


def test_no_finding_has_a_place_for_personal_data() -> None:
    assert all("{" not in finding.words for finding in FINDINGS.values())
