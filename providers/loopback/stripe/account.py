"""The account: every object by its id, the events about them, and what was answered under which key."""

import copy
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.loopback.callbacks import Call, stripe_call

Object = dict[str, Any]
API_VERSION = "2026-10-28.endive"
"""Of the account: that of its events."""


class Refusal(Exception):
    """A request that Stripe turns down: a status, and what stands in `error`."""

    def __init__(self, status: int, type: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"type": type, "message": message, **more}


def invalid(message: str, **more: Any) -> Refusal:
    """Return the refusal of a request that cannot be done."""
    return Refusal(400, "invalid_request_error", message, **more)


def missing(id: str) -> Refusal:
    """Return the refusal of a request about what there is not."""
    return Refusal(
        404, "invalid_request_error", f"No such object: '{id}'", code="resource_missing", param="id"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What was answered under an idempotency key."""

    asked: str
    status: int
    body: Object


@dataclass
class Stripe:
    """An account in test mode.

    Attributes:
        key, secret: of the API, and of the endpoint of its webhooks.
        webhook_url: where events are sent; without it nowhere.
        clock: which second it is there.
        loses: whether an event never arrives, though the list of events has it.
        declines: by PaymentMethod, the code with which a charge of it is declined.
        debits: PaymentMethods that take days: money is on its way until `settle`.
        asked: every method and path that was answered, with the idempotency key.
    """

    key: str = "sk_test_loopback"
    secret: str = "whsec_loopback"
    webhook_url: str | None = None
    livemode: bool = False
    api_version: str = API_VERSION
    clock: Callable[[], int] = field(default=lambda: int(time.time()))
    call: Callable[[Call], None] = lambda call: None
    loses: Callable[[Object], bool] = lambda event: False
    declines: dict[str, str] = field(default_factory=dict)
    debits: set[str] = field(default_factory=set)
    objects: dict[str, Object] = field(default_factory=dict)
    events: list[Object] = field(default_factory=list)
    answered: dict[str, Answered] = field(default_factory=dict)
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _numbers: dict[str, int] = field(default_factory=dict)

    def new(self, prefix: str, kind: str, **values: Any) -> Object:
        """Make an object and keep it."""
        with self.lock:
            number = self._numbers[prefix] = self._numbers.get(prefix, 0) + 1
            made = {
                "id": f"{prefix}_{number:06d}",
                "object": kind,
                "created": self.clock(),
                "livemode": self.livemode,
                **values,
            }
            self.objects[made["id"]] = made
            return made

    def get(self, id: str, kind: str | None = None) -> Object:
        """Return an object.

        Raises:
            Refusal: there is none of this id, or of this kind.
        """
        found = self.objects.get(id)
        if found is None or kind not in (None, found["object"]):
            raise missing(id)
        return found

    def all(self, kind: str, **equal: Any) -> Iterator[Object]:
        """Yield the objects of a kind, newest first, with these values."""
        for each in reversed(self.objects.values()):
            if each["object"] == kind and all(each.get(name) == value for name, value in equal.items()):
                yield each

    def happen(self, type: str, about: Object, **previous: Any) -> Object:
        """Let something have happened to an object: an event, and the call that tells of it."""
        with self.lock:
            data: Object = {"object": copy.deepcopy(about)}
            if previous:
                data["previous_attributes"] = previous
            event = self.new(
                "evt",
                "event",
                api_version=self.api_version,
                data=data,
                pending_webhooks=1,
                request={"id": None, "idempotency_key": None},
                type=type,
            )
            del self.objects[event["id"]]
            self.events.append(event)
        self.tell(event)
        return event

    def tell(self, event: Mapping[str, Any]) -> None:
        """Send an event to the endpoint, unless it is lost; again where it was sent before."""
        if self.webhook_url is not None and not self.loses(dict(event)):
            self.call(stripe_call(self.webhook_url, event, secret=self.secret))
