"""The database itself: the lock that loses nothing, instants, URLs, migrations."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from time import monotonic

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import SQLModel

from store import customers
from store.database import BUSY_SECONDS, Ledger, migrate, migrating, newest_revision
from store.tables import ContactRow, CustomerRow

THREADS, ROUNDS = 8, 25


def test_read_then_write_loses_nothing(business, together):
    name = business.customer()
    before = business.assess(name, business.at(0)).revision

    def raise_often():
        for _ in range(ROUNDS):
            with business.ledger.write() as session:
                row = customers.lock(session, name)
                row.revision = row.revision + 1

    assert together([raise_often] * THREADS) == [None] * THREADS
    assert business.assess(name, business.at(0)).revision == before + THREADS * ROUNDS


def test_two_ledgers_on_one_database_share_the_lock(business, together):
    name = business.customer()
    before = business.assess(name, business.at(0)).revision

    def raise_often():
        ledger = Ledger(business.ledger.url, durable=False)
        for _ in range(ROUNDS):
            with ledger.write() as session:
                customers.lock(session, name).revision += 1
        ledger.close()

    assert together([raise_often] * 4) == [None] * 4
    assert business.assess(name, business.at(0)).revision == before + 4 * ROUNDS


def test_an_error_rolls_everything_back(business):
    name = business.customer()

    def break_off():
        with business.ledger.write() as session:
            customers.lock(session, name).revision = 99
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    with business.ledger.read() as session:
        assert session.get_one(CustomerRow, name).revision == 1


def test_foreign_keys_are_enforced(ledger):
    with pytest.raises(IntegrityError), ledger.write() as session:
        session.add(ContactRow(customer_id="nobody"))


def test_instants_come_back_aware_and_in_utc(business):
    east = timezone(timedelta(hours=9))
    name = business.customer(now=datetime(2026, 3, 1, 8, 30, 15, 123456, tzinfo=east))
    with business.ledger.read() as session:
        created_at = session.get_one(CustomerRow, name).created_at
    assert created_at == datetime(2026, 2, 28, 23, 30, 15, 123456, tzinfo=UTC)
    assert created_at.utcoffset() == timedelta(0)


def test_naive_instants_are_refused(business):
    with pytest.raises(StatementError, match="has no zone"):
        business.customer(now=datetime(2026, 3, 1))


def test_the_identity_is_of_the_ledger_and_not_of_the_process(ledger):
    again = Ledger(ledger.url, durable=False)
    assert again.identity == ledger.identity
    assert len(ledger.identity) == 32
    again.close()


@pytest.mark.parametrize(
    "url", ["mysql://host/x", "sqlite://", "sqlite:///:memory:", "ledger.db", "postgres is here", ""]
)
def test_other_databases_are_refused_with_the_remedy(url):
    with pytest.raises(ValueError, match="write sqlite:///path"):
        Ledger(url, durable=False)


# --- migrations ----------------------------------------------------------------------------------


def test_the_migrations_make_exactly_these_tables(database_url):
    with migrating(database_url) as config:
        command.check(config)


def test_the_newest_revision_is_the_head_of_the_migrations(ledger):
    with migrating(ledger.url) as config:
        assert newest_revision() == ScriptDirectory.from_config(config).get_current_head()


def test_a_ledger_that_is_up_to_date_is_opened_while_somebody_writes(ledger):
    """Nothing waits for the writer: there is no transaction that might write."""
    with ledger.write() as session:
        session.exec(text("UPDATE identity SET identity = identity"))
        began = monotonic()
        migrate(ledger.url)
        assert monotonic() - began < BUSY_SECONDS / 3


def test_migrating_again_changes_nothing(ledger):
    before = ledger.identity
    migrate(ledger.url)
    again = Ledger(ledger.url, durable=False)
    assert again.identity == before
    again.close()


def test_down_and_up_again(database_url):
    with migrating(database_url) as config:
        command.downgrade(config, "base")
        tables = set(inspect(config.attributes["connection"]).get_table_names())
        assert tables == {"alembic_version"}
    migrate(database_url)
    with migrating(database_url) as config:
        tables = set(inspect(config.attributes["connection"]).get_table_names())
    assert tables == {*SQLModel.metadata.tables, "alembic_version"}


def test_a_table_made_anew_keeps_the_rows_that_point_to_it(business):
    """SQLite makes a table anew to change it; with foreign keys on that would fail, or empty others."""
    name = business.customer()
    with migrating(business.ledger.url) as config:
        from alembic.migration import MigrationContext
        from alembic.operations import Operations

        operations = Operations(MigrationContext.configure(config.attributes["connection"]))
        with operations.batch_alter_table("customers", recreate="auto") as batch:
            batch.alter_column("segment", new_column_name="kind_of")
        with operations.batch_alter_table("customers", recreate="auto") as batch:
            batch.alter_column("kind_of", new_column_name="segment")
    with business.ledger.write() as session:
        assert customers.contact(session, name).email == "ACME@example.com"


def test_a_migration_that_leaves_loose_ends_is_rolled_back(tmp_path):
    url = f"sqlite:///{tmp_path}/ledger.db"
    migrate(url)
    loose = text("INSERT INTO contact_data (customer_id) VALUES ('nobody')")
    with pytest.raises(RuntimeError, match="point to nothing"), migrating(url) as config:
        config.attributes["connection"].execute(loose)
    ledger = Ledger(url, durable=False)
    with ledger.read() as session:
        assert session.get(ContactRow, "nobody") is None
    ledger.close()


def test_migrations_are_free_of_our_code():
    for path in (Path(__file__).parents[2] / "store/migrations/versions").glob("*.py"):
        assert "store" not in path.read_text()
        assert "sqlmodel" not in path.read_text()


def test_two_processes_may_migrate_at_once(tmp_path, together):
    url = f"sqlite:///{tmp_path}/new/ledger.db"
    assert together([lambda: migrate(url)] * 2) == [None, None]
    ledger = Ledger(url, durable=False)
    assert ledger.identity
    ledger.close()
