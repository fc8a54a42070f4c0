"""The worklist: kinds, deadlines, the rules in their file, the order with its reasons, and endings."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain import own_steps as steps
from domain.account_fold import build
from domain.calendar import Calendar
from domain.commands import COMMANDS, wrong
from domain.customer import Customer
from domain.documents import BadDocument, read
from domain.facts import (
    Body,
    DisputeOpened,
    Exempted,
    Fact,
    HandedOver,
    InvoiceIssued,
    PaymentInFlight,
    PaymentReceived,
    PromiseMade,
)
from domain.money import Money
from domain.policy import Policy
from domain.reasons import Reason
from domain.situation import Situation
from domain.worklist.deadlines import Deadlines
from domain.worklist.endings import completable, ending
from domain.worklist.kinds import KINDS, Kind, kind_of
from domain.worklist.ranking import Known, Task, measure, place, ranked
from domain.worklist.rules import WorklistRules
from domain.worklist.standing import Standing, read_standing, standing_of
from settings import ROOT

FILE = ROOT / "policies" / "worklist" / "rules.yaml"
SHIPPED = FILE.read_text(encoding="utf-8")
RULES = read(SHIPPED, model=WorklistRules, name=FILE.name)
NOW = datetime(2026, 6, 16, 10, tzinfo=UTC)  # a Tuesday
TODAY = NOW.date()
EUR = Money(120_00, "EUR")


# --- kinds


@pytest.mark.parametrize(
    ("step", "said", "kind"),
    [
        ("call", "call", "call"),
        ("look", "review", "review"),
        ("agency", "hand-over", "review"),
        (steps.APPROVE, "approval", "approval"),
        (steps.approval_of("agency"), "approval", "approval"),
        (steps.BLAST, "approval", "approval"),
        (steps.DISPUTE_ANSWER, "review", "dispute"),
        (steps.UNREACHABLE, "contact", "contact"),
        (steps.BANK_LINE, "review", "cash"),
        (steps.UNAPPLIED, "review", "cash"),
        (steps.WITHHELD, "call", "review"),
        (steps.MONITOR, "usage", "review"),
        (steps.CALL_APPLICANT, "review", "call"),
    ],
)
def test_each_step_is_work_of_one_kind(step: str, said: str, kind: Kind) -> None:
    assert kind_of(step, said) == kind


# --- deadlines


def calendar(**changes: Any) -> Calendar:
    return replace(RULES.business_hours.calendar("Europe/Berlin"), **changes)


@pytest.mark.parametrize(
    ("opened", "hours", "due"),
    [
        ("2026-06-16T09:00", 4, "2026-06-16T13:00"),
        ("2026-06-16T09:00", 8, "2026-06-16T17:00"),
        ("2026-06-16T09:30", 8, "2026-06-17T09:30"),
        ("2026-06-16T03:00", 8, "2026-06-16T17:00"),
        ("2026-06-16T23:00", 1, "2026-06-17T10:00"),
        ("2026-06-19T16:00", 2, "2026-06-22T10:00"),
        ("2026-06-20T12:00", 8, "2026-06-22T17:00"),
        ("2026-12-23T16:00", 2, "2026-12-24T10:00"),
        ("2026-12-24T16:00", 2, "2026-12-28T10:00"),  # Christmas falls on a Friday
    ],
)
def test_a_deadline_counts_business_hours_alone(opened: str, hours: int, due: str) -> None:
    zone = timedelta(hours=2 if "-06-" in opened else 1)
    at = datetime.fromisoformat(opened).replace(tzinfo=UTC) - zone
    deadlines = Deadlines(calendar(country="DE"), since=at)
    assert (deadlines.after(at, hours) + zone).isoformat()[:16] == due


def test_deadlines_are_the_same_whichever_is_asked_first() -> None:
    opened = [NOW - timedelta(hours=7 * each) for each in range(60)]
    together = Deadlines(calendar(), since=min(opened))
    alone = [Deadlines(calendar(), since=at).after(at, 40) for at in opened]
    assert [together.after(at, 40) for at in opened] == alone
    assert sorted(alone, reverse=True) == alone


# --- the file of rules


def test_a_mistake_in_the_rules_is_told_with_its_line() -> None:
    text = SHIPPED.replace("call: 16", "call: soon").replace("EUR: 10000.00", "EURO: 10000.00")
    text = text.replace("  weekdays:", "  country: UK\n  weekdays:")
    with pytest.raises(BadDocument) as caught:
        read(text, model=WorklistRules, name="rules.yaml")
    lines = text.splitlines()
    told = [(lines[each.line - 1].strip(), each.path) for each in caught.value.problems]
    assert told == [
        ("country: UK", "business_hours.country"),
        ("call: soon", "service_levels.call"),
        ("EURO: 10000.00", "ranking.large.EURO"),
    ]


def test_every_kind_has_a_service_level() -> None:
    hours = {kind: RULES.service_levels.hours(kind) for kind in KINDS}
    assert min(hours.values()) == hours["approval"] == 8


# --- the order

PAYS = Standing(paid=5, pays_on_day=3)
OWES = Known(stage="reminder", overdue=(EUR,), since=date(2026, 6, 1), standing=PAYS)


def task(kind: Kind = "call", **changes: Any) -> Task:
    given = Task(id=1, customer="ACME", step="look", kind=kind, opened_at=NOW - timedelta(hours=1))
    return given._replace(**changes)


RESTS = Standing(rests=Reason("hold.paused", {"until": "2026-06-30", "reason": "asked for time"}))
PLACES = [
    ("alone.snoozed", task(snoozed_until=date(2026, 6, 17)), OWES),
    ("quick.habit", task(snoozed_until=date(2026, 6, 16)), OWES),
    ("quick.cash", task("cash", customer=None), Known()),
    ("quick.cash", task("cash"), OWES),
    ("risk.everybody", task("approval", customer=None), Known()),
    ("quick.approval", task("approval"), OWES._replace(stage="final_notice")),
    ("risk.incident", task("review", step=steps.INCIDENT), OWES),
    ("risk.unreachable", task("contact"), OWES),
    ("risk.dispute", task("dispute"), OWES),
    ("alone.rests", task(), OWES._replace(standing=RESTS)),
    ("quick.small", task("review"), OWES._replace(standing=RESTS)),
    ("alone.settled", task(), Known(stage="current", standing=PAYS)),
    ("quick.answer", task(), Known(stage="onboarding")),
    ("quick.answer", task("review"), Known(stage="current")),
    ("risk.stage", task(), OWES._replace(stage="final_notice")),
    ("risk.stage", task(), OWES._replace(stage="suspended")),
    ("risk.promises", task(), OWES._replace(standing=PAYS._replace(broken=1))),
    ("risk.never_paid", task(), OWES._replace(standing=Standing(paid=0))),
    ("quick.small", task(), OWES._replace(standing=Standing())),
    ("risk.habit", task(), OWES._replace(standing=Standing(paid=3, pays_on_day=30))),
    ("quick.small", task(), OWES._replace(standing=Standing(paid=2, pays_on_day=30))),
    ("risk.old", task(), OWES._replace(since=TODAY - timedelta(days=60))),
    ("quick.habit", task(), OWES._replace(since=TODAY - timedelta(days=59))),
    ("risk.large", task(), OWES._replace(overdue=(EUR, Money(10_000_00, "USD")))),
    ("quick.habit", task(), OWES._replace(overdue=(Money(9_999_99, "EUR"),))),
    ("quick.small", task(), OWES._replace(standing=Standing(paid=3, pays_on_day=8))),
]
FAMILIES = {"quick": "quick wins", "risk": "at risk", "alone": "leave alone"}


@pytest.mark.parametrize(("rule", "given", "known"), PLACES)
def test_the_first_rule_that_applies_names_the_group(rule: str, given: Task, known: Known) -> None:
    group, why = place(given, known, RULES.ranking, now=NOW, today=TODAY)
    assert why().rule == rule
    assert group == FAMILIES[rule.partition(".")[0]]
    assert why().words


def test_the_guide_has_every_rule_in_its_order_and_group() -> None:
    guide = (ROOT / "docs" / "worklist.md").read_text(encoding="utf-8")
    rows = [
        row.split("|")[1:3]
        for row in guide.splitlines()
        if row.startswith(("| `quick.", "| `risk.", "| `alone."))
    ]
    said = {rule.strip(" `"): group.strip() for rule, group in rows}
    assert said == {rule: FAMILIES[rule.partition(".")[0]] for rule, _, _ in PLACES}


def test_a_rest_that_time_has_ended_keeps_nobody() -> None:
    over = RESTS._replace(rests_until=NOW)
    _, why = place(task(), OWES._replace(standing=over), RULES.ranking, now=NOW, today=TODAY)
    assert why().rule == "quick.small"


def order(*given: tuple[Task, Known]) -> list[int]:
    """Return the numbers of tasks, counted from 0, in their order."""
    tasks = [each._replace(id=number, customer=f"C-{number}") for number, (each, _) in enumerate(given)]
    known = {f"C-{number}": whose for number, (_, whose) in enumerate(given)}
    found = ranked(tasks, known, RULES, calendar(), now=NOW, today=TODAY)
    return [each.task.id for each in found]


def test_inside_a_group_come_the_late_then_what_is_due_then_what_is_large_then_what_is_old() -> None:
    early, late = task(opened_at=NOW - timedelta(days=4)), task(opened_at=NOW - timedelta(days=20))
    more = OWES._replace(overdue=(Money(9_000_00, "EUR"),))
    older = OWES._replace(since=date(2026, 5, 1))
    assert order((task(), OWES), (early, OWES), (late, OWES)) == [2, 1, 0]
    assert order((task(), OWES), (task(), older), (task(), more)) == [2, 1, 0]
    assert order((task(), OWES), (task(), OWES)) == [0, 1]
    grave = OWES._replace(stage="final_notice")
    assert order((late, grave), (task(snoozed_until=date(2026, 7, 1)), OWES), (task(), OWES)) == [2, 0, 1]


def test_amounts_are_compared_by_what_is_large_in_their_currency() -> None:
    assert measure((Money(5_000_00, "EUR"),), RULES.ranking) == 500
    assert measure((Money(1_500_000, "JPY"), EUR), RULES.ranking) == 1000
    assert measure((Money(1_000_000_00, "AUD"),), RULES.ranking) == 0, "nobody said what is large"


# --- the standing


def situation(*bodies: tuple[str, Body], policy: str = "business.yaml") -> Situation:
    rules = read((ROOT / "policies" / policy).read_text(encoding="utf-8"), model=Policy, name=policy)
    history = [
        Fact(
            source="t",
            id=str(n),
            happened_on=date.fromisoformat(on),
            happened_at=None,
            learned_at=NOW,
            body=body,
        )
        for n, (on, body) in enumerate(bodies)
    ]
    customer = Customer(id="ACME", timezone="Europe/Berlin", country="DE", currency="EUR")
    return Situation(policy=rules, account=build(customer, history, channels=("email",)), now=NOW)


def invoice(name: str, due: str, amount: str = "100.00") -> tuple[str, Body]:
    issued = (date.fromisoformat(due) - timedelta(days=30)).isoformat()
    return issued, InvoiceIssued(invoice=name, amount=amount, currency="EUR", due_on=due)


def paid(name: str, on: str) -> tuple[str, Body]:
    return on, PaymentReceived(payment=f"P-{name}", invoice=name, amount="100.00", currency="EUR")


LATE = invoice("A", "2026-06-01")
COMING = PaymentInFlight(payment="P", amount="100.00", currency="EUR", invoice="A")


@pytest.mark.parametrize(
    ("rule", "bodies"),
    [
        (None, [LATE]),
        (None, [invoice("A", "2026-07-01")]),
        ("hold.promised", [LATE, ("2026-06-15", PromiseMade(pay_on="2026-06-19"))]),
        ("hold.disputed", [LATE, ("2026-06-10", DisputeOpened(dispute="D-1", invoice="A"))]),
        ("hold.exempt", [LATE, ("2026-06-10", Exempted(reason="strategic"))]),
        ("hold.handed_over", [LATE, ("2026-06-10", HandedOver(to="Northern"))]),
        (
            "hold.in_flight",
            [LATE, ("2026-06-15", COMING)],
        ),
        (None, [LATE, invoice("B", "2026-06-02"), ("2026-06-10", DisputeOpened(dispute="D-1", invoice="A"))]),
    ],
)
def test_the_standing_says_what_we_wait_for(rule: str | None, bodies: list[tuple[str, Body]]) -> None:
    found = standing_of(situation(*bodies))
    assert (found.rests and found.rests.rule) == rule
    assert read_standing(found.json()) == found


def test_the_standing_knows_broken_promises_about_what_is_open() -> None:
    made = ("2026-06-02", PromiseMade(pay_on="2026-06-05"))
    assert standing_of(situation(LATE, made)).broken == 1
    assert standing_of(situation(LATE, made, paid("A", "2026-06-12"))).broken == 0


def test_the_standing_knows_on_which_day_past_due_a_customer_pays_as_a_rule() -> None:
    months = [f"2025-{month:02}-10" for month in range(1, 13)]
    bodies = [invoice(f"I-{due}", due) for due in months]
    days = [0, 40, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    for due, late in zip(months, days, strict=True):
        bodies.append(paid(f"I-{due}", (date.fromisoformat(due) + timedelta(days=late)).isoformat()))
    found = standing_of(situation(*bodies, LATE))
    assert (found.paid, found.pays_on_day) == (12, 8), "of the ten that were paid last the median, 7.5"
    assert (found.habit(12), found.habit(13)) == (8, None)


# --- endings


def test_a_task_ends_by_commands_that_there_are() -> None:
    given = {
        "look": ["complete_task"],
        "agency": ["hand_over", "complete_task"],
        steps.APPROVE: ["approve"],
        steps.approval_of("agency"): ["approve"],
        steps.REVIEW: ["review_onboarding"],
        steps.CALL_APPLICANT: ["called_back"],
        steps.INTEREST: ["book_fee", "complete_task"],
        steps.fee_step("first"): ["book_fee", "complete_task"],
        steps.CANCEL_FEE: ["cancel_fee", "complete_task"],
        steps.USAGE_PROFILE: ["agree_usage", "complete_task"],
        steps.ACCESS_DECISION: ["grant_access", "revoke_access", "complete_task"],
    }
    for step, commands in given.items():
        said = "hand-over" if step == "agency" else "review"
        how = ending(step, said=said, whole=False, debts=["INV-1"])
        assert [each.command for each in how.offers] == commands, step
        assert completable(step) == ("complete_task" in commands), step
        for offer in how.offers:
            assert wrong(offer.command, dict(COMMANDS[offer.command].example) | dict(offer.given)) is None


@pytest.mark.parametrize(
    "step", sorted(steps.RESERVED | {steps.VENDOR, steps.MONITOR, steps.sender_of("sms")})
)
def test_every_task_of_our_own_has_an_ending(step: str) -> None:
    for whole in (False, True):
        how = ending(step, said="review", whole=whole)
        assert bool(how.offers) == (how.way == "command")
        assert not (whole and how.offers), "a command is about a customer"
