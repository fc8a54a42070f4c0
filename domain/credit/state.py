"""What is known of a customer's credit and orders: a fold over their facts, part of the account.

The money of deposits is in the book; here is only what was asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from domain import facts
from domain.facts import Body
from domain.money import Money

ENGINE = "arrears"
"""Who wrote a fact that the plan decided, and no person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """So much may be owed in the currency of the limit; of nothing, all is prepaid."""

    limit: Money
    at: datetime
    on: date
    reason: str
    by: str | None = None
    terms_days: int | None = None

    @property
    def whose(self) -> str:
        """Who decided it, in words: what the decision table grants the engine writes down."""
        return "the decision table" if self.by is None or self.by == ENGINE else self.by


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order, and what became of it.

    Attributes:
        prepay: the deposit that was agreed for it; None for what the policy says.
        cancelled_by: who cancelled it; the engine does when its deposit does not come.
    """

    name: str
    amount: Money
    first_month: Money
    prepay: Money | None
    subscription: str | None
    at: datetime
    on: date
    cancelled_at: datetime | None = None
    cancelled_by: str | None = None
    provisioned_at: datetime | None = None
    provisioned_on: date | None = None

    @property
    def waits(self) -> bool:
        """Whether it is neither provisioned nor cancelled."""
        return self.provisioned_at is None and self.cancelled_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A deposit that was asked for; `order` is None for a security."""

    deposit: str
    amount: Money
    order: str | None
    at: datetime
    on: date
    due_on: date | None
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Why nothing that is ordered is provisioned."""

    at: datetime
    reason: str
    by: str | None
    incident: str | None

    @property
    def ours(self) -> bool:
        """Whether the engine made it, because a limit is used up."""
        return self.by == ENGINE and self.incident is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """The level at which the use of a limit was noted last, how often any was, and whether it rose to it."""

    level: int
    at: datetime
    times: int
    rose: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a commercial report says that said something else before."""

    provider: str
    was: str | None
    now: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """The credit and the orders of one customer.

    Attributes:
        grants: by currency, the newest that was not ended.
        orders: in the order in which they were placed.
        first_deposit: what the verification asks of a customer who pays in advance, before anything else.
        noted: by currency.
        invoiced: by order the invoice that names it.
        applied: the deposits of which anything was ever applied.
        reports: the commercial reports that changed, oldest first.
    """

    grants: Mapping[str, Grant] = field(default_factory=dict)
    orders: tuple[Order, ...] = ()
    first_deposit: Money | None = None
    asked: tuple[Asked, ...] = ()
    blocks: tuple[Block, ...] = ()
    noted: Mapping[str, Noted] = field(default_factory=dict)
    invoiced: Mapping[str, str] = field(default_factory=dict)
    applied: frozenset[str] = frozenset()
    reports: tuple[Report, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything for the rules of credit to look at."""
        return bool(self.grants or self.orders or self.asked or self.blocks or self.noted)

    @property
    def waiting(self) -> tuple[Order, ...]:
        """The orders that are neither provisioned nor cancelled."""
        return tuple(order for order in self.orders if order.waits)

    def order(self, name: str | None) -> Order | None:
        """Return the order of a name."""
        return next((order for order in self.orders if order.name == name), None)

    def asked_for(self, order: str) -> tuple[Asked, ...]:
        """Return the deposits that were asked for, for an order."""
        return tuple(each for each in self.asked if each.order == order)

    def approved(self, currency: str) -> Grant | None:
        """Return the credit that was approved in a currency: a limit of nothing is none."""
        grant = self.grants.get(currency)
        return grant if grant is not None and grant.limit else None

    def after(self, body: Body, at: datetime, on: date) -> "Credit":
        """Return the state after a fact; one that names what is not known changes nothing."""
        match body:
            case facts.CreditGranted() | facts.CreditEnded() | facts.CreditReportChanged():
                return self._credit(body, at, on)
            case facts.Onboarded(deposit=Decimal() as deposit, currency=str(currency)):
                return replace(self, first_deposit=Money.of(deposit, currency))
            case facts.OrderPlaced() if self.order(body.order) is None:
                return replace(self, orders=(*self.orders, _placed(body, at, on)))
            case facts.OrderCancelled():
                return self._with(body.order, cancelled_at=at, cancelled_by=body.by)
            case facts.Provisioned():
                return self._with(body.order, provisioned_at=at, provisioned_on=on)
            case facts.DepositRequested() if all(each.deposit != body.deposit for each in self.asked):
                return replace(self, asked=(*self.asked, _asked(body, at, on)))
            case facts.DepositApplied():
                return replace(self, applied=self.applied | {body.deposit})
            case facts.InvoiceIssued(order=str(order)):
                return replace(self, invoiced={order: body.invoice, **self.invoiced})
            case facts.OrdersBlocked() | facts.OrdersUnblocked():
                return self._turned(body, at)
            case facts.ExposureNoted():
                before = self.noted.get(body.currency)
                times, was = (1, 0) if before is None else (before.times + 1, before.level)
                noted = Noted(level=body.level, at=at, times=times, rose=body.level > was)
                return replace(self, noted={**self.noted, body.currency: noted})
            case _:
                return self

    def _credit(self, body: Body, at: datetime, on: date) -> "Credit":
        match body:
            case facts.CreditGranted():
                grant = Grant(
                    limit=Money.of(body.limit, body.currency),
                    at=at,
                    on=on,
                    reason=body.reason,
                    by=body.by,
                    terms_days=body.terms_days,
                )
                return replace(self, grants={**self.grants, body.currency: grant})
            case facts.CreditEnded(currency=currency):
                # Nothing is left that may be owed: that all is prepaid now is what a limit of 0 says.
                ended = {
                    each: replace(grant, limit=Money.zero(each), at=at, on=on, reason=body.reason, by=body.by)
                    for each, grant in self.grants.items()
                    if currency in (None, each)
                }
                return replace(self, grants={**self.grants, **ended})
            case facts.CreditReportChanged():
                report = Report(provider=body.provider, was=body.was, now=body.now, at=at)
                return replace(self, reports=(*self.reports, report))
            case _:
                return self

    def _with(self, name: str, **changes: object) -> "Credit":
        """Return the state with another end of an order that waits; what ended once, ended."""
        orders = tuple(
            replace(order, **changes) if order.name == name and order.waits else order  # type: ignore[arg-type]
            for order in self.orders
        )
        return replace(self, orders=orders)

    def _turned(self, body: facts.OrdersBlocked | facts.OrdersUnblocked, at: datetime) -> "Credit":
        if isinstance(body, facts.OrdersBlocked):
            block = Block(at=at, reason=body.reason, by=body.by, incident=body.incident)
            same = any((each.incident, each.ours) == (block.incident, block.ours) for each in self.blocks)
            return self if same else replace(self, blocks=(*self.blocks, block))
        only_ours = body.by == ENGINE
        kept = tuple(
            block
            for block in self.blocks
            if block.incident != body.incident or (only_ours and body.incident is None and not block.ours)
        )
        return replace(self, blocks=kept)


UNUSED = Credit()
"""Of customers of whom nothing of this is known."""


def _placed(body: facts.OrderPlaced, at: datetime, on: date) -> Order:
    amount = Money.of(body.amount, body.currency)
    return Order(
        name=body.order,
        amount=amount,
        first_month=_or(body.first_month, amount),
        prepay=None if body.prepay is None else Money.of(body.prepay, body.currency),
        subscription=body.subscription,
        at=at,
        on=on,
    )


def _or(given: Decimal | None, otherwise: Money) -> Money:
    return otherwise if given is None else Money.of(given, otherwise.currency)


def _asked(body: facts.DepositRequested, at: datetime, on: date) -> Asked:
    return Asked(
        deposit=body.deposit,
        amount=Money.of(body.amount, body.currency),
        order=body.order,
        at=at,
        on=on,
        due_on=body.due_on,
        by=body.by,
    )
