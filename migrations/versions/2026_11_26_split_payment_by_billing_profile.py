"""split payment by billing profile

Revision ID: 5def65338237
Revises: 2aa0d5f33ece
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5def65338237"
down_revision = "2aa0d5f33ece"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("renewal_draft", schema=None) as batch_op:
        batch_op.drop_column("split_payment")


def downgrade() -> None:
    with op.batch_alter_table("renewal_draft", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("split_payment", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("renewal_draft", schema=None) as batch_op:
        batch_op.alter_column("split_payment", server_default=None)
