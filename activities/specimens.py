"""Specimens: invented facts for every template, so that its words can be seen before they are sent."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from activities.rendering import CONSUMER_PREFIX, FALLBACK, Letters
from domain.channels import CHANNELS
from domain.money import Money
from domain.notice import (
    DailyInterest,
    Message,
    NextStep,
    Notice,
    NoticeDebt,
    NoticeDeposit,
    NoticeInterest,
    NoticeLimit,
    NoticeUsage,
    OneTimeCode,
    Seller,
    totals_of,
)
from domain.own_page import (
    MOST_LETTERS,
    REASONS,
    Channel,
    Contestable,
    Given,
    Offer,
    OwnPage,
    ServiceState,
)

SPECIMEN_SELLER = Seller(
    name="Harbourlight Cloud",
    support_email="billing@harbourlight.example",
    support_phone="+44 20 7946 0018",
    payment_url="https://pay.harbourlight.example/C-1042",
    address="1 Quay Street, Bristol BS1 4XX, United Kingdom",
    account="Example Bank, IBAN GB33 BUKB 2020 1555 5555 55",
)
SPECIMEN_PAGE = "https://hl.example/c/5VX8k4QkmieUJ2bHprHL"
# Days since the first due date, and what comes how many days later, for each kind of letter.
_SPECIMEN_STEPS: Mapping[str, tuple[int, NextStep | None, int]] = {
    "upcoming": (-5, "reminder", 8),
    "reminder_first": (3, "reminder", 11),
    "reminder_second": (14, "reminder", 14),
    "reminder_third": (28, "final_notice", 10),
    "final_notice": (38, "suspension", 14),
    "restricted": (30, "suspension", 22),
    "suspended": (52, "task", 7),
    "termination_warning": (100, "termination", 30),
    "terminated": (130, "task", 7),
    "thanks": (54, None, 0),
}
# The letters that are about no debt, and what they are about.
_SPECIMEN_OF_CREDIT: Mapping[str, str] = {
    "deposit_request": "deposit",
    "order_cancelled": "deposit",
    "credit_near": "limit",
    "credit_full": "limit",
}
# The letters that may speak of interest, to businesses alone.
_SPECIMEN_OF_INTEREST = (
    "reminder_second",
    "reminder_third",
    "final_notice",
    "restricted",
    "suspended",
    "termination_warning",
)


def specimen(template: str, channel: str, language: str = FALLBACK) -> Notice:
    """Return a notice with invented facts for any template; unknown ones look like a first reminder."""
    kind = template.removeprefix(CONSUMER_PREFIX)
    offset, next_says, gap = _SPECIMEN_STEPS.get(kind, _SPECIMEN_STEPS["reminder_first"])
    due_on = date(2026, 3, 1)
    sent_on = due_on + timedelta(days=offset)
    next_on = sent_on + timedelta(days=gap) if next_says else None
    private = template.startswith(CONSUMER_PREFIX)
    settled = kind == "thanks"

    def debt(invoice: str, original: Money, left: Money, disputed: Money, due: date) -> NoticeDebt:
        days_late = (sent_on - due).days
        return NoticeDebt(
            invoice=invoice, original=original, open=left, disputed=disputed, due_on=due, days_late=days_late
        )

    if kind in _SPECIMEN_OF_CREDIT:
        return _specimen_of_credit(kind, channel, language, sent_on)
    if kind == "usage":
        return _specimen_of_usage(template, channel, language, private=private)
    euros, yen, dollars = Money(1_490_00, "EUR"), Money(80_000, "JPY"), Money(240_00, "USD")
    none, half = Money.zero("JPY"), Money(52_000, "JPY")
    debts = (
        debt("INV-1042", euros, Money.zero("EUR") if settled else euros, Money.zero("EUR"), due_on),
        debt("INV-1043", yen, none if settled else half, none if settled else Money(12_000, "JPY"), due_on),
    )
    others = (debt("INV-1057", dollars, dollars, Money.zero("USD"), date(2026, 5, 20)),)
    return Notice(
        template=template,
        step=template,
        channel=channel,
        language=language,
        reference="7QK4M2XD",
        customer="C-1042",
        seller=SPECIMEN_SELLER,
        addressee="Robin Winter" if private else "Harbour Kitchen Ltd",
        debts=debts[:1] if private else debts,
        others=others,
        interest=_specimen_interest() if template in _SPECIMEN_OF_INTEREST else None,
        totals=totals_of(debts[:1] if private else debts),
        sent_on=sent_on,
        next_on=next_on,
        next_says=next_says,
        ends_texts=channel == "sms",
        suspend_on={"final_notice": next_on, "suspended": sent_on, "thanks": date(2026, 4, 22)}.get(kind),
    )


def _specimen_of_credit(template: str, channel: str, language: str, sent_on: date) -> Notice:
    """Return a notice about an order or a limit."""
    deposit = NoticeDeposit(
        order="ORD-2041",
        deposit="ORD-2041-D",
        asked=Money(300_00, "EUR"),
        missing=Money(120_00, "EUR"),
        due_on=sent_on + timedelta(days=14),
    )
    limit = NoticeLimit(level=85, limit=Money(10_000_00, "EUR"), used=Money(8_612_40, "EUR"), hours=24)
    of_deposit = _SPECIMEN_OF_CREDIT[template] == "deposit"
    return Notice(
        template=template,
        step=template,
        channel=channel,
        language=language,
        reference="7QK4M2XD",
        customer="C-1042",
        seller=SPECIMEN_SELLER,
        addressee="Harbour Kitchen Ltd",
        debts=(),
        totals=(),
        sent_on=sent_on,
        deposit=deposit if of_deposit else None,
        limit=None if of_deposit else limit,
    )


def _specimen_of_usage(template: str, channel: str, language: str, *, private: bool) -> Notice:
    return Notice(
        template=template,
        step=template,
        channel=channel,
        language=language,
        reference="7QK4M2XD",
        customer="C-1042",
        seller=SPECIMEN_SELLER,
        addressee="Robin Winter" if private else "Harbour Kitchen Ltd",
        debts=(),
        totals=(),
        sent_on=date(2026, 3, 20),
        usage=NoticeUsage(
            says="forecast",
            month=date(2026, 3, 1),
            read_on=date(2026, 3, 19),
            used=Money(1_012_40, "EUR"),
            budget=Money(1_200_00, "EUR"),
            percent=Decimal("84.36"),
            agreed=True,
            forecast=Money(1_651_81, "EUR"),
        ),
    )


def _specimen_interest() -> NoticeInterest:
    """What may be charged on `INV-1042`, by the law of the euro area."""
    line = DailyInterest(
        invoice="INV-1042",
        base=Money(1_490_00, "EUR"),
        annual_percent=Decimal("10.40"),
        a_day=Money(42, "EUR"),
        row="eu-2026-h2",
    )
    return NoticeInterest(
        lines=(line,),
        legal_basis="Directive 2011/7/EU, art. 2(6), 2(7), 3 and 5",
        compensation=(Money(40_00, "EUR"),),
        compensation_basis="Directive 2011/7/EU, art. 6",
    )


def specimen_code(channel: str, language: str = FALLBACK) -> OneTimeCode:
    """Return a one-time code with invented facts."""
    return OneTimeCode(
        channel=channel,
        language=language,
        reference="8RM5N3YE",
        customer="C-1042",
        seller=SPECIMEN_SELLER,
        addressee="Robin Winter",
        code="493817",
        expires_minutes=10,
    )


def specimen_pages(languages: tuple[str, ...]) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the pages that customers read, as name and invented values; the first shows much.

    What the web gives them besides stands here too, so that the words can be tried without it.
    """
    notice = specimen("reminder_first", "email")
    due, later = notice.debts, notice.others
    service: tuple[ServiceState, ...] = ("on", "restricted", "suspended", "ended")
    given = {"seller": SPECIMEN_SELLER, "style": "page.css"}
    blank = dict.fromkeys(("pay_on", "amount", "currency", "invoice", "reason", "when", "words"), "")
    form = {
        **given,
        **dict.fromkeys(("note", "opened", "problem", "field"), ""),
        "path": "/c/5VX8k4QkmieUJ2bHprHL",
        "until": notice.sent_on + timedelta(days=90),
        "languages": languages,
        "reasons": tuple(REASONS),
        "most_letters": MOST_LETTERS,
        "form": blank,
        "blank": blank,
    }
    for state in service:
        yield "own_page", {**form, "page": _specimen_page(due, later, notice.sent_on, state)}
    quiet = replace(_specimen_page((), (), notice.sent_on, "on"), silent=True)
    yield "own_page", {**form, "page": quiet}
    for says in ("unknown", "too_many", "away"):
        yield "no_page", {**given, "says": says}


