"""The work on a day: cases, proposals, approvals, decisions."""

import sqlalchemy as sa
from alembic import op

revision = "r0002_work"
down_revision = "r0001_state"

TEXT = sa.Text()
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
BIG = sa.BigInteger()
INT = sa.Integer()
DOUBLE = sa.Float(53)
FLAG = sa.Boolean()
_IS_ACTIVE = sa.text("status NOT IN ('RESOLVED', 'EXPIRED', 'MERGED', 'SUPPRESSED')")


def upgrade() -> None:
    _create_cases()
    _create_answers()


def _create_cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("day", TEXT, nullable=False),
        sa.Column("hub_id", TEXT, nullable=False),
        sa.Column("route_ids", TEXT, nullable=False),
        sa.Column("stop_ids", TEXT, nullable=False),
        sa.Column("severity", DOUBLE, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("evidence", TEXT, nullable=False),
        sa.Column("avoidable_loss", DOUBLE, nullable=False),
        sa.Column("act_by", INSTANT),
        sa.Column("closed_at", INSTANT),
        sa.Column("plan_rev", INT, nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.Column("quiet_since", INSTANT),
        sa.Column("planned_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
    )
    op.create_index("ix_cases_day_status", "cases", ["day", "status"])
    op.create_index(
        "uq_cases_active_fingerprint",
        "cases",
        ["fingerprint"],
        unique=True,
        sqlite_where=_IS_ACTIVE,
        postgresql_where=_IS_ACTIVE,
    )
    op.create_table(
        "proposals",
        sa.Column("case_id", TEXT, nullable=False),
        sa.Column("plan_rev", INT, nullable=False),
        sa.Column("snapshot_id", TEXT, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("candidates", TEXT, nullable=False),
        sa.Column("judgements", TEXT, nullable=False),
        sa.Column("ranking", TEXT, nullable=False),
        sa.Column("declined", TEXT, nullable=False),
        sa.Column("chosen", TEXT),
        sa.Column("gate", TEXT),
        sa.Column("planner", TEXT, nullable=False),
        sa.Column("model", TEXT, nullable=False),
        sa.Column("seed", BIG, nullable=False),
        sa.Column("samples", INT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_proposals_case_id"),
        sa.PrimaryKeyConstraint("case_id", "plan_rev", name="pk_proposals"),
    )


def _create_answers() -> None:
    op.create_table(
        "approvals",
        sa.Column("case_id", TEXT, nullable=False),
        sa.Column("interrupt_id", TEXT, nullable=False),
        sa.Column("plan_rev", INT, nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("is_veto", FLAG, nullable=False),
        sa.Column("verdict", TEXT),
        sa.Column("answered_at", INSTANT),
        sa.Column("answered_by", TEXT),
        sa.Column("reason", TEXT),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("resumed", FLAG, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_approvals_case_id"),
        sa.PrimaryKeyConstraint("case_id", "interrupt_id", name="pk_approvals"),
    )
    op.create_index("ix_approvals_resumed_expires_at", "approvals", ["resumed", "expires_at"])
    op.create_table(
        "decisions",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("case_id", TEXT, nullable=False),
        sa.Column("plan_rev", INT, nullable=False),
        sa.Column("hub_id", TEXT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("verdict", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("candidate_id", TEXT),
        sa.Column("snapshot_id", TEXT, nullable=False),
        sa.Column("read_set", TEXT, nullable=False),
        sa.Column("reason", TEXT),
        sa.Column("note", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_decisions_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
    )
    op.create_index("ix_decisions_at", "decisions", ["at"])
    op.create_index("ix_decisions_case_id", "decisions", ["case_id"])
