"""What the vendor of SMS was told of opt-outs, and which senders a report has stopped."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "consents",
        sa.Column("fact", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["fact"], ["facts.number"]),
        sa.PrimaryKeyConstraint("fact"),
    )
    with op.batch_alter_table("breakers") as breakers:
        breakers.add_column(sa.Column("by_report", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("breakers") as breakers:
        breakers.drop_column("by_report")
    op.drop_table("consents")
