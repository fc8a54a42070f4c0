"""The register of controls, the daily digest, and in which words each message went out."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "control_turns",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("control", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_control_turns_control", "control_turns", ["control"])
    op.create_table(
        "control_runs",
        sa.Column("control", sa.String(length=16), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("control", "on"),
    )
    op.create_table(
        "words",
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("asked", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("message"),
    )
    op.create_index("ix_words_customer_id", "words", ["customer_id"])
    op.create_index("ix_words_at", "words", ["at"])
    op.create_table(
        "digests",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_ref", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("on"),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("digests")
    op.drop_index("ix_words_at", table_name="words")
    op.drop_index("ix_words_customer_id", table_name="words")
    op.drop_table("words")
    op.drop_table("control_runs")
    op.drop_index("ix_control_turns_control", table_name="control_turns")
    op.drop_table("control_turns")
