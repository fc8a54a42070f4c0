"""What finance reads in the Temporal UI, from a view to the page.

ACME owes INV-1 of 100.00 EUR, due on Monday 2 March 2026; the ladder stands in `playing.py`.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.account import Account
from domain.account_fold import build
from domain.book import Debt
from domain.claim import Claim
from domain.clock import BusinessClock
from domain.command_groups import GROUPS, OTHERS, grouped
from domain.commands import COMMANDS, OF_CREDIT, OF_TASKS
from domain.customer import Customer
from domain.finance_page import details
from domain.money import Money
from domain.plan import plan
from domain.simulation.events import read_events
from domain.view import MAX_BYTES, View, view_of
from domain.view_words import MOST_DEBTS, MOST_WORDS, step_says, task_says
from tests.domain.playing import Event, event, invoice, policy

CUSTOMER = Customer(id="ACME", currency="EUR")
NOW = datetime(2026, 3, 11, 12, tzinfo=UTC)


def claim(step: str, *, at: datetime = NOW, **more: Any) -> Claim:
    return Claim(message=step, step=step, channel="email", debts=(("INV-1", 1),), claimed_at=at, **more)


def account(*events: Event, claims: tuple[Claim, ...] = ()) -> Account:
    history = read_events(CUSTOMER, [invoice("INV-1"), *events])
    return build(CUSTOMER, history, claims, channels=("email", "sms"))


def view(
    at: Account,
    *,
    tasks: Sequence[str] = (),
    owner: str | None = None,
    halted: bool = False,
    now: datetime = NOW,
    desk: str | None = None,
) -> View:
    return view_of(
        plan(policy(), at, now),
        account=at,
        now=now,
        news=1,
        case=1,
        policy="test/0123456789ab",
        contacts=at.claims,
        tasks=tasks,
        owner=owner,
        clock=BusinessClock(),
        halted=halted,
        desk=desk,
    )


def page(at: Account, **more: Any) -> str:
    return details(view(at, **more), COMMANDS, namespace="default")


FIRST_SENT = claim("first", at=datetime(2026, 3, 3, 9, tzinfo=UTC), delivered_at=NOW)
SECOND_SENT = claim("second", at=datetime(2026, 3, 10, 9, tzinfo=UTC), bounced_at=NOW)


def test_the_page_says_what_is_owed_since_when_what_was_said_and_what_comes_and_why() -> None:
    at = account(claims=(FIRST_SENT,))
    assert page(at, now=datetime(2026, 3, 5, 12, tzinfo=UTC)).split("\n\n**Look at**")[0] == (
        "# Reminded: 100.00 EUR overdue since 2 Mar 2026\n\n"
        "Customer **ACME** · case 1\n\n"
        "**Open**\n\n"
        "- INV-1: 100.00 EUR, due 2 Mar 2026\n\n"
        "**Next, if nothing happens**\n\n"
        "- 10 Mar 2026: second by email, 8 days past due, the policy says day 8\n"
        "- 17 Mar 2026: final by email, 15 days past due, the policy says day 15\n"
        "- 1 Apr 2026: suspend, 30 days past due, last warning delivered on 2026-03-17\n\n"
        "**Said so far**\n\n"
        "- 3 Mar 2026: first by email, delivered"
    )


def test_a_message_that_bounced_is_said_to_have_bounced() -> None:
    assert "- 10 Mar 2026: second by email, bounced" in page(account(claims=(FIRST_SENT, SECOND_SENT)))


def test_what_is_wanted_stands_there_and_so_does_what_was_put_off() -> None:
    fresh = view(account(claims=(FIRST_SENT,)))
    assert "**Wanted now**\n\n- second by email: 100.00 EUR" in details(fresh, COMMANDS)
    until = datetime(2026, 3, 11, 13, 30, tzinfo=UTC)
    waiting = details(fresh, COMMANDS, put_off={"second/email": until})
    assert "Wanted now" not in waiting
    assert "- second by email: 100.00 EUR, put off: tried again on 11 Mar 2026 at 13:30 UTC" in waiting


def test_a_hold_says_its_rule_and_a_stop_says_how_it_ends() -> None:
    paused = event("2026-03-02", "paused", reason="asked for time", to="2026-03-20")
    assert ": paused until 2026-03-20: asked for time" in page(account(paused))
    stopped = page(account(), halted=True)
    assert "- everything outward, by a switch: `go` ends a stop, `go --allow-blast` lets out" in stopped
    assert "by a switch" not in page(account())


def test_a_pause_stands_there_before_a_step_falls_into_it() -> None:
    paused = event("2026-03-02", "paused", reason="asked for time", to="2026-03-20")
    exempted = event("2026-03-02", "exempted", reason="a friend", invoice="A")
    shown = page(account(paused, exempted))
    assert "- Paused until the end of 20 Mar 2026: asked for time" in shown
    assert "- Exempt A: a friend" in shown


def test_the_dispute_that_can_be_resolved_is_named() -> None:
    opened = event("2026-03-03", "dispute_opened", dispute="D-2", invoice="INV-1", amount="10.00")
    shown = details(view(account(opened)), COMMANDS, namespace="default")
    assert '{"dispute": "D-2", "outcome": "won", "by": "maria"}' in shown
    assert '{"dispute": "D-7", "invoice": "INV-1", "amount": "100.00", "by": "maria"}' in shown


@pytest.mark.parametrize(
    ("task", "says"),
    [
        (
            "call: call task call: 21 days past due, the policy says day 20",
            (
                "call: 21 days past due, the policy says day 20. When done: `complete_task`"
                ' `{"step": "call", "reached": true, "outcome": "done", "by": "maria"}`'
            ),
        ),
        (
            "unreachable: nobody can be reached for first: email missing",
            (
                "unreachable: nobody can be reached for first: email missing. When done: `complete_task`"
                ' `{"step": "unreachable", "outcome": "done", "by": "maria"}`'
            ),
        ),
        (
            "approve: suspend of 90.00 EUR needs a person's approval from 80.00 EUR",
            (
                "approve: suspend of 90.00 EUR needs a person's approval from 80.00 EUR. When done: `approve`"
                ' `{"step": "suspend", "by": "maria"}`'
            ),
        ),
        (
            "onboarding_review: the check of email came out as doubtful",
            (
                "onboarding review: the check of email came out as doubtful. When done: `review_onboarding`"
                ' `{"outcome": "approve", "note": "called back, all is well", "by": "maria"}`'
            ),
        ),
    ],
)
def test_a_task_stands_with_the_update_that_ends_it(task: str, says: str) -> None:
    assert f"**Waits for you**\n\n- {says}" in page(account(), tasks=(task,))


def test_every_update_that_is_possible_stands_there_with_an_example_about_this_customer() -> None:
    fresh = view(account())
    shown = details(fresh, COMMANDS, namespace="default")
    hidden = {*fresh["refused"], *OF_CREDIT, *OF_TASKS}
    sent = [each for name, each in COMMANDS.items() if name not in hidden]
    titles = [f"*{title}*" for title, _ in grouped(sent)]
    assert [line for line in shown.splitlines() if re.fullmatch(r"\*\w[^*]*\*", line)] == titles
    for name, command in COMMANDS.items():
        possible = name not in hidden
        assert (f"- `{name}` {command.does} `" in shown) == possible, name
    assert '- `write_off` Give an invoice up. `{"invoice": "INV-1", "by": "maria"}`' in shown
    assert "INV-1042" not in shown


def test_links_lead_to_lists_and_to_the_suspension() -> None:
    shown = page(account())
    overdue = "Stage%3D%22overdue%22%20AND%20ExecutionStatus%3D%22Running%22"
    assert f"[all in this stage](/namespaces/default/workflows?query={overdue})" in shown
    assert "[the suspension]" not in shown
    suspended = view(account()) | {"stage": "suspended", "customer": "A/B"}
    away = details(suspended, COMMANDS, namespace="my space")  # type: ignore[arg-type]
    assert "[the suspension](/namespaces/my%20space/workflows/suspension%2FA%2FB)" in away
    assert "](" not in details(suspended, COMMANDS)  # type: ignore[arg-type]


def test_the_timer_says_what_it_waits_for() -> None:
    early = view(account(claims=(FIRST_SENT,)), now=datetime(2026, 3, 5, 12, tzinfo=UTC))
    assert early["wake_says"] == "second by email on 10 Mar 2026 unless paid"
    paused = event("2026-03-02", "paused", reason="asked for time", to="2026-03-20")
    assert view(account(paused))["wake_says"].startswith("look again on 21 Mar 2026")


def test_a_history_from_before_the_debts_were_shown_has_its_page() -> None:
    old = view(account())
    del old["debts"]
    assert "**Open**" not in details(old, COMMANDS, namespace="default")


def test_the_largest_view_keeps_to_its_bytes() -> None:
    """Five currencies, names as long as the ledger takes them, and a task of each kind, all at once."""
    long = "X" * 64
    customer = Customer(id=long, currency="EUR", timezone="America/Argentina/ComodRivadavia")
    currencies = ("EUR", "USD", "GBP", "JPY", "KWD")
    start = date(2026, 1, 5)
    events = [
        invoice(
            f"{long}{number}", "98765432", str(start + timedelta(number)), currency=currencies[number % 5]
        )
        for number in range(12)
    ]
    history = read_events(customer, events)
    at = build(customer, history, [], channels=())
    made = view_of(
        plan(policy(), at, NOW),
        account=replace(at, customer=customer),
        now=NOW,
        news=999,
        case=99,
        policy=f"{'p' * 40}/0123456789ab",
        contacts=[claim("s" * 40, delivered_at=NOW)] * 9,
        tasks=[f"step{number}: {'w' * 500}" for number in range(9)],
        clock=BusinessClock(),
        halted=True,
    )
    assert 2_000 < len(json.dumps(made).encode()) <= MAX_BYTES
    assert made["tasks"]
    assert made["held"][0].startswith("everything outward")


def test_the_page_leads_to_the_desk_where_there_is_one() -> None:
    assert "[finance's desk](https://a.example/desk/customers/ACME)" in page(
        account(), desk="https://a.example/desk"
    )
    assert "finance's desk" not in page(account())


def test_of_many_debts_the_oldest_are_shown_and_the_others_counted() -> None:
    many = [invoice(f"I{number}", due=f"2026-03-{number:02}") for number in range(9, 0, -1)]
    at = build(CUSTOMER, read_events(CUSTOMER, many), [])
    shown = view(at)["debts"]
    assert (shown[0], len(shown), shown[-1]) == (
        "I1: 100.00 EUR, due 1 Mar 2026",
        MOST_DEBTS + 1,
        "and 4 more",
    )


def test_a_settled_debt_is_not_among_the_open_ones() -> None:
    zero = Money.zero("EUR")
    day = date(2026, 3, 2)
    settled = Debt(invoice="A", original=zero, open=zero, issued_on=day, due_on=day, opened_on=day)
    assert (
        view_of(
            plan(policy(), replace(account(), debts=(settled,)), NOW),
            account=replace(account(), debts=(settled,)),
            now=NOW,
            news=1,
            case=0,
            policy="p",
            contacts=(),
            tasks=(),
            clock=BusinessClock(),
        )["debts"]
        == []
    )


def test_credit_and_orders_stand_on_the_page_of_whom_any_is_known() -> None:
    granted = event("2026-02-01", "credit_granted", limit="200.00", currency="EUR", reason="table")
    shown = view(account(granted))
    assert shown["credit"] == ["Limit 200.00 EUR: 100.00 EUR used, 50.00 %"]
    page = details(shown, COMMANDS, namespace="default")
    assert "**Credit and orders**" in page
    assert {name for name in OF_CREDIT if f"- `{name}` " in page} == OF_CREDIT - set(shown["refused"])
    assert "credit" not in view(account())


def test_every_command_has_its_group() -> None:
    named = [name for names in GROUPS.values() for name in names]
    assert sorted(named) == sorted(COMMANDS)
    made_up = replace(COMMANDS["pause"], name="made_up")
    assert list(grouped([COMMANDS["pause"], made_up])) == [
        ("Let it rest", [COMMANDS["pause"]]),
        (OTHERS, [made_up]),
    ]


def test_an_example_can_be_sent_as_it_stands() -> None:
    """The amount is what is overdue, and the days are to come, as far apart as in the documents."""
    shown = page(account(claims=(FIRST_SENT,)))
    assert '`{"pay_on": "2026-03-25", "amount": "100.00", "by": "maria"}`' in shown
    assert '"instalments": [{"due_on": "2026-03-25", "amount": "250.00"}, {"due_on": "2026-04-25"' in shown


def test_a_promise_that_was_not_kept_is_said_and_found() -> None:
    promised = event("2026-03-02", "promise_made", pay_on="2026-03-04", amount="60.00")
    after = view(account(promised))
    assert after["broken"] == "60.00 EUR by 2026-03-04"
    assert ["Tags", "KeywordList", ["broken-promise"]] in after["attributes"]
    assert "**Promised, and not paid**\n\n- 60.00 EUR by 2026-03-04" in details(after, COMMANDS)
    before = view(account(promised), now=datetime(2026, 3, 4, 12, tzinfo=UTC))
    paid = view(
        account(
            promised, event("2026-03-09", "payment_received", payment="P", amount="100.00", currency="EUR")
        )
    )
    again = event("2026-03-10", "promise_made", pay_on="2026-03-20", amount="60.00")
    for other in (before, paid, view(account(promised, again))):
        assert "broken" not in other


def test_tasks_are_found_by_what_they_are() -> None:
    at = account()
    shown = view_of(
        plan(policy(), at, NOW),
        account=at,
        now=NOW,
        news=1,
        case=1,
        policy="p",
        contacts=(),
        tasks=("ring_them: call task ring_them: 21 days past due", "approve-end_it: wants a yes"),
        calls=True,
        clock=BusinessClock(),
    )
    found = ["approve", "approve-end_it", "call", "ring_them"]
    assert ["OpenTasks", "KeywordList", found] in shown["attributes"]


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("final_notice", "final notice"),
        ("approve", "ask for approval"),
        ("fee.reminder_second", "fee for reminder second"),
        ("service-ended", "service ended"),
    ],
)
def test_a_step_is_said_in_words(step: str, words: str) -> None:
    assert step_says(step) == words


def test_who_does_a_task_and_when_stands_behind_it_however_long_the_reason_is() -> None:
    tasks = [task_says("call", f"call task call: {'w' * 200}", "li", date(2026, 12, 3))]
    fresh = view(account(), tasks=tasks, owner="li")
    assert fresh["tasks"] == tasks
    assert len(tasks[0]) == MOST_WORDS
    assert ["Owner", "Keyword", "li"] in fresh["attributes"]
    page = details(fresh, COMMANDS, namespace="default")
    assert "w (li does it, put off until 3 Dec 2026). When done: `complete_task`" in page
    for name in OF_TASKS:
        assert f'- `{name}` {COMMANDS[name].does} `{{"step": "call"' in page
    assert task_says("call", "w", None, None) == "call: w"


def test_a_task_that_no_plan_knows_can_be_completed_and_one_that_ends_by_itself_says_so() -> None:
    assert view(account())["refused"]["complete_task"] == "No task is open."
    fresh = view(account(), tasks=["service-odd: brought back", "unapplied: 80.00 EUR pays no invoice"])
    assert "complete_task" not in fresh["refused"]
    page = details(fresh, COMMANDS)
    assert 'service odd: brought back. When done: `complete_task` `{"step": "service-odd"' in page
    assert "unapplied: 80.00 EUR pays no invoice. It ends by itself, once" in page
    assert "complete_task" in view(account(), tasks=["unapplied: w"])["refused"]
