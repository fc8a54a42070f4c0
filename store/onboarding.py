"""Onboarding: applications in, how far a verification is, and its outcome."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlmodel import Session, col

from domain.account import Account
from domain.channels import ONBOARDING
from domain.customer import Customer
from domain.facts import Body, Checked, CreditGranted, Onboarded, OnboardingStarted, PolicyAccepted
from domain.identifiers import tidied, unusable
from domain.onboarding import Application, Move, Outcome, Progress, Verdict, next_move
from domain.onboarding.alike import VELOCITY_RULESET, Counts, traits
from domain.onboarding.application import NOTHING_MORE, Particulars
from domain.onboarding.card import Card
from domain.onboarding.checks import VELOCITY
from domain.onboarding.decision import checks_wanted
from domain.onboarding.progress import LEDGER
from domain.onboarding.rules import OnboardingRules
from domain.own_steps import CALL_APPLICANT, REVIEW, WAITS_TOO_LONG
from store import alike, customers, doors, facts, journal, onboarding_rules, policies, sweep, switches, tasks
from store.claims import ASK_AGAIN_AFTER, PutOff
from store.database import Ledger
from store.doors import Recorded
from store.errors import Conflict, NoPolicy, Refused
from store.facts import NewFact
from store.tables import ApplicationRow, CustomerRow, IdentityRow, OnboardingRulesRow
from store.verifications import SOURCE

OURS = ("offline", LEDGER)
"""Providers of checks that are ours: they contradict nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a verification is.

    Attributes:
        onboarding: pending, or how it ended; None where nobody is verified.
        move: the next one, of a pending verification.
        rules: the decision table that it is under, or was.
        now: the instant that the move is of; never before what the ledger has seen.
    """

    customer: Customer
    onboarding: str | None
    progress: Progress
    rules: OnboardingRules
    move: Move | None
    now: datetime


def apply(
    ledger: Ledger,
    application: Application,
    *,
    now: datetime,
    more: Particulars = NOTHING_MORE,
    shared: frozenset[str] = frozenset(),
) -> Recorded:
    """Add a new customer, to be verified; the same customer again changes nothing.

    Args:
        more: what came with the application for its checks.
        shared: mail domains of which many people have an address.

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
        _keep(session, ledger, tidied(application), more, shared, now)
        facts.append(session, row, _begun(session, application, more, name, now), now=now)
        return Recorded(accepted=1, already=0, wake=True)


def _keep(
    session: Session,
    ledger: Ledger,
    application: Application,
    more: Particulars,
    shared: frozenset[str],
    now: datetime,
) -> None:
    """Keep what checks look at, in rows that can be destroyed, and what it has in common with others."""
    card = None if more.card is None else {k: v for k, v in asdict(more.card).items() if k != "fingerprint"}
    row = ApplicationRow(
        customer_id=application.customer_id,
        card=card,
        card_reference=more.card_reference,
        identity=more.identity,
        company_number=more.company_number,
        form_seconds=more.form_seconds,
    )
    session.add(row)
    found = traits(application, more, shared)
    alike.note(session, application.customer_id, found, key=ledger.code_key, now=now)


def _begun(
    session: Session, application: Application, more: Particulars, name: str, now: datetime
) -> list[NewFact]:
    """Return the facts that begin a verification.

    Raises:
        Refused: the policy that was accepted is not adopted; nothing was written.
    """
    expects = more.expects
    bodies: dict[str, Body] = {
        name: OnboardingStarted(
            given=more.given() or None,
            expects=None if expects is None else expects.amount,
            currency=None if expects is None else expects.currency,
        )
    }
    if more.accepts is not None:
        try:
            version = policies.find(session, more.accepts).version
        except NoPolicy as error:
            raise Refused(f"{error}") from None
        bodies[f"{application.customer_id}/accepted"] = PolicyAccepted(version=version, by="customer")
    return [NewFact(source=SOURCE, id=key, happened_at=now, body=body) for key, body in bodies.items()]


def standing(ledger: Ledger, customer_id: str, *, now: datetime) -> Standing:
    """Return how far a customer's verification is.

    Raises:
        UnknownCustomer, NoPolicy: a sentence that says what to do.
    """
    with ledger.read() as session:
        row = customers.get(session, customer_id)
        now = max(now, row.last_now)
        return _standing(session, facts.load(session, row), now)


