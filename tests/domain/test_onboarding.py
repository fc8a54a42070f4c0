"""How a new customer is verified: the fold over facts, and the next move at each point."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import facts
from domain.account import Account
from domain.account_fold import build
from domain.claim import Claim
from domain.commands import CodeEntry, read
from domain.customer import Customer
from domain.decide import Decision, decide
from domain.facts import Fact
from domain.onboarding import (
    CODE_VALID,
    COOL_DOWN,
    MOST_SENDS,
    MOST_TRIES,
    RETRIES,
    Progress,
    answer_words,
    code_hash,
    code_of,
    next_move,
)
from domain.policy import Policy
from domain.reasons import because
from domain.refusals import allowed, refusal
from domain.rules.admission import MISSED_AFTER
from domain.situation import Situation

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
POLICY = Policy.model_validate(
    {
        "policy": "plain",
        "title": "Plain",
        "for": {"segments": ["business"]},
        "steps": [{"kind": "notice", "id": "reminder", "offset_days": 3, "template": "reminder_first"}],
    }
)
KEY = bytes(32)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def checked(check: str, outcome: str, *reasons: str) -> facts.Body:
    return facts.read_body(
        {
            "type": "checked",
            "check": check,
            "outcome": outcome,
            "reasons": list(reasons),
            "provider": "test",
            "ruleset": "test-1",
        }
    )


def sent(attempt: int = 1) -> facts.Body:
    return facts.CodeSent(channel="sms", attempt=attempt)


def wrong(attempt: int = 1) -> facts.Body:
    return facts.CodeAnswered(ok=False, attempt=attempt)


def right(attempt: int = 1) -> facts.Body:
    return facts.CodeAnswered(ok=True, attempt=attempt)


def reviewed(outcome: str) -> facts.Body:
    return facts.read_body({"type": "onboarding_reviewed", "outcome": outcome, "by": "maria"})


PASS, SUSPECT, FAIL = (checked("identifiers", outcome) for outcome in ("pass", "review", "fail"))

Happened = list[tuple[float, facts.Body]]
SENT_ONCE: Happened = [(0, PASS), (1, sent())]
SENT_OUT: Happened = [(0, PASS), *((1 + n * 40, sent(n + 1)) for n in range(MOST_SENDS))]


def progress_of(happened: Happened) -> Progress:
    progress = Progress()
    for minutes, body in happened:
        progress = progress.after(body, at(minutes))
    return progress


# --- the next move -------------------------------------------------------------------------------

MOVES: list[tuple[str, Happened, float, str, float | None, str]] = [
    # what happened, minutes of now, the move, minutes until, its rule
    ("nothing yet", [], 0, "check", None, "onboarding.check"),
    (
        "identifiers could not be checked",
        [(0, checked("identifiers", "error"))],
        1,
        "wait",
        15,
        "onboarding.retry",
    ),
    ("after the first rest", [(0, checked("identifiers", "error"))], 15, "check", None, "onboarding.check"),
    (
        "could not be checked twice: a longer rest",
        [(0, checked("identifiers", "error")), (15, checked("identifiers", "error"))],
        15,
        "wait",
        135,
        "onboarding.retry",
    ),
    (
        "an error is no failure: it can still pass",
        [(0, checked("identifiers", "error")), (15, PASS)],
        15,
        "send",
        None,
        "onboarding.send",
    ),
    (
        "could not be checked three times: a person",
        [(minutes, checked("identifiers", "error")) for minutes in (0, 15, 135)],
        135,
        "review",
        None,
        "onboarding.review",
    ),
    ("identifiers failed: no code is paid for", [(0, FAIL)], 0, "review", None, "onboarding.review"),
    ("identifiers passed", [(0, PASS)], 0, "send", None, "onboarding.send"),
    (
        "identifiers are for review: the code is tried all the same",
        [(0, SUSPECT)],
        0,
        "send",
        None,
        "onboarding.send",
    ),
    ("a code is out", SENT_ONCE, 1, "wait", 11, "onboarding.code"),
    ("its last moment", SENT_ONCE, 10.99, "wait", 11, "onboarding.code"),
    ("it has expired: a rest", SENT_ONCE, 11, "wait", 41, "onboarding.cool_down"),
    ("the rest is over", SENT_ONCE, 41, "send", None, "onboarding.send"),
    ("one try was wrong", [*SENT_ONCE, (2, wrong())], 2, "wait", 11, "onboarding.code"),
    (
        "all tries were wrong: a rest from the last one",
        [*SENT_ONCE, *((2 + n, wrong()) for n in range(MOST_TRIES))],
        6,
        "wait",
        36,
        "onboarding.cool_down",
    ),
    (
        "a new code has its own tries",
        [*SENT_ONCE, *((2, wrong()) for _ in range(MOST_TRIES)), (40, sent(2)), (41, wrong(2))],
        41,
        "wait",
        50,
        "onboarding.code",
    ),
    (
        "an answer to an older code does not count against the newer",
        [*SENT_ONCE, (40, sent(2)), *((41, wrong(1)) for _ in range(MOST_TRIES))],
        41,
        "wait",
        50,
        "onboarding.code",
    ),
    ("the last code is out", SENT_OUT, 81, "wait", 91, "onboarding.code"),
    ("no code was answered", SENT_OUT, 91, "review", None, "onboarding.unanswered"),
    ("right", [*SENT_ONCE, (3, right())], 3, "conclude", None, "onboarding.passed"),
    (
        "right, with something to review",
        [(0, SUSPECT), (1, sent()), (3, right())],
        3,
        "review",
        None,
        "onboarding.review",
    ),
    (
        "the courier was away: a rest",
        [(0, PASS), (1, checked("phone", "error", "unwell"))],
        1,
        "wait",
        16,
        "onboarding.retry",
    ),
    (
        "the courier was away: again",
        [(0, PASS), (1, checked("phone", "error"))],
        16,
        "send",
        None,
        "onboarding.send",
    ),
    (
        "sent after an error",
        [(0, PASS), (1, checked("phone", "error")), (16, sent())],
        17,
        "wait",
        26,
        "onboarding.code",
    ),
    (
        "an error long ago does not shorten the rest between codes",
        [(0, PASS), (1, checked("phone", "error")), (16, sent())],
        26,
        "wait",
        56,
        "onboarding.cool_down",
    ),
    (
        "the courier was away three times: a person",
        [(0, PASS), *((minutes, checked("phone", "error")) for minutes in (1, 16, 136))],
        136,
        "review",
        None,
        "onboarding.review",
    ),
    (
        "the code bounced",
        [*SENT_ONCE, (1, checked("phone", "fail", "code_bounced"))],
        1,
        "review",
        None,
        "onboarding.review",
    ),
    (
        "the number was refused",
        [(0, PASS), (1, checked("phone", "fail"))],
        1,
        "review",
        None,
        "onboarding.review",
    ),
    ("a person decides at once", [(0, reviewed("approve"))], 0, "conclude", None, "onboarding.reviewed"),
    (
        "a person overrules a failure",
        [(0, FAIL), (9, reviewed("approve"))],
        9,
        "conclude",
        None,
        "onboarding.reviewed",
    ),
]


@pytest.mark.parametrize(
    ("happened", "now", "kind", "until", "rule"), [pytest.param(*row[1:], id=row[0]) for row in MOVES]
)
def test_the_next_move(happened: Happened, now: float, kind: str, until: float | None, rule: str) -> None:
    move = next_move(progress_of(happened), at(now))

    assert (move.kind, move.reason.rule) == (kind, rule)
    assert move.until == (None if until is None else at(until))
    assert move.reason.words


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [("approve", "approved"), ("approve_prepayment", "approved_prepayment"), ("reject", "rejected")],
)
def test_what_a_person_decides_is_the_verdict(outcome: str, verdict: str) -> None:
    assert next_move(progress_of([(0, FAIL), (1, reviewed(outcome))]), at(1)).verdict == verdict


def test_passed_checks_approve() -> None:
    assert next_move(progress_of([*SENT_ONCE, (3, right())]), at(3)).verdict == "approved"


def test_codes_are_numbered() -> None:
    moves = [next_move(progress_of(SENT_OUT[: n + 1]), at(n * 40 + 1)) for n in range(MOST_SENDS)]

    assert [(move.kind, move.attempt) for move in moves] == [("send", 1), ("send", 2), ("send", 3)]


BODIES = [
    PASS,
    SUSPECT,
    FAIL,
    checked("identifiers", "error"),
    checked("phone", "error"),
    checked("phone", "fail"),
    *(make(n) for make in (sent, wrong, right) for n in (1, 2, 3)),
    reviewed("approve"),
    reviewed("reject"),
]


@given(
    st.lists(st.tuples(st.integers(0, 200), st.sampled_from(BODIES)), max_size=12),
    st.integers(0, 400),
)
def test_whatever_happened_a_verification_waits_for_something_to_come(
    happened: list[tuple[int, facts.Body]], later: int
) -> None:
    """It never waits for the past, and only a person or the right code approves."""
    progress = progress_of(sorted(happened, key=lambda each: each[0]))
    now = at(200 + later)
    move = next_move(progress, now)

    assert (move.kind == "wait") == (move.until is not None)
    assert move.until is None or move.until > now
    assert (move.kind == "conclude") == (move.verdict is not None)
    assert move.attempt <= MOST_SENDS
    if move.verdict == "approved":
        approving = (right(1), right(2), right(3), reviewed("approve"))
        assert any(body in approving for _, body in happened)


@given(st.lists(st.sampled_from(["error", "answer"]), max_size=10))
def test_a_verification_that_nobody_answers_comes_to_a_person(troubles: list[str]) -> None:
    progress, now, sends = progress_of([(0, PASS)]), at(0), 0
    for trouble in [*troubles, *["silence"] * 40]:
        move = next_move(progress, now)
        if move.kind == "review":
            break
        if move.kind == "wait":
            now = move.until or now
            continue
        assert move.kind == "send"
        if trouble == "error":
            progress = progress.after(checked("phone", "error"), now)
            continue
        sends += 1
        progress = progress.after(sent(move.attempt), now)
        if trouble == "answer":
            progress = progress.after(wrong(move.attempt), now)

    assert move.kind == "review"
    assert sends <= MOST_SENDS
    assert now <= at(0) + MOST_SENDS * (CODE_VALID + COOL_DOWN) + sum(RETRIES, timedelta())


# --- codes ---------------------------------------------------------------------------------------


def test_a_code_has_six_digits_and_is_the_same_for_the_same_message() -> None:
    codes = [code_of(KEY, f"c-{n}") for n in range(500)]

    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    assert len(set(codes)) > 490
    assert codes == [code_of(KEY, f"c-{n}") for n in range(500)]


def test_a_code_depends_on_the_secret_and_so_does_what_is_kept() -> None:
    other = bytes(31) + b"\1"

    assert code_of(KEY, "c-1") != code_of(other, "c-1")
    assert code_hash(KEY, "c-1", "123456") != code_hash(other, "c-1", "123456")
    assert code_hash(KEY, "c-1", "123456") != code_hash(KEY, "c-2", "123456")
    assert code_hash(KEY, "c-1", "123456") != code_hash(KEY, "c-1", "123457")


@pytest.mark.parametrize(
    ("tries", "sends", "words"),
    [
        (1, 1, "That code is wrong: 4 tries are left."),
        (4, 1, "That code is wrong: 1 try is left."),
        (5, 1, "That code is wrong, and no try is left: another code is sent in 30 minutes."),
        (5, 3, "That code is wrong, and no try is left: a person looks at it now."),
    ],
)
def test_a_wrong_code_is_answered_with_the_tries_left(tries: int, sends: int, words: str) -> None:
    assert answer_words(Progress(tries=tries, sends=sends), ok=False) == words


# --- the plan ------------------------------------------------------------------------------------


def account_of(happened: Happened, *, claims: tuple[Claim, ...] = ()) -> Account:
    started: Happened = [(0, facts.OnboardingStarted())]
    history = [
        Fact(
            source="test",
            id=str(number),
            happened_on=date(2026, 3, 2),
            happened_at=at(minutes),
            learned_at=at(minutes),
            body=body,
        )
        for number, (minutes, body) in enumerate(started + happened)
    ]
    return build(Customer(id="ACME"), history, claims)


def claim_of(step: str, channel: str, *, state: str = "sent") -> Claim:
    return Claim(
        message=f"m-{step}",
        step=step,
        channel=channel,
        debts=(("onboarding", 1),),
        claimed_at=at(0),
        state=state,  # type: ignore[arg-type]
    )


BEGUN = claim_of("onboarding", "onboarding")
ASKED = claim_of("onboarding_review", "task")


def planned(happened: Happened, now: float, *claims: Claim) -> Decision:
    return decide(POLICY, account_of(happened, claims=claims), at(now))


def test_a_new_customer_is_verified_once() -> None:
    fresh, begun = planned([], 0), planned([], 0, BEGUN)

    assert [(effect.kind, effect.key) for effect in fresh.effects] == [("onboard", "onboarding/onboarding")]
    assert [(debt.invoice, debt.opening) for debt in fresh.effects[0].debts] == [("onboarding", 1)]
    assert (fresh.stage, begun.stage) == ("onboarding", "onboarding")
    assert begun.effects == ()
    assert not fresh.case_open


def test_a_released_start_is_wanted_again_and_an_unsettled_one_is_settled() -> None:
    released = planned([], 0, claim_of("onboarding", "onboarding", state="released"))
    unsettled = planned([], 0, claim_of("onboarding", "onboarding", state="claimed"))

    assert [effect.settles for effect in released.effects] == [None]
    assert [(effect.kind, effect.settles) for effect in unsettled.effects] == [("onboard", "m-onboarding")]


def test_a_verification_that_should_have_come_further_is_missed() -> None:
    assert planned([], 1, BEGUN).wake_at == START + MISSED_AFTER
    assert planned([], 16, BEGUN).wake_at is None
    assert planned(SENT_ONCE, 2, BEGUN).wake_at == at(11)


def test_a_review_is_a_task_wanted_once() -> None:
    wanted = planned([(0, FAIL)], 1, BEGUN)

    assert [(effect.kind, effect.key) for effect in wanted.effects] == [("task", "onboarding_review/task")]
    assert wanted.effects[0].reason == because("onboarding.review", check="identifiers", outcome="fail")
    assert planned([(0, FAIL)], 1, BEGUN, ASKED).effects == ()


@pytest.mark.parametrize("outcome", ["approved", "approved_prepayment", "rejected"])
def test_after_the_verification_nothing_of_it_is_wanted(outcome: str) -> None:
    over = planned([(1, facts.read_body({"type": "onboarded", "outcome": outcome}))], 2, BEGUN)

    assert over.effects == ()
    assert over.wake_at is None
    assert over.stage == ("rejected" if outcome == "rejected" else "current")


def test_customers_who_were_never_verified_are_left_alone() -> None:
    assert decide(POLICY, build(Customer(id="ACME"), []), START).effects == ()


def test_the_account_is_independent_of_the_order_of_facts_of_one_instant() -> None:
    same = [(5, sent()), (5, wrong()), (5, PASS), (5, checked("phone", "error"))]

    progresses = [account_of(list(order)).verification for order in (same, reversed(same))]

    assert progresses[0] == progresses[1]
    assert (progresses[0].sends, progresses[0].tries) == (1, 1)


# --- commands ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("happened", "now", "enter_code", "review"),
    [
        ([], 0, "No code is waited for.", None),
        (SENT_ONCE, 2, None, None),
        (SENT_ONCE, 11, "No code is waited for.", None),
        ([*SENT_ONCE, *((2, wrong()) for _ in range(MOST_TRIES))], 3, "No code is waited for.", None),
        ([*SENT_ONCE, (3, right())], 3, "No code is waited for.", None),
        (
            [(1, facts.Onboarded(outcome="approved"))],
            2,
            "Nobody is being verified here.",
            "Nobody is being verified here.",
        ),
    ],
)
def test_codes_and_decisions_are_taken_while_they_make_sense(
    happened: Happened, now: float, enter_code: str | None, review: str | None
) -> None:
    answers = allowed(Situation(policy=POLICY, account=account_of(happened), now=at(now)))

    assert (answers["enter_code"], answers["review_onboarding"]) == (enter_code, review)


def test_a_review_is_ended_by_a_decision_and_not_as_a_task() -> None:
    claims = (BEGUN, ASKED, replace(ASKED, step="call", message="m-call"))
    at_review = Situation(policy=POLICY, account=account_of([(0, FAIL)], claims=claims), now=at(1))

    words = refusal(at_review, "complete_task", facts.TaskCompleted(step="onboarding_review"))

    assert words == "A review ends with a decision: use review_onboarding, or `starter.py review`."
    assert refusal(at_review, "complete_task", facts.TaskCompleted(step="call")) is None


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "", "１２３４５６"])
def test_a_code_that_is_none_is_refused_without_repeating_it(code: str) -> None:
    with pytest.raises(ValueError, match="six digits") as caught:
        read("enter_code", {"code": code})
    assert not code or code not in str(caught.value)


def test_a_code_may_be_written_with_spaces_and_is_never_shown() -> None:
    entry = read("enter_code", {"code": " 123 456 "})

    assert isinstance(entry, CodeEntry)
    assert entry.code == "123456"
    assert "123" not in f"{entry} {entry!r}"


@pytest.mark.parametrize("body", [*BODIES, facts.OnboardingStarted(), facts.Onboarded(outcome="approved")])
def test_facts_of_a_verification_survive_writing(body: facts.Body) -> None:
    assert facts.read_body(facts.write_body(body)) == body
