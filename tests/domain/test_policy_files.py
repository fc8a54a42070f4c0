"""Policy files that are wrong: each is refused with its line, its place and a remedy."""

import pytest

from domain.documents import BadDocument, read
from domain.policy import Policy

GOOD = """\
policy: business
title: Business
for:
  segments: [business]
minimum: {EUR: 25}
window:
  opens: 09:00
  closes: 17:00
  holidays: true
steps:
  - kind: notice
    id: first
    offset_days: 3
    template: reminder_first
  - kind: notice
    id: last
    offset_days: 30
    template: final_notice
    channels: [email, sms]
    needs_delivered: [first]
  - kind: suspend
    id: suspend
    offset_days: 45
    notice_days: 10
    needs_delivered: [last]
    approval:
      EUR: 5000
"""


def load(text: str) -> Policy:
    return read(text, model=Policy, name="p.yaml")


def changed(old: str, new: str) -> str:
    """The good file with one thing changed; `old` stands in it exactly once."""
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def problems(text: str) -> list[str]:
    with pytest.raises(BadDocument) as caught:
        load(text)
    return str(caught.value).splitlines()


def test_the_file_that_the_others_are_made_of_is_right() -> None:
    assert [step.id for step in load(GOOD).steps] == ["first", "last", "suspend"]


