"""What a language model was asked about a proposal, and what it answered."""

import sqlalchemy as sa
from alembic import op

revision = "r0018_consultations"
down_revision = "r0017_switches_and_policies"


def upgrade() -> None:
    op.add_column("proposals", sa.Column("consultation", sa.Text()))
