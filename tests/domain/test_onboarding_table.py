"""The decision table: every row of the one that ships, its words, people, and what must always hold."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import facts
from domain.account_fold import build
from domain.customer import Customer
from domain.documents import BadDocument, read
from domain.facts import Fact
from domain.money import Money
from domain.onboarding import Progress, next_move
from domain.onboarding.checks import CHECKS
from domain.onboarding.decision import checks_wanted, decide, explained
from domain.onboarding.rules import AS_BEFORE, OnboardingRules
from domain.onboarding.table_lint import advice
from tests.effort import examples

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
FILE = Path(__file__).parents[2] / "policies" / "onboarding" / "decision_table.yaml"
TEXT = FILE.read_text(encoding="utf-8")
SHIPPED = read(TEXT, model=OnboardingRules, name=FILE.name)
WHO = Customer(id="ACME", country="DE", currency="EUR")
BEFORE_THE_CODE = ("identifiers", "mail_domain", "velocity", "links", "region", "sanctions", "phone_line")


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def came_out(check: str, outcome: Any, *reasons: str, score: int | None = None) -> facts.Checked:
    return facts.Checked(
        check=check, outcome=outcome, reasons=reasons, score=score, provider="test", ruleset="test-1"
    )


def reviewed(outcome: Any, by: str, limit: str | None = None) -> facts.OnboardingReviewed:
    credit = {} if limit is None else {"limit": limit, "currency": "EUR", "terms_days": 30}
    return facts.OnboardingReviewed.model_validate({"outcome": outcome, "by": by, **credit})


def after(*bodies: facts.Body, start: Progress | None = None) -> Progress:
    progress = start or Progress()
    for minute, body in enumerate(bodies):
        progress = progress.after(body, START + timedelta(minutes=minute))
    return progress


STARTED = facts.OnboardingStarted()
WITH_CREDIT = facts.OnboardingStarted.model_validate(
    {"given": ["company_number"], "expects": "600.00", "currency": "EUR"}
)
WITH_CARD = facts.OnboardingStarted(given=("card",))
ACCEPTED = facts.PolicyAccepted(version="abc")
PASSED = tuple(came_out(name, "pass") for name in (*BEFORE_THE_CODE, "phone"))


def but(*others: facts.Checked) -> tuple[facts.Checked, ...]:
    """All checks passed, but these."""
    named = {body.check for body in others}
    return (*(body for body in PASSED if body.check not in named), *others)


# --- every row of the table that ships

ROWS: list[tuple[str, tuple[facts.Body, ...], str, str]] = [
    # the row, what happened, the kind of move, its verdict
    ("passed", (STARTED, *PASSED), "conclude", "approved"),
    ("sanctions", (STARTED, *but(came_out("sanctions", "review", "sanctions_match"))), "review", ""),
    ("linked", (STARTED, *but(came_out("links", "review", "linked_card"))), "review", ""),
    (
        "two_failures",
        (STARTED, *but(came_out("identifiers", "fail"), came_out("mail_domain", "fail", "mail_disposable"))),
        "conclude",
        "rejected",
    ),
    (
        "prepaid_card",
        (WITH_CARD, *PASSED[:-2], came_out("card", "fail", "card_prepaid")),
        "conclude",
        "approved_prepayment",
    ),
    ("failed", (STARTED, *but(came_out("identifiers", "fail", "vat_id_wrong"))), "review", ""),
    (
        "insolvent",
        (WITH_CREDIT, *PASSED, came_out("credit_report", "review", "report_insolvent", score=90)),
        "review",
        "",
    ),
    ("for_review", (STARTED, *but(came_out("phone_line", "review", "line_voip"))), "review", ""),
    (
        "high_tier",
        (
            STARTED,
            *but(came_out("region", "pass", "tier_high")),
            came_out("identity", "pass"),
            facts.CalledBack(outcome="reached", number_from="register"),
        ),
        "conclude",
        "approved_prepayment",
    ),
    (
        "good_credit",
        (WITH_CREDIT, ACCEPTED, *PASSED, came_out("credit_report", "pass", score=80)),
        "conclude",
        "approved",
    ),
    (
        "fair_credit",
        (WITH_CREDIT, ACCEPTED, *PASSED, came_out("credit_report", "pass", score=79)),
        "conclude",
        "approved",
    ),
    (
        "weak_credit",
        (WITH_CREDIT, ACCEPTED, *PASSED, came_out("credit_report", "pass", score=59)),
        "conclude",
        "approved_prepayment",
    ),
]


@pytest.mark.parametrize(("row", "happened", "kind", "verdict"), ROWS, ids=[row[0] for row in ROWS])
def test_each_row_of_the_table_decides(
    row: str, happened: tuple[facts.Body, ...], kind: str, verdict: str
) -> None:
    move = next_move(after(*happened), at(1), SHIPPED, WHO)

    assert move.decided is not None
    assert move.decided.row is not None
    assert (move.decided.row.id, move.kind, move.verdict or "") == (row, kind, verdict)
    assert move.reason.words


def test_every_row_has_a_case_above() -> None:
    assert {row.id for row in SHIPPED.rows} == {row[0] for row in ROWS}


@pytest.mark.parametrize(
    ("score", "limit", "terms"),
    [(100, "10000.00", 30), (80, "10000.00", 30), (79, "2500.00", 15), (60, "2500.00", 15), (59, None, None)],
)
def test_a_band_of_the_score_gives_limit_and_terms(score: int, limit: str | None, terms: int | None) -> None:
    happened = (WITH_CREDIT, ACCEPTED, *PASSED, came_out("credit_report", "pass", score=score))
    outcome = next_move(after(*happened), at(1), SHIPPED, WHO).outcome

    assert outcome is not None
    assert outcome.limit == (None if limit is None else Money.of(limit, "EUR"))
    assert outcome.terms_days == terms


def test_without_the_accepted_policy_no_row_gives_credit() -> None:
    happened = (WITH_CREDIT, *PASSED, came_out("credit_report", "pass", score=95))
    move = next_move(after(*happened), at(1), SHIPPED, WHO)

    assert move.outcome is not None
    assert move.outcome.limit is None
    assert move.decided is not None
    lines = explained(move.decided, SHIPPED)
    assert (
        "not good_credit: the collections policy is not accepted, and without that there is no credit"
        in lines
    )


def test_a_limit_in_a_currency_that_the_table_does_not_name_is_none() -> None:
    yen = replace(WHO, currency="JPY")
    started = facts.OnboardingStarted(given=("company_number",))
    happened = (started, ACCEPTED, *PASSED, came_out("credit_report", "pass", score=95))
    decided = decide(SHIPPED, after(*happened), yen)

    assert decided.row is not None
    assert decided.row.id == "passed"
    assert ("good_credit", "the limit in JPY is not named") in decided.passed_over


def test_who_is_turned_away_is_told_what_failed() -> None:
    failed = but(
        came_out("identifiers", "fail", "vat_id_wrong"), came_out("mail_domain", "fail", "mail_disposable")
    )
    outcome = next_move(after(STARTED, *failed), at(1), SHIPPED, WHO).outcome

    assert outcome is not None
    assert outcome.adverse == ("vat_id_wrong", "mail_disposable")


def test_a_decision_is_explained_in_full() -> None:
    lines = explained(decide(SHIPPED, after(STARTED, *but(came_out("phone_line", "review"))), WHO), SHIPPED)

    assert lines[0] == f"row for_review of onboarding {SHIPPED.version}"
    assert lines[1] == "because checks that came out as review: phone_line review"
    assert "not failed: checks that came out as fail: none" in lines
    assert len(lines) == 2 + [row.id for row in SHIPPED.rows].index("for_review")


# --- which checks are made


@pytest.mark.parametrize(
    ("started", "done", "expected"),
    [
        pytest.param(STARTED, (), "identifiers", id="cheapest-first"),
        pytest.param(WITH_CARD, PASSED[:6], "card", id="a-card-is-looked-at"),
        pytest.param(STARTED, PASSED[:6], "phone_line", id="without-a-card-no-check-of-one"),
        pytest.param(facts.OnboardingStarted(given=("identity",)), PASSED, "identity", id="a-proof"),
        pytest.param(WITH_CREDIT, PASSED, "credit_report", id="enough-for-a-report"),
        pytest.param(
            STARTED, but(came_out("region", "pass", "tier_high")), "identity", id="a-high-tier-adds-checks"
        ),
    ],
)
def test_the_next_check(started: facts.Body, done: tuple[facts.Body, ...], expected: str) -> None:
    assert next_move(after(started, *done), at(1), SHIPPED, WHO).check == expected


def test_a_small_amount_is_not_worth_a_report() -> None:
    small = facts.OnboardingStarted.model_validate(
        {"given": ["company_number"], "expects": "499.99", "currency": "EUR"}
    )
    assert next_move(after(small, *PASSED), at(1), SHIPPED, WHO).kind == "conclude"


# --- people


def test_two_people_decide_where_the_row_asks_for_them() -> None:
    hit = after(STARTED, *but(came_out("sanctions", "review", "sanctions_match")))
    one = after(reviewed("approve", "maria"), start=hit)
    again = after(reviewed("approve", "Maria "), start=one)
    two = after(reviewed("approve_prepayment", "jan"), start=one)

    assert (
        next_move(one, at(1), SHIPPED, WHO).reason.words
        == "maria decided approved, and a second person has to"
    )
    assert next_move(again, at(1), SHIPPED, WHO).kind == "review"
    assert next_move(two, at(1), SHIPPED, WHO).verdict == "approved_prepayment"


@pytest.mark.parametrize(
    ("expects", "limit", "kind"),
    [("9999.99", None, "conclude"), ("10000.00", None, "review"), ("10.00", "10000", "review")],
)
def test_a_large_amount_takes_two_people(expects: str, limit: str | None, kind: str) -> None:
    started = facts.OnboardingStarted.model_validate({"expects": expects, "currency": "EUR"})
    failed = after(started, *but(came_out("identifiers", "fail")), reviewed("approve", "maria", limit))

    assert next_move(failed, at(1), SHIPPED, WHO).kind == kind


def test_an_amount_in_a_currency_without_threshold_takes_two_people() -> None:
    started = facts.OnboardingStarted.model_validate({"expects": "1", "currency": "JPY"})
    assert next_move(after(started, reviewed("approve", "maria")), at(1), SHIPPED, WHO).kind == "review"


def test_one_person_is_enough_to_turn_somebody_away() -> None:
    hit = after(
        STARTED, *but(came_out("sanctions", "review", "sanctions_match")), reviewed("reject", "maria")
    )
    assert next_move(hit, at(1), SHIPPED, WHO).verdict == "rejected"


def test_of_two_who_give_credit_the_smaller_limit_counts() -> None:
    large = facts.OnboardingStarted.model_validate({"expects": "20000", "currency": "EUR"})
    both = after(large, ACCEPTED, reviewed("approve", "maria", "9000"), reviewed("approve", "jan", "5000"))
    outcome = next_move(both, at(1), SHIPPED, WHO).outcome

    assert outcome is not None
    assert (outcome.limit, outcome.by) == (Money.of("5000", "EUR"), "jan and maria")


PATIENT = SHIPPED.model_copy(
    update={"review": SHIPPED.review.model_copy(update={"end_after_days": 3, "then": "prepay"})}
)


@pytest.mark.parametrize(
    ("hours", "kind", "late", "until"),
    [
        (1, "review", False, 24),
        (24, "review", True, 72),
        (71.9, "review", True, 72),
        (72, "conclude", False, None),
    ],
)
def test_a_review_that_lies_is_reminded_of_and_ends(
    hours: float, kind: str, late: bool, until: float | None
) -> None:
    failed = Progress().after(came_out("identifiers", "fail"), START)
    for body in but(came_out("identifiers", "fail"))[:-2]:
        failed = failed.after(body, START)
    move = next_move(failed, at(hours), PATIENT, WHO)

    assert (move.kind, move.late) == (kind, late)
    assert move.until == (None if until is None else at(until))
    assert move.verdict == ("approved_prepayment" if kind == "conclude" else None)


LENIENT = SHIPPED.model_copy(update={"rows": SHIPPED.rows[-1:]})


@pytest.mark.parametrize("finding", ["velocity_burst", "contradictory"])
@pytest.mark.parametrize("rules", [SHIPPED, LENIENT, PATIENT], ids=["shipped", "lenient", "patient"])
@pytest.mark.parametrize("card", [False, True], ids=["no card", "a prepaid card"])
def test_no_table_lets_in_who_is_in_a_burst_or_contradicted(
    finding: str, rules: OnboardingRules, card: bool
) -> None:
    prepaid = [came_out("card", "fail", "card_prepaid")] if card else []
    made = but(came_out("velocity", "review", finding))
    checks = [body for body in made if not card or body.check != "phone"]
    progress = after(WITH_CARD if card else STARTED, *checks, *prepaid)

    assert next_move(progress, at(100), rules, WHO).kind == "review"
    assert next_move(progress.after(reviewed("approve", "maria"), at(101)), at(102), rules, WHO).verdict


CALLING = after(STARTED, *but(came_out("region", "pass", "tier_high")), came_out("identity", "pass"))


def call(outcome: Any, attempt: int = 1) -> facts.CalledBack:
    return facts.CalledBack(outcome=outcome, number_from="register", attempt=attempt)


@pytest.mark.parametrize(
    ("calls", "kind", "attempt"),
    [
        ((), "call", 1),
        ((call("no_answer"),), "call", 2),
        ((call("no_answer"), call("no_answer")), "call", 2),
        ((call("no_answer", 1), call("no_answer", 2)), "call", 3),
        (tuple(call("no_answer", n) for n in (1, 2, 3)), "conclude", 0),
        ((call("reached"),), "conclude", 0),
        ((call("wrong_number"),), "review", 0),
        ((call("reached"), call("wrong_number", 2)), "review", 0),
    ],
)
def test_a_call_by_a_person(calls: tuple[facts.Body, ...], kind: str, attempt: int) -> None:
    move = next_move(after(*calls, start=CALLING), at(1), SHIPPED, WHO)
    assert (move.kind, move.attempt) == (kind, attempt)


def test_a_call_that_nobody_makes_comes_to_a_person() -> None:
    move = next_move(CALLING, at(24 * 8), SHIPPED, WHO)
    assert (move.kind, move.reason.rule) == ("review", "onboarding.uncalled")


# --- what must always hold

OUTCOMES = st.sampled_from(["pass", "review", "fail", "error"])
CHECKED = st.builds(came_out, st.sampled_from(list(CHECKS)), OUTCOMES)
HISTORY = st.lists(CHECKED, max_size=14)
BEGUN = st.sampled_from([STARTED, WITH_CARD, WITH_CREDIT])


@settings(max_examples=examples(150))
@given(BEGUN, HISTORY, st.sampled_from([SHIPPED, AS_BEFORE]))
def test_an_error_never_decides_and_after_a_failure_nothing_is_paid_for(
    begun: facts.Body, history: list[facts.Checked], rules: OnboardingRules
) -> None:
    progress = after(begun, *history)
    move = next_move(progress, at(400), rules, WHO)
    failed = bool(progress.failed)

    if move.kind == "check":
        assert move.check is not None
        assert not (failed and CHECKS[move.check].paid)
    assert not (failed and move.kind in ("send", "call"))
    if move.kind == "conclude":
        made = [name for name in checks_wanted(rules, progress, WHO) if not (failed and CHECKS[name].paid)]
        assert {progress.outcome(name) for name in made} <= {"pass", "review", "fail"}


@pytest.mark.parametrize("name", BEFORE_THE_CODE)
def test_an_error_in_place_of_a_pass_is_tried_again_and_then_a_person_decides(name: str) -> None:
    progress = after(STARTED, *but(came_out(name, "error")))
    soon = next_move(progress, at(0.2), SHIPPED, WHO)
    for hours in (1, 4):
        progress = progress.after(came_out(name, "error"), at(hours))

    assert soon.kind == "wait"
    assert next_move(progress, at(10), SHIPPED, WHO).reason.rule == "onboarding.review"


def fold(bodies: list[facts.Body], minutes: list[int]) -> Progress:
    history = [
        Fact(
            source="test",
            id=str(number),
            happened_on=START.date(),
            happened_at=START + timedelta(minutes=minutes[number]),
            learned_at=START,
            body=body,
        )
        for number, body in enumerate(bodies)
    ]
    return build(WHO, history).verification


@settings(max_examples=examples(40))
@given(st.lists(CHECKED, min_size=2, max_size=4), st.lists(st.integers(0, 1), min_size=4, max_size=4))
def test_in_which_order_facts_come_does_not_matter(bodies: list[facts.Body], minutes: list[int]) -> None:
    facts_at = list(zip(bodies, minutes, strict=False))
    folded = {repr(fold([b for b, _ in order], [m for _, m in order])) for order in permutations(facts_at)}
    assert len(folded) == 1


@pytest.mark.parametrize("order", list(permutations(["pass", "fail", "pass"])))
def test_contradictory_answers_are_for_a_person_in_any_order(order: tuple[str, ...]) -> None:
    progress = after(STARTED, *(came_out("identity", outcome) for outcome in order))

    assert progress.outcome("identity") == "review"
    assert "contradictory" in progress.found


def test_an_error_after_an_answer_changes_nothing() -> None:
    progress = after(came_out("identity", "pass"), came_out("identity", "error"))
    assert progress.outcome("identity") == "pass"


def test_a_check_of_a_later_version_is_kept_and_decides_nothing() -> None:
    unknown = facts.read_body(
        {"type": "checked", "check": "palm_reading", "outcome": "pass", "provider": "x", "ruleset": "x-1"}
    )
    progress = after(STARTED, unknown, *PASSED)

    assert progress.outcome("palm_reading") == "pass"
    assert next_move(progress, at(1), SHIPPED, WHO).verdict == "approved"


# --- the file


def test_the_shipped_table_has_no_advice_against_it() -> None:
    assert advice(SHIPPED) == ()


def test_what_is_left_at_its_default_is_not_in_the_version() -> None:
    more = SHIPPED.model_copy(update={"form_seconds": 3})
    assert more.version == SHIPPED.version
    assert OnboardingRules.model_validate_json(SHIPPED.canonical()).version == SHIPPED.version


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("review: {second_person", "reviw: {second_person", "did you mean review?"),
        ("any: [fail]", "any: [fial]", "did you mean fail?"),
        ("check: card,", "check: crad,", "'crad' is no check (did you mean card?)"),
        ("[sanctions_match]", "[sanction_match]", "did you mean 'sanctions_match'?"),
        ("id: failed,", "id: linked,", "another row is called 'linked'"),
        ("{id: passed, approve: {}}", "{id: passed}", "name one of approve, prepay, review or reject"),
        ("terms_days: 30}", "terms_dys: 30}", "did you mean terms_days?"),
        ("at_least: 80", "at_least: eighty", "write a whole number"),
        ("burst: 20}", "burst: 2}", "a burst is more than 5"),
        ("EUR: 200,", "EURO: 200,", "'EURO' is no ISO 4217 currency code"),
        ("- {check: credit_report,", "- {check: identity,", "the check of credit_report is never made"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_would_be_right(old: str, new: str, says: str) -> None:
    assert old in TEXT
    with pytest.raises(BadDocument) as caught:
        read(TEXT.replace(old, new, 1), model=OnboardingRules, name="t.yaml")
    line = TEXT[: TEXT.index(old)].count("\n") + 1
    assert says in str(caught.value).replace("did you mean sanctions_match", "did you mean 'sanctions_match'")
    if "never made" not in says:
        assert f"t.yaml:{line}" in str(caught.value)


def test_a_row_after_one_for_everybody_is_a_mistake() -> None:
    text = TEXT + "\n"
    moved = text.replace("rows:\n", "rows:\n  - {id: all, review: {}}\n", 1)
    with pytest.raises(BadDocument, match="all applies to everybody"):
        read(moved, model=OnboardingRules, name="t.yaml")
