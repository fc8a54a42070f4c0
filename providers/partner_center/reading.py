"""Usage and activity logs of Partner Center: its collections of usage records and audit records, by page.

A page names the next one by a link, of which only path and query are used: nobody is followed to another
host.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from babel import Locale, UnknownLocaleError
from babel.numbers import get_territory_currencies

from domain.activity_log.records import RecordsPage
from domain.errors import Refused, TryAgainLater
from domain.facts.fields import FIRST_DAY, LAST_DAY
from domain.usage.measured import Measured, ReadingsPage
from providers.partner_center import exact_json
from providers.partner_center.client import Client

_USAGE, _AUDIT = "/customers/usagerecords", "/auditrecords"
_PAGE_SIZE = 500


class PartnerCenter:
    """The account of a partner, as far as it is read here."""

    name = "partner_center"

    def __init__(self, client: Client) -> None:
        self._client = client

    def readings(self, after: str | None) -> ReadingsPage:
        """Return what customers used of this month so far: estimates, about a day old.

        Raises:
            TryAgainLater, Misconfigured, Refused: the page was not read.
        """
        page = self._get(after or _USAGE, _USAGE)
        found = [reading for each in _items(page) if (reading := _measured(each)) is not None]
        return ReadingsPage(readings=found, after=_next(page))

    def records(self, since: date, until: date, after: str | None) -> RecordsPage:
        """Return records of these days.

        Raises:
            TryAgainLater, Misconfigured, Refused: the page was not read.
        """
        asked = {"startDate": since.isoformat(), "endDate": until.isoformat(), "size": _PAGE_SIZE}
        page = self._get(after or f"{_AUDIT}?{urlencode(asked)}", _AUDIT)
        return RecordsPage(records=[*map(exact_json.plain, _items(page))], after=_next(page))

    def _get(self, path: str, below: str) -> Mapping[str, Any]:
        if path.partition("?")[0] != below:
            raise Refused(f"Partner Center names another collection than {below} as the next page")
        page = self._client.get(f"/v1{path}").body
        if not isinstance(page, dict):
            raise TryAgainLater("Partner Center answered with something that is no page")
        return page


def _items(page: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    items = page.get("items")
    return [each for each in items if isinstance(each, Mapping)] if isinstance(items, list) else []


def _next(page: Mapping[str, Any]) -> str | None:
    links = page.get("links")
    following = links.get("next") if isinstance(links, Mapping) else None
    uri = following.get("uri") if isinstance(following, Mapping) else None
    if not isinstance(uri, str) or not uri:
        return None
    return uri.removeprefix("/v1") if uri.startswith("/") else f"/{uri}"


def _measured(record: Mapping[str, Any]) -> Measured | None:
    """Return the reading that a record is; None of one without an account, a cost or an instant."""
    account, cost = record.get("resourceId") or record.get("id"), record.get("totalCost")
    if not isinstance(account, str) or isinstance(cost, bool) or not isinstance(cost, int | Decimal):
        return None
    try:
        read_at = datetime.fromisoformat(str(record.get("lastModifiedDate")))
    except ValueError:
        return None
    # 0001-01-01 is how a date is written that there is not.
    if read_at.tzinfo is None or not FIRST_DAY <= read_at.date() <= LAST_DAY:
        return None
    return Measured(
        account=account, amount=Decimal(cost), currency=_currency(record, read_at), read_at=read_at
    )


def _currency(record: Mapping[str, Any], read_at: datetime) -> str:
    """The currency of a record; old subscriptions have a locale in its place, whose country has one."""
    code = record.get("currencyCode")
    if isinstance(code, str) and code:
        return code.upper()
    try:
        territory = Locale.parse(str(record.get("currencyLocale")), sep="-").territory
    except (UnknownLocaleError, ValueError):
        return ""
    used = get_territory_currencies(territory, read_at.date()) if territory else []
    return str(used[0]) if used else ""
