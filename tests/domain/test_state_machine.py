"""A customer whom anything may befall, one thing after the other, and an engine that looks after each.

Unlike the properties, which judge whole histories afterwards, the machine asks after every step: it can
wait from wake-up to wake-up, stand under a law of contact, and see whether a forecast comes true.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain.account import Account
from domain.account_fold import Building
from domain.channels import CHANNELS
from domain.contact_law.whereabouts import Whereabouts
from domain.customer import Customer
from domain.decide import decide
from domain.facts import Fact
from domain.policy import Policy
from domain.simulation.events import read_events
from domain.simulation.forecast import coming, perform
from domain.simulation.timeline import Line, effect_line
from tests.domain.playing import Event, event
from tests.domain.test_contact_in_plan import SHIPPED, call, notice, policy
from tests.domain.test_contact_properties import REGIONS, ZONES

BEGINNING = datetime(2026, 1, 5, 12, tzinfo=UTC)
NOTICE_DAYS = 10
LADDER: Policy = policy(
    notice("first", 2, "email", "sms", send="all"),
    notice("second", 8, "sms", "email"),
    call("call", 10),
    notice("final", 15, "email", "sms", send="all"),
    {"kind": "suspend", "id": "suspend", "offset_days": 30, "notice_days": NOTICE_DAYS}
    | {"needs_delivered": ["final"]},
    minimum_gap_days=2,
)
INVOICES, MOST_LOOKS = ("A", "B", "C"), 200
AMOUNTS = ("20.00", "80.00")
HOURS = st.integers(1, 8 * 24)
ENOUGH = settings(max_examples=40, stateful_step_count=30, deadline=None, derandomize=True, database=None)
seen: Counter[str] = Counter()
"""How many lives had a last warning, had a suspension, and how many effects were foretold."""


@dataclass(frozen=True)
class Done:
    """An effect that was carried out, and what was true at that moment."""

    line: Line
    owed: int
    held: bool
    barred: frozenset[str]
    warned: tuple[datetime, ...]


class Life(RuleBasedStateMachine):
    """What may befall a customer, and what must be true after each of it."""

    ladder = LADDER

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGINNING
        self.events: list[Event] = []
        self.made: list[Done] = []
        self.judged = 0
        self.calls: list[tuple[datetime, frozenset[str]]] = []

    @initialize(
        region=st.sampled_from(sorted(REGIONS)),
        zones=st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True),
    )
    def live_somewhere(self, region: tuple[str, tuple[str, ...]], zones: list[str]) -> None:
        self.region, self.zones = REGIONS[region], zones
        self.customer = Customer(
            id="c-1", segment="consumer", country="US", timezone=zones[0], currency="USD"
        )
        where = Whereabouts(region=region[0], places=region[1], zones=tuple(zones))
        law = SHIPPED.of(self.customer, where)
        self.building = Building(
            self.customer, channels=CHANNELS, go_live_on=None, allocation=self.ladder.allocation, law=law
        )
        self.account: Account = self.building.learn([], ())
        self.an_invoice_is_issued(1, "A", "80.00", 3)

    # --- what may befall ---------------------------------------------------------------------------

    @rule(
        after=HOURS, name=st.sampled_from(INVOICES), amount=st.sampled_from(AMOUNTS), days=st.integers(1, 20)
    )
    def an_invoice_is_issued(self, after: int, name: str, amount: str, days: int) -> None:
        if name not in self._invoices():
            due = (self.now + timedelta(hours=after, days=days)).date().isoformat()
            self._tell("invoice_issued", after, invoice=name, amount=amount, currency="USD", due_on=due)

    @rule(after=HOURS, name=st.sampled_from(INVOICES), amount=st.sampled_from(["5.00", *AMOUNTS]))
    def money_comes_in(self, after: int, name: str, amount: str) -> None:
        number = f"P{len(self.events)}"
        about = name if name in self._invoices() else None
        self._tell("payment_received", after, payment=number, amount=amount, currency="USD", invoice=about)

    @precondition(lambda self: self._told("payment_received") > self._told("charged_back"))
    @rule(after=HOURS)
    def the_last_payment_is_charged_back(self, after: int) -> None:
        paid = [each["payment"] for each in self.events if each["type"] == "payment_received"]
        self._tell("charged_back", after, payment=paid[-1])

    @precondition(lambda self: self._told("dispute_opened") < 2)
    @rule(after=HOURS, name=st.sampled_from(INVOICES))
    def a_dispute_is_opened(self, after: int, name: str) -> None:
        if name in self._invoices():
            self._tell("dispute_opened", after, dispute=f"D-{name}", invoice=name)

    @precondition(lambda self: self._told("dispute_opened") > self._told("dispute_resolved"))
    @rule(after=HOURS, outcome=st.sampled_from(["won", "lost"]))
    def the_last_dispute_is_resolved(self, after: int, outcome: str) -> None:
        disputes = [each["dispute"] for each in self.events if each["type"] == "dispute_opened"]
        self._tell("dispute_resolved", after, dispute=disputes[-1], outcome=outcome)

    @precondition(lambda self: self._told("hold_set") < 2)
    @rule(after=HOURS, reason=st.sampled_from(["attorney", "bankruptcy"]))
    def a_hold_is_set(self, after: int, reason: str) -> None:
        self._tell("hold_set", after, reason=reason)

    @precondition(lambda self: self._held())
    @rule(after=HOURS)
    def every_hold_is_released(self, after: int) -> None:
        self._tell("hold_released", after)

    @precondition(lambda self: self._told("promise_made") < 2)
    @rule(after=HOURS, days=st.integers(1, 30))
    def a_promise_is_made(self, after: int, days: int) -> None:
        pay_on = (self.now + timedelta(hours=after, days=days)).date().isoformat()
        self._tell("promise_made", after, pay_on=pay_on)

    @precondition(lambda self: self._told("opted_out") < 1)
    @rule(after=HOURS, channel=st.sampled_from(["email", "sms"]))
    def a_channel_is_barred(self, after: int, channel: str) -> None:
        self._tell("opted_out", after, channel=channel)

    @precondition(lambda self: self._told("bounced") < 2)
    @rule(after=HOURS)
    def the_newest_message_comes_back(self, after: int) -> None:
        self._tell("bounced", after)

    @precondition(lambda self: any(done.line.step == "call" for done in self.made))
    @rule(after=HOURS, reached=st.booleans())
    def somebody_calls(self, after: int, reached: bool) -> None:
        self._tell("task_completed", after, step="call", reached=reached)
        asked = [done.line for done in self.made if done.line.step == "call"]
        self.calls.append((self.now, frozenset(debt.invoice for debt in asked[-1].debts)))

    # --- time --------------------------------------------------------------------------------------

    @rule(hours=st.integers(1, 14 * 24))
    def time_passes(self, hours: int) -> None:
        self._wait(self.now + timedelta(hours=hours))

    @rule(days=st.integers(5, 60))
    def nothing_happens_and_the_forecast_comes_true(self, days: int) -> None:
        until = self.now + timedelta(days=days)
        foretold = []
        for line in coming(self.ladder, self.account, self.now):
            if line.at > until:
                break
            foretold.append(line)
        before = len(self.made)
        self._wait(until)
        came = [done.line for done in self.made[before:]]
        seen["foretold"] += len(foretold)
        assert [_what(line) for line in came] == [_what(line) for line in foretold]

    # --- what must be true -------------------------------------------------------------------------

    @invariant()
    def nobody_is_wronged(self) -> None:
        for done in self.made[self.judged :]:
            self._owes(done)
            if done.line.effect in ("notice", "suspend") or done.line.step == "call":
                assert not done.held, "under a hold"
            if done.line.effect == "notice":
                assert done.line.channel not in done.barred, "by a channel that was opted out of"
            self._within_hours(done.line)
            self._within_numbers(done.line)
            if done.line.effect == "suspend":
                assert any(self._days(at, done.line.at) >= NOTICE_DAYS for at in done.warned), "unwarned"
        self.judged = len(self.made)

    @invariant()
    def nothing_is_done_twice(self) -> None:
        done = Counter(
            (each.line.step, each.line.channel, debt.invoice, debt.opening)
            for each in self.made
            for debt in each.line.debts
        )
        assert not [each for each, times in done.items() if times > 1]

    def _owes(self, done: Done) -> None:
        if done.line.effect in ("notice", "suspend") and done.line.step != "thanks":
            assert done.owed > 0, "who owes nothing"

    def _within_hours(self, line: Line) -> None:
        if line.effect == "notice" or line.step == "call":
            for zone in self.zones:
                wall = line.at.astimezone(ZoneInfo(zone))
                opens, closes = self.region.hours[wall.weekday()]
                assert opens <= wall.hour < closes, f"{line.step} at {wall}"

    def _within_numbers(self, line: Line) -> None:
        """No message is the one too many, over any seven days that end with it."""
        if line.effect != "notice":
            return
        for zone in self.zones:
            week = timedelta(days=7)
            today = line.at.astimezone(ZoneInfo(zone)).date()
            messages = [done.line for done in self.made if done.line.effect == "notice"]
            made = [
                *((each.at, each.channel, {debt.invoice for debt in each.debts}) for each in messages),
                *((at, "call", debts) for at, debts in self.calls),
            ]
            span = [
                each
                for each in made
                if each[0] <= line.at and today - week < each[0].astimezone(ZoneInfo(zone)).date()
            ]
            if self.region.contacts is not None and today >= self.region.contacts_from:
                assert len(span) <= self.region.contacts
            if self.region.calls_and_messages_per_debt is not None and line.channel == "sms":
                for debt in line.debts:
                    about = [each for each in span if debt.invoice in each[2] and each[1] != "email"]
                    assert len(about) <= self.region.calls_and_messages_per_debt

    def teardown(self) -> None:
        """Count what kind of life it was."""
        seen.update({done.line.step or "" for done in self.made})

    # --- how it is played --------------------------------------------------------------------------

    def _invoices(self) -> set[str]:
        return {each["invoice"] for each in self.events if each["type"] == "invoice_issued"}

    def _held(self) -> bool:
        told = [each["type"] for each in self.events if each["type"] in ("hold_set", "hold_released")]
        return told[-1:] == ["hold_set"]

    def _days(self, first: datetime, then: datetime) -> int:
        zone = ZoneInfo(self.customer.timezone)
        return (then.astimezone(zone).date() - first.astimezone(zone).date()).days

    def _told(self, type_: str) -> int:
        return sum(each["type"] == type_ for each in self.events)

    def _tell(self, type_: str, after: int, **fields: Any) -> None:
        """Learn a fact some hours later than whatever came before: of one instant, what ends comes last."""
        self._wait(self.now + timedelta(hours=after))
        self.events.append(event(self.now.isoformat(), type_, **fields))
        number = f"{len(self.events) - 1:06d}"
        new: list[Fact] = [each for each in read_events(self.customer, self.events) if each.id == number]
        account = self.building.learn(new, self.account.claims)
        self.account = replace(account, service=self.account.service)
        self._look()

    def _look(self) -> datetime | None:
        """Do what is wanted now; return when to look again."""
        for _ in range(MOST_LOOKS):
            decision = decide(self.ladder, self.account, self.now)
            if not decision.effects:
                assert decision.wake_at is None or decision.wake_at > self.now
                return decision.wake_at
            for effect in decision.effects:
                line = effect_line(effect, self.now, decision.stage)
                self.made.append(self._done(line))
                self.account = perform(self.account, effect, self.now)
        raise AssertionError("the plan never comes to rest")

    def _done(self, line: Line) -> Done:
        warned = tuple(
            claim.delivered_at
            for claim in self.account.claims
            if claim.step == "final" and claim.delivered_at is not None and claim.bounced_at is None
        )
        return Done(
            line=line,
            owed=sum(debt.open.minor for debt in self.account.debts),
            held=self._held(),
            barred=frozenset(each["channel"] for each in self.events if each["type"] == "opted_out"),
            warned=warned,
        )

    def _wait(self, until: datetime) -> None:
        """Go from wake-up to wake-up, as a workflow does."""
        for _ in range(MOST_LOOKS):
            wake_at = self._look()
            if wake_at is None or wake_at > until:
                break
            self.now = wake_at
        else:
            raise AssertionError("woken without end")
        self.now = until
        self._look()


def _what(line: Line) -> tuple[object, ...]:
    return (line.at, line.effect, line.step, line.channel, [debt.key for debt in line.debts])


def test_whatever_befalls_a_customer_nobody_is_wronged() -> None:
    seen.clear()
    run_state_machine_as_test(Life, settings=ENOUGH)
    # A machine that never comes to the end of the ladder would prove little.
    assert seen["final"] >= 12
    assert seen["suspend"] >= 5
    assert seen["foretold"] >= 60
