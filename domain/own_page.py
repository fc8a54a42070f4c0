"""The customer's own page: what is owed and why, what comes next, and what the customer may say about it.

Values only, as for a letter: the words stand in `templates/`. What finance alone needs to know is not here,
and of personal data nothing but the ends of an address, so that its holder knows which one is meant.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal

from domain import facts
from domain.account import OPTED_OUT, Reach
from domain.announcing import ahead
from domain.channels import CHANNELS
from domain.interest.terms import CONSUMER
from domain.money import Money, per_currency
from domain.notice import NextStep, NoticeDebt, totals_of
from domain.owed import notice_debt
from domain.refusals import refusal
from domain.rest import FOREVER
from domain.situation import Situation

CUSTOMER = "customer"
"""Who has done what is done on the page, in facts and in the journal."""

ServiceState = Literal["on", "restricted", "suspended", "ended"]

REASONS: Mapping[str, str] = {
    "paid": "says it is paid",
    "amount": "the amount is wrong",
    "delivery": "not delivered, or not ordered",
    "quality": "not as agreed",
    "not_mine": "not theirs to pay",
    "other": "another reason",
}
"""Why a customer contests an invoice, by a word of the page, as finance reads it."""

CALL_TIMES = ("any", "morning", "afternoon")
MOST_LETTERS = 1000
"""Of what a customer writes to us on the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Which promise the policy takes.

    Attributes:
        first, last: the days that may be promised.
        most: per currency, what is open.
        whole: whether all that is due may be promised; else an amount has to be named.
    """

    first: date
    last: date
    most: tuple[Money, ...]
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A promise that is open: chasing rests for it."""

    amounts: tuple[Money, ...]
    pay_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestable:
    """An invoice on which something is open that is not disputed yet."""

    invoice: str
    most: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """How one channel reaches the customer.

    Attributes:
        shown: the ends of the address alone; None where there is none.
    """

    name: str
    reach: Reach
    shown: str | None = field(repr=False)

    @property
    def wanted(self) -> bool:
        """Whether messages go out there, as far as the customer is concerned."""
        return self.reach != OPTED_OUT

    @property
    def may_change(self) -> bool:
        """Whether there is anything to choose."""
        return self.reach in ("ok", OPTED_OUT) and self.shown is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPage:
    """All that the page may show.

    Attributes:
        silent: we may say nothing of what is owed, nor ask for it: there is an absolute hold.
        due: what is to be paid by now, and `later` what falls due after today.
        elsewhere: what others collect for us; it is not to be paid here.
        to_pay: of `due`, per currency, without what is disputed.
        on_its_way: money that has been announced and has not arrived.
        rests: whether chasing rests for a pause; `rests_until` is its last day, where it has one.
        next_on, next_says: what comes next, both or neither.
    """

    customer: str
    audience: Literal["business", "consumer"]
    language: str
    today: date
    silent: bool
    due: tuple[NoticeDebt, ...] = ()
    later: tuple[NoticeDebt, ...] = ()
    elsewhere: tuple[NoticeDebt, ...] = ()
    to_pay: tuple[Money, ...] = ()
    on_its_way: tuple[Money, ...] = ()
    service: ServiceState = "on"
    promises: tuple[Given, ...] = ()
    rests: bool = False
    rests_until: date | None = None
    next_on: date | None = None
    next_says: NextStep | None = None
    offer: Offer | None = None
    contestable: tuple[Contestable, ...] = ()
    channels: tuple[Channel, ...] = ()


def own_page(at: Situation, *, email: str | None, phone: str | None) -> OwnPage:
    """Return the page of a customer, as the account stands at an instant."""
    addresses = {"email": None if email is None else _mail_ends(email), "sms": phone and _ends(phone)}
    channels = tuple(
        Channel(name=name, reach=at.account.reach.get(name, "missing"), shown=addresses[name])
        for name in CHANNELS
    )
    who = at.account.customer
    page = OwnPage(
        customer=who.id,
        audience="consumer" if who.segment == CONSUMER else "business",
        language=who.language,
        today=at.today,
        silent=at.hold is not None,
        channels=channels,
    )
    return page if page.silent else _with_debts(page, at)


def _with_debts(page: OwnPage, at: Situation) -> OwnPage:
    with_others = {debt.key for debt in at.open_debts if at.collector(debt) is not None}
    ours = [notice_debt(at, debt) for debt in at.open_debts if debt.key not in with_others]
    due = tuple(debt for debt in ours if debt.days_late >= 0)
    following = ahead(at, at.account)
    return replace(
        page,
        due=due,
        later=tuple(debt for debt in ours if debt.days_late < 0),
        elsewhere=tuple(notice_debt(at, debt) for debt in at.open_debts if debt.key in with_others),
        to_pay=totals_of(due),
        on_its_way=per_currency(money.amount for money in at.account.in_flight),
        service=_service(at),
        promises=tuple(_given(at)),
        rests=at.pause is not None,
        rests_until=None if at.pause is None or at.pause.last == FOREVER else at.pause.last,
        next_on=None if following is None else following.on,
        next_says=None if following is None else following.says,
        offer=_offer(at),
        contestable=tuple(_contestable(at)),
    )


def _service(at: Situation) -> ServiceState:
    service = at.account.service
    if service.ended:
        return "ended"
    return "suspended" if service.suspended else "restricted" if service.restricted else "on"


def _given(at: Situation) -> Iterator[Given]:
    """Yield the promises that are open, the newest first, while chasing rests for them."""
    terms, resting = at.policy.promises, {(rest.first, rest.last) for rest in at.promised}
    for each in reversed(at.account.promises):
        rest = each.rest(terms, at.tolerances)
        if each.state(terms, at.today, at.tolerances) == "open" and (rest.first, rest.last) in resting:
            yield Given(amounts=each.promised, pay_on=each.pay_on)


def _offer(at: Situation) -> Offer | None:
    """Return which promise could be made; None where none would be taken."""
    most = tuple(total for total in per_currency(debt.open for debt in at.account.open_debts) if total)
    if not most:
        return None
    last = at.today + timedelta(days=at.policy.promises.max_days)
    if refusal(at, "promise", facts.PromiseMade(pay_on=last, by=CUSTOMER)) is None:
        return Offer(first=at.today, last=last, most=most, whole=True)
    part = facts.PromiseMade(pay_on=last, amount=most[0].amount, currency=most[0].currency, by=CUSTOMER)
    if refusal(at, "promise", part) is None:
        return Offer(first=at.today, last=last, most=most, whole=False)
    return None


def _contestable(at: Situation) -> Iterator[Contestable]:
    for debt in at.account.open_debts:
        if at.collector(debt) is None and (left := debt.open - at.account.contested(debt)):
            yield Contestable(invoice=debt.invoice, most=left)


def _mail_ends(address: str) -> str:
    """Return the first letter of a mailbox, and its domain: `m…@acme.example`."""
    mailbox, _, domain = address.rpartition("@")
    return f"{mailbox[:1]}…@{domain}"


def _ends(number: str) -> str:
    """Return the last digits of a telephone number: `…678`."""
    return f"…{number[-3:]}"
