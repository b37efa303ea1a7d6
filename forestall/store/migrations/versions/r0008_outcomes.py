"""Outcomes of routes and hubs beside the scores of stops; since when a vehicle has stood where it is."""

import sqlalchemy as sa
from alembic import op

revision = "r0008_outcomes"
down_revision = "r0007_meetings"

INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOUBLE = sa.Float(53)


def upgrade() -> None:
    op.add_column("positions", sa.Column("standing_since", INSTANT))
    op.add_column("forecasts", sa.Column("hubs", sa.Text()))
    op.add_column("scores", sa.Column("p_undone", DOUBLE, nullable=False, server_default="0"))
    op.add_column("scores", sa.Column("p_ordinary", DOUBLE, nullable=False, server_default="0"))
    op.create_table(
        "route_scores",
        sa.Column("route_id", sa.Text(), nullable=False),
        sa.Column("forecast_seq", SEQUENCE, autoincrement=False, nullable=False),
        sa.Column("p_hours_breach", DOUBLE, nullable=False),
        sa.Column("p_shift_overrun", DOUBLE, nullable=False),
        sa.Column("p_not_ready", DOUBLE, nullable=False),
        sa.Column("finish_p50", INSTANT),
        sa.PrimaryKeyConstraint("route_id", "forecast_seq", name="pk_route_scores"),
        sa.ForeignKeyConstraint(["forecast_seq"], ["forecasts.seq"], name="fk_route_scores_forecast_seq"),
    )
