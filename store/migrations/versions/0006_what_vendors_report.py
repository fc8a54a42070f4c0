"""What vendors and customers tell us: each event once, what customers wrote, and what was refused."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "inbox",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("dedupe", sa.String(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=True),
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("provider_ref", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "dedupe"),
    )
    op.create_index("ix_inbox_customer_id", "inbox", ["customer_id"])
    op.create_index("ix_inbox_outcome_heard_at", "inbox", ["outcome", "heard_at"])
    op.create_table(
        "refusals",
        sa.Column("door", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("door", "why", "on"),
    )
    op.create_table(
        "replies",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("says", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_replies_customer_id", "replies", ["customer_id"])
    op.create_index("ix_contact_data_phone", "contact_data", ["phone"])
    op.create_index("ix_contact_data_email", "contact_data", ["email"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_contact_data_email", table_name="contact_data")
    op.drop_index("ix_contact_data_phone", table_name="contact_data")
    op.drop_table("replies")
    op.drop_table("refusals")
    op.drop_table("inbox")