def _specimen_page(
    due: tuple[NoticeDebt, ...], later: tuple[NoticeDebt, ...], today: date, service: ServiceState
) -> OwnPage:
    to_pay, waits = totals_of(due), service == "restricted"
    return OwnPage(
        customer="C-1042",
        audience="business",
        language=FALLBACK,
        today=today,
        silent=False,
        due=due,
        later=later,
        elsewhere=later if service == "ended" else (),
        to_pay=to_pay,
        on_its_way=to_pay[:1],
        service=service,
        promises=(Given(amounts=to_pay, pay_on=today + timedelta(days=5)),) if waits else (),
        rests=waits,
        rests_until=today + timedelta(days=9) if waits else None,
        next_on=today + timedelta(days=11),
        next_says="reminder",
        offer=Offer(first=today, last=today + timedelta(days=30), most=to_pay, whole=True) if due else None,
        contestable=tuple(Contestable(invoice=debt.invoice, most=debt.open) for debt in due),
        channels=(
            Channel(name="email", reach="ok", shown="r…@winter.example"),
            Channel(name="sms", reach="opted_out", shown="…123"),
        ),
    )


def specimens(letters: Letters) -> tuple[tuple[str, Message], ...]:
    """Return every template in every language and channel, rendered with invented facts.

    Raises:
        BadTemplate: as `Letters.message`.
    """
    addresses = {"email": "robin@winter.example", "sms": "+447700900123"}
    senders = {"email": "billing@harbourlight.example", "sms": "Harbourlight"}
    messages = []
    for language in letters.languages:
        for channel in CHANNELS:
            ways = {"to": addresses[channel], "sender": senders[channel]}
            for template in letters.names(channel, language):
                notice = replace(specimen(template, channel, language), page=SPECIMEN_PAGE)
                message = letters.message(notice, **ways)
                messages.append((language, message))
            messages.append((language, letters.code(specimen_code(channel, language), **ways)))
    return tuple(messages)


def preview(letters: Letters, folder: Path) -> Path:
    """Write every template in every language and channel into one page in `folder` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    page.write_text(letters.overview(specimens(letters)), encoding="utf-8")
    return page
