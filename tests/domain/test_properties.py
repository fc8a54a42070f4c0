"""The promises: whatever the policy and whatever happens, nobody is wronged and nothing spins.

Random policies and random histories are played through the simulator; what it did is then judged by
rules of this file's own, which know only the facts, `posting.post` and the calendar on the wall.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import holidays
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import facts
from domain.account_fold import Building, build
from domain.book import Debt
from domain.channels import SERVICE
from domain.claim import Claim
from domain.customer import Customer
from domain.decide import decide
from domain.facts import Fact
from domain.own_steps import AFTER_END, CLOSED
from domain.plan import plan
from domain.policy import Policy
from domain.policy_steps import Switching, TerminateStep
from domain.posting import post
from domain.simulation.events import read_events
from domain.simulation.play import simulate
from domain.simulation.timeline import Line, Outcome
from domain.stages import may_follow
from tests.effort import examples

START, UNTIL = date(2026, 1, 5), date(2026, 6, 30)
DAYS = 120
MESSAGES = ("email", "sms")


# --- random policies and histories ---------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    policy: Policy
    customer: Customer
    events: tuple[dict[str, Any], ...]

    def history(self) -> list[Fact]:
        return read_events(self.customer, self.events)

    def play(self) -> Outcome:
        return simulate(self.policy, self.customer, self.history(), UNTIL)


def one_in(draw: st.DrawFn, n: int) -> bool:
    return draw(st.integers(1, n)) == n


def agreed(late: list[str]) -> dict[str, Any]:
    """Interest by contract, with a fee for the first step after the due date."""
    terms = {"basis": "contract", "clause": "c", "annual_percent": 12, "propose_at": 6, "cap": {"EUR": "4"}}
    return terms | ({"fees": {late[0]: {"EUR": "1"}}} if late else {})


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    offset, steps, ids = draw(st.sampled_from([-5, 0, 1, 3])), [], list[str]()
    for n in range(draw(st.integers(1, 4))):
        step: dict[str, Any] = {"kind": "notice", "id": f"n{n}", "offset_days": offset, "template": "t"}
        step["channels"] = draw(st.sampled_from([["email"], ["sms"], ["email", "sms"], ["sms", "email"]]))
        step["send"] = draw(st.sampled_from(["first", "all"]))
        if offset > 0 and one_in(draw, 6):
            step["anchor"] = draw(st.sampled_from(ANCHORS[: 4 if late_notice(steps) else 3]))
        if ids and one_in(draw, 3):
            step["needs_delivered"] = [draw(st.sampled_from(ids))]
        if one_in(draw, 8):
            step["when"] = draw(st.sampled_from([{"invoices_at_least": 2}, {"minimum": {"EUR": "60"}}]))
        steps.append(step)
        ids.append(step["id"])
        offset += draw(st.integers(2, 7))
    late = [step["id"] for step in steps if step["offset_days"] > 0]
    if one_in(draw, 3):
        steps.append({"kind": "task", "id": "call", "offset_days": offset, "task": "call"})
    if late:
        needs = draw(st.lists(st.sampled_from(late), min_size=1, max_size=3, unique=True))
        suspend = {
            "kind": "suspend",
            "id": "suspend",
            "offset_days": max(offset, 1),
            "needs_delivered": needs,
        }
        suspend |= {"notice_days": draw(st.integers(1, 8)), "channels": ["email", "sms"]}
        if one_in(draw, 4):
            suspend["approval"] = {"EUR": "50"}
        if one_in(draw, 3):
            steps.append(restrict(draw, offset, late))
            suspend["offset_days"] += 1
        if one_in(draw, 8) and late_notice(steps):
            suspend["anchor"] = "previous_delivered"
        steps.append(suspend)
        if one_in(draw, 2):
            steps += ends(draw, suspend["offset_days"], late)
    for kind, far in (("hand_over", 50), ("write_off", 60)):
        if late and one_in(draw, 4):
            step = {"kind": kind, "id": kind, "offset_days": offset + far, "needs_delivered": late[:1]}
            steps.append(step | ({"approval": {"EUR": "40"}} if one_in(draw, 3) else {}))
    return Policy.model_validate(
        {
            "policy": "p",
            "title": "P",
            "for": {"segments": ["business"]},
            "steps": steps,
            "minimum": draw(st.sampled_from([{}, {}, {"EUR": "40"}, {"USD": "5"}])),
            "tolerance": draw(st.sampled_from([{}, {}, {"EUR": "2"}])),
            "minimum_gap_days": draw(st.integers(0, 4)),
            "grace_days": draw(st.sampled_from([0, 0, 0, 6])),
            "lateness": draw(st.sampled_from(["never_skip", "most_severe"])),
            "allocation": draw(st.sampled_from(["oldest_due", "oldest_invoice"])),
            "interest": draw(st.sampled_from([{}, agreed(late)])),
            "return": {"when": draw(st.sampled_from(["nothing_overdue", "below_minimum"]))},
            "window": draw(
                st.sampled_from(
                    [{}, {}, {"weekdays": ["mon", "thu"]}, {"opens": "00:00:00", "holidays": False}]
                )
            ),
        }
    )


ANCHORS = ["invoice_date", "month_end", "first_failed_charge", "previous_delivered"]


def late_notice(steps: list[dict[str, Any]]) -> bool:
    """Whether there is a notice from whose delivery a step may count."""
    return any(step["kind"] == "notice" and step["offset_days"] >= 0 for step in steps)


def restrict(draw: st.DrawFn, offset: int, late: list[str]) -> dict[str, Any]:
    step: dict[str, Any] = {"kind": "restrict", "id": "restrict", "offset_days": max(offset, 1)}
    if one_in(draw, 2):
        step |= {"needs_delivered": late[:1], "notice_days": draw(st.integers(0, 3))}
    return step | ({"approval": {"EUR": "50"}} if one_in(draw, 4) else {})


def ends(draw: st.DrawFn, suspended: int, late: list[str]) -> list[dict[str, Any]]:
    """The end of a subscription, mostly with a warning of its own."""
    own: dict[str, Any] = {"kind": "notice", "id": "last_call", "offset_days": suspended + 4, "template": "t"}
    warned = draw(st.sampled_from([["last_call"], ["last_call"], late[-1:]]))
    end: dict[str, Any] = {"kind": "terminate", "id": "terminate", "offset_days": suspended + 10}
    end |= {"suspended_days": draw(st.integers(1, 15)), "notice_days": draw(st.integers(1, 8))}
    end |= {
        "needs_delivered": warned,
        "approval": draw(st.sampled_from([{}, {"EUR": "1000", "USD": "1000"}])),
    }
    return [own, end] if warned == ["last_call"] else [end]


CUSTOMERS = [
    Customer(id="c-1"),
    Customer(id="c-1", timezone="Europe/Berlin", country="DE", currency="EUR"),
    Customer(id="c-1", timezone="America/New_York", country="US", currency="USD"),
    Customer(id="c-1", timezone="Asia/Tokyo", country="JP"),
]
AMOUNTS = ["1.00", "30.00", "45.00", "100.00"]
MOVES_MONEY = {
    *("PaymentReceived", "Refunded", "ChargedBack", "ChargebackReversed", "CreditNote"),
    *("CreditNoteCancelled", "WrittenOff", "WriteOffUndone", "InvoiceVoided", "InvoiceCorrected"),
    *("InvoiceIssued", "DisputeOpened", "DisputeResolved"),
}
PAYMENTS, NAMES = {"P": "EUR", "Q": "EUR", "U": "USD"}, ["A", "B", "C"]
# What may happen, the usual more often than the odd.
KINDS = """payment_received payment_received payment_received refunded charged_back chargeback_reversed
    credit_note credit_note_cancelled write_off write_off_undone invoice_voided invoice_corrected
    dispute_opened dispute_opened dispute_resolved paused paused resumed exempted exempted exemption_ended
    opted_out contact_invalid contact_changed bounced bounced delivered payment_in_flight
    payment_in_flight payment_failed approved approved suspend_requested reactivate_requested
    workers_down task_completed card_added promise_made promise_made hold_set hold_released
    fee_booked fee_booked fee_waived fee_cancelled payment_failed handed_over handed_over taken_back
    suspended_elsewhere subscription_cancelled draft_deleted incident_opened incident_closed""".split()


@st.composite
def moments(draw: st.DrawFn) -> str:
    day = START + timedelta(days=draw(st.integers(0, DAYS)))
    hour = draw(st.sampled_from([None, None, 9, 9, 15, 23]))
    return day.isoformat() if hour is None else f"{day}T{hour:02}:00:00Z"


def later(draw: st.DrawFn, at: str, most: int) -> str:
    return (date.fromisoformat(at[:10]) + timedelta(days=draw(st.integers(0, most)))).isoformat()


def next_day(at: str) -> str:
    """The day after, which is no day before `at` anywhere."""
    return (date.fromisoformat(at[:10]) + timedelta(days=1)).isoformat()


@st.composite
def happenings(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    at, invoice = draw(moments()), draw(st.sampled_from(NAMES))
    event: dict[str, Any] = {"at": at, "type": kind}
    payment, amount = draw(st.sampled_from(sorted(PAYMENTS))), draw(st.sampled_from(AMOUNTS))
    currency = PAYMENTS[payment]
    maybe_invoice = draw(st.sampled_from([None, invoice]))
    match kind:
        case "payment_received" | "payment_in_flight":
            event |= {"payment": payment, "amount": amount, "currency": currency, "invoice": maybe_invoice}
        case "refunded" | "charged_back" | "chargeback_reversed":
            event |= {"payment": payment, "amount": draw(st.sampled_from([None, amount]))}
        case "payment_failed":
            event |= draw(st.sampled_from([{"payment": payment}, {"invoice": invoice}]))
        case "handed_over" | "taken_back":
            event |= {"invoice": maybe_invoice}
        case "suspended_elsewhere":
            event |= {"outcome": draw(st.sampled_from([None, "ended"]))}
        case "draft_deleted":
            event |= {"invoice": invoice}
        case "incident_opened":
            event |= {"incident": "inc-1", "kind": "spam", "category": "misuse"}
        case "incident_closed":
            event |= {"incident": "inc-1"}
        case "credit_note" | "credit_note_cancelled":
            event |= {"credit_note": "N", "invoice": invoice, "amount": amount}
        case "write_off" | "write_off_undone" | "invoice_voided":
            event |= {"invoice": invoice}
        case "invoice_corrected":
            event |= {"invoice": invoice, "amount": amount, "due_on": later(draw, at, 30)}
        case "dispute_opened":
            event |= {"dispute": "D", "invoice": invoice, "amount": draw(st.sampled_from([None, amount]))}
        case "dispute_resolved":
            event |= {"dispute": "D"}
        case "paused":
            event |= {"reason": "r", "from": later(draw, at, 4)}
            event |= {"to": later(draw, event["from"], 20)}
        case "exempted":
            event |= {"reason": "r", "invoice": maybe_invoice, "from": later(draw, at, 9)}
            event |= {"to": later(draw, event["from"], 40)}
        case "exemption_ended":
            event |= {"invoice": maybe_invoice}
        case "hold_set":
            event |= {"reason": draw(st.sampled_from(["attorney", "bankruptcy"]))}
            event |= {"to": later(draw, next_day(at), 40)} if one_in(draw, 2) else {}
        case "hold_released":
            event |= {"reason": draw(st.sampled_from([None, "attorney"]))}
        case "promise_made":
            promised = draw(st.sampled_from([None, amount]))
            event |= {"pay_on": later(draw, next_day(at), 45), "amount": promised}
        case "opted_out" | "contact_invalid" | "contact_changed":
            event |= {"channel": draw(st.sampled_from(MESSAGES))}
        case "bounced" | "delivered":
            # An instant, so that it is known when it happened: a date would be known when its day is over.
            event |= {"at": f"{at[:10]}T11:00:00Z", "channel": draw(st.sampled_from([None, *MESSAGES]))}
        case "suspend_requested" | "reactivate_requested":
            event |= {"reason": "r"}
        case "fee_booked":
            event |= {"fee": "F", "invoice": invoice, "kind": "interest", "amount": amount, "currency": "EUR"}
            event |= {"basis": "b", "until": at[:10]}
        case "fee_waived" | "fee_cancelled":
            event |= {"fee": "F", "reason": "r"}
        case "workers_down":
            event |= {"until": later(draw, at, 15)}
    return event


@st.composite
def cases(draw: st.DrawFn) -> Case:
    invoices = [
        {
            "at": (START + timedelta(days=draw(st.integers(0, 20)))).isoformat(),
            "type": "invoice_issued",
            "invoice": name,
            "amount": draw(st.sampled_from(AMOUNTS)),
            "currency": draw(st.sampled_from(["EUR", "EUR", "USD"])),
            "due_on": (START + timedelta(days=draw(st.integers(5, 60)))).isoformat(),
            "main": not one_in(draw, 6),
        }
        for name in NAMES[: draw(st.integers(1, 3))]
    ]
    under, size = draw(policies()), draw(st.sampled_from([0, 1, 3, 6, 12, 12]))
    # Hypothesis likes to draw the same again; what happens to a customer is of many kinds.
    kinds = Random(f"{under.version} {invoices}").sample(KINDS, size)
    rest = [draw(happenings(kind)) for kind in kinds]
    if one_in(draw, 3):
        rest += paid_late(draw, invoices)
    return Case(under, draw(st.sampled_from(CUSTOMERS)), (*invoices, *rest))


def paid_late(draw: st.DrawFn, invoices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Everything is paid in the end, so that services which were suspended come back."""
    at = (START + timedelta(days=draw(st.integers(60, DAYS)))).isoformat()
    return [
        {"at": at, "type": "payment_received", "payment": f"paid-{each['invoice']}"}
        | {name: each[name] for name in ("invoice", "amount", "currency")}
        for each in invoices
    ]


