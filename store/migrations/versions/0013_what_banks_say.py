"""What banks say: statements, their lines, what was concluded from each, and who has paid from where."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply the change."""
    _what_was_said()
    _what_was_concluded()


def _what_was_said() -> None:
    op.create_table(
        "bank_statements",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("opening_minor", sa.BigInteger(), nullable=True),
        sa.Column("closing_minor", sa.BigInteger(), nullable=True),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("ix_bank_statements_account", "bank_statements", ["account", "last_on"])
    op.create_table(
        "bank_lines",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("statement_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("bank_ref", sa.String(), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("payer", sa.String(), nullable=True),
        sa.Column("returned", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["statement_id"], ["bank_statements.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    for column in ("statement_id", "content", "reference"):
        op.create_index(f"ix_bank_lines_{column}", "bank_lines", [column])
    op.create_table(
        "bank_details",
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("structured", sa.String(), nullable=True),
        sa.Column("end_to_end", sa.String(), nullable=True),
        sa.Column("payer", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["line_id"], ["bank_lines.id"]),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("line_id"),
    )
    op.create_index("ix_bank_details_customer_id", "bank_details", ["customer_id"])


def _what_was_concluded() -> None:
    op.create_table(
        "bank_decisions",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("payments", sa.JSON(), nullable=False),
        sa.Column("candidates", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["bank_lines.id"]),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("line_id", "customer_id"):
        op.create_index(f"ix_bank_decisions_{column}", "bank_decisions", [column])
    op.create_table(
        "bank_payers",
        sa.Column("payer", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("payer", "customer_id"),
    )


def downgrade() -> None:
    """Take the change back."""
    for table in ("bank_payers", "bank_decisions", "bank_details", "bank_lines", "bank_statements"):
        op.drop_table(table)
