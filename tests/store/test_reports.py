"""What the ledger says about any day: entries against a rebuild, and the ageing report."""

import uuid
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from domain.ageing import Balance, age, bucket
from domain.facts import (
    ChargebackReversed,
    ChargedBack,
    CreditNote,
    CreditNoteCancelled,
    Instalment,
    InvoiceCorrected,
    InvoiceIssued,
    InvoiceVoided,
    PaymentReceived,
    Refunded,
    WriteOffUndone,
    WrittenOff,
)
from domain.instalments import falls_due
from domain.money import Money
from domain.posting import post
from store import doors, facts, postings, reports
from store.tables import DebtRow, EntryRow

START = date(2026, 1, 1)


def ageing(business, days_late, known=None):
    return reports.ageing(business.ledger, as_of=business.at(days_late).date(), known_at=known).json()


def row(**amounts):
    nothing = dict.fromkeys(("current", "d1_30", "d31_60", "d61_90", "d91_plus"), "0.00")
    total = sum(map(Decimal, amounts.values()), start=Decimal("0.00"))
    return {**nothing, **amounts, "total": str(total)}


# --- ageing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "index"),
    [(-9, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (900, 4)],
)
def test_buckets_begin_and_end_on_the_right_day(days, index):
    assert bucket(days) == index


def test_the_report_is_right_for_any_past_day(business):
    name = business.customer()
    business.invoice(name)
    business.pay(name, "40.00", now=business.at(35))
    assert ageing(business, -31) == {"as_of": "2026-01-30", "currencies": {}}
    assert ageing(business, 0)["currencies"] == {"EUR": row(current="100.00")}
    assert ageing(business, 1)["currencies"] == {"EUR": row(d1_30="100.00")}
    assert ageing(business, 34)["currencies"] == {"EUR": row(d31_60="100.00")}
    assert ageing(business, 35)["currencies"] == {"EUR": row(d31_60="60.00")}
    assert ageing(business, 99)["currencies"] == {"EUR": row(d91_plus="60.00")}


def test_what_was_learned_later_counts_on_its_day_unless_asked_what_was_known(business):
    name = business.customer()
    business.invoice(name)
    business.pay(name, "100.00", now=business.at(20), on=business.at(5).date())
    assert ageing(business, 10)["currencies"] == {"EUR": row()}
    assert ageing(business, 10, known=business.at(19))["currencies"] == {"EUR": row(d1_30="100.00")}
    assert ageing(business, 10, known=business.at(20))["currencies"] == {"EUR": row()}


def test_an_invoice_ages_by_the_due_date_that_held_then(business):
    name = business.customer()
    business.invoice(name)
    later = InvoiceCorrected(invoice="INV-1", due_on=business.at(40).date())
    business.record(name, later, now=business.at(20), on=business.at(10).date())
    assert ageing(business, 9)["currencies"] == {"EUR": row(d1_30="100.00")}
    assert ageing(business, 15)["currencies"] == {"EUR": row(current="100.00")}
    assert ageing(business, 15, known=business.at(19))["currencies"] == {"EUR": row(d1_30="100.00")}
    assert ageing(business, 41)["currencies"] == {"EUR": row(d1_30="100.00")}


def test_an_invoice_in_instalments_ages_by_each_of_them(business):
    """Source: instalments age by their own due dates (collections-practice.md, on ageing)."""
    name = business.customer()
    parts = [(0, "20.00"), (10, "30.00"), (40, "50.00")]
    instalments = [Instalment(due_on=business.at(day).date(), amount=amount) for day, amount in parts]
    business.invoice(name, instalments=tuple(instalments))
    business.pay(name, "25.00", now=business.at(35), on=business.at(5).date())
    assert ageing(business, 0)["currencies"] == {"EUR": row(current="100.00")}
    assert ageing(business, 4)["currencies"] == {"EUR": row(d1_30="20.00", current="80.00")}
    assert ageing(business, 11)["currencies"] == {"EUR": row(d1_30="25.00", current="50.00")}
    assert ageing(business, 71)["currencies"] == {"EUR": row(d61_90="25.00", d31_60="50.00")}
    known = ageing(business, 34, known=business.at(34))["currencies"]
    assert known == {"EUR": row(d31_60="20.00", d1_30="30.00", current="50.00")}