# --- an independent judge ------------------------------------------------------------------------


@dataclass(frozen=True)
class Judge:
    """Knows the facts and what was done, and none of the rules of the engine."""

    case: Case
    outcome: Outcome
    history: list[Fact]

    @property
    def effects(self) -> list[Line]:
        return [line for line in self.outcome.lines if line.kind == "effect"]

    @property
    def reminders(self) -> list[Line]:
        ladder = {step.id for step in self.case.policy.notices}
        return [line for line in self.effects if line.step in ladder]

    def known(self, at: datetime) -> list[Fact]:
        """What was known at an instant, in the order in which it happened."""
        known = [fact for fact in self.history if fact.learned_at <= at]
        return sorted(known, key=lambda fact: (fact.learned_at, type(fact.body).__name__))

    def local(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.case.customer.timezone))

    def debts(self, at: datetime) -> dict[str, Debt]:
        book = post(self.known(at), allocation=self.case.policy.allocation)
        return {debt.invoice: debt for debt in book.debts}

    def net(self, at: datetime, currency: str) -> int:
        """All that is open in a currency, less the customer's credit."""
        book = post(self.known(at), allocation=self.case.policy.allocation)
        owed = sum(debt.open.minor for debt in book.debts if debt.open.currency == currency)
        return owed - sum(money.minor for money in book.unapplied if money.currency == currency)

    def opted_out(self, at: datetime, channel: str) -> bool:
        bodies = [fact.body for fact in self.known(at)]
        return any(isinstance(body, facts.OptedOut) and body.channel in (None, channel) for body in bodies)

    def addresses(self, line: Line) -> int:
        """How often the customer had given a new address by the time of a message."""
        bodies = [fact.body for fact in self.known(line.at)]
        return sum(isinstance(body, facts.ContactChanged) and body.channel == line.channel for body in bodies)

    def in_window(self, at: datetime) -> bool:
        wall, window = self.local(at), self.case.policy.window
        days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        country = self.case.customer.country
        free = (
            window.holidays and country and wall.date() in holidays.country_holidays(country, years=wall.year)
        )
        return (
            days[wall.weekday()] in window.weekdays
            and window.opens <= wall.time() < window.closes
            and not free
        )

    def resting(self, at: datetime, invoice: str | None = None) -> bool:
        """Whether a pause, or for an invoice an exemption, covers the day of `at`."""
        begin, end = (
            (facts.Paused, facts.Resumed) if invoice is None else (facts.Exempted, facts.ExemptionEnded)
        )
        today, rests = self.local(at).date(), list[tuple[date, date, str | None]]()
        known = sorted(self.known(at), key=lambda fact: (fact.learned_at, isinstance(fact.body, end)))
        for fact in known:
            about = getattr(fact.body, "invoice", None)
            if isinstance(fact.body, begin):
                rests.append((fact.body.from_ or fact.happened_on, fact.body.to or date.max, about))
            elif isinstance(fact.body, end):
                on = fact.happened_on
                rests = [
                    (first, min(last, on - timedelta(days=1)) if about == other else last, other)
                    for first, last, other in rests
                ]
        return any(
            first <= today <= last and (invoice is None or other in (None, invoice))
            for first, last, other in rests
        )

    def held(self, at: datetime) -> bool:
        """Whether a hold covers the day of `at`."""
        today, until = self.local(at).date(), list[tuple[date, date, str]]()
        known = sorted(
            self.known(at), key=lambda fact: (fact.learned_at, isinstance(fact.body, facts.HoldReleased))
        )
        for fact in known:
            match fact.body:
                case facts.HoldSet(to=to, reason=reason):
                    until.append((fact.happened_on, to or date.max, reason))
                case facts.HoldReleased(reason=reason):
                    last = fact.happened_on - timedelta(days=1)
                    until = [
                        (first, min(end, last) if reason in (None, why) else end, why)
                        for first, end, why in until
                    ]
        return any(first <= today <= last for first, last, _ in until)

    def waits_for_a_promise(self, at: datetime) -> bool:
        """Whether the first promise is open for certain: something was owed, and no money moved since."""
        known, today, terms = self.known(at), self.local(at).date(), self.case.policy.promises
        first = next((fact for fact in known if isinstance(fact.body, facts.PromiseMade)), None)
        if first is None or not isinstance(first.body, facts.PromiseMade):
            return False
        made_on, pay_on = first.happened_on, first.body.pay_on
        last = min(pay_on, made_on + timedelta(days=terms.max_days)) + timedelta(days=terms.grace_days)
        moved = [
            fact for fact in known if fact.happened_on >= made_on and type(fact.body).__name__ in MOVES_MONEY
        ]
        due = [debt for debt in self.debts(at).values() if debt.open and debt.due_on < made_on]
        tolerated = {debt.open.currency: self.case.policy.tolerance.get(debt.open.currency) for debt in due}
        return made_on <= today <= last and not moved and bool(due) and not any(tolerated.values())

    def step(self, line: Line) -> Switching:
        (step,) = [step for step in self.case.policy.steps if step.id == line.step]
        assert isinstance(step, Switching)
        return step

    def gone(self, at: datetime) -> bool:
        """Whether others have the service suspended, or the subscription was cancelled."""
        known = sorted(self.known(at), key=lambda fact: (fact.happened_on, str(fact.happened_at or "")))
        others = [fact.body for fact in known if isinstance(fact.body, facts.SuspendedElsewhere)]
        cancelled = any(isinstance(fact.body, facts.SubscriptionCancelled) for fact in known)
        return cancelled or (bool(others) and others[-1].outcome != "ended")

    def handed_over(self, at: datetime, invoice: str) -> bool:
        """Whether others collect an invoice that was handed over by its name."""
        with_others = False
        for fact in self.known(at):
            match fact.body:
                case facts.HandedOver(invoice=name) if name == invoice:
                    with_others = True
                case facts.TakenBack(invoice=name) if name in (None, invoice):
                    with_others = False
        return with_others

    def claim(self, line: Line) -> Claim:
        found = [
            claim
            for claim in self.outcome.account.claims
            if (claim.step, claim.channel, claim.claimed_at) == (line.step, line.channel, line.at)
        ]
        assert len(found) == 1
        return found[0]


