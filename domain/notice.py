"""Notices: what we want to tell a customer, and the message that a courier delivers.

Values only: the words stand in `templates/`, the rendering in `activities/rendering.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from domain.money import Money, per_currency

Outcome = Literal["delivered", "bounced"]
NextStep = Literal["reminder", "final_notice", "suspension", "task"]

# The default alphabet and its extension table, 3GPP TS 23.038 section 6.2.1.
_GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDebt:
    """One invoice as a notice names it.

    Attributes:
        original: what was invoiced.
        open: what is still to be paid, disputed part included.
        disputed: the contested part of `open`; zero where nothing is contested.
        days_late: whole days since `due_on`; negative before it.
    """

    invoice: str
    original: Money
    open: Money
    disputed: Money
    due_on: date
    days_late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """Who writes: how to pay, whom to ask.

    Attributes:
        account: the bank account to pay to, in one line as it is printed.
        address: the postal address in one line.
    """

    name: str
    support_email: str
    support_phone: str
    payment_url: str
    address: str
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """All that a template may say.

    Attributes:
        template: name of the words, such as `reminder_first`; `step` is the policy's step id.
        reference: what the message carries, so that a courier can be asked about it.
        customer: the customer's number, which is no personal data.
        debts: what this step is about.
        others: what else is open on the account.
        totals: what we ask for, as `totals_of(debts)` gives it.
        next_on: the day of the next step, and `next_says` what it is; both or neither.
        suspend_on: the announced day of the suspension; in `suspended` the day it took effect, and
            in `thanks` too, where the service was suspended and is back.
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
    totals: tuple[Money, ...]
    sent_on: date
    next_on: date | None = None
    next_says: NextStep | None = None
    suspend_on: date | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A courier took the message; `outcome` is None while nobody knows whether it arrived."""

    reference: str
    provider_ref: str
    outcome: Outcome | None = None


def totals_of(debts: Iterable[NoticeDebt]) -> tuple[Money, ...]:
    """Return what to pay on `debts`, one amount per currency, in order of the currency's code.

    The disputed part is not asked for; a currency in which nothing is to be paid is left out.
    """
    return tuple(total for total in per_currency(debt.open - debt.disputed for debt in debts) if total)


def sms_segments(text: str) -> int:
    """Return how many SMS segments `text` needs; an empty text needs none.

    GSM-7 carries 160 septets alone and 153 a segment when joined, UCS-2 70 and 67 UTF-16 units. An
    escaped GSM-7 character or a surrogate pair takes two units and is never split over segments.
    """
    if all(char in _GSM7_BASIC or char in _GSM7_EXTENSION for char in text):
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
