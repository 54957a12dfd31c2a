"""charges sent back

Revision ID: 6b1d94c07e3f
Revises: 5b0e7a94c2d1
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "6b1d94c07e3f"
down_revision = "5b0e7a94c2d1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("gateway_refund") as batch:
        batch.add_column(sa.Column("payment_id", sa.Integer(), nullable=True))
        batch.alter_column("withdrawal_id", existing_type=sa.Integer(), nullable=True)
        batch.create_foreign_key(
            op.f("fk_gateway_refund_payment_id_payment"), "payment", ["payment_id"], ["id"]
        )
        batch.create_unique_constraint(op.f("uq_gateway_refund_payment_id"), ["payment_id"])
        batch.create_check_constraint("one_reason", "(withdrawal_id IS NULL) <> (payment_id IS NULL)")


def downgrade() -> None:
    """Go back; refunds of what was charged for cancelled orders have no place any more."""
    op.execute("DELETE FROM gateway_refund WHERE withdrawal_id IS NULL")
    with op.batch_alter_table("gateway_refund") as batch:
        batch.drop_constraint(op.f("ck_gateway_refund_one_reason"), type_="check")
        batch.drop_constraint(op.f("uq_gateway_refund_payment_id"), type_="unique")
        batch.drop_constraint(op.f("fk_gateway_refund_payment_id_payment"), type_="foreignkey")
        batch.alter_column("withdrawal_id", existing_type=sa.Integer(), nullable=False)
        batch.drop_column("payment_id")
