"""Microsoft's alerts of fraud and misuse: Graph's partner security alerts, and Partner Center's fraud events.

Both tell of the same. Graph answers an app alone, so it comes first; fraud events want a user's consent.
"""

from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from domain.errors import Misconfigured, Refused, TryAgainLater
from domain.incidents.alerts import Alert, AlertsPage, Outcome, Stands
from providers import microsoft_alerts
from providers.microsoft_alerts import MOST_EVENTS, Unreadable
from providers.partner_center import exact_json
from providers.partner_center.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

GRAPH_RESOURCE = "https://graph.microsoft.com"
ALERTS = "/beta/security/partner/securityAlerts"
_EVENTS = "/v1/fraudEvents"
_NEW_MODEL = {"X-NewEventsModel": "true"}
_PAGE_SIZE = 100
_REASONS: Mapping[Outcome, str] = {"fraud": "Fraud", "legitimate": "Ignore", "ignore": "Ignore"}
"""Of fraud events, which know no legitimate ones: those are ignored there."""


class GraphAlerts:
    """Partner security alerts of Microsoft Graph, which are in its beta.

    Args:
        client: at Graph, with a token for Graph.
    """

    name = microsoft_alerts.GRAPH

    def __init__(self, client: Client) -> None:
        self._client = client

    def alerts(self, after: str | None) -> AlertsPage:
        """Return a page of alerts; `after` is the query of the next one.

        Raises:
            TryAgainLater, Misconfigured, Refused: the page was not read.
        """
        with _with_permission():
            page = _mapping(self._client.get(f"{ALERTS}?{after}" if after else ALERTS).body)
        return _page(page.get("value"), self.name, _next(page))

    def stands(self, alert: Alert) -> Stands:
        """Return how an alert stands.

        Raises:
            TryAgainLater, Misconfigured, Refused: nobody said.
        """
        with _with_permission():
            told = _mapping(self._client.get(_path(alert)).body)
        return _stands(told, "status", "resolvedReason")

    def resolve(self, alert: Alert, outcome: Outcome, *, request: str) -> None:
        """Say that an alert is resolved, and as what.

        Raises:
            TryAgainLater, Misconfigured, Refused: it was not told.
            InDoubt: it may have been.
        """
        body = {"status": "resolved", "resolvedReason": outcome}
        with _with_permission():
            self._client.change("PATCH", _path(alert), body, request=request)


class FraudEvents:
    """Fraud events of Partner Center, in their newer model."""

    name = microsoft_alerts.PARTNER_CENTER

    def __init__(self, client: Client) -> None:
        self._client = client

    def alerts(self, after: str | None) -> AlertsPage:
        """Return a page of events; `after` is the number of the next one.

        Raises:
            TryAgainLater, Misconfigured, Refused: the page was not read.
        """
        if after is not None and not (after.isascii() and after.isdecimal()):
            raise Refused("there is no such page of fraud events")
        number = int(after or 1)
        asked = {"PageSize": _PAGE_SIZE, "PageNumber": number}
        events = self._client.get(_EVENTS, params=asked, headers=_NEW_MODEL).body
        more = isinstance(events, list) and len(events) >= _PAGE_SIZE
        return _page(events, self.name, str(number + 1) if more else None)

    def stands(self, alert: Alert) -> Stands:
        """Return how an event stands.

        Raises:
            TryAgainLater, Misconfigured, Refused: nobody said, or there is no such event any more.
        """
        params = {"SubscriptionId": _subscription(alert)}
        events = self._client.get(_EVENTS, params=params, headers=_NEW_MODEL).body
        for each in events if isinstance(events, list) else []:
            if isinstance(each, Mapping) and each.get("eventId") == alert.event:
                return _stands(each, "eventStatus", "resolvedReason")
        raise Refused("there is no such fraud event of this subscription any more")

    def resolve(self, alert: Alert, outcome: Outcome, *, request: str) -> None:
        """Say that an event is resolved, and as what. Without a name it would be all of the subscription's.

        Raises:
            TryAgainLater, Misconfigured, Refused: it was not told.
            InDoubt: it may have been.
        """
        if not alert.event:
            raise Refused("a fraud event without a name cannot be resolved alone")
        body = {
            "EventIds": [alert.event],
            "EventStatus": "Resolved",
            "ResolvedReason": _REASONS[outcome],
        }
        path = f"{_EVENTS}/subscription/{quote(_subscription(alert), safe='')}/status"
        self._client.change("POST", path, body, request=request, headers=_NEW_MODEL)


@contextmanager
def _with_permission() -> "Iterator[None]":
    """Name the permission of Graph that is missing: its own answer does not."""
    try:
        yield
    except Misconfigured as trouble:
        remedy = "give its application PartnerSecurity.ReadWrite.All, or set PARTNER_CENTERALERTS"
        raise Misconfigured(f"Graph's alerts: {trouble}: {remedy}") from None


def _path(alert: Alert) -> str:
    return f"{ALERTS}/{quote(alert.event, safe='')}"


def _subscription(alert: Alert) -> str:
    if not alert.subscription:
        raise Refused("a fraud event of no subscription cannot be asked about")
    return alert.subscription


def _mapping(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, Mapping):
        raise TryAgainLater("Microsoft answered with something that is no object")
    return body


def _page(events: Any, format: str, after: str | None) -> AlertsPage:
    if not isinstance(events, list) or not all(isinstance(each, Mapping) for each in events):
        raise TryAgainLater("Microsoft answered with something that is no list of alerts")
    if len(events) > MOST_EVENTS:
        raise Refused(f"Microsoft answered with more than {MOST_EVENTS} alerts at once")
    try:
        plain = [exact_json.plain(dict(each)) for each in events]
        return AlertsPage(notices=[*microsoft_alerts.notices(plain, format)], after=after)
    except Unreadable as unreadable:
        raise Refused(str(unreadable)) from None


def _next(page: Mapping[str, Any]) -> str | None:
    """Return the query of the next page; nobody is followed to another host or collection."""
    link = page.get("@odata.nextLink")
    if not isinstance(link, str) or not link:
        return None
    asked = urlsplit(link)
    if not asked.path.endswith(ALERTS):
        raise Refused("Graph names another collection as the next page")
    return asked.query or None


def _stands(told: Mapping[str, Any], status: str, reason: str) -> Stands:
    word = str(told.get(status, "")).strip().lower()
    why = str(told.get(reason) or "").strip().lower()
    resolved = word == "resolved"
    return Stands(resolved=resolved, words=f"{word}, {why}" if resolved and why else word or "of no status")
