"""Facts about fees: written and read without loss, and refused where they cannot be posted."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from domain.facts.fees import FeeBooked, FeeCancelled, FeeWaived

BOOKED: dict[str, Any] = {
    "fee": "INV-1042-I1",
    "invoice": "INV-1042",
    "kind": "interest",
    "amount": "128.22",
    "currency": "EUR",
    "until": "2026-10-15",
    "basis": "Directive 2011/7/EU: 10,000.00 EUR × 10.40 % × 45/365 = 128.22 EUR",
    "rows": ["eu-2026-h2"],
    "by": "petra",
}


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (FeeBooked, BOOKED),
        (FeeBooked, {**BOOKED, "kind": "fee", "step": "final_notice", "due_on": "2026-10-30", "rows": []}),
        (FeeWaived, {"fee": "INV-1042-I1", "amount": "28.22", "reason": "goodwill", "by": "petra"}),
        (FeeCancelled, {"fee": "INV-1042-I1", "reason": "the invoice was void"}),
    ],
)
def test_a_fact_is_written_and_read_without_loss(kind: type[Any], data: dict[str, Any]) -> None:
    body = kind.model_validate(data)

    assert kind.model_validate(TypeAdapter(kind).dump_python(body, mode="json", by_alias=True)) == body


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "0"},
        {"amount": 128.22},
        {"currency": "euro"},
        {"kind": "penalty"},
        {"fee": "service"},
        {"basis": ""},
        {"until": "15.10.2026"},
        {"rate": "0.104"},
    ],
)
def test_what_cannot_be_posted_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FeeBooked.model_validate({**BOOKED, **wrong})


@pytest.mark.parametrize("kind", [FeeWaived, FeeCancelled])
def test_nothing_is_given_up_without_a_reason(kind: type[Any]) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate({"fee": "INV-1042-I1"})
