"""extras in german

Revision ID: 8d2f4a61c0b7
Revises: 6b1d94c07e3f
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "8d2f4a61c0b7"
down_revision = "6b1d94c07e3f"
branch_labels = None
depends_on = None

NEW = {"extra": {"name_de": 80, "description_de": 300}, "order_extra": {"name_de": 80}}


def upgrade() -> None:
    for table, columns in NEW.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column, longest in columns.items():
                batch_op.add_column(
                    sa.Column(column, sa.String(length=longest), nullable=False, server_default="")
                )
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.alter_column(column, server_default=None)


def downgrade() -> None:
    for table, columns in NEW.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.drop_column(column)
