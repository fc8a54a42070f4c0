"""The shipped sample business: it is sane, and the engine shows all that it can do with it."""

import re
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from activities.charges import answer_of
from activities.rendering import Letters
from demo.credit import ordering
from demo.sample import DAYS, POLICIES, SAMPLE, START_ON, SampleCustomer, read_sample
from domain import facts
from domain.cashier import Charge
from domain.channels import CHANNELS
from domain.commands import FeeEntry
from domain.documents import BadDocument, read
from domain.facts import Body, Fact
from domain.identifiers import CheckResult, check_identifiers
from domain.interest.booking import booking
from domain.money import Money
from domain.policy import Policy
from domain.policy_lint import lint, lint_together
from domain.policy_steps import NoticeStep
from domain.posting import post
from domain.reasons import SENTENCES
from domain.simulation.play import simulate
from domain.simulation.timeline import Line, Outcome
from domain.situation import Situation
from providers.bank import Bank
from providers.outbox import bounces_in_samples
from store import customers, doors, policies
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact
from store.rates import shipped

SEGMENTS = ("business", "consumer", "subscription", "trade", "terms", "cloud")
# What the demo's driver shows by pulling the switches, and what only a running engine can be asked.
_SERVICE = {"suspended", "reactivate", "thanks"}
OF_THE_ENGINE = {
    "business": {*_SERVICE, "unreachable", "approve", "data_loss"},
    "consumer": {*_SERVICE, "unreachable", "approve"},
    "subscription": {*_SERVICE, "charge_1", "charge_card_2", "card_update_1"},
    "trade": {"interest"},
    "terms": {"fee.reminder_second", "cancel_fee"},
    "cloud": {*_SERVICE, "approve-terminate", "service-restricted", "service-ended", "after-end"},
}
SHOWN_BY_THE_DRIVER = {"hold.incident", "hold.stopped", "hold.blast", "hold.before_go_live"}
# The outbox says at once what became of a message; only a vendor fails in passing.
NEEDS_A_VENDOR = {"hold.another_day", "step.again"}
NEEDS_A_FAULT = {"step.settle", "task.unsent", "task.in_doubt", "task.whereabouts", "task.warning_lost"}
BY_FINANCE = facts.FeeBooked | facts.FeeWaived | facts.FeeCancelled
VERIFICATION = (facts.OnboardingStarted, facts.CodeAnswered, facts.OnboardingReviewed)


@cache
def policy(segment: str) -> Policy:
    found = (read(path.read_text(encoding="utf-8"), model=Policy, name=path.name) for path in POLICIES)
    return next(policy for policy in found if segment in policy.audience.segments)


@cache
def sample(start_on: date = START_ON) -> tuple[SampleCustomer, ...]:
    return tuple(read_sample(SAMPLE.read_text(encoding="utf-8"), start_on))


def by_id(name: str) -> SampleCustomer:
    return next(each for each in sample() if each.customer.id == name)


def reaches_nobody(to: str | None) -> bool:
    """The rule of the sample's addresses, as its first lines promise it."""
    return to is None or to.endswith(("@bounce.example", "0000"))


class Played(NamedTuple):
    """What a customer does and what we write down, and how it went."""

    history: tuple[Fact, ...]
    outcome: Outcome


def outcome_of_ours(number: int, at: datetime, body: Body) -> Fact:
    return Fact(
        source="ours", id=f"{number}", happened_on=at.date(), happened_at=at, learned_at=at, body=body
    )


def played(each: SampleCustomer) -> Played:
    """Play a customer as the live engine does, with the outcomes that it would write down itself."""
    history = list(each.facts)
    if any(isinstance(fact.body, VERIFICATION) for fact in history):
        last_at = max(fact.learned_at for fact in history if isinstance(fact.body, VERIFICATION))
        done = facts.Onboarded(outcome="approved")
        history.append(outcome_of_ours(0, last_at + timedelta(minutes=1), done))
    outcome = _simulated(each, history)
    for channel, to in (("email", each.email), ("sms", each.phone)):
        sent = [line for line in outcome.lines if line.effect == "notice" and line.channel == channel]
        if sent and reaches_nobody(to):
            bounced = facts.Bounced(channel=channel)
            history.append(outcome_of_ours(1, sent[0].at + timedelta(minutes=1), bounced))
            outcome = _simulated(each, history)
    return _with_answers(each, history, outcome)