def _standing(session: Session, loaded: facts.Loaded, now: datetime) -> Standing:
    account = loaded.account
    ended = next((fact.body for fact in loaded.history if isinstance(fact.body, Onboarded)), None)
    rules = account.onboarding_rules
    if ended is not None and ended.ruleset is not None:
        rules = onboarding_rules.of_version(session, ended.ruleset) or rules
    return Standing(
        customer=account.customer,
        onboarding=account.onboarding,
        progress=account.verification,
        rules=rules,
        move=_move(account, now) if account.onboarding == "pending" else None,
        now=now,
    )


def _move(account: Account, now: datetime) -> Move:
    return next_move(account.verification, now, account.onboarding_rules, account.customer)


def application_of(ledger: Ledger, customer_id: str) -> Application:
    """Return what is known of a new customer now, for the checks; contact data may have been destroyed.

    Raises:
        UnknownCustomer: a sentence that says what to do.
    """
    with ledger.read() as session:
        return _application(session, customers.get(session, customer_id))


def particulars_of(ledger: Ledger, customer_id: str) -> Particulars:
    """Return what came with an application for its checks, as far as it was not destroyed."""
    with ledger.read() as session:
        row = session.get(ApplicationRow, customer_id)
        if row is None:
            return NOTHING_MORE
        return Particulars(
            card=None if row.card is None else Card(**row.card),
            card_reference=row.card_reference,
            identity=row.identity,
            company_number=row.company_number,
            form_seconds=row.form_seconds,
        )


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


def count_alike(ledger: Ledger, customer_id: str, *, now: datetime) -> tuple[Counts, bool]:
    """Count who applies alike, opening the breaker where it is a burst; and say whether one is open."""
    with ledger.write() as session:
        rules = onboarding_rules.in_force(session)
        found = alike.counts(session, customer_id, rules, now=now)
        alike.open_bursts(session, customer_id, rules, found, now=now)
        return found, alike.in_burst(session, customer_id)


def linked(ledger: Ledger, customer_id: str) -> list[str]:
    """Return what a new customer has in common with blocked ones."""
    with ledger.read() as session:
        return alike.linked(session, customer_id)


def linked_by(ledger: Ledger, customer_id: str, kind: str, value: str, *, now: datetime) -> bool:
    """Note a card or a person that a provider named; return whether a blocked customer has the same."""
    with ledger.write() as session:
        return alike.linked_by(session, customer_id, kind, value, key=ledger.code_key, now=now)


def put_off(ledger: Ledger, customer_id: str, *, now: datetime) -> PutOff | None:
    """Return until when a provider is not asked, because a switch keeps all back that leaves the house."""
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        shut = switches.closed(session, now)
        row.halted = shut is not None
        return None if shut is None else PutOff(until=now + ASK_AGAIN_AFTER, reason=shut)


def checked(ledger: Ledger, customer_id: str, results: Iterable[Checked], *, now: datetime) -> Recorded:
    """Note how checks went. The same answer again is no news; another one of a provider contradicts it."""
    recorded = [Recorded(accepted=0, already=0, wake=False)]
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        for body in results:
            errors = _errors(session, row, body.check)
            stem = f"{customer_id}/{body.check}"
            name = stem if errors == 0 else f"{stem}/{errors + 1}"
            recorded.append(_note(session, row, name, body, now))
    return Recorded(
        accepted=sum(each.accepted for each in recorded),
        already=sum(each.already for each in recorded),
        wake=any(each.wake for each in recorded),
    )


def _errors(session: Session, row: CustomerRow, check: str) -> int:
    """Count how often a check could not be done: each attempt at it has a name of its own."""
    bodies = [fact.body for fact in facts.read(session, row.id)]
    return sum(
        isinstance(body, Checked) and body.check == check and body.outcome == "error" for body in bodies
    )


