"""The account: everything a plan may look at, of one customer as of the newest fact."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Literal

from domain.access.grants import AccessBook, ToldOfAccess, access_of
from domain.book import Debt, Deposit, Entry
from domain.cash.doors import Double
from domain.cash.questions import Question
from domain.charges.cards import Attempt, Wallet
from domain.claim import Claim, in_order
from domain.contact_law.law import NO_LAW, Law
from domain.credit.state import UNUSED, Credit
from domain.customer import Customer
from domain.disputes import Dispute
from domain.facts import ActivityNoticed, Fact
from domain.instalment_plans import InstalmentPlan
from domain.interest.fees import Fee
from domain.interest.rates import Rates
from domain.money import Money
from domain.onboarding import Progress
from domain.onboarding.rules import AS_BEFORE, OnboardingRules
from domain.override import Override
from domain.promises import Promise
from domain.rest import HandOver, Rest
from domain.usage.book import Told, UsageBook, book_of

Reach = Literal["ok", "missing", "invalid", "opted_out"]
OPTED_OUT: Reach = "opted_out"
Turn = Literal["restrict", "suspend", "reactivate", "terminate", "close"]
ANY_STEP = ""
"""Under which an approval stands that names no step: it is for whatever waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a person asked for, when; of an approval `since` is the answer before it."""

    at: datetime
    by: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight:
    """Money on its way; `invoice` is None when it is for the account, or for a deposit."""

    payment: str
    amount: Money
    invoice: str | None
    deposit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Work that a person said was done; `step` is None where it was all that was open.

    Attributes:
        before: the end of its day: a task of that day may be what it was about.
        reached: of a call, whether somebody talked to the customer; None where nobody said.
    """

    at: datetime
    before: datetime
    step: str | None
    reached: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Something that the customer said and a person has to read; `says` is what it seems to be about."""

    at: datetime
    channel: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Our own switch on the main service: on, restricted, suspended, or ended for good.

    Attributes:
        since: when it was turned last.
        times: how often it was restricted or suspended.
        ends_on: while it is suspended, the day on which its term ends at the provider, where that is known.
    """

    suspended: bool = False
    since: datetime | None = None
    times: int = 0
    restricted: bool = False
    ended: bool = False
    ends_on: date | None = None

    def turned(self, how: Turn, at: datetime, *, ends_on: date | None = None) -> "Service":
        """Return the switch after it was turned; a subscription that others had cancelled is only closed."""
        down = how in ("suspend", "restrict")
        return Service(
            suspended=how == "suspend",
            restricted=how == "restrict",
            ended=how == "terminate",
            since=at,
            times=self.times + down,
            ends_on=ends_on,
        )

    @property
    def down(self) -> bool:
        """Whether there is something to give back."""
        return self.suspended or self.restricted


