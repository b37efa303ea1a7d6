"""Instructions that drivers confirm, and overrides scored both ways."""

import sqlalchemy as sa
from alembic import op

from forestall.store.columns import Instant

revision = "r0016_instructions"
down_revision = "r0015_people"


def upgrade() -> None:
    op.create_table(
        "instructions",
        sa.Column("route_id", sa.Text, primary_key=True),
        sa.Column("plan_version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("hub_id", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("plan_rev", sa.Integer, nullable=False),
        sa.Column("decision_id", sa.Text, nullable=False),
        sa.Column("stops_before", sa.Text, nullable=False),
        sa.Column("departs_before", Instant, nullable=False),
        sa.Column("told_at", Instant, nullable=False),
        sa.Column("answer_by", Instant, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("next_at", Instant),
        sa.Column("passed_on_at", Instant),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("settled_at", Instant),
    )
    op.create_index("ix_instructions_case_id", "instructions", ["case_id"])
    op.create_index("ix_instructions_status_day_hub_id", "instructions", ["status", "day", "hub_id"])
    op.create_index("ix_instructions_status_next_at", "instructions", ["status", "next_at"])
    op.add_column("approvals", sa.Column("role", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "override_scores",
        sa.Column("decision_id", sa.Text, primary_key=True),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("plan_rev", sa.Integer, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("hub_id", sa.Text, nullable=False),
        sa.Column("decided_at", Instant, nullable=False),
        sa.Column("scored_at", Instant, nullable=False),
        sa.Column("case_kind", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("kinds", sa.Text, nullable=False),
        sa.Column("autonomy", sa.Text, nullable=False),
        sa.Column("stops", sa.Integer, nullable=False),
        sa.Column("kept_done", sa.Integer, nullable=False),
        sa.Column("kept_proposed", sa.Integer, nullable=False),
        sa.Column("kept_really", sa.Integer, nullable=False),
        sa.Column("lateness_done_s", sa.Float(53), nullable=False),
        sa.Column("lateness_proposed_s", sa.Float(53), nullable=False),
        sa.Column("travel_done_s", sa.Float(53)),
        sa.Column("travel_proposed_s", sa.Float(53), nullable=False),
    )
    op.create_index("ix_override_scores_decided_at", "override_scores", ["decided_at"])
