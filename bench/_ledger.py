"""A large ledger, written straight into its tables: what the doors would take hours to take in.

There are `SHAPES` different customers, each posted by the rules of the book and chased by the simulator; all
others are copies of one of them, under names of their own. So the ledger is what its facts say, and a test
proves that of a small one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import islice
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlmodel import SQLModel

from domain.book import Book
from domain.channels import NO_DEBTS
from domain.claim import Claim
from domain.customer import Customer
from domain.documents import read
from domain.effects import by_invoice
from domain.facts import (
    Body,
    CreditNote,
    Delivered,
    Fact,
    Instalment,
    InvoiceCorrected,
    InvoiceIssued,
    PaymentReceived,
    PromiseMade,
    SubscriptionReactivated,
    SubscriptionSuspended,
    WrittenOff,
    kind_of,
)
from domain.policy import Policy
from domain.posting import post
from domain.simulation.play import simulate
from domain.simulation.timeline import Line, Outcome
from settings import ROOT
from store import customers, policies
from store.database import Ledger, migrate, read_url
from store.facts import write_text
from store.postings import projection
from store.tables import (
    CaseRow,
    ClaimRow,
    ContactRow,
    CustomerRow,
    DebtRow,
    EntryRow,
    FactRow,
    JournalRow,
    SubscriptionRow,
    TaskRow,
    WordsRow,
)

SHAPES = 100
INVOICES = 10
"""So many a customer, a month apart; the newest falls due about the day of the ledger."""

_REPLIED = (5, 13, 29)
"""Kinds of customers of whom a reply waits to be read."""

_AT_ONCE = 500
"""Customers whose rows are written together."""

_NAMED = "NUMBER"
"""Stands in the words of a shape for the number of a customer."""

_NAME = f"C{_NAMED}"

_LATE_DAYS = (-4, 0, 2, -9, -1, 0, -3, 1)
"""How late invoices are paid, by turns; some customers are worse."""

_TABLES = (
    *(CustomerRow, ContactRow, SubscriptionRow, FactRow, EntryRow, DebtRow),
    *(CaseRow, ClaimRow, JournalRow, WordsRow, TaskRow),
)
"""In the order in which they are filled."""


def fill(url: str, *, many: int, today: date) -> None:
    """Make a ledger with so many customers, as it stands on a day.

    Args:
        url: of an empty database.
    """
    migrate(url)
    policy = read(
        (ROOT / "policies" / "business.yaml").read_text("utf-8"), model=Policy, name="business.yaml"
    )
    ledger = Ledger(url, durable=False)
    version = policies.adopt(ledger, policy, now=_at(today - timedelta(days=600)), by="bench")
    ledger.close()
    shapes = [_Shaping(number, today, policy, version).rows() for number in range(min(SHAPES, many))]
    engine = create_engine(read_url(url))
    with engine.begin() as connection:
        moulds = [[_Mould.of(connection, kind, rows) for kind in _TABLES] for rows in shapes]
        for first in range(0, many, _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, many))
            for place in range(len(_TABLES)):
                _write(connection, [(moulds[number % SHAPES][place], number) for number in numbers])
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    engine.dispose()


def name_of(number: int) -> str:
    """Return the id of a customer."""
    return _NAME.replace(_NAMED, _digits(number))


# --- writing


def _digits(number: int) -> str:
    return f"{number:07}"


@dataclass(frozen=True, slots=True)
class _Mould:
    """The rows of one kind of customer in one table, as the database takes them.

    Attributes:
        named: the places of the values in which a customer's number stands.
    """

    table: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    named: Sequence[int]

    @classmethod
    def of(cls, connection: Connection, kind: type[SQLModel], rows: Iterable[SQLModel]) -> "_Mould":
        """Return the rows of one table among all of a customer."""
        table, dialect = SQLModel.metadata.tables[str(kind.__tablename__)], connection.dialect
        # The database numbers by itself.
        columns = [each for each in table.c if each is not table.autoincrement_column]
        bound = [each.type.dialect_impl(dialect).bind_processor(dialect) for each in columns]
        made = [
            [
                value if bind is None or value is None else bind(value)
                for column, bind in zip(columns, bound, strict=True)
                for value in [getattr(row, column.name)]
            ]
            for row in rows
            if isinstance(row, kind)
        ]
        named = {
            place
            for row in made
            for place, value in enumerate(row)
            if isinstance(value, str) and _NAMED in value
        }
        return cls(table.name, [each.name for each in columns], made, sorted(named))

    def copies(self, number: int) -> Iterator[Sequence[Any]]:
        """Yield the rows of a customer of this kind."""
        digits = _digits(number)
        for row in self.rows:
            copy = [*row]
            for place in self.named:
                if copy[place] is not None:
                    copy[place] = copy[place].replace(_NAMED, digits)
            yield copy


def _write(connection: Connection, customers: Sequence[tuple[_Mould, int]]) -> None:
    """Write the rows of customers in one table; to PostgreSQL by COPY, which takes them far faster."""
    rows = (tuple(row) for mould, number in customers for row in mould.copies(number))
    mould = customers[0][0]
    names = ", ".join(f'"{name}"' for name in mould.columns)
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" for _ in mould.columns)
        for several in iter(lambda: [*islice(rows, 10_000)], []):
            connection.exec_driver_sql(f"INSERT INTO {mould.table} ({names}) VALUES ({places})", several)
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {mould.table} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


# --- a customer


def _at(day: date) -> datetime:
    return datetime.combine(day, time(9), UTC)


@dataclass(frozen=True, slots=True)
class _Shaping:
    """Makes the rows of one kind of customer: what it owes and pays, and what was said to it."""

    number: int
    today: date
    policy: Policy
    version: str

    @property
    def customer(self) -> Customer:
        """Whom it is about."""
        currency = "JPY" if self.number % 25 == 4 else "USD" if self.number % 5 == 3 else "EUR"
        return Customer(id=_NAME, timezone="UTC", language="en", country="DE", currency=currency)

    def rows(self) -> list[SQLModel]:
        """Return every row."""
        history = [fact for each in range(INVOICES) for fact in self._invoice(each)]
        history += self._special()
        history = sorted((fact for fact in history if fact.happened_on <= self.today), key=_learned)
        played = simulate(self.policy, self.customer, history, self.today)
        history = sorted([*history, *_outcomes(played)], key=_learned)
        book = post(history)
        return [
            *self._people(played),
            *map(_fact_row, history),
            *_entries(book, history),
            *(DebtRow(**projection(_NAME, debt)) for debt in book.debts),
            *self._done(played),
        ]

    def _people(self, played: Outcome) -> Iterator[SQLModel]:
        row = customers.row_of(self.customer, now=_at(self.today - timedelta(days=400)))
        row.stage, row.assessed_revision, row.last_now = played.stage, row.revision, _at(self.today)
        row.wake_at = None if played.next is None else played.next.at
        yield row
        email, phone = f"ap@c{_NAMED}.example", f"+4915{_NAMED}00"
        yield ContactRow(customer_id=_NAME, name=f"Customer {_NAMED}", email=email, phone=phone)
        state = "suspended" if played.stage == "suspended" else "active"
        yield SubscriptionRow(id=_NAME, customer_id=_NAME, state=state, changed_at=_at(self.today))

    def _invoice(self, each: int) -> Iterator[Fact]:
        """Yield an invoice, the newest is number 0, and its payment."""
        due_on = self.today + timedelta(days=20 - 30 * each - self.number % 29)
        amount = Decimal(40 + (self.number * 37 + each * 13) % (2900 if self.number % 6 == 1 else 900))
        name, halves = f"INV-{_NAMED}-{each}", None
        if self.number % 50 == 7 and each == 1:
            half = amount // 2
            parts = ((due_on, half), (due_on + timedelta(days=30), amount - half))
            halves = tuple(Instalment(due_on=day, amount=part) for day, part in parts)
        body = InvoiceIssued(
            invoice=name, amount=amount, currency=self._currency, due_on=due_on, instalments=halves
        )
        yield _fact(f"i-{name}", due_on - timedelta(days=30), body)
        if self.number % 8 == 5 and each < 2 + self.number // 8 % 4:
            return  # This one does not pay any more.
        late = _LATE_DAYS[(self.number + each) % len(_LATE_DAYS)]
        late = 6 * each if self.number % 10 == 6 else late
        paid = amount // 2 if self.number % 20 == 11 and each == 2 else amount
        payment = PaymentReceived(payment=f"P-{name}", amount=paid, currency=self._currency, invoice=name)
        yield _fact(f"p-{name}", due_on + timedelta(days=late), payment)

    def _special(self) -> Iterator[Fact]:
        """Yield what else happens to some."""
        name, day = f"INV-{_NAMED}-1", self.today - timedelta(days=12)
        kind = self.number % 50
        bodies: dict[int, Body] = {
            13: InvoiceCorrected(invoice=name, due_on=self.today + timedelta(days=3)),
            21: PromiseMade(pay_on=self.today + timedelta(days=4)),
            29: CreditNote(credit_note=f"CN-{_NAMED}", invoice=name, amount=Decimal(20)),
            37: WrittenOff(invoice=f"INV-{_NAMED}-4"),
            45: PaymentReceived(payment=f"P-{_NAMED}", amount=Decimal(30), currency=self._currency),
        }
        if kind in bodies:
            yield _fact(f"s-{_NAMED}", day, bodies[kind])

    @property
    def _currency(self) -> str:
        return str(self.customer.currency)

    # --- what we did

    def _done(self, played: Outcome) -> Iterator[SQLModel]:
        """Yield what was claimed, said and journaled, and the tasks."""
        lines = {(line.at, line.step, line.channel): line for line in played.lines if line.kind == "effect"}
        if played.stage != "current":
            opened = _at(self.today - timedelta(days=20))
            yield CaseRow(customer_id=_NAME, number=1, opened_at=opened, policy_version=self.version)
        for claim in played.account.claims:
            line = lines[claim.claimed_at, claim.step, claim.channel]
            yield from self._claim_rows(line, claim)
            yield self._journal_row(line, claim)
            if line.effect == "notice":
                yield _words_row(claim)
            if line.effect == "task":
                yield _task_row(line, claim, over=played.stage == "current")
        if self.number in _REPLIED:
            yield TaskRow(
                customer_id=_NAME,
                step="reply",
                kind="review",
                opened_at=_at(self.today - timedelta(days=self.number % 5)),
                why="the customer wrote something that a person has to read",
                message=f"reply/{_NAMED}",
            )

    def _claim_rows(self, line: Line, claim: Claim) -> Iterator[ClaimRow]:
        debts = line.debts[:1] if line.debts and line.debts[0].invoice in NO_DEBTS else line.debts
        for position, debt in enumerate(debts):
            yield ClaimRow(
                message=_reference(claim),
                position=position,
                customer_id=_NAME,
                debt=debt.key,
                opening=debt.opening,
                step=claim.step,
                channel=claim.channel,
                kind=str(line.effect),
                state=claim.state,
                attempt=claim.attempt,
                claimed_at=claim.claimed_at,
                sent_at=claim.sent_at,
                suspend_on=claim.suspend_on,
                amount_minor=debt.amount.minor,
                currency=debt.amount.currency,
                policy_version=self.version,
                code_version="bench",
            )

    def _journal_row(self, line: Line, claim: Claim) -> JournalRow:
        reason = line.reason
        return JournalRow(
            customer_id=_NAME,
            at=line.at,
            what="decided",
            effect=line.effect,
            step=line.step,
            channel=line.channel,
            debts=_debts(line),
            rule=reason.rule if reason else None,
            reason=dict(reason.values) if reason else {},
            why=reason.words if reason else "",
            message=_reference(claim),
            policy_version=self.version,
            code_version="bench",
            actor="engine",
        )


def _words_row(claim: Claim) -> WordsRow:
    return WordsRow(
        message=_reference(claim),
        customer_id=_NAME,
        at=claim.claimed_at,
        channel=claim.channel,
        template=claim.step,
        asked="en",
        language="en",
        version="bench",
        sha256=sha256(claim.message.encode()).hexdigest(),
    )


def _task_row(line: Line, claim: Claim, *, over: bool) -> TaskRow:
    return TaskRow(
        customer_id=_NAME,
        step=claim.step,
        kind="call" if claim.step == "call" else "review",
        opened_at=line.at,
        closed_at=line.at + timedelta(days=1) if over else None,
        why=line.reason.words if line.reason else "",
        debts=_debts(line),
        outcome="done" if over else None,
        closed_by="bench" if over else None,
        message=_reference(claim),
    )


def _debts(line: Line) -> dict[str, str]:
    return {invoice: amount.plain() for invoice, amount in by_invoice(line.debts).items()}


def _entries(book: Book, history: Iterable[Fact]) -> Iterator[EntryRow]:
    """Yield the entries of a book as they are stored: those of one fact, debt and day added up."""
    learned = {(fact.source, fact.id): fact.learned_at for fact in history}
    sums: Counter[tuple[str | None, str, date, str, str]] = Counter()
    for entry in book.entries:
        sums[entry.invoice, entry.amount.currency, entry.on, entry.source, entry.fact] += entry.amount.minor
    for (invoice, currency, on, source, fact), minor in sums.items():
        if minor:
            yield EntryRow(
                customer_id=_NAME,
                invoice=invoice,
                currency=currency,
                minor=minor,
                happened_on=on,
                learned_at=learned[source, fact],
                source=source,
                fact=fact,
            )


def _outcomes(played: Outcome) -> Iterator[Fact]:
    """Yield what became of our effects as facts."""
    for claim in played.account.claims:
        if claim.delivered_at is not None:
            told = Delivered(message=_reference(claim), step=claim.step, channel=claim.channel)
            yield _fact(f"d-{_reference(claim)}", claim.delivered_at.date(), told)
    turned = {"suspend": SubscriptionSuspended, "reactivate": SubscriptionReactivated}
    for number, line in enumerate(played.lines):
        if line.kind == "effect" and line.effect in turned:
            body = turned[line.effect](subscription=_NAME)
            yield _fact(f"t-{_NAMED}-{number}", line.at.date(), body)


def _reference(claim: Claim) -> str:
    return f"m-{_NAMED}-{claim.message}"


def _fact(name: str, on: date, body: Body) -> Fact:
    return Fact(source="bench", id=name, happened_on=on, happened_at=None, learned_at=_at(on), body=body)


def _learned(fact: Fact) -> tuple[datetime, str]:
    return fact.learned_at, fact.id


def _fact_row(fact: Fact) -> FactRow:
    return FactRow(
        customer_id=_NAME,
        kind=kind_of(fact.body),
        source=fact.source,
        source_id=fact.id,
        happened_on=fact.happened_on,
        learned_at=fact.learned_at,
        body=write_text(fact.body),
    )
