"""How the facts of one customer become the account that a plan looks at."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.account import ANY_STEP, Account
from domain.account_fold import build
from domain.claim import Claim
from domain.customer import Customer
from domain.facts import Fact, read_body
from domain.facts.dating import instant
from domain.money import Money
from domain.own_steps import APPROVE
from domain.policy import Policy
from domain.rest import FOREVER
from domain.situation import Situation
from tests.effort import examples

BERLIN = Customer(id="c-1", timezone="Europe/Berlin", country="DE")
STEP = {"kind": "notice", "id": "reminder", "offset_days": 10, "template": "reminder"}
POLICY = Policy.model_validate(
    {"policy": "p", "title": "P", "for": {"segments": ["business"]}, "steps": [STEP]}
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fact(at: str, type_: str, **fields: object) -> Fact:
    """Return a fact of a day (`2026-02-03`) or of an instant (`2026-02-03T09:00`, UTC)."""
    happened_at = utc(at) if "T" in at else None
    on = date.fromisoformat(at[:10])
    body = read_body({"type": type_, **fields})
    made = Fact(
        source="test",
        id=f"{at} {type_} {sorted(fields.items())}",
        happened_on=on,
        happened_at=happened_at,
        learned_at=utc("2026-01-01"),
        body=body,
    )
    return replace(made, learned_at=instant(made, BERLIN.timezone))


def invoice(name: str = "A", due_on: str = "2026-02-01", amount: str = "100.00") -> Fact:
    return fact("2026-01-01", "invoice_issued", invoice=name, amount=amount, currency="EUR", due_on=due_on)


def message(step: str, channel: str, at: str, name: str = "") -> Claim:
    return Claim(
        message=name or f"{step}/{channel}", step=step, channel=channel, debts=(("A", 1),), claimed_at=utc(at)
    )


def account(
    *history: Fact, claims: Sequence[Claim] = (), channels: Sequence[str] = ("email", "sms")
) -> Account:
    return build(BERLIN, history, claims, channels=channels)


def falls_on(*pauses: Fact) -> str | None:
    """Return the day on which a step ten days after 1 February falls."""
    at = Situation(policy=POLICY, account=account(invoice(), *pauses), now=utc("2026-02-01T12:00"))
    day = at.step_on(POLICY.steps[0], at.account.debts[0])
    return None if day is None else day.isoformat()


# --- pauses and exemptions -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pauses", "day"),
    [
        ([], "2026-02-11"),
        ([("2026-02-03", "2026-02-03")], "2026-02-12"),
        ([("2026-02-03", "2026-02-07")], "2026-02-16"),
        ([("2026-01-20", "2026-01-31")], "2026-02-11"),  # before it was late
        ([("2026-01-20", "2026-02-02")], "2026-02-12"),  # one day of it late
        ([("2026-02-11", "2026-02-12")], "2026-02-13"),
        ([("2026-02-12", "2026-02-20")], "2026-02-11"),  # after the step's day
        ([("2026-02-03", "2026-02-05"), ("2026-02-05", "2026-02-07")], "2026-02-16"),  # overlapping
        ([("2026-02-03", "2026-02-07"), ("2026-02-04", "2026-02-05")], "2026-02-16"),  # one within the other
        ([("2026-02-04", "2026-02-05"), ("2026-02-03", "2026-02-07")], "2026-02-16"),
        (
            [("2026-02-03", "2026-02-03"), ("2026-02-12", "2026-02-13")],
            "2026-02-14",
        ),  # the first moves it there
        ([("2026-02-03", None)], None),
        ([("2026-02-12", None)], "2026-02-11"),
        ([("2026-02-03", "9999-12-31")], None),  # how some systems write "no end"
        ([("2026-02-07", "2026-02-03")], "2026-02-11"),  # the wrong way round
    ],
)
def test_paused_days_do_not_count_as_lateness(pauses: list[tuple[str, str | None]], day: str | None) -> None:
    said = [
        fact("2026-01-02", "paused", **{"from": first, "to": last, "reason": "r"}) for first, last in pauses
    ]

    assert falls_on(*said) == day


def test_a_pause_begins_on_the_day_it_was_said_and_a_resumption_gives_that_day_back() -> None:
    paused = fact("2026-02-03", "paused", reason="asked for time")
    resumed = fact("2026-02-06T10:00", "resumed")

    (rest,) = account(paused, resumed).pauses

    assert (rest.first, rest.last) == (date(2026, 2, 3), date(2026, 2, 5))
    assert falls_on(paused, resumed) == "2026-02-14"


def test_a_resumption_cancels_a_pause_to_come() -> None:
    coming = fact("2026-02-03", "paused", **{"from": "2026-02-05", "to": "2026-02-08", "reason": "r"})

    assert falls_on(coming, fact("2026-02-04", "resumed")) == "2026-02-11"


def test_paused_and_resumed_at_one_instant_is_not_paused() -> None:
    (rest,) = account(fact("2026-02-03", "resumed"), fact("2026-02-03", "paused", reason="r")).pauses

    assert not rest.holds(date(2026, 2, 3))


@pytest.mark.parametrize(
    ("said", "chased"),
    [
        ([], ["A", "B"]),
        ([("exempted", {"reason": "r"})], []),
        ([("exempted", {"reason": "r", "invoice": "A"})], ["B"]),
        ([("exempted", {"reason": "r", "to": "2026-01-31"})], ["A", "B"]),
        ([("exempted", {"reason": "r", "to": "2026-02-01"})], []),
        ([("exempted", {"reason": "r", "from": "2026-02-02"})], ["A", "B"]),
        ([("exempted", {"reason": "r"}), ("exemption_ended", {})], ["A", "B"]),
        ([("exempted", {"reason": "r", "invoice": "A"}), ("exemption_ended", {})], ["B"]),
        ([("exempted", {"reason": "r", "invoice": "A"}), ("exemption_ended", {"invoice": "A"})], ["A", "B"]),
        ([("exempted", {"reason": "r"}), ("exempted", {"reason": "s", "to": "2026-01-31"})], []),
    ],
)
def test_what_an_exemption_covers(said: list[tuple[str, dict[str, str]]], chased: list[str]) -> None:
    history = [fact("2026-01-02", kind, **fields) for kind, fields in said]
    at = Situation(
        policy=POLICY, account=account(invoice("A"), invoice("B"), *history), now=utc("2026-02-01T12:00")
    )

    assert [debt.invoice for debt in at.debts] == chased


# --- disputes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "contested"),
    [
        ([("dispute_opened", {"dispute": "D", "invoice": "A"})], "100.00"),
        ([("dispute_opened", {"dispute": "D", "invoice": "A", "amount": "30.00"})], "30.00"),
        ([("dispute_opened", {"dispute": "D", "invoice": "A", "amount": "300.00"})], "100.00"),
        ([("dispute_opened", {"dispute": "D", "invoice": "B"})], "0.00"),
        (
            [
                ("dispute_opened", {"dispute": "D", "invoice": "A", "amount": "30.00"}),
                ("dispute_opened", {"dispute": "E", "invoice": "A", "amount": "25.00"}),
            ],
            "55.00",
        ),
        (
            [
                ("dispute_opened", {"dispute": "D", "invoice": "A", "amount": "30.00"}),
                ("dispute_opened", {"dispute": "D", "invoice": "B"}),
            ],
            "30.00",
        ),
        (
            [
                ("dispute_opened", {"dispute": "D", "invoice": "A"}),
                ("dispute_resolved", {"dispute": "D", "outcome": "won"}),
            ],
            "0.00",
        ),
        (
            [
                ("dispute_opened", {"dispute": "D", "invoice": "A"}),
                ("dispute_opened", {"dispute": "D", "invoice": "B"}),
                ("dispute_resolved", {"dispute": "D", "invoice": "B"}),
            ],
            "100.00",
        ),
        (
            [("dispute_opened", {"dispute": "D", "invoice": "A"}), ("dispute_resolved", {"dispute": "X"})],
            "100.00",
        ),
    ],
)
def test_only_the_contested_part_rests(said: list[tuple[str, dict[str, str]]], contested: str) -> None:
    about = account(invoice("A"), *[fact("2026-02-03", kind, **fields) for kind, fields in said])
    (debt,) = about.debts

    assert about.contested(debt).plain() == contested
    assert about.chased(debt) + about.contested(debt) == debt.open


def test_a_dispute_never_exceeds_what_is_still_open() -> None:
    disputed = fact("2026-02-03", "dispute_opened", dispute="D", invoice="A", amount="40.00")
    paid = fact("2026-02-04", "payment_received", payment="P", amount="75.00", currency="EUR", invoice="A")

    about = account(invoice("A"), disputed, paid)

    assert about.chased(about.debts[0]) == Money.zero("EUR")
    assert about.disputes == ("D",)


# --- channels ------------------------------------------------------------------------------------

SENT = message("reminder", "email", "2026-02-03T09:00")


@pytest.mark.parametrize(
    ("history", "reach"),
    [
        ([], {"email": "ok", "sms": "ok"}),
        ([("opted_out", {"channel": "sms"})], {"email": "ok", "sms": "opted_out"}),
        ([("opted_out", {})], {"email": "opted_out", "sms": "opted_out"}),
        ([("contact_invalid", {"channel": "email"})], {"email": "invalid", "sms": "ok"}),
        ([("contact_invalid", {})], {"email": "invalid", "sms": "invalid"}),
        (
            [("contact_invalid", {"channel": "email"}), ("contact_changed", {"channel": "email"})],
            {"email": "ok", "sms": "ok"},
        ),
        (
            [("contact_changed", {"channel": "email"}), ("contact_invalid", {"channel": "email"})],
            {"email": "invalid", "sms": "ok"},
        ),
        (
            [("opted_out", {"channel": "sms"}), ("contact_changed", {"channel": "sms"})],
            {"email": "ok", "sms": "opted_out"},
        ),
        (
            [("opted_out", {"channel": "sms"}), ("contact_invalid", {"channel": "sms"})],
            {"email": "ok", "sms": "opted_out"},
        ),
        ([("bounced", {"channel": "email"})], {"email": "invalid", "sms": "ok"}),
        ([("bounced", {})], {"email": "invalid", "sms": "ok"}),
        ([("bounced", {"step": "other"})], {"email": "ok", "sms": "ok"}),
        (
            [("bounced", {"channel": "email"}), ("contact_changed", {"channel": "email"})],
            {"email": "ok", "sms": "ok"},
        ),
        (
            [("contact_changed", {"channel": "email"}), ("bounced", {})],
            {"email": "ok", "sms": "ok"},
        ),  # the old address
    ],
)
def test_which_channels_reach_the_customer(
    history: list[tuple[str, dict[str, str]]], reach: dict[str, str]
) -> None:
    facts_ = [fact(f"2026-02-04T{9 + n:02}:00", kind, **fields) for n, (kind, fields) in enumerate(history)]

    assert account(*facts_, claims=[SENT]).reach == reach


def test_a_channel_without_an_address_is_missing_and_stays_so() -> None:
    changed = fact("2026-02-03", "contact_changed", channel="sms")

    assert account(changed, channels=["email"]).reach == {"email": "ok", "sms": "missing"}


@pytest.mark.parametrize(
    ("outcome", "at", "fields", "delivered", "bounced"),
    [
        ("delivered", "2026-02-03T09:05", {}, "2026-02-03T09:05", None),
        ("delivered", "2026-02-03T09:05", {"channel": "email", "step": "reminder"}, "2026-02-03T09:05", None),
        ("delivered", "2026-02-03T09:05", {"channel": "sms"}, None, None),
        ("delivered", "2026-02-03T09:05", {"step": "final"}, None, None),
        ("delivered", "2026-02-03T09:05", {"message": "reminder/email"}, "2026-02-03T09:05", None),
        ("delivered", "2026-02-03T09:05", {"message": "nobody's"}, None, None),
        ("delivered", "2026-02-03T08:59", {}, None, None),  # before it went out
        ("bounced", "2026-02-03T09:00", {}, None, None),  # the message may be what the bounce set off
        ("delivered", "2026-02-03", {}, "2026-02-03T09:00", None),  # some time that day
        ("delivered", "2026-02-02", {}, None, None),
        ("bounced", "2026-02-03T09:05", {}, None, "2026-02-03T09:05"),
        ("bounced", "2026-02-05", {"step": "reminder"}, None, "2026-02-04T23:00"),
    ],
)
def test_an_outcome_finds_its_message(
    outcome: str, at: str, fields: dict[str, str], delivered: str | None, bounced: str | None
) -> None:
    (claim,) = account(fact(at, outcome, **fields), claims=[SENT]).claims

    assert claim.delivered_at == (utc(delivered) if delivered else None)
    assert claim.bounced_at == (utc(bounced) if bounced else None)
    assert claim.stands == (bounced is None)


def test_without_a_reference_the_newest_message_is_meant() -> None:
    second = message("final", "email", "2026-02-04T09:00")

    about = account(fact("2026-02-04T10:00", "delivered", channel="email"), claims=[second, SENT])

    assert [claim.delivered_at for claim in about.claims] == [None, utc("2026-02-04T10:00")]


def test_the_first_receipt_counts() -> None:
    receipts = [fact(f"2026-02-03T1{hour}:00", "delivered", message="reminder/email") for hour in (2, 0, 1)]

    (claim,) = account(*receipts, claims=[SENT]).claims

    assert claim.delivered_at == utc("2026-02-03T10:00")


def test_tasks_and_the_service_have_no_receipts() -> None:
    task = message("call", "task", "2026-02-03T09:00")

    (claim,) = account(fact("2026-02-03T10:00", "delivered"), claims=[task]).claims

    assert claim.delivered_at is None


# --- money on its way ----------------------------------------------------------------------------

IN_FLIGHT = {"payment": "P", "amount": "40.00", "currency": "EUR"}


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([("payment_in_flight", IN_FLIGHT)], ["P"]),
        ([("payment_in_flight", IN_FLIGHT), ("payment_received", IN_FLIGHT)], []),
        ([("payment_received", IN_FLIGHT), ("payment_in_flight", IN_FLIGHT)], []),  # the slower door
        ([("payment_in_flight", IN_FLIGHT), ("payment_received", IN_FLIGHT | {"payment": "Q"})], ["P"]),
        ([("payment_in_flight", IN_FLIGHT), ("payment_failed", {"payment": "P"})], []),
        ([("payment_in_flight", IN_FLIGHT), ("payment_failed", {"payment": "Q"})], ["P"]),
        ([("payment_in_flight", IN_FLIGHT), ("payment_failed", {})], []),
        ([("payment_in_flight", IN_FLIGHT | {"invoice": "A"}), ("payment_failed", {"invoice": "A"})], []),
        ([("payment_in_flight", IN_FLIGHT | {"invoice": "A"}), ("payment_failed", {"invoice": "B"})], ["P"]),
        ([("payment_in_flight", IN_FLIGHT | {"invoice": "A"}), ("payment_failed", {})], []),
        ([("payment_in_flight", IN_FLIGHT), ("payment_failed", {"invoice": "A"})], []),
    ],
)
def test_money_on_its_way(history: list[tuple[str, dict[str, str]]], expected: list[str]) -> None:
    about = account(*[fact(f"2026-02-03T0{n}:00", kind, **body) for n, (kind, body) in enumerate(history)])

    assert [money.payment for money in about.in_flight] == expected


# --- people --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"step": "suspend", "by": "maria"}, {"suspend": "maria"}),
        ({}, {ANY_STEP: "finance"}),
        ({"step": "suspend", "outcome": "approved"}, {"suspend": "finance"}),
        ({"step": "suspend", "outcome": "rejected"}, {}),
    ],
)
def test_approvals(fields: dict[str, str], expected: dict[str, str]) -> None:
    about = account(fact("2026-02-03T09:00", "approved", **fields))

    assert {step: request.by for step, request in about.approvals.items()} == expected
    assert about.tasks_done == {APPROVE: utc("2026-02-03T09:00")}, "whatever the answer, the task is done"


@pytest.mark.parametrize(
    ("given", "answer", "left"),
    [
        ({"step": "suspend"}, {"step": "suspend", "outcome": "rejected"}, []),
        ({"step": "suspend"}, {"outcome": "rejected"}, []),
        ({}, {"step": "suspend", "outcome": "rejected"}, []),
        ({}, {"outcome": "later"}, []),
        ({"step": "suspend"}, {"step": "other", "outcome": "rejected"}, ["suspend"]),
    ],
)
def test_any_other_answer_takes_an_approval_back(
    given: dict[str, str], answer: dict[str, str], left: list[str]
) -> None:
    about = account(
        fact("2026-02-03T09:00", "approved", **given), fact("2026-02-03T10:00", "approved", **answer)
    )

    assert list(about.approvals) == left


def test_a_completed_task_is_its_own_step_or_all_that_were_begun() -> None:
    """But for those that end with an answer of their own."""
    steps = ("call", "review", "approve", "onboarding_review")
    claims = [message(step, "task", "2026-02-01T09:00") for step in steps]

    one = account(fact("2026-02-03T09:00", "task_completed", step="call"), claims=claims)
    every = account(fact("2026-02-03T09:00", "task_completed"), claims=claims)

    assert set(one.tasks_done) == {"call"}
    assert set(every.tasks_done) == {"call", "review"}


def test_what_people_ask_for_keeps_its_instant_and_its_author() -> None:
    about = account(
        fact("2026-02-03T09:00", "reactivate_requested", reason="r"),
        fact("2026-02-04T09:00", "suspend_requested", reason="r", by="maria"),
    )

    assert about.suspend_request is not None
    assert about.reactivate_request is not None
    assert (about.suspend_request.at, about.suspend_request.by) == (utc("2026-02-04T09:00"), "maria")
    assert (about.reactivate_request.at, about.reactivate_request.by) == (utc("2026-02-03T09:00"), "finance")


@pytest.mark.parametrize(
    ("history", "suspended", "since", "times"),
    [
        ([], False, None, 0),
        (["suspended"], True, 0, 1),
        (["suspended", "suspended"], True, 0, 1),  # said twice, it happened once
        (["suspended", "reactivated"], False, 1, 1),
        (["suspended", "reactivated", "reactivated"], False, 1, 1),
        (["suspended", "reactivated", "suspended"], True, 2, 2),
        (["reactivated"], False, None, 0),
    ],
)
def test_the_switch_counts_how_often_it_was_thrown(
    history: list[str], suspended: bool, since: int | None, times: int
) -> None:
    said = [
        fact(f"2026-02-03T0{n}:00", f"subscription_{kind}", subscription="S")
        for n, kind in enumerate(history)
    ]
    service = account(*said).service

    assert (service.suspended, service.times) == (suspended, times)
    assert service.since == (None if since is None else utc(f"2026-02-03T0{since}:00"))


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([], None),
        ([("onboarding_started", {})], "pending"),
        ([("onboarding_started", {}), ("onboarded", {"outcome": "rejected"})], "rejected"),
    ],
)
def test_the_verification(history: list[tuple[str, dict[str, str]]], expected: str | None) -> None:
    assert account(*[fact("2026-02-03", kind, **fields) for kind, fields in history]).onboarding == expected


def test_facts_that_this_version_does_not_know_are_kept_by_name() -> None:
    about = account(
        fact("2026-02-03", "invented_tomorrow", pay_on="x"), fact("2026-02-04", "draft_renamed"), invoice()
    )

    assert about.kept == ("draft_renamed", "invented_tomorrow")
    assert len(about.debts) == 1


def test_the_newest_instant_is_that_of_learning() -> None:
    late = replace(invoice(), learned_at=utc("2026-05-01"))

    assert account(late, fact("2026-02-03", "paused", reason="r")).newest_at == utc("2026-05-01")


def test_a_claim_with_the_same_reference_replaces_the_older_one() -> None:
    about = account(claims=[SENT]).with_claims(
        [replace(SENT, state="refused"), message("a", "sms", "2026-01-01T09:00")]
    )

    assert [(claim.step, claim.state) for claim in about.claims] == [("a", "sent"), ("reminder", "refused")]


@pytest.mark.parametrize(
    ("state", "stands", "unsettled"),
    [
        ("claimed", True, True),
        ("sent", True, False),
        ("unknown", True, False),
        ("refused", False, False),
        ("released", False, False),
    ],
)
def test_the_states_of_a_claim(state: str, stands: bool, unsettled: bool) -> None:
    claim = replace(SENT, state=state)  # type: ignore[arg-type]  # the table's text is one of the states

    assert (claim.stands, claim.unsettled) == (stands, unsettled)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Berlin", "2026-02-02T23:00"),
        ("Asia/Tokyo", "2026-02-02T15:00"),
        ("America/New_York", "2026-02-03T05:00"),
    ],
)
def test_a_day_begins_at_the_customers_midnight(zone: str, expected: str) -> None:
    assert instant(fact("2026-02-03", "resumed"), zone) == utc(expected)


def test_no_end_is_forever() -> None:
    (rest,) = account(fact("2026-02-03", "exempted", reason="r")).exemptions

    assert rest.last == FOREVER


# --- one instant ---------------------------------------------------------------------------------

AT_ONE_INSTANT: list[tuple[str, dict[str, object]]] = [
    ("paused", {"reason": "a", "to": "2026-02-20"}),
    ("paused", {"reason": "b", "to": "2026-02-20"}),
    ("paused", {"reason": "c"}),
    ("resumed", {}),
    ("exempted", {"reason": "a"}),
    ("exempted", {"reason": "b", "invoice": "A"}),
    ("exemption_ended", {"invoice": "A"}),
    ("dispute_opened", {"dispute": "D", "invoice": "A", "amount": "10"}),
    ("dispute_opened", {"dispute": "D", "invoice": "A"}),
    ("dispute_resolved", {"dispute": "D"}),
    ("opted_out", {"channel": "sms"}),
    ("contact_invalid", {"channel": "email"}),
    ("contact_changed", {"channel": "email"}),
    ("bounced", {"channel": "email"}),
    ("delivered", {}),
    ("payment_in_flight", IN_FLIGHT),
    ("payment_received", IN_FLIGHT),
    ("payment_received", IN_FLIGHT | {"payment": "Q", "invoice": "A"}),
    ("payment_failed", {"payment": "P"}),
    ("refunded", {"payment": "P"}),
    ("approved", {"by": "a"}),
    ("approved", {"by": "b"}),
    ("task_completed", {}),
    ("subscription_suspended", {"subscription": "S"}),
    ("subscription_reactivated", {"subscription": "S"}),
    ("suspend_requested", {"reason": "r", "by": "a"}),
    ("suspend_requested", {"reason": "r", "by": "b"}),
    ("onboarding_started", {}),
    ("onboarded", {"outcome": "approved"}),
    ("card_added", {}),
    ("invoice_voided", {"invoice": "B"}),
    ("write_off", {"invoice": "B"}),
]


@settings(max_examples=examples(150))
@given(
    st.lists(st.sampled_from(AT_ONE_INSTANT), max_size=10),
    st.sampled_from(["2026-02-03", "2026-02-03T09:30"]),
    st.randoms(use_true_random=False),
)
def test_facts_of_one_instant_give_the_same_account_in_any_order(
    said: list[tuple[str, dict[str, object]]], at: str, random: Random
) -> None:
    """In whatever order they arrive, and whatever numbers their sources give them."""
    base = [invoice("A"), invoice("B", due_on="2026-01-20")]
    history = [replace(fact(at, kind, **fields), id=f"{n:03}") for n, (kind, fields) in enumerate(said)]
    shuffled = list(history)
    random.shuffle(shuffled)
    renumbered = [replace(each, id=f"{n:03}") for n, each in enumerate(shuffled)]

    expected = account(*base, *history, claims=[SENT])

    assert account(*shuffled, *base, claims=[SENT]) == expected
    assert account(*base, *renumbered, claims=[SENT]) == expected


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_two_pauses_freeze_as_many_days_as_they_cover(a: int, b: int, c: int, d: int) -> None:
    """Counted the plain way: walk from the due date and count the days that are not paused."""
    start = date(2026, 1, 25)
    pauses = [(start + timedelta(days=x), start + timedelta(days=y)) for x, y in ((a, b), (c, d))]
    said = [
        fact("2026-01-02", "paused", **{"from": f"{first}", "to": f"{last}", "reason": f"{n}"})
        for n, (first, last) in enumerate(pauses)
    ]

    day, counted = date(2026, 2, 1), 0
    while counted < 10:
        day += timedelta(days=1)
        counted += not any(first <= day <= last for first, last in pauses)

    assert falls_on(*said) == day.isoformat()
