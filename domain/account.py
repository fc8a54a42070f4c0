"""The account: everything a plan may look at, built afresh from the facts of one customer.

`build` is a pure fold. Facts of one instant give the same account in any order. Claims, our record
of what we began and did, come in beside the facts; delivery outcomes are facts and are joined to
them here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from domain import facts
from domain.book import Book, Debt, Posted, post
from domain.customer import Customer
from domain.facts import Fact
from domain.fold import Fold, apart
from domain.money import Money
from domain.onboarding import Progress
from domain.policy import APPROVE

ClaimState = Literal["claimed", "released", "sent", "refused", "unknown"]
Reach = Literal["ok", "missing", "invalid", "opted_out"]
FOREVER = date.max
ANY_STEP = ""
"""Under which an approval stands that names no step: it is for whatever waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One effect that was begun: a message, a task, a suspension, a return.

    Attributes:
        message: the reference it carries outside, unique.
        debts: the invoices it is about, with their opening.
        state: `claimed` until the outcome is known; `unknown` when not even asking could tell;
            `released` and `refused` ones did not happen.
        attempt: of these debts by this step and channel, from 1.
        suspend_on: the day of suspension that the message announced.
    """

    message: str
    step: str
    channel: str
    debts: tuple[tuple[str, int], ...]
    claimed_at: datetime
    state: ClaimState = "sent"
    attempt: int = 1
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    bounced_at: datetime | None = None
    suspend_on: date | None = None

    @property
    def stands(self) -> bool:
        """Whether it happened, or may have."""
        return self.state in ("claimed", "sent", "unknown") and self.bounced_at is None

    @property
    def unsettled(self) -> bool:
        """Whether nobody knows yet if it happened."""
        return self.state == "claimed"

    def covers(self, debt: Debt) -> bool:
        """Whether it is about this opening of the debt."""
        return (debt.invoice, debt.opening) in self.debts


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Days on which chasing rests, both inclusive: a pause, a dispute, an exemption of an invoice or of all.

    One that ended on the day on which it began has its last day before its first.
    """

    first: date
    last: date
    reason: str
    invoice: str | None = None

    def holds(self, on: date) -> bool:
        """Whether `on` is one of its days."""
        return self.first <= on <= self.last

    def over(self, on: date) -> bool:
        """Whether it had begun, if only for hours, and ended before `on`."""
        return self.last < on and self.first <= self.last + timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a person asked for, when."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight:
    """Money on its way; `invoice` is None when it is for the account."""

    payment: str
    amount: Money
    invoice: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Our own switch on the main service."""

    suspended: bool = False
    since: datetime | None = None
    times: int = 0


@dataclass(frozen=True, kw_only=True)
class Account:
    """One customer, as of the newest fact.

    Attributes:
        reach: per channel, whether it reaches the customer.
        changed_at: per channel, when its address was last changed.
        onboarding: pending, or how it ended; None for customers who were never verified.
        newest_at: the newest `learned_at`; a plan's now is never before it.
        claims: in the order in which they were begun.
        go_live_on: steps before this day are not taken; None for no such day.
        disputes: the names of the disputes that are open.
        contests: disputes of at least half of what was open on an invoice that are resolved.
        kept: types of facts that this version keeps and shows but does not act on.
    """

    customer: Customer
    debts: tuple[Debt, ...] = ()
    disputed: Mapping[str, Money] = field(default_factory=dict)
    unapplied: tuple[Money, ...] = ()
    in_flight: tuple[InFlight, ...] = ()
    reach: Mapping[str, Reach] = field(default_factory=dict)
    changed_at: Mapping[str, datetime] = field(default_factory=dict)
    pauses: tuple[Rest, ...] = ()
    exemptions: tuple[Rest, ...] = ()
    claims: tuple[Claim, ...] = ()
    approvals: Mapping[str, Request] = field(default_factory=dict)
    suspend_request: Request | None = None
    reactivate_request: Request | None = None
    tasks_done: Mapping[str, datetime] = field(default_factory=dict)
    service: Service = field(default_factory=Service)
    onboarding: str | None = None
    verification: Progress = field(default_factory=Progress)
    newest_at: datetime | None = None
    go_live_on: date | None = None
    disputes: tuple[str, ...] = ()
    contests: tuple[Rest, ...] = ()
    kept: tuple[str, ...] = ()

    @cached_property
    def open_debts(self) -> tuple[Debt, ...]:
        """The debts that are not settled; over the years these are few among many."""
        return tuple(debt for debt in self.debts if debt.open.minor)

    @cached_property
    def announced(self) -> Mapping[tuple[str, int], date]:
        """Per invoice and opening the last day of suspension that was announced.

        Whatever became of the message, and whatever the policy calls it now: else an opening could be undone.
        """
        days: dict[tuple[str, int], date] = {}
        for claim in self.claims:
            if claim.suspend_on is not None and claim.state != "released":
                for key in claim.debts:
                    days[key] = max(claim.suspend_on, days.get(key, claim.suspend_on))
        return days

    @cached_property
    def begun(self) -> Mapping[tuple[str, int, str], Sequence[Claim]]:
        """Per invoice, opening and step what was begun and not given up, in order."""
        begun: dict[tuple[str, int, str], list[Claim]] = {}
        for claim in self.claims:
            if claim.state != "released":
                for invoice, opening in claim.debts:
                    begun.setdefault((invoice, opening, claim.step), []).append(claim)
        return begun

    def contested(self, debt: Debt) -> Money:
        """The disputed part of what is open on a debt."""
        return self.disputed.get(debt.invoice, Money.zero(debt.open.currency))

    def chased(self, debt: Debt) -> Money:
        """What may be asked for: open and not disputed."""
        contested = self.disputed.get(debt.invoice)
        return debt.open if contested is None else debt.open - contested

    def tried(self, claims: Iterable[Claim]) -> set[str]:
        """The channels that these claims have used up: one with a new address since is not among them."""
        return {claim.channel for claim in claims if claim.stands or not self._outdated(claim)}

    def _outdated(self, claim: Claim) -> bool:
        """Whether it went to an address that has been changed since."""
        changed_at = self.changed_at.get(claim.channel)
        return changed_at is not None and claim.claimed_at < changed_at

    def with_claims(self, claims: Iterable[Claim]) -> "Account":
        """Return the account after these claims, which replace those of the same message."""
        known = {claim.message: claim for claim in self.claims}
        known.update({claim.message: claim for claim in claims})
        return replace(self, claims=_in_order(known.values()))


def build(
    customer: Customer,
    history: Sequence[Fact],
    claims: Iterable[Claim] = (),
    *,
    channels: Iterable[str] = ("email", "sms"),
    go_live_on: date | None = None,
    allocation: str = "oldest_due",
    book: Book | None = None,
) -> Account:
    """Build the account of `customer` from all its facts.

    Args:
        claims: what we began, from the ledger or from a simulation.
        channels: those for which there is an address at all.
        book: the posted money, when the caller has it already.
    """
    posted = post(history, allocation=allocation) if book is None else book
    in_order = {claim.message: claim for claim in _in_order(claims)}
    folding = _Folding(customer, frozenset(channels), in_order)
    for fact in sorted(history, key=_order):
        folding.take(fact)
    return folding.account(posted, go_live_on)


class Building:
    """The account of one customer while facts come in: always what `build` makes of all of them."""

    def __init__(
        self, customer: Customer, *, channels: Iterable[str], go_live_on: date | None, allocation: str
    ) -> None:
        self._customer, self._channels, self._go_live_on = customer, frozenset(channels), go_live_on
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
        return account

    def _begin(self) -> "Fold[_Folding]":
        return Fold(
            lambda: _Folding(self._customer, self._channels, self._claims),
            lambda folding, fact, _: folding.take(fact),
        )


def instant(fact: Fact, zone: str) -> datetime:
    """When a fact happened; one that only has a date happened when that day began for the customer."""
    if fact.happened_at is not None:
        return fact.happened_at
    return _midnight(fact.happened_on, zone)


def end_of_day(fact: Fact, zone: str) -> datetime:
    """The end of the day on which a fact happened: what says how a message went may mean any of that day."""
    return _midnight(fact.happened_on + timedelta(days=1), zone)


def _midnight(on: date, zone: str) -> datetime:
    return datetime(on.year, on.month, on.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


# What ends something comes after what begins it, when both happened at one instant.
_ENDS = (
    facts.Resumed,
    facts.ExemptionEnded,
    facts.DisputeResolved,
    facts.PaymentFailed,
    facts.SubscriptionReactivated,
    facts.ContactChanged,
    facts.CodeAnswered,
    facts.Onboarded,
)


def _order(fact: Fact) -> tuple[date, str, bool, str, str, str]:
    """Order by what a fact says before where it comes from: two sources may number it differently."""
    at = fact.happened_at.isoformat() if fact.happened_at else ""
    ends = isinstance(fact.body, _ENDS)
    return (fact.happened_on, at, ends, repr(fact.body), fact.source, fact.id)


def _in_order(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    return tuple(sorted(claims, key=lambda claim: (claim.claimed_at, claim.message)))


class _Folding:
    """The fold's state while it runs; nothing outside sees it."""

    def __init__(self, customer: Customer, channels: frozenset[str], claims: dict[str, Claim]) -> None:
        self.customer = customer
        self.channels = channels
        self.reach: dict[str, Reach] = {
            channel: "ok" if channel in channels else "missing" for channel in ("email", "sms")
        }
        self.changed_at: dict[str, datetime] = {}
        self.claims = claims  # in order; what is known of how they went is written into it
        self.early = False  # whether an outcome named a message that is not there yet
        self.pauses: list[Rest] = []
        self.exemptions: list[Rest] = []
        self.disputes: dict[tuple[str, str], tuple[Decimal | None, date]] = {}  # how much, since when
        self.resolved: list[tuple[Decimal | None, Rest]] = []
        self.in_flight: dict[str, InFlight] = {}
        self.received: set[str] = set()
        self.approvals: dict[str, Request] = {}
        self.suspend_request: Request | None = None
        self.reactivate_request: Request | None = None
        self.tasks_done: dict[str, datetime] = {}
        self.service = Service()
        self.onboarding: str | None = None
        self.verification = Progress()
        self.newest_at: datetime | None = None
        self.kept: set[str] = set()

    def copy(self) -> "_Folding":
        """Return the same state, which facts that are taken here do not change; both have the same claims."""
        other = apart(self)
        other.claims = self.claims
        return other

    def account(self, book: Book, go_live_on: date | None) -> Account:
        return Account(
            customer=self.customer,
            debts=book.debts,
            disputed=self._disputed(book),
            unapplied=book.unapplied,
            in_flight=tuple(self.in_flight[payment] for payment in sorted(self.in_flight)),
            reach=dict(self.reach),
            changed_at=dict(self.changed_at),
            pauses=tuple(self.pauses),
            exemptions=tuple(self.exemptions),
            claims=tuple(self.claims.values()),
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
            contests=self._contests(book),
            kept=tuple(sorted(self.kept)),
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
            case facts.OptedOut() | facts.ContactInvalid() | facts.ContactChanged():
                self._contact(fact)
            case facts.Delivered() | facts.Bounced():
                self._outcome(fact)
            case facts.DisputeOpened() as body:
                self.disputes[body.dispute, body.invoice] = body.amount, fact.happened_on
            case facts.DisputeResolved() as body:
                for dispute, invoice in list(self.disputes):
                    if dispute == body.dispute and body.invoice in (None, invoice):
                        self._resolve(dispute, invoice, fact.happened_on)
            case facts.PaymentInFlight() | facts.PaymentReceived() | facts.PaymentFailed():
                self._money_on_its_way(fact.body)
            case facts.SubscriptionSuspended() | facts.SubscriptionReactivated():
                self._switch(fact)
            case _:
                self._people(fact)

    def _resolve(self, dispute: str, invoice: str, on: date) -> None:
        amount, since = self.disputes.pop((dispute, invoice))
        last = on - timedelta(days=1)
        self.resolved.append((amount, Rest(first=since, last=last, reason=dispute, invoice=invoice)))

    def _people(self, fact: Fact) -> None:
        at = instant(fact, self.customer.timezone)
        match fact.body:
            case facts.Approved() as body:
                self.tasks_done[APPROVE] = at
                self._answer(body, at)
            case facts.TaskCompleted() as body:
                steps = [body.step] if body.step else [claim.step for claim in self.claims.values()]
                self.tasks_done.update(dict.fromkeys(steps, at))
            case facts.SuspendRequested() as body:
                self.suspend_request = Request(at=at, by=body.by or "finance")
            case facts.ReactivateRequested() as body:
                self.reactivate_request = Request(at=at, by=body.by or "finance")
            case facts.OnboardingStarted():
                self.onboarding = "pending"
            case facts.Onboarded() as body:
                self.onboarding = body.outcome
            case facts.Checked() | facts.CodeSent() | facts.CodeAnswered() | facts.OnboardingReviewed():
                self.verification = self.verification.after(fact.body, at)
            case facts.Unknown() as body:
                self.kept.add(body.name)
            case _:
                pass  # Money is the book's, the policy is the ledger's, the rest is only shown.

    def _answer(self, body: facts.Approved, at: datetime) -> None:
        """Keep an approval; any other answer takes back what allowed the step before."""
        if body.outcome in (None, "approved"):
            self.approvals[body.step or ANY_STEP] = Request(at=at, by=body.by or "finance")
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
                self.pauses = [_ended(rest, body.from_ or on) for rest in self.pauses]
            case facts.Exempted() as body:
                first, last = body.from_ or on, _last(body.to)
                rest = Rest(first=first, last=last, reason=body.reason, invoice=body.invoice)
                self.exemptions.append(rest)
            case facts.ExemptionEnded() as body:
                self.exemptions = [
                    _ended(rest, body.from_ or on) if rest.invoice == body.invoice else rest
                    for rest in self.exemptions
                ]

    def _contact(self, fact: Fact) -> None:
        match fact.body:
            case facts.OptedOut(channel=channel):
                for each in [channel] if channel else list(self.reach):
                    self._set_reach(each, "opted_out")
            case facts.ContactInvalid(channel=channel):
                for each in [channel] if channel else list(self.reach):
                    self._set_reach(each, "invalid")
            case facts.ContactChanged(channel=channel):
                self.changed_at[channel] = instant(fact, self.customer.timezone)
                self._set_reach(channel, "ok" if channel in self.channels else "missing")

    def _set_reach(self, channel: str, reach: Reach) -> None:
        # An opt-out outlives a new address; only the customer takes it back.
        if self.reach.get(channel) != "opted_out":
            self.reach[channel] = reach

    def _outcome(self, fact: Fact) -> None:
        body = fact.body
        assert isinstance(body, facts.Delivered | facts.Bounced)
        at = instant(fact, self.customer.timezone)
        claim = self._claim_of(body, fact.happened_at or end_of_day(fact, self.customer.timezone))
        if isinstance(body, facts.Bounced):
            channel = claim.channel if claim else body.channel
            # What went to an old address says nothing about the new one.
            if channel and not (claim and claim.claimed_at < self.changed_at.get(channel, claim.claimed_at)):
                self._set_reach(channel, "invalid")
        if claim is None:
            return
        at = max(at, claim.claimed_at)
        if isinstance(body, facts.Delivered):
            self.claims[claim.message] = replace(claim, delivered_at=claim.delivered_at or at)
        else:
            self.claims[claim.message] = replace(claim, bounced_at=claim.bounced_at or at)

    def _claim_of(self, body: facts.Delivered | facts.Bounced, at: datetime) -> Claim | None:
        if body.message is not None:
            self.early = self.early or body.message not in self.claims
            return self.claims.get(body.message)
        for claim in reversed(self.claims.values()):
            if (
                claim.channel in ("email", "sms")
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
                        payment=body.payment, amount=amount, invoice=body.invoice
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

    def _switch(self, fact: Fact) -> None:
        at = instant(fact, self.customer.timezone)
        suspended = isinstance(fact.body, facts.SubscriptionSuspended)
        if suspended != self.service.suspended:  # said twice, it happened once
            self.service = Service(suspended=suspended, since=at, times=self.service.times + suspended)


def _last(to: date | None) -> date:
    return FOREVER if to is None or to > facts.LAST_DAY else to


def _ended(rest: Rest, on: date) -> Rest:
    """Cut a rest short, so that `on` is a working day again."""
    return rest if rest.last < on else replace(rest, last=max(on - timedelta(days=1), date.min))
