"""Who a customer is for the choice of a policy, and which one was chosen and why."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change; the choice is noted when a customer is looked at."""
    with op.batch_alter_table("customers") as customers:
        customers.add_column(sa.Column("size", sa.String(), nullable=True))
        customers.add_column(sa.Column("risk", sa.String(), nullable=True))
        customers.add_column(sa.Column("chosen", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("customers") as customers:
        customers.drop_column("chosen")
        customers.drop_column("risk")
        customers.drop_column("size")