@pytest.mark.parametrize(
    ("old", "new", "line", "path", "words"),
    [
        # Keys.
        (
            "offset_days: 3\n",
            "ofset_days: 3\n",
            13,
            "steps.0.ofset_days",
            "nobody knows this key (did you mean offset_days?)",
        ),
        ("title: Business", "titel: Business", 2, "titel", "nobody knows this key (did you mean title?)"),
        (
            "title: Business",
            "on: true",
            2,
            "on",
            (
                "nobody knows this key; known here: access, allocation, charges, contact, credit, disputes, "
                "experiment, for, grace_days, interest, lateness, minimum, minimum_gap_days, pauses, "
                "plans, policy, promises, return, steps, title, tolerance, usage, window"
            ),
        ),
        ("    template: reminder_first\n", "", 11, "steps.0.template", "this key is required and missing"),
        ("for:\n  segments: [business]\n", "", 1, "for", "this key is required and missing"),
        (
            "title: Business",
            "title: A\ntitle: B",
            3,
            "title",
            "this key stands twice (first on line 2): keep one of them",
        ),
        # Types.
        (
            "offset_days: 3\n",
            "offset_days: soon\n",
            13,
            "steps.0.offset_days",
            "write a whole number, not 'soon'",
        ),
        (
            "offset_days: 3\n",
            "offset_days: 3.0\n",
            13,
            "steps.0.offset_days",
            "write a whole number, not '3.0'",
        ),
        (
            "offset_days: 3\n",
            "offset_days:\n",
            13,
            "steps.0.offset_days",
            "write a whole number, not nothing",
        ),
        ("[email, sms]", "email", 19, "steps.1.channels", "write a list, like [email, sms], not 'email'"),
        ("[email, sms]", "[email, fax]", 19, "steps.1.channels.1", "'fax' is not one of email, sms"),
        ("[email, sms]", "[]", 19, "steps.1.channels", "this needs at least 1 entries"),
        ("[email, sms]", "[sms, sms]", 19, "steps.1.channels.1", "'sms' stands here twice: name each once"),
        (
            "kind: suspend",
            "kind: suspand",
            21,
            "steps.2.kind",
            (
                "'suspand' is not one of notice, task, restrict, suspend, terminate, hand_over, write_off"
                " (did you mean suspend?)"
            ),
        ),
        (
            "kind: suspend",
            "task: call",
            21,
            "steps.2.kind",
            "this key is required: it says what kind of entry this is",
        ),
        (
            "id: first",
            "id: Erste Mahnung",
            12,
            "steps.0.id",
            "write up to 32 lower-case letters, digits and _, such as reminder_first, not 'Erste Mahnung'",
        ),
        (
            "title: Business",
            "lateness: never-skip",
            2,
            "lateness",
            "'never-skip' is not one of never_skip, most_severe (did you mean never_skip?)",
        ),
        # Numbers out of bounds.
        ("notice_days: 10", "notice_days: -1", 24, "steps.2.notice_days", "this must be 1 or more"),
        ("offset_days: 45", "offset_days: -45", 23, "steps.2.offset_days", "this must be 1 or more"),
        ("offset_days: 45", "offset_days: 45000", 23, "steps.2.offset_days", "this must be 3650 or less"),
        # Words that YAML 1.1 takes for true and false.
        ("holidays: true", "holidays: on", 9, "window.holidays", "write true or false, not 'on'"),
        ("holidays: true", "holidays: NO", 9, "window.holidays", "write true or false, not 'NO'"),
        # The window.
        ("opens: 09:00", "opens: 9:00", 7, "window.opens", "write a time of day like 09:30, not '9:00'"),
        (
            "opens: 09:00",
            "opens: 17:00",
            8,
            "window.closes",
            "the window opens at 17:00: let it close later, on the same day",
        ),
        ("  closes: 17:00\n", "  weekdays: []\n", 8, "window.weekdays", "this needs at least 1 entries"),
        (
            "  closes: 17:00\n",
            "  weekdays: [Mon]\n",
            8,
            "window.weekdays.0",
            "'Mon' is not one of mon, tue, wed, thu, fri, sat, sun (did you mean mon?)",
        ),
        (
            "closes: 17:00",
            "closes: 17:00+02:00",
            8,
            "window.closes",
            "write local hours without an offset, like 09:00",
        ),
        # Money.
        ("{EUR: 25}", "{EUR: 25.005}", 5, "minimum.EUR", "25.005 EUR: EUR has 2 decimals: round the amount"),
        ("{EUR: 25}", "{JPY: 25.50}", 5, "minimum.JPY", "25.50 JPY: JPY has 0 decimals: round the amount"),
        (
            "{EUR: 25}",
            "{EURO: 25}",
            5,
            "minimum.EURO",
            "'EURO' is no ISO 4217 currency code such as EUR (did you mean EUR?)",
        ),
        ("{EUR: 25}", "{EUR: -25}", 5, "minimum.EUR", "this must be 0 or more"),
        ("{EUR: 25}", "{EUR: 1_000}", 5, "minimum.EUR", "write an amount like 1490.00, not '1_000'"),
        ("{EUR: 25}", "{EUR: 25 EUR}", 5, "minimum.EUR", "write an amount like 1490.00, not '25 EUR'"),
        ("{EUR: 25}", "25 EUR", 5, "minimum", "write keys with values, one a line, not '25 EUR'"),
        (
            "      EUR: 5000\n",
            "      usd: 5000\n",
            27,
            "steps.2.approval.usd",
            "'usd' is no ISO 4217 currency code such as EUR (did you mean USD?)",
        ),
        # Steps that do not fit together.
        ("id: last", "id: first", 16, "steps.1.id", "step id 'first' is used twice: give each its own"),
        (
            "id: first",
            "id: thanks",
            12,
            "steps.0.id",
            "step id 'thanks' is reserved for the engine's own messages: choose another",
        ),
        (
            "offset_days: 30",
            "offset_days: 2",
            17,
            "steps.1.offset_days",
            "step 'last' (day 2) must come after 'first' (day 3): write steps mildest first, one a day",
        ),
        (
            "[first]",
            "[frist]",
            20,
            "steps.1.needs_delivered.0",
            "step 'last' needs 'frist', which is no notice of this policy (did you mean first?)",
        ),
        (
            "[first]",
            "[last]",
            20,
            "steps.1.needs_delivered.0",
            "step 'last' needs 'last', which comes no earlier: name an earlier notice",
        ),
        ("[last]", "[]", 25, "steps.2.needs_delivered", "this needs at least 1 entries"),
        (
            "    template: reminder_first\n",
            "    template: reminder_first\n    in_doubt:\n      sms: repeat\n",
            16,
            "steps.0.in_doubt.sms",
            "'sms' is no channel of this step: add it to `channels`, or remove it here",
        ),
        (
            "    channels: [email, sms]\n",
            "    channels: [email, sms]\n    in_doubt: {sms: perhaps}\n",
            20,
            "steps.1.in_doubt.sms",
            "'perhaps' is not one of repeat, never",
        ),
        (
            "    channels: [email, sms]\n",
            "    channels: [email, sms]\n    in_doubt: {fax: repeat}\n",
            20,
            "steps.1.in_doubt.fax",
            "'fax' is not one of email, sms",
        ),
        (
            "[last]",
            "[last, last]",
            25,
            "steps.2.needs_delivered.1",
            "'last' stands here twice: name each once",
        ),
        # YAML that is not for us.
        ("title: Business", "\ttitle: Business", 2, "", "a tab cannot indent YAML: use spaces"),
        (
            "title: Business",
            "title: !!str Business",
            2,
            "title",
            "remove the tag tag:yaml.org,2002:str: tags are not read",
        ),
        (
            "title: Business",
            "title: &t Business",
            2,
            "title",
            "remove &t and write values out: anchors are not read",
        ),
        ("title: Business", "title: *t", 2, "title", "write the value out: aliases (*t) are not read"),
        (
            "title: Business",
            "title: Business: all",
            2,
            "",
            (
                "this is not YAML: a second colon on the line, or a wrong indent; "
                "put text with a colon in quotes"
            ),
        ),
    ],
)
def test_a_wrong_file_is_refused_with_line_place_and_remedy(
    old: str, new: str, line: int, path: str, words: str
) -> None:
    place = f"{path}: " if path else ""
    assert f"p.yaml:{line}: {place}{words}" in problems(changed(old, new))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1: the document is empty"),
        ("# only a comment\n", "1: the document is empty"),
        ("business\n", "1: write keys with values, one a line, not 'business'"),
        (f"{GOOD}---\n{GOOD}", "28: a second document begins here: keep one document a file"),
        (
            GOOD + "  - {kind: notice, id: late, offset_days: 60, template: late}\n",
            "28: steps.3.id: the suspend step comes last: write notice 'late' before 'suspend'",
        ),
        (
            GOOD + "  - {kind: suspend, id: b, offset_days: 60, notice_days: 9, needs_delivered: [last]}\n",
            "28: steps.3.kind: a policy suspends once: keep one suspend step",
        ),
        (
            changed("offset_days: 30", "offset_days: -1").replace("_days: 3\n", "_days: -9\n"),
            (
                "25: steps.2.needs_delivered.0: warning 'last' comes before the debt is late: "
                "name a notice after the due date"
            ),
        ),
        (
            GOOD + "    when: {countries: [no]}\n",
            "28: steps.2.when.countries.0: write a country as two capital letters such as DE or NO, not 'no'",
        ),
        (
            GOOD + "    when: {invoices_at_least: 0}\n",
            "28: steps.2.when.invoices_at_least: this must be 1 or more",
        ),
        (
            GOOD + "return: {when: paid}\n",
            "28: return.when: 'paid' is not one of nothing_overdue, below_minimum",
        ),
        # Here the words are the parser's, which differ between its two builds.
        (changed("kind: suspend", "kind: [suspend"), "22: this is not YAML: "),
        (GOOD + "return: {thank: hello}\n", "28: return.thank: nobody knows this key (did you mean thanks?)"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_refused_too(text: str, problem: str) -> None:
    found = problems(text)
    assert any(line.startswith(f"p.yaml:{problem}") for line in found), found


def test_everything_that_is_wrong_is_reported_together() -> None:
    text = (
        changed("[first]", "[frist]")
        .replace("EUR: 25}", "EURO: 25}")
        .replace("offset_days: 45", "offset_days: 9")
    )
    assert [line.split(": ")[:2] for line in problems(text + "bakc: {}\n")] == [
        ["p.yaml:5", "minimum.EURO"],
        ["p.yaml:20", "steps.1.needs_delivered.0"],
        ["p.yaml:23", "steps.2.offset_days"],
        ["p.yaml:25", "steps.2.needs_delivered.0"],
        ["p.yaml:28", "bakc"],
    ]


def test_a_list_whose_only_entry_is_wrong_is_not_also_called_too_short() -> None:
    assert problems(changed("[email, sms]", "[fax]")) == [
        "p.yaml:19: steps.1.channels.0: 'fax' is not one of email, sms"
    ]


def test_norway_stays_norway() -> None:
    step = load(GOOD + "    when: {countries: [NO, DK]}\n").suspension
    assert step is not None
    assert step.when.countries == ("NO", "DK")


def test_a_notice_before_the_due_date_is_no_mistake() -> None:
    assert load(changed("offset_days: 3\n", "offset_days: -3\n")).steps[0].offset_days == -3


@pytest.mark.parametrize("amount", ["25.00", "25.0", "025"])
def test_another_spelling_of_an_amount_is_the_same_version(amount: str) -> None:
    assert load(changed("{EUR: 25}", f"{{EUR: {amount}}}")).version == load(GOOD).version


@pytest.mark.parametrize(
    ("old", "new"),
    [("EUR: 25}", "EUR: 26}"), ("EUR: 5000", "EUR: 5001"), ("offset_days: 3\n", "offset_days: 4\n")],
)
def test_another_number_is_another_version(old: str, new: str) -> None:
    assert load(changed(old, new)).version != load(GOOD).version


def test_the_canonical_content_reads_back_as_the_same_version() -> None:
    policy = load(GOOD)
    again = Policy.model_validate_json(policy.canonical())
    assert (again, again.version) == (policy, policy.version)
