"""What a language model was asked about a proposal, and what it answered."""

import sqlalchemy as sa
from alembic import op

revision = "r0018_consultations"
down_revision = "r0012_case_care"


def upgrade() -> None:
    op.add_column("proposals", sa.Column("consultation", sa.Text()))
