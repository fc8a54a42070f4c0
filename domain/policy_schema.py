"""A policy as editors see it: the JSON Schema of its files."""

import inspect
import re
from collections.abc import Mapping
from typing import Any

from domain.interest.terms import Interest
from domain.policy import Policy, Return
from domain.policy_access import Access
from domain.policy_audience import Audience
from domain.policy_charges import Charges
from domain.policy_contact import Contact
from domain.policy_credit import CreditTerms, Prepayment
from domain.policy_experiment import Arm, Experiment
from domain.policy_fields import Part
from domain.policy_rests import Disputes, Pauses, Plans, Promises
from domain.policy_steps import (
    HandOverStep,
    NoticeStep,
    RestrictStep,
    SuspendStep,
    TaskStep,
    TerminateStep,
    When,
    WriteOffStep,
)
from domain.policy_usage import Usage
from domain.policy_window import Window


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a policy file, for editors: completion, hints and early errors."""
    content = Policy.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = content["$defs"]
    parts: tuple[type[Part], ...] = (
        Access,
        Arm,
        Audience,
        Charges,
        Interest,
        Experiment,
        Disputes,
        Contact,
        CreditTerms,
        NoticeStep,
        Pauses,
        Plans,
        Prepayment,
        Promises,
        HandOverStep,
        RestrictStep,
        Return,
        SuspendStep,
        TaskStep,
        TerminateStep,
        Usage,
        When,
        Window,
        WriteOffStep,
    )
    for part in parts:
        _describe(part, definitions[part.__name__])
    _describe(Policy, content)
    # Python may leave it out, a file may not: it says what kind of entry this is.
    definitions["NoticeStep"]["required"].append("kind")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **content}


def _describe(part: type[Part], described: dict[str, Any]) -> None:
    """Take the descriptions of keys from where they stand already: the model's docstring."""
    summary, _, attributes = (inspect.getdoc(part) or "").partition("\n\n")
    described["description"] = " ".join(summary.split())
    for name, words in _entries(attributes).items():
        for each in name.split(", "):
            info = part.model_fields[each]
            described["properties"][info.alias or each]["description"] = words


def _entries(attributes: str) -> Mapping[str, str]:
    """Return the words by name of a docstring's section `Attributes:`."""
    found = re.findall(r"^    (\w[\w, ]*): (.*(?:\n {8}.*)*)", attributes, re.MULTILINE)
    return {name: " ".join(words.split()) for name, words in found}
