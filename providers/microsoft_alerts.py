"""Partner Center's fraud events, of both models, and Graph's partner security alerts, read into notices.

Read liberally: fields may be missing, numbers may be text and text may be JSON, and a type that nobody
knows is kept as it was written. Whoever read them from the API can be trusted.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from domain.incidents.kinds import OTHER
from domain.incidents.notice import Notice

PARTNER_CENTER, GRAPH = "partner_center", "graph"

_KINDS: Mapping[str, str] = {
    "networkconnectionstocryptominingpools": "mining",
    # Unusual use and deployments: somebody works with an account that is not theirs.
    "usageanomalydetection": "hacking",
    "virtualmachinedeploymentanomaly": "hacking",
    "multiregionvirtualmachinescalesetdeploymentanomaly": "hacking",
    "multiregionmachinelearningusageanomaly": "hacking",
}
_MEASURED = ("connectionCount",)
"""What of the details is a number and names nobody; addresses stay with the text."""

_YEARS = range(1970, 9000)
"""Years of dates that are one: 9999-12-31 is what is not resolved, 0001-01-01 what was never set."""

_FRACTION = re.compile(r"\.([0-9]+)")

MOST_EVENTS = 1000


class Unreadable(ValueError):
    """It is not what this format has; the sentence says what would be."""


def read(raw: bytes, format: str) -> list[Notice]:
    """Return the notices in an answer of the API.

    Raises:
        Unreadable: it is no such answer.
    """
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        raise Unreadable("this is no JSON: give the answer of the API as it came") from None
    if format == GRAPH and isinstance(told, dict) and "value" in told:
        told = told["value"]
    events = told if isinstance(told, list) else [told]
    if len(events) > MOST_EVENTS or not all(isinstance(each, dict) for each in events):
        raise Unreadable(f"give a list of {MOST_EVENTS} objects at most, as the API answers it")
    return [*notices(events, format)]


def notices(events: Sequence[Mapping[str, Any]], format: str) -> Iterator[Notice]:
    """Yield the notice of each event.

    Raises:
        Unreadable: one of them has no name.
    """
    for number, event in enumerate(events, start=1):
        yield _alert(event, number) if format == GRAPH else _fraud_event(event, number)


def _fraud_event(event: Mapping[str, Any], number: int) -> Notice:
    type_ = _text(event, "eventType")
    return Notice(
        source=PARTNER_CENTER,
        id=_name(event, "eventId", number),
        kind=_KINDS.get(type_.lower(), OTHER),
        word=type_ or "fraud event of no type",
        trusted=True,
        subscription=_text(event, "subscriptionId") or None,
        customer=_text(event, "customerTenantId") or None,
        event=_text(event, "eventId") or None,
        severity=_text(event, "severity").lower() or None,
        confidence=_text(event, "confidenceLevel").lower() or None,
        status=_text(event, "eventStatus").lower() or None,
        occurred_at=_first(event, "firstObserved", "firstOccurrence", "eventTime"),
        test=_text(event, "IsTest", "isTest").lower() == "true",
        signs=_signs(event),
        text=_whole(event),
    )


def _alert(event: Mapping[str, Any], number: int) -> Notice:
    type_ = _text(event, "alertType")
    return Notice(
        source=GRAPH,
        id=_name(event, "id", number),
        kind=_KINDS.get(type_.lower(), OTHER),
        word=type_ or "alert of no type",
        trusted=True,
        subscription=_text(event, "subscriptionId") or None,
        customer=_text(event, "customerTenantId") or None,
        event=_text(event, "id") or None,
        severity=_text(event, "severity").lower() or None,
        confidence=_text(event, "confidenceLevel").lower() or None,
        status=_text(event, "status").lower() or None,
        occurred_at=_first(event, "firstObservedDateTime", "detectedDateTime"),
        test=_text(event, "isTest").lower() == "true",
        signs=_signs(event),
        text=_whole(event),
    )


def _name(event: Mapping[str, Any], field: str, number: int) -> str:
    name = _text(event, field)
    if not name:
        raise Unreadable(f"event {number} has no {field}: give the answer of the API as it came")
    return name


def _text(event: Mapping[str, Any], *names: str) -> str:
    """Return a field as text, by the first of its spellings; what is neither text nor number is absent."""
    for name in names:
        value = event.get(name)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int | float):
            return str(value).replace("\0", "").encode("utf-8", "ignore").decode().strip()
    return ""


def _first(event: Mapping[str, Any], *names: str) -> datetime | None:
    """Return the first of these instants that is one; without a zone it is UTC."""
    for name in names:
        try:
            at = datetime.fromisoformat(_FRACTION.sub(_six_digits, _text(event, name)))
        except ValueError:
            continue
        if at.year in _YEARS:
            return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return None


def _six_digits(fraction: re.Match[str]) -> str:
    """Fractions come with up to seven digits, and Python reads six."""
    return f".{fraction[1][:6].ljust(6, '0')}"


def _signs(event: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what was measured, without whom it was measured at."""
    signs = []
    if hits := _text(event, "hitCount"):
        signs.append(f"hits {hits}")
    details = event.get("additionalDetails")
    if isinstance(details, Mapping):
        lower = {str(name).lower(): value for name, value in details.items()}
        for name in _MEASURED:
            if value := _text(lower, name.lower()):
                signs.append(f"{name} {value}")
    resources = event.get("affectedResources")
    if isinstance(resources, list) and resources:
        signs.append(f"resources {len(resources)}")
    return tuple(signs)


def _whole(event: Mapping[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False, sort_keys=True, default=str)
