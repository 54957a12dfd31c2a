"""gateway refunds

Revision ID: 5162ce0f3b0d
Revises: bf0937bfcd0c
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5162ce0f3b0d"
down_revision = "bf0937bfcd0c"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gateway_refund",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("withdrawal_id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "done",
                "refused",
                "unknown",
                name="refund_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("gateway_key", sa.String(length=255), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_gateway_refund_amount_positive")),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["payment_attempt.id"], name=op.f("fk_gateway_refund_attempt_id_payment_attempt")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawal_id"], ["withdrawal.id"], name=op.f("fk_gateway_refund_withdrawal_id_withdrawal")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_refund")),
        sa.UniqueConstraint("reference", name=op.f("uq_gateway_refund_reference")),
        sa.UniqueConstraint("withdrawal_id", name=op.f("uq_gateway_refund_withdrawal_id")),
    )
    op.create_index(op.f("ix_gateway_refund_attempt_id"), "gateway_refund", ["attempt_id"])


def downgrade() -> None:
    op.drop_table("gateway_refund")
