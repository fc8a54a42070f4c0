"""What is concluded from a line is written here, with the facts that follow, in the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlmodel import Session, col, delete, select

from domain.cash.doors import BANK, WAITS_DAYS
from domain.cash.matching import Candidate
from domain.facts import Body, MoneyDecided, MoneyInQuestion, PaymentInFlight, PaymentReceived
from domain.money import Money
from domain.own_steps import BANK_LINE
from domain.reasons import Reason
from store import customers, facts, journal, tasks
from store.bank import lines
from store.bank.lines import Kept
from store.database import upsert
from store.facts import NewFact
from store.tables import (
    BankDecisionRow,
    BankDetailRow,
    BankPayerRow,
    CustomerRow,
    TaskRow,
)

SOURCE = BANK


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How much of a line pays which invoice; without one it is for the customer."""

    invoice: str | None
    amount: Money


def parts_of(candidate: Candidate, amount: Money) -> list[Part]:
    """Return what a candidate makes of an amount: all of it, and never more."""
    parts = [Part(invoice=invoice, amount=part) for invoice, part in candidate.parts]
    left = amount.minor - sum(part.amount.minor for part in parts)
    return [*parts, Part(invoice=None, amount=Money(left, amount.currency))] if left else parts


def apply(
    session: Session,
    kept: Kept,
    row: CustomerRow,
    parts: Sequence[Part],
    *,
    why: str,
    by: str,
    now: datetime,
    score: int | None = None,
) -> None:
    """Let a line become payments of a locked customer, and learn from where that customer pays.

    Raises:
        Refused: the ledger does not take one of them; nothing was written.
    """
    times = lines.times_applied(session, kept.id)
    stem = f"{kept.name}.{times + 1}" if times else kept.name
    names = [f"{stem}-{number}" if number > 1 else stem for number in range(1, len(parts) + 1)]
    if not times and (announced := _announced(session, kept, row)) is not None:
        names[0] = announced
    new = [
        _fact(
            name,
            PaymentReceived(
                payment=name,
                amount=part.amount.amount,
                currency=part.amount.currency,
                invoice=part.invoice,
            ),
            kept,
        )
        for name, part in zip(names, parts, strict=True)
    ]
    facts.append(session, row, new, now=now)
    payments = [
        {"payment": name, "amount": part.amount.plain(), "invoice": part.invoice or ""}
        for name, part in zip(names, parts, strict=True)
    ]
    decide(
        session, kept, "applied", why=why, by=by, now=now, customer_id=row.id, score=score, payments=payments
    )
    if kept.row.payer is not None:
        learned = {"payer": kept.row.payer, "customer_id": row.id, "learned_at": now}
        table = BankPayerRow.__table__  # type: ignore[attr-defined]
        session.connection().execute(upsert(session, table).values(learned).on_conflict_do_nothing())


def _announced(session: Session, kept: Kept, row: CustomerRow) -> str | None:
    """Return the name under which the money of a line was on its way: else it would be so for ever.

    What was announced for a deposit is not taken for it: the line may have been matched to an invoice.
    """
    name = kept.detail.end_to_end if kept.detail else None
    told = [fact.body for fact in facts.read(session, row.id)] if name else []
    coming = any(
        isinstance(body, PaymentInFlight)
        and (body.payment, body.currency, body.deposit) == (name, kept.row.currency, None)
        for body in told
    )
    known = any(isinstance(body, PaymentReceived) and body.payment == name for body in told)
    return name if coming and not known else None


def write(session: Session, kept: Kept, row: CustomerRow, name: str, body: Body, *, now: datetime) -> None:
    """Append what follows from a line to the facts of a locked customer."""
    facts.append(session, row, [_fact(name, body, kept)], now=now)


def _fact(name: str, body: Body, kept: Kept) -> NewFact:
    return NewFact(source=SOURCE, id=name, happened_on=kept.row.booked_on, body=body)


def ask(
    session: Session,
    kept: Kept,
    candidates: Sequence[Candidate],
    *,
    reason: Reason,
    by: str,
    now: datetime,
    waits: bool = True,
    whole: bool = False,
) -> list[str]:
    """Ask a person whose a line is; return the customers of whom chasing waits for the answer.

    Args:
        waits: whether it does.
        whole: of all that they owe, and not only of what the line is about.
    """
    told = [
        {
            "customer": each.customer,
            "invoices": list(each.about),
            "score": each.score,
            "why": each.reason.words,
        }
        for each in candidates
    ]
    times = lines.questions_of(session, kept.id) + 1
    decide(session, kept, "asked", why=reason.words, by=by, now=now, candidates=told)
    for each in candidates if waits else ():
        row = customers.lock(session, each.customer)
        today = max(now, row.last_now).astimezone(ZoneInfo(row.timezone)).date()
        body = MoneyInQuestion(
            question=kept.name,
            amount=kept.amount.amount,
            currency=kept.amount.currency,
            invoices=() if whole else each.about,
            to=today + timedelta(days=WAITS_DAYS),
            reason=_short(f"bank line {kept.id}: {reason.words}"),
        )
        question = f"{kept.name}/question/{row.id}/{times}"
        new = NewFact(source=SOURCE, id=question, happened_at=now, body=body)
        facts.append(session, row, [new], now=now)
    _open_task(session, kept, candidates, reason, now, times)
    return [each.customer for each in candidates] if waits else []


