"""What contact law asks of a customer: region, cities with rules of their own, the zones of the telephone.

`zones` stays null where contact data was last written before; it is derived when it is needed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change; nothing is known of customers who are there already."""
    with op.batch_alter_table("customers") as customers:
        customers.add_column(sa.Column("region", sa.String(), nullable=True))
        customers.add_column(sa.Column("places", sa.JSON(), nullable=False, server_default="[]"))
        customers.add_column(sa.Column("zones", sa.JSON(), nullable=True))
        customers.add_column(sa.Column("calling_code", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("customers") as customers:
        customers.drop_column("calling_code")
        customers.drop_column("zones")
        customers.drop_column("places")
        customers.drop_column("region")