def _with_answers(each: SampleCustomer, history: list[Fact], outcome: Outcome) -> Played:
    """Let the bank of the demo answer each charge, one after the other."""
    with TemporaryDirectory() as folder:
        bank, answered = Bank(Path(folder)), 0
        while charges := [line for line in outcome.lines if line.effect == "charge"][answered:]:
            line, answered = charges[0], answered + 1
            card = outcome.account.wallet.card_at(line.at)
            assert card is not None
            charge = Charge(
                reference=f"charge {answered}",
                customer=each.customer.id,
                invoice=line.debts[0].invoice,
                instrument=card.instrument,
                amount=line.debts[0].amount,
            )
            body = answer_of(charge.invoice, bank.charge(charge, at=line.at))
            history.append(outcome_of_ours(1 + answered, line.at + timedelta(minutes=1), body))
            outcome = _simulated(each, history)
    return Played(history=tuple(history), outcome=outcome)


def _simulated(each: SampleCustomer, history: list[Fact]) -> Outcome:
    history = sorted(history, key=lambda fact: (fact.learned_at, fact.id))
    until = START_ON + timedelta(days=DAYS)
    return simulate(policy(each.customer.segment), each.customer, history, until, rates=shipped())


@cache
def all_played() -> dict[str, Played]:
    return {each.customer.id: played(each) for each in sample()}


@cache
def outcomes() -> dict[str, Outcome]:
    return {name: each.outcome for name, each in all_played().items()}


def lines(segment: str | None = None) -> list[Line]:
    return [
        line
        for each in sample()
        for line in outcomes()[each.customer.id].lines
        if segment in (None, each.customer.segment)
    ]


def effects(name: str) -> list[str]:
    """What a customer gets, each effect once, in order: `reminder_first by email`."""
    done = [f"{line.step} by {line.channel}" for line in outcomes()[name].lines if line.kind == "effect"]
    return [re.sub(" by (service|task|charge)$", "", each) for each in done]


# --- the engine shows everything


@pytest.mark.parametrize("segment", SEGMENTS)
def test_every_step_of_the_shipped_policies_is_taken(segment: str) -> None:
    taken = {line.step for line in lines(segment) if line.kind == "effect"}
    # What falls half a year after the due date is beyond the demo.
    of_the_policy = {step.id for step in policy(segment).steps if step.offset_days < DAYS}
    assert of_the_policy | OF_THE_ENGINE[segment] <= taken


@pytest.mark.parametrize("segment", SEGMENTS)
def test_every_notice_goes_out_by_each_of_its_channels_somewhere(segment: str) -> None:
    taken = {(line.step, line.channel) for line in lines(segment) if line.effect == "notice"}
    notices = [step for step in policy(segment).steps if isinstance(step, NoticeStep)]
    assert {(step.id, channel) for step in notices for channel in step.channels} <= taken


def test_every_rule_that_holds_something_back_does_so_somewhere() -> None:
    shown = {line.reason.rule for line in lines() if line.kind == "held" and line.reason}
    rules = {rule for rule in SENTENCES if rule.startswith(("hold.", "window."))}
    assert rules - SHOWN_BY_THE_DRIVER - NEEDS_A_VENDOR - shown == set()


@pytest.mark.parametrize("prefix", ["step", "task", "restrict", "suspend", "terminate", "return"])
def test_every_reason_to_do_something_applies_somewhere(prefix: str) -> None:
    shown = {line.reason.rule for line in lines() if line.kind == "effect" and line.reason}
    rules = {rule for rule in SENTENCES if rule.startswith(f"{prefix}.")}
    # Without a server nothing is interrupted and nothing fails: no outcome is unknown, no sender broken.
    # And everybody has a zone.
    assert rules - shown - NEEDS_A_VENDOR - NEEDS_A_FAULT == set()