def nobody_is_chased_without_owing(judge: Judge) -> None:
    for line in judge.effects:
        if line.effect == "notice" and line.step != "thanks":
            debts = judge.debts(line.at)
            assert any(debt.open for debt in debts.values()), "somebody who owes nothing was written to"
            for named in line.debts:
                if named.invoice != SERVICE:
                    assert 0 < named.amount.minor <= debts[named.invoice].open.minor
                    assert named.opening >= debts[named.invoice].opening  # a rest opens it again, too
                    assert judge.net(line.at, named.amount.currency) > 0
                    assert not judge.resting(line.at, named.invoice), "exempt"


def nobody_is_written_to_against_their_will(judge: Judge) -> None:
    for line in judge.effects:
        if line.effect == "notice":
            assert line.channel is not None
            assert not judge.opted_out(line.at, line.channel)
        if line.effect in ("notice", "restrict", "suspend", "terminate") and line.step != CLOSED:
            assert judge.in_window(line.at)
    for line in judge.reminders:
        assert not judge.resting(line.at), "paused"


def a_hold_lets_nothing_through(judge: Judge) -> None:
    for line in judge.effects:
        if line.effect in ("notice", "suspend") or line.step == "call":
            assert not judge.held(line.at), f"{line.step} went out under a hold"


