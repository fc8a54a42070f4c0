"""The registry of search attributes against what the view sets and what a database has room for."""

from collections import Counter
from datetime import UTC, datetime

from domain.account import Account
from domain.clock import BusinessClock
from domain.customer import Customer
from domain.plan import Plan
from domain.view import view_of
from workflows.search_attributes import SEARCH_ATTRIBUTES


def test_every_attribute_of_the_view_is_registered_with_its_type() -> None:
    view = view_of(
        Plan(
            stage="current",
            effects=(),
            held=(),
            wake_at=None,
            case_open=False,
            forecast=(),
            allowed={},
            owed=(),
            overdue=(),
            overdue_since=None,
        ),
        account=Account(customer=Customer(id="ACME")),
        now=datetime(2026, 1, 1, tzinfo=UTC),
        news=1,
        case=0,
        policy="business 0123456789ab",
        contacts=(),
        tasks=(),
        clock=BusinessClock(real_at=datetime(2026, 1, 1, tzinfo=UTC)),
    )
    set_by_the_view = {name: kind for name, kind, _ in view["attributes"]}
    assert len(set_by_the_view) == len(view["attributes"])
    assert set_by_the_view.items() <= SEARCH_ATTRIBUTES.items()


def test_the_dev_servers_database_has_room_for_them() -> None:
    """SQLite: ten Keywords and three of each other type in a namespace."""
    for kind, count in Counter(SEARCH_ATTRIBUTES.values()).items():
        assert count <= (10 if kind == "Keyword" else 3), kind
