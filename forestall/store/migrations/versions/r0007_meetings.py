"""Stops at which a vehicle gives packages away: to whom."""

import sqlalchemy as sa
from alembic import op

revision = "r0007_meetings"
down_revision = "r0006_hours_of_service"


def upgrade() -> None:
    op.add_column("stops", sa.Column("transfer_to", sa.Text()))
