"""Notices: what we want to tell a customer, and the message that a courier delivers.

Values only: the words stand in `templates/`, the rendering in `activities/rendering.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from domain.interest.fees import FeeKind
from domain.money import Money, per_currency

Outcome = Literal["delivered", "bounced"]
NextStep = Literal["reminder", "final_notice", "restriction", "suspension", "termination", "task"]

# The default alphabet and its extension table, 3GPP TS 23.038 section 6.2.1.
_GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeCharge:
    """What makes a debt one for lateness, beside the invoice that it is about.

    Attributes:
        until: the last day of which it was charged.
        basis: the law or the clause, and how the amount comes about, as finance booked it.
        rows: the ids of the rows of the rate table that were used.
    """

    kind: FeeKind
    invoice: str
    until: date | None
    basis: str
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDebt:
    """One invoice as a notice names it, or what lateness costs on one.

    Attributes:
        original: what was invoiced.
        open: what is still to be paid, disputed part included.
        disputed: the contested part of `open`; zero where nothing is contested.
        days_late: whole days since `due_on`; negative before it.
        charge: of interest, a compensation or a fee; None for an invoice.
    """

    invoice: str
    original: Money
    open: Money
    disputed: Money
    due_on: date
    days_late: int
    charge: NoticeCharge | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyInterest:
    """What an unpaid invoice, or a part of it with a rate of its own, costs a day; the year has 365.

    Attributes:
        base: what is overdue and undisputed of it.
        row: the id of the row of the rate table; None for a contract.
    """

    invoice: str
    base: Money
    annual_percent: Decimal
    a_day: Money
    row: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeInterest:
    """What may be charged for lateness and is not booked yet.

    Attributes:
        legal_basis: the law or the clause of the interest.
        compensation: the fixed sum that the law adds, one amount per currency.
    """

    lines: tuple[DailyInterest, ...]
    legal_basis: str
    compensation: tuple[Money, ...] = ()
    compensation_basis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeUsage:
    """What was used of a month, against its budget.

    Attributes:
        says: that a part of the budget was used, that all of it was, or that it will not suffice.
        month: its first day.
        percent: of the budget, rounded down.
        agreed: whether the budget follows from what was agreed with the customer.
        forecast: of the whole month, if it goes on so; None where that is not said.
    """

    says: Literal["warning", "alert", "forecast"]
    month: date
    read_on: date
    used: Money
    budget: Money
    percent: Decimal
    agreed: bool
    forecast: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """Who writes: how to pay, whom to ask.

    Attributes:
        payment_url: where to pay online; `{customer}` in it stands for the customer's id.
        account: the bank account to pay to, in one line as it is printed.
        address: the postal address in one line.
    """

    name: str
    support_email: str
    support_phone: str
    payment_url: str
    address: str
    account: str

    def to(self, customer: str) -> "Seller":
        """Return it as it writes to one customer: with the link at which that customer pays."""
        return replace(self, payment_url=self.payment_url.replace("{customer}", customer))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDeposit:
    """A deposit that was asked for, for an order or, with its own name here, as a security.

    Attributes:
        deposit: what the customer's money names.
        missing: what is still to come of `asked`.
    """

    order: str
    deposit: str
    asked: Money
    missing: Money
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLimit:
    """How much of a limit is used; `hours` are those between the notice at 100 percent and the block."""

    level: int
    limit: Money
    used: Money
    hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """All that a template may say.

    Attributes:
        template: name of the words, such as `reminder_first`; `step` is the policy's step id.
        reference: what the message carries, so that a courier can be asked about it.
        customer: the customer's number, which is no personal data.
        debts: what this step is about.
        others: what else is open on the account.
        charges: what is charged for the lateness of `debts` and is due, but is not what this step is about.
        interest: what may be charged besides; None where the policy proposes nothing for this customer.
        totals: what we ask for, as `totals_of(debts)` gives it.
        next_on: the day of the next step, and `next_says` what it is; both or neither.
        deposit, limit: what a message about orders and credit is about.
        ends_texts: whether a text message must say how to end them, whomever it is to; private persons
            always hear it.
        suspend_on: the announced day of the suspension; in `suspended` the day it took effect, and
            in `thanks` too, where the service was suspended and is back.
        usage: of a message about usage, which is about no debt.
        page: the link to the customer's own page; None where there are no such pages.
    """

    template: str
    step: str
    channel: str
    language: str
    reference: str
    customer: str
    seller: Seller
    addressee: str = field(repr=False)
    debts: tuple[NoticeDebt, ...]
    others: tuple[NoticeDebt, ...] = ()
    charges: tuple[NoticeDebt, ...] = ()
    interest: NoticeInterest | None = None
    totals: tuple[Money, ...]
    sent_on: date
    next_on: date | None = None
    next_says: NextStep | None = None
    suspend_on: date | None = None
    deposit: NoticeDeposit | None = None
    limit: NoticeLimit | None = None
    usage: NoticeUsage | None = None
    ends_texts: bool = False
    page: str | None = field(default=None, repr=False)

    @property
    def invoices(self) -> tuple[NoticeDebt, ...]:
        """The invoices that this step is about."""
        return tuple(debt for debt in self.debts if debt.charge is None)

    @property
    def charged(self) -> tuple[NoticeDebt, ...]:
        """What lateness has cost, whether this step is about it or not."""
        return (*(debt for debt in self.debts if debt.charge is not None), *self.charges)

    @property
    def sums(self) -> tuple[tuple[str, tuple[Money, ...]], ...]:
        """The principal, then each kind of charge, as (kind, amounts); what is nothing is left out."""
        kinds = [("invoices", self.invoices)]
        for kind in ("interest", "compensation", "fee"):
            mine = tuple(debt for debt in self.charged if debt.charge and debt.charge.kind == kind)
            kinds.append((kind, mine))
        return tuple((kind, totals) for kind, debts in kinds if (totals := totals_of(debts)))

    @property
    def to_pay(self) -> tuple[Money, ...]:
        """Principal and charges together, as `totals_of` gives it."""
        return totals_of((*self.debts, *self.charges))

    @property
    def announces_suspension(self) -> bool:
        """Whether a final notice must name the day of the suspension that follows it."""
        return self.suspend_on is not None or self.next_says == "suspension"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeCode:
    """A six-digit code that proves that a telephone number or mailbox answers."""

    channel: str
    language: str
    reference: str
    customer: str
    seller: Seller
    addressee: str = field(repr=False)
    code: str = field(repr=False)
    expires_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a courier delivers, to one address by one channel.

    Attributes:
        subject: None for SMS.
        html: the other half of an email; None for SMS.
        headers: further headers as (name, value).
        not_after: the real instant from which it may not reach the customer any more, however late
            the vendor gets round to it; None where nothing says so.
        statutory: the law requires it, so it belongs to no list that the customer could leave.
    """

    channel: str
    step: str
    reference: str
    customer: str
    to: str = field(repr=False)
    sender: str
    subject: str | None = field(repr=False)
    text: str = field(repr=False)
    html: str | None = field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    not_after: datetime | None = None
    statutory: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A courier took the message; `outcome` is None while nobody knows whether it arrived."""

    reference: str
    provider_ref: str
    outcome: Outcome | None = None


def short_reference(reference: str) -> str:
    """Return the part of a reference that an SMS carries: enough to tell messages to one number apart."""
    return reference.rpartition("-")[2][:8]


def totals_of(debts: Iterable[NoticeDebt]) -> tuple[Money, ...]:
    """Return what to pay on `debts`, one amount per currency, in order of the currency's code.

    The disputed part is not asked for; a currency in which nothing is to be paid is left out.
    """
    return tuple(total for total in per_currency(debt.open - debt.disputed for debt in debts) if total)


def in_gsm7(text: str) -> bool:
    """Whether an SMS with `text` goes out in the alphabet of 7 bits, and not in UCS-2."""
    return all(char in _GSM7_BASIC or char in _GSM7_EXTENSION for char in text)


def sms_segments(text: str) -> int:
    """Return how many SMS segments `text` needs; an empty text needs none.

    GSM-7 carries 160 septets alone and 153 a segment when joined, UCS-2 70 and 67 UTF-16 units. An
    escaped GSM-7 character or a surrogate pair takes two units and is never split over segments.
    """
    if in_gsm7(text):
        widths = [2 if char in _GSM7_EXTENSION else 1 for char in text]
        return _segments(widths, alone=160, joined=153)
    widths = [2 if ord(char) > 0xFFFF else 1 for char in text]
    return _segments(widths, alone=70, joined=67)


def _segments(widths: list[int], *, alone: int, joined: int) -> int:
    if sum(widths) <= alone:
        return 1 if widths else 0
    segments, used = 1, 0
    for width in widths:
        if used + width > joined:
            segments, used = segments + 1, 0
        used += width
    return segments
