"""Files of contact law: the shipped ones say what was read, and a wrong one is refused with its remedy."""

import re
from datetime import date
from pathlib import Path
from textwrap import indent
from typing import get_args

import pytest

from domain.contact_law.books import read_books
from domain.contact_law.rules import CHANNELS, Cap, Rule, RuleBook, Window
from domain.documents import BadDocument, read

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "policies" / "contact"
GUIDE = (ROOT / "docs" / "contact-law.md").read_text(encoding="utf-8")
SHIPPED = sorted(FOLDER.glob("*.yaml"))

GOOD = """\
law: test
title: A test
as_of: 2026-11-22
areas: {US-NYC: US-NY}
not_read: [US-WY]
rules:
  - id: test.hours
    kind: window
    places: [US-MA, US-NYC]
    channels: [email, sms]
    from: 2026-09-01
    opens: 09:00
    closes: 20:00
    days:
      sun: {opens: 12:00, closes: 18:00}
    source: a law
    confidence: verified
  - id: test.cap
    kind: cap
    most: 3
    days: 7
    source: another law
    confidence: secondary
  - id: test.closed
    kind: closed
    places: [US-AL]
    weekdays: [sat]
    source: a third law
    confidence: secondary
  - id: test.gap
    kind: gap
    hours: 48
    source: house rule
    confidence: proposal
"""


def load(text: str) -> RuleBook:
    return read(text, model=RuleBook, name="law.yaml")


def problems(text: str) -> list[str]:
    with pytest.raises(BadDocument) as caught:
        load(text)
    return str(caught.value).splitlines()


def test_the_file_that_the_others_are_made_of_is_right() -> None:
    hours, cap, _, _ = load(GOOD).rules

    assert isinstance(hours, Window)
    assert (hours.first_on, hours.last_on) == (date(2026, 9, 1), None)
    assert isinstance(cap, Cap)
    assert (cap.places, cap.protects, cap.channels, cap.per) == ((), (), CHANNELS, "customer")


@pytest.mark.parametrize(
    ("old", "new", "line", "path", "words"),
    [
        # Dates.
        (
            "from: 2026-09-01",
            "from: 1 September",
            11,
            "rules.0.from",
            "write a date like 2026-09-01, not '1 September'",
        ),
        (
            "from: 2026-09-01",
            "from: 1788220800",
            11,
            "rules.0.from",
            "write a date like 2026-09-01, not '1788220800'",
        ),
        ("from: 2026-09-01", "from: 2026-02-30", 11, "rules.0.from", "write a date like 2026-03-31"),
        (
            "from: 2026-09-01",
            "from: 2026-09-01\n    until: 2026-08-31",
            12,
            "rules.0.until",
            "the rule begins on 2026-09-01: let it end later, or leave `until` out",
        ),
        # Places.
        ("[US-MA, US-NYC]", "[US-MX]", 9, "rules.0.places.0", "'US-MX' is no place that is known"),
        ("[US-MA, US-NYC]", "[UK]", 9, "rules.0.places.0", "(did you mean GB?)"),
        ("[US-MA, US-NYC]", "[us]", 9, "rules.0.places.0", "write a country like US"),
        ("[US-MA, US-NYC]", "[US-NYCC]", 9, "rules.0.places.0", "(did you mean US-NYC?)"),
        ("[US-MA, US-NYC]", "[US-MA, US-MA]", 9, "rules.0.places.1", "'US-MA' stands here twice"),
        ("not_read: [US-WY]", "not_read: [WY]", 5, "not_read.0", "'WY' is no place that is known"),
        ("{US-NYC: US-NY}", "{NYC: US-NY}", 4, "areas.NYC", "'NYC' is no code for an area"),
        ("{US-NYC: US-NY}", "{US-NYC: US-NZ}", 4, "areas.US-NYC", "'US-NZ' is no place that is known"),
        # Channels, kinds and words of a rule.
        ("[email, sms]", "[email, fax]", 10, "rules.0.channels.1", "'fax' is not one of email, sms, call"),
        ("[email, sms]", "[emial]", 10, "rules.0.channels.0", "(did you mean email?)"),
        ("[email, sms]", "[]", 10, "rules.0.channels", "this needs at least 1 entries"),
        ("kind: cap", "kind: cup", 19, "rules.1.kind", "(did you mean cap?)"),
        (
            "confidence: proposal",
            "confidence: sure",
            34,
            "rules.3.confidence",
            "'sure' is not one of verified",
        ),
        ("    source: another law\n", "", 18, "rules.1.source", "this key is required and missing"),
        ("most: 3", "moste: 3", 20, "rules.1.moste", "(did you mean most?)"),
        ("most: 3", "most: 0", 20, "rules.1.most", "this must be 1 or more"),
        ("most: 3", "most: 3.0", 20, "rules.1.most", "write a whole number, not '3.0'"),
        # Hours and days.
        ("closes: 20:00", "closes: 25:00", 13, "rules.0.closes", "write a time of day like 09:30"),
        ("closes: 20:00", "closes: 08:00", 13, "rules.0.closes", "this opens at 09:00: let it close later"),
        (
            "closes: 18:00}",
            "closes: 11:00}",
            15,
            "rules.0.days.sun.closes",
            "this opens at 12:00: let it close later",
        ),
        ("      sun:", "      sunday:", 15, "rules.0.days.sunday", "'sunday' is not one of mon"),
        (
            "    weekdays: [sat]\n",
            "",
            25,
            "rules.2.kind",
            "name `weekdays`, or write `holidays: true`",
        ),
        ("hours: 48", "hours: 48\n    days: 2", 31, "rules.3.kind", "write either `hours` or `days`"),
        ("    hours: 48\n", "", 31, "rules.3.kind", "write either `hours` or `days`"),
        # Ids.
        ("id: test.cap", "id: test.hours", 18, "rules.1.id", "rule id 'test.hours' is used twice: give each"),
        ("id: test.cap", "id: cap", 18, "rules.1.id", "with dots between them, like us.regf.hours"),
    ],
)
def test_a_wrong_file_is_refused_with_line_place_and_remedy(
    old: str, new: str, line: int, path: str, words: str
) -> None:
    assert GOOD.count(old) == 1

    found = problems(GOOD.replace(old, new))

    # Some faults entail another: a key that is misspelt is also missing.
    (told,) = (problem for problem in found if problem.startswith(f"law.yaml:{line}: {path}: "))
    assert words in told
    assert len(found) <= 2, found


