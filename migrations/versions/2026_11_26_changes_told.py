"""changes told: what a change has deleted, and when its customer was told that it holds

Revision ID: 5b0e7a94c2d1
Revises: c41d0b7e92fa
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5b0e7a94c2d1"
down_revision = "c41d0b7e92fa"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("scheduled_change") as change:
        change.add_column(sa.Column("deleted_mb", sa.Integer(), nullable=False, server_default="0"))
        change.add_column(sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("scheduled_change") as change:
        change.alter_column("deleted_mb", server_default=None)
    op.execute("UPDATE scheduled_change SET told_at = closed_at WHERE state = 'done'")


def downgrade() -> None:
    with op.batch_alter_table("scheduled_change") as change:
        change.drop_column("told_at")
        change.drop_column("deleted_mb")