@dataclass(frozen=True, kw_only=True)
class Account:
    """One customer, as of the newest fact.

    Attributes:
        reach: per channel, whether it reaches the customer.
        unsubscribed: of channels that count as opted out because the customer left the list: whether they
            reach the customer with what the law requires.
        complained_at: when an email of ours was called spam; None once a person has looked.
        changed_at: per channel, when its address was last changed.
        onboarding: pending, or how it ended; None for customers who were never verified.
        onboarding_rules: the decision table that a pending verification is under.
        newest_at: the newest `learned_at`; a plan's now is never before it.
        claims: in the order in which they were begun.
        go_live_on: steps before this day are not taken; None for no such day.
        disputes: the names of the disputes that are open.
        holds: days on which nothing at all may be said or done.
        promises, plans: in the order in which they were made.
        dispute_cases: each dispute of each invoice on which something is open, resolved or not.
        contests: disputes of at least half of what was open on an invoice that are resolved.
        failed: per invoice the days of its failed charges, in order.
        wallet: the cards, and what went wrong with them.
        override: the policy that a person chose for this customer last, unless it was ended.
        adopted_at: when a policy was last adopted for this customer alone, if one ever was.
        questions: money that may be this customer's, and a person has to say so.
        doubles: money of a bank's file that another door may have brought as well.
        handed_over: days on which others collect a debt; without an invoice what was past due on the first.
        elsewhere_on: since when others have the service suspended.
        incidents: those that are open about the customer, the oldest first.
        cancelled_on: when the subscription was cancelled.
        kept: types of facts that this version keeps and shows but does not act on.
        fees: what was booked about the invoices and not cancelled.
        rates: the tables of the law on late payment.
        entries, history: of the book, and the facts that they come from: interest is reckoned on them.
        work: what people said was done, oldest first.
        replies: what the customer said, oldest first.
        credit: what may be owed, what was ordered, which deposits were asked for.
        deposits: the money that came in for deposits, by name; `unapplied` is without it.
        usage_told: facts about usage that is billed afterwards.
        access_told: facts about roles of administration, in their order.
        noticed: what the audit of activity logs noticed, in the order in which it was told.
        law: the rules of contact for this customer; those of the day hold, whatever the policy's version.
    """

    customer: Customer
    debts: tuple[Debt, ...] = ()
    disputed: Mapping[str, Money] = field(default_factory=dict)
    unapplied: tuple[Money, ...] = ()
    in_flight: tuple[InFlight, ...] = ()
    questions: tuple[Question, ...] = ()
    doubles: tuple[Double, ...] = ()
    reach: Mapping[str, Reach] = field(default_factory=dict)
    unsubscribed: Mapping[str, Reach] = field(default_factory=dict)
    complained_at: datetime | None = None
    changed_at: Mapping[str, datetime] = field(default_factory=dict)
    pauses: tuple[Rest, ...] = ()
    exemptions: tuple[Rest, ...] = ()
    holds: tuple[Rest, ...] = ()
    promises: tuple[Promise, ...] = ()
    plans: tuple[InstalmentPlan, ...] = ()
    claims: tuple[Claim, ...] = ()
    approvals: Mapping[str, Request] = field(default_factory=dict)
    suspend_request: Request | None = None
    reactivate_request: Request | None = None
    tasks_done: Mapping[str, datetime] = field(default_factory=dict)
    service: Service = field(default_factory=Service)
    onboarding: str | None = None
    verification: Progress = field(default_factory=Progress)
    onboarding_rules: OnboardingRules = AS_BEFORE
    newest_at: datetime | None = None
    go_live_on: date | None = None
    disputes: tuple[str, ...] = ()
    dispute_cases: tuple[Dispute, ...] = ()
    contests: tuple[Rest, ...] = ()
    failed: Mapping[str, tuple[date, ...]] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    fees: tuple[Fee, ...] = ()
    rates: Rates = field(default_factory=Rates)
    entries: Sequence[Entry] = field(default=(), repr=False, compare=False)
    history: Sequence[Fact] = field(default=(), repr=False, compare=False)
    wallet: Wallet = field(default_factory=Wallet)
    override: Override | None = None
    adopted_at: datetime | None = None
    handed_over: tuple[HandOver, ...] = ()
    elsewhere_on: date | None = None
    incidents: tuple[str, ...] = ()
    cancelled_on: date | None = None
    work: tuple[Work, ...] = ()
    replies: tuple[Said, ...] = ()
    credit: Credit = UNUSED
    deposits: Mapping[str, Deposit] = field(default_factory=dict)
    usage_told: tuple[Told, ...] = ()
    access_told: tuple[ToldOfAccess, ...] = ()
    noticed: tuple[ActivityNoticed, ...] = ()
    law: Law = NO_LAW

    @cached_property
    def open_debts(self) -> tuple[Debt, ...]:
        """The debts that are not settled; over the years these are few among many."""
        return tuple(debt for debt in self.debts if debt.open.minor)

    @cached_property
    def usage(self) -> UsageBook:
        """What is known of usage that is billed afterwards."""
        return book_of(self.usage_told)

    @cached_property
    def access(self) -> AccessBook:
        """What is known of roles of administration."""
        return access_of(self.access_told)

    @property
    def unbilled(self) -> tuple[Money, ...]:
        """What was used and is no debt yet, one amount per currency."""
        return self.usage.unbilled if self.usage_told else ()

    @cached_property
    def announced(self) -> Mapping[tuple[str, int], date]:
        """Per key and opening the last day of suspension that was announced.

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
        """Per key, opening and step what was begun and not given up, in order."""
        begun: dict[tuple[str, int, str], list[Claim]] = {}
        for claim in self.claims:
            if claim.state != "released":
                for key, opening in claim.debts:
                    begun.setdefault((key, opening, claim.step), []).append(claim)
        return begun

    @cached_property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every attempt to charge a card, in order of time."""
        return self.wallet.attempts(self.claims)

    @cached_property
    def attempted(self) -> Mapping[str | None, Sequence[Attempt]]:
        """Per invoice the attempts to charge a card, in order of time."""
        found: dict[str | None, list[Attempt]] = {}
        for attempt in self.attempts:
            found.setdefault(attempt.invoice, []).append(attempt)
        return found

    def contested(self, debt: Debt) -> Money:
        """The disputed part of what is open on a debt."""
        if debt.contested is not None:
            return debt.contested
        return self.disputed.get(debt.invoice, Money.zero(debt.open.currency))

    def chased(self, debt: Debt) -> Money:
        """What may be asked for: open and not disputed."""
        contested = self.disputed.get(debt.invoice) if debt.contested is None else debt.contested
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
        return replace(self, claims=in_order(known.values()))