def a_promise_is_waited_for(judge: Judge) -> None:
    ladder = {step.id for step in judge.case.policy.steps}
    for line in judge.effects:
        if line.step in ladder:
            assert not judge.waits_for_a_promise(line.at), f"{line.step} did not wait for the promise"


def nobody_is_suspended_unwarned(judge: Judge) -> None:
    policy = judge.case.policy
    for line in judge.effects:
        if line.effect not in ("restrict", "suspend", "terminate") or line.step == CLOSED:
            continue
        step, today = judge.step(line), judge.local(line.at).date()
        assert step.kind == line.effect
        assert not judge.gone(line.at), "others suspended it, or it is cancelled"
        assert not judge.resting(line.at)
        for named in line.debts:
            debt = judge.debts(line.at)[named.invoice]
            assert debt.main
            assert debt.open
            assert debt.days_late(today) > 0
            arrived = [
                claim
                for claim in judge.outcome.account.claims
                if (named.invoice, named.opening) in claim.debts
                and claim.delivered_at is not None
                and claim.delivered_at <= line.at
                and (claim.bounced_at is None or claim.bounced_at > line.at)
            ]
            for need in step.needs_delivered:
                standing = [claim for claim in arrived if claim.step in stand_ins(policy, need)]
                assert standing, f"{need} was not delivered"
                first = min(claim.delivered_at for claim in standing if claim.delivered_at)
                assert judge.local(first) + timedelta(days=step.notice_days) <= judge.local(line.at)
            if step.kind != "suspend":
                continue
            (last, *_) = [claim for claim in arrived if claim.step == policy.last_warning]
            assert last.suspend_on is not None
            assert last.suspend_on <= today
            since = [last.suspend_on + timedelta(days=n) for n in range((today - last.suspend_on).days)]
            noons = [datetime.combine(day, time(12), line.at.tzinfo) for day in since]
            assert not [at for at in noons if judge.resting(at, named.invoice) or judge.held(at)], (
                "a rest since the announced day"
            )


