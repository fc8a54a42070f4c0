"""What is asked of whoever keeps a subscription, and what is seen there: values only.

A customer has one service, in the words of the ledger; at a provider it may be several subscriptions,
each of which is a `Place`. What a provider answers is kept whole, since what comes back has to be as it
was before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

SubscriptionState = Literal["active", "restricted", "suspended", "terminated"]
"""How a service stands, as we wish it or as a provider has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One subscription at a provider.

    Attributes:
        provider: `ledger`, `partner_center`, `stripe` or `webhook`.
        account: whose it is there: a tenant, a customer.
        resource: the subscription itself there.
        kind: what it is there, where that decides what can be done: `licence`, `azure_plan`, ...
        parent: the resource that it is an add-on of; that one comes back first.
    """

    customer: str
    provider: str
    account: str
    resource: str
    kind: str = ""
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A subscription as its provider has it now.

    Attributes:
        state: None where it is on its way from one to another, or where nothing of ours is known of it.
        resource: the whole resource as it was answered; no token and no address of a person.
        by_others: who suspended it, in the provider's own words, where it says that it was somebody else.
        busy_until: before it nothing can be changed, such as while a term is renewed.
        ends_on: the end of its term: what is suspended then does not come back, and its data is lost later.
    """

    state: SubscriptionState | None
    resource: Mapping[str, Any] = field(default_factory=dict)
    by_others: str | None = None
    busy_until: datetime | None = None
    ends_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer, as evidence: no token, and no header that holds one.

    Attributes:
        request: the provider's name for the request, the same for a repetition after a lost answer.
        correlation: what the provider's support asks for.
        status: None where no answer came.
    """

    method: str
    path: str
    request: str
    correlation: str
    status: int | None
    sent: Mapping[str, Any] | None
    got: Mapping[str, Any] | Sequence[Any] | str | None


Note = Callable[[Exchange], None]
"""Keeps an exchange; called for each one, also where it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A turn of the switch of one place.

    Attributes:
        to: what is to stand after it.
        seen: how it stands now, read a moment ago.
        before: the whole resource as it was before we suspended it, which is to come back; None where
            nothing of ours was suspended.
        request: a UUID of this turn and attempt: the same again is a repetition, after a lost answer.
    """

    place: Place
    to: SubscriptionState
    seen: Seen
    before: Mapping[str, Any] | None
    request: str
    at: datetime
