"""What drivers' notes on failed attempts come down to; the notes themselves stay in the inbox."""

import sqlalchemy as sa
from alembic import op

revision = "r0021_drivers_words"
down_revision = "r0020_second_attempts"


def upgrade() -> None:
    op.add_column("attempts", sa.Column("said", sa.Text()))
    is_a_failure = sa.text("type = 'failed'")
    op.create_index("ix_inbox_failures", "inbox", ["subject"], sqlite_where=is_a_failure, postgresql_where=is_a_failure)
