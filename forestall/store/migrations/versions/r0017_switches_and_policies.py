"""Switches, versions of the policies, what policy was asked, and what the limits of an hour are counted by."""

import sqlalchemy as sa
from alembic import op

from forestall.store.columns import Instant

revision = "r0017_switches_and_policies"
down_revision = "r0016_instructions"


def upgrade() -> None:
    op.add_column("proposals", sa.Column("asked", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("decisions", sa.Column("cost_cents", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_decisions_hub_id_at", "decisions", ["hub_id", "at"])
    op.add_column("outbox", sa.Column("hub_id", sa.Text()))
    op.add_column("outbox", sa.Column("tool", sa.Text()))
    op.create_table(
        "switches",
        sa.Column("scope", sa.Text(), primary_key=True),
        sa.Column("subject", sa.Text(), primary_key=True),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
    )
    op.create_table(
        "policy_versions",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("own", sa.Text(), nullable=False),
        sa.Column("policies", sa.Text(), nullable=False),
        sa.Column("schema", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("drafted_at", Instant, nullable=False),
        sa.Column("decided_at", Instant),
        sa.Column("decided_by", sa.Text()),
        sa.Column("why", sa.Text(), nullable=False),
    )
    is_active = sa.text("status = 'ACTIVE'")
    op.create_index(
        "uq_policy_versions_active",
        "policy_versions",
        ["status"],
        unique=True,
        sqlite_where=is_active,
        postgresql_where=is_active,
    )
