from datetime import date, time
from decimal import Decimal
from typing import Annotated, Literal

import pytest
from pydantic import Field, model_validator

from domain.documents import BadDocument, Document, Fault, Faults, Flag, Whole, read
from domain.spelling import closest
from domain.yaml_source import MAX_DEPTH


class Notice(Document):
    kind: Literal["notice"]
    id: str
    offset_days: Whole
    channels: tuple[Literal["email", "sms"], ...] = ()
    at: time | None = None


class Task(Document):
    kind: Literal["task"]
    id: str
    owner: str


class Limit(Document):
    amount: Decimal = Field(gt=0)


class Policy(Document):
    name: str
    country: str | None = None
    on: Flag = True
    from_: date | None = Field(default=None, alias="from")
    gap_days: int | None = None
    limit: Whole | Limit | None = None
    rates: dict[str, Decimal] = Field(default_factory=dict)
    steps: tuple[Annotated[Notice | Task, Field(discriminator="kind")], ...] = ()

    @model_validator(mode="after")
    def _ids_differ(self) -> "Policy":
        ids = [step.id for step in self.steps]
        faults = [
            Fault(path=("steps", index, "id"), message=f"{step} is named twice")
            for index, step in enumerate(ids)
            if step in ids[:index]
        ]
        if faults:
            raise Faults(*faults)
        return self


def problems(text: str) -> list[str]:
    with pytest.raises(BadDocument) as caught:
        read(text, model=Policy, name="policy.yaml")
    assert str(caught.value) == "\n".join(str(problem) for problem in caught.value.problems)
    return [str(problem) for problem in caught.value.problems]


def test_scalars_stay_the_text_that_was_written() -> None:
    text = "\ufeffname: 010\ncountry: NO\non: false\nfrom: 2026-03-31\nrates: {a: 10.10, yes: 1, 3: 2}\n"
    policy = read(text, model=Policy, name="policy.yaml")
    assert (policy.name, policy.country, policy.on, policy.from_) == ("010", "NO", False, date(2026, 3, 31))
    assert policy.rates == {"a": Decimal("10.10"), "yes": Decimal(1), "3": Decimal(2)}


@pytest.mark.parametrize("null", ["null", "~", ""])
def test_only_a_plain_null_is_none(null: str) -> None:
    assert read(f"name: a\ncountry: {null}\n", model=Policy, name="p").country is None


@pytest.mark.parametrize("text", ["'null'", '"~"', '""'])
def test_a_quoted_null_is_text(text: str) -> None:
    assert read(f"name: a\ncountry: {text}\n", model=Policy, name="p").country == text[1:-1]


def test_an_entry_is_read_as_the_kind_it_says() -> None:
    text = "name: a\nsteps:\n- {kind: task, id: call, owner: me}\n- {kind: notice, id: x, offset_days: -3}\n"
    task, notice = read(text, model=Policy, name="p").steps
    assert (task.id, notice.id, type(task), type(notice)) == ("call", "x", Task, Notice)


