"""withdrawals

Revision ID: 6edd9c846d09
Revises: 500726aed9d6
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "6edd9c846d09"
down_revision = "500726aed9d6"
branch_labels = None
depends_on = None

STATE_CHECK = "ck_order_line_line_state"
STATES = ("waiting", "in_progress", "fulfilled", "refused")
NEW_STATES = ("withdrawing", "withdrawn")


def _one_of(*states: str) -> str:
    return "state IN ({})".format(", ".join(f"'{state}'" for state in states))


def upgrade() -> None:
    op.create_table(
        "withdrawal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "requested",
                "effective",
                "refunded",
                name="withdrawal_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("refund_cents", sa.BigInteger(), nullable=False),
        sa.Column("kept_cents", sa.BigInteger(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refunded_on", sa.Date(), nullable=True),
        sa.Column("refund_reference", sa.String(length=140), nullable=True),
        sa.CheckConstraint(
            "(state = 'refunded') = (refund_reference IS NOT NULL)",
            name=op.f("ck_withdrawal_reference_when_refunded"),
        ),
        sa.CheckConstraint(
            "refund_cents >= 0 AND kept_cents >= 0", name=op.f("ck_withdrawal_amounts_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_withdrawal_order_id_customer_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawal")),
        sa.UniqueConstraint("order_id", name=op.f("uq_withdrawal_order_id")),
    )
    with op.batch_alter_table("withdrawal", schema=None) as batch_op:
        batch_op.create_index("ix_withdrawal_state", ["state"], unique=False)

    with op.batch_alter_table("customer_order", schema=None) as batch_op:
        batch_op.add_column(sa.Column("withdrawable_until", sa.Date(), nullable=True))
        batch_op.add_column(
            sa.Column("start_requested", sa.Boolean(), nullable=False, server_default=sa.false())
        )

    with op.batch_alter_table("customer_order", schema=None) as batch_op:
        batch_op.alter_column("start_requested", server_default=None)
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(STATE_CHECK), type_="check")
        batch_op.create_check_constraint(op.f(STATE_CHECK), _one_of(*STATES, *NEW_STATES))
    with op.batch_alter_table("renewal", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "plan_before",
                sa.Enum(
                    "standard",
                    "pro",
                    "premium",
                    "domain",
                    name="plan",
                    native_enum=False,
                    create_constraint=True,
                    length=32,
                ),
                nullable=True,
            )
        )
        batch_op.add_column(sa.Column("extra_mailbox_gb_before", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("extra_archive_gb_before", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.execute("UPDATE order_line SET state = 'fulfilled' WHERE state IN ('withdrawing', 'withdrawn')")
    with op.batch_alter_table("renewal", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_renewal_plan"), type_="check")
        batch_op.drop_column("extra_archive_gb_before")
        batch_op.drop_column("extra_mailbox_gb_before")
        batch_op.drop_column("plan_before")
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(STATE_CHECK), type_="check")
        batch_op.create_check_constraint(op.f(STATE_CHECK), _one_of(*STATES))
    with op.batch_alter_table("customer_order", schema=None) as batch_op:
        batch_op.drop_column("start_requested")
        batch_op.drop_column("withdrawable_until")

    with op.batch_alter_table("withdrawal", schema=None) as batch_op:
        batch_op.drop_index("ix_withdrawal_state")

    op.drop_table("withdrawal")
