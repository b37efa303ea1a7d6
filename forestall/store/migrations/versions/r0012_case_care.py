"""Who looks after a case, when it is left alone, passed on, merged, or closes by itself."""

import sqlalchemy as sa
from alembic import op

from forestall.store.columns import Instant

revision = "r0012_case_care"
down_revision = "r0011_first_attempts"


def upgrade() -> None:
    op.add_column("cases", sa.Column("owner", sa.Text()))
    op.add_column("cases", sa.Column("taken_over", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("cases", sa.Column("tier", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("cases", sa.Column("snoozed_until", Instant))
    op.add_column("cases", sa.Column("wake_at_severity", sa.Float(53)))
    op.add_column("cases", sa.Column("merged_into", sa.Text()))
    op.add_column("cases", sa.Column("expires_at", Instant))
