"""Usage and activity logs over real HTTP, at a loopback Partner Center: pages, refusals, patience."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.errors import Misconfigured, Refused, TryAgainLater
from providers.loopback.faults import DROPPED, GARBLED, LOST_REPLY, REDIRECTED, refused, throttled, unwell
from providers.loopback.server import Loopback
from providers.partner_center.client import Client
from providers.partner_center.login import GivenToken
from providers.partner_center.reading import PartnerCenter

TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback


@pytest.fixture
def center(server: Loopback) -> PartnerCenter:
    server.partner_center.usage.clear()
    server.partner_center.audit.clear()
    server.partner_center.asked.clear()
    server.partner_center.page_size = 100
    return reading(server, server.partner_center.token)


def reading(server: Loopback, token: str) -> PartnerCenter:
    login = GivenToken(token)
    return PartnerCenter(Client(base=server.partner_center_base, app=login, user=login))


def usage(account: str, cost: Any, **more: Any) -> dict[str, Any]:
    record = {"resourceId": account, "totalCost": cost, "currencyCode": "SEK", "percentUsed": 602.84}
    return {**record, "lastModifiedDate": "2026-03-09T17:08:11.1433333+00:00", **more}


def audit(name: str, on: date = TODAY) -> dict[str, Any]:
    return {"id": name, "operationType": "create_order", "operationDate": f"{on}T10:00:00.1234567Z"}


def all_records(center: PartnerCenter, since: date, until: date = TODAY) -> list[str]:
    found, after = [], None
    while True:
        page = center.records(since, until, after)
        found += [str(each["id"]) for each in page.records]
        after = page.after
        if after is None:
            return found


def test_usage_is_read_exactly(server: Loopback, center: PartnerCenter) -> None:
    server.partner_center.usage += [
        usage("T-1", 120.5682999999996),
        usage("T-2", 0),
        usage("T-3", 7, currencyCode=None, currencyLocale="fr-FR"),
        usage("T-4", 7, currencyCode=None, currencyLocale="nowhere"),
    ]
    page = center.readings(None)
    assert page.after is None
    assert [(each.account, each.amount, each.currency) for each in page.readings] == [
        ("T-1", Decimal("120.5682999999996"), "SEK"),
        ("T-2", Decimal(0), "SEK"),
        ("T-3", Decimal(7), "EUR"),
        ("T-4", Decimal(7), ""),
    ]
    assert page.readings[0].fact("UTC").amount == Decimal("120.57")
    assert page.readings[0].read_at == datetime(2026, 3, 9, 17, 8, 11, 143333, tzinfo=UTC)


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"resourceId": "T-1"},
        usage("T-1", "much"),
        usage("T-1", True),
        usage("T-1", 1, lastModifiedDate="x"),
        usage("T-1", 1, lastModifiedDate="0001-01-01T00:00:00+00:00"),
    ],
)
def test_a_usage_record_that_says_nothing_is_passed_over(
    server: Loopback, center: PartnerCenter, record: dict[str, Any]
) -> None:
    server.partner_center.usage.append(record)
    assert center.readings(None).readings == []


def test_pages_are_followed_by_their_links(server: Loopback, center: PartnerCenter) -> None:
    server.partner_center.page_size = 2
    server.partner_center.audit += [audit(f"r-{n}") for n in range(5)]
    server.partner_center.usage += [usage(f"T-{n}", n) for n in range(3)]
    assert all_records(center, TODAY) == [f"r-{n}" for n in range(5)]
    first = center.readings(None)
    assert first.after == "/customers/usagerecords?continuationToken=2"
    assert [each.account for each in center.readings(first.after).readings] == ["T-2"]


def test_days_are_asked_for_and_none_beyond_90(server: Loopback, center: PartnerCenter) -> None:
    server.partner_center.audit += [audit("old", TODAY - timedelta(days=90)), audit("new", TODAY)]
    assert all_records(center, TODAY - timedelta(days=90)) == ["old", "new"]
    assert all_records(center, TODAY - timedelta(days=1)) == ["new"]
    with pytest.raises(Refused, match=r"refuses what is asked for \(400, code 2000\)"):
        center.records(TODAY - timedelta(days=91), TODAY, None)


@pytest.mark.parametrize("after", ["/invoices", "//elsewhere.example/auditrecords", "/auditrecords/../x"])
def test_no_other_collection_is_followed(center: PartnerCenter, after: str) -> None:
    with pytest.raises(Refused, match="another collection"):
        center.records(TODAY, TODAY, after)


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (throttled(57), TryAgainLater, r"asks for patience \(429\)"),
        (unwell(503), TryAgainLater, r"is unwell \(503"),
        (refused(900309, 403), Misconfigured, r"Conditional Access .* \(403, code 900309\)"),
        (refused(2000, 400), Refused, r"\(400, code 2000\)"),
        (REDIRECTED, Misconfigured, r"\(302"),
        (DROPPED, TryAgainLater, "cannot be reached"),
        (LOST_REPLY, TryAgainLater, "cannot be reached"),
        (GARBLED, TryAgainLater, "no JSON"),
    ],
)
def test_what_goes_wrong_is_sorted_by_what_can_be_done(
    server: Loopback, center: PartnerCenter, fault: Any, error: type[Exception], words: str
) -> None:
    server.faults.add("read", [fault])
    with pytest.raises(error, match=words) as caught:
        center.readings(None)
    assert server.partner_center.token not in str(caught.value)
    if isinstance(caught.value, TryAgainLater) and fault.retry_after:
        assert caught.value.delay == timedelta(seconds=57)


def test_a_wrong_token_is_ours_to_mend(server: Loopback, center: PartnerCenter) -> None:
    with pytest.raises(Misconfigured, match="PARTNER_CENTER_TOKEN"):
        reading(server, "another").records(TODAY, TODAY, None)