def test_every_kind_of_fact_that_comes_from_outside_is_told() -> None:
    told = {
        str(facts.write_body(fact.body)["type"]) for each in (*sample(), *ordering()) for fact in each.facts
    }
    outcomes_of_ours = {
        *("delivered", "bounced", "subscription_suspended", "subscription_reactivated"),
        *("onboarded", "checked", "code_sent", "policy_adopted", "unknown", "workers_down"),
        *("policy_override_set", "policy_override_ended", "credit_granted"),
        *("subscription_restricted", "subscription_terminated"),
        *("provisioned", "deposit_requested", "deposit_applied", "exposure_noted"),
        *("incident_opened", "incident_closed", "orders_blocked", "orders_unblocked"),
        "activity_noticed",
    }
    by_people_at_the_demo = {
        *("task_completed", "contact_invalid", "contact_changed", "exemption_ended"),
        *("credit_ended", "credit_report_changed", "order_cancelled", "deposit_refunded"),
        *("called_back", "policy_accepted"),
    }
    assert facts.KNOWN_TYPES - outcomes_of_ours - by_people_at_the_demo <= told


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("KOMBINAT", []),
        ("LIGHTHOUSE", ["reminder_first by email"] * 3),
        ("ECHO", ["reminder_first by email", "unreachable", "reminder_second by sms"]),
        ("MOOSE", ["reminder_second by email", "reminder_second by sms", "reminder_third by sms"]),
        ("GHERKIN", ["reminder_first by email", "dispute_answer", "dispute_credit"]),
        (
            "YETI",
            [
                *("upcoming by email", "reminder_first by email", "reminder_second by email"),
                *("reminder_third by sms", "final_notice by email", "final_notice by sms"),
                *("suspend", "suspended by email", "reactivate", "thanks by email"),
            ],
        ),
        (
            "LEVIATHAN",
            [
                *("upcoming by email", "reminder_first by email", "reminder_second by email"),
                *("reminder_third by sms", "call", "final_notice by email", "final_notice by sms"),
                "approve",
            ],
        ),
        ("JUKEBOX", ["charge_1", "charge_2"]),
        ("CUCKOO", ["card_update_1 by email", "charge_card_2"]),
        (
            "SUNDIAL",
            [
                *("charge_1", "charge_2", "charge_before_reminder_first", "reminder_first by email"),
                *("charge_3", "charge_4", "charge_before_reminder_second", "reminder_second by sms"),
                *("final_notice by email", "final_notice by sms", "suspend", "suspended by email"),
                *("reactivate", "thanks by email"),
            ],
        ),
        (
            "METRONOME",
            [
                *("reminder_first by email", "reminder_second by email", "fee.reminder_second"),
                *("reminder_first by email", "call"),
            ],
        ),
    ],
)
def test_a_customer_gets_what_its_story_says(name: str, expected: list[str]) -> None:
    assert effects(name) == expected


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        *(("TORTOISE", "suspended"), ("LEVIATHAN", "final_notice"), ("ECHO", "overdue")),
        *(("WHALE", "current"), ("HAMMOCK", "current"), ("NEWTON", "current"), ("ENIGMA", "current")),
    ],
)
def test_a_customer_ends_as_its_story_says(name: str, stage: str) -> None:
    assert outcomes()[name].stage == stage


def test_only_those_are_never_cut_off_whom_nobody_warned_or_approved() -> None:
    suspended = {name for name in outcomes() if "suspend" in effects(name)}
    assert suspended == {
        *("YETI", "HAMMOCK", "TORTOISE", "HOUDINI", "WHALE", "ALLOTMENT", "MOONLIGHT", "DOMINO", "SUNDIAL"),
        *("TUMBLEWEED", "PIGEON", "MARIONETTE", "SCARECROW", "SANDCASTLE"),
    }
    # One is still suspended at the end of the demo, one goes to an agency, and one subscription has ended.
    for_good = {name for name in suspended if "reactivate" not in effects(name)}
    assert for_good == {"TORTOISE", "SANDCASTLE", "TUMBLEWEED"}


def test_no_customer_depends_on_the_hour_at_which_a_late_engine_looks() -> None:
    """The live demo runs hours behind: nothing that a person does may come in those hours."""
    for each in sample():
        done = [line.at for line in outcomes()[each.customer.id].lines if line.effect in ("suspend", "task")]
        asked = [
            fact.learned_at
            for fact in each.facts
            if isinstance(fact.body, facts.Approved | facts.ReactivateRequested | BY_FINANCE)
        ]
        for at in asked:
            gaps = [at - earlier for earlier in done if earlier < at]
            assert gaps, f"{each.customer.id}: nothing was there to decide about at {at}"
            assert min(gaps) >= timedelta(days=2), each.customer.id


