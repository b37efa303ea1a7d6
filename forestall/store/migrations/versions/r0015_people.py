"""What people do about a case: who has seen it and for how long, plans of their own, and the way back."""

import sqlalchemy as sa
from alembic import op

from forestall.store.columns import Instant

revision = "r0015_people"
down_revision = "r0014_customers_word"


def upgrade() -> None:
    op.add_column("cases", sa.Column("acknowledged_by", sa.Text()))
    op.add_column("cases", sa.Column("acknowledged_at", Instant))
    op.add_column("cases", sa.Column("wake_before_window_s", sa.Float(53)))
    op.add_column("cases", sa.Column("merged_by", sa.Text()))
    op.add_column("proposals", sa.Column("edited_from", sa.Text()))
    op.add_column("approvals", sa.Column("on_behalf_of", sa.Text()))
    op.add_column("approvals", sa.Column("shown_at", Instant))
    op.add_column("approvals", sa.Column("looked_s", sa.Float(53)))
    op.add_column("approvals", sa.Column("instead_of", sa.Integer()))
    op.create_table(
        "reversals",
        sa.Column("decision_id", sa.Text, primary_key=True),
        sa.Column("case_id", sa.Text, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("candidate", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("departures", sa.Text, nullable=False),
        sa.Column("undone_by", sa.Text),
    )
    op.create_index("ix_reversals_case_id", "reversals", ["case_id"])
    op.create_index("ix_reversals_day", "reversals", ["day"])
