"""What systems outside say: which of their names is which of ours, and what could not be taken yet."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "outside_names",
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("theirs", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ours", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("invoice", sa.String(), nullable=True),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("source", "theirs"),
    )
    op.create_index("ix_outside_names_customer_id", "outside_names", ["customer_id"])
    op.create_index("ix_outside_names_source_kind_ours", "outside_names", ["source", "kind", "ours"])
    op.create_table(
        "outside_waiting",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("needs", sa.String(), nullable=True),
        sa.Column("customer_id", sa.String(length=64), nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_outside_waiting_source_needs", "outside_waiting", ["source", "needs"])
    op.create_index("ix_outside_waiting_customer_id", "outside_waiting", ["customer_id"])


def downgrade() -> None:
    """Take the change back."""
    for table in ("outside_waiting", "outside_names"):
        op.drop_table(table)
