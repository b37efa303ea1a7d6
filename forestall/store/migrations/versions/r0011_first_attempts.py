"""What was known beforehand of first attempts, beside the features kept; frames are found by their age."""

import sqlalchemy as sa
from alembic import op

revision = "r0011_first_attempts"
down_revision = "r0010_tenders"


def upgrade() -> None:
    op.add_column("score_frames", sa.Column("attempt_hash", sa.Text()))
    op.add_column("score_frames", sa.Column("attempt_keys", sa.LargeBinary()))
    op.add_column("score_frames", sa.Column("attempt_numbers", sa.LargeBinary()))
    op.create_index("ix_score_frames_taken_at", "score_frames", ["taken_at"])