def the_end_is_final(judge: Judge) -> None:
    """Only what was suspended for long ends; then nothing is done but tasks, a last word, and thanks."""
    ended: Line | None = None
    down: Line | None = None
    for line in judge.effects:
        if ended is not None:
            due = {name: debt.due_on for name, debt in judge.debts(line.at).items()}
            end = judge.local(ended.at).date()
            before = {d.invoice for d in line.debts if d.invoice in due and due[d.invoice] <= end}
            after_it = ("service-ended", "thanks", AFTER_END, "hand_over", "write_off")
            asked = line.effect == "task" and (line.step or "").startswith("approve-")
            assert line.effect in ("notice", "task"), "the service was turned after its end"
            assert not before or line.step in after_it or asked, "a debt of before the end was chased"
        if line.effect == "terminate" and line.step != CLOSED:
            step = judge.step(line)
            assert down is not None
            assert down.effect == "suspend", "ended without a suspension"
            assert isinstance(step, TerminateStep)
            assert judge.local(down.at) + timedelta(days=step.suspended_days) <= judge.local(line.at)
            ended = line
        if line.effect in ("restrict", "suspend", "reactivate"):
            down = line


def what_others_collect_we_do_not_chase(judge: Judge) -> None:
    for line in judge.effects:
        if line.effect in ("notice", "restrict", "suspend", "terminate"):
            for named in line.debts:
                if named.invoice != SERVICE:
                    assert not judge.handed_over(line.at, named.invoice)


