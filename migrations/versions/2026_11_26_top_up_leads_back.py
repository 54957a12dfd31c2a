"""a top-up leads back to the page it was asked for from

Revision ID: 7b1e52c90d4f
Revises: 5162ce0f3b0d
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7b1e52c90d4f"
down_revision = "5162ce0f3b0d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customer_order", sa.Column("return_path", sa.String(length=300), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("customer_order") as batch_op:
        batch_op.drop_column("return_path")
