"""An approval of the blast guard covers a number of effects, counted from when it was given."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change; an approval that holds at this moment covers nothing more."""
    with op.batch_alter_table("switches") as switches:
        switches.add_column(sa.Column("blast_allowed", sa.Integer(), nullable=True))
        switches.add_column(sa.Column("blast_allowed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("switches") as switches:
        switches.drop_column("blast_allowed_at")
        switches.drop_column("blast_allowed")