def _open_task(
    session: Session, kept: Kept, candidates: Sequence[Candidate], reason: Reason, now: datetime, times: int
) -> None:
    who = sorted({each.customer for each in candidates})
    others = [f"{each.customer}: {each.reason.words}" for each in candidates if each.reason != reason]
    tasks.add(
        session,
        TaskRow(
            customer_id=who[0] if len(who) == 1 else None,
            step=BANK_LINE,
            kind="review",
            opened_at=now,
            why=f"bank line {kept.id} of {kept.amount}: {'; '.join([reason.words, *others])}",
            message=f"{BANK_LINE}/{kept.id}/{times}",
        ),
    )
    session.flush()


def lock(session: Session, kept: Kept, customer_id: str) -> CustomerRow:
    """Lock a customer together with those who were asked about a line, in the order in which settling locks.

    Raises:
        UnknownCustomer: there is none of this id.
    """
    who = sorted({customer_id, *_asked(session, kept)})
    return {each: customers.lock(session, each) for each in who}[customer_id]


def answer(session: Session, kept: Kept, *, outcome: str, by: str, now: datetime) -> list[str]:
    """Close the question about a line; return the customers whose chasing goes on."""
    if kept.state != "asked":
        return []
    times, who = lines.questions_of(session, kept.id), _asked(session, kept)
    for candidate in who:
        row = customers.lock(session, candidate)
        body = MoneyDecided(question=kept.name, outcome=_short(outcome), by=by)
        name = f"{kept.name}/answer/{row.id}/{times}"
        new = NewFact(source=SOURCE, id=name, happened_at=max(now, row.last_now), body=body)
        facts.append(session, row, [new], now=now)
    closing = update(TaskRow).where(
        col(TaskRow.message) == f"{BANK_LINE}/{kept.id}/{times}", col(TaskRow.closed_at).is_(None)
    )
    session.exec(closing.values(closed_at=now, outcome=_short(outcome), closed_by=by))
    return who


def _asked(session: Session, kept: Kept) -> list[str]:
    """Return the customers of whom chasing waits for an answer about a line, sorted."""
    if kept.state != "asked" or kept.decision is None:
        return []
    question, times = f"{kept.name}/question", lines.questions_of(session, kept.id)
    candidates = sorted({str(each["customer"]) for each in kept.decision.candidates})
    return [each for each in candidates if facts.recorded(session, SOURCE, f"{question}/{each}/{times}")]


def decide(
    session: Session,
    kept: Kept,
    state: str,
    *,
    why: str,
    by: str,
    now: datetime,
    customer_id: str | None = None,
    score: int | None = None,
    payments: Sequence[Mapping[str, str]] = (),
    candidates: Sequence[Mapping[str, object]] = (),
) -> None:
    """Write down what is concluded from a line."""
    session.add(
        BankDecisionRow(
            line_id=kept.id,
            at=now,
            by=by,
            state=state,
            customer_id=customer_id,
            score=score,
            why=why,
            payments=[dict(each) for each in payments],
            candidates=[dict(each) for each in candidates],
        )
    )
    session.flush()
    if customer_id is not None:
        words = f"bank line {kept.id} of {kept.amount}, {state}: {why}"
        journal.write(session, at=now, what="note", why=words, customer_id=customer_id, actor=by)
        # What its payer wrote is destroyed with that customer; of a match that was taken back it is nobody's.
        theirs = None if state == "unmatched" else customer_id
        session.exec(
            update(BankDetailRow).where(col(BankDetailRow.line_id) == kept.id).values(customer_id=theirs)
        )


def forget_details(session: Session, kept: Kept) -> None:
    """Destroy what a payer wrote: the line is no customer's."""
    session.exec(delete(BankDetailRow).where(col(BankDetailRow.line_id) == kept.id))


def unlearn(session: Session, kept: Kept, customer_id: str) -> None:
    """Forget that a customer pays from the account of a line."""
    if kept.row.payer is not None:
        session.exec(
            delete(BankPayerRow).where(
                col(BankPayerRow.payer) == kept.row.payer, col(BankPayerRow.customer_id) == customer_id
            )
        )


def payers(session: Session) -> dict[str, list[str]]:
    """Return the customers that have paid from each account."""
    found: dict[str, list[str]] = {}
    for payer, customer in session.exec(select(BankPayerRow.payer, BankPayerRow.customer_id)):
        found.setdefault(payer, []).append(customer)
    return found


def _short(words: str) -> str:
    return words[:500]
