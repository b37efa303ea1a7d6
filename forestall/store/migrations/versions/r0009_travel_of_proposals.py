"""A proposal names the travel times it was made with."""

import sqlalchemy as sa
from alembic import op

revision = "r0009_travel_of_proposals"
down_revision = "r0008_outcomes"


def upgrade() -> None:
    op.add_column("proposals", sa.Column("travel", sa.Text, nullable=False, server_default=""))
