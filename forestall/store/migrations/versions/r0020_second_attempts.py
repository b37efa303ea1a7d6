"""When people let a delivery that had failed be attempted once more."""

import sqlalchemy as sa
from alembic import op

from forestall.store.columns import Instant

revision = "r0020_second_attempts"
down_revision = "r0019_opting_in_again"


def upgrade() -> None:
    op.add_column("stops", sa.Column("retried_at", Instant))
