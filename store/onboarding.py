"""Onboarding: applications in, how far a verification is, and its outcome."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlmodel import Session

from domain.channels import ONBOARDING
from domain.customer import Customer
from domain.facts import Checked, Onboarded, OnboardingStarted
from domain.identifiers import CheckResult, tidied, unusable
from domain.onboarding import IDENTIFIERS, Application, Move, Progress, Verdict, next_move
from store import customers, doors, facts, journal
from store.database import Ledger
from store.doors import Recorded
from store.errors import Conflict, Refused
from store.facts import NewFact
from store.tables import CustomerRow
from store.verifications import SOURCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a verification is.

    Attributes:
        onboarding: pending, or how it ended; None where nobody is verified.
        move: the next one, of a pending verification.
        now: the instant that the move is of; never before what the ledger has seen.
    """

    customer: Customer
    onboarding: str | None
    progress: Progress
    move: Move | None
    now: datetime


def apply(ledger: Ledger, application: Application, *, now: datetime) -> Recorded:
    """Add a new customer, to be verified; the same customer again changes nothing.

    Raises:
        Refused: the application cannot be used, with every reason, one a line; the customer is one
            already without verification, or is being verified by what another application says.
    """
    problems = unusable(application)
    if problems:
        raise Refused("\n".join(problems))
    customer = application.customer
    with ledger.write() as session:
        contact, where = customers.contact_of(tidied(application)), application.whereabouts
        added = customers.add(session, customer, contact, now=now, where=where)
        row = customers.lock(session, customer.id)
        name = f"{customer.id}/started"
        if not added:
            if not facts.recorded(session, SOURCE, name):
                raise Refused(f"{customer.id} is a customer already: new ones only are verified.")
            differing = _differing(session, row, application)
            if differing and not facts.recorded(session, SOURCE, f"{customer.id}/concluded"):
                raise Refused(
                    f"{customer.id} is being verified already, with another {' and '.join(differing)}:"
                    " nothing was changed; `starter.py contact` corrects names and addresses"
                )
            return Recorded(accepted=0, already=1, wake=False)
        started = NewFact(source=SOURCE, id=name, happened_at=now, body=OnboardingStarted())
        facts.append(session, row, [started], now=now)
        return Recorded(accepted=1, already=0, wake=True)


def standing(ledger: Ledger, customer_id: str, *, now: datetime) -> Standing:
    """Return how far a customer's verification is.

    Raises:
        UnknownCustomer, NoPolicy: a sentence that says what to do.
    """
    with ledger.read() as session:
        row = customers.get(session, customer_id)
        now = max(now, row.last_now)
        account = facts.load(session, row).account
        pending = account.onboarding == "pending"
        return Standing(
            customer=account.customer,
            onboarding=account.onboarding,
            progress=account.verification,
            move=next_move(account.verification, now) if pending else None,
            now=now,
        )


def application_of(ledger: Ledger, customer_id: str) -> Application:
    """Return what is known of a new customer now, for the checks; contact data may have been destroyed.

    Raises:
        UnknownCustomer: a sentence that says what to do.
    """
    with ledger.read() as session:
        return _application(session, customers.get(session, customer_id))


def _differing(session: Session, row: CustomerRow, application: Application) -> list[str]:
    """Return the names of what an application says otherwise than is known."""
    where = application.whereabouts
    said = asdict(replace(tidied(application), region=where.region, city=next(iter(where.places), None)))
    known = asdict(_application(session, row))
    return [name.replace("_", " ") for name in known if known[name] != said[name]]


def _application(session: Session, row: CustomerRow) -> Application:
    customer, contact = row.customer(), customers.contact(session, row.id)
    return Application(
        customer_id=customer.id,
        name=contact.name,
        email=contact.email,
        phone=contact.phone,
        address=contact.address,
        vat_id=contact.vat_id,
        country=customer.country,
        timezone=customer.timezone,
        segment=customer.segment,
        language=customer.language,
        currency=customer.currency,
        tags=customer.tags,
        size=customer.size,
        risk=customer.risk,
        region=row.region,
        city=next(iter(row.places), None),
    )


def checked(
    ledger: Ledger, customer_id: str, result: CheckResult, *, ruleset: str, now: datetime
) -> Recorded:
    """Note how the check of the identifiers went; the first time counts."""
    body = Checked(
        check="identifiers",
        outcome=result.outcome,
        reasons=result.reasons,
        provider="offline",
        ruleset=ruleset,
    )
    new = NewFact(source=SOURCE, id=f"{customer_id}/{IDENTIFIERS}", happened_at=now, body=body)
    try:
        return doors.record(ledger, customer_id, [new], now=now, news=False)
    except Conflict:
        return Recorded(accepted=0, already=1, wake=False)


def conclude(ledger: Ledger, customer_id: str, *, now: datetime, code_version: str) -> Verdict | None:
    """Write down how a verification ended, if it is at its end; None when it is not, or was already."""
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        now = max(now, row.last_now)
        account = facts.load(session, row).account
        move = next_move(account.verification, now)
        if account.onboarding != "pending" or move.verdict is None:
            return None
        body = Onboarded(outcome=move.verdict, by="arrears")
        new = NewFact(source=SOURCE, id=f"{customer_id}/concluded", happened_at=now, body=body)
        facts.append(session, row, [new], now=now, news=False)
        journal.write(
            session,
            at=now,
            what="outcome",
            reason=move.reason,
            customer_id=row.id,
            step=ONBOARDING,
            code_version=code_version,
        )
        return move.verdict
