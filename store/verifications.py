"""Verifications: the codes that were sent to new customers, and the answers to them.

A row is the claim of one code: it is written before anything goes out, so that a repeated attempt
finds it. The code itself is nowhere: it is made from the ledger's secret when it is sent, and what
is kept of it, or of an answer, nobody can read without that secret. The customer's row is locked.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from sqlmodel import Session, col, select

from domain import errors
from domain import facts as bodies
from domain.account import Account
from domain.channels import ONBOARDING
from domain.commands import CodeEntry
from domain.customer import Customer
from domain.errors import InDoubt, Misconfigured, TryAgainLater
from domain.facts import CodeAnswered, CodeSent
from domain.onboarding import (
    CODE_VALID,
    MOST_TRIES,
    PHONE,
    PHONE_FINDINGS,
    answer_words,
    code_hash,
    code_of,
    next_move,
)
from store import clock, customers, facts, journal, switches
from store.claims import ASK_AGAIN_AFTER, PutOff, Unwanted
from store.customers import ContactData
from store.database import Ledger
from store.errors import Refused
from store.facts import NewFact
from store.tables import CustomerRow, VerificationRow

SOURCE = "onboarding"
CHANNEL = "sms"
RULESET = "phone-1"
"""Named in every fact of the phone check; raise it when its rules change."""


ASKED = timedelta(seconds=10)
"""Real time for which whoever asked a vendor about a code may still wait for the answer."""


class CodeCheck(Protocol):
    """Asks a vendor about a code of its own, by the vendor's name of the verification.

    Raises:
        TryAgainLater, Misconfigured: it does not say now.
    """

    def check(self, provider_ref: str, code: str) -> bool:
        """Say whether a code is right. The right one is used up by being asked about.

        Raises:
            InDoubt: it may have been used up.
            Refused: there is none any more, or it was asked about too often.
        """
        ...

    def was_right(self, provider_ref: str) -> bool:
        """Say whether the right code was asked about before."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeBegun:
    """A code that is ours to send.

    Attributes:
        reference: what the message carries; of one attempt always the same.
        settle: it was begun before and nobody knows whether it went out: ask first.
        since: when it was begun first, of the attempts that nobody knows about, in business time.
    """

    reference: str
    code: str
    attempt: int
    settle: bool
    since: datetime
    customer: Customer
    contact: ContactData

    def __repr__(self) -> str:
        """Leave out the code and whom it is for: this ends in logs."""
        return f"CodeBegun(reference={self.reference!r}, attempt={self.attempt}, settle={self.settle})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """How the entry of a code went; `already` when the same entry was made before."""

    words: str
    ok: bool
    already: bool


def begin(
    ledger: Ledger, customer_id: str, *, now: datetime, at_work: timedelta, code_version: str
) -> CodeBegun | Unwanted | PutOff:
    """Claim the next code, if the verification wants one now and no switch keeps it back.

    `at_work` is the business time after a claim during which somebody else may still be sending.
    """
    key = ledger.code_key
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        now = max(now, row.last_now)
        account = facts.load(session, row).account
        if account.onboarding != "pending":
            return Unwanted(why="nobody is being verified")
        move = next_move(account.verification, now, account.onboarding_rules, account.customer)
        if move.kind != "send":
            return Unwanted(why=move.reason.words)
        reference = _reference(customer_id, move.attempt)
        sending = _of(session, customer_id, move.attempt)
        settle = sending is not None and sending.state == "claimed"
        rests_until = None if sending is None else _rests_until(sending, at_work)
        if rests_until is not None and now < rests_until:
            return PutOff(until=rests_until, reason=move.reason)
        if not settle and (shut := switches.closed(session, now)) is not None:
            row.halted = True
            return PutOff(until=now + ASK_AGAIN_AFTER, reason=shut)
        since = now if sending is None or not settle else _unknown_since(sending)
        code = code_of(key, reference)
        if sending is None:
            sending = VerificationRow(
                customer_id=customer_id,
                kind=PHONE,
                state="claimed",
                code_hash=code_hash(key, reference, code),
                evidence={"reference": reference, "attempt": move.attempt},
            )
            session.add(sending)
        sending.state = "claimed"
        begun = {"begun_at": now.isoformat(), "unknown_since": since.isoformat()}
        sending.evidence = {**sending.evidence, **begun}
        row.revision += 1
        row.last_now = now
        row.halted = False
        _journal(session, row, "decided", move.reason.words, reference, now, code_version)
        return CodeBegun(
            reference=reference,
            code=code,
            attempt=move.attempt,
            settle=settle,
            since=since,
            customer=account.customer,
            contact=customers.contact(session, customer_id),
        )


def confirm(
    ledger: Ledger,
    customer_id: str,
    attempt: int,
    *,
    provider: str,
    provider_ref: str,
    bounced: bool,
    now: datetime,
    code_version: str,
    theirs: bool = False,
) -> bool:
    """Note that a code went out, and whether it came back at once; True when the plan has to look.

    `theirs` says that the code is the vendor's, who alone can check it.
    """
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        now = max(now, row.last_now)
        sending = _claimed(session, customer_id, attempt)
        if sending is None:
            return False
        sending.state = "sent"
        sending.expires_at = now + CODE_VALID
        sending.evidence = {**sending.evidence, "provider_ref": provider_ref, "theirs": theirs}
        reference = sending.evidence["reference"]
        new = [_fact(f"{reference}/sent", CodeSent(channel=CHANNEL, attempt=attempt), now)]
        if bounced:
            checked = _checked("fail", "code_bounced", provider, evidence=provider_ref)
            new.append(_fact(f"{reference}/bounced", checked, now))
        words = f"code {attempt} went out" + (" and came back" if bounced else "")
        _journal(session, row, "outcome", words, reference, now, code_version)
        return bool(facts.append(session, row, new, now=now, news=False))


def give_up(
    ledger: Ledger,
    customer_id: str,
    attempt: int,
    *,
    outcome: Literal["review", "fail", "error"],
    reason: str,
    provider: str,
    now: datetime,
    code_version: str,
    not_before: datetime | None = None,
    why: str = "",
) -> bool:
    """Note that a code certainly did not go out; True when the plan has to look.

    An `error` may be tried again later, as the same attempt, and not before the vendor is ready for it; a
    `fail` says the number is no good, and a `review` that a person has to decide; `why` is the vendor's.
    """
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        now = max(now, row.last_now)
        sending = _claimed(session, customer_id, attempt)
        if sending is None:
            return False
        sending.state = "released" if outcome == "error" else "refused"
        if not_before is not None:
            sending.evidence = {**sending.evidence, "not_before": not_before.isoformat()}
        checked = _checked(outcome, reason, provider)
        reference = sending.evidence["reference"]
        words = f"code {attempt} did not go out: {PHONE_FINDINGS[reason]}" + (f": {why}" if why else "")
        _journal(session, row, "outcome", words, reference, now, code_version)
        name = f"{reference}/{outcome}/{now.isoformat()}"
        return bool(facts.append(session, row, [_fact(name, checked, now)], now=now, news=False))


def ask(
    ledger: Ledger, customer_id: str, entry: CodeEntry, check: CodeCheck | None, *, now: datetime
) -> bool | None:
    """Ask the vendor whether an entered code is right; None where that is ours to know, or is known.

    Outside of any transaction: the vendor may take its time. That it is asked is written down before, so that
    the same entry again, by a person or by a retry, asks what became of the first and uses nothing up.

    Raises:
        Refused: it cannot be told; nothing but that it was asked is written.
    """
    asking = _begin_asking(ledger, customer_id, entry, now, nobody=check is None)
    if asking is None or check is None:
        return None
    try:
        return _said(asking, entry, check)
    except InDoubt:
        raise Refused("It is not known yet whether the code is right: enter it again.") from None
    except (TryAgainLater, Misconfigured, errors.Refused) as why:
        raise Refused(f"The code cannot be checked: {why}.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """A question to the vendor: whether it was asked before, and may be about to be answered."""

    provider_ref: str
    before: bool
    at_work: bool


def _begin_asking(
    ledger: Ledger, customer_id: str, entry: CodeEntry, now: datetime, *, nobody: bool
) -> _Asking | None:
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        sending = _newest(session, customer_id)
        if sending is None or sending.state != "sent" or not sending.evidence.get("theirs"):
            return None
        name, now = _answer_name(sending, entry, ledger.code_key), max(now, row.last_now)
        if name in sending.evidence.get("answers", {}):
            return None
        if nobody:
            raise Refused(
                "The code was sent by Twilio Verify, which has to check it: set TWILIO_VERIFY here too."
            )
        asked: dict[str, str] = sending.evidence.get("asked", {})
        rests = ASKED * clock.read(session).speed
        before = name in asked
        at_work = before and now < datetime.fromisoformat(asked[name]) + rests
        if not at_work:
            sending.evidence = {**sending.evidence, "asked": {**asked, name: now.isoformat()}}
        return _Asking(provider_ref=sending.evidence["provider_ref"], before=before, at_work=at_work)


def _said(asking: _Asking, entry: CodeEntry, check: CodeCheck) -> bool:
    if asking.before and check.was_right(asking.provider_ref):
        return True
    if asking.at_work:
        raise InDoubt("it was asked a moment ago")
    try:
        return check.check(asking.provider_ref, entry.code)
    except errors.Refused:
        # Used up, by somebody who was not told that it was right.
        if check.was_right(asking.provider_ref):
            return True
        raise


def enter(
    session: Session,
    row: CustomerRow,
    account: Account,
    entry: CodeEntry,
    *,
    key: bytes,
    now: datetime,
    right: bool | None = None,
) -> Entered:
    """Check an entered code of a locked customer, and write down whether it was right.

    The same code entered again for the same message is one answer, and costs no further try.

    Args:
        right: what the vendor says of it, as `ask` tells.

    Raises:
        Refused: no code is waited for; nothing was written.
    """
    now = max(now, row.last_now)
    progress = account.verification
    sending = _of(session, row.id, progress.sends)
    if sending is None or sending.code_hash is None:
        raise Refused("No code is waited for.")
    name = _answer_name(sending, entry, key)
    ok = sending.evidence.get("answers", {}).get(name, right)
    if ok is None:
        given = code_hash(key, sending.evidence["reference"], entry.code)
        ok = not sending.evidence.get("theirs") and hmac.compare_digest(given, sending.code_hash)
    if facts.recorded(session, SOURCE, name):
        return Entered(words=f"Entered already: {answer_words(progress, ok=ok)}", ok=ok, already=True)
    if account.onboarding != "pending" or not progress.takes_a_code(now):
        raise Refused("No code is waited for.")
    answer = CodeAnswered(ok=ok, attempt=progress.sends)
    facts.append(session, row, [_fact(name, answer, now)], now=now)
    sending.attempts += not ok
    if right is not None:
        answers = {**sending.evidence.get("answers", {}), name: ok}
        sending.evidence = {**sending.evidence, "answers": answers}
    if ok or sending.attempts >= MOST_TRIES:
        sending.state = "answered" if ok else "exhausted"
    words = answer_words(progress.after(answer, now), ok=ok)
    journal.write(session, at=now, what="command", why=f"enter_code: {words}", customer_id=row.id)
    return Entered(words=words, ok=ok, already=False)


def _answer_name(sending: VerificationRow, entry: CodeEntry, key: bytes) -> str:
    """Name the answer that an entry is: the same one again is the same answer."""
    reference = sending.evidence["reference"]
    return f"{reference}/answer/{code_hash(key, reference, entry.code)[:24]}"


def _newest(session: Session, customer_id: str) -> VerificationRow | None:
    """The code that was claimed last."""
    rows = select(VerificationRow).where(
        VerificationRow.customer_id == customer_id, VerificationRow.kind == PHONE
    )
    return session.exec(rows.order_by(col(VerificationRow.id).desc()).limit(1)).first()


def _reference(customer_id: str, attempt: int) -> str:
    return "c-" + hashlib.sha256(f"code\n{customer_id}\n{attempt}".encode()).hexdigest()[:16]


def _rests_until(sending: VerificationRow, at_work: timedelta) -> datetime | None:
    """Until when a code is left alone: somebody may still be sending it, or the vendor asked for a rest."""
    if sending.state == "claimed":
        return datetime.fromisoformat(sending.evidence["begun_at"]) + at_work
    not_before = sending.evidence.get("not_before")
    return None if not_before is None else datetime.fromisoformat(not_before)


def _unknown_since(sending: VerificationRow) -> datetime:
    """When the first attempt was begun of those that nobody knows about."""
    evidence = sending.evidence
    return datetime.fromisoformat(evidence.get("unknown_since", evidence["begun_at"]))


def _journal(
    session: Session,
    row: CustomerRow,
    what: Literal["decided", "outcome"],
    why: str,
    reference: str,
    now: datetime,
    code_version: str,
) -> None:
    journal.write(
        session,
        at=now,
        what=what,
        why=why,
        customer_id=row.id,
        effect="code",
        step=ONBOARDING,
        channel=CHANNEL,
        message=reference,
        code_version=code_version,
    )


def _of(session: Session, customer_id: str, attempt: int) -> VerificationRow | None:
    rows = session.exec(
        select(VerificationRow)
        .where(VerificationRow.customer_id == customer_id, VerificationRow.kind == PHONE)
        .order_by(col(VerificationRow.id))
    )
    return next((row for row in rows if row.evidence["attempt"] == attempt), None)


def _claimed(session: Session, customer_id: str, attempt: int) -> VerificationRow | None:
    """The claim of an attempt, unless its outcome is known already."""
    row = _of(session, customer_id, attempt)
    return row if row is not None and row.state == "claimed" else None


def _checked(
    outcome: Literal["review", "fail", "error"], reason: str, provider: str, *, evidence: str | None = None
) -> bodies.Checked:
    return bodies.Checked(
        check="phone",
        outcome=outcome,
        reasons=(reason,),
        evidence=evidence,
        provider=provider,
        ruleset=RULESET,
    )


def _fact(name: str, body: bodies.Body, now: datetime) -> NewFact:
    return NewFact(source=SOURCE, id=name, happened_at=now, body=body)
