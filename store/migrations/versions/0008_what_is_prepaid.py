"""What is prepaid, and what was provisioned: entries of deposits, and a row for each order."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("entries", sa.Column("deposit", sa.String(), nullable=True))
    op.create_table(
        "provisions",
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("subscription", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("provisioned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("customer_id", "order"),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("provisions")
    with op.batch_alter_table("entries") as entries:
        entries.drop_column("deposit")
