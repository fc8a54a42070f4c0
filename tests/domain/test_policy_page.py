import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.customer import Customer
from domain.documents import read
from domain.policy import Policy
from domain.policy_page import explain_when, show
from domain.policy_schema import schema
from domain.policy_steps import When
from domain.simulation.events import read_events
from domain.simulation.play import simulate

POLICIES = Path(__file__).parents[2] / "policies"
BUSINESS = read((POLICIES / "business.yaml").read_text(encoding="utf-8"), model=Policy, name="business.yaml")
BERLIN = Customer(id="c-1", country="DE", timezone="Europe/Berlin")


def table(policy: Policy, *, due_on: date, customer: Customer = BERLIN) -> dict[str, str]:
    """A line a row: policy's day, the day it falls on, and why."""
    rows = show(policy, due_on=due_on, customer=customer)
    return {row.step: f"{row.day} {row.falls_on and f'{row.falls_on:%a %d %b}'} {row.why}" for row in rows}


def small(*steps: dict[str, Any], **keys: Any) -> Policy:
    head = {"policy": "p", "title": "P", "for": {"segments": ["business"]}, "steps": steps}
    return Policy.model_validate({**head, **keys})


def notice(step: str, day: int, **keys: Any) -> dict[str, Any]:
    return {"kind": "notice", "id": step, "offset_days": day, "template": "t", **keys}


def test_the_calendar_says_when_each_step_falls_and_what_moved_it() -> None:
    assert table(BUSINESS, due_on=date(2026, 3, 4)) == {
        "upcoming": "-7 Wed 25 Feb on its day",
        "reminder_first": "3 Mon 09 Mar moved: no messages on Saturday",
        "reminder_second": "10 Mon 16 Mar moved: no messages on Saturday",
        "reminder_third": "17 Mon 23 Mar moved: no messages on Saturday",
        "call": "21 Wed 25 Mar on its day",
        "final_notice": "30 Tue 07 Apr moved: no messages on Good Friday",
        "suspend": "45 Mon 20 Apr moved: no messages on Saturday",
        "suspended": "None Mon 20 Apr after suspend",
        "data_loss": "None Fri 12 Jun the data is kept for 60 days",
    }


def test_holidays_are_the_customers() -> None:
    tokyo = Customer(id="c-1", country="JP", timezone="Asia/Tokyo")
    moved = table(BUSINESS, due_on=date(2026, 4, 1), customer=tokyo)
    assert moved["final_notice"] == "30 Fri 01 May on its day"
    # 2 May is a Saturday, and Golden Week goes on until Wednesday.
    moved = table(BUSINESS, due_on=date(2026, 4, 2), customer=tokyo)
    assert moved["final_notice"] == "30 Thu 07 May moved: no messages on Saturday"


def test_the_gap_moves_what_comes_too_soon() -> None:
    policy = small(notice("one", 5), notice("two", 6), minimum_gap_days=3)
    assert table(policy, due_on=date(2026, 3, 4)) == {
        "one": "5 Mon 09 Mar on its day",
        "two": (
            "6 Thu 12 Mar moved: the last message went out on 2026-03-09; the next may follow from 2026-03-12"
        ),
    }


def test_a_step_that_another_overtakes_never_happens() -> None:
    policy = small(notice("one", 2), notice("two", 4), notice("three", 5), minimum_gap_days=3)
    assert table(policy, due_on=date(2026, 3, 7)) == {
        "one": "2 Mon 09 Mar on its day",
        "two": (
            "4 None never: the last message went out on 2026-03-09; the next may follow from 2026-03-12; "
            "a later step came first"
        ),
        "three": "5 Thu 12 Mar on its day",
    }


def test_of_two_steps_that_wait_for_the_same_monday_the_later_one_goes_out() -> None:
    policy = small(notice("one", 4), notice("two", 5))
    assert table(policy, due_on=date(2026, 3, 3)) == {
        "one": "4 None never: no messages on Saturday; a later step came first",
        "two": "5 Mon 09 Mar moved: no messages on Sunday",
    }


def test_what_needs_a_step_that_was_overtaken_never_happens_either() -> None:
    policy = small(notice("one", 4), notice("two", 5), notice("last", 9, needs_delivered=["one"]))
    assert table(policy, due_on=date(2026, 3, 3))["last"] == (
        "9 None never: one has not been delivered for SAMPLE"
    )


def test_the_notice_period_moves_a_suspension_that_comes_too_soon() -> None:
    suspend = {
        "kind": "suspend",
        "id": "stop",
        "offset_days": 8,
        "notice_days": 10,
        "needs_delivered": ["last"],
    }
    policy = small(notice("last", 6), suspend)
    assert table(policy, due_on=date(2026, 3, 3))["stop"] == (
        "8 Thu 19 Mar moved: last was delivered on 2026-03-09: 10 days of notice end on 2026-03-19"
    )