# --- the sample is sane


def test_nothing_is_wrong_with_the_policies_of_the_demo() -> None:
    letters = Letters(SAMPLE.parent.parent / "templates")
    templates = {channel: letters.names(channel) for channel in CHANNELS}
    rules = [policy(segment) for segment in SEGMENTS]
    assert [lint(each, templates=templates, rates=shipped()) for each in rules] == [()] * len(rules)
    assert list(lint_together(rules)) == []


def test_it_is_about_sixty_customers_in_four_currencies_and_five_zones() -> None:
    assert 55 <= len(sample()) <= 65
    assert {each.customer.timezone for each in sample()} == {
        *("Europe/Berlin", "Europe/London", "America/New_York", "Asia/Tokyo", "America/Sao_Paulo")
    }
    currencies = Counter(each.customer.currency for each in sample())
    assert set(currencies) == {"EUR", "USD", "JPY", "GBP"}
    assert min(currencies.values()) >= 5
    assert Counter(each.customer.segment for each in sample())["consumer"] >= 5


def test_nobody_real_is_written_to() -> None:
    for each in sample():
        assert each.email is not None
        assert each.email.endswith(".example")
        assert each.phone is not None
        invented = ("+49 176 040690", "+44 7700 900", "+1 202 555 0", "+81 90 0000 01", "+55 11 90000 01")
        assert each.phone.startswith(invented)
    addresses = Counter(each.email for each in sample()) + Counter(each.phone for each in sample())
    assert set(addresses.values()) == {1}


def test_personal_data_is_not_in_the_customer_number() -> None:
    for each in sample():
        assert re.fullmatch("[A-Z]+", each.customer.id)
        assert each.story.endswith(".")


@pytest.mark.parametrize("start_on", [START_ON + timedelta(days=n) for n in range(7)] + [date(2024, 2, 1)])
def test_dates_are_in_order_whenever_the_demo_starts(start_on: date) -> None:
    first = datetime.combine(start_on, time(), UTC) - timedelta(days=1)
    for each in sample(start_on):
        told = [fact.learned_at for fact in each.facts]
        assert told == sorted(told)
        assert told[0] >= first
        for fact in each.facts:
            assert start_on <= fact.happened_on <= start_on + timedelta(days=DAYS)
            assert fact.learned_at.astimezone(ZoneInfo(each.customer.timezone)).date() == fact.happened_on
            if isinstance(fact.body, facts.InvoiceIssued):
                assert (fact.body.issued_on or fact.happened_on) < fact.body.due_on


def test_people_of_a_business_do_nothing_at_the_weekend() -> None:
    for each in sample():
        for fact in each.facts:
            if each.customer.segment == "business" and not isinstance(fact.body, facts.InvoiceIssued):
                assert fact.happened_on.weekday() < 5, (each.customer.id, fact.happened_on, fact.body)


def test_money_adds_up() -> None:
    left = {currency: Money.zero(currency) for currency in ("EUR", "USD", "JPY", "GBP")}
    for each in sample():
        book = post(all_played()[each.customer.id].history)
        for entry in book.entries:
            left[entry.amount.currency] += entry.amount
        for debt in book.debts:
            assert debt.open.minor >= 0
        assert book.unapplied == (), f"{each.customer.id} has money left over"
    # EUR: Tortoise 2 x 2340.00, Leviathan 12400.00, Allotment 8.50, Tumbleweed 2100.00, Sandcastle 210.00.
    # USD: Echo 730.00, the side debt
    # of Acorn 540.00, the exempt invoice of Cactus 150.00. JPY: what the bank of Rounding kept.
    assert {name: money.plain() for name, money in left.items()} == {
        "EUR": "19398.50",
        "USD": "1420.00",
        "JPY": "80",
        "GBP": "0.00",
    }


def test_what_finance_books_is_what_its_command_would_book_then() -> None:
    for each in sample():
        for fact in each.facts:
            if isinstance(fact.body, facts.FeeBooked):
                assert fact.body == _booked(each, fact, fact.body)