STEP = "name: a\nsteps:\n  - kind: notice\n    id: first\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        # What YAML itself refuses.
        ("", "1: the document is empty"),
        ("# nothing\n", "1: the document is empty"),
        ("name: a\n\tcountry: DE\n", "2: a tab cannot indent YAML: use spaces"),
        ("name: a: b\n", "1: this is not YAML: a second colon on the line"),
        ("name: a\nsteps: [1, 2\n", "check quotes, brackets and the indent above"),
        ("name: a\ncountry\n", "3: this is not YAML: a key needs a colon and a space after it"),
        ('name: "a\n', "check quotes, brackets and the indent above"),
        ("name: a\n---\nname: b\n", "2: a second document begins here: keep one document a file"),
        ("name: a\ncountry: D\0E\n", "2: a character that cannot be read ('\\x00'): save the file"),
        ("name: \ud800\n", "1: a character that cannot be read ('\\ud800'): save the file as UTF-8"),
        # What is YAML, but not for us.
        ("name: a\nname: b\n", "2: name: this key stands twice (first on line 1): keep one of them"),
        ("name: &x a\n", "1: name: remove &x and write values out: anchors are not read"),
        ("name: &x a\ncountry: *x\n", "2: country: write the value out: aliases (*x) are not read"),
        ("name: !!str 5\n", "1: name: remove the tag tag:yaml.org,2002:str: tags are not read"),
        ("name: !py/object 5\n", "1: name: remove the tag !py/object: tags are not read"),
        ("name: a\n[1, 2]: b\n", "2: a key must be plain text"),
        ("name: " + "[" * 50, f"1: more than {MAX_DEPTH} levels inside each other"),
        ("name: " + "a" * 300_000, "1: the document is larger than 256 kB: split it"),
        # What the model refuses.
        ("just text\n", "1: write keys with values, one a line, not 'just text'"),
        ("country: DE\n", "1: name: this key is required and missing"),
        ("name: a\nzzz: b\n", "2: zzz: nobody knows this key; known here: country, from, gap_days,"),
        ("name: a\nFrom: b\n", "2: From: nobody knows this key (did you mean from?)"),
        ("name: a\nfrom_: b\n", "2: from_: nobody knows this key (did you mean from?)"),
        ("name: a\nfrom: 31.3.2026\n", "2: from: write a date like 2026-03-31, not '31.3.2026'"),
        ("name: a\non: yes\n", "2: on: write true or false, not 'yes'"),
        ("name: a\non: True\n", "2: on: write true or false, not 'True'"),
        ("name: a\ngap_days: soon\n", "2: gap_days: write a whole number, not 'soon'"),
        ("name: [a]\n", "1: name: write text, not a list"),
        ("name:\n", "1: name: write text, not nothing"),
        ("name: a\nsteps: email\n", "2: steps: write a list, like [email, sms], not 'email'"),
        ("name: a\nrates:\n  x: 1\n  y: z\n", "4: rates.y: write a number like 1490.00, not 'z'"),
        ("name: a\nlimit: {amount: 0}\n", "2: limit.amount: this must be more than 0"),
        (
            STEP + "    ofset_days: 3\n",
            "5: steps.0.ofset_days: nobody knows this key (did you mean offset_days?)",
        ),
        (STEP, "3: steps.0.offset_days: this key is required and missing"),
        (STEP + "    offset_days: 1_000\n", "5: steps.0.offset_days: write a whole number, not '1_000'"),
        (STEP + "    offset_days: 3.0\n", "5: steps.0.offset_days: write a whole number, not '3.0'"),
        (STEP + "    at: 9:30\n", "5: steps.0.at: write a time of day like 09:30, not '9:30'"),
        (
            STEP + "    channels:\n      - sms\n      - emial\n",
            "7: steps.0.channels.1: 'emial' is not one of email, sms (did you mean email?)",
        ),
        (
            "name: a\nsteps:\n  - id: x\n    kind: notic\n",
            "4: steps.0.kind: 'notic' is not one of notice, task (did you mean notice?)",
        ),
        (
            "name: a\nsteps:\n  - id: x\n",
            "3: steps.0.kind: this key is required: it says what kind of entry this is",
        ),
        (
            "name: a\nsteps:\n- {kind: task, id: x, owner: y}\n- {kind: task,\n   id: x, owner: z}\n",
            "5: steps.1.id: x is named twice",
        ),
    ],
)
def test_a_fault_is_reported_with_its_place_and_its_remedy(text: str, problem: str) -> None:
    found = problems(text)
    assert any(problem in line.removeprefix("policy.yaml:") for line in found), found
    assert all(line.startswith("policy.yaml:") for line in found)


def test_all_faults_are_reported_together_by_line() -> None:
    found = problems("name: a\nname: b\ncuntry: DE\non: no\nsteps:\n  - kind: task\n    id: x\n    oner: y\n")
    assert [line.split(": ")[0:2] for line in found] == [
        ["policy.yaml:2", "name"],
        ["policy.yaml:3", "cuntry"],
        ["policy.yaml:4", "on"],
        ["policy.yaml:6", "steps.0.owner"],
        ["policy.yaml:8", "steps.0.oner"],
    ]


def test_a_value_that_cannot_be_read_is_not_complained_about_twice() -> None:
    assert problems("name: a\ncountry: &x [1]\n") == [
        "policy.yaml:2: country: remove &x and write values out: anchors are not read"
    ]


def test_the_members_of_a_union_give_one_problem() -> None:
    (found,) = problems("name: a\nlimit: lots\n")
    assert found.startswith("policy.yaml:2: limit: write a whole number, not 'lots'; or write keys")


def test_a_bomb_of_aliases_is_refused_before_it_grows() -> None:
    layers = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 12))
    assert any("aliases (*l1) are not read" in line for line in problems("l0: &l0 [x]\n" + layers))


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_depth_is_refused_before_anything_recurses(opening: str) -> None:
    assert "levels inside each other" in problems(opening * 40_000)[0]


@pytest.mark.parametrize(
    ("word", "choices", "meant"),
    [
        ("Amount", ["Country", "Currency"], None),
        ("Amout", ["Amount", "Country"], "Amount"),
        ("due", ["issued_on", "due_on"], "due_on"),
        ("invoce", ["invoice", "reason"], "invoice"),
    ],
)
def test_only_what_is_near_enough_is_suggested(word: str, choices: list[str], meant: str | None) -> None:
    assert closest(word, choices) == meant
