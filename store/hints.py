"""Hints of webhooks: each is kept once, and says who looks again at what. What is seen there counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from domain.hints import About, Hint
from domain.own_steps import ACCESS_REVIEW
from store import inbox, monitors, places, service_accounts, tasks
from store.database import Ledger
from store.inbox import Event

_WATCHES: Mapping[About, str] = {"usage": monitors.USAGE, "fraud": monitors.ALERTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """Who looks again after a hint.

    Attributes:
        customers: whose workflows are woken.
        watch: the monitor that runs now, not when its time comes.
    """

    customers: tuple[str, ...] = ()
    watch: str | None = None


def take(ledger: Ledger, hint: Hint, *, now: datetime) -> Looks:
    """Take a hint with all that follows in the ledger; a repeated one changes nothing, and wakes again."""
    with ledger.write() as session:
        looks = _looks(session, hint, now)
        customer = next(iter(looks.customers), None) or _whose(session, hint)
        event = Event(source=hint.source, dedupe=hint.dedupe, word=hint.word, provider_ref=hint.resource)
        outcome = "done" if looks != Looks() or hint.kind == "access" else None
        if inbox.note(session, event, customer, now, outcome=outcome) and hint.kind == "access":
            tasks.open_once(session, ACCESS_REVIEW, _access(hint), now=now)
        return looks


def _whose(session: Session, hint: Hint) -> str | None:
    """Return whose the account is, where it is linked to a customer of ours."""
    if hint.account is None:
        return None
    return service_accounts.owners(session, [hint.account]).get(hint.account)


def _looks(session: Session, hint: Hint, now: datetime) -> Looks:
    if hint.kind == "subscription" and hint.resource is not None:
        customer = places.hint(session, hint.provider, hint.resource, now=now)
        return Looks() if customer is None else Looks(customers=(customer,))
    return Looks(watch=_WATCHES.get(hint.kind))


def _access(hint: Hint) -> str:
    """Say it without the id, of which whoever has one could send any number."""
    return f"{hint.source} says {hint.word}: compare it with what was granted, and enter what changed"
