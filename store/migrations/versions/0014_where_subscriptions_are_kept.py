"""Where subscriptions are kept: places at providers, what was there before, each turn, and the evidence."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "places",
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("resource", sa.String(length=200), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=True),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("linked_by", sa.String(), nullable=False),
        sa.Column("seen", sa.String(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("provider", "resource"),
    )
    op.create_index("ix_places_customer_id", "places", ["customer_id"])
    op.create_index("ix_places_look_at", "places", ["look_at"])
    _of_places(
        "snapshots",
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.JSON(), nullable=True),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=True),
    )
    _of_places(
        "turns",
        sa.Column("claim", sa.String(), nullable=False),
        sa.Column("to", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request", sa.String(), nullable=True),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("says", sa.String(), nullable=False),
    )
    _of_places(
        "exchanges",
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("correlation", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("sent", sa.JSON(), nullable=True),
        sa.Column("got", sa.JSON(), nullable=True),
    )


def _of_places(table: str, *columns: "sa.Column[object]") -> None:
    """Create a table of what happened at places: numbered lines of a customer."""
    op.create_table(
        table,
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(f"ix_{table}_customer_id", table, ["customer_id"])


def downgrade() -> None:
    """Take the change back."""
    for table in ("exchanges", "turns", "snapshots", "places"):
        op.drop_table(table)
