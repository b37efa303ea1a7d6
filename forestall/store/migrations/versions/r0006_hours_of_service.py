"""The hours of service of a driver."""

import sqlalchemy as sa
from alembic import op

revision = "r0006_hours_of_service"
down_revision = "r0004_append_only"


def upgrade() -> None:
    op.add_column("drivers", sa.Column("hours", sa.Text()))
