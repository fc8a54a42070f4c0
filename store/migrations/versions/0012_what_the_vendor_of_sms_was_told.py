"""What the vendor of SMS was told of opt-outs."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0006"
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


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("consents")