def the_stage_follows_the_facts(judge: Judge) -> None:
    """De-escalation: the stage is never graver than what was said about a debt that is still open."""
    policy = judge.case.policy
    for line in judge.outcome.lines:
        if line.kind != "stage" or line.stage not in ("reminder", "final_notice"):
            continue
        open_now = {name for name, debt in judge.debts(line.at).items() if debt.open}
        said = {
            claim.step
            for claim in judge.outcome.account.claims
            if claim.claimed_at <= line.at and any(name in open_now for name, _ in claim.debts)
        }
        assert said & {step.id for step in policy.notices}
        assert line.stage != "final_notice" or policy.last_warning in said


def the_stages_follow_each_other(judge: Judge) -> None:
    stages = [line.stage for line in judge.outcome.lines if line.kind == "stage"]
    assert [pair for pair in pairwise(stages) if not may_follow(*pair)] == []


def stand_ins(policy: Policy, need: str) -> set[str]:
    """What may stand for a warning: itself; under `most_severe` every later notice, not for the last."""
    ids = [step.id for step in policy.notices]
    if policy.lateness == "never_skip" or need == policy.last_warning:
        return {need}
    return set(ids[ids.index(need) :])


def nothing_happens_twice(judge: Judge) -> None:
    done = Counter(
        (line.step, line.channel, judge.addresses(line), debt.invoice, debt.opening)
        for line in judge.effects
        for debt in line.debts
    )
    assert not [each for each, times in done.items() if times > 1]


