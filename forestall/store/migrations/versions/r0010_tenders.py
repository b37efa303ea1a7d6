"""How long a carrier takes to answer, and the stops that were offered to it."""

import sqlalchemy as sa
from alembic import op

from forestall.store.columns import Instant

revision = "r0010_tenders"
down_revision = "r0009_travel_of_proposals"


def upgrade() -> None:
    op.add_column("carriers", sa.Column("answers_within_s", sa.Float(53)))
    op.create_table(
        "tenders",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("case_id", sa.Text, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("plan_rev", sa.Integer, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("hub_id", sa.Text, nullable=False),
        sa.Column("carrier_id", sa.Text, nullable=False),
        sa.Column("stop_ids", sa.Text, nullable=False),
        sa.Column("from_routes", sa.Text, nullable=False),
        sa.Column("cost_cents", sa.Integer, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("answer_by", Instant, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("answered_at", Instant),
        sa.Column("settled", sa.Boolean, nullable=False),
    )
    op.create_index("ix_tenders_day_hub_id", "tenders", ["day", "hub_id"])
    op.create_index("ix_tenders_settled_answer_by", "tenders", ["settled", "answer_by"])
