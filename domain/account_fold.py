"""From the facts of one customer to the account: a pure fold, at once or while facts come in.

Facts of one instant give the same account in any order. Claims, our record of what we began and did,
come in beside the facts; delivery outcomes are facts and are joined to them here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from domain import delivery, facts
from domain.access.grants import ToldOfAccess
from domain.account import ANY_STEP, OPTED_OUT, Account, InFlight, Reach, Request, Said, Service, Work
from domain.book import Book
from domain.cash.doors import Doors
from domain.cash.questions import Question
from domain.channels import CHANNELS, CHARGE, EMAIL
from domain.charges.card_fold import CardFold
from domain.claim import Claim, in_order
from domain.contact_law.law import NO_LAW, Law
from domain.credit.state import UNUSED
from domain.customer import Customer
from domain.disputes import Contest, FactName, disputes_of
from domain.facts import Fact
from domain.facts.dating import end_of_day, instant
from domain.fold import Fold, apart
from domain.instalment_plans import Told, agreed_plans
from domain.interest.fees import Fee
from domain.interest.rates import Rates
from domain.money import Money
from domain.onboarding import Progress
from domain.override import Override
from domain.override import after as override_after
from domain.own_steps import APPROVE, REPLY, approval_of, is_answered, is_approval
from domain.posting import Posted, post
from domain.promises import Promise
from domain.promises import told as told_promise
from domain.rest import FOREVER, HandOver, Rest, Withheld
from domain.usage.book import Told as ToldOfUsage


def build(
    customer: Customer,
    history: Sequence[Fact],
    claims: Iterable[Claim] = (),
    *,
    channels: Iterable[str] = CHANNELS,
    go_live_on: date | None = None,
    allocation: str = "oldest_due",
    rates: Rates | None = None,
    book: Book | None = None,
    law: Law = NO_LAW,
) -> Account:
    """Build the account of `customer` from all its facts.

    Args:
        claims: what we began, from the ledger or from a simulation.
        channels: those for which there is an address at all.
        rates: the tables of the law on late payment; without them nothing is owed by law.
        book: the posted money, when the caller has it already.
        law: the rules of contact for this customer.
    """
    posted = post(history, allocation=allocation) if book is None else book
    known = {claim.message: claim for claim in in_order(claims)}
    folding = _Folding(customer, frozenset(channels), known, law)
    for fact in sorted(history, key=_order):
        folding.take(fact)
    account = folding.account(posted, go_live_on)
    return replace(account, rates=rates or Rates(), entries=posted.entries, history=history)


class Building:
    """The account of one customer while facts come in: always what `build` makes of all of them."""

    def __init__(
        self,
        customer: Customer,
        *,
        channels: Iterable[str],
        go_live_on: date | None,
        allocation: str,
        rates: Rates | None = None,
        law: Law = NO_LAW,
    ) -> None:
        self._customer, self._channels, self._go_live_on = customer, frozenset(channels), go_live_on
        self._rates, self._law = rates or Rates(), law
        self._history: list[Fact] = []
        self._given: tuple[Claim, ...] = ()
        self._claims: dict[str, Claim] = {}
        self._posted = Posted(allocation)
        self._fold = self._begin()

    def learn(self, new: Sequence[Fact], claims: tuple[Claim, ...]) -> Account:
        """Return the account with these facts as well; `claims` are all of them, as an account has them."""
        if claims is not self._given:
            self._claims.clear()
            self._claims.update({claim.message: claim for claim in claims})
        self._history += new
        self._posted.learn(new)
        if self._fold.state.early:
            self._fold, new = self._begin(), self._history
        self._fold.add((_order(fact), fact) for fact in new)
        account = self._fold.state.account(self._posted.book, self._go_live_on)
        self._given = account.claims
        return replace(account, rates=self._rates, entries=self._posted.book.entries, history=self._history)

    def _begin(self) -> "Fold[_Folding]":
        return Fold(
            lambda: _Folding(self._customer, self._channels, self._claims, self._law),
            lambda folding, fact, _: folding.take(fact),
        )


ELSEWHERE = ""
"""Under which that others suspended the service stands among what is withheld; no incident is called so."""

FAILED_IN_A_ROW = 2
"""So many messages in a row that failed in passing mean that the address reaches nobody."""

# What ends something comes after what begins it, when both happened at one instant.
_ENDS = (
    facts.Resumed,
    facts.ExemptionEnded,
    facts.HoldReleased,
    facts.DisputeResolved,
    facts.PlanEnded,
    facts.PaymentFailed,
    facts.MoneyDecided,
    facts.SubscriptionReactivated,
    facts.TakenBack,
    facts.IncidentClosed,
    facts.ContactChanged,
    facts.CardRemoved,
    facts.CodeAnswered,
    facts.Onboarded,
    facts.PolicyOverrideEnded,
    facts.CreditEnded,
    facts.OrderCancelled,
    facts.Provisioned,
    facts.OrdersUnblocked,
    facts.AccessGranted,
    facts.AccessRevoked,
)


def _order(fact: Fact) -> tuple[date, str, bool, str, str, str]:
    """Order by what a fact says before where it comes from: two sources may number it differently."""
    at = fact.happened_at.isoformat() if fact.happened_at else ""
    ends = isinstance(fact.body, _ENDS)
    return (fact.happened_on, at, ends, repr(fact.body), fact.source, fact.id)


class _Folding:
    """The fold's state while it runs; nothing outside sees it."""

    def __init__(
        self, customer: Customer, channels: frozenset[str], claims: dict[str, Claim], law: Law
    ) -> None:
        self.customer = customer
        self.law = law
        self.channels = channels
        self.reach: dict[str, Reach] = {
            channel: "ok" if channel in channels else "missing" for channel in CHANNELS
        }
        self.off_list: set[str] = set()  # channels that only what the law requires may take
        self.complained_at: datetime | None = None
        self.changed_at: dict[str, datetime] = {}
        self.failing: dict[str, frozenset[str]] = {}  # in passing, since something arrived there
        self.doubtful: set[str] = set()  # channels that reach nobody because of these alone
        self.replies: list[Said] = []
        self.claims = claims  # in order; what is known of how they went is written into it
        self.early = False  # whether an outcome named a message that is not there yet
        self.pauses: list[Rest] = []
        self.exemptions: list[Rest] = []
        self.holds: list[Rest] = []
        self.handed_over: list[HandOver] = []
        self.withheld: dict[str, Withheld] = {}  # by the incident; what others suspended has no name
        self.cancelled_on: date | None = None
        self.promises: list[tuple[date, facts.PromiseMade]] = []
        self.plans: list[Told] = []
        self.disputes: dict[tuple[str, str], tuple[Decimal | None, date]] = {}  # how much, since when
        self.told: dict[tuple[str, str], Contest] = {}  # the latest of each dispute and invoice
        self.crediting: set[FactName] = set()
        self.resolved: list[tuple[Decimal | None, Rest]] = []
        self.in_flight: dict[str, InFlight] = {}
        self.questions: dict[str, Question] = {}
        self.doors = Doors()
        self.cards = CardFold()
        self.failed: dict[str, tuple[date, ...]] = {}
        self.received: set[str] = set()
        self.approvals: dict[str, Request] = {}
        self.suspend_request: Request | None = None
        self.reactivate_request: Request | None = None
        self.tasks_done: dict[str, datetime] = {}
        self.work: list[Work] = []
        self.service = Service()
        self.onboarding: str | None = None
        self.verification = Progress()
        self.newest_at: datetime | None = None
        self.kept: set[str] = set()
        self.fees: dict[str, tuple[facts.FeeBooked, datetime]] = {}
        self.usage: list[ToldOfUsage] = []
        self.access: list[ToldOfAccess] = []
        self.noticed: list[facts.ActivityNoticed] = []
        self.override: Override | None = None
        self.adopted_at: datetime | None = None
        self.credit = UNUSED

    def copy(self) -> "_Folding":
        """Return the same state, which facts that are taken here do not change; both have the same claims."""
        other = apart(self)
        other.claims = self.claims
        other.cards = self.cards.copy()
        other.doors = self.doors.copy()
        return other

    def account(self, book: Book, go_live_on: date | None) -> Account:
        return Account(
            customer=self.customer,
            debts=book.debts,
            disputed=self._disputed(book),
            unapplied=book.unapplied,
            in_flight=tuple(self.in_flight[payment] for payment in sorted(self.in_flight)),
            reach={**self.reach, **dict.fromkeys(self.off_list, OPTED_OUT)},
            unsubscribed={each: self.reach[each] for each in self.off_list},
            complained_at=self.complained_at,
            questions=tuple(self.questions.values()),
            doubles=self.doors.doubles(),
            changed_at=dict(self.changed_at),
            pauses=tuple(self.pauses),
            exemptions=tuple(self.exemptions),
            holds=(*self.holds, *self.withheld.values()),
            promises=tuple(self._promise(on, body, book) for on, body in self.promises),
            plans=agreed_plans(book, self.plans, self.customer.currency) if self.plans else (),
            claims=self._answered(),
            wallet=self.cards.wallet(),
            approvals=dict(self.approvals),
            suspend_request=self.suspend_request,
            reactivate_request=self.reactivate_request,
            tasks_done=dict(self.tasks_done),
            service=self.service,
            onboarding=self.onboarding,
            verification=self.verification,
            newest_at=self.newest_at,
            go_live_on=go_live_on,
            disputes=tuple(sorted({dispute for dispute, _ in self.disputes})),
            dispute_cases=disputes_of(book, self.told.values(), self.crediting) if self.told else (),
            contests=self._contests(book),
            failed=dict(self.failed),
            handed_over=tuple(self.handed_over),
            elsewhere_on=self.withheld[ELSEWHERE].first if ELSEWHERE in self.withheld else None,
            incidents=tuple(name for name in self.withheld if name != ELSEWHERE),
            cancelled_on=self.cancelled_on,
            kept=tuple(sorted(self.kept)),
            work=tuple(self.work),
            replies=tuple(self.replies),
            usage_told=tuple(self.usage),
            access_told=tuple(self.access),
            noticed=tuple(self.noticed),
            law=self.law,
            override=self.override,
            adopted_at=self.adopted_at,
            fees=self._fees(book) if self.fees else (),
            credit=self.credit,
            deposits={each.name: each for each in book.deposits},
        )

    def _fees(self, book: Book) -> tuple[Fee, ...]:
        """The fees that the book has; of one that was cancelled nothing is remembered."""
        standing = {debt.invoice for debt in book.debts if debt.about is not None and debt.state != "void"}
        return tuple(
            Fee(
                fee=body.fee,
                invoice=body.invoice,
                kind=body.kind,
                amount=Money.of(body.amount, body.currency),
                until=body.until,
                step=body.step,
                booked_at=at,
                basis=body.basis,
                rows=body.rows,
            )
            for body, at in self.fees.values()
            if body.fee in standing
        )

    def _answered(self) -> tuple[Claim, ...]:
        """The claims, each charge with its answer."""
        answers = self.cards.answers
        if not answers:
            return tuple(self.claims.values())
        return tuple(
            replace(claim, charged=answers[message]) if message in answers else claim
            for message, claim in self.claims.items()
        )

    def _disputed(self, book: Book) -> dict[str, Money]:
        contested: dict[str, Money] = {}
        invoices = {invoice for _, invoice in self.disputes}
        for debt in book.debts if invoices else ():
            if debt.invoice not in invoices:
                continue
            currency, total = debt.open.currency, Money.zero(debt.open.currency)
            for (_, invoice), (amount, _) in self.disputes.items():
                if invoice == debt.invoice:
                    total += debt.open if amount is None else Money.of(amount, currency)
            if total and debt.open:
                contested[debt.invoice] = min(total, debt.open)
        return contested

    def _contests(self, book: Book) -> tuple[Rest, ...]:
        """The disputes, resolved since, of at least half of what was open on an invoice."""
        names = {rest.invoice for _, rest in self.resolved}
        entries = [entry for entry in book.entries if entry.invoice in names] if names else []
        rests = []
        for amount, rest in self.resolved:
            until = rest.last + timedelta(days=1)
            posted = [each.amount for each in entries if each.invoice == rest.invoice and each.on <= until]
            owed = sum(each.minor for each in posted)
            if posted and (amount is None or 2 * Money.of(amount, posted[0].currency).minor >= owed):
                rests.append(rest)
        return tuple(rests)

    def take(self, fact: Fact) -> None:
        """Take one fact into account."""
        if self.newest_at is None or fact.learned_at > self.newest_at:
            self.newest_at = fact.learned_at
        match fact.body:
            case facts.Paused() | facts.Resumed() | facts.Exempted() | facts.ExemptionEnded():
                self._rest(fact)
            case facts.HoldSet() | facts.HoldReleased():
                self._hold(fact)
            case facts.PromiseMade() as body:
                self.promises.append((fact.happened_on, body))
            case facts.PlanAgreed() | facts.PlanEnded() as body:
                self.plans.append((fact.happened_on, body))
            case facts.OptedOut() | facts.OptedIn() | facts.ContactInvalid() | facts.ContactChanged():
                self._contact(fact)
            case facts.Delivered() | facts.Bounced() as body:
                self._outcome(fact, body)
            case facts.Replied() as body:
                at = instant(fact, self.customer.timezone)
                self.replies.append(Said(at=at, channel=body.channel, says=body.says))
                if body.says == delivery.SPAM:
                    self.complained_at = at
            case facts.DisputeOpened() as body:
                self._contest(body, fact.happened_on)
            case facts.DisputeResolved() as body:
                for dispute, invoice in list(self.disputes):
                    if dispute == body.dispute and body.invoice in (None, invoice):
                        self._resolve(dispute, invoice, fact.happened_on, body.outcome)
            case facts.CreditNote() | facts.CreditNoteCancelled() | facts.InvoiceCorrected():
                self.crediting.add((fact.source, fact.id))
            case facts.PaymentInFlight() | facts.PaymentReceived() | facts.PaymentFailed():
                if isinstance(fact.body, facts.PaymentFailed):
                    self._charge_failed(fact.body, fact.happened_on)
                self._money_on_its_way(fact.body)
                self.doors.take(fact)
                if self.cards.cards or not isinstance(fact.body, facts.PaymentReceived):
                    self._card(fact)
            case facts.CardAdded() | facts.CardRemoved() | facts.ChargedBack() | facts.ChargebackReversed():
                self._card(fact)
                self.doors.take(fact)
            case facts.Refunded() | facts.PaymentCancelled():
                self.doors.take(fact)
            case facts.MoneyInQuestion() | facts.MoneyDecided():
                self._question(fact)
            case facts.SubscriptionSuspended() | facts.SubscriptionReactivated():
                self._switch(fact)
            case facts.SubscriptionRestricted() | facts.SubscriptionTerminated():
                self._switch(fact)
            case facts.HandedOver() | facts.TakenBack():
                self._hand_over(fact)
            case facts.SuspendedElsewhere() | facts.IncidentOpened() | facts.IncidentClosed():
                self._withhold(fact)
            case facts.SubscriptionCancelled():
                self.cancelled_on = self.cancelled_on or fact.happened_on
            case _:
                self._people(fact)

    def _card(self, fact: Fact) -> None:
        self.cards.take(fact.body, instant(fact, self.customer.timezone), self.claims)

    def _contest(self, body: facts.DisputeOpened, on: date) -> None:
        key = body.dispute, body.invoice
        before = self.told.get(key)
        again = before is not None and key not in self.disputes
        self.disputes[key] = body.amount, on
        self.told[key] = Contest(
            dispute=body.dispute,
            invoice=body.invoice,
            times=(before.times if before else 1) + again,
            opened_on=on,
            amount=body.amount,
            owner=body.owner,
        )

    def _resolve(self, dispute: str, invoice: str, on: date, outcome: str | None) -> None:
        amount, since = self.disputes.pop((dispute, invoice))
        key = dispute, invoice
        self.told[key] = replace(self.told[key], resolved_on=on, outcome=outcome)
        last = on - timedelta(days=1)
        self.resolved.append((amount, Rest(first=since, last=last, reason=dispute, invoice=invoice)))

    def _people(self, fact: Fact) -> None:
        at = instant(fact, self.customer.timezone)
        match fact.body:
            case facts.Approved() as body:
                self._answer(body, at)
                self.tasks_done.update(dict.fromkeys(self._approvals(body.step), at))
            case facts.TaskCompleted() as body:
                steps = {body.step} if body.step else self._open_steps()
                self.tasks_done.update(dict.fromkeys(steps, at))
                if REPLY in steps:
                    self.complained_at = None
                before = end_of_day(fact, self.customer.timezone)
                self.work.append(Work(at=at, before=before, step=body.step, reached=body.reached))
            case facts.SuspendRequested() as body:
                self.suspend_request = Request(at=at, by=body.by or "finance")
            case facts.ReactivateRequested() as body:
                self.reactivate_request = Request(at=at, by=body.by or "finance")
                self._suspend_no_more(at)
            case facts.OnboardingStarted():
                self.onboarding = "pending"
                self.verification = self.verification.after(fact.body, at)
            case facts.Onboarded() as body:
                self.onboarding = body.outcome
                self.credit = self.credit.after(body, at, fact.happened_on)
            case facts.Checked() | facts.CodeSent() | facts.CodeAnswered() | facts.OnboardingReviewed():
                self.verification = self.verification.after(fact.body, at)
            case facts.PolicyAccepted() | facts.CalledBack():
                self.verification = self.verification.after(fact.body, at)
            case facts.FeeBooked() as body:
                self.fees.setdefault(body.fee, (body, at))
            case facts.UsageProfileAgreed() | facts.UsageReported() | facts.UsageBilled():
                self.usage.append(ToldOfUsage(on=fact.happened_on, at=at, body=fact.body))
            case facts.ActivityNoticed() as body:
                self.noticed.append(body)
            case facts.SafeguardNoted() | facts.AccessRequested():
                self.access.append(ToldOfAccess(on=fact.happened_on, body=fact.body))
            case facts.AccessGranted() | facts.AccessRevoked():
                self.access.append(ToldOfAccess(on=fact.happened_on, body=fact.body))
            case facts.Unknown() as body:
                self.kept.add(body.name)
            case facts.PolicyOverrideSet() | facts.PolicyOverrideEnded():
                self.override = override_after(fact, self.override)
            case facts.PolicyAdopted():
                self.adopted_at = at
            case facts.InvoiceIssued(order=None):
                pass
            case _:
                # Money is the book's, and what credit does not know is only shown.
                self.credit = self.credit.after(fact.body, at, fact.happened_on)

    def _suspend_no_more(self, at: datetime) -> None:
        """Forget a request to suspend that has been done, or was taken back, by an instant."""
        if self.suspend_request is not None and self.suspend_request.at <= at:
            self.suspend_request = None

    def _open_steps(self) -> set[str]:
        """The steps whose tasks are done when all work is."""
        return {claim.step for claim in self.claims.values() if not is_answered(claim.step)}

    def _approvals(self, step: str | None) -> set[str]:
        """The tasks that an answer about a step ends: those of that step, without one all approvals."""
        asked = {claim.step for claim in self.claims.values() if is_approval(claim.step)}
        if step is None:
            return {APPROVE, *asked}
        return {approval_of(step)} if approval_of(step) in asked else {APPROVE}

    def _answer(self, body: facts.Approved, at: datetime) -> None:
        """Keep an approval; any other answer takes back what allowed the step before."""
        if body.allows:
            since = self.tasks_done.get(APPROVE)
            self.approvals[body.step or ANY_STEP] = Request(at=at, by=body.by or "finance", since=since)
        else:
            taken_back = list(self.approvals) if body.step is None else [body.step, ANY_STEP]
            for step in taken_back:
                self.approvals.pop(step, None)

    def _rest(self, fact: Fact) -> None:
        on = fact.happened_on
        match fact.body:
            case facts.Paused() as body:
                first, last = body.from_ or on, _last(body.to)
                self.pauses.append(Rest(first=first, last=last, reason=body.reason))
            case facts.Resumed() as body:
                self.pauses = [rest.cut(body.from_ or on) for rest in self.pauses]
                self.complained_at = None
            case facts.Exempted() as body:
                first, last = body.from_ or on, _last(body.to)
                rest = Rest(first=first, last=last, reason=body.reason, invoice=body.invoice)
                self.exemptions.append(rest)
            case facts.ExemptionEnded() as body:
                self.exemptions = [
                    rest.cut(body.from_ or on) if rest.invoice == body.invoice else rest
                    for rest in self.exemptions
                ]

    def _hold(self, fact: Fact) -> None:
        on = fact.happened_on
        match fact.body:
            case facts.HoldSet() as body:
                rest = Rest(first=body.from_ or on, last=_last(body.to), reason=body.reason)
                self.holds.append(rest)
            case facts.HoldReleased(reason=reason) as body:
                ends = body.from_ or on
                self.holds = [r.cut(ends) if reason in (None, r.reason) else r for r in self.holds]

    def _withhold(self, fact: Fact) -> None:
        """Let all rest from the day of a fact on, or end that."""
        match fact.body:
            case facts.IncidentOpened(incident=name, kind=kind):
                reason, over = f"incident {name} ({kind})", False
            case facts.IncidentClosed(incident=name):
                reason, over = "", True
            case _:
                name, reason = ELSEWHERE, "others suspended the service"
                over = isinstance(fact.body, facts.SuspendedElsewhere) and fact.body.outcome == "ended"
        if not over:
            first = fact.happened_on
            self.withheld.setdefault(name, Withheld(first=first, last=FOREVER, reason=reason))
        elif name in self.withheld:
            self.holds.append(self.withheld.pop(name).cut(fact.happened_on))

    def _question(self, fact: Fact) -> None:
        match fact.body:
            case facts.MoneyInQuestion(question=name, invoices=invoices) as body:
                rest = Rest(first=fact.happened_on, last=_last(body.to), reason=body.reason)
                amount = Money.of(body.amount, body.currency)
                self.questions[name] = Question(question=name, amount=amount, invoices=invoices, rest=rest)
            case facts.MoneyDecided(question=name):
                self.questions.pop(name, None)

    def _hand_over(self, fact: Fact) -> None:
        on = fact.happened_on
        match fact.body:
            case facts.HandedOver(invoice=invoice, to=to):
                same = [rest for rest in self.handed_over if rest.invoice == invoice]
                # Without a name a later day hands over more: what has become past due since.
                if not any(rest.last == FOREVER and (invoice or rest.first == on) for rest in same):
                    rest = HandOver(first=on, last=FOREVER, reason=to or "others", invoice=invoice)
                    self.handed_over.append(rest)
            case facts.TakenBack(invoice=invoice):
                self.handed_over = [rest.taken_back(invoice, on) for rest in self.handed_over]

    def _promise(self, on: date, body: facts.PromiseMade, book: Book) -> Promise:
        return told_promise(book, on, body, self.customer.currency)

    def _contact(self, fact: Fact) -> None:
        match fact.body:
            case facts.OptedOut(channel=channel, scope=scope):
                at = instant(fact, self.customer.timezone)
                closed = self.law.closed_by(channel, at) if channel else frozenset(self.reach)
                # Where the law closes more than the list that was left, or SMS is left, nothing is excepted.
                if scope == "list" and closed == {EMAIL}:
                    self.off_list.add(EMAIL)
                    return
                for each in closed:
                    self._set_reach(each, OPTED_OUT)
            case facts.OptedIn(channel=channel):
                if channel in self.off_list or self.reach.get(channel) == OPTED_OUT:
                    self.off_list.discard(channel)
                    del self.reach[channel]
                    if channel in CHANNELS:
                        self._works(channel)
            case facts.ContactInvalid(channel=channel):
                for each in [channel] if channel else list(self.reach):
                    self._set_reach(each, "invalid")
                    self.doubtful.discard(each)
            case facts.ContactChanged(channel=channel):
                self.changed_at[channel] = instant(fact, self.customer.timezone)
                self._works(channel)

    def _works(self, channel: str) -> None:
        """Note that nothing is known against an address any more."""
        self._set_reach(channel, "ok" if channel in self.channels else "missing")
        self.failing.pop(channel, None)
        self.doubtful.discard(channel)

    def _set_reach(self, channel: str, reach: Reach) -> None:
        # An opt-out outlives a new address; only the customer takes it back.
        if self.reach.get(channel) != OPTED_OUT:
            self.reach[channel] = reach

    def _outcome(self, fact: Fact, body: facts.Delivered | facts.Bounced) -> None:
        at = instant(fact, self.customer.timezone)
        claim = self._claim_of(body, fact.happened_at or end_of_day(fact, self.customer.timezone))
        channel = claim.channel if claim else body.channel
        if claim is not None:
            claim = self.claims[claim.message] = delivery.after(claim, body, at)
        # What went to an old address says nothing about the new one.
        if channel is None or (claim and claim.claimed_at < self.changed_at.get(channel, claim.claimed_at)):
            return
        if isinstance(body, facts.Delivered):
            self._arrived(channel, body, claim)
        elif claim is None or claim.bounced_at is not None:
            self._came_back(channel, body, claim)

    def _came_back(self, channel: str, body: facts.Bounced, claim: Claim | None) -> None:
        """Take a message that did not arrive for what it says of the address."""
        if body.fault is None:
            self._set_reach(channel, "invalid")
            self.doubtful.discard(channel)
        elif body.fault == "passing":
            name = body.message or (claim.message if claim else "")
            failing = self.failing[channel] = self.failing.get(channel, frozenset()) | {name}
            if len(failing) >= FAILED_IN_A_ROW and self.reach.get(channel) == "ok":
                self._set_reach(channel, "invalid")
                self.doubtful.add(channel)

    def _arrived(self, channel: str, body: facts.Delivered, claim: Claim | None) -> None:
        """Take a message that arrived for what it says of the address."""
        self.failing.pop(channel, None)
        proven = channel == "sms" and body.message is not None and claim is not None
        if channel in self.doubtful or (proven and self.reach.get(channel) == "invalid"):
            self._works(channel)

    def _claim_of(self, body: facts.Delivered | facts.Bounced, at: datetime) -> Claim | None:
        if body.message is not None:
            self.early = self.early or body.message not in self.claims
            return self.claims.get(body.message)
        for claim in reversed(self.claims.values()):
            if (
                claim.is_message
                and claim.claimed_at < at  # what an outcome set off is not what it is about
                and body.channel in (None, claim.channel)
                and body.step in (None, claim.step)
            ):
                return claim
        return None

    def _money_on_its_way(self, body: facts.Body) -> None:
        match body:
            case facts.PaymentInFlight():
                amount = Money.of(body.amount, body.currency)
                # Doors differ in speed: money that has arrived is not on its way any more.
                if body.payment not in self.received:
                    self.in_flight[body.payment] = InFlight(
                        payment=body.payment, amount=amount, invoice=body.invoice, deposit=body.deposit
                    )
            case facts.PaymentReceived():
                self.received.add(body.payment)
                self.in_flight.pop(body.payment, None)
            case facts.PaymentFailed(payment=payment) if payment is not None:
                self.in_flight.pop(payment, None)
            case facts.PaymentFailed(invoice=invoice):
                # Without its name, what may be meant is dropped: a hold for ever would be worse.
                self.in_flight = {
                    payment: money
                    for payment, money in self.in_flight.items()
                    if None not in (invoice, money.invoice) and invoice != money.invoice
                }

    def _charge_failed(self, body: facts.PaymentFailed, on: date) -> None:
        """Keep the day for the invoice that is named, by the fact or by the charge that came to nothing."""
        begun, on_its_way = self.claims.get(body.payment or ""), self.in_flight.get(body.payment or "")
        invoice = body.invoice or (on_its_way.invoice if on_its_way else None)
        if invoice is None and begun is not None and begun.channel == CHARGE:
            invoice = begun.invoices[0]
        if invoice is not None:
            self.failed[invoice] = tuple(sorted((*self.failed.get(invoice, ()), on)))

    def _switch(self, fact: Fact) -> None:
        at = instant(fact, self.customer.timezone)
        before = self.service
        if isinstance(fact.body, facts.SubscriptionSuspended | facts.SubscriptionReactivated):
            self._suspend_no_more(at)
        match fact.body:
            case _ if before.ended:
                pass  # Whatever is said later, nothing brings it back.
            case facts.SubscriptionSuspended(ends_on=on) if not before.suspended:  # said twice, it is once
                self.service = before.turned("suspend", at, ends_on=on)
            case facts.SubscriptionRestricted() if not before.down:
                self.service = before.turned("restrict", at)
            case facts.SubscriptionReactivated() if before.down:
                self.service = before.turned("reactivate", at)
            case facts.SubscriptionTerminated():
                self.service = before.turned("terminate" if self.cancelled_on is None else "close", at)


def _last(to: date | None) -> date:
    return FOREVER if to is None or to > facts.LAST_DAY else to