def test_money_that_pays_nothing_stands_beside_the_buckets(business):
    name = business.customer()
    business.invoice(name)
    business.pay(name, "130.00", now=business.at(1))
    assert ageing(business, 1)["currencies"] == {"EUR": row()}
    report = reports.ageing(business.ledger, as_of=business.at(1).date())
    assert report.currencies["EUR"].unapplied == Money(30_00, "EUR")
    heading, line = report.table().splitlines()
    assert heading.split()[-2:] == ["total", "unapplied"]
    assert line.split() == ["EUR", *["0.00"] * 6, "30.00"]


def test_currencies_stand_apart_with_their_own_decimals():
    report = age(
        [
            Balance(open=Money(1500, "JPY"), due_on=START),
            Balance(open=Money(12_345_67, "EUR"), due_on=START),
            Balance(open=Money(1_234, "KWD"), due_on=START + timedelta(days=9)),
        ],
        START + timedelta(days=1),
    )
    currencies = report.json()["currencies"]
    assert list(currencies) == ["EUR", "JPY", "KWD"]
    assert (currencies["JPY"]["d1_30"], currencies["KWD"]["current"]) == ("1500", "1.234")
    assert "12,345.67" in report.table()


def test_the_largest_amounts_add_up(business):
    name = business.customer()
    for number in range(12):
        business.invoice(name, f"INV-{number}", amount="9999999999999.99")
    report = reports.ageing(business.ledger, as_of=business.due)
    assert report.currencies["EUR"].total.minor == 12 * (10**15 - 1)


def test_an_empty_ledger_says_so(business):
    assert reports.ageing(business.ledger, as_of=START).table() == (
        "Nothing was booked until the end of 2026-01-01."
    )


# --- the entries are the book, at any day and knowledge ------------------------------------------

deliveries = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(["invoice"] * 3 + ["pay", "pay", "pay_one"])
            | st.sampled_from(
                [
                    "correct",
                    "void",
                    "write_off",
                    "undo",
                    "credit",
                    "uncredit",
                    "refund",
                    "chargeback",
                    "reverse",
                ]
            ),
            st.integers(0, 9),
            st.integers(1, 300),
            st.integers(0, 40),
        ),
        min_size=1,
        max_size=5,
    ),
    min_size=1,
    max_size=6,
)
STORIES = 60


class Story:
    """Turns drawn numbers into facts that name what there is."""

    def __init__(self):
        self.mark = uuid.uuid4().hex[:8]
        self.invoices, self.payments, self.credits = [], [], []
        self.in_yen = set()

    def body(self, kind, index, amount, day):
        invoice, payment = self._one(self.invoices, index), self._one(self.payments, index)
        credit = self._one(self.credits, index)
        amount = Decimal(amount)
        if kind == "invoice" or invoice is None:
            name = f"{self.mark}-{len(self.invoices)}"
            self.invoices.append(name)
            due_on = START + timedelta(days=day + index)
            currency = "JPY" if index == 9 else "EUR"
            self.in_yen.update([name] if currency == "JPY" else [])
            parts = None if index % 3 or currency == "JPY" else in_two(amount, due_on)
            return InvoiceIssued(
                invoice=name, amount=amount, currency=currency, due_on=due_on, instalments=parts
            )
        if kind in ("pay", "pay_one") or payment is None:
            name = f"{self.mark}-P{len(self.payments)}"
            self.payments.append(name)
            named = invoice if kind == "pay_one" and invoice not in self.in_yen else None
            return PaymentReceived(payment=name, amount=amount, currency="EUR", invoice=named)
        if kind == "credit" or (kind == "uncredit" and credit is None):
            name = f"{self.mark}-C{len(self.credits)}"
            self.credits.append((name, invoice))
            return CreditNote(credit_note=name, invoice=invoice, amount=amount)
        some = amount if index % 2 else None
        return {
            "correct": lambda: InvoiceCorrected(
                invoice=invoice, amount=amount, due_on=START + timedelta(days=day) if index % 2 else None
            ),
            "void": lambda: InvoiceVoided(invoice=invoice),
            "write_off": lambda: WrittenOff(invoice=invoice),
            "undo": lambda: WriteOffUndone(invoice=invoice),
            "uncredit": lambda: CreditNoteCancelled(credit_note=credit[0], invoice=credit[1], amount=some),
            "refund": lambda: Refunded(payment=payment, amount=some),
            "chargeback": lambda: ChargedBack(payment=payment, amount=some),
            "reverse": lambda: ChargebackReversed(payment=payment, amount=some),
        }[kind]()

    @staticmethod
    def _one(names, index):
        return names[index % len(names)] if names else None


