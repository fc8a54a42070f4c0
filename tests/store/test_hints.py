"""Hints of webhooks: kept once, and who looks again."""

from dataclasses import replace

from sqlmodel import select

from domain.hints import Hint
from domain.incidents.notice import Notice
from domain.switching import Place
from store import hints, incidents, places, service_accounts, tasks
from store.hints import Looks
from store.tables import InboxRow
from tests.store.conftest import Business, at

OVER = Hint(source="partner_center", dedupe="1", provider="partner_center", kind="usage", word="over")


def test_a_hint_is_kept_once_and_runs_the_watch_once(business: Business) -> None:
    """Whoever sends it again and again has nobody asked again and again."""
    assert hints.take(business.ledger, OVER, now=at(0)) == Looks(watch="usage")
    assert hints.take(business.ledger, OVER, now=at(0)) == Looks()
    assert kept(business) == [("over", None, "done")]


def test_a_hint_that_nobody_has_a_use_for_is_kept_and_counted(business: Business) -> None:
    assert hints.take(business.ledger, replace(OVER, kind="other", word="new-thing"), now=at(0)) == Looks()
    assert kept(business) == [("new-thing", None, "unknown")]


def test_a_hint_about_an_account_that_is_linked_is_its_customers(business: Business) -> None:
    business.customer()
    service_accounts.link(business.ledger, "ACME", "tenant-1")
    hints.take(business.ledger, replace(OVER, kind="other", account="tenant-1"), now=at(0))
    assert kept(business) == [("over", "ACME", "done")]


def test_a_hint_about_access_is_one_task(business: Business) -> None:
    told = replace(OVER, kind="access", word="granular-admin-relationship-expired", resource="r-1")
    for dedupe in "112":
        hints.take(business.ledger, replace(told, dedupe=dedupe), now=at(0))
    [task] = tasks.worklist(business.ledger)
    assert (task.step, task.customer_id) == ("access-review", None)
    assert "granular-admin-relationship-expired" in task.why


def test_a_subscription_that_is_a_place_is_looked_at_soon(business: Business) -> None:
    business.customer()
    place = Place(customer="ACME", provider="partner_center", account="t", resource="s-1", kind="licence")
    places.link(business.ledger, place, by="maria", now=at(0))
    with business.ledger.write() as session:
        places.look_again(session, "ACME", at=at(9))
    told = replace(OVER, kind="subscription", resource="s-1", word="subscription-updated")
    assert hints.take(business.ledger, replace(told, resource="s-2"), now=at(1)) == Looks()
    assert places.due(business.ledger, now=at(1), limit=9) == []
    assert hints.take(business.ledger, replace(told, dedupe="2"), now=at(1)) == Looks(
        customers=("ACME",), watch="services"
    )
    assert places.due(business.ledger, now=at(1), limit=9) == ["ACME"]
    assert [row[1:] for row in kept(business)] == [(None, "unknown"), ("ACME", "done")]


def kept(business: Business) -> list[tuple[str, str | None, str]]:
    with business.ledger.read() as session:
        rows = session.exec(select(InboxRow)).all()
        return [(row.word, row.customer_id, row.outcome) for row in rows]


def test_an_alert_about_a_tenant_is_its_customers(business: Business) -> None:
    """Linked, or where a subscription is kept; a tenant of two customers is nobody's."""
    for name in ("ACME", "UMBRELLA", "INITECH"):
        business.customer(name)
    service_accounts.link(business.ledger, "ACME", "tenant-1")
    for number, (customer, tenant) in enumerate(
        [("UMBRELLA", "tenant-2"), ("UMBRELLA", "tenant-3"), ("INITECH", "tenant-3")]
    ):
        place = Place(customer=customer, provider="partner_center", account=tenant, resource=f"s-{number}")
        places.link(business.ledger, place, by="maria", now=at(0))
    told = [
        incidents.take(business.ledger, notice(tenant), now=at(0)).customer
        for tenant in ("tenant-1", "tenant-2", "tenant-3", "tenant-4")
    ]
    assert told == ["ACME", "UMBRELLA", None, None]


def notice(tenant: str) -> Notice:
    return Notice(source="graph", id=f"a-{tenant}", kind="mining", trusted=True, customer=tenant)
