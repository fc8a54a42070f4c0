"""Stripe's subscriptions as a switch: suspended means that Stripe stops to collect for them.

Stripe keeps the contract and the bills, and no service: the seller's product has to stop serving, on our own
webhook or on Stripe's `customer.subscription.updated`. So what is turned here is `pause_collection`, with a
mark in the metadata that says it was us; whoever else has paused, or cancels meanwhile, is left alone.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Literal, NoReturn, get_args

import stripe

from domain.errors import Refused
from domain.switching import Exchange, Note, Place, Seen, SubscriptionState, Turn
from providers.stripe_account.client import Account, code_of, raise_sorted, raise_unanswered
from providers.stripe_account.instruments import Object

MARK = "arrears_suspension"
"""In the metadata of a subscription that we have paused: the request by which we did."""

Pause = Literal["keep_as_draft", "void", "mark_uncollectible"]
"""What Stripe does with invoices of the time of a pause: see docs/stripe-charges.md."""
PAUSES: Sequence[str] = get_args(Pause)

_STATES: Mapping[str, SubscriptionState] = {
    "active": "active",
    "trialing": "active",
    "past_due": "active",  # it is served: that its bill is late is what we are there for
    "unpaid": "suspended",
    "paused": "suspended",
    "canceled": "terminated",
    "incomplete_expired": "terminated",
}
"""One that is `incomplete` has not begun: nobody has paid for it once."""

_BY_STRIPE = {
    "unpaid": "Stripe has it as unpaid, after its own retries",
    "paused": "it was paused at Stripe as a whole",
}
_PERSONAL = ("description", "discounts", "pending_setup_intent")
"""What may hold words of a person or a key; none of it is changed by a pause."""


class _OldAnswer(Exception):
    """Stripe repeats a failure of its own, as it does for a day to whoever asks under the same key.

    That request is over, and the subscription was looked at since: what still is to change is asked for anew.
    """


class StripeSubscriptions:
    """Turns subscriptions at Stripe.

    Args:
        base: Stripe's own, or of a server that stands in; None where no host may be asked.
        pause: what becomes of invoices meanwhile.
    """

    def __init__(self, *, key: str, base: str | None, pause: Pause = "keep_as_draft") -> None:
        at = Account(key=key, base=base)
        self._stripe, self._within = at.api.subscriptions, at.within
        self._pause = pause

    def look(self, place: Place, *, note: Note) -> Seen:
        """Return how a subscription stands; errors as those of a `Switch`."""
        path = _path(place)
        with self._within():
            read = partial(self._stripe.retrieve, place.resource)
            return seen(_noted(note, "GET", path, "", None, read, raise_unanswered))

    def turn(self, turn: Turn, *, note: Note) -> None:
        """Ask for what is to stand; nothing where it stands. Errors as those of a `Switch`."""
        name, changes = turn.place.resource, None
        if turn.to == "terminated":
            if turn.seen.state == "terminated":
                return
            method, ask = "DELETE", partial(self._stripe.cancel, name, {})
        else:
            changes = self._changes(turn)
            if changes is None:
                return
            method, ask = "POST", partial(self._stripe.update, name, changes)

        def send(key: str, sort: Callable[[stripe.StripeError], Any]) -> None:
            call = partial(ask, {"idempotency_key": key})
            _noted(note, method, _path(turn.place), key, changes or {}, call, sort)

        with self._within():
            try:
                send(turn.request, _raise_unless_old)
            except _OldAnswer:
                send(f"{turn.request}/{int(turn.at.timestamp())}", raise_sorted)

    def rehearsed(self, turn: Turn) -> str:
        """Return in words the request that a turn would make; errors as those of a turn."""
        path = _path(turn.place)
        if turn.to == "terminated":
            return "nothing: it stands so" if turn.seen.state == "terminated" else f"DELETE {path}"
        changes = self._changes(turn)
        if changes is None:
            return "nothing: it stands so"
        said = [f"{name} {value}" for name, value in changes.items() if name != "metadata"]
        return f"POST {path} with {', '.join([*said, 'our mark in its metadata'])}"

    def differs(self, before: Mapping[str, Any], seen: Seen) -> Sequence[str]:
        """Return in words what a pause has changed and is not back; what others changed is theirs."""
        there, found = seen.resource, []
        if _paused(there) != _paused(before):
            found.append("how its invoices are collected")
        if MARK in (there.get("metadata") or {}):
            found.append("our mark in its metadata")
        if _ends(there) and not _ends(before) and _end_is_stripes(there):
            found.append("that it goes on after this period")
        return tuple(found)

    def _changes(self, turn: Turn) -> Any:
        """What is to be changed, in one request; nothing where nothing is.

        Raises:
            Refused: Stripe cannot do it, or somebody else has.
        """
        state = turn.seen.state
        if turn.to == "restricted":
            raise Refused("Stripe restricts no subscription: let the policy suspend it")
        if state == "terminated":
            raise Refused("the subscription has ended at Stripe, and none comes back")
        if turn.to == "suspended":
            if state == "suspended":
                return None
            return {"pause_collection": {"behavior": self._pause}, "metadata": {MARK: turn.request}}
        if turn.seen.by_others is not None:
            raise Refused(f"{turn.seen.by_others}: whoever did it brings it back")
        before = turn.before or {}
        if not self.differs(before, turn.seen):
            return None
        changes: dict[str, Any] = {"pause_collection": _paused(before) or "", "metadata": {MARK: ""}}
        if _ends(turn.seen.resource) and not _ends(before) and _end_is_stripes(turn.seen.resource):
            changes["cancel_at_period_end"] = False
        return changes


def seen(resource: Object) -> Seen:
    """Return how a subscription stands, as its resource says."""
    status = str(resource.get("status"))
    state = _STATES.get(status)
    ours = MARK in (resource.get("metadata") or {})
    paused = _paused(resource) is not None
    if paused and state == "active":
        state = "suspended"
    by_others = None
    if state == "suspended" and not (paused and ours):
        by_others = _BY_STRIPE.get(status, "its collection was paused at Stripe by somebody else")
    return Seen(state=state, resource=_kept(resource), by_others=by_others, ends_on=_ends_on(resource))


def _kept(resource: Object) -> dict[str, Any]:
    """The resource as evidence: of the seller's metadata nobody knows whom they name, so only ours stay."""
    mark = {key: value for key, value in (resource.get("metadata") or {}).items() if key == MARK}
    kept = {key: _bare(value) for key, value in resource.items() if key not in _PERSONAL}
    why = (resource.get("cancellation_details") or {}).get("reason")  # beside it are words of the customer
    return {**kept, "metadata": mark, "cancellation_details": {"reason": why}}


