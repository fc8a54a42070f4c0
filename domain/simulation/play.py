"""The simulator: drives `decide` through time, without a database, a server or a wait.

It answers "what would happen": for `policy simulate`, for the forecast that finance sees, and for
tests. Messages count as delivered when they are sent, and charges as declined softly, unless an event
says what became of them; a date says what became of a message when that day is over.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain import facts
from domain.account import Account
from domain.account_fold import Building, build
from domain.channels import CHANNELS, CHARGE
from domain.charges.card_fold import ANSWERED_WITHIN
from domain.claim import Claim
from domain.contact_law.law import NO_LAW, Law
from domain.customer import Customer
from domain.decide import Decision, decide
from domain.effects import Effect
from domain.facts import Fact
from domain.facts.dating import midnight
from domain.interest.rates import Rates
from domain.policy import Policy
from domain.simulation.choosing import Assigned, Assignments
from domain.simulation.events import learned_key
from domain.simulation.forecast import awaited, forecast, message_of, perform
from domain.simulation.timeline import Line, Outcome, effect_line
from domain.situation import Situation

OUTCOME_DAYS = 7
"""How long after a message an event may say what became of it."""
_OUTCOMES = (facts.Delivered, facts.Bounced)


def simulate(
    policy: Policy | Sequence[Policy],
    customer: Customer,
    history: Sequence[Fact],
    until: date,
    *,
    channels: tuple[str, ...] = CHANNELS,
    go_live_on: date | None = None,
    rates: Rates | None = None,
    adoptable: Mapping[str, Policy] | None = None,
    law: Law = NO_LAW,
) -> Outcome:
    """Play all facts through a policy, from the first until the end of `until`.

    Args:
        policy: one, or several in the order of choice: then the customer's is chosen as live.
        channels: those for which there is an address.
        go_live_on: steps before this day are not taken.
        rates: the tables of the law on late payment; without them nothing is owed by law.
        adoptable: by version, what `policy_adopted` may name; without it that event decides nothing. One
            of several policies may be named, and by its name too.
        law: the rules of contact for the customer.
    """
    start = build(customer, [], channels=channels, go_live_on=go_live_on, rates=rates, law=law)
    if isinstance(policy, Policy):
        return _Simulation(policy, start, history, channels, adoptable or {}).run(until)
    known = {key: each for each in policy for key in (each.policy, each.version)} | dict(adoptable or {})
    return _Simulation(policy[0], start, history, channels, known, Assignments(policy)).run(until)


class _Simulation:
    """The state of one simulation while it runs."""

    def __init__(
        self,
        policy: Policy,
        start: Account,
        history: Sequence[Fact],
        channels: tuple[str, ...],
        adoptable: Mapping[str, Policy],
        assignments: Assignments | None = None,
    ) -> None:
        self.policy, self.channels, self.adoptable = policy, channels, adoptable
        self.assignments = assignments
        self.customer = start.customer
        self.history = sorted(history, key=learned_key)
        self.account = start
        self.building = self._begin()
        self.decided: list[Fact] = []  # what the plan wrote down itself
        self.known = 0  # so many facts of the history have been learned
        self.outcomes = deque(fact for fact in self.history if isinstance(fact.body, _OUTCOMES))  # to come
        self.awaited: set[str] = set()  # messages of which one of these says what became
        self.downs: list[datetime] = []  # until when workers are down, as far as that is known
        self.lines: list[Line] = []
        self.stage = ""
        self.holds: set[tuple[str, ...]] = set()

    def _begin(self) -> Building:
        return Building(
            self.customer,
            channels=self.channels,
            go_live_on=self.account.go_live_on,
            allocation=self.policy.allocation,
            rates=self.account.rates,
            law=self.account.law,
        )

    def run(self, until: date) -> Outcome:
        end = midnight(until + timedelta(days=1), self.customer.timezone)
        now = self.history[0].learned_at if self.history else end
        while now < end:
            wake_at = self._at(now)
            upcoming = [self.history[self.known].learned_at] if self.known < len(self.history) else []
            now = min([*upcoming, *([wake_at] if wake_at else [])], default=end)
        assigned = self._assigned(end)
        under_one = not assigned or assigned[-1].policy is not None
        following = forecast(self.policy, self.account, self._up_again(end), lines=1) if under_one else ()
        stage = self.stage or (decide(self.policy, self.account, end).stage if under_one else "")
        return Outcome(
            lines=tuple(self.lines),
            account=self.account,
            stage=stage,
            next=following[0] if following else None,
            assigned=assigned,
        )

    def _assigned(self, end: datetime) -> tuple[Assigned, ...]:
        """The policies that were chosen; of a customer of whom there is no fact, the one at the end."""
        if self.assignments is None:
            return ()
        if not self.assignments.told:
            self.policy = self.assignments.policy_at(self.account, end) or self.policy
        return tuple(self.assignments.told)

    def _at(self, now: datetime) -> datetime | None:
        """Learn what is to be learned now, do what is wanted, and return when to look again."""
        self._learn(now)
        down_until = self._down_until(now)
        if down_until is not None:
            return down_until
        decision = self._decide(now)
        while decision is not None:
            self._note(decision, now)
            if not decision.effects:
                return decision.wake_at
            for effect in decision.effects:
                self.lines.append(effect_line(effect, now, decision.stage))
                answered = not self._outcome_known(effect, now)
                if not answered:
                    self.awaited.add(message_of(self.account, effect))
                self.account = perform(self.account, effect, now, answered=answered)
                if effect.body is not None:
                    self._write_down(effect.body, now)
            decision = self._decide(now)
        return None

    def _write_down(self, body: facts.Body, now: datetime) -> None:
        """Learn a fact that the plan itself decided, as the ledger does: money follows from it."""
        on = now.astimezone(ZoneInfo(self.customer.timezone)).date()
        name = f"{len(self.decided):06d}"
        fact = Fact(source="plan", id=name, happened_on=on, happened_at=now, learned_at=now, body=body)
        self.decided.append(fact)
        account = self.building.learn([fact], self.account.claims)
        self.account = replace(account, service=self.account.service)

    def _known(self) -> list[Fact]:
        """All that was learned so far, with what the plan itself decided."""
        return [*self.history[: self.known], *self.decided]

    def _decide(self, now: datetime) -> Decision | None:
        """Decide under the policy that counts now; None where none is for the customer."""
        if self.assignments is None:
            return decide(self.policy, self.account, now)
        while (policy := self.assignments.policy_at(self.account, now)) is not None:
            self._go_on_under(policy)
            decision = decide(policy, self.account, now)
            at = Situation(policy=policy, account=self.account, now=now)
            if not self.assignments.closes(at, decision):
                return decision
        return None

    def _go_on_under(self, policy: Policy) -> None:
        """Use this policy from now on; where it has another allocation, all money is posted anew."""
        before, self.policy = self.policy.allocation, policy
        if policy.allocation != before:
            self.building = self._begin()
            account = self.building.learn(self._known(), self.account.claims)
            self.account = replace(account, service=self.account.service)

    def _learn(self, now: datetime) -> None:
        before = self.known
        while self.known < len(self.history) and self.history[self.known].learned_at <= now:
            self.known += 1
        if self.known == before:
            return
        new = self.history[before : self.known]
        self.downs += [fact.body.until for fact in new if isinstance(fact.body, facts.WorkersDown)]
        while self.outcomes and self.outcomes[0].learned_at <= now:
            self.outcomes.popleft()
        if self._adopted(new, now):
            self.building, new = self._begin(), self._known()
        account = self.building.learn(new, self.account.claims)
        self.account = replace(account, service=self.account.service)
        if self.awaited:
            # An outcome that could have meant several messages meant the newest: the others arrived.
            others = [claim for claim in account.claims if claim.message in self.awaited and awaited(claim)]
            arrived = [claim for claim in others if not self._outcome_known(claim, claim.claimed_at)]
            self.awaited = {claim.message for claim in others} - {claim.message for claim in arrived}
            self.account = self.account.with_claims(replace(each, delivered_at=now) for each in arrived)

    def _adopted(self, new: Sequence[Fact], now: datetime) -> bool:
        """Go on under the policy that was adopted, if one was; say whether money is posted otherwise."""
        before = self.policy.allocation
        named = [fact.body.policy for fact in new if isinstance(fact.body, facts.PolicyAdopted)]
        for version in named:
            if version in self.adoptable:
                self.policy = self.adoptable[version]
                if self.assignments is not None:
                    self.assignments.adopt(self.policy, now)
        return self.policy.allocation != before

    def _down_until(self, now: datetime) -> datetime | None:
        self.downs = [until for until in self.downs if now < until]
        return self.downs[0] if self.downs else None

    def _up_again(self, now: datetime) -> datetime:
        """The first instant from `now` on at which something of ours runs."""
        while (down_until := self._down_until(now)) is not None:
            now = down_until
        return now

    def _outcome_known(self, sent: Effect | Claim, sent_at: datetime) -> bool:
        """Whether an event to come says what became of a message, or of a charge."""
        if sent.channel == CHARGE:
            return isinstance(sent, Effect) and self._charge_answered(sent, sent_at)
        for fact in self.outcomes:
            if fact.learned_at > sent_at + timedelta(days=OUTCOME_DAYS):
                return False
            match fact.body:
                case facts.Delivered(step=step, channel=channel) | facts.Bounced(step=step, channel=channel):
                    if step in (None, sent.step) and channel in (None, sent.channel):
                        return True
        return False

    def _charge_answered(self, sent: Effect, sent_at: datetime) -> bool:
        """Whether an event within a day names the invoice that is charged now."""
        for fact in self.history[self.known :]:
            if fact.learned_at > sent_at + ANSWERED_WITHIN:
                return False
            match fact.body:
                case facts.PaymentReceived(invoice=invoice) | facts.PaymentInFlight(invoice=invoice):
                    found = invoice == sent.debts[0].invoice
                case facts.PaymentFailed(invoice=invoice, by="engine"):
                    found = invoice == sent.debts[0].invoice
                case _:
                    found = False
            if found:
                return True
        return False

    def _note(self, decision: Decision, now: datetime) -> None:
        """Write a line for a new stage, and one for each hold that was not there before."""
        if decision.stage != self.stage:
            self.stage = decision.stage
            self.lines.append(Line(at=now, kind="stage", stage=self.stage))
        holds = set()
        for held in decision.held:
            key = (held.step, held.channel, held.reason.words, *(debt.key for debt in held.debts))
            holds.add(key)
            if key not in self.holds:
                line = Line(
                    at=now,
                    kind="held",
                    stage=self.stage,
                    step=held.step,
                    channel=held.channel or None,
                    debts=held.debts,
                    reason=held.reason,
                )
                self.lines.append(line)
        self.holds = holds
