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
    """Take a hint with all that follows in the ledger; a repeated one changes nothing, and wakes nobody.

    Where a wake was lost, a monitor runs when its time comes, and finds what is to be looked at.
    """
    with ledger.write() as session:
        customer = _whose(session, hint)
        watch = _WATCHES.get(hint.kind)
        follows = watch is not None or hint.kind == "access"
        event = Event(source=hint.source, dedupe=hint.dedupe, word=hint.word, provider_ref=hint.resource)
        if not inbox.note(session, event, customer, now, outcome="done" if follows else None):
            return Looks()
        if hint.kind == "access":
            tasks.open_once(session, ACCESS_REVIEW, _access(hint), now=now)
        if hint.kind != "subscription" or hint.resource is None:
            return Looks(watch=watch)
        mine = places.hint(session, hint.provider, hint.resource, now=now)
        return Looks() if mine is None else Looks(customers=(mine,), watch=monitors.SERVICES)


def _whose(session: Session, hint: Hint) -> str | None:
    """Return whose it is, as far as the subscription or the account is linked to a customer of ours."""
    if hint.resource is not None:
        owner = places.owner(session, hint.provider, hint.resource)
        if owner is not None:
            return owner
    if hint.account is None:
        return None
    return service_accounts.owners(session, [hint.account]).get(hint.account)


def _access(hint: Hint) -> str:
    """Say it without the id, of which whoever has one could send any number."""
    return f"{hint.source} says {hint.word}: compare it with what was granted, and enter what changed"
