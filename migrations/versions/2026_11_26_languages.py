"""languages: nobody has chosen one until they did

Revision ID: 3f6c1d92ab70
Revises: 7b1e52c90d4f
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3f6c1d92ab70"
down_revision = "7b1e52c90d4f"
branch_labels = None
depends_on = None

TABLES = ("account", "mailbox")


def upgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            batch.alter_column("language", existing_type=sa.String(5), nullable=True)
        op.execute(f"UPDATE {table} SET language = NULL WHERE language = 'it'")  # noqa: S608 - names from above


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"UPDATE {table} SET language = 'it' WHERE language IS NULL")  # noqa: S608 - names from above
        with op.batch_alter_table(table) as batch:
            batch.alter_column("language", existing_type=sa.String(5), nullable=False)
