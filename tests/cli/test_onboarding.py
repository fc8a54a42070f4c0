"""New customers on the command line: applying with everything, why one waits, tables, calls and bursts."""

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "policies" / "onboarding" / "decision_table.yaml"
CARD = ROOT / "samples" / "onboarding" / "card.json"
WRITTEN = ("--name", "Newco Ltd", "--email", "a@newco.example", "--phone", "+442079460123", "--country", "GB")


def test_everything_that_came_along_is_kept_for_the_checks(acme: Any) -> None:
    more = ("--card", str(CARD), "--identity", "ID-1001", "--company-number", "01234567")
    about = ("--expects", "600.00", "GBP", "--network", "192.0.2.7", "--device", "d1")
    answer = acme("onboard", "NEWCO", *WRITTEN, *more, *about)
    told = json.loads(acme("onboarding", "explain", "NEWCO", "--json").out)

    assert (answer.status, answer.err) == (0, "")
    assert (told["onboarding"], told["checks"]) == ("pending", {})
    assert told["explained"][-1].endswith(
        "is asked after identifiers, mail_domain, velocity, links, region, sanctions, card, phone_line,"
        " phone, identity, credit_report"
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--accepts-policy", "nonsense"), "No policy 'nonsense' was adopted here"),
        (("--expects", "600.001", "GBP"), "--expects: 600.001 GBP: GBP has 2 decimals"),
        (("--email", "no address"), "the email address cannot exist"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_written(
    acme: Any, options: tuple[str, ...], says: str
) -> None:
    before = acme.contents()
    answer = acme("onboard", "NEWCO", *WRITTEN, *options)

    assert answer.status in (1, 2)
    assert says in answer.err
    assert acme.contents() == before


def test_a_card_number_is_refused_without_showing_it(acme: Any, tmp_path: Path) -> None:
    file = tmp_path / "card.json"
    file.write_text('{"object": "charge", "number": "4242424242424242"}', encoding="utf-8")
    answer = acme("onboard", "NEWCO", *WRITTEN, "--card", str(file))

    assert answer.status == 2
    assert "number looks like a card number" in answer.err
    assert "4242" not in answer.err


def test_a_table_is_linted_with_lines_and_adopted_once(acme: Any, tmp_path: Path) -> None:
    good, bad = acme("onboarding", "lint", str(TABLE)), tmp_path / "bad.yaml"
    text = TABLE.read_text(encoding="utf-8")
    bad.write_text(text.replace("any: [fail]", "any: [fial]"), encoding="utf-8")
    other = tmp_path / "other.yaml"
    other.write_text(text.replace("title: New customers", "title: Others"), encoding="utf-8")
    wrong = acme("onboarding", "lint", str(bad))
    adopted = [acme("onboarding", "adopt", str(file)).out for file in (TABLE, other, other)]

    assert (good.status, good.out.endswith(": 12 rows, no mistake\n")) == (0, True)
    assert wrong.status == 1
    assert "rows.4.when.any.0: 'fial' is not one of pass, review, fail (did you mean fail?)" in wrong.err
    assert acme("onboarding", "adopt", str(bad)).status == 1
    assert ["decides already" in out for out in adopted] == [True, False, True]
    assert "Others" in acme("onboarding", "table").out


def test_a_table_that_rejects_by_country_or_approves_too_early_is_advised_against(
    acme: Any, tmp_path: Path
) -> None:
    file = tmp_path / "rash.yaml"
    file.write_text(
        "rules: rash\ntitle: Rash\nchecks: [{check: region}, {check: sanctions}]\nrows:\n"
        "  - {id: far, when: {tiers: [high]}, reject: {}}\n  - {id: rest, approve: {}}\n",
        encoding="utf-8",
    )
    said = acme("onboarding", "lint", str(file)).out

    assert "far rejects because of a country" in said
    assert "rest approves before a row asks whether a check failed" in said
    assert "no row asks for sanctions_match" in said


def test_calls_acceptance_and_bursts_are_told(acme: Any) -> None:
    acme("onboard", "NEWCO", *WRITTEN)
    called = acme("onboarding", "called", "NEWCO", "no_answer", "--number-from", "register")
    nobody = acme("onboarding", "called", "ACME", "reached", "--number-from", "register")
    accepted = acme("onboarding", "accept", "NEWCO", "business")
    unknown = acme("onboarding", "accept", "NEWCO", "nonsense")

    assert "Call 1, to a number from register: nobody answered." in called.out
    assert (nobody.status, nobody.err) == (1, "ACME: Nobody is being verified here.\n")
    assert "accepted the collections policy" in accepted.out
    assert unknown.status == 1
    assert acme("onboarding", "bursts").out == "bursts that are open: 0\n"
    assert acme("onboarding", "close-burst", "7").status == 1
    assert acme("onboarding", "explain", "ACME").status == 1
    assert "velocity_burst (review)" in acme("onboarding", "checks").out


def test_credit_takes_limit_terms_and_the_accepted_policy(acme: Any) -> None:
    acme("onboard", "NEWCO", *WRITTEN)
    credit = ("review", "NEWCO", "approve", "--credit", "500.00", "GBP", "--terms-days", "14")
    early = acme(*credit)
    half = acme("review", "NEWCO", "approve", "--terms-days", "14")
    acme("onboarding", "accept", "NEWCO", "business")
    given = acme(*credit, "--by", "maria")

    assert "Credit needs the accepted collections policy" in early.err
    assert "give all three, or none" in half.err
    assert "Decided to approve with credit of 500.00 GBP." in given.out


def test_doctor_says_which_table_decides_and_what_is_wrong_with_the_lists(
    acme: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = acme("doctor").out
    for file in (ROOT / "policies" / "onboarding").iterdir():
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "sanctions.csv").write_text("name\n", encoding="utf-8")
    monkeypatch.setenv("ONBOARDING_FILES", str(tmp_path))
    told = acme("doctor").out

    assert "onboarding lists: can be read" in sound
    assert "onboarding: decision table onboarding" in sound
    assert "BAD onboarding lists" in told
    assert "sanctions.csv:1: the first line must be id,name,aliases" in told
