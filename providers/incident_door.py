"""Notices of incidents by webhook, signed as Standard Webhooks says.

The body is a notice of ours, or with `format` events as Partner Center or Graph write them.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from domain.errors import Unverified
from domain.incidents.kinds import kind_of
from domain.incidents.notice import Notice
from providers import microsoft_alerts
from providers.standard_webhooks import Secret, verified

SOURCE = "webhook"
_Word = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f]*$")]


class _Body(BaseModel):
    """What is posted: one notice. A field that nobody knows is passed over, since senders grow."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: _Word
    kind: _Word
    customer: _Word | None = None
    subscription: _Word | None = None
    event: _Word | None = None
    severity: _Word | None = None
    confidence: _Word | None = None
    occurred_at: AwareDatetime | None = None
    test: bool = False
    suspended: bool = False
    text: Annotated[str, Field(max_length=100_000)] = ""


class _Events(BaseModel):
    """What is posted instead: events as a vendor's API answers them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal["partner_center", "graph"]
    events: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=microsoft_alerts.MOST_EVENTS)]


class IncidentDoor:
    """Takes the notices of whoever has the secret.

    Raises:
        ValueError: `secret` is none as Standard Webhooks writes it: whsec_ and a key in base64.
    """

    def __init__(self, *, secret: str) -> None:
        self._secrets = [Secret(secret)]

    @property
    def answer_type(self) -> str:
        """Nobody reads an answer."""
        return "text/plain"

    def answer(self, text: str | None) -> str:
        """Return nothing."""
        return ""

    def verify(self, raw: bytes, headers: Mapping[str, str], url: str, now: datetime) -> Sequence[Notice]:
        """Return the notices of one request.

        Raises:
            Unverified: it is not signed with the secret, too old, from the future, or cannot be read.
        """
        verified(self._secrets, raw, headers, now)
        return _notices(raw)


def _notices(raw: bytes) -> Sequence[Notice]:
    try:
        told = json.loads(raw)
        if isinstance(told, dict) and "format" in told:
            posted = _Events.model_validate(told)
            return [*microsoft_alerts.notices(posted.events, posted.format)]
        return [_notice(_Body.model_validate(told))]
    except (ValidationError, RecursionError, ValueError):
        raise Unverified("malformed") from None


def _notice(body: _Body) -> Notice:
    return Notice(
        source=SOURCE,
        id=body.id,
        kind=kind_of(body.kind).name,
        word=body.kind,
        trusted=True,
        subscription=body.subscription,
        customer=body.customer,
        event=body.event,
        severity=None if body.severity is None else body.severity.lower(),
        confidence=None if body.confidence is None else body.confidence.lower(),
        occurred_at=body.occurred_at,
        test=body.test,
        suspended=body.suspended,
        text=body.text,
    )
