"""The worklist: who does a task, until when it was put off, and how its customer stands."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_OPEN, _OWED = sa.text("closed_at IS NULL"), sa.text("open_minor > 0")


def upgrade() -> None:
    """Apply the change."""
    op.add_column("tasks", sa.Column("owner", sa.String(length=128), nullable=True))
    op.add_column("tasks", sa.Column("snoozed_until", sa.Date(), nullable=True))
    op.add_column("customers", sa.Column("standing", sa.JSON(), nullable=True))
    op.create_index("ix_tasks_open", "tasks", ["customer_id"], sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_index("ix_debts_open", "debts", ["customer_id"], sqlite_where=_OWED, postgresql_where=_OWED)


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_debts_open", "debts")
    op.drop_index("ix_tasks_open", "tasks")
    with op.batch_alter_table("customers") as table:
        table.drop_column("standing")
    with op.batch_alter_table("tasks") as table:
        table.drop_column("snoozed_until")
        table.drop_column("owner")
