"""Azure plans: their Azure subscriptions are cancelled first, one at a time, and only then the plan stops.

The one reason for a cancellation that Microsoft documents is that the subscription was compromised. That is
no word for an unpaid bill, so none is cancelled unless the operator has said that it may be.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid5

from domain.errors import Refused
from domain.switching import Note, Place, Turn
from providers.partner_center.client import Client
from providers.partner_center.resource import text, value

ENTITLEMENTS = "arrears.azureEntitlements"
"""Under which name they are kept with their plan, of whose resource they are no part."""

_REASON = {"cancellationReason": "compromise"}
_SHOWN_SECONDS = 15 * 60
"""After which a cancellation is shown; until then it is not asked for again."""


MAY_NOT = (
    "an Azure plan stops only once its Azure subscriptions are cancelled, and the one reason for that is that"
    " they were compromised, which an unpaid bill is not: agree with the customer who stops what runs there,"
    " or set PARTNER_CENTER_CANCEL_AZURE=true"
)


def is_azure_plan(place: Place, resource: Mapping[str, Any]) -> bool:
    """Whether a subscription is one, as its place says or as it does itself."""
    return place.kind == "azure_plan" or (
        text(resource, "billingType") == "usage"
        or text(resource, "unitType") == "usage-based"
        or text(resource, "productType", "id") == "azure"
    )


class AzurePlans:
    """How plans and what is in them are turned.

    Args:
        may_cancel: whether Azure subscriptions may be cancelled, as compromised, for whatever reason.
    """

    def __init__(
        self, client: Client, *, may_cancel: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._may_cancel = may_cancel
        self._clock = clock
        self._asked: dict[tuple[str, str], float] = {}

    def with_entitlements(
        self, path: str, resource: Mapping[str, Any], *, note: Note, by: float
    ) -> dict[str, Any]:
        """Return a plan with what is in it."""
        told = self._client.get(f"{path}/azureEntitlements", note=note, by=by).body
        items = value(told, "items") if isinstance(told, Mapping) else None
        found = [each for each in items if isinstance(each, Mapping)] if isinstance(items, list) else []
        return {**resource, ENTITLEMENTS: found}

    def without_entitlements(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return a plan as Partner Center has it."""
        return {name: each for name, each in resource.items() if name != ENTITLEMENTS}

    def turned(self, turn: Turn, path: str, *, note: Note) -> bool:
        """Turn the next Azure subscription; whether the plan itself has to wait for them.

        Raises:
            Refused: they may not be cancelled.
            TryAgainLater, Misconfigured, InDoubt: as it went.
        """
        names, how = self._next(turn)
        self._turn_one(names, how, _REASON if how == "cancel" else None, turn, path, note=note)
        return bool(names)

    def rehearsed(self, turn: Turn, path: str) -> str | None:
        """Return in words what would be asked for first; None where it is the plan's own turn.

        Raises:
            Refused: they may not be cancelled.
        """
        names, how = self._next(turn)
        if not names:
            return None
        return f"POST {path}/azureEntitlements/{names[0]}/{how}, the first of {len(names)} before the plan"

    def _next(self, turn: Turn) -> tuple[list[str], str]:
        """Return which Azure subscriptions are turned before the plan is done, and how.

        Raises:
            Refused: they may not be cancelled.
        """
        there = turn.seen.resource
        if turn.to == "suspended" and turn.seen.state == "active":
            running = [name for name, active in _entitlements(there).items() if active]
            if running and not self._may_cancel:
                raise Refused(MAY_NOT)
            return running, "cancel"
        if turn.to == "active" and turn.seen.state == "active":
            return self._stopped(turn.before or {}, there), "reactivate"
        return [], ""

    def missing(self, before: Mapping[str, Any], there: Mapping[str, Any]) -> Sequence[str]:
        """Return in words which Azure subscriptions ran before and do not now."""
        stopped = self._stopped(before, there)
        return [f"{len(stopped)} of its Azure subscriptions"] if stopped else []

    def _stopped(self, before: Mapping[str, Any], there: Mapping[str, Any]) -> list[str]:
        now = _entitlements(there)
        return [name for name, active in _entitlements(before).items() if active and not now.get(name)]

    def _turn_one(
        self, names: list[str], how: str, body: Mapping[str, Any] | None, turn: Turn, path: str, *, note: Note
    ) -> None:
        """Ask for the first that was not asked for a moment ago: they show it only minutes later."""
        now = self._clock()
        for name in names:
            if now < self._asked.get((name, how), -1.0):
                continue
            self._client.change(
                "POST",
                f"{path}/azureEntitlements/{quote(name, safe='')}/{how}",
                body,
                request=str(uuid5(UUID(turn.request), f"{how} {name}")),
                note=note,
            )
            self._asked = {each: until for each, until in self._asked.items() if now < until}
            self._asked[name, how] = now + _SHOWN_SECONDS
            return


def _entitlements(resource: Mapping[str, Any]) -> dict[str, bool]:
    """Return the Azure subscriptions of a plan, by whether each is active."""
    found = value(resource, ENTITLEMENTS)
    items = found if isinstance(found, list) else []
    return {str(value(each, "id")): text(each, "status") == "active" for each in items if value(each, "id")}
