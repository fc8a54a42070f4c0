"""The seller's own product as whoever keeps a service: it is told what to do with it, and says how it stands.

One address takes all of it, signed as Standard Webhooks says. What is asked names itself by `webhook-id`:
the same again is a repetition, and is answered and not done.
"""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, get_args

from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.switching import Exchange, Note, Place, Seen, SubscriptionState, Turn
from providers.vendor_http import TIMEOUT_SECONDS, real_now
from providers.webhooks_out.posting import Posting, Reply

PROVIDER = "webhook"
LOOK = "service.state"
TURNS: Mapping[SubscriptionState, str] = {
    "active": "service.reactivate",
    "restricted": "service.restrict",
    "suspended": "service.suspend",
    "terminated": "service.terminate",
}
_RESTED = "resource"
"""What of an answer is the service's own, and comes back as it was."""


class ProductSwitch:
    """Turns services of the seller's product.

    Raises:
        ValueError: a secret is none as Standard Webhooks writes it.
    """

    def __init__(
        self,
        *,
        url: str,
        secrets: Sequence[str],
        timeout: tuple[float, float] = TIMEOUT_SECONDS,
        now: Callable[[], datetime] = real_now,
    ) -> None:
        self._posting = Posting(url=url, secrets=secrets, timeout=timeout, now=now)
        self._now = now

    def look(self, place: Place, *, note: Note) -> Seen:
        """Ask how a service stands.

        Raises:
            TryAgainLater, Refused, Misconfigured: as `_sort` says; to ask changes nothing.
        """
        reply = self._ask(LOOK, _about(place), f"req_{uuid.uuid4().hex}", self._now(), note)
        if reply.status is None:
            raise TryAgainLater(f"the product: {reply.words}")
        _sort(reply)
        if reply.status != 200 or reply.body is None:
            raise TryAgainLater("the product answers what nobody can read")
        return _seen(reply.body)

    def turn(self, turn: Turn, *, note: Note) -> None:
        """Ask for a turn, once; how it came out is for a look to say.

        Raises:
            TryAgainLater, Refused, Misconfigured: as `_sort` says.
            InDoubt: the answer was lost, or is an error that does not say whether it was done.
        """
        data = {**_about(turn.place), "to": turn.to, "before": turn.before}
        reply = self._ask(TURNS[turn.to], data, turn.request, turn.at, note)
        if reply.status is None:
            if reply.left:
                raise InDoubt(f"the product: {reply.words}")
            raise TryAgainLater(f"the product: {reply.words}")
        if reply.status == 409:
            return  # Others have it, and a look says who.
        if reply.status >= 500 and reply.retry_after is None:
            raise InDoubt(f"the product is unwell ({reply.status})")
        _sort(reply)

    def rehearsed(self, turn: Turn) -> str:
        """Return in words the request that a turn would make."""
        return f"POST {TURNS[turn.to]} for {turn.place.resource}"

    def differs(self, before: Mapping[str, Any], seen: Seen) -> Sequence[str]:
        """Return what of the service is not as it was before."""
        was, is_ = _own(before), _own(seen.resource)
        return [
            f"{name} was {_short(value)} and is {_short(is_.get(name))}"
            for name, value in was.items()
            if is_.get(name) != value
        ]

    def _ask(self, type_: str, data: Mapping[str, Any], request: str, at: datetime, note: Note) -> Reply:
        said = {"type": type_, "id": request, "timestamp": at.astimezone(UTC).isoformat(), "data": data}
        reply = self._posting.post(request, json.dumps(said, ensure_ascii=False).encode())
        note(
            Exchange(
                method="POST",
                path=type_,
                request=request,
                correlation=request,
                status=reply.status,
                sent=said,
                got=reply.words if reply.body is None else reply.body,
            )
        )
        return reply


def _about(place: Place) -> dict[str, Any]:
    return {"customer": place.customer, "account": place.account, "resource": place.resource}


def _sort(reply: Reply) -> None:
    """Raise what an answer is that is none of success.

    Raises:
        TryAgainLater: it is unwell, or asks for patience.
        Misconfigured: the address, or the secret.
        Refused: all other words of it, for good.
    """
    status = reply.status or 0
    if 200 <= status < 300:
        return
    if status == 429 or status >= 500:
        more = {} if reply.retry_after is None else {"delay": reply.retry_after}
        raise TryAgainLater(f"the product is unwell ({status})", **more)
    if status in (401, 403) or 300 <= status < 400:
        raise Misconfigured(f"the product refuses our signature, or is elsewhere ({status})")
    raise Refused(f"the product refuses ({status})")


def _seen(body: Mapping[str, Any]) -> Seen:
    word, by = body.get("state"), body.get("by_others")
    state: SubscriptionState | None = word if word in get_args(SubscriptionState) else None
    return Seen(
        state=state,
        resource=dict(body),
        by_others=_short(by) if by else None,
        ends_on=_day(body.get("ends_on")),
        busy_until=_instant(body.get("busy_until")),
    )


def _day(said: object) -> date | None:
    try:
        return date.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None


def _instant(said: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None


def _own(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    found = answer.get(_RESTED)
    return found if isinstance(found, Mapping) else {}


def _short(value: object) -> str:
    return str(value)[:80]
