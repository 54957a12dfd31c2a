"""statement lines and declarations

Revision ID: 8815012760fb
Revises: e01015144940
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "8815012760fb"
down_revision = "e01015144940"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payment_declaration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=35), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_payment_declaration_order_id_customer_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_declaration")),
        sa.UniqueConstraint("order_id", name=op.f("uq_payment_declaration_order_id")),
    )
    with op.batch_alter_table("payment_declaration", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_declaration_reference"), ["reference"], unique=False)

    op.create_table(
        "statement_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=34), nullable=False),
        sa.Column("identity", sa.String(length=100), nullable=False),
        sa.Column("bank_reference", sa.String(length=70), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("is_credit", sa.Boolean(), nullable=False),
        sa.Column("payer", sa.String(length=140), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("identifiers", sa.String(length=400), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "task",
                "settled",
                "dismissed",
                name="entry_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "no_number",
                "several_numbers",
                "already_paid",
                "foreign_currency",
                "reversal",
                "batch_unclear",
                "reference_reused",
                name="task_reason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("payment_id", sa.Integer(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(state = 'task') = (resolved_at IS NULL)", name=op.f("ck_statement_line_task_is_open")
        ),
        sa.CheckConstraint("amount_cents >= 0", name=op.f("ck_statement_line_amount_not_negative")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_statement_line_payment_id_payment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_line")),
        sa.UniqueConstraint("account", "identity", name=op.f("uq_statement_line_account_identity")),
    )
    with op.batch_alter_table("statement_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_statement_line_payment_id"), ["payment_id"], unique=False)
        batch_op.create_index("ix_statement_line_reference", ["account", "bank_reference"], unique=False)
        batch_op.create_index("ix_statement_line_state", ["state", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("statement_line", schema=None) as batch_op:
        batch_op.drop_index("ix_statement_line_state")
        batch_op.drop_index("ix_statement_line_reference")
        batch_op.drop_index(batch_op.f("ix_statement_line_payment_id"))

    op.drop_table("statement_line")
    with op.batch_alter_table("payment_declaration", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payment_declaration_reference"))

    op.drop_table("payment_declaration")
