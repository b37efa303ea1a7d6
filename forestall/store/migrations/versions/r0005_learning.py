"""Learning: kept features, outcomes, what was acted on, grades, models, drift; proposals held out by lot."""

import sqlalchemy as sa
from alembic import op

revision = "r0005_learning"
down_revision = "r0004_append_only"

TEXT = sa.Text()
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INT = sa.Integer()
DOUBLE = sa.Float(53)
FLAG = sa.Boolean()
BYTES = sa.LargeBinary()
_IS_ACTIVE = sa.text("status = 'ACTIVE'")


def upgrade() -> None:
    op.add_column("proposals", sa.Column("held_out", FLAG, nullable=False, server_default=sa.false()))
    _create_examples()
    _create_grades()
    _create_models()


def _create_examples() -> None:
    op.create_table(
        "score_frames",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("day", TEXT, nullable=False),
        sa.Column("taken_at", INSTANT, nullable=False),
        sa.Column("model", TEXT, nullable=False),
        sa.Column("feature_hash", TEXT, nullable=False),
        sa.Column("stop_ids", BYTES, nullable=False),
        sa.Column("features", BYTES, nullable=False),
        sa.Column("forecasts", BYTES, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_score_frames"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_score_frames_day", "score_frames", ["day"])
    op.create_table(
        "outcomes",
        sa.Column("stop_id", TEXT, nullable=False),
        sa.Column("day", TEXT, nullable=False),
        sa.Column("hub_id", TEXT, nullable=False),
        sa.Column("route_id", TEXT, nullable=False),
        sa.Column("known_at", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT),
        sa.Column("late", FLAG, nullable=False),
        sa.Column("lateness_s", DOUBLE, nullable=False),
        sa.Column("failed", FLAG),
        sa.Column("undone", FLAG, nullable=False),
        sa.Column("acted_at", INSTANT),
        sa.Column("told_at", INSTANT),
        sa.PrimaryKeyConstraint("stop_id", name="pk_outcomes"),
    )
    op.create_index("ix_outcomes_day", "outcomes", ["day"])
    op.create_table(
        "labelled_days",
        sa.Column("day", TEXT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_labelled_days"),
    )
    op.create_table(
        "interventions",
        sa.Column("stop_id", TEXT, nullable=False),
        sa.Column("decision_id", TEXT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("changes_plan", FLAG, nullable=False),
        sa.PrimaryKeyConstraint("stop_id", "decision_id", name="pk_interventions"),
    )


def _create_grades() -> None:
    op.create_table(
        "grades",
        sa.Column("stop_id", TEXT, nullable=False),
        sa.Column("lead_min", INT, autoincrement=False, nullable=False),
        sa.Column("day", TEXT, nullable=False),
        sa.Column("hub_id", TEXT, nullable=False),
        sa.Column("route_id", TEXT, nullable=False),
        sa.Column("taken_at", INSTANT, nullable=False),
        sa.Column("known_at", INSTANT, nullable=False),
        sa.Column("model", TEXT, nullable=False),
        sa.Column("p_late", DOUBLE, nullable=False),
        sa.Column("late", FLAG, nullable=False),
        sa.Column("covered", FLAG),
        sa.PrimaryKeyConstraint("stop_id", "lead_min", name="pk_grades"),
    )
    op.create_index("ix_grades_hub_id_lead_min_known_at", "grades", ["hub_id", "lead_min", "known_at"])
    op.create_table(
        "drift_states",
        sa.Column("hub_id", TEXT, nullable=False),
        sa.Column("lead_min", INT, autoincrement=False, nullable=False),
        sa.Column("is_drifting", FLAG, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("checked_at", INSTANT, nullable=False),
        sa.Column("n", INT, nullable=False),
        sa.Column("ece", DOUBLE, nullable=False),
        sa.Column("ece_limit", DOUBLE, nullable=False),
        sa.Column("coverage", DOUBLE),
        sa.Column("coverage_limit", DOUBLE),
        sa.PrimaryKeyConstraint("hub_id", "lead_min", name="pk_drift_states"),
    )


def _create_models() -> None:
    op.create_table(
        "models",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("trained_at", INSTANT, nullable=False),
        sa.Column("trained_on", TEXT, nullable=False),
        sa.Column("metrics", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("decided_at", INSTANT),
        sa.Column("decided_by", TEXT),
        sa.Column("why", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_models"),
    )
    op.create_index(
        "uq_models_active_kind",
        "models",
        ["kind"],
        unique=True,
        sqlite_where=_IS_ACTIVE,
        postgresql_where=_IS_ACTIVE,
    )
