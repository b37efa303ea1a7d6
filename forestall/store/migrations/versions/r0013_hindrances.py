"""Closed roads, drivers who are not there, and a way to find where a vehicle was at a given time."""

import sqlalchemy as sa
from alembic import op

from forestall.store.columns import Instant

revision = "r0013_hindrances"
down_revision = "r0012_case_care"

_IS_POSITION = sa.text("type = 'position'")


def upgrade() -> None:
    op.create_table(
        "closures",
        sa.Column("day", sa.Text, sa.ForeignKey("plans.day"), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("hub_id", sa.Text, primary_key=True),
        sa.Column("lat", sa.Float(53), nullable=False),
        sa.Column("lon", sa.Float(53), nullable=False),
        sa.Column("radius_m", sa.Float(53), nullable=False),
        sa.Column("begins_at", Instant, nullable=False),
        sa.Column("ends_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["day", "hub_id"], ["hubs.day", "hubs.id"]),
    )
    op.create_table(
        "absences",
        sa.Column("day", sa.Text, sa.ForeignKey("plans.day"), primary_key=True),
        sa.Column("driver_id", sa.Text, primary_key=True),
        sa.Column("until", Instant),
        sa.Column("told_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["day", "driver_id"], ["drivers.day", "drivers.id"]),
    )
    op.create_index(
        "ix_inbox_positions",
        "inbox",
        ["subject", "occurred_at"],
        sqlite_where=_IS_POSITION,
        postgresql_where=_IS_POSITION,
    )
