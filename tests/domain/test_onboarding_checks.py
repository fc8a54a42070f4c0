"""What each check of a new customer finds: cards of four processors, lines, names, reports, lists, alikes."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.facts import Checked
from domain.onboarding import Application, alike, outside
from domain.onboarding.application import Particulars
from domain.onboarding.card import Card, check_card
from domain.onboarding.card_reading import FUNDING, read_card
from domain.onboarding.findings import FINDINGS, weighed, words_of
from domain.onboarding.lists import (
    COLUMNS,
    REPORTS,
    SANCTIONS,
    TIERS,
    BadList,
    read_cards,
    read_domains,
    read_identities,
    read_reports,
    read_sanctions,
    read_tiers,
)
from domain.onboarding.names import likeness
from domain.onboarding.outside import CreditReport, IdentityProof, Listed, TierRow
from domain.onboarding.phone_line import Line, check_line, line_offline
from domain.onboarding.rules import Alikes, Made, OnboardingRules, Review, Row

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 3, 2)


# --- cards


def stripe(card: dict[str, Any] | None = None, outcome: dict[str, Any] | None = None) -> dict[str, Any]:
    """A Charge of Stripe, of a good card but for what is given."""
    good = {
        "funding": "credit",
        "country": "DE",
        "fingerprint": "fp1",
        "last4": "4242",
        "checks": {"cvc_check": "pass", "address_line1_check": "pass", "address_postal_code_check": None},
        "three_d_secure": {"result": "authenticated"},
    }
    return {
        "object": "charge",
        "id": "ch_1",
        "outcome": {"risk_level": "normal", "risk_score": 7, **(outcome or {})},
        "payment_method_details": {"type": "card", "card": {**good, **(card or {})}},
    }


def checks(**said: str) -> dict[str, Any]:
    return {"checks": {"cvc_check": "pass", "address_line1_check": "pass", **said}}


STRIPE: list[tuple[str, dict[str, Any], set[str]]] = [
    ("credit", stripe(), set()),
    ("debit", stripe({"funding": "debit"}), set()),
    ("prepaid", stripe({"funding": "prepaid"}), {"card_prepaid"}),
    ("funding_unknown", stripe({"funding": "unknown"}), {"card_funding_unknown"}),
    ("funding_new_word", stripe({"funding": "loyalty"}), {"card_funding_unknown"}),
    ("another_country", stripe({"country": "US"}), {"card_elsewhere"}),
    ("no_country", stripe({"country": None}), {"card_country_unknown"}),
    ("cvc_wrong", stripe(checks(cvc_check="fail")), {"card_cvc_failed"}),
    ("cvc_unavailable", stripe(checks(cvc_check="unavailable")), {"card_cvc_unchecked"}),
    ("cvc_unchecked", stripe(checks(cvc_check="unchecked")), {"card_cvc_unchecked"}),
    ("address_wrong", stripe(checks(address_line1_check="fail")), {"card_address_failed"}),
    ("postal_code_wrong", stripe(checks(address_postal_code_check="fail")), {"card_address_failed"}),
    ("no_3ds", stripe({"three_d_secure": None}), {"card_3ds_missing"}),
    ("3ds_failed", stripe({"three_d_secure": {"result": "failed"}}), {"card_3ds_failed"}),
    ("3ds_attempted", stripe({"three_d_secure": {"result": "attempt_acknowledged"}}), set()),
    ("3ds_exempted", stripe({"three_d_secure": {"result": "exempted"}}), {"card_3ds_missing"}),
    ("risk_elevated_with_3ds", stripe(outcome={"risk_level": "elevated"}), set()),
    (
        "risk_elevated",
        stripe({"three_d_secure": None}, {"risk_level": "elevated"}),
        {"card_risk_elevated", "card_3ds_missing"},
    ),
    ("risk_highest", stripe(outcome={"risk_level": "highest"}), {"card_risk_highest"}),
    ("risk_not_assessed", stripe(outcome={"risk_level": "not_assessed"}), {"card_risk_unknown"}),
]


@pytest.mark.parametrize(("data", "found"), [pytest.param(*row[1:], id=row[0]) for row in STRIPE])
def test_what_stripe_says_of_a_card(data: dict[str, Any], found: set[str]) -> None:
    assert set(check_card(read_card(data), "DE").reasons) == found


def test_a_card_that_was_present_needs_nobody_to_authenticate_online() -> None:
    present = stripe()
    present["payment_method_details"] = {
        "type": "card_present",
        "card_present": {"funding": "debit", "country": "DE", "fingerprint": "fp1"},
    }
    assert check_card(read_card(present), "DE").outcome == "pass"


def test_a_payment_method_alone_says_nothing_of_the_risk() -> None:
    method = {"object": "payment_method", "id": "pm_1", "type": "card", "card": {"funding": "credit"}}
    assert read_card(method) == Card(funding="credit", reference="pm_1")


def test_stored_value_is_refused() -> None:
    gift = {"object": "payment_method", "id": "pm_1", "type": "customer_balance"}
    assert check_card(read_card(gift), "DE").outcome == "fail"


PROCESSORS: list[tuple[dict[str, Any], str]] = [
    *(({"additionalData": {"fundingSource": word}}, means) for word, means in FUNDING["adyen"].items()),
    ({"additionalData": {"fundingSource": "CASHBACK"}}, "unknown"),
    ({"additionalData": {"fundingSource": "DEBIT"}, "paymentMethod": {"type": "giftcard"}}, "stored_value"),
    ({"binData": {"prepaid": "Yes", "debit": "Yes"}}, "prepaid"),
    ({"binData": {"prepaid": "No", "debit": "Yes"}}, "debit"),
    ({"binData": {"prepaid": "No", "debit": "No"}}, "credit"),
    ({"binData": {"prepaid": "No", "debit": "Unknown"}}, "unknown"),
    ({"binData": {"prepaid": "Unknown", "debit": "Yes"}}, "unknown"),
    ({"accountFeatures": {"prepaid": "Y"}}, "prepaid"),
    ({"accountFeatures": {"prepaid": "N", "accountFundingSource": "DEBIT"}}, "debit"),
    ({"accountFeatures": {"prepaid": "N"}}, "unknown"),
    ({"accountFeatures": {"prepaid": "X", "accountFundingSource": "CREDIT"}}, "unknown"),
    ({"paymentAccountInformation": {"accountFeatures": {"prepaid": "Y"}}}, "prepaid"),
    ({"funding": "stored_value"}, "stored_value"),
]


@pytest.mark.parametrize(("data", "funding"), PROCESSORS)
def test_the_funding_in_the_words_of_each_processor(data: dict[str, Any], funding: str) -> None:
    assert read_card(data).funding == funding


def test_what_adyen_and_braintree_check_is_read() -> None:
    adyen = read_card(
        {
            "pspReference": "8836",
            "additionalData": {
                "fundingSource": "CREDIT",
                "cardIssuingCountry": "de",
                "cvcResult": "1 Matches",
                "avsResult": "7 Both postal code and address match",
                "threeDAuthenticated": "true",
                "fraudResultType": "GREEN",
            },
        }
    )
    braintree = read_card(
        {
            "id": "tx1",
            "binData": {"prepaid": "No", "debit": "No", "countryOfIssuance": "DE"},
            "cvvResponseCode": "M",
            "avsStreetAddressResponseCode": "M",
            "threeDSecureInfo": {"status": "authenticate_successful"},
            "riskData": {"decision": "Approve"},
        }
    )
    assert check_card(adyen, "DE").outcome == check_card(braintree, "DE").outcome == "pass"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            {"object": "charge", "source": {"number": "4242 4242 4242 4242"}},
            "source.number looks like a card",
        ),
        ({"funding": "credit", "reference": "4242-4242-4242-4242"}, "reference looks like a card number"),
        ({"brand": "visa"}, "no processor writes a card like this"),
        ({"funding": "gold"}, "funding: write one of credit"),
        ({"funding": "credit", "colour": "red"}, "colour: no such field"),
    ],
)
def test_a_card_that_cannot_be_taken_is_refused_without_showing_it(data: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_card(data)
    assert says in str(caught.value)
    assert "4242" not in str(caught.value)


# --- lines


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("mobile", "pass"),
        ("landline", "pass"),
        ("fixedVoip", "review"),
        ("nonFixedVoip", "review"),
        ("premium", "fail"),
        ("sharedCost", "fail"),
        ("tollFree", "review"),
        ("personal", "review"),
        ("uan", "review"),
        ("voicemail", "review"),
        ("pager", "review"),
        ("unknown", "review"),
        (None, "review"),
    ],
)
def test_the_kinds_of_lines_of_twilio_lookup(kind: str | None, outcome: str) -> None:
    assert check_line(Line(type=kind, country="DE"), "DE").outcome == outcome


def test_a_line_elsewhere_or_unknown_to_the_network() -> None:
    assert check_line(Line(type="mobile", country="FR"), "DE").reasons == ("line_elsewhere",)
    assert check_line(Line(type="mobile", country="DE", valid=False), "DE").outcome == "fail"
    assert check_line(None, "DE").outcome == "review"


@pytest.mark.parametrize(
    ("phone", "kind"),
    [
        ("+4915123456789", "mobile"),
        ("+4930123456", "landline"),
        ("+12025550116", "mobile"),
        ("+499001234567", "premium"),
    ],
)
def test_the_plan_of_numbers_says_the_kind_offline(phone: str, kind: str) -> None:
    line = line_offline(phone)
    assert line is not None
    assert line.type == kind


# --- names, sanctions, regions


@pytest.mark.parametrize(
    ("one", "other", "alike_"),
    [
        ("Hafenküche GmbH", "HAFENKUCHE G.m.b.H.", True),
        ("Ivan Beispiel", "Beispiel, Ivan", True),
        ("Müller & Söhne AG", "Muller Sohne", True),
        ("Example Trading House", "Exampel Trading House Ltd", True),
        ("Example Trading House Berlin", "Example Trading House", True),
        ("Acme Ltd", "Acme Holdings", False),
        ("Hafenküche GmbH", "Bergküche GmbH", False),
        ("", "Acme", False),
    ],
)
def test_names_are_alike_however_they_are_written(one: str, other: str, alike_: bool) -> None:
    assert (likeness(one, other) >= 88) == alike_


def test_a_name_on_the_list_is_for_a_person_with_the_entry_as_evidence() -> None:
    entries = [Listed(id="L-17", names=("Example Trading House", "ETH Trading"))]
    hit = outside.check_sanctions(entries, name="E.T.H. Trading GmbH", version="v1")

    assert (hit.outcome, hit.reasons, hit.evidence) == ("review", ("sanctions_match",), "L-17 in v1")
    assert outside.check_sanctions(entries, name="Hafenküche", version="v1").outcome == "pass"


ROWS = (
    TierRow(country="KP", tier="high", from_on=date(2011, 1, 1)),
    TierRow(country="XX", tier="high", from_on=date(2020, 1, 1), to_on=date(2025, 12, 31)),
    TierRow(country="XX", tier="elevated", from_on=date(2026, 1, 1)),
)


@pytest.mark.parametrize(
    ("country", "on", "found"),
    [
        ("DE", TODAY, "tier_normal"),
        ("KP", TODAY, "tier_high"),
        ("XX", date(2025, 12, 31), "tier_high"),
        ("XX", date(2026, 1, 1), "tier_elevated"),
        ("XX", date(2019, 12, 31), "tier_normal"),
        (None, TODAY, "tier_unknown"),
    ],
)
def test_the_tier_is_that_of_the_day(country: str | None, on: date, found: str) -> None:
    answer = outside.check_region(ROWS, country=country, today=on, version="v1")
    assert answer.reasons == (found,)
    assert answer.outcome != "fail"


# --- reports and proofs

REPORT = CreditReport(reference="R1", reported_on=date(2026, 1, 1), score=70, name="Hafenküche GmbH")


@pytest.mark.parametrize(
    ("report", "found"),
    [
        (REPORT, ()),
        (None, ("report_unknown",)),
        (replace(REPORT, reported_on=date(2025, 3, 2)), ()),
        (replace(REPORT, reported_on=date(2025, 3, 1)), ("report_stale",)),
        (replace(REPORT, insolvent=True), ("report_insolvent",)),
        (replace(REPORT, score=None), ("report_no_score",)),
        (replace(REPORT, name="Zweite Wahl GmbH"), ("report_other_name",)),
    ],
)
def test_a_credit_report(report: CreditReport | None, found: tuple[str, ...]) -> None:
    assert outside.check_report(report, name="Hafenküche GmbH", today=TODAY).reasons == found


PROOF = IdentityProof(reference="ID-1", subject="p1", level="substantial", expires_on=TODAY)


@pytest.mark.parametrize(
    ("proof", "linked", "outcome"),
    [
        (PROOF, False, "pass"),
        (None, False, "review"),
        (replace(PROOF, level="low"), False, "review"),
        (replace(PROOF, expires_on=date(2026, 3, 1)), False, "review"),
        (replace(PROOF, revoked=True), False, "fail"),
        (PROOF, True, "review"),
    ],
)
def test_a_proof_of_identity(proof: IdentityProof | None, linked: bool, outcome: str) -> None:
    assert outside.check_identity(proof, today=TODAY, linked=linked).outcome == outcome


# --- who is alike

APPLICATION = Application(
    customer_id="ACME", email="Bob12@shop.example", phone="+4915123456789", vat_id="DE 136695976"
)
MORE = Particulars(card=Card(fingerprint="fp1"), network="192.0.2.77", device="d1")


def test_what_an_application_has_in_common_with_others() -> None:
    assert dict(alike.traits(APPLICATION, MORE, frozenset())) == {
        "email": "bob12@shop.example",
        "mail_pattern": "bob@shop.example",
        "mail_domain": "shop.example",
        "phone": "+4915123456789",
        "vat_id": "DE136695976",
        "card": "fp1",
        "network": "192.0.2.0/24",
        "device": "d1",
        "everybody": "everybody",
    }


def test_nobody_is_alike_for_a_mail_service_that_many_use() -> None:
    assert "mail_domain" not in dict(alike.traits(APPLICATION, MORE, frozenset({"shop.example"})))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("localhost", None),
    ],
)
def test_the_network_of_an_address(address: str, network: str | None) -> None:
    assert alike.network_of(address) == network


def test_hashes_need_the_key_and_tell_kinds_apart() -> None:
    hashes = {alike.hash_of(key, kind, "x") for key in (b"a", b"b") for kind in ("card", "device")}
    assert len(hashes) == 4


RULES = OnboardingRules(
    rules="test",
    title="Test",
    checks=(Made(check="velocity"),),
    rows=(Row(id="all", review=Review()),),
    velocity=(Alikes(per="network", within_hours=1, most=3, burst=5),),
)


@pytest.mark.parametrize(
    ("count", "burst", "seconds", "found"),
    [
        (3, False, None, ()),
        (4, False, None, ("velocity_network",)),
        (4, True, None, ("velocity_network", "velocity_burst")),
        (1, False, 2, ("form_too_fast",)),
        (1, False, 3, ()),
    ],
)
def test_how_many_may_apply_alike(
    count: int, burst: bool, seconds: int | None, found: tuple[str, ...]
) -> None:
    counts = {("network", 1): count}
    assert alike.check_velocity(RULES, counts, burst=burst, seconds=seconds).reasons == found


@pytest.mark.parametrize(("count", "opens"), [(4, False), (5, True)])
def test_a_burst_opens_at_its_number(count: int, opens: bool) -> None:
    assert bool(list(alike.bursts(RULES.velocity, {("network", 1): count}))) == opens


@pytest.mark.parametrize(
    ("email", "outcome"),
    [
        ("a@mailinator.com", "fail"),
        ("a@x.MAILINATOR.com", "fail"),
        ("a@notmailinator.com", "pass"),
        (None, "pass"),
    ],
)
def test_a_mail_domain_that_throws_its_mail_away(email: str | None, outcome: str) -> None:
    domains = frozenset({"mailinator.com"})
    assert alike.check_mail_domain(email, domains, version="v1").outcome == outcome


# --- files


def test_the_lists_that_ship_can_be_read() -> None:
    folder = ROOT / "policies" / "onboarding"
    parsers = {
        "disposable_domains.txt": read_domains,
        "shared_domains.txt": read_domains,
        "region_tiers.csv": read_tiers,
        "sanctions.csv": read_sanctions,
        "credit_reports.csv": read_reports,
        "identities.csv": read_identities,
        "cards.csv": read_cards,
    }
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in parsers}
    found = {name: parse(texts[name], name=name) for name, parse in parsers.items()}  # type: ignore[operator]
    assert len(found["disposable_domains.txt"]) > 50
    assert "mailinator.com" in found["disposable_domains.txt"]
    assert {row.country for row in found["region_tiers.csv"]} == {"KP", "IR", "MM"}
    for name in ("credit_reports.csv", "identities.csv", "sanctions.csv", "cards.csv"):
        sample = (ROOT / "samples" / "onboarding" / name).read_text(encoding="utf-8")
        assert len(parsers[name](sample, name=name)) > 1  # type: ignore[operator]


@pytest.mark.parametrize(
    ("parse", "lines", "says"),
    [
        (read_reports, ["country"], "t.csv:1: the first line must be country,number"),
        (
            read_reports,
            [",".join(COLUMNS[REPORTS]), "DE,HRB 1,R1,2026-13-01,80,no,", "DE,HRB 2,R2,2026-01-01,101,no,"],
            (
                "t.csv:2: reported_on: write a day like 2026-02-03, not '2026-13-01'\n"
                "t.csv:3: score: write a number from 0 to 100, higher is better"
            ),
        ),
        (read_sanctions, [",".join(COLUMNS[SANCTIONS]), "L-1,,"], "t.csv:2: name: it is missing"),
        (
            read_tiers,
            [",".join(COLUMNS[TIERS]), "XX,bad,2020-01-01,,why,who", "XX,high,2020-01-01,,why,"],
            "t.csv:2: tier: write one of normal, elevated, high, not 'bad'\nt.csv:3: owner: it is missing",
        ),
        (read_domains, ["# fine", "shop.example", "no domain"], "t.csv: 'no domain' is no domain"),
    ],
)
def test_a_mistake_in_a_list_is_named_with_its_line(parse: Any, lines: list[str], says: str) -> None:
    with pytest.raises(BadList) as caught:
        parse("\n".join(lines), name="t.csv")
    assert says in str(caught.value)


# --- findings


def test_the_gravest_finding_is_the_outcome() -> None:
    assert weighed(["line_landline", "card_elsewhere", "card_prepaid"]) == (
        "fail",
        ("card_prepaid", "card_elsewhere", "line_landline"),
    )
    assert weighed(["line_landline"])[0] == "pass"
    assert weighed([]) == ("pass", ())


def test_a_finding_fits_into_a_fact_and_has_words() -> None:
    for code in FINDINGS:
        Checked(check="card", outcome="review", reasons=(code,), provider="test", ruleset="t-1")
        assert words_of(code) == FINDINGS[code].words
    assert words_of("found_in_a_later_version") == "found in a later version"