def _note(session: Session, row: CustomerRow, name: str, body: Checked, now: datetime) -> Recorded:
    new = NewFact(source=SOURCE, id=name, happened_at=now, body=body)
    try:
        return doors.record_locked(session, row, [new], now=now, news=False)
    except Conflict:
        if body.provider in OURS or body.outcome == "error":
            return Recorded(accepted=0, already=1, wake=False)
        digest = hashlib.sha256(facts.write_text(body).encode()).hexdigest()[:16]
        return doors.record_locked(
            session, row, [replace(new, id=f"{name}/again/{digest}")], now=now, news=False
        )


def conclude(ledger: Ledger, customer_id: str, *, now: datetime, code_version: str) -> Verdict | None:
    """Write down how a verification ended, if it is at its end; None when it is not, or was already.

    Nobody is let in by the table alone while a burst is open that the application is part of.
    """
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        now = max(now, row.last_now)
        account = facts.load(session, row).account
        move = _move(account, now)
        outcome = move.outcome
        if account.onboarding != "pending" or outcome is None:
            return None
        if (
            outcome.by is None
            and outcome.verdict != "rejected"
            and _held_by_burst(session, row, account, now)
        ):
            return None
        new = _ended(customer_id, outcome, account, move, now)
        facts.append(session, row, new, now=now, news=False)
        for step in (REVIEW, CALL_APPLICANT, WAITS_TOO_LONG):
            tasks.close(
                session, customer_id=row.id, step=step, now=now, outcome=outcome.verdict, by="arrears"
            )
        journal.write(
            session,
            at=now,
            what="outcome",
            reason=move.reason,
            customer_id=row.id,
            step=ONBOARDING,
            code_version=code_version,
        )
        return outcome.verdict


def _held_by_burst(session: Session, row: CustomerRow, account: Account, now: datetime) -> bool:
    """Note that a burst was opened after this application was counted; whether that is so."""
    progress, rules = account.verification, account.onboarding_rules
    if VELOCITY not in checks_wanted(rules, progress, account.customer):
        return False
    if "velocity_burst" in progress.found or not alike.in_burst(session, row.id):
        return False
    body = Checked(
        check=VELOCITY,
        outcome="review",
        reasons=("velocity_burst",),
        provider=LEDGER,
        ruleset=VELOCITY_RULESET,
    )
    new = NewFact(source=SOURCE, id=f"{row.id}/{VELOCITY}/burst", happened_at=now, body=body)
    facts.append(session, row, [new], now=now, news=False)
    return True


def _ended(
    customer_id: str, outcome: Outcome, account: Account, move: Move, now: datetime
) -> Sequence[NewFact]:
    """Return the facts that end a verification, with the credit that it gives."""
    deposit = outcome.deposit
    bodies: dict[str, Body] = {
        "concluded": Onboarded(
            outcome=outcome.verdict,
            by=outcome.by or "arrears",
            row=outcome.row,
            ruleset=account.onboarding_rules.version,
            reasons=outcome.adverse or None,
            deposit=deposit.amount if deposit else None,
            currency=deposit.currency if deposit else None,
        )
    }
    if outcome.limit is not None:
        bodies["credit"] = CreditGranted(
            limit=outcome.limit.amount,
            currency=outcome.limit.currency,
            terms_days=outcome.terms_days,
            reason=move.reason.words,
            by=outcome.by or "arrears",
        )
    return [
        NewFact(source=SOURCE, id=f"{customer_id}/{name}", happened_at=now, body=body)
        for name, body in bodies.items()
    ]


def adopt(ledger: Ledger, rules: OnboardingRules, *, now: datetime, by: str) -> bool:
    """Let a decision table decide from now on; False when it does already.

    Verifications that are not over are looked at again, by the new one.
    """
    with ledger.write() as session:
        session.get_one(IdentityRow, 1, with_for_update=True)  # one at a time, as with policies
        if onboarding_rules.in_force(session).version == rules.version:
            return False
        sweep.mark(session, col(CustomerRow.stage) == ONBOARDING)
        session.add(
            OnboardingRulesRow(
                version=rules.version,
                name=rules.rules,
                content=rules.canonical(),
                adopted_at=now,
                adopted_by=by,
            )
        )
        why = f"decision table {rules.rules} {rules.version} of onboarding was adopted"
        journal.write(session, at=now, what="note", why=why, actor=by)
        return True