def different_steps_keep_their_gap(judge: Judge) -> None:
    gap = max(judge.case.policy.minimum_gap_days, 1)
    for n, second in enumerate(judge.reminders):
        for first in judge.reminders[:n]:
            bounced_at = judge.claim(first).bounced_at
            if first.step != second.step and (bounced_at is None or bounced_at > second.at):
                days = judge.local(second.at).date() - judge.local(first.at).date()
                assert days >= timedelta(days=gap)


PROMISES = (
    nobody_is_chased_without_owing,
    nobody_is_written_to_against_their_will,
    a_hold_lets_nothing_through,
    a_promise_is_waited_for,
    nobody_is_suspended_unwarned,
    nothing_happens_twice,
    different_steps_keep_their_gap,
    the_end_is_final,
    what_others_collect_we_do_not_chase,
    the_stage_follows_the_facts,
    the_stages_follow_each_other,
)


# --- the promises --------------------------------------------------------------------------------

slow_is_fine = settings(
    suppress_health_check=list(HealthCheck), database=None, derandomize=True, deadline=None
)


def test_the_promises_hold_and_the_cases_are_worth_it() -> None:
    seen: Counter[str] = Counter()

    @settings(slow_is_fine, max_examples=examples(400))
    @given(cases())
    def check(case: Case) -> None:
        outcome = case.play()
        judge = Judge(case, outcome, case.history())
        for promise in PROMISES:
            promise(judge)
        steps = {line.step for line in judge.effects}
        kinds = {line.effect for line in judge.effects}
        seen.update(["cases", *kinds])
        seen["final"] += case.policy.last_warning in steps if case.policy.last_warning else 0
        seen["bounced"] += any(claim.bounced_at for claim in outcome.account.claims)
        seen.update({f"rule {line.reason.rule}" for line in outcome.lines if line.reason})
        seen.update({f"stage {line.stage}" for line in outcome.lines})

    check()
    print(seen)

    assert seen["final"] >= 0.20 * seen["cases"], seen
    assert seen["suspend"] >= 0.05 * seen["cases"], seen
    assert seen["reactivate"] >= 0.02 * seen["cases"], seen
    assert seen["bounced"], seen
    assert seen["restrict"] >= 0.02 * seen["cases"], seen
    assert seen["terminate"] >= 0.005 * seen["cases"], seen
    assert seen["stage terminated"], seen
    assert seen["stage handed_over"], seen
    assert set(seen) >= HOLDS, HOLDS - set(seen)