def test_minimums_conditions_and_approvals_are_told_and_not_applied() -> None:
    rows = {row.step: row for row in show(BUSINESS, due_on=date(2026, 3, 4), customer=BERLIN)}
    assert rows["call"].condition.startswith("from 2,000.00 EUR, 2,000.00 USD, ")
    assert rows["reminder_first"].condition == ""
    assert rows["final_notice"].condition == "reminder_second delivered"
    assert rows["suspend"].condition.startswith("final_notice delivered 10 days before; approval from 5,000")


def test_channels_are_told_in_their_order() -> None:
    rows = {row.step: row.channels for row in show(BUSINESS, due_on=date(2026, 3, 4), customer=BERLIN)}
    assert rows == {
        "upcoming": "email",
        "reminder_first": "email",
        "reminder_second": "email, else sms",
        "reminder_third": "sms, else email",
        "call": "call task",
        "final_notice": "email and sms",
        "suspend": "service",
        "suspended": "email, else sms",
        "data_loss": "review task",
    }


def test_a_row_as_json_has_dates_as_text() -> None:
    row = show(BUSINESS, due_on=date(2026, 3, 4), customer=BERLIN)[0].json()
    assert json.loads(json.dumps(row)) == row
    assert (row["step"], row["day"], row["planned_on"], row["falls_on"], row["at"]) == (
        "upcoming",
        -7,
        "2026-02-25",
        "2026-02-25",
        "2026-02-25T08:00:00+00:00",
    )


@given(
    due_on=st.dates(date(2025, 1, 1), date(2027, 12, 31)), name=st.sampled_from(["business", "compressed"])
)
def test_the_calendar_is_what_happens_to_an_invoice_without_conditions(due_on: date, name: str) -> None:
    """An invoice above every minimum and below the approval has exactly the calendar shown."""
    policy = read((POLICIES / f"{name}.yaml").read_text(encoding="utf-8"), model=Policy, name=name)
    issued = {
        "at": date.fromordinal(due_on.toordinal() - 40).isoformat(),
        "type": "invoice_issued",
        "invoice": "I",
        "amount": "3000.00",
        "currency": "EUR",
        "due_on": due_on.isoformat(),
    }
    until = date.fromordinal(due_on.toordinal() + 200)
    lines = simulate(policy, BERLIN, read_events(BERLIN, [issued]), until).lines
    happened = {(line.step, line.at) for line in lines if line.kind == "effect"}
    rows = show(policy, due_on=due_on, customer=BERLIN)
    assert {(row.step, row.at) for row in rows if row.at} == happened
    assert all(row.why.startswith("never: ") for row in rows if not row.at)


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (When(), ""),
        (When(minimum={"EUR": Decimal(50), "JPY": Decimal(8000)}), "from 50.00 EUR, 8,000 JPY"),
        (When(invoices_at_least=3), "from 3 overdue invoices"),
        (
            When(segments=("business",), countries=("DE", "AT"), tags=("new",), without_tags=("vip", "old")),
            "segment business; country DE or AT; tag new; without tag vip or old",
        ),
        (When(minimum={"EUR": Decimal(1)}, countries=("NO",)), "from 1.00 EUR; country NO"),
    ],
)
def test_conditions_are_told_in_words(when: When, words: str) -> None:
    assert explain_when(when) == words


def test_the_schema_describes_every_key() -> None:
    content = schema()
    parts = {"Policy": content, **content["$defs"]}
    silent = [f"{name}.{key}" for name, part in parts.items() for key in undescribed(part)]
    assert silent == []
    assert content["$defs"]["Window"]["properties"]["closes"]["description"].startswith("local hours;")


def undescribed(part: dict[str, Any]) -> list[str]:
    return [key for key, info in part["properties"].items() if len(info.get("description", "")) < 5]


def test_the_schema_knows_what_an_editor_must() -> None:
    content = schema()
    assert json.loads(json.dumps(content)) == content
    assert set(content["required"]) == {"policy", "title", "for", "steps"}
    assert content["additionalProperties"] is False
    assert content["properties"]["return"]["$ref"] == "#/$defs/Return"
    assert "EUR" in content["properties"]["minimum"]["propertyNames"]["enum"]
    assert set(content["$defs"]["NoticeStep"]["required"]) == {"kind", "id", "offset_days", "template"}
    assert content["$defs"]["NoticeStep"]["properties"]["id"]["pattern"] == "^[a-z][a-z0-9_]{0,31}$"
    assert content["$defs"]["Window"]["properties"]["opens"]["pattern"].startswith("^([01][0-9]|2[0-3])")
