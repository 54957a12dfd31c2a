"""auto-renewal settings and credit first

Revision ID: c2ca94746851
Revises: c9ced26c90ba
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c2ca94746851"
down_revision = "c9ced26c90ba"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("auto_renewal_cycle") as batch_op:
        batch_op.add_column(
            sa.Column("try_days", sa.String(length=16), nullable=False, server_default="7 5 3 1")
        )
    with op.batch_alter_table("auto_renewal_cycle") as batch_op:
        batch_op.alter_column("try_days", server_default=None)
    with op.batch_alter_table("renews_with") as batch_op:
        batch_op.add_column(
            sa.Column("credit_first", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("renews_with") as batch_op:
        batch_op.alter_column("credit_first", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("renews_with") as batch_op:
        batch_op.drop_column("credit_first")
    with op.batch_alter_table("auto_renewal_cycle") as batch_op:
        batch_op.drop_column("try_days")
