"""Settling: what the engine concludes from the lines that wait, some lines a transaction.

A look at the whole ledger says for whom something speaks; those customers are locked, and what they owe
is read again before anything is concluded. A line that is settled is so for good: to be killed in between,
or to run twice at once, settles nothing twice.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, select

from domain.cash.doors import Receipt, same_money
from domain.cash.matching import Candidate, Match, evidence, match
from domain.cash.receivables import Open, Receivables, name_key
from domain.facts import ChargedBack, Fact, PaymentCancelled, PaymentReceived, Refunded
from domain.money import Money
from domain.reasons import Reason, because
from store import customers, facts
from store.bank import deciding, lines
from store.bank.lines import Kept
from store.bank.returns import Original, original_of, take_back
from store.database import Ledger
from store.errors import Refused
from store.tables import ContactRow, CustomerRow, DebtRow

BATCH = 50
"""Lines that are settled in one transaction."""
ENGINE = "engine"
_CHUNK = 500


@dataclass(slots=True)
class Settled:
    """What was concluded: how many lines of each state, and whose workflow has to look."""

    states: Counter[str] = field(default_factory=Counter)
    touched: set[str] = field(default_factory=set)


def settle(ledger: Ledger, *, now: datetime, progress: Callable[[int], None] = lambda _: None) -> Settled:
    """Settle every line that waits for it.

    What is certain comes first, again and again while anything is: each such line may teach from where a
    customer pays, and so decide about others. Only then a person is asked.
    """
    settled, learned = Settled(), True
    while learned:
        before = settled.states["applied"]
        _pass(ledger, settled, now, progress, certain=True)
        learned = settled.states["applied"] > before
    _pass(ledger, settled, now, progress, certain=False)
    return settled


def _pass(
    ledger: Ledger, settled: Settled, now: datetime, progress: Callable[[int], None], *, certain: bool
) -> None:
    with ledger.read() as session:
        ids, around = lines.unsettled(session), _whole_ledger(session)
    for start in range(0, len(ids), BATCH):
        with ledger.write() as session:
            _settle(session, ids[start : start + BATCH], around, settled, now, certain=certain)
        progress(min(start + BATCH, len(ids)))


def waiting_lines(ledger: Ledger) -> int:
    """Count the lines that `settle` would look at."""
    with ledger.read() as session:
        return len(lines.unsettled(session))


@dataclass(slots=True)
class _Batch:
    """The customers of a batch, locked, and what they owe as it is now."""

    session: Session
    around: Receivables
    now: datetime
    rows: dict[str, CustomerRow]
    owing: dict[str, list[Open]]
    histories: dict[str, list[Fact]] = field(default_factory=dict)

    def known(self, who: Iterable[str]) -> Receivables:
        """Return what these customers owe: of others in the batch a line knows nothing."""
        owing = {customer: self.owing[customer] for customer in who}
        return Receivables(items=owing, accounts=self.around.accounts, names=self.around.names)

    def history(self, customer: str) -> list[Fact]:
        if customer not in self.histories:
            self.histories[customer] = facts.read(self.session, customer)
        return self.histories[customer]

    def changed(self, customer: str) -> None:
        """Read again what a customer owes: a line of this batch was settled."""
        self.owing[customer] = _owed(self.session, [customer]).get(customer, [])
        self.histories.pop(customer, None)


def _settle(
    session: Session,
    ids: Sequence[int],
    around: Receivables,
    settled: Settled,
    now: datetime,
    *,
    certain: bool,
) -> None:
    waiting = [kept for kept in lines.lock(session, ids) if kept.state in ("new", "unapplied")]
    by_id = {kept.id: kept for kept in waiting}
    originals = {kept.id: original_of(session, kept) for kept in waiting if kept.row.returned}
    concerned = {kept.id: set(_concerned(kept, around)) for kept in waiting}
    who = set[str]().union(*concerned.values())
    who |= {original.customer for original in originals.values() if original is not None}
    rows = {customer: customers.lock(session, customer) for customer in sorted(who)}
    # What was on its way may have come in before its customer was locked: then it is charged back.
    originals = {each: original_of(session, by_id[each]) for each in originals}
    batch = _Batch(session, around, now, rows, _owed(session, sorted(who)))
    for kept in (by_id[each] for each in ids if each in by_id):
        original = originals.get(kept.id)
        if original is not None and original.customer not in rows:
            continue  # Another's, who became known just now: the next look locks him.
        try:
            with session.begin_nested():
                touched = _conclude(batch, kept, original, concerned[kept.id], certain=certain)
        except Refused as refused:
            # A rule of the ledger that matching does not know: a person looks at it.
            with session.begin_nested():
                touched = _left(batch, kept, str(refused).splitlines()[0])
        settled.touched.update(touched)
        decision, state = lines.newest_decision(session, kept.id)
        if decision != (kept.decision.id if kept.decision else None):
            settled.states[state] += 1


def _concerned(kept: Kept, around: Receivables) -> Iterable[str]:
    """Return the customers for whom anything speaks, who are to be locked before it is weighed."""
    if kept.row.minor <= 0:
        return around.accounts.get(kept.row.payer or "", ())
    return evidence(kept.line(), around, kept.row.payer)


def _conclude(
    batch: _Batch, kept: Kept, original: Original | None, concerned: set[str], *, certain: bool
) -> list[str]:
    """Conclude what can be from one line, or only what is certain; return the customers that are touched."""
    if kept.row.returned and (original is not None or not certain):
        return _returned(batch, kept, original)
    if kept.row.minor <= 0 or kept.row.returned:
        return [] if certain else _went_out(batch, kept)
    found = match(kept.line(), batch.known(concerned), kept.row.payer)
    if certain and found.verdict != "certain":
        return []
    if (twice := _twice(batch, kept, found)) is not None and certain:
        return []
    if twice is not None:
        return deciding.ask(
            batch.session, kept, found.candidates, reason=twice, by=ENGINE, now=batch.now, whole=True
        )
    if found.verdict == "nobody":
        return _left(batch, kept, because("cash.nobody").words)
    first = found.candidates[0]
    if found.verdict == "unclear":
        touched = deciding.ask(
            batch.session, kept, found.candidates, reason=first.reason, by=ENGINE, now=batch.now
        )
        for customer in touched:
            batch.changed(customer)
        return touched
    deciding.apply(
        batch.session,
        kept,
        batch.rows[first.customer],
        deciding.parts_of(first, kept.amount),
        why=first.reason.words,
        by=ENGINE,
        now=batch.now,
        score=first.score,
    )
    batch.changed(first.customer)
    return [first.customer]


def _left(batch: _Batch, kept: Kept, why: str) -> list[str]:
    """Leave a line to people and to later invoices, which may name what it is for."""
    if kept.decision is None or kept.decision.why != why:
        deciding.decide(batch.session, kept, "unapplied", why=why, by=ENGINE, now=batch.now)
    return []


def _returned(batch: _Batch, kept: Kept, original: Original | None) -> list[str]:
    if original is None:
        reason = because("cash.no_original", code=kept.row.reason or "no code")
        return deciding.ask(batch.session, kept, (), reason=reason, by=ENGINE, now=batch.now)
    reason = because("cash.returned", payment=original.words, code=kept.row.reason or "no code")
    row = batch.rows[original.customer]
    take_back(batch.session, kept, row, original, why=reason.words, by=ENGINE, now=batch.now)
    batch.changed(row.id)
    return [row.id]


def _went_out(batch: _Batch, kept: Kept) -> list[str]:
    """Ask about money that went to an account of a customer: it may be a refund. All else is not ours."""
    who = [each for each in batch.around.accounts.get(kept.row.payer or "", ()) if each in batch.rows]
    if not who:
        why = "money went out"
        deciding.decide(batch.session, kept, "outgoing", why=why, by=ENGINE, now=batch.now)
        return []
    reason = because("cash.went_out", amount=-kept.amount, customer=", ".join(sorted(who)))
    candidates = [Candidate(customer=each, score=50, reason=reason) for each in sorted(who)]
    return deciding.ask(batch.session, kept, candidates, reason=reason, by=ENGINE, now=batch.now, waits=False)


# --- the same money through two doors


def _twice(batch: _Batch, kept: Kept, found: Match) -> Reason | None:
    """Say that a line may be money that came in already, by another door or in another bank file."""
    if (other := _repeated(batch.session, kept)) is not None:
        return because("cash.repeated", line=other.id)
    overlapping = lines.beside(batch.session, kept)
    for candidate in found.candidates:
        receipts = [*_receipts(batch, candidate.customer), *_from(overlapping, candidate.customer)]
        same = same_money(kept.amount, candidate, kept.row.booked_on, receipts)
        if same is not None:
            return because(
                "cash.twice", amount=same.amount, source=same.source, payment=same.payment, on=same.on
            )
    return None


def _repeated(session: Session, kept: Kept) -> Kept | None:
    """Return an earlier line of another statement that says the same, where the bank gave neither an id."""
    if kept.row.bank_ref is not None:
        return None
    for other in lines.of_content(session, kept.row.content):
        numbered = other.statement.number is not None or kept.statement.number is not None
        if other.id < kept.id and other.row.statement_id != kept.row.statement_id and numbered:
            return other
    return None


def _receipts(batch: _Batch, customer: str) -> list[Receipt]:
    """Return what other doors have brought of a customer, and what was not taken back."""
    history = batch.history(customer)
    gone = {
        fact.body.payment
        for fact in history
        if isinstance(fact.body, ChargedBack | Refunded | PaymentCancelled)
    }
    return [
        Receipt(
            source=fact.source,
            payment=fact.body.payment,
            amount=Money.of(fact.body.amount, fact.body.currency),
            invoice=fact.body.invoice,
            on=fact.happened_on,
        )
        for fact in history
        if isinstance(fact.body, PaymentReceived)
        and fact.source != deciding.SOURCE
        and fact.body.payment not in gone
    ]


def _from(others: Iterable[Kept], customer: str) -> list[Receipt]:
    """Return lines of overlapping bank files that this customer has paid by."""
    return [
        Receipt(
            source="another bank file",
            payment=f"bank line {other.id}",
            amount=other.amount,
            invoice=None,
            on=other.row.booked_on,
        )
        for other in others
        if other.decision is not None and other.decision.customer_id == customer
    ]


# --- what is open


def _whole_ledger(session: Session) -> Receivables:
    """Return all that money may be for; as it is now, it is read again under the locks."""
    items: dict[str, list[Open]] = {each: [] for each in session.exec(select(CustomerRow.id))}
    rows = select(DebtRow.customer_id, DebtRow.invoice, DebtRow.open_minor, DebtRow.currency)
    for customer, invoice, minor, currency in session.exec(rows):
        items[customer].append(Open(customer=customer, invoice=invoice, open=Money(minor, currency)))
    names: dict[str, list[str]] = {}
    for customer, name in session.exec(select(ContactRow.customer_id, ContactRow.name)):
        if key := name_key(name):
            names.setdefault(key, []).append(customer)
    return Receivables(items=items, accounts=deciding.payers(session), names=names)


def _owed(session: Session, who: Sequence[str]) -> dict[str, list[Open]]:
    """Return the invoices of locked customers, and what is open on each."""
    session.flush()
    items: dict[str, list[Open]] = {customer: [] for customer in who}
    for start in range(0, len(who), _CHUNK):
        some = col(DebtRow.customer_id).in_(who[start : start + _CHUNK])
        rows = select(DebtRow.customer_id, DebtRow.invoice, DebtRow.open_minor, DebtRow.currency).where(some)
        for customer, invoice, minor, currency in session.exec(rows):
            items[customer].append(Open(customer=customer, invoice=invoice, open=Money(minor, currency)))
    return items
