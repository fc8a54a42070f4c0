"""The backtest: facts of the past played under a policy, and what came of it, added up.

What customers did is history: every payment happens on the day on which it happened, under whatever
policy was in force then. Only our own doing is played anew, so what we did and how people of ours
answered it is left out of the facts. What a policy would have changed about the payments nobody knows;
an `Assumption` says it in one sentence, and is applied to the sums alone.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from heapq import nsmallest
from zoneinfo import ZoneInfo

from domain import facts
from domain.account import Account
from domain.book import Book, Debt
from domain.channels import CHANNELS
from domain.contact_law.books import LawOf, lawless
from domain.contact_law.whereabouts import ANYWHERE, Whereabouts
from domain.customer import Customer
from domain.facts import Fact
from domain.interest.rates import Rates
from domain.money import Money
from domain.own_steps import RESERVED
from domain.policy import Policy
from domain.posting import post
from domain.simulation.play import simulate
from domain.simulation.timeline import Outcome

ARRIVAL = time(10)
"""A fact of the past that only has a date arrives at this hour, the customer's time, as in a replay."""

MOST_NAMED = 100
"""So many customers are named; the others are counted."""

OURS = (
    facts.Delivered,
    facts.Bounced,
    facts.SubscriptionSuspended,
    facts.SubscriptionReactivated,
    facts.SubscriptionRestricted,
    facts.SubscriptionTerminated,
    facts.HandedOver,
    facts.TakenBack,
    facts.PolicyAdopted,
    facts.Approved,
    facts.TaskCompleted,
    facts.SuspendRequested,
    facts.ReactivateRequested,
    facts.OnboardingStarted,
    facts.Checked,
    facts.CodeSent,
    facts.CodeAnswered,
    facts.OnboardingReviewed,
    facts.WorkersDown,
)
"""What records our own doing, or answers it: another policy would have done, and heard, something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One customer and what happened, as a backtest plays it: see `as_it_happened`.

    Attributes:
        channels: those that reach the customer.
        where: the customer may be: contact law asks for it.
    """

    customer: Customer
    channels: tuple[str, ...]
    facts: tuple[Fact, ...]
    where: Whereabouts = ANYWHERE


def as_it_happened(
    customer: Customer,
    history: Iterable[Fact],
    *,
    channels: tuple[str, ...],
    where: Whereabouts = ANYWHERE,
) -> Past:
    """Return the customer's own history, each fact known on the day on which it happened.

    A ledger learned years of it in the minute of an import. That an address bounced is true under any
    policy: from that day on it reaches nobody.
    """
    zone = ZoneInfo(customer.timezone)
    own = []
    for fact in history:
        body = fact.body
        if isinstance(body, facts.Bounced) and body.channel is not None:
            body = facts.ContactInvalid(channel=body.channel)
        if not isinstance(body, OURS):
            at = fact.happened_at or datetime.combine(fact.happened_on, ARRIVAL, zone)
            own.append(replace(fact, body=body, learned_at=at.astimezone(UTC)))
    return Past(customer=customer, channels=channels, facts=tuple(own), where=where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """How customers would have answered a notice.

    Attributes:
        days: from the delivery of a notice to the payment that it brings.
        share: the part of the money that reacts to one notice; a fraction of one.
    """

    days: int = 5
    share: Decimal = Decimal("0.20")

    def __post_init__(self) -> None:
        if not 0 <= self.days <= 365:
            raise ValueError(f"{self.days} days is no time to react: write 0 to 365")
        if not (self.share.is_finite() and 0 <= self.share <= 1 and self.share == round(self.share, 4)):
            raise ValueError(f"{self.share} is no share: write 0 to 1, with four decimals at most, like 0.20")

    @property
    def words(self) -> str:
        """The assumption in words; whoever shows what follows from it shows them too."""
        return (
            f"Assumed, and not measured: each delivered notice makes {_percent(self.share)} of the money that"
            f" would still have come more than {self.days} days later arrive {self.days} days after it,"
            " though never before the due date. Nothing else changes a payment."
        )

    def weight(self, notice: int) -> Fraction:
        """Return the part of an invoice's money that moves with its notice of this number, from 0."""
        share = Fraction(self.share)
        return share * (1 - share) ** notice


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f} %"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Named:
    """One customer to whom something was done. The most contacted come first in order."""

    order: tuple[int, int, int]
    customer: str

    @classmethod
    def of(cls, customer: str, *, notices: int, tasks: int, suspensions: int) -> "Named":
        """Return the entry of a customer with these counts."""
        return cls(order=(-notices, -suspensions, -tasks), customer=customer)

    @property
    def notices(self) -> int:
        """How many messages, each channel counted."""
        return -self.order[0]

    @property
    def suspensions(self) -> int:
        """How often the service was suspended."""
        return -self.order[1]

    @property
    def tasks(self) -> int:
        """How many tasks people got."""
        return -self.order[2]