def _booked(each: SampleCustomer, fact: Fact, body: facts.FeeBooked) -> facts.FeeBooked | str:
    before = [earlier for earlier in each.facts if earlier.learned_at < fact.learned_at]
    rules, day_before = policy(each.customer.segment), fact.happened_on - timedelta(days=1)
    account = simulate(rules, each.customer, before, day_before, rates=shipped()).account
    entry = FeeEntry(invoice=body.invoice, kind=body.kind, step=body.step, fee=body.fee, by=body.by)
    return booking(Situation(policy=rules, account=account, now=fact.learned_at), entry)


def test_the_start_may_be_any_day_and_moves_every_date() -> None:
    moved = sample(START_ON + timedelta(days=10))
    for before, after in zip(sample(), moved, strict=True):
        assert [fact.id for fact in before.facts] == [fact.id for fact in after.facts]
        for one, two in zip(before.facts, after.facts, strict=True):
            assert two.happened_on - one.happened_on == timedelta(days=10)


# --- reading

CUSTOMER = """\
customers:
  - id: ACME
    name: Acme
    story: Does things.
    country: DE
    timezone: Europe/Berlin
    currency: EUR
    events:
"""
INVOICE = "      - {day: 3, type: invoice_issued, invoice: A-1, amount: 10.10, due_day: 17}\n"


def only(text: str) -> SampleCustomer:
    [each] = read_sample(CUSTOMER + text, date(2026, 3, 1))
    return each


def test_days_become_dates_and_the_currency_is_the_customers() -> None:
    [fact] = only(INVOICE).facts
    assert fact.happened_on == date(2026, 3, 4)
    assert fact.happened_at is None
    assert fact.learned_at == datetime(2026, 3, 3, 23, tzinfo=UTC)
    assert fact.body == facts.InvoiceIssued(
        invoice="A-1", amount="10.10", currency="EUR", due_on=date(2026, 3, 18)
    )


def test_a_time_is_the_customers_own_clock_on_both_sides_of_summer_time() -> None:
    before, after = only(
        INVOICE
        + "      - {day: 27, time: 09:30, type: opted_out}\n"
        + "      - {day: 28, time: 09:30, type: opted_out}\n"
    ).facts[1:]
    assert before.happened_at == datetime(2026, 3, 28, 8, 30, tzinfo=UTC)
    assert after.happened_at == datetime(2026, 3, 29, 7, 30, tzinfo=UTC)


def test_pauses_count_in_days_too() -> None:
    paused = only("      - {day: 1, type: paused, from_day: 2, to_day: 5, reason: asked}\n").facts[0].body
    assert paused == facts.Paused(from_=date(2026, 3, 3), to=date(2026, 3, 6), reason="asked")


