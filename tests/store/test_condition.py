"""What a database says of itself, on SQLite and on PostgreSQL; and what each door heard lately."""

from datetime import timedelta
from typing import Any

import pytest

from store import echoes
from store.condition import condition, tables
from store.database import newest_revision


def test_a_database_says_which_it_is_and_what_may_lose_a_commit(business: Any) -> None:
    found = condition(business.ledger)
    if business.ledger.dialect == "sqlite":
        assert found.version.startswith("SQLite 3.")
        assert found.version.endswith(", journal mode wal")
        # Tests wait for no disk.
        assert found.wrong == ("commits do not wait for the disk, so a loss of power may take a claim",)
    else:
        assert found.version.startswith("PostgreSQL 1")
        assert [words.split()[0] for words in found.wrong] in ([], ["fsync"], ["synchronous_commit", "fsync"])


def test_the_tables_are_those_of_this_version(business: Any) -> None:
    found = tables(business.ledger.url)
    assert (found.there, found.wanted) == (newest_revision(), newest_revision())


@pytest.mark.parametrize(("ago", "count"), [(timedelta(hours=1), 1), (timedelta(days=8), 0)])
def test_what_went_out_is_counted_by_channel(business: Any, ago: timedelta, count: int) -> None:
    business.customer()
    business.invoice("ACME")
    begun = business.begun("ACME", "first/email", business.at(3))
    business.confirm("ACME", begun.message, business.at(3), provider_ref="SG1")
    now = business.at(3) + ago
    out = echoes.sent(business.ledger, since=now - timedelta(days=7), before=now)
    assert out.get("email", 0) == count
    assert echoes.heard(business.ledger, since=now - timedelta(days=7)) == {}
