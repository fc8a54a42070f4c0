"""Forms: every command can be filled in, and what was filled in is what the command takes."""

from collections.abc import Mapping
from typing import Any

import pytest

from domain.commands import COMMANDS, mistakes
from domain.forms import fields_of, input_of, problems


def entered(example: Mapping[str, Any]) -> dict[str, str]:
    """Write a command's example as a person would type it."""
    typed = {}
    for name, value in example.items():
        match value:
            case bool():
                typed[name] = "yes" if value else "no"
            case list():
                typed[name] = "\n".join(f"{each['due_on']} {each['amount']}" for each in value)
            case _:
                typed[name] = str(value)
    return typed


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "approve"])
def test_the_example_of_a_command_can_be_filled_in(name: str) -> None:
    command = COMMANDS[name]
    example = {key: value for key, value in command.example.items() if key != "by"}
    filled = {each.name: each.value for each in fields_of(command, values=entered(example))}
    given = input_of(command, filled)
    assert problems(command, given) == []
    assert command.body.model_validate(given) == command.body.model_validate(example)


@pytest.mark.parametrize("name", COMMANDS)
def test_whatever_a_command_requires_is_asked_for(name: str) -> None:
    command = COMMANDS[name]
    required = {field for field, info in command.body.model_fields.items() if info.is_required()}
    assert required <= {each.name for each in fields_of(command) if each.required}
    assert all(each.label for each in fields_of(command))


def test_an_approval_is_answered_by_yes_or_by_no_with_a_reason() -> None:
    approve = COMMANDS["approve"]
    assert input_of(approve, {"step": "suspend", "answer": "approve"}) == {"step": "suspend"}
    refused = input_of(approve, {"step": "", "answer": "do not approve", "why_not": "they called"})
    assert refused == {"outcome": "rejected: they called"}
    assert mistakes(approve, refused) is None
    assert not approve.body.model_validate(input_of(approve, {})).allows  # type: ignore[attr-defined]


def test_what_is_wrong_is_said_at_the_label_of_its_field() -> None:
    assert problems(COMMANDS["pause"], {"to": "tomorrow"}) == [
        "Until the end of: write a day like 2026-02-03",
        "Why: this is missing",
    ]
    parts = input_of(COMMANDS["agree_plan"], {"instalments": "2026-12-15 250.00\n2027-01-15"})
    assert problems(COMMANDS["agree_plan"], parts) == ["Instalments 2: this is missing"]


def test_a_code_is_not_shown_to_anybody() -> None:
    assert problems(COMMANDS["enter_code"], {"code": "12345x"}) == ["Code: write its six digits"]


def test_what_can_only_be_one_thing_is_filled_in() -> None:
    fields = fields_of(COMMANDS["write_off"], offers={"invoice": ["INV-1"]})
    assert [(each.name, each.value, each.offers) for each in fields] == [("invoice", "INV-1", ("INV-1",))]
    fields = fields_of(COMMANDS["write_off"], offers={"invoice": ["INV-1", "INV-2"]})
    assert fields[0].value == ""
