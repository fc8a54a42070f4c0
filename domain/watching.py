"""What others did to a service where it is kept, as facts and as work for people: values in, values out.

What others suspended is never brought back by us, and what they brought back is not suspended again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.account import Account
from domain.facts import (
    Body,
    SubscriptionCancelled,
    SubscriptionReactivated,
    SuspendedElsewhere,
)
from domain.reasons import Reason, because
from domain.switching import Place, Seen
from domain.turning import Noticed, noticed

PROVIDER = "provider"
"""The source of facts that a look at a provider told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A place as it was seen while we were not turning it; `ours` if something of ours is down there."""

    place: Place
    seen: Seen
    ours: bool

    @property
    def what(self) -> Noticed | None:
        """What others did there."""
        return noticed(self.seen, ours=self.ours)

    @property
    def stray(self) -> bool:
        """Whether something of ours is down there, and stays so."""
        return self.ours and self.what is None and self.seen.state is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What follows from a look at every place of a customer.

    Attributes:
        told: facts, each with why.
        tasks: work for a person, by the place that it is about.
        over: places at which nothing of ours is down any more.
    """

    told: Sequence[tuple[Body, Reason]] = ()
    tasks: Sequence[tuple[Place, Reason]] = ()
    over: Sequence[Place] = ()


def conclude(account: Account, looks: Sequence[Look]) -> Conclusion:
    """Say what follows from what was seen, that the facts do not say yet."""
    told = [each for each in (_others(account, looks), _ended(account, looks), _back(account, looks)) if each]
    over = [look.place for look in looks if look.what == "back"]
    return Conclusion(told=told, tasks=_tasks(account, looks), over=over)


def _others(account: Account, looks: Sequence[Look]) -> tuple[Body, Reason] | None:
    """Others suspended it, or gave back what a look at a provider said that they had suspended."""
    by_others = next((look for look in looks if look.what == "others"), None)
    if by_others is not None and account.elsewhere_on is None:
        place = by_others.place
        who = by_others.seen.by_others or "its provider does not say who"
        reason = because("switch.others", resource=place.resource, provider=place.provider, who=who)
        return SuspendedElsewhere(by=place.provider), reason
    known = all(look.seen.state is not None for look in looks)
    if by_others is None and known and account.elsewhere_on is not None and _provider_said_so(account):
        return SuspendedElsewhere(by=looks[0].place.provider, outcome="ended"), because("switch.given_back")
    return None


def _provider_said_so(account: Account) -> bool:
    """Whether it was a look at a provider by which others have it suspended: no person takes it back then."""
    said = [fact for fact in account.history if isinstance(fact.body, SuspendedElsewhere)]
    return bool(said) and said[-1].source == PROVIDER


def _ended(account: Account, looks: Sequence[Look]) -> tuple[Body, Reason] | None:
    if account.cancelled_on is not None or account.service.ended:
        return None
    if any(look.what != "ended" for look in looks):
        return None
    place = looks[0].place
    reason = because("switch.ended", resource=place.resource, provider=place.provider)
    return SubscriptionCancelled(by=place.provider), reason


def _back(account: Account, looks: Sequence[Look]) -> tuple[Body, Reason] | None:
    """Others brought back all of what we suspended: then the service is in service."""
    ours = [look for look in looks if look.ours]
    if not account.service.down or not ours or any(look.what != "back" for look in ours):
        return None
    place = ours[0].place
    reason = because("switch.brought_back", resource=place.resource, provider=place.provider)
    return SubscriptionReactivated(subscription=account.customer.id, by=place.provider), reason


def _tasks(account: Account, looks: Sequence[Look]) -> list[tuple[Place, Reason]]:
    tasks = []
    all_ended = all(look.what == "ended" for look in looks)
    for look in looks:
        place = look.place
        if look.what == "back" and account.service.down:
            why = because("switch.brought_back", resource=place.resource, provider=place.provider)
            tasks.append((place, why))
        elif look.what == "ended" and not all_ended:
            why = because("switch.ended", resource=place.resource, provider=place.provider)
            tasks.append((place, why))
        elif look.stray and not account.service.down:
            why = because("switch.stray", resource=place.resource, provider=place.provider)
            tasks.append((place, why))
    return tasks
