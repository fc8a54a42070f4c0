"""The switch of subscriptions at Partner Center: seen, suspended, and brought back as they were.

To suspend in new commerce stops the service and not the bill, ends the renewal by itself, and drops what was
scheduled for the next term; whoever brings it back puts both back. An Azure plan is another thing: see
`azure.py`.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from domain.errors import Refused, TryAgainLater
from domain.switching import Note, Place, Seen, SubscriptionState, Turn
from providers.partner_center import exact_json
from providers.partner_center.azure import AzurePlans, is_azure_plan
from providers.partner_center.client import Client, deadline
from providers.partner_center.errors import ORDER, PATIENCE, UNDER_WAY
from providers.partner_center.resource import (
    changed,
    etag,
    holds,
    instant,
    term_ends_on,
    term_over_at,
    text,
    value,
)
from providers.vendor_http import real_now

_STATES: Mapping[str, SubscriptionState] = {
    "active": "active",
    "suspended": "suspended",
    # None of them is billed, and none comes back.
    "expired": "terminated",
    "disabled": "terminated",
    "deleted": "terminated",
}
_SCHEDULED = "scheduledNextTermInstructions"
_RESTORED = {
    "autoRenewEnabled": "its renewal at the end of the term",
    _SCHEDULED: "what was scheduled for its next term",
}
"""What a suspension drops, in the order in which it comes back: without the first the second is not taken."""

_BY_US = ("partner", "customer")
"""Microsoft does not list the reasons of a suspension; these are in what stands for our own."""

RENEWAL = timedelta(hours=24)
"""So long after the end of a term its renewal may take: nothing can be changed meanwhile."""


class PartnerCenterSwitch:
    """Turns subscriptions of customers.

    Args:
        azure: how Azure plans are turned.
    """

    def __init__(self, client: Client, *, azure: AzurePlans, now: Callable[[], datetime] = real_now) -> None:
        self._client = client
        self._azure = azure
        self._now = now

    def look(self, place: Place, *, note: Note) -> Seen:
        """Return how a subscription stands.

        Raises:
            TryAgainLater, Refused, Misconfigured: it was not read.
        """
        return self._looked(place, note=note, by=deadline())

    def _looked(self, place: Place, *, note: Note, by: float) -> Seen:
        resource = self._client.get(path_of(place), note=note, by=by).body
        if not isinstance(resource, dict):
            raise TryAgainLater("Partner Center answered with something that is no subscription")
        if is_azure_plan(place, resource):
            resource = self._azure.with_entitlements(path_of(place), resource, note=note, by=by)
        return self._seen(exact_json.plain(resource, inexact=_as_it_is))

    def turn(self, turn: Turn, *, note: Note) -> None:
        """Ask for what is to stand, or for the next thing that is missing of it; nothing where nothing is.

        Raises:
            TryAgainLater, Refused, Misconfigured: nothing was changed.
            InDoubt: it may have been.
        """
        path = path_of(turn.place)
        if is_azure_plan(turn.place, turn.seen.resource) and self._azure.turned(turn, path, note=note):
            return
        wanted, by = self._wanted(turn), deadline()
        if wanted is None:
            return
        what, resource = wanted
        body, version = self._azure.without_entitlements(resource), etag(resource)
        request = _request(turn, what, version)
        answer = self._client.send("PATCH", path, body, request=request, etag=version, note=note, by=by)
        trouble = answer.trouble
        if trouble is not None and trouble.code == UNDER_WAY:
            # It may be what we asked for before, and a customer who has paid does not wait a day for that.
            raise TryAgainLater(trouble.words, delay=ORDER)
        if trouble is not None and trouble.remedy == "impossible":
            if self._stands(turn, self._looked(turn.place, note=note, by=by)):
                return
            raise Refused(trouble.words)
        self._client.succeeded(answer, changing=True)

    def rehearsed(self, turn: Turn) -> str:
        """Return in words the request that a turn would make first, and what it changes.

        Raises:
            TryAgainLater, Refused: it would make none.
        """
        path, there = path_of(turn.place), turn.seen.resource
        if is_azure_plan(turn.place, there) and (first := self._azure.rehearsed(turn, path)) is not None:
            return first
        wanted = self._wanted(turn)
        if wanted is None:
            return "nothing: it stands so"
        changes = [f"{name} {each}" for name, each in wanted[1].items() if each != there.get(name)]
        return f"PATCH {path} with {', '.join(changes)}"

    def differs(self, before: Mapping[str, Any], seen: Seen) -> Sequence[str]:
        """Return in words what of a resource before its suspension is not back."""
        lost = [_RESTORED[name] for name in _missing(before, seen.resource)]
        return [*lost, *self._azure.missing(before, seen.resource)]

    def _seen(self, resource: Mapping[str, Any]) -> Seen:
        state = _STATES.get(text(resource, "status"))
        return Seen(
            state=state,
            resource=resource,
            by_others=_by_others(resource) if state == "suspended" else None,
            busy_until=self._busy_until(resource) if state in ("active", "suspended") else None,
            ends_on=term_ends_on(resource),
        )

    def _busy_until(self, resource: Mapping[str, Any]) -> datetime | None:
        """When a renewal that runs will be over: its term is, and the next one is not shown yet."""
        over = term_over_at(resource)
        if over is None or value(resource, "autoRenewEnabled") is not True:
            return None
        return over + RENEWAL if over <= self._now() < over + RENEWAL else None

    def _stands(self, turn: Turn, seen: Seen) -> bool:
        return seen.state == turn.to and not (turn.to == "active" and self.differs(turn.before or {}, seen))

    def _wanted(self, turn: Turn) -> tuple[str, dict[str, Any]] | None:
        """Return the one thing that is next, with the whole resource as it is then; None where nothing is.

        Raises:
            Refused: it cannot be had.
            TryAgainLater: not now.
        """
        there, stands = turn.seen.resource, turn.seen.state
        if turn.to == "restricted":
            raise Refused("Partner Center restricts no subscription: let the policy suspend it")
        if stands == turn.to != "active":
            return None
        if stands == "terminated":
            says = f"the subscription is {text(there, 'status')}"
            raise Refused(f"{says}: such a one can neither be suspended nor come back")
        if stands is None:
            raise TryAgainLater("the subscription is on its way from one state to another", delay=PATIENCE)
        if turn.seen.busy_until is not None:
            wait = max(turn.seen.busy_until - self._now(), timedelta(minutes=1))
            raise TryAgainLater("the term of the subscription is being renewed", delay=wait)
        if turn.to == "suspended":
            return turn.to, changed(there, status=turn.to, autoRenewEnabled=False)
        return self._back(turn) if turn.to == "active" else ("deleted", self._deleted(there))

    def _back(self, turn: Turn) -> tuple[str, dict[str, Any]] | None:
        there, before = turn.seen.resource, turn.before or {}
        if turn.seen.state != "active":
            return "active", changed(there, status="active")
        missing = next(_missing(before, there), None)
        return None if missing is None else (missing, changed(there, **{missing: value(before, missing)}))

    def _deleted(self, there: Mapping[str, Any]) -> dict[str, Any]:
        """Return what cancels it, which is taken only in its first days.

        Raises:
            Refused: they are over.
        """
        until = instant(there, "cancellationAllowedUntilDate")
        if until is not None and self._now() < until:
            return changed(there, status="deleted")
        ends = term_ends_on(there)
        when = "" if ends is None else f", on {ends:%d %b %Y}"
        raise Refused(
            "Partner Center cancels nothing after its first seven days: suspended, it is not renewed and ends"
            f" with its term{when}"
        )


def path_of(place: Place) -> str:
    """Return where a subscription is; the ids are quoted, so that none leads elsewhere."""
    account, resource = quote(place.account, safe=""), quote(place.resource, safe="")
    return f"/v1/customers/{account}/subscriptions/{resource}"


def _request(turn: Turn, what: str, version: str | None) -> str:
    """Return the id of a request: the same for the same change of the same version, and for no other."""
    return str(uuid.uuid5(uuid.UUID(turn.request), f"{what} {version}"))


def _missing(before: Mapping[str, Any], there: Mapping[str, Any]) -> Iterator[str]:
    """Yield what stood before and does not now; what was off, or was for another term, is not looked for."""
    same_term = term_ends_on(before) == term_ends_on(there)
    for name in _RESTORED:
        if name == _SCHEDULED and not same_term:
            continue
        wanted = value(before, name)
        if wanted not in (None, False, {}, []) and not holds(value(there, name), wanted):
            yield name


def _by_others(resource: Mapping[str, Any]) -> str | None:
    reasons = value(resource, "suspensionReasons")
    told = [str(each) for each in reasons if each] if isinstance(reasons, list) else []
    return ", ".join(each for each in told if not any(us in each.casefold() for us in _BY_US)) or None


def _as_it_is(number: Any) -> Any:
    return number
