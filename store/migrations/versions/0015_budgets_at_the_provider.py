"""Budgets at the provider: what was asked for there, and what was read back."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "budgets",
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(), nullable=True),
        sa.Column("profile", sa.BigInteger(), nullable=False),
        sa.Column("wanted", sa.String(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("request", sa.String(), nullable=True),
        sa.Column("read", sa.String(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("says", sa.String(), nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("customer_id"),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("budgets")