@dataclass(slots=True, kw_only=True)
class Tally:
    """What one policy did to many customers, added up; sums of whole numbers, so in any order the same.

    Attributes:
        not_for: customers of segments that the policy is not for, per segment; nothing else counts them.
        notices: per step and channel.
        months: notices per month, as 2013-01.
        holds: per rule, how often it began to keep something back.
        contacts: how many customers got so many notices.
        suspended_days: of all suspensions together, until the return, the end or the last day played.
        named: the most contacted customers; `suspended` the first of those who were suspended, by id.
        paid: how many invoices were paid so many days after their due date, as it really was.
        open: invoices that were not paid on the last day.
        money: minor units that were paid, per currency; `late` times the days that they came late.
        moved: minor units times days, per currency and number of the notice, that would react.
        month_ends: minor units that would have come before this month's end, per currency, last day of
            the month and number of the notice.
    """

    customers: int = 0
    invoices: int = 0
    not_for: Counter[str] = field(default_factory=Counter)
    since: date = date.max
    notices: Counter[tuple[str, str]] = field(default_factory=Counter)
    months: Counter[str] = field(default_factory=Counter)
    tasks: Counter[str] = field(default_factory=Counter)
    holds: Counter[str] = field(default_factory=Counter)
    contacts: Counter[int] = field(default_factory=Counter)
    suspensions: int = 0
    returns: int = 0
    restrictions: int = 0
    terminations: int = 0
    suspended_days: int = 0
    suspended_customers: int = 0
    suspended_at_end: int = 0
    named: list[Named] = field(default_factory=list)
    suspended: list[str] = field(default_factory=list)
    paid: Counter[int] = field(default_factory=Counter)
    open: int = 0
    money: Counter[str] = field(default_factory=Counter)
    late: Counter[str] = field(default_factory=Counter)
    moved: Counter[tuple[str, int]] = field(default_factory=Counter)
    month_ends: Counter[tuple[str, date, int]] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Add what the same policy did to other customers."""
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            elif isinstance(mine, date):
                self.since = min(mine, theirs)
            elif isinstance(mine, list):
                setattr(self, each.name, nsmallest(MOST_NAMED, [*mine, *theirs]))
            else:
                setattr(self, each.name, mine + theirs)


@dataclass(slots=True, kw_only=True)
class Shift:
    """How the second of two policies differs from the first, over the customers for whom both are."""

    customers: int = 0
    more: int = 0
    fewer: int = 0
    suspended_by_both: int = 0
    suspended_by_first: int = 0
    suspended_by_second: int = 0

    def add(self, other: "Shift") -> None:
        """Add what became of other customers."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


@dataclass(slots=True, kw_only=True)
class Tried:
    """What one policy, or each of two, did to many customers."""

    tallies: tuple[Tally, ...]
    shift: Shift = field(default_factory=Shift)

    def add(self, other: "Tried") -> None:
        """Add what the same policies did to other customers."""
        for mine, theirs in zip(self.tallies, other.tallies, strict=True):
            mine.add(theirs)
        self.shift.add(other.shift)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """A whole backtest.

    Attributes:
        source: what was played: a file, or the ledger.
        customers: all of them, whether or not a policy is for them.
        until: the last day that was played.
    """

    source: str
    customers: int
    until: date
    policies: tuple[Policy, ...]
    assumption: Assumption
    tried: Tried


