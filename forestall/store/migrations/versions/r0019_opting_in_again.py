"""When a number that wanted no more messages has opted in again."""

import sqlalchemy as sa
from alembic import op

from forestall.store.columns import Instant

revision = "r0019_opting_in_again"
down_revision = "r0018_consultations"


def upgrade() -> None:
    op.add_column("contacts", sa.Column("opted_in_at", Instant))