HOLDS = {
    f"rule {rule}"
    for rule in """hold.minimum hold.absolute hold.promised hold.suspended hold.condition hold.exempt
    hold.paused hold.disputed hold.in_flight hold.gap hold.not_delivered hold.notice_period
    hold.approval hold.unreachable hold.side_debt window.hours window.weekday""".split()
}


@settings(slow_is_fine, max_examples=examples(60))
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_in_which_events_are_told_changes_nothing(case: Case, random: Random) -> None:
    shuffled = list(case.events)
    random.shuffle(shuffled)
    again = Case(case.policy, case.customer, tuple(shuffled))

    assert json.dumps(again.play().json()) == json.dumps(case.play().json())


def ticks(first: datetime) -> Iterator[dict[str, Any]]:
    """Yield events that say nothing: each only makes the engine look once more."""
    for n in range(50):
        at = first + timedelta(days=3 * n, hours=5 * n + 1, minutes=7)
        yield {"at": at.isoformat(), "type": "tick"}


@settings(slow_is_fine, max_examples=examples(40))
@given(cases())
def test_looking_more_often_finds_nothing_that_was_not_waited_for(case: Case) -> None:
    """Whatever time alone brings about has a wake-up: an extra look changes no effect and no stage."""
    first = min(fact.learned_at for fact in case.history())
    watched = Case(case.policy, case.customer, (*case.events, *ticks(first)))

    assert done(watched.play()) == done(case.play())


def done(outcome: Outcome) -> list[tuple[Any, ...]]:
    return [
        (line.at, line.kind, line.stage, line.step, line.channel, line.debts)
        for line in outcome.lines
        if line.kind != "held"
    ]


@settings(slow_is_fine, max_examples=examples(80))
@given(cases(), st.integers(0, DAYS), st.integers(0, 23))
def test_a_wake_up_is_later_than_now_and_the_keys_are_unique(case: Case, day: int, hour: int) -> None:
    now = datetime(START.year, START.month, START.day, hour, tzinfo=UTC) + timedelta(days=day)
    known = [fact for fact in case.history() if fact.learned_at <= now]
    claims = simulate(case.policy, case.customer, known, now.date()).account.claims
    account = build(case.customer, known, [claim for claim in claims if claim.claimed_at <= now])

    decision = decide(case.policy, account, now)
    made = plan(case.policy, account, now)

    assert decision.wake_at is None or decision.wake_at > now
    assert len({effect.key for effect in decision.effects}) == len(decision.effects)
    assert (made.effects, made.wake_at, made.held) == (decision.effects, decision.wake_at, decision.held)
    assert all(effect.reason.words for effect in decision.effects)
    assert all(held.reason.words for held in decision.held)
    assert all(held.until is None or held.until > now for held in decision.held)


@settings(slow_is_fine, max_examples=examples(30))
@given(cases())
def test_the_same_events_give_the_same_timeline(case: Case) -> None:
    assert json.dumps(case.play().json()) == json.dumps(case.play().json())


@settings(slow_is_fine, max_examples=examples(150))
@given(cases(), st.randoms(use_true_random=False))
def test_an_account_that_grows_fact_by_fact_is_the_one_that_is_built_at_once(
    case: Case, random: Random
) -> None:
    """In whatever order facts are learned; the claims are there from the beginning."""
    history, claims = case.history(), case.play().account.claims
    random.shuffle(history)
    building = Building(case.customer, channels=MESSAGES, go_live_on=None, allocation=case.policy.allocation)
    known: list[Fact] = []
    grown = build(case.customer, known, claims)
    while history:
        new = [history.pop() for _ in range(min(len(history), random.randint(1, 3)))]
        known += new
        grown = building.learn(new, grown.claims)

        assert grown == build(case.customer, known, claims, allocation=case.policy.allocation)
