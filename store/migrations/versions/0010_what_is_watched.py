"""What is watched by itself: monitors with their cursors, accounts at providers, and their activity log."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "monitors",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("expected_since", _INSTANT, nullable=False),
        sa.Column("began_at", _INSTANT, nullable=True),
        sa.Column("succeeded_at", _INSTANT, nullable=True),
        sa.Column("cursor", sa.JSON(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("unknown", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "service_accounts",
        sa.Column("account", sa.String(length=128), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("account"),
    )
    op.create_index("ix_service_accounts_customer_id", "service_accounts", ["customer_id"])
    op.create_table(
        "activities",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("record", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=True),
        sa.Column("customer_id", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("happened_at", _INSTANT, nullable=False),
        sa.Column("heard_at", _INSTANT, nullable=False),
        sa.Column("actor", sa.String(), nullable=True),
        sa.Column("audited", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "record"),
    )
    op.create_index("ix_activities_audited", "activities", ["audited"])
    op.create_index("ix_activities_customer_id_happened_at", "activities", ["customer_id", "happened_at"])
    op.create_table(
        "activity_details",
        sa.Column("activity_id", _NUMBER, nullable=False, autoincrement=False),
        sa.Column("raw", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activities.id"]),
        sa.PrimaryKeyConstraint("activity_id"),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("activity_details")
    op.drop_table("activities")
    op.drop_table("service_accounts")
    op.drop_table("monitors")
