"""orders of every kind

Revision ID: c76cfaf9721c
Revises: a24018fba116
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c76cfaf9721c"
down_revision = "a24018fba116"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("customer_order", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "kind",
                sa.Enum(
                    "renewal",
                    "extra_space",
                    "top_up",
                    name="order_kind",
                    native_enum=False,
                    create_constraint=True,
                    length=32,
                ),
                nullable=False,
                server_default="renewal",
            )
        )
        batch_op.alter_column("draft_id", existing_type=sa.INTEGER(), nullable=True)
    with op.batch_alter_table("customer_order", schema=None) as batch_op:
        batch_op.alter_column("kind", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("customer_order", schema=None) as batch_op:
        batch_op.alter_column("draft_id", existing_type=sa.INTEGER(), nullable=False)
        batch_op.drop_constraint(op.f("ck_customer_order_order_kind"), type_="check")
        batch_op.drop_column("kind")
