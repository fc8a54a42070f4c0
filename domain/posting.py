"""Posting: facts about money become dated entries of the book.

`post` is the only place that knows what an invoice, a payment or a chargeback does to a balance. It
folds all money facts of one customer in one fixed order (domain/posting_order.py). Money pays the
invoice that it names first; what that one does not need, like money that names none, pays whatever is
open, now or later, invoices before fees: a fee never costs a suspension. Money for an invoice that
nobody knows waits for it. Money that names a deposit is kept for it: only a fact applies it.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from domain import facts
from domain.book import Book, Debt, Deposit, Due, Entry
from domain.facts import Fact
from domain.fold import Fold, apart
from domain.instalments import falls_due, left, opens_again
from domain.money import Money, MoneyError, per_currency
from domain.posting_order import Named, days_born, is_money, posted_on, posting_key, waits_for


@dataclass(slots=True, eq=False)
class _Payment:
    """Money that came in by a payment or a credit note, and where it went."""

    id: str
    unapplied: Money
    invoice: str | None
    applied: list[tuple[str, int]] = field(default_factory=list)
    charged_back: list[tuple[str | None, int]] = field(default_factory=list)
    deposit: str | None = None

    def copy(self) -> "_Payment":
        return _Payment(
            self.id,
            self.unapplied,
            self.invoice,
            list(self.applied),
            list(self.charged_back),
            self.deposit,
        )


def post(history: Iterable[Fact], *, allocation: str = "oldest_due") -> Book:
    """Post every money fact of one customer; `allocation` orders debts for unnamed payments."""
    posting = _Posting(allocation)
    money = [fact for fact in history if is_money(fact.body)]
    born = days_born(money)
    keyed = [(posting_key(fact, on := posted_on(fact, born)), on, fact) for fact in money]
    for _, on, fact in sorted(keyed, key=lambda each: each[0]):
        posting.post(fact, on)
    return posting.book()


class Posted:
    """The book of one customer while facts come in: always what `post` makes of all of them.

    Attributes:
        book: of all facts so far; the same object while no money comes in.
    """

    def __init__(self, allocation: str) -> None:
        self.book = Book(debts=(), entries=(), unapplied=())
        self._allocation = allocation
        self._money: list[Fact] = []
        self._born: dict[Named, date] = {}
        self._waited_for: set[Named] = set()
        self._fold = self._begin()

    def learn(self, new: Iterable[Fact]) -> None:
        """Post what more is known."""
        money = [fact for fact in new if is_money(fact.body)]
        if not money:
            return
        self._money += money
        born = days_born(money)
        for name, on in born.items():
            self._born[name] = min(on, self._born.get(name, on))
        # What named it before may have to be posted on another day now.
        if not self._waited_for.isdisjoint(born):
            self._fold, money = self._begin(), self._money
        for fact in money:
            self._waited_for.update(waits_for(fact.body))
        self._fold.add((posting_key(fact, posted_on(fact, self._born)), fact) for fact in money)
        self.book = self._fold.state.book()

    def _begin(self) -> "Fold[_Posting]":
        return Fold(lambda: _Posting(self._allocation), lambda posting, fact, key: posting.post(fact, key[0]))


class _Posting:
    """The fold's state while it runs; nothing outside sees it."""

    def __init__(self, allocation: str) -> None:
        self.allocation = allocation
        self.debts: dict[str, Debt] = {}
        self.payments: dict[str, _Payment] = {}
        self.credits: dict[str, _Payment] = {}
        self.cancelled: dict[str, None] = {}  # payments that never were
        self.loose: dict[_Payment, None] = {}  # those with an unapplied rest, in order
        self.kept: dict[str, tuple[str, ...]] = {}  # by deposit, the payments that name it
        self.owing: dict[str, None] = {}  # the invoices on which something is open
        self.written_off: dict[str, Money] = {}
        self.least: dict[str, Money] = {}  # the least that was open on a debt since its opening
        self.least_of_dues: dict[str, tuple[int, ...]] = {}  # the same of each instalment
        self.entries: list[Entry] = []
        self.fact: Fact
        self.on: date

    def book(self) -> Book:
        """Return the finished book; debts by due date, then invoice."""
        debts = sorted(self.debts.values(), key=lambda debt: (debt.due_on, debt.invoice))
        loose = per_currency(payment.unapplied for payment in self.loose)
        unapplied = tuple(money for money in loose if money)
        return Book(
            debts=tuple(debts),
            entries=tuple(self.entries),
            unapplied=unapplied,
            deposits=tuple(self._deposits()),
        )

    def _deposits(self) -> Iterator[Deposit]:
        """Yield the deposits for which money came in, by name."""
        for name in sorted(self.kept):
            payments = [self.payments[payment] for payment in self.kept[name]]
            left = sum((each.unapplied for each in payments[1:]), start=payments[0].unapplied)
            paid = sum(minor for each in payments for _, minor in each.applied)
            yield Deposit(name=name, received=left + Money(paid, left.currency), left=left)

    def copy(self) -> "_Posting":
        """Return the same state, which what is posted here does not change."""
        other = apart(self)
        copies = {
            payment: payment.copy() for each in (self.payments, self.credits) for payment in each.values()
        }
        other.payments = {name: copies[payment] for name, payment in self.payments.items()}
        other.credits = {name: copies[credit] for name, credit in self.credits.items()}
        other.loose = {copies[payment]: None for payment in self.loose}
        return other

    def post(self, fact: Fact, on: date) -> None:
        """Post one fact. What names an unknown invoice or payment has no effect on the balance."""
        self.fact, self.on = fact, on
        self._post()
        for payment in list(self.loose):
            for invoice, most in self._targets(payment):
                self._apply(payment, invoice, most)

    def _post(self) -> None:
        fact = self.fact
        match fact.body:
            case facts.InvoiceIssued() as body:
                self._issue(body)
            case facts.InvoiceCorrected() as body:
                self._correct(body)
            case facts.PaymentReceived() as body:
                self._receive(body)
            case facts.CreditNote() as body:
                self._credit(body)
            case facts.CreditNoteCancelled() as body:
                self._take_back(self.credits.get(body.credit_note), body.amount)
            case facts.DepositApplied() as body:
                self._apply_deposit(body)
            case facts.DepositRefunded() as body:
                self._give_back(body)
            case facts.Refunded() as body:
                self._take_back(self.payments.get(body.payment), body.amount)
            case facts.PaymentCancelled() as body:
                self.cancelled[body.payment] = None
                self._take_back(self.payments.get(body.payment), None)
            case facts.ChargedBack() as body:
                payment = self.payments.get(body.payment)
                taken = self._take_back(payment, body.amount)
                if payment is not None:
                    payment.charged_back += taken
            case facts.ChargebackReversed() as body:
                self._give_again(self.payments.get(body.payment), body.amount)
            case facts.WrittenOff() as body:
                self._write_off(body.invoice)
            case facts.WriteOffUndone() as body:
                self._undo_write_off(body.invoice)
            case facts.InvoiceVoided() | facts.DraftDeleted() as body:
                self._void(body.invoice)
            case facts.FeeBooked() as body:
                self._book_fee(body)
            case facts.FeeWaived() as body:
                self._waive(body)
            case facts.FeeCancelled() as body:
                if self._is_fee(body.fee):
                    self._void(body.fee)

    def _issue(self, body: facts.InvoiceIssued) -> None:
        if body.invoice in self.debts:
            return
        amount = Money.of(body.amount, body.currency)
        issued_on = body.issued_on or self.on
        self.debts[body.invoice] = Debt(
            invoice=body.invoice,
            original=amount,
            open=Money.zero(body.currency),
            issued_on=issued_on,
            due_on=body.due_on,
            main=body.main,
            opening=0,
            opened_on=issued_on,
            instalments=_schedule(body.instalments or (), body.currency),
        )
        self._add(body.invoice, amount)

    def _book_fee(self, body: facts.FeeBooked) -> None:
        if body.fee in self.debts:
            return
        amount = Money.of(body.amount, body.currency)
        self.debts[body.fee] = Debt(
            invoice=body.fee,
            original=amount,
            open=Money.zero(body.currency),
            issued_on=self.on,
            due_on=body.due_on or self.on,
            main=False,
            opening=0,
            opened_on=self.on,
            about=body.invoice,
        )
        self._add(body.fee, amount)

    def _is_fee(self, name: str) -> bool:
        return name in self.debts and self.debts[name].about is not None

    def _waive(self, body: facts.FeeWaived) -> None:
        if not self._is_fee(body.fee):
            return
        owed = self.debts[body.fee].open
        amount = owed if body.amount is None else min(owed, Money.of(body.amount, owed.currency))
        if amount:
            self._add(body.fee, -amount)

    def _correct(self, body: facts.InvoiceCorrected) -> None:
        debt = self.debts.get(body.invoice)
        if debt is None or debt.state in ("void", "written_off"):
            return
        if body.due_on is not None or body.instalments is not None:
            debt = self.debts[body.invoice] = self._reschedule(debt, body)
        if body.amount is None:
            return
        amount = Money.of(body.amount, debt.original.currency)
        change = amount - debt.original
        self.debts[body.invoice] = replace(debt, original=amount)
        excess = -(debt.open + change)
        if excess.minor > 0:
            self._release(body.invoice, excess)
        self._add(body.invoice, change)

    def _reschedule(self, debt: Debt, body: facts.InvoiceCorrected) -> Debt:
        """Return a debt with its new days; what is put off into the future is opened again."""
        new, due_on = _schedule(body.instalments or (), debt.original.currency), body.due_on or debt.due_on
        if new:
            debt = replace(debt, due_on=due_on, instalments=self._after(debt, new))
            self.least_of_dues[debt.invoice] = tuple(left(debt))
            return debt
        put_off = debt.open.minor > 0 and due_on > max(debt.due_on, self.on)
        debt = replace(debt, due_on=due_on, instalments=())
        return replace(debt, opening=debt.opening + 1, opened_on=self.on) if put_off else debt

    def _after(self, debt: Debt, new: Sequence[Due]) -> tuple[Due, ...]:
        """Return a new schedule, each instalment with its openings, and one more if it was put off.

        One that was not there before is new to whoever was warned of the others.
        """
        highest = max((due.opening for due in debt.instalments), default=debt.opening - 1)
        dues = []
        for number, due in enumerate(new):
            was = debt.instalments[number] if number < len(debt.instalments) else None
            put_off = was is None or due.due_on > max(was.due_on, self.on)
            before = highest if was is None else was.opening
            opened_on = self.on if put_off or was is None else was.opened_on
            dues.append(replace(due, opening=before + put_off, opened_on=opened_on))
        return tuple(dues)

    def _receive(self, body: facts.PaymentReceived) -> None:
        if body.payment in self.payments or body.payment in self.cancelled:
            return
        amount = Money.of(body.amount, body.currency)
        payment = _Payment(body.payment, Money.zero(body.currency), body.invoice, deposit=body.deposit)
        if body.deposit is not None and not self._keep(body.deposit, payment):
            payment.deposit = None
        self.payments[body.payment] = payment
        self._loosen(payment, amount)

    def _keep(self, deposit: str, payment: _Payment) -> bool:
        """Note that a payment is kept for a deposit; not one of another currency than the first."""
        known = self.kept.get(deposit, ())
        if known and self.payments[known[0]].unapplied.currency != payment.unapplied.currency:
            return False
        self.kept[deposit] = (*known, payment.id)
        return True

    def _apply_deposit(self, body: facts.DepositApplied) -> None:
        """Let the money of a deposit pay an invoice, as much as is open there, in the order it came in."""
        debt = self.debts.get(body.invoice)
        if debt is None:
            return
        currency = debt.open.currency
        most = debt.open if body.amount is None else Money.of(body.amount, currency)
        for payment in (self.payments[name] for name in self.kept.get(body.deposit, ())):
            if most.minor > 0 and payment.unapplied.currency == currency:
                before = payment.unapplied
                self._apply(payment, body.invoice, most)
                most -= before - payment.unapplied

    def _give_back(self, body: facts.DepositRefunded) -> None:
        """Take what is left of a deposit out of the book, the newest money first."""
        payments = [self.payments[name] for name in self.kept.get(body.deposit, ())]
        currency = payments[0].unapplied.currency if payments else ""
        wanted = None if body.amount is None or not payments else Money.of(body.amount, currency)
        for payment in reversed(payments):
            part = payment.unapplied if wanted is None else min(wanted, payment.unapplied)
            if part:
                self._loosen(payment, -part)
                wanted = None if wanted is None else wanted - part

    def _targets(self, payment: _Payment) -> list[tuple[str, Money]]:
        """Return what a payment pays, in order, and how much of it at most.

        First what it names, then whatever the policy's allocation says: of invoices in instalments those
        that are due first.
        """
        named, currency = payment.invoice, payment.unapplied.currency
        if named is not None and named not in self.debts:
            return []
        owing = [self.debts[invoice] for invoice in self.owing]
        debts = [debt for debt in owing if debt.open.currency == currency]
        # Fees come last: money that names nothing must not pay one while an invoice could cost the service.
        if self.allocation == "oldest_invoice":
            dues = [(debt.about is not None, debt.issued_on, debt.invoice, debt.open) for debt in debts]
        else:
            dues = [
                (debt.about is not None, due.due_on, debt.invoice, due.amount)
                for debt in debts
                for due in falls_due(debt, debt.open)
            ]
        dues.sort(key=lambda due: due[:3])
        first = [(debt.invoice, debt.open) for debt in debts if debt.invoice == named]
        return first + [(invoice, amount) for *_, invoice, amount in dues if invoice != named]

    def _credit(self, body: facts.CreditNote) -> None:
        debt = self.debts.get(body.invoice)
        if debt is None or body.credit_note in self.credits:
            return
        currency = debt.open.currency
        credit = _Payment(body.credit_note, Money.zero(currency), body.invoice)
        self.credits[body.credit_note] = credit
        self._loosen(credit, Money.of(body.amount, currency))

    def _apply(self, payment: _Payment, invoice: str, most: Money | None = None) -> None:
        debt = self.debts.get(invoice)
        if debt is None or debt.open.currency != payment.unapplied.currency:
            return
        amount = min(payment.unapplied, debt.open if most is None else min(most, debt.open))
        if amount.minor <= 0:
            return
        payment.applied.append((invoice, amount.minor))
        self._loosen(payment, -amount)
        self._add(invoice, -amount)

    def _take_back(self, payment: _Payment | None, amount: Decimal | None) -> list[tuple[str | None, int]]:
        """Reverse a payment: its unapplied rest first, then what it paid, newest first; say what it was."""
        taken: list[tuple[str | None, int]] = []
        if payment is None:
            return taken
        currency = payment.unapplied.currency
        held = payment.unapplied.minor + sum(minor for _, minor in payment.applied)
        left = held if amount is None else min(Money.of(amount, currency).minor, held)
        loose = min(left, payment.unapplied.minor)
        if loose:
            self._loosen(payment, Money(-loose, currency))
            taken.append((None, loose))
            left -= loose
        while left and payment.applied:
            invoice, minor = payment.applied.pop()
            part = min(left, minor)
            if part < minor:
                payment.applied.append((invoice, minor - part))
            taken.append((invoice, part))
            self._owe_again(invoice, Money(part, currency))
            left -= part
        return taken

    def _owe_again(self, invoice: str, amount: Money) -> None:
        """Open a debt again by `amount`; one that is void or written off stays so."""
        state = self.debts[invoice].state
        final = state in ("void", "written_off")
        self._add(invoice, amount, reopens=not final)
        if state == "written_off":
            self._write_off(invoice)
        elif state == "void":
            self._add(invoice, -amount, state=state)

    def _give_again(self, payment: _Payment | None, amount: Decimal | None) -> None:
        """Undo what was charged back, latest first: each part returns to the debt it had paid."""
        if payment is None:
            return
        currency = payment.unapplied.currency
        gone = sum(minor for _, minor in payment.charged_back)
        left = gone if amount is None else min(Money.of(amount, currency).minor, gone)
        while left:
            invoice, minor = payment.charged_back.pop()
            part = min(left, minor)
            if part < minor:
                payment.charged_back.append((invoice, minor - part))
            self._loosen(payment, Money(part, currency))
            if invoice is not None:
                self._apply(payment, invoice)
            left -= part

    def _write_off(self, invoice: str) -> None:
        debt = self.debts.get(invoice)
        if debt is None or debt.open.minor <= 0:
            return
        self.written_off[invoice] = debt.open + self.written_off.get(invoice, Money.zero(debt.open.currency))
        self._add(invoice, -debt.open, state="written_off")

    def _undo_write_off(self, invoice: str) -> None:
        amount = self.written_off.pop(invoice, None)
        if amount is not None:
            self._add(invoice, amount)

    def _void(self, invoice: str) -> None:
        debt = self.debts.get(invoice)
        if debt is None or debt.state == "void":
            return
        self.written_off.pop(invoice, None)  # Nothing is left that could be taken back.
        paid = sum(
            minor
            for payment in self.payments.values()
            for target, minor in payment.applied
            if target == invoice
        )
        self._release(invoice, Money(paid, debt.open.currency))
        self._add(invoice, -self.debts[invoice].open, state="void")

    def _release(self, invoice: str, amount: Money) -> None:
        """Turn `amount` of what settled an invoice into unapplied money: payments first, newest first."""
        left = amount.minor
        for payment in [*reversed(self.payments.values()), *reversed(self.credits.values())]:
            kept: list[tuple[str, int]] = []
            for target, minor in payment.applied:
                part = min(left, minor) if target == invoice else 0
                left -= part
                if part:
                    self._loosen(payment, Money(part, amount.currency))
                    self._add(invoice, Money(part, amount.currency), reopens=False)
                if minor > part:
                    kept.append((target, minor - part))
            payment.applied = kept

    def _loosen(self, payment: _Payment, amount: Money) -> None:
        payment.unapplied += amount
        self.loose.pop(payment, None)
        if payment.unapplied and payment.deposit is None:
            self.loose[payment] = None
        self._enter(None, -amount, payment.deposit)

    def _add(self, invoice: str, amount: Money, *, state: str | None = None, reopens: bool = True) -> None:
        debt = self.debts[invoice]
        owed, least = debt.open + amount, self.least.get(invoice, Money.zero(amount.currency))
        opening, opened_on = debt.opening, debt.opened_on
        if reopens and amount.minor > 0 and owed.minor >= 2 * least.minor:
            opening, opened_on, least = opening + 1, self.on, owed
        self.least[invoice] = min(least, owed)
        if state is None:
            state = "open" if owed.minor > 0 else "settled"
        debt = replace(debt, open=owed, opening=opening, opened_on=opened_on, state=state)
        self.debts[invoice] = (
            self._open_dues(debt, reopens and amount.minor > 0) if debt.instalments else debt
        )
        if owed.minor > 0:
            self.owing[invoice] = None
        else:
            self.owing.pop(invoice, None)
        self._enter(invoice, amount)

    def _open_dues(self, debt: Debt, rises: bool) -> Debt:
        """Return a debt with the openings of its instalments: each is a debt of its own."""
        dues, leasts = [], []
        known = self.least_of_dues.get(debt.invoice) or (0,) * len(debt.instalments)
        for due, minor, least in zip(debt.instalments, left(debt), known, strict=True):
            if rises and opens_again(least, minor):
                due, least = replace(due, opening=due.opening + 1, opened_on=self.on), minor
            dues.append(due)
            leasts.append(min(least, minor))
        self.least_of_dues[debt.invoice] = tuple(leasts)
        return replace(debt, instalments=tuple(dues))

    def _enter(self, invoice: str | None, amount: Money, deposit: str | None = None) -> None:
        if amount:
            entry = Entry(
                invoice=invoice,
                amount=amount,
                on=self.on,
                source=self.fact.source,
                fact=self.fact.id,
                deposit=deposit,
            )
            self.entries.append(entry)


def _schedule(instalments: Sequence[facts.Instalment], currency: str) -> tuple[Due, ...]:
    """Return a schedule of the book; one with an amount that the currency does not have is none."""
    with suppress(MoneyError):
        return tuple(Due(due_on=each.due_on, amount=Money.of(each.amount, currency)) for each in instalments)
    return ()
