"""The situation: what a policy and an account say together at one instant.

Everything that decides asks here: which debts are chased, on which day a step falls, what was
delivered, when messages may go out. Values for one decision; nothing here chooses.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import takewhile

from domain.account import Account
from domain.book import Debt
from domain.calendar import Calendar, has_holidays, month_end
from domain.cash.doors import Double
from domain.cash.waiting import came_twice, in_question, on_its_way
from domain.channels import PARTED, SERVICE, TASK
from domain.claim import Claim
from domain.claim_key import invoice_of
from domain.contact_law.clauses import Contact
from domain.contact_law.law import Barred, without_proposals
from domain.contacting import Contacting
from domain.contacts import CALL, contacts_of, wanted_contacts
from domain.credit.exposure import Exposure, exposures
from domain.disputes import Dispute
from domain.effects import Effect, EffectDebt
from domain.instalment_plans import InstalmentPlan, under
from domain.instalments import split
from domain.money import Money, per_currency
from domain.own_steps import RESERVED, TWICE
from domain.policy import Policy
from domain.policy_audience import missed
from domain.policy_fields import amount_in
from domain.policy_steps import EVENTS, NoticeStep, Step, SuspendStep, Switching, TaskStep, presses
from domain.policy_window import Window
from domain.promises import worth_resting
from domain.reasons import Reason, because
from domain.rest import FOREVER, HandOver, Rest


@dataclass(frozen=True)
class Situation:
    """One policy, one account, one instant.

    Attributes:
        said: the messages that are wanted already at this instant: contact law counts them too.
    """

    policy: Policy
    account: Account
    now: datetime
    said: tuple[Contact, ...] = ()

    @cached_property
    def calendar(self) -> Calendar:
        """The customer's calendar under this policy."""
        customer = self.account.customer
        return _calendar(customer.timezone, customer.country, self.policy.window)

    @cached_property
    def today(self) -> date:
        """The customer's local day."""
        return self.calendar.local_date(self.now)

    @cached_property
    def open_debts(self) -> tuple[Debt, ...]:
        """Every open debt, by the instalments of its schedule or of the plan that was agreed about it.

        Opened again by a rest that made its warnings untrue: see docs/decisions/0006, and 0008 for pauses
        after which only the last warning is repeated.
        """
        debts = self.scheduled if not self.account.plans else self._planned
        return tuple(self._rested(debt) for debt in debts)

    @cached_property
    def lost(self) -> tuple[Dispute, ...]:
        """The lost disputes for whose credit note the policy waits."""
        if not self.account.dispute_cases or self.policy.disputes.credit_days is None:
            return ()
        return tuple(each for each in self.account.dispute_cases if each.lost)

    @cached_property
    def disputed(self) -> Mapping[str, Money]:
        """By invoice what of it is not asked for: it is contested, or lost and to be credited."""
        if not self.lost:
            return self.account.disputed
        rests = dict(self.account.disputed)
        for debt in self.account.open_debts:
            for each in self.lost:
                if each.told.invoice == debt.invoice:
                    known = rests.get(debt.invoice, Money.zero(debt.open.currency))
                    rests[debt.invoice] = min(known + each.amount, debt.open)
        return rests

    def not_asked(self, debt: Debt) -> Reason | None:
        """Why nothing of a debt is asked for: it is disputed, or a lost dispute is to be credited."""
        if not self.account.contested(debt):
            return None
        lost = next((each for each in self.lost if each.told.invoice == debt.invoice), None)
        if lost is None or debt.invoice in self.account.disputed:
            return because("hold.disputed", invoice=debt.invoice)
        told = lost.told
        return because("hold.lost", dispute=told.dispute, amount=lost.amount, invoice=told.invoice)

    def won_dispute(self, debt: Debt, since: datetime | None) -> Dispute | None:
        """The newest dispute of a debt that was won after an instant, or ever, and did not open it again."""
        if not self.account.dispute_cases:
            return None
        since_on = date.min if since is None else self.calendar.local_date(since)
        won = [
            (each.told.resolved_on, each)
            for each in self.account.dispute_cases
            if each.told.invoice == debt.invoice
            and each.won
            and each.told.resolved_on is not None
            and each.told.resolved_on >= since_on
            and debt.opened_on < each.told.resolved_on
        ]
        return max(won, key=lambda each: each[0])[1] if won else None

    @property
    def _planned(self) -> Sequence[Debt]:
        """Every open debt by the dates of the plans that count; the messages of those that are over count."""
        whole = {debt.invoice: debt for debt in self.account.open_debts}
        debts: Sequence[Debt] = [self._after_plans(debt) for debt in self.scheduled]
        for plan in self.plans:
            debts = under(plan, debts, whole, self.disputed)
        return debts

    def _after_plans(self, debt: Debt) -> Debt:
        kin = tuple(key for plan, _ in self.plans_over for key in plan.keys(debt.invoice))
        return replace(debt, kin=kin) if kin else debt

    @cached_property
    def plans(self) -> tuple[InstalmentPlan, ...]:
        """The instalment plans that count today."""
        over = [plan for plan, _ in self.plans_over]
        return tuple(plan for plan in self.account.plans if plan not in over)

    @cached_property
    def plans_over(self) -> tuple[tuple[InstalmentPlan, date], ...]:
        """The plans that do not count any more, and from which day on."""
        days = [(plan, self._over_on(plan)) for plan in self.account.plans]
        return tuple((plan, day) for plan, day in days if day is not None)

    def _over_on(self, plan: InstalmentPlan) -> date | None:
        return plan.over_on(self.policy.plans, self.today, self._forgiven(plan))

    def _forgiven(self, plan: InstalmentPlan) -> int:
        """How much of a plan may be left: a tolerated rest, what is disputed or exempt, money on its way."""
        tolerance = amount_in(self.policy.tolerance, plan.currency)
        forgiven, names = 0 if tolerance is None else tolerance.minor, {each.invoice for each in plan.covered}
        for debt in self.account.open_debts:
            if debt.invoice in names:
                waits = debt.open if self.exemption(debt) else self.disputed.get(debt.invoice)
                forgiven += 0 if waits is None else waits.minor
        for money in self.account.in_flight:
            if (
                money.deposit is None
                and money.amount.currency == plan.currency
                and (money.invoice is None or money.invoice in names)
            ):
                forgiven += money.amount.minor
        return forgiven

    @cached_property
    def scheduled(self) -> tuple[Debt, ...]:
        """Every open debt by the due dates of its invoice: an instalment is a debt of its own."""
        whole, disputed = self.account.open_debts, self.disputed
        if self.lost:
            whole = tuple(replace(debt, contested=disputed.get(debt.invoice)) for debt in whole)
        if not any(debt.instalments for debt in whole):
            return whole
        return tuple(part for debt in whole for part in split(debt, disputed.get(debt.invoice)))

    def _rested(self, debt: Debt) -> Debt:
        for rest, carries in self._rests_over:
            announced_on = self.account.announced.get((debt.key, debt.opening))
            outlasts = announced_on is not None and announced_on <= max(rest.first, rest.last)
            if outlasts and rest.invoice in (None, debt.invoice):
                opened_on = max(debt.opened_on, rest.last + timedelta(days=1))
                carried = debt.carried + 1 if carries else 0
                debt = replace(debt, opening=debt.opening + 1, opened_on=opened_on, carried=carried)
        for each in self._taken_back:
            rest = each.of(debt.invoice, debt.about)
            if rest.over(self.today) and self._handed_over(rest, debt):
                opened_on = max(debt.opened_on, rest.last + timedelta(days=1))
                debt = replace(debt, opening=debt.opening + 1, opened_on=opened_on, carried=0)
        return debt

    @cached_property
    def _taken_back(self) -> Sequence[HandOver]:
        """The hand-overs that are over, if only for some: whatever was said before them, we begin anew."""
        return [rest for rest in self.account.handed_over if rest.back or rest.over(self.today)]

    @cached_property
    def _rests_over(self) -> Sequence[tuple[Rest, bool]]:
        """The rests that are over, in order, and whether milder messages from before them still count."""
        account = self.account
        anew = [(rest, False) for rest in (*account.exemptions, *account.contests, *account.holds)]
        on = [(rest, True) for rest in self.pauses if rest.days > self.policy.pauses.warn_again_days]
        on += [(rest, True) for plan, over_on in self.plans_over for rest in plan.rests(over_on)]
        over = [each for each in (*anew, *on) if each[0].over(self.today)]
        return sorted(over, key=lambda each: (each[0].last, each[0].reason))

    @cached_property
    def debts(self) -> tuple[Debt, ...]:
        """Debts that may be chased: something beyond the tolerance is open, undisputed and not exempt."""
        return tuple(debt for debt in self.open_debts if self.chaseable(debt))

    @cached_property
    def overdue(self) -> tuple[Debt, ...]:
        """The chased debts that are past due."""
        return tuple(debt for debt in self.debts if debt.days_late(self.today) > 0)

    def chaseable(self, debt: Debt) -> bool:
        """Whether anything of this debt may be asked for by us."""
        return self.claimable(debt) and self.left_on(debt) is None

    def left_on(self, debt: Debt) -> date | None:
        """The day on which a debt left our chasing: handed over, or due when the subscription ended."""
        if (rest := self.collector(debt)) is not None:
            return rest.first
        ended_on = self.ended_on
        if ended_on is None or debt.due_on <= ended_on:
            return ended_on
        return ended_on if self._follows(debt, ended_on + timedelta(days=1)) else None

    def collector(self, debt: Debt) -> Rest | None:
        """Since when, and by whom, a debt is collected that was handed over; None when it was not."""
        if not self.account.handed_over:
            return None
        rests = [rest.of(debt.invoice, debt.about) for rest in self.account.handed_over]
        return next((r for r in rests if r.holds(self.today) and self._handed_over(r, debt)), None)

    def _handed_over(self, rest: Rest, debt: Debt) -> bool:
        """Whether a hand-over is about a debt: what it names and its fees, or what was past due on its day.

        A plan that is agreed later about what is with others puts off its dates, and takes nothing back.
        """
        if rest.invoice is not None:
            return rest.invoice in (debt.invoice, debt.about)
        later = [plan for plan in self.plans if plan.agreed_on >= rest.first] if debt.in_plan else []
        if any(each.invoice == debt.invoice for plan in later for each in plan.covered):
            return any(e.invoice == debt.invoice and e.due_on < rest.first for e in self.scheduled)
        return debt.due_on < rest.first or self._follows(debt, rest.first)

    def _follows(self, fee: Debt, left_on: date) -> bool:
        """Whether a fee is about an invoice that was past due on a day, and not paid by then."""
        if fee.about is None:
            return False
        entries = [each for each in self.account.entries if each.invoice == fee.about]
        owed = sum(each.amount.minor for each in entries if each.on <= left_on)
        about = (debt for debt in self.account.debts if debt.invoice == fee.about)
        dues = [due.due_on for debt in about for due in (debt.instalments or [debt])]
        return owed > 0 and min(dues, default=left_on) < left_on

    @cached_property
    def ended_on(self) -> date | None:
        """The day on which we ended the subscription: nothing of before is chased, whatever comes in."""
        service = self.account.service
        return self.calendar.local_date(service.since) if service.ended and service.since else None

    @property
    def has_service(self) -> bool:
        """Whether there is a subscription that can be restricted, suspended or ended."""
        return self.account.cancelled_on is None and not self.account.service.ended

    def elsewhere(self) -> tuple[Reason, None] | None:
        """Why our switch rests: others have suspended the service."""
        on = self.account.elsewhere_on
        return None if on is None else (because("hold.elsewhere", on=on), None)

    def investigated(self) -> tuple[Reason, None] | None:
        """Why nothing is given back by itself: an incident is open about the customer."""
        open_ones = self.account.incidents
        return (because("hold.incident", incident=", ".join(open_ones)), None) if open_ones else None

    @cached_property
    def climb(self) -> tuple[Step, ...]:
        """The steps for this customer without tasks; notices past the suspension only while it lasts."""
        warns_of_the_end = self.account.service.suspended and self.has_service
        found, past = list[Step](), False
        for step in self.policy.steps:
            past = past or isinstance(step, SuspendStep)
            reached = not past or warns_of_the_end or not isinstance(step, NoticeStep)
            if reached and not isinstance(step, TaskStep) and self.meant_for(step):
                found.append(step)
        return tuple(found)

    @cached_property
    def _ladder(self) -> tuple[NoticeStep, ...]:
        return tuple(step for step in self.climb if isinstance(step, NoticeStep))

    @cached_property
    def _side_ladder(self) -> tuple[NoticeStep, ...]:
        to_suspension = takewhile(lambda step: not isinstance(step, SuspendStep), self.policy.steps)
        return tuple(step for step in to_suspension if isinstance(step, NoticeStep) and self.meant_for(step))

    def ladder(self, debt: Debt) -> tuple[NoticeStep, ...]:
        """The notices for a debt: a side debt ends no subscription, so nothing warns of that."""
        return self._ladder if debt.main else self._side_ladder

    def warns_of_the_end(self, debt: Debt) -> bool:
        """Whether the ladder of a debt goes on past the suspension now."""
        return len(self.ladder(debt)) > len(self._side_ladder)

    def claimable(self, debt: Debt) -> bool:
        """Whether anything of this debt may be asked for, by whomever."""
        if not debt.open:
            return False
        amount = self.account.chased(debt)
        tolerance = amount_in(self.policy.tolerance, amount.currency) or Money.zero(amount.currency)
        return amount.minor > 0 and amount > tolerance and self.exemption(debt) is None

    def exemption(self, debt: Debt) -> Rest | None:
        """The exemption that keeps this debt from being chased today; of several the one that ends last."""
        rests = [rest for rest in self.account.exemptions if rest.invoice in (None, debt.invoice)]
        holding = [rest for rest in rests if rest.holds(self.today)]
        return max(holding, key=lambda rest: (rest.last, rest.reason), default=None)

    @cached_property
    def pauses(self) -> tuple[Rest, ...]:
        """The pauses, none longer than the policy allows."""
        most = self.policy.pauses.max_days
        return tuple(rest if most is None else rest.bounded(most) for rest in self.account.pauses)

    @cached_property
    def promised(self) -> tuple[Rest, ...]:
        """The days on which chasing rests, or rested, because of a promise."""
        if not self.account.promises:
            return ()
        terms, tolerances = self.policy.promises, self.tolerances
        worth = worth_resting(self.account.promises, terms, self.today, tolerances)
        return tuple(each.rest(terms, tolerances) for each in worth)

    @cached_property
    def tolerances(self) -> tuple[Money, ...]:
        """Per currency the balance up to which a debt counts as paid."""
        return tuple(Money.of(amount, currency) for currency, amount in self.policy.tolerance.items())

    @cached_property
    def pause(self) -> Rest | None:
        """The pause that holds today; of several the one that ends last."""
        return self._longest(self.pauses)

    @cached_property
    def hold(self) -> Rest | None:
        """The hold that lets nothing through today; of several the one that ends last."""
        return self._longest(self.account.holds)

    def _longest(self, rests: Iterable[Rest]) -> Rest | None:
        holding = [rest for rest in rests if rest.holds(self.today)]
        return max(holding, key=lambda rest: (rest.last, rest.reason), default=None)

    def step_on(self, step: Step, debt: Debt) -> date | None:
        """The day on which a step falls for a debt; None while an open-ended rest freezes its age.

        What presses never falls within the days of grace, nor before the debt is late where it counts
        from another day.
        """
        base = self.counts_from(step, debt)
        if base is None:
            return None
        day = base + timedelta(days=step.offset_days)
        if (self.policy.grace_days or step.anchor != "due_date") and presses(step):
            day = max(day, debt.due_on + timedelta(days=self.policy.grace_days + 1))
        return self._with_rests(day, max(base, debt.due_on) if step.anchor in EVENTS else debt.due_on)

    def day_of(self, offset_days: int, debt: Debt) -> date | None:
        """The day on which a debt is so many days past due; None while an open-ended rest freezes its age."""
        return self._with_rests(debt.due_on + timedelta(days=offset_days), debt.due_on)

    def _with_rests(self, day: date, counted: date) -> date | None:
        """Return a day put off by the days of pauses and holds that lie after `counted`."""
        for rest in self._frozen:
            first = max(rest.first, counted + timedelta(days=1))
            if first > day or rest.last < first:
                continue
            if rest.last == FOREVER:
                return None
            day += timedelta(days=(rest.last - first).days + 1)
            counted = rest.last
        return day

    @cached_property
    def _frozen(self) -> Sequence[Rest]:
        """The rests during which no debt ages, in order."""
        return sorted((*self.pauses, *self.account.holds), key=lambda rest: rest.first)

    @cached_property
    def in_order(self) -> bool:
        """Whether the notices fall one after the other: all are counted from the due date."""
        return all(notice.anchor == "due_date" for notice in self.policy.notices)

    def counts_from(self, step: Step, debt: Debt) -> date | None:
        """The day from which a step is counted; None while what it counts from has not happened.

        A part of an invoice ages by its own due date, and has no date of an invoice or charge from before.
        """
        match step.anchor:
            case "due_date":
                return debt.due_on
            case "invoice_date":
                return debt.due_on if debt.part else debt.issued_on
            case "month_end":
                return month_end(debt.due_on)
            case "first_failed_charge":
                failed = self.account.failed.get(debt.invoice, ())
                return next((day for day in failed if not debt.part or day >= debt.due_on), None)
            case "previous_delivered":
                previous = self.previous(step, debt)
                return None if previous is None else self._delivered_on(previous, debt)

    def previous(self, step: Step, debt: Debt) -> NoticeStep | None:
        """The notice before a step, without those that press nobody or whose conditions do not hold."""
        earlier = takewhile(lambda each: each.id != step.id, self.policy.steps)
        notices = [each for each in earlier if isinstance(each, NoticeStep) and presses(each)]
        return next(
            (n for n in reversed(notices) if self.claims(debt, n.id) or self.unmet(n, debt) is None), None
        )

    def _delivered_on(self, notice: NoticeStep, debt: Debt) -> date | None:
        """The day of a notice's delivery, or of what counts for it.

        What fell before the ledger went live counts as said on its day, and what a message of the policy
        before this one made needless as said on the day of that message.
        """
        claim = self.delivered(debt, notice.id)
        if claim is not None and claim.delivered_at is not None:
            return self.calendar.local_date(claim.delivered_at)
        if self.claims(debt, notice.id) or (self.account.go_live_on, self.account.adopted_at) == (None, None):
            return None
        day, said_on = self.step_on(notice, debt), self.said_before(debt)
        if day is None or self.before_go_live(day):
            return day
        return said_on if said_on is not None and day <= said_on else None

    def said_before(self, debt: Debt) -> date | None:
        """The last day on which a message about a debt went out whose step this policy does not have."""
        if self.account.adopted_at is None:
            return None
        ours = {step.id for step in self.policy.steps} | RESERVED
        key = (debt.key, debt.opening)
        gone = [
            claim.claimed_at
            for claim in self.account.claims
            if key in claim.debts and claim.is_message and claim.stands and claim.step not in ours
        ]
        return self.calendar.local_date(max(gone)) if gone else None

    def waits_for_delivery(self, step: Step, debt: Debt) -> Reason | None:
        """Why a step has no day yet: the notice before it went out, and nobody knows that it arrived."""
        if step.anchor != "previous_delivered":
            return None
        previous = self.previous(step, debt)
        if previous is None or not self.stands(debt, previous.id) or self._delivered_on(previous, debt):
            return None
        return because("hold.not_delivered", needed=previous.id, invoice=debt.invoice)

    def before_go_live(self, day: date) -> bool:
        """Whether a step that fell on `day` is older than the ledger and so not taken."""
        return self.account.go_live_on is not None and day < self.account.go_live_on

    def claims(self, debt: Debt, step: str) -> Sequence[Claim]:
        """What was begun for this opening of the debt by this step, and not given up."""
        begun = self.account.begun
        if (debt.carried or debt.kin) and step in self._carried_steps:
            openings = range(debt.opening - debt.carried, debt.opening + 1)
            keys = [(debt.key, each) for each in openings]
            if debt.kin and step not in self._suspends_after:
                keys += debt.kin
            return [claim for key, each in keys for claim in begun.get((key, each, step), ())]
        return begun.get((debt.key, debt.opening, step), ())

    @cached_property
    def _suspends_after(self) -> frozenset[str]:
        """The warnings that a suspension needs: of what was claimed about other debts none counts."""
        suspension = self.policy.suspension
        return frozenset(suspension.needs_delivered if suspension else ())

    @cached_property
    def _carried_steps(self) -> frozenset[str]:
        """The steps that are not repeated when only the last warnings became untrue."""
        steps: list[Step] = [*self.policy.notices, *self.policy.tasks]
        return frozenset(step.id for step in steps) - {self.policy.last_warning} - self.policy.end_warnings

    def stands(self, debt: Debt, step: str) -> bool:
        """Whether this step happened, or may have, for this opening of the debt."""
        return any(claim.stands for claim in self.claims(debt, step))

    def stand_ins(self, step: str) -> list[str]:
        """The notices that count for this one: itself and, under `most_severe`, every later one.

        Nothing counts for the last warning but itself: it announces the day.
        """
        if self.policy.lateness == "never_skip" or step == self.policy.last_warning:
            return [step]
        ids = [notice.id for notice in self.policy.notices]
        return ids[ids.index(step) :]

    def delivered(self, debt: Debt, step: str) -> Claim | None:
        """The delivered message that counts for this step and this opening of the debt."""
        for each in self.stand_ins(step):
            for claim in self.claims(debt, each):
                if claim.delivered_at is not None and claim.stands:
                    return claim
        return None

    def undelivered(self, debt: Debt, needs: Iterable[str]) -> str | None:
        """The first of these steps whose message has not been delivered."""
        return next((need for need in needs if self.delivered(debt, need) is None), None)

    def meant_for(self, step: Step) -> bool:
        """Whether a step is for customers like this one at all."""
        return self._who(step) is None

    def unmet(self, step: Step, debt: Debt, also: Sequence[Debt] = ()) -> Reason | None:
        """The condition of a step that does not hold now; None when all do.

        Debts of `also` count as what is overdue does, though we do not chase them.
        """
        return self._who(step) or self._how_much(step, debt, also)

    def _who(self, step: Step) -> Reason | None:
        condition = missed(step.when, self.account.customer)
        return None if condition is None else because("hold.condition", step=step.id, condition=condition)

    def _how_much(self, step: Step, debt: Debt, also: Sequence[Debt]) -> Reason | None:
        when, main = step.when, isinstance(step, Switching)
        on_its_day = step.anchor == "due_date" and not self.policy.grace_days
        late = step.offset_days > 0 or (step.offset_days == 0 and not on_its_day)
        overdue = self._overdue_invoices[main]
        asked = [debt, *also]
        if late and len(overdue) < when.invoices_at_least:
            # What others collect is not overdue with us, and counts where it is asked about.
            more = {each.invoice for each in asked if each.main or not main} - set(overdue)
            if len(overdue) + len(more) < when.invoices_at_least:
                count = f"{when.invoices_at_least} or more overdue invoices"
                return because("hold.condition", step=step.id, condition=count)
        return self._wrong_amount(step, asked, main=main)

    def _wrong_amount(self, step: Step, asked: Sequence[Debt], *, main: bool) -> Reason | None:
        currency = asked[0].open.currency
        minimum, maximum = amount_in(step.when.minimum, currency), amount_in(step.when.maximum, currency)
        if minimum is None and maximum is None:
            return None
        net = self.net(currency, asked, main=main)
        if minimum is not None and net < minimum:
            return because("hold.condition", step=step.id, condition=f"{minimum} or more")
        if maximum is not None and net > maximum:
            return because("hold.condition", step=step.id, condition=f"{maximum} or less")
        return None

    def net(self, currency: str, also: Iterable[Debt] = (), *, main: bool = False) -> Money:
        """What is overdue, or among `also`, in a currency, less unapplied money of the customer's.

        `main` leaves side debts out: they are never a reason to suspend.
        """
        new = {debt.key: debt for debt in also if debt.key not in self._overdue_keys}
        asked = [debt for debt in new.values() if debt.open.currency == currency and (debt.main or not main)]
        total = self._overdue_minor.get((currency, main), 0)
        total += sum(self.account.chased(debt).minor for debt in asked)
        loose = sum((money.minor for money in self.account.unapplied if money.currency == currency), start=0)
        return Money(max(total - loose, 0), currency)

    # What is overdue is counted once: it is asked for of every debt, and the cost would grow as its square.

    @cached_property
    def _overdue_keys(self) -> frozenset[str]:
        return frozenset(debt.key for debt in self.overdue)

    @cached_property
    def _overdue_minor(self) -> Mapping[tuple[str, bool], int]:
        """Per currency what is overdue, of all debts, and with True of main debts alone."""
        sums: Counter[tuple[str, bool]] = Counter()
        for debt in {debt.key: debt for debt in self.overdue}.values():
            amount = self.account.chased(debt)
            for main in (False, True) if debt.main else (False,):
                sums[amount.currency, main] += amount.minor
        return sums

    @cached_property
    def _overdue_invoices(self) -> Mapping[bool, Collection[str]]:
        """The invoices that are overdue, and with True those that are no side debts."""
        return {
            main: {debt.invoice for debt in self.overdue if debt.main or not main} for main in (False, True)
        }

    def too_little(self, currency: str, also: Iterable[Debt] = (), *, main: bool = False) -> Reason | None:
        """Why so little is owed in a currency that nobody is chased for it; None when it is enough."""
        net = self.net(currency, also, main=main)
        minimum = amount_in(self.policy.minimum, currency) or Money.zero(currency)
        if net.minor > 0 and net >= minimum:
            return None
        return because("hold.minimum", amount=net, minimum=minimum)

    def too_little_of(self, debts: Collection[Debt]) -> Mapping[str, Reason | None]:
        """Per currency of these debts what `too_little` says of them together."""
        currencies = {debt.open.currency for debt in debts}
        return {currency: self.too_little(currency, debts) for currency in currencies}

    def effect_debts(self, debts: Iterable[Debt]) -> tuple[EffectDebt, ...]:
        """Debts as an effect names them."""
        return tuple(
            EffectDebt(
                invoice=debt.invoice,
                opening=debt.opening,
                amount=self.account.chased(debt),
                part=debt.part,
            )
            for debt in debts
        )

    @cached_property
    def exposures(self) -> Mapping[str, Exposure]:
        """By currency what is at risk, against what may be owed."""
        return exposures(self.account, self.account.unbilled)

    @property
    def nothing(self) -> Money:
        """No money, in the customer's currency: what is asked for where it is about no debt."""
        return Money.zero(self.account.customer.currency or "EUR")

    @property
    def this_suspension(self) -> tuple[EffectDebt, ...]:
        """What claims about the service count by: the service itself, and how often it was suspended."""
        return (EffectDebt(invoice=SERVICE, opening=self.account.service.times, amount=self.nothing),)

    def named(self, keys: Iterable[tuple[str, int]]) -> tuple[EffectDebt, ...]:
        """What claims name, as an effect names it; nothing is asked for what is no debt of the customer."""
        debts = {debt.key: debt for debt in (*self.account.debts, *self.open_debts)}
        return tuple(
            EffectDebt(
                invoice=(invoice := invoice_of(key)),
                opening=opening,
                amount=self._asked(debts.get(key), debts.get(invoice)),
                part=key[len(invoice) + 1 :],
            )
            for key, opening in keys
        )

    def _asked(self, debt: Debt | None, whole: Debt | None) -> Money:
        """What is asked for of what a claim named: nothing of a part that is paid by now."""
        if debt is not None:
            return self.account.chased(debt)
        return self.nothing if whole is None else Money.zero(whole.open.currency)

    def matters(self, key: str, opening: int) -> bool:
        """Whether what a claim names is still open: this opening of a debt, or this suspension."""
        if key == SERVICE:
            return opening == self.account.service.times
        if invoice_of(key) in PARTED:
            return True  # An order or a limit: whoever looks at it sees what became of it.
        return any(debt.open and (debt.key, debt.opening) == (key, opening) for debt in self.open_debts)

    def totals(self, debts: Iterable[Debt]) -> tuple[Money, ...]:
        """What is asked for of these debts, one amount per currency, by currency code."""
        return per_currency(self.account.chased(debt) for debt in debts)

    def paused(self) -> tuple[Reason, datetime | None] | None:
        """Why everything rests today, and until when: a hold, a pause or a promise."""
        return self._paused

    @cached_property
    def _paused(self) -> tuple[Reason, datetime | None] | None:
        if (held := self.silenced()) is not None:
            return held
        if self.pause is not None:
            until_on = None if self.pause.last == FOREVER else self.pause.last
            reason = because("hold.paused", until=until_on or "resumed", reason=self.pause.reason)
            return reason, self.after(self.pause)
        if (complained_at := self.account.complained_at) is not None:
            return because("hold.complaint", on=self.calendar.local_date(complained_at)), None
        promise = self._longest(self.promised)
        if promise is not None:
            return because("hold.promised", promise=promise.reason, until=promise.last), self.after(promise)
        return None

    def silenced(self) -> tuple[Reason, datetime | None] | None:
        """Why nothing at all may be said to the customer today, and until when."""
        if self.hold is None:
            return None
        until_on = None if self.hold.last == FOREVER else self.hold.last
        reason = because("hold.absolute", until=until_on or "released", reason=self.hold.reason)
        return reason, self.after(self.hold)

    def broken_promise(self, debt: Debt, since: datetime | None) -> Rest | None:
        """The newest promise about a debt that was broken after an instant, or ever; its rest is over."""
        if not self.account.promises:
            return None
        terms, tolerances = self.policy.promises, self.tolerances
        broken = [
            each.rest(terms, tolerances)
            for each in self.account.promises
            if debt.invoice in each.invoices and each.state(terms, self.today, tolerances) == "broken"
        ]
        since_on = date.min if since is None else self.calendar.local_date(since)
        return max((rest for rest in broken if rest.last >= since_on), key=lambda r: r.last, default=None)

    def ended_plan(self, debt: Debt, since: datetime | None) -> InstalmentPlan | None:
        """The newest plan about a debt that was over after an instant, or ever; none once another counts."""
        if not self.plans_over or debt.in_plan:
            return None
        since_on = date.min if since is None else self.calendar.local_date(since)
        about = [
            (over_on, plan)
            for plan, over_on in self.plans_over
            if over_on >= since_on and any(each.invoice == debt.invoice for each in plan.covered)
        ]
        return max(about, key=lambda each: each[0])[1] if about else None

    def after(self, rest: Rest) -> datetime | None:
        """The first instant after a rest at which something may go out; None when it has no end."""
        return None if rest.last == FOREVER else self.opening(rest.last + timedelta(days=1))

    def resting(self, debts: Iterable[Debt]) -> tuple[Reason, datetime | None] | None:
        """Why nothing presses for these debts today: a rest, or money that is on its way or in question."""
        debts = tuple(debts)
        if (held := self.paused()) is not None:
            return held
        return self._waits_for_money(debts)

    @cached_property
    def twice(self) -> tuple[Double, ...]:
        """What may have come in twice, since a person last looked at such money."""
        seen_at = self.account.tasks_done.get(TWICE)
        return tuple(each for each in self.account.doubles if seen_at is None or each.learned_at > seen_at)

    def _waits_for_money(self, debts: Sequence[Debt]) -> tuple[Reason, datetime | None] | None:
        """Why these debts wait for money that is on its way, or of which a person has to say whose it is."""
        account = self.account
        if not (account.in_flight or account.questions or self.twice):
            return None
        asked, newest_first = {each.invoice: each.open.currency for each in debts}, reversed(self.twice)
        if (coming := on_its_way(account.in_flight, asked)) is not None:
            return coming, None
        waits = in_question(account.questions, asked, self.today) or came_twice(
            newest_first, asked.values(), self.today, self.calendar.local_date
        )
        if waits is None:
            return None
        reason, last = waits
        return reason, None if last == FOREVER else self.opening(last + timedelta(days=1))

    def closed(self) -> tuple[Reason, datetime] | None:
        """Why nothing may go out at this instant, and until when."""
        shut = self.calendar.closed(self.now)
        if shut is None:
            return None
        return Reason(shut.rule, shut.values), self.calendar.next_open(self.now)

    @cached_property
    def contacting(self) -> Contacting:
        """Contact law at this instant; the house's own limits hold only where the policy wants them."""
        law = self.account.law if self.policy.contact.house else without_proposals(self.account.law)
        if not law.clauses:
            return Contacting(law, self.calendar, (), self.now)
        calls = {step.id for step in self.policy.tasks if step.task == CALL}
        made = contacts_of(self.account, calls)
        return Contacting(law, self.calendar, (*made, *self.said), self.now)

    def may_contact(self, channel: str, debts: Iterable[str], occasion: str) -> Barred | None:
        """Why contact law forbids to contact the customer about these invoices now; None when it may be."""
        return self.contacting.barred(channel, debts, occasion)

    def having_said(self, effects: Iterable[Effect]) -> "Situation":
        """The situation in which these effects are wanted as well."""
        if not self.account.law.clauses:
            return self
        said = wanted_contacts(effects, self.now)
        return replace(self, said=(*self.said, *said)) if said else self

    def reaches(self, step: NoticeStep, channel: str) -> bool:
        """Whether a channel reaches the customer with a message of this step."""
        if self.account.reach.get(channel) == "ok":
            return True
        return step.statutory and self.account.unsubscribed.get(channel) == "ok"

    def open_task(self, step: str) -> bool:
        """Whether the task of a step waits for a person."""
        done_at = self.account.tasks_done.get(step)
        tasks = [each for each in self.account.claims if each.step == step and each.channel == TASK]
        return any(each.stands and (done_at is None or each.claimed_at > done_at) for each in tasks)

    def opening(self, day: date) -> datetime:
        """The first instant on or after a day at which something may go out."""
        return self.calendar.opening(day)


@lru_cache(maxsize=1024)
def _calendar(zone: str, country: str | None, window: Window) -> Calendar:
    # Kept, because each instant of a forecast is a situation of its own, with the same calendar.
    known = window.holidays and has_holidays(country)
    return Calendar(zone=zone, window=window.send_window(), country=country if known else None)
