"""The journals: inbox, outbox, audit, scores, snapshots."""

import sqlalchemy as sa
from alembic import op

revision = "r0003_journals"
down_revision = "r0002_work"

TEXT = sa.Text()
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BIG = sa.BigInteger()
INT = sa.Integer()
DOUBLE = sa.Float(53)
BYTES = sa.LargeBinary()


def upgrade() -> None:
    _create_boxes()
    _create_records()


def _create_boxes() -> None:
    op.create_table(
        "inbox",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("claimed_at", INSTANT, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("data", TEXT, nullable=False),
        sa.Column("day", TEXT),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("detail", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_inbox"),
        sa.UniqueConstraint("source", "id", name="uq_inbox_source_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inbox_day", "inbox", ["day"])
    op.create_index("ix_inbox_outcome_seq", "inbox", ["outcome", "seq"])
    op.create_table(
        "outbox",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("recipient_id", TEXT, nullable=False),
        sa.Column("template", TEXT, nullable=False),
        sa.Column("payload", TEXT, nullable=False),
        sa.Column("not_before", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("case_id", TEXT),
        sa.Column("decision_id", TEXT),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("attempts", INT, nullable=False),
        sa.Column("fence", BIG, nullable=False),
        sa.Column("leased_until", INSTANT),
        sa.Column("settled_at", INSTANT),
        sa.Column("detail", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_outbox"),
        sa.UniqueConstraint("key", name="uq_outbox_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_case_id", "outbox", ["case_id"])
    op.create_index("ix_outbox_state_not_before", "outbox", ["state", "not_before"])


def _create_records() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("prev_hash", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )
    op.create_index("ix_audit_subject_seq", "audit", ["subject", "seq"])
    op.create_table(
        "snapshots",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("day", TEXT, nullable=False),
        sa.Column("taken_at", INSTANT, nullable=False),
        sa.Column("body", BYTES, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_snapshots"),
    )
    op.create_index("ix_snapshots_day_taken_at", "snapshots", ["day", "taken_at"])
    op.create_table(
        "forecasts",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("snapshot_id", TEXT, nullable=False),
        sa.Column("taken_at", INSTANT, nullable=False),
        sa.Column("model", TEXT, nullable=False),
        sa.Column("seed", BIG, nullable=False),
        sa.Column("samples", INT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_forecasts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_forecasts_taken_at", "forecasts", ["taken_at"])
    op.create_table(
        "scores",
        sa.Column("stop_id", TEXT, nullable=False),
        sa.Column("forecast_seq", SEQUENCE, autoincrement=False, nullable=False),
        sa.Column("route_id", TEXT, nullable=False),
        sa.Column("p_late", DOUBLE, nullable=False),
        sa.Column("p_failed", DOUBLE, nullable=False),
        sa.Column("p_miss", DOUBLE, nullable=False),
        sa.Column("eta_p10", INSTANT, nullable=False),
        sa.Column("eta_p50", INSTANT, nullable=False),
        sa.Column("eta_p90", INSTANT, nullable=False),
        sa.Column("expected_lateness_s", DOUBLE, nullable=False),
        sa.Column("reasons", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["forecast_seq"], ["forecasts.seq"], name="fk_scores_forecast_seq"),
        sa.PrimaryKeyConstraint("stop_id", "forecast_seq", name="pk_scores"),
    )