def _bare(value: Any) -> Any:
    """A value without the metadata of what is in it: items, their prices and plans have their own."""
    if isinstance(value, Mapping):
        return {key: _bare(each) for key, each in value.items() if key != "metadata"}
    return [_bare(each) for each in value] if isinstance(value, list) else value


def _paused(resource: Mapping[str, Any]) -> dict[str, Any] | None:
    found = resource.get("pause_collection")
    if not found:
        return None
    return {key: found[key] for key in ("behavior", "resumes_at") if found.get(key) is not None}


def _ends(resource: Mapping[str, Any]) -> bool:
    return bool(resource.get("cancel_at_period_end"))


def _end_is_stripes(resource: Mapping[str, Any]) -> bool:
    """Whether it ends for its bill, by an automation of Stripe's; a customer who cancels has cancelled."""
    why = (resource.get("cancellation_details") or {}).get("reason")
    return why in ("payment_failed", "payment_disputed")


def _ends_on(resource: Object) -> date | None:
    at = resource.get("ended_at") or resource.get("cancel_at")
    return None if at is None else datetime.fromtimestamp(int(at), UTC).date()


def _path(place: Place) -> str:
    return f"/v1/subscriptions/{place.resource}"


def _raise_unless_old(error: stripe.StripeError) -> NoReturn:
    """Raise what an error of a turn means, or that it is only told again."""
    replayed = (error.headers or {}).get("Idempotent-Replayed") == "true"
    if replayed and (error.http_status or 0) >= 500:
        raise _OldAnswer from None
    raise_sorted(error)


def _noted(
    note: Note,
    method: str,
    path: str,
    request: str,
    sent: Mapping[str, Any] | None,
    call: Callable[[], stripe.Subscription],
    sort: Callable[[stripe.StripeError], Any],
) -> dict[str, Any]:
    """Make one call and keep what went to and fro, also where it failed."""
    try:
        answered = call()
    except stripe.StripeError as error:
        exchange = Exchange(
            method=method,
            path=path,
            request=request,
            correlation=error.request_id or "",
            status=error.http_status,
            sent=sent,
            got={"error": code_of(error)} if error.http_status else None,
        )
        note(exchange)
        sort(error)
        raise
    resource: dict[str, Any] = answered.to_dict()
    last = answered.last_response
    exchange = Exchange(
        method=method,
        path=path,
        request=request,
        correlation=(last.request_id if last else None) or "",
        status=last.code if last else None,
        sent=sent,
        got=_kept(resource),
    )
    note(exchange)
    return resource