def is_for(policy: Policy, customer: Customer) -> bool:
    """Whether a policy is for a customer."""
    return customer.segment in policy.audience.segments


def last_day(pasts: Iterable[Past]) -> date | None:
    """Return the day of the last fact: what customers did after it is not known. None without facts."""
    return max((fact.happened_on for past in pasts for fact in past.facts), default=None)


def try_out(
    policies: Sequence[Policy],
    pasts: Iterable[Past],
    *,
    until: date,
    days: int,
    rates: Rates | None = None,
    law_of: LawOf = lawless,
) -> Tried:
    """Play customers under each policy that is for them, from their first fact until the end of `until`.

    Args:
        days: after a notice, as in the `Assumption`.
    """
    tried = Tried(tallies=tuple(Tally() for _ in policies))
    for past in pasts:
        known = tuple(fact for fact in past.facts if fact.happened_on <= until)
        past = replace(past, facts=known)
        played = [
            _played(policy, past, until=until, days=days, rates=rates, law_of=law_of)
            if is_for(policy, past.customer)
            else None
            for policy in policies
        ]
        for tally, each in zip(tried.tallies, played, strict=True):
            if each is None:
                tally.not_for[past.customer.segment] += 1
            else:
                tally.add(each)
        if len(played) == 2 and played[0] and played[1]:
            tried.shift.add(_shift(played[0], played[1]))
    return tried


def _shift(first: Tally, second: Tally) -> Shift:
    """Compare what two policies did to one customer."""
    before, after = first.notices.total(), second.notices.total()
    suspended = bool(first.suspensions), bool(second.suspensions)
    return Shift(
        customers=1,
        more=int(after > before),
        fewer=int(after < before),
        suspended_by_both=int(all(suspended)),
        suspended_by_first=int(suspended == (True, False)),
        suspended_by_second=int(suspended == (False, True)),
    )


def _played(
    policy: Policy, past: Past, *, until: date, days: int, rates: Rates | None, law_of: LawOf
) -> Tally:
    """Play one customer, and count."""
    customer = past.customer
    law = law_of(customer, past.where)
    outcome = simulate(policy, customer, past.facts, until, channels=past.channels, rates=rates, law=law)
    tally = Tally(customers=1, since=min((fact.happened_on for fact in past.facts), default=date.max))
    _count_lines(tally, outcome, ZoneInfo(customer.timezone), until)
    notices = tally.notices.total()
    tally.contacts[notices] += 1
    if notices or tally.tasks or tally.suspensions:
        counts = {"notices": notices, "tasks": tally.tasks.total(), "suspensions": tally.suspensions}
        tally.named.append(Named.of(customer.id, **counts))
    if tally.suspensions:
        tally.suspended_customers = 1
        tally.suspended.append(customer.id)
    book = post(past.facts, allocation=policy.allocation)
    payments = {(fact.source, fact.id) for fact in past.facts if isinstance(fact.body, facts.PaymentReceived)}
    told = _told(outcome.account)
    for debt, entries in _by_debt(book):
        tally.invoices += 1
        _count_settling(tally, debt, entries, payments)
        parts = [(on, -minor) for on, minor, of in entries if minor < 0 and of in payments]
        for paid_on, minor in parts:
            _count_money(tally, debt, told.get(debt.invoice, ()), paid_on, minor, days)
    return tally


def _count_lines(tally: Tally, outcome: Outcome, zone: ZoneInfo, until: date) -> None:
    suspended_on: date | None = None
    for line in outcome.lines:
        on = line.at.astimezone(zone).date()
        if line.kind == "held" and line.reason is not None:
            tally.holds[line.reason.rule] += 1
        match line.effect:
            case "notice":
                tally.notices[line.step or "", line.channel or ""] += 1
                tally.months[f"{on:%Y-%m}"] += 1
            case "task":
                tally.tasks[line.step or ""] += 1
            case "suspend":
                tally.suspensions += 1
                suspended_on = on
            case "restrict":
                tally.restrictions += 1
            case "reactivate" | "terminate":
                tally.returns += line.effect == "reactivate"
                tally.terminations += line.effect == "terminate"
                tally.suspended_days += (on - suspended_on).days if suspended_on else 0
                suspended_on = None
            case _:
                pass
    if suspended_on is not None:
        tally.suspended_at_end = 1
        tally.suspended_days += (until - suspended_on).days


