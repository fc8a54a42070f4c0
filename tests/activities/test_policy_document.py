"""The policy as a customer reads it says what the policy does, and nothing else."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from activities.rendering import Letters
from activities.specimens import SPECIMEN_SELLER
from domain.documents import read
from domain.policy import Policy
from domain.policy_document import document
from settings import ROOT

LETTERS = Letters(ROOT / "templates")
SHIPPED = sorted((ROOT / "policies").glob("*.yaml"))


def shipped(file: Path) -> Policy:
    return read(file.read_text(encoding="utf-8"), model=Policy, name=file.name)


BUSINESS: dict[str, Any] = shipped(ROOT / "policies/business.yaml").model_dump(mode="json", by_alias=True)


def written(content: Mapping[str, Any]) -> str:
    text, _ = LETTERS.policy(document(Policy.model_validate(content), SPECIMEN_SELLER))
    return " ".join(text.split())


def changed(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    content: dict[str, Any] = deepcopy(BUSINESS)
    part: Any = content
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return content


LAW = {"basis": "statutory", "propose_at": "final_notice"}
AGREED = {
    "basis": "contract",
    "annual_percent": "9",
    "clause": "terms, section 4",
    "propose_at": "final_notice",
}
STEPS = {step["id"]: i for i, step in enumerate(BUSINESS["steps"])}


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("title",), "Small shops", "Small shops, version"),
        (("minimum",), {"EUR": 33}, "for less than this, credits deducted: 33.00 EUR"),
        (("tolerance",), {"EUR": 3}, "A rest up to this counts as paid: 3.00 EUR"),
        (("minimum_gap_days",), 1, "Two reminders are at least 1 day apart"),
        (("window", "opens"), "08:30", "between 08:30 and 17:00"),
        (("window", "closes"), "18:15", "between 09:00 and 18:15"),
        (
            ("window", "weekdays"),
            ["mon", "sat"],
            "on Monday and Saturday. Nothing goes out on public holidays",
        ),
        (("window", "holidays"), False, "Thursday and Friday. Where"),
        (("promises", "max_days"), 21, "within 21 days"),
        (("promises", "grace_days"), 4, "and 4 days longer for your bank"),
        (("promises", "most"), 1, "After 1 promise that was not kept"),
        (("promises", "most"), 0, "A promise to pay does not stop the steps above"),
        (("plans", "most_days"), 200, "ask for instalments over 200 days at most"),
        (("plans", "grace_days"), 9, "your bank gets 9 days"),
        (("plans", "on_missed"), "continues", "your bank gets 5 days. Interest and fees We ask"),
        (
            ("charges",),
            {"retry_days": [1, 4]},
            "That is 1 and 4 days after the charge that failed. It is also tried before each of",
        ),
        (
            ("charges",),
            {"stop_days": 33},
            "it is tried again, for 33 days at most. It is also tried before each of the steps above",
        ),
        (("charges",), {"channels": ["sms"]}, "we ask you for another card by text message."),
        (("interest",), LAW, "may ask for interest on late payments as the law"),
        (("interest",), {**LAW, "compensation": True}, "late payments, and for the fixed compensation, as"),
        (("interest",), AGREED, "what we have agreed: 9 % a year (terms, section 4)"),
        (("return", "when"), "below_minimum", "Once what is overdue is below the amount"),
        (("steps", STEPS["reminder_first"], "offset_days"), 4, "4 days after the due date: a reminder by"),
        (("steps", STEPS["reminder_first"], "channels"), ["sms"], "due date: a reminder by text message -"),
        (
            ("steps", STEPS["reminder_first"], "anchor"),
            "invoice_date",
            "3 days after the date of the invoice, never before it is late: a reminder",
        ),
        (
            ("steps", STEPS["reminder_first"], "anchor"),
            "month_end",
            "3 days after the end of the month in which it is due, never before it is late: a reminder",
        ),
        (
            ("steps", STEPS["reminder_first"], "anchor"),
            "first_failed_charge",
            "3 days after the first charge that failed, never before it is late: a reminder",
        ),
        (
            ("steps", STEPS["final_notice"], "anchor"),
            "previous_delivered",
            "30 days after the message before has reached you: a final notice",
        ),
        (
            ("steps", STEPS["reminder_first"], "when"),
            {"maximum": {"EUR": 40}},
            "(only if so much or less is overdue: 40.00 EUR)",
        ),
        (("grace_days",), 6, "For 6 days after the due date we do not press you."),
        (("grace_days",), 5, "6 days after the due date: a reminder by"),
        (("steps", STEPS["upcoming"], "offset_days"), -1, "1 day before the due date: a reminder"),
        (("steps", STEPS["upcoming"], "when"), {}, "7 days before the due date: a reminder by email -"),
        (
            ("steps", STEPS["final_notice"], "send"),
            "first",
            "a final notice by email, or if that does",
        ),
        (("steps", STEPS["suspend"], "notice_days"), 12, "at least 12 days pass after the final notice"),
        (("steps", STEPS["suspend"], "data_kept_days"), 77, "Your data is kept for 77 days"),
        (("steps", STEPS["suspend"], "offset_days"), 50, "50 days after the due date: your service is"),
    ],
)
def test_what_the_policy_says_otherwise_the_customer_reads_otherwise(
    path: tuple[str | int, ...], value: object, says: str
) -> None:
    assert says not in written(BUSINESS)
    assert says in written(changed(path, value))


END = {
    "kind": "terminate",
    "id": "terminate",
    "offset_days": 130,
    "suspended_days": 41,
    "notice_days": 16,
    "needs_delivered": ["last_call"],
}
ENDS: list[dict[str, Any]] = [
    {"kind": "notice", "id": "last_call", "offset_days": 100, "template": "termination_warning"},
    {"kind": "hand_over", "id": "agency", "offset_days": 120},
    END,
]


def test_the_ends_are_in_the_words_of_the_customer() -> None:
    says = written({**BUSINESS, "steps": [*BUSINESS["steps"], *ENDS]})

    assert (
        "- 100 days after the due date: a warning by email that your subscription is about to end -" in says
    )
    assert "- 120 days after the due date: we may hand what is open over to a collection agency" in says
    assert "- 130 days after the due date: your subscription ends for good" in says
    assert (
        "We end no subscription before it has been suspended for 41 days, and at least 16 days pass" in says
    )
    assert "ends for good" not in written(BUSINESS)
    assert "We end no subscription" not in written(BUSINESS)


def test_a_restriction_comes_back_and_the_customer_reads_it() -> None:
    restrict = {"kind": "restrict", "id": "restrict", "offset_days": 33}
    says = written({**BUSINESS, "steps": [*BUSINESS["steps"][:-2], restrict]})

    assert "33 days after the due date: nothing new can be ordered; what you use works on" in says
    assert "Once nothing that suspended or restricted it is overdue any more, your service comes back" in says


def test_a_policy_that_never_suspends_says_so() -> None:
    content = {**BUSINESS, "steps": BUSINESS["steps"][:-1]}

    assert "We do not suspend your service because of unpaid invoices." in written(content)
    assert "suspended" not in written(content)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_it_names_the_version_that_a_customer_accepts(file: Path) -> None:
    policy = shipped(file)
    text, page = LETTERS.policy(document(policy, SPECIMEN_SELLER))

    assert f"version {policy.version}" in text
    assert f"version {policy.version}" in page
    assert "<script" not in page
    # What is proposed to finance alone is none of the customer's business.
    assert page.count("<tr>") == sum(step.kind != "write_off" for step in policy.steps)
    assert "write" not in text.replace("write to us", "")


def test_what_the_seller_is_called_is_text_on_the_page() -> None:
    hostile = replace(SPECIMEN_SELLER, name="<b>Bobby</b> & Sons\nInc.")
    text, page = LETTERS.policy(document(Policy.model_validate(BUSINESS), hostile))

    assert "&lt;b&gt;Bobby&lt;/b&gt; &amp; Sons Inc." in page
    assert "<b>Bobby" not in page
    assert "How <b>Bobby</b> & Sons Inc. collects" in text
