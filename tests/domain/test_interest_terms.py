"""The part of a policy about interest: what may stand in it, and what not."""

from decimal import Decimal

import pytest

from domain.documents import BadDocument, read
from domain.interest.terms import Interest
from domain.policy import Policy


def terms(text: str) -> Interest:
    return read(text, model=Interest, name="p.yaml")


def problems(text: str) -> list[str]:
    with pytest.raises(BadDocument) as caught:
        terms(text)
    return str(caught.value).splitlines()


LAW = "basis: statutory\npropose_at: final_notice\n"
AGREED = "basis: contract\nclause: Terms, section 7\npropose_at: 30\n"


def test_without_a_word_nothing_is_asked_for() -> None:
    assert Interest().basis == "none"


@pytest.mark.parametrize(("written", "meant"), [("final_notice", "final_notice"), ("30", 30), ("1", 1)])
def test_a_proposal_comes_at_a_step_or_after_days(written: str, meant: str | int) -> None:
    assert terms(f"basis: statutory\npropose_at: {written}").propose_at == meant
    assert Interest(basis="statutory", propose_at=meant).propose_at == meant


def test_an_agreed_rate_is_written_in_percent_and_read_as_a_fraction() -> None:
    assert terms(f"{AGREED}annual_percent: 9.5").annual_rate == Decimal("0.095")
    assert Interest().annual_rate is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"{LAW}b2b: [consumer]",
            "p.yaml:3: b2b.0: no interest is asked of consumers here: take this segment out",
        ),
        (
            f"{LAW}b2g: [consumer]",
            "p.yaml:3: b2g.0: no interest is asked of consumers here: take this segment out",
        ),
        (f"{LAW}b2g: [business]", "p.yaml:3: b2g.0: 'business' stands under b2b too: keep it in one of them"),
        (
            f"{LAW}annual_percent: 9",
            "p.yaml:3: annual_percent: annual_percent is for basis: contract, and this basis is statutory",
        ),
        (f"{LAW}cap: {{EUR: 50}}", "p.yaml:3: cap: cap is for basis: contract, and this basis is statutory"),
        ("clause: x", "p.yaml:1: clause: clause is for basis: contract, and this basis is none"),
        (
            "compensation: true",
            "p.yaml:1: compensation: the compensation belongs to basis: statutory, and this basis is none",
        ),
        (AGREED, "p.yaml:1: basis: a contract agrees on annual_percent or on fees: write one of them"),
        (
            "basis: contract\nfees: {first: {EUR: 5}}",
            "p.yaml:1: basis: write the clause where it is agreed: proposals quote it",
        ),
        (
            "basis: statutory",
            "p.yaml:1: basis: write propose_at: the step or the days at which to propose",
        ),
        (f"{AGREED}annual_percent: 0.09", "p.yaml:4: annual_percent: this must be 1 or more"),
        (f"{AGREED}annual_percent: 100", "p.yaml:4: annual_percent: this must be less than 100"),
        (f"{AGREED}annual_percent: 9 %", "p.yaml:4: annual_percent: write a number like 2.40, not '9 %'"),
        (
            f"{AGREED}fees: {{first: {{EUR: 5.001}}}}",
            "p.yaml:4: fees.first.EUR: 5.001 EUR: EUR has 2 decimals: round the amount",
        ),
        (
            f"{AGREED}cap: {{EURO: 5}}",
            "p.yaml:4: cap.EURO: 'EURO' is no ISO 4217 currency code such as EUR (did you mean EUR?)",
        ),
        (
            "basis: statutory\npropose_at: 0",
            "p.yaml:2: propose_at: write a step's id, or 1 to 3650 days past due, not '0'",
        ),
        (
            "basis: statutory\npropose_at: Day 30",
            "p.yaml:2: propose_at: write a step's id, or 1 to 3650 days past due, not 'Day 30'",
        ),
        ("basis: legal", "p.yaml:1: basis: 'legal' is not one of statutory, contract, none"),
        ("compensate: true", "p.yaml:1: compensate: nobody knows this key (did you mean compensation?)"),
    ],
)
def test_terms_that_make_no_sense_are_refused(text: str, expected: str) -> None:
    assert problems(text) == [expected]


@pytest.mark.parametrize("percent", ["9", "9.00", "9.0"])
def test_equal_content_is_one_version_and_is_read_back_from_the_ledger(percent: str) -> None:
    written = terms(f"{AGREED}annual_percent: {percent}\ncap: {{EUR: 50.0}}\nfees: {{first: {{EUR: 5}}}}")

    kept = written.model_dump_json()

    assert (
        kept
        == terms(
            f"{AGREED}annual_percent: 9\ncap: {{EUR: 50}}\nfees: {{first: {{EUR: 5}}}}"
        ).model_dump_json()
    )
    assert Interest.model_validate_json(kept) == written


SMALL = """\
policy: small
title: Small
for: {segments: [business]}
steps:
  - {kind: notice, id: first, offset_days: 3, template: reminder_first}
"""


def test_as_a_part_of_a_policy_its_faults_have_lines_and_by_default_it_asks_for_nothing() -> None:
    assert read(SMALL, model=Policy, name="p.yaml").interest == Interest()

    with pytest.raises(BadDocument) as caught:
        read(f"{SMALL}interest:\n  basis: statutory\n  b2b: [consumer]\n", model=Policy, name="p.yaml")

    assert str(caught.value).splitlines() == [
        "p.yaml:7: interest.basis: write propose_at: the step or the days at which to propose",
        "p.yaml:8: interest.b2b.0: no interest is asked of consumers here: take this segment out",
    ]


def test_a_step_that_the_policy_does_not_have_is_named() -> None:
    written = terms(
        "basis: contract\nclause: x\nannual_percent: 9\npropose_at: finl_notice\nfees: {first: {EUR: 5}}"
    )

    found = [
        (fault.path, fault.suggestion) for fault in written.wrong_steps({"final_notice": 30, "last": 45})
    ]

    assert found == [(("fees", "first"), None), (("propose_at",), "final_notice")]
    assert list(written.wrong_steps({"finl_notice": 30, "first": 3})) == []
    (early,) = written.wrong_steps({"finl_notice": 30, "first": 0})
    assert (early.path, "before the debt is late" in early.message) == (("fees", "first"), True)


@pytest.mark.parametrize(
    ("segment", "party"),
    [("business", "b2b"), ("shop", "b2b"), ("school", "b2g"), ("consumer", None), ("other", None)],
)
def test_a_segment_that_is_not_named_owes_no_interest(segment: str, party: str | None) -> None:
    assert Interest(b2b=("business", "shop"), b2g=("school",)).party(segment) == party