def test_a_month_is_that_of_its_day_and_a_door_may_be_named() -> None:
    [fact] = only("      - {day: 40, source: meter, type: usage_reported, month_day: 30, amount: 9}\n").facts
    assert fact.source == "meter"
    assert fact.body == facts.UsageReported(month="2026-03", amount="9", currency="EUR")


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (INVOICE.replace("day: 3", "day: 121"), "9: customers.0.events.0.day", "this must be 120 or less"),
        (INVOICE.replace("day: 3", "day: 1.5"), "9: customers.0.events.0.day", "write a whole number"),
        (INVOICE.replace("day: 3,", "day: 3, time: 9am,"), "9: customers.0.events.0.time", "right form"),
        (
            INVOICE.replace("invoice_issued", "invoice_isued"),
            "9: customers.0.events.0.type",
            "'invoice_isued' is no type of event (did you mean invoice_issued?)",
        ),
        (INVOICE.replace("amount: 10.10, ", ""), "9: customers.0.events.0.amount", "Field required"),
        (INVOICE.replace(", due_day: 17", ""), "9: customers.0.events.0.due_day", "Field required"),
        (INVOICE.replace("10.10", "10.101"), "9: customers.0.events.0.amount", "EUR has 2 decimals"),
        (INVOICE.replace("10.10", "-1"), "9: customers.0.events.0.amount", "greater than 0"),
        (INVOICE.replace("due_day: 17", "due_day: soon"), "9: customers.0.events.0.due_day", "not 'soon'"),
        (
            INVOICE.replace("due_day: 17", "due_on: 2026-03-18"),
            "9: customers.0.events.0.due_on",
            "write due_day, a number of days from the start",
        ),
        (
            "      - {day: 4, type: usage_reported, month: 2026-03, amount: 9}\n",
            "9: customers.0.events.0.month",
            "write month_day, a number of days from the start",
        ),
        (
            INVOICE.replace("due_day: 17", "due_day: 17, colour: red"),
            "9: customers.0.events.0.colour",
            "Extra inputs are not permitted",
        ),
        (
            INVOICE + "      - {day: 4, type: write_off, invoice: A-2}\n",
            "10: customers.0.events.1.invoice",
            "no invoice of this customer is called 'A-2' (did you mean A-1?)",
        ),
        (
            INVOICE + "      - {day: 4, type: refunded, payment: P-1}\n",
            "10: customers.0.events.1.payment",
            "no payment of this customer is called 'P-1'",
        ),
        (INVOICE + INVOICE, "10: customers.0.events.1.invoice", "invoice A-1 is issued twice"),
    ],
)
def test_a_fault_of_the_file_is_named_with_line_and_place(text: str, place: str, words: str) -> None:
    with pytest.raises(BadDocument) as caught:
        only(text)
    assert f"demo.yaml:{place}" in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("Europe/Berlin", "Europe/Atlantis", "2: customers.0", "is no known time zone"),
        ("currency: EUR", "currency: EURO", "2: customers.0", "is no currency code"),
        ("    story: Does things.\n", "", "2: customers.0.story", "required and missing"),
        ("country: DE", "country: DE\n    colour: red", "6: customers.0.colour", "nobody knows this key"),
    ],
)
def test_a_fault_of_a_customer_is_named_with_line_and_place(
    old: str, new: str, place: str, words: str
) -> None:
    with pytest.raises(BadDocument) as caught:
        read_sample(CUSTOMER.replace(old, new) + INVOICE)
    assert f"demo.yaml:{place}" in str(caught.value)
    assert words in str(caught.value)


def test_two_customers_of_one_number_are_refused() -> None:
    second = (CUSTOMER + INVOICE).partition("\n")[2].replace("A-1", "A-2")
    with pytest.raises(
        BadDocument, match=r"demo\.yaml:10: customers\.1\.id: customer ACME stands here twice"
    ):
        read_sample(CUSTOMER + INVOICE + second)


def test_the_bounces_of_the_sample_are_those_of_the_outbox() -> None:
    for each in sample():
        for to in (each.email, each.phone):
            assert to is not None
            assert bounces_in_samples(to) == reaches_nobody(to)


def test_the_doors_of_the_ledger_take_the_whole_sample(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'demo.db'}"
    migrate(url)
    ledger = Ledger(url, durable=False)
    start_at = datetime.combine(START_ON, time(), UTC) - timedelta(days=1)
    for segment in SEGMENTS:
        policies.adopt(ledger, policy(segment), now=start_at, by="demo")
    for each in sample():
        contact = ContactData(name=each.name, email=each.email, phone=each.phone, address=each.address)
        with ledger.write() as session:
            customers.add(session, each.customer, contact, now=start_at)
        taken = 0
        for fact in each.facts:
            new = NewFact(
                source=fact.source,
                id=fact.id,
                happened_on=fact.happened_on,
                happened_at=fact.happened_at,
                body=fact.body,
            )
            taken += doors.record(ledger, each.customer.id, [new], now=fact.learned_at).accepted
        assert taken == len(each.facts)
    ledger.close()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("NEWTON", CheckResult(outcome="pass", reasons=())),
        ("ENIGMA", CheckResult(outcome="review", reasons=("vat_id_missing",))),
    ],
)
def test_an_applicant_is_checked_as_its_story_says(name: str, expected: CheckResult) -> None:
    application = by_id(name).application
    assert application is not None
    assert application.customer == by_id(name).customer
    assert check_identifiers(application) == expected


def test_only_the_two_new_customers_apply() -> None:
    assert {each.customer.id for each in sample() if each.application} == {"NEWTON", "ENIGMA"}
