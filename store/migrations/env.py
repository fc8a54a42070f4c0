"""How Alembic runs our migrations: on the connection that `store.database.migrating` hands it."""

from typing import Any, Literal

import sqlalchemy as sa
import sqlmodel
from alembic import context
from alembic.autogenerate.api import AutogenContext

import store.event_tables
import store.outside_tables  # noqa: F401 - the tables of both are compared as well
from store import tables


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Keep migrations free of our code: types that wrap another are written as that one."""
    if kind == "type" and isinstance(item, tables.Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, sqlmodel.AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


connection: sa.Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=sqlmodel.SQLModel.metadata,
    render_item=render_item,
    # SQLite cannot change a table in place.
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
