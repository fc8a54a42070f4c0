"""How objects of systems outside stand, what waits until one was read, and who names an endpoint."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "outside_states",
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("theirs", sa.String(length=128), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("source", "theirs"),
    )
    with op.batch_alter_table("outside_waiting") as waiting:
        waiting.add_column(sa.Column("stale", sa.Boolean(), nullable=False, server_default=sa.false()))
        waiting.add_column(sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("event_endpoints") as endpoints:
        endpoints.add_column(sa.Column("named_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("event_endpoints") as endpoints:
        endpoints.drop_column("named_at")
    with op.batch_alter_table("outside_waiting") as waiting:
        waiting.drop_column("tried_at")
        waiting.drop_column("stale")
    op.drop_table("outside_states")