def in_two(amount, due_on):
    """An invoice in two instalments, a fortnight apart."""
    first = Decimal(round(amount * 100) // 3 or 1) / 100
    if first >= amount:
        return None
    later = due_on + timedelta(days=14)
    return (Instalment(due_on=due_on, amount=first), Instalment(due_on=later, amount=amount - first))


def check_against_a_rebuild(business, name, as_of, known_at):
    """Compare what is stored with what the book makes of the facts."""
    history = facts.history(business.ledger, name)
    book = post(history)
    with business.ledger.read() as session:
        debts = [
            debt.model_dump() for debt in session.exec(select(DebtRow).where(DebtRow.customer_id == name))
        ]
        entries = session.exec(select(EntryRow).where(EntryRow.customer_id == name)).all()
    wanted = [postings.projection(name, debt) for debt in book.debts]
    assert sorted(debts, key=lambda debt: debt["invoice"]) == sorted(wanted, key=lambda d: d["invoice"])
    for day, moment in ((date.max, datetime.max.replace(tzinfo=UTC)), (as_of, known_at)):
        known = [fact for fact in history if fact.happened_on <= day and fact.learned_at <= moment]
        rebuilt = post(known)
        sums: Counter[tuple[str | None, str]] = Counter()
        for entry in entries:
            if entry.happened_on <= day and entry.learned_at <= moment:
                sums[entry.invoice, entry.currency] += entry.minor
        open_ = {(debt.invoice, debt.open.currency): debt.open.minor for debt in rebuilt.debts}
        loose = {(None, money.currency): -money.minor for money in rebuilt.unapplied}
        assert {key: minor for key, minor in sums.items() if minor} == {
            key: minor for key, minor in {**open_, **loose}.items() if minor
        }


def check_the_report(business, as_of, known_at):
    """The report of the whole ledger equals a rebuild of every customer, to the cent."""
    from store import customers

    balances = []
    for name in customers.ids(business.ledger):
        known = [
            fact
            for fact in facts.history(business.ledger, name)
            if fact.happened_on <= as_of and fact.learned_at <= known_at
        ]
        book = post(known)
        balances += [
            Balance(open=due.amount, due_on=due.due_on)
            for debt in book.debts
            for due in falls_due(debt, debt.open) or falls_due(replace(debt, instalments=()), debt.open)
        ]
        balances += [Balance(open=-money, due_on=None) for money in book.unapplied]
    report = reports.ageing(business.ledger, as_of=as_of, known_at=known_at)
    assert report == age(balances, as_of)
    for currency, line in report.currencies.items():
        owed = [b.open.minor for b in balances if b.due_on is not None and b.open.currency == currency]
        assert line.total.minor == sum(owed) == sum(amount.minor for amount in line.buckets)


@settings(max_examples=STORIES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries=deliveries, as_of=st.integers(0, 45), known=st.integers(0, 6))
def test_what_is_stored_equals_a_rebuild_of_all_facts(business, deliveries, as_of, known):
    story = Story()
    name = business.customer(story.mark)
    started = datetime(2026, 3, 1, tzinfo=UTC)
    for number, delivery in enumerate(deliveries):
        now = started + timedelta(days=number)
        new = []
        for kind, index, amount, day in delivery:
            body = story.body(kind, index, amount, day)
            new.append(business.fact(body, now=now, on=START + timedelta(days=day)))
        doors.record(business.ledger, name, new, now=now)
    day, moment = START + timedelta(days=as_of), started + timedelta(days=known)
    check_against_a_rebuild(business, name, day, moment)
    check_the_report(business, day, moment)


def test_the_stories_have_every_kind_of_money_in_them():
    seen: Counter[str] = Counter()

    @settings(max_examples=STORIES)
    @given(deliveries)
    def tell(deliveries):
        story = Story()
        seen.update(story.body(*each).type for delivery in deliveries for each in delivery)

    tell()

    assert len(seen) == 11
    assert min(seen.values()) >= 3, seen