@pytest.mark.parametrize("place", ["US-NYC", "TA"])
def test_a_place_without_holidays_of_its_own_cannot_be_closed_on_them(place: str) -> None:
    text = GOOD.replace("[US-AL]", f"[{place}]").replace("weekdays: [sat]", "holidays: true")

    (told,) = problems(text)
    assert told == (
        f"law.yaml:26: rules.2.places.0: no holidays are known for {place}:"
        " name a country or region that has some"
    )


def test_all_problems_of_all_files_are_told_together() -> None:
    files = {"b.yaml": GOOD, "a.yaml": GOOD, "c.yaml": GOOD.replace("most: 3", "most: many")}

    with pytest.raises(BadDocument) as caught:
        read_books(files)

    assert [str(problem) for problem in caught.value.problems] == [
        *(
            f"b.yaml:{line}: rules.{i}.id: rule id 'test.{name}' is used in a.yaml as well: give each its own"
            for i, (line, name) in enumerate([(7, "hours"), (18, "cap"), (24, "closed"), (30, "gap")])
        ),
        "c.yaml:20: rules.1.most: write a whole number, not 'many'",
    ]


# --- what ships ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_shipped_file_is_read_and_says_that_it_is_no_legal_advice(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    book = read(text, model=RuleBook, name=path.name)

    assert book.law == path.stem
    assert "Engineering input, not legal advice" in text
    assert all(rule.id.startswith(f"{path.stem}.") for rule in book.rules)


def test_only_the_house_makes_proposals_and_only_law_names_places_that_bind() -> None:
    law = read_books({path.name: path.read_text(encoding="utf-8") for path in SHIPPED})

    for book in law.books:
        for rule in book.rules:
            assert (rule.confidence == "proposal") == (book.law == "house"), rule.id


def test_every_state_is_either_read_or_listed_as_not_read_or_has_nothing_of_its_own() -> None:
    """The table that was read ends after Rhode Island; Texas comes from another."""
    book = read((FOLDER / "us.yaml").read_text(encoding="utf-8"), model=RuleBook, name="us.yaml")
    named = {place for rule in book.rules for place in rule.places}

    assert not named & set(book.not_read)
    assert {f"US-{state}" for state in "SC SD TN UT VA VT WA WI WV WY".split()} <= set(book.not_read)
    assert {f"US-{state}" for state in "AL CT FL KY LA MA MD MI MN MS NJ NM NV OK PA RI TX".split()} <= named


# --- the guide -----------------------------------------------------------------------------------


def test_the_rule_of_the_guide_is_the_one_that_ships() -> None:
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    head = "law: us\ntitle: T\nas_of: 2026-11-22\nareas: {US-NYC: US-NY}\nrules:\n"
    us = read((FOLDER / "us.yaml").read_text(encoding="utf-8"), model=RuleBook, name="us.yaml")

    (shown,) = load(head + indent(example, "  ")).rules

    assert shown in us.rules


def test_the_guide_has_every_kind_of_rule_with_keys_that_exist() -> None:
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|$", GUIDE, re.MULTILINE)
    kinds = {get_args(rule.model_fields["kind"].annotation)[0]: rule for rule in get_args(Rule)}

    assert [kind for kind, _ in rows] == list(kinds)
    for kind, keys in rows:
        fields = kinds[kind].model_fields
        values = {value for field in fields.values() for value in get_args(field.annotation)}
        for key in re.findall(r"`(\w+)[`:]", keys):
            assert key in fields or key in values, (kind, key)