_Entry = tuple[date, int, tuple[str, str]]
"""A posting on an invoice: its day, its minor units, and the fact that it comes from."""


def _by_debt(book: Book) -> Iterator[tuple[Debt, list[_Entry]]]:
    entries: dict[str, list[_Entry]] = {debt.invoice: [] for debt in book.debts}
    for entry in book.entries:
        if entry.invoice is not None:
            entries[entry.invoice].append((entry.on, entry.amount.minor, (entry.source, entry.fact)))
    for debt in book.debts:
        yield debt, entries[debt.invoice]


def _count_settling(
    tally: Tally, debt: Debt, entries: Sequence[_Entry], payments: set[tuple[str, str]]
) -> None:
    """Count an invoice as paid when money took the last of it, and not a credit or a write-off."""
    if debt.open.minor > 0:
        tally.open += 1
    elif entries and entries[-1][2] in payments:
        tally.paid[debt.days_late(entries[-1][0])] += 1


def _told(account: Account) -> dict[str, list[date]]:
    """Return per invoice the days on which a notice about it was delivered, in order."""
    zone = ZoneInfo(account.customer.timezone)
    days: dict[str, set[date]] = {}
    for claim in account.claims:
        is_reminder = claim.channel in CHANNELS and claim.step not in RESERVED
        if is_reminder and claim.delivered_at is not None and claim.stands:
            for invoice in claim.invoices:
                days.setdefault(invoice, set()).add(claim.delivered_at.astimezone(zone).date())
    return {invoice: sorted(found) for invoice, found in days.items()}


def _count_money(
    tally: Tally, debt: Debt, told: Sequence[date], paid_on: date, minor: int, days: int
) -> None:
    """Count a part of an invoice that was paid on a day, and how much earlier each notice could bring it."""
    currency = debt.open.currency
    tally.money[currency] += minor
    tally.late[currency] += minor * max(debt.days_late(paid_on), 0)
    for notice, told_on in enumerate(told):
        brought_on = max(told_on + timedelta(days=days), debt.due_on)
        if brought_on >= paid_on:
            return
        tally.moved[currency, notice] += minor * (paid_on - brought_on).days
        month_end = _month_end(brought_on)
        while month_end < paid_on:
            tally.month_ends[currency, month_end, notice] += minor
            month_end = _month_end(month_end + timedelta(days=1))


def _month_end(on: date) -> date:
    """The last day of the month."""
    return (on.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cash:
    """The money of one currency, and what is brought forward under an assumption.

    Attributes:
        paid: all that was paid; `late_days` times the days that it came late, summed.
        brought_days: times the days that it would have come earlier, summed.
        on_average: so much more in hand on each day of the period.
        month_ends: so much more in hand at the end of each month.
    """

    paid: Money
    late_days: Money
    brought_days: Money
    on_average: Money
    month_ends: dict[date, Money]


def cash(tally: Tally, assumption: Assumption, *, until: date) -> dict[str, Cash]:
    """Apply an assumption to the sums: rounded once, at the end, half to even."""
    period_days = max((until - tally.since).days + 1, 1) if tally.customers else 1
    moved: dict[str, Fraction] = {}
    for (currency, notice), minor in tally.moved.items():
        moved[currency] = moved.get(currency, Fraction(0)) + minor * assumption.weight(notice)
    ends: dict[str, dict[date, Fraction]] = {}
    for (currency, month_end, notice), minor in tally.month_ends.items():
        of = ends.setdefault(currency, {})
        of[month_end] = of.get(month_end, Fraction(0)) + minor * assumption.weight(notice)
    found = {}
    for currency, minor in sorted(tally.money.items()):
        brought, by_month = moved.get(currency, Fraction(0)), ends.get(currency, {})
        found[currency] = Cash(
            paid=Money(minor, currency),
            late_days=Money(tally.late[currency], currency),
            brought_days=Money(round(brought), currency),
            on_average=Money(round(brought / period_days), currency),
            month_ends={on: Money(round(by_month[on]), currency) for on in sorted(by_month)},
        )
    return found
