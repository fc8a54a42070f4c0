"""The customers' own pages: the number by which a link names a customer, and how often links were revoked."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "own_pages",
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("customer_id"),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("own_pages")
