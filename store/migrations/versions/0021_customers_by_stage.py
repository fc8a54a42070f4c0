"""Customers by their stage: finance lists those of one, a page at a time."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_index("ix_customers_stage_id", "customers", ["stage", "id"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_customers_stage_id", "customers")
