"""Reports of contacts: what was sent and what came in afterwards, and what was held back."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import SQLModel, col, select

from domain import delivery
from domain.claim import Claim
from domain.claim_key import invoice_of
from domain.facts import Bounced, Delivered
from domain.money import Money
from domain.reports import contacted, held
from domain.reports.contacted import Contact, came_in_after
from domain.reports.held import HeldBack
from domain.reports.sheet import Report
from store.facts import read_text
from store.invariants import MADE
from store.reporting.reading import Reading
from store.tables import FactRow, JournalRow

_CLAIMS = SQLModel.metadata.tables["claims"]
_Row = sa.Row[Any]
_Paid = Mapping[tuple[str, str], Sequence[tuple[date, int]]]
_Outcomes = Mapping[str, Sequence[tuple[datetime, Delivered | Bounced]]]
"""What was reported of each message, in the order learned."""


def contacts(reading: Reading, *, within_days: int) -> Report:
    """Return what was sent by step and channel, and what came in within so many days."""
    found = _contacts(reading, within_days)
    sheet = contacted.contacts_sheet(found, within_days=within_days)
    return reading.report("contacts", sheet, contacted.contacts_listed(found), within_days=within_days)


def _contacts(reading: Reading, within_days: int) -> list[Contact]:
    sent, outcomes = _sent(reading), _outcomes(reading)
    paid = _paid(
        reading, {(row.customer_id, invoice_of(row.debt)) for _, rows in sent.values() for row in rows}
    )
    return [
        _contact(rows, on, paid, outcomes, within_days, reading.asked.as_of) for on, rows in sent.values()
    ]


def _sent(reading: Reading) -> Mapping[tuple[str, str], tuple[date, list[_Row]]]:
    """Return the debts of each message, in each currency, with the customer's day on which it was sent."""
    asked = reading.asked
    made = sa.select(_CLAIMS).where(_CLAIMS.c.kind == "notice", _CLAIMS.c.state.in_(MADE))
    if asked.known_at is not None:
        made = made.where(_CLAIMS.c.claimed_at <= asked.known_at)
    zones: dict[str, ZoneInfo] = {}
    found: dict[tuple[str, str], tuple[date, list[_Row]]] = {}
    for row in reading.session.connection().execute(made.order_by(_CLAIMS.c.id)):
        zone = zones.setdefault(row.customer_id, ZoneInfo(reading.customers[row.customer_id].timezone))
        on = row.claimed_at.astimezone(zone).date()
        if reading.first_on <= on <= asked.as_of:
            found.setdefault((row.message, row.currency), (on, []))[1].append(row)
    return found


def _contact(
    rows: Sequence[_Row],
    on: date,
    paid: _Paid,
    outcomes: _Outcomes,
    within_days: int,
    as_of: date,
) -> Contact:
    first = rows[0]
    outcome = _outcome(first, outcomes)
    asked: dict[str, int] = defaultdict(int)
    for row in rows:
        asked[invoice_of(row.debt)] += row.amount_minor
    came_in = sum(
        came_in_after(
            paid.get((first.customer_id, invoice), ()),
            on,
            within_days=within_days,
            as_of=as_of,
            asked=minor,
        )
        for invoice, minor in asked.items()
    )
    return Contact(
        customer=first.customer_id,
        step=first.step,
        channel=first.channel,
        sent_on=on,
        invoices=tuple(asked),
        asked=Money(sum(asked.values()), first.currency),
        came_in=Money(came_in, first.currency),
        delivered=outcome.delivered_at is not None and outcome.bounced_at is None,
        came_back=outcome.bounced_at is not None,
        over=on + timedelta(days=within_days) <= as_of,
    )


def _paid(reading: Reading, asked: Collection[tuple[str, str]]) -> _Paid:
    """Return what was paid of the invoices that were asked for."""
    return {
        (item.customer, item.invoice): paid
        for item in reading.each_item()
        if item.invoice is not None
        and (item.customer, item.invoice) in asked
        and (paid := [(each.on, -each.minor) for each in item.posted if each.flow == "received"])
    }


def _outcomes(reading: Reading) -> _Outcomes:
    asked = reading.asked
    rows = select(FactRow.learned_at, FactRow.body).where(
        col(FactRow.kind).in_(("delivered", "bounced")), col(FactRow.happened_on) <= asked.as_of
    )
    if asked.known_at is not None:
        rows = rows.where(col(FactRow.learned_at) <= asked.known_at)
    told: dict[str, list[tuple[datetime, Delivered | Bounced]]] = defaultdict(list)
    for learned_at, text in reading.session.exec(rows.order_by(col(FactRow.number))):
        body = read_text(text)
        if isinstance(body, Delivered | Bounced) and body.message is not None:
            told[body.message].append((learned_at, body))
    return told


def _outcome(row: _Row, outcomes: _Outcomes) -> Claim:
    """The claim of a message after all that was reported of it, by the rule that the plan goes by."""
    claim = Claim(
        message=row.message, step=row.step, channel=row.channel, debts=(), claimed_at=row.claimed_at
    )
    for learned_at, body in outcomes.get(row.message, ()):
        claim = delivery.after(claim, body, learned_at)
    return claim


def holds(reading: Reading) -> Report:
    """Return what was held back, by rule and month."""
    asked = reading.asked
    lines = select(JournalRow).where(JournalRow.what == "held").order_by(col(JournalRow.id))
    if asked.known_at is not None:
        lines = lines.where(col(JournalRow.at) <= asked.known_at)
    found = list(_held(reading, reading.session.exec(lines)))
    return reading.report("held", held.held_sheet(found), held.held_listed(found))


def _held(reading: Reading, lines: Iterable[JournalRow]) -> Iterable[HeldBack]:
    for line in lines:
        if line.customer_id is None:
            continue
        on = line.at.astimezone(ZoneInfo(reading.customers[line.customer_id].timezone)).date()
        if reading.first_on <= on <= reading.asked.as_of:
            yield HeldBack(
                customer=line.customer_id,
                on=on,
                step=line.step or "",
                rule=line.rule or "",
                why=line.why,
            )
