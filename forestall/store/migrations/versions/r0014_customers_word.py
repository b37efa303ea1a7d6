"""What a customer was asked and has said, who wants no more messages, and what drivers are told of safe places."""

import sqlalchemy as sa
from alembic import op

from forestall.store.columns import Instant

revision = "r0014_customers_word"
down_revision = "r0013_hindrances"


def upgrade() -> None:
    op.add_column("orders", sa.Column("word_asked_at", Instant))
    op.add_column("orders", sa.Column("word_answer", sa.Text()))
    op.add_column("orders", sa.Column("word_answered_at", Instant))
    op.add_column("orders", sa.Column("word_fine_until", Instant))
    op.add_column("orders", sa.Column("word_understood_at", Instant))
    op.add_column("orders", sa.Column("word_unclear_at", Instant))
    op.add_column("orders", sa.Column("word_corrected_at", Instant))
    op.add_column("stops", sa.Column("safe_place", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("contacts", sa.Column("opted_out_at", Instant))
    op.create_index("ix_contacts_phone", "contacts", ["phone"])
    op.create_index("ix_outbox_recipient_id_seq", "outbox", ["recipient_id", "seq"])
    is_a_reply = sa.text("type = 'customer_reply'")
    op.create_index("ix_inbox_replies", "inbox", ["subject"], sqlite_where=is_a_reply, postgresql_where=is_a_reply)
