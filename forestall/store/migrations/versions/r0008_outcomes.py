"""Outcomes of routes and hubs beside the scores of stops; since when a vehicle has stood where it is."""

import sqlalchemy as sa
from alembic import op

revision = "r0008_outcomes"
down_revision = "r0006_hours_of_service"

INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.add_column("positions", sa.Column("standing_since", INSTANT))
