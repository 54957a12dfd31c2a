"""when space was read

Revision ID: 1e1c1cd59d9a
Revises: c9ced26c90ba
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1e1c1cd59d9a"
down_revision = "3f6c1d92ab70"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mailbox", sa.Column("used_read_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("mailbox") as mailbox:
        mailbox.drop_column("used_read_at")
