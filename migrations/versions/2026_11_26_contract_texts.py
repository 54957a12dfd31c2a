"""contract texts

Revision ID: bcfeaa21b53e
Revises: 8815012760fb
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "bcfeaa21b53e"
down_revision = "8815012760fb"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contract_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "general_terms",
                "onerous_clauses",
                "privacy",
                name="contract_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_text")),
        sa.UniqueConstraint(
            "kind", "version", "language", name=op.f("uq_contract_text_kind_version_language")
        ),
    )
    with op.batch_alter_table("contract_text", schema=None) as batch_op:
        batch_op.create_index("ix_contract_text_valid_from", ["valid_from"], unique=False)

    op.create_table(
        "contract_acceptance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("text_id", sa.Integer(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("mailbox_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(account_id IS NULL) <> (mailbox_id IS NULL)", name=op.f("ck_contract_acceptance_one_subject")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_contract_acceptance_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_contract_acceptance_mailbox_id_mailbox")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_contract_acceptance_order_id_customer_order")
        ),
        sa.ForeignKeyConstraint(
            ["text_id"], ["contract_text.id"], name=op.f("fk_contract_acceptance_text_id_contract_text")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_acceptance")),
        sa.UniqueConstraint("order_id", "text_id", name=op.f("uq_contract_acceptance_order_id_text_id")),
    )


def downgrade() -> None:
    op.drop_table("contract_acceptance")
    with op.batch_alter_table("contract_text", schema=None) as batch_op:
        batch_op.drop_index("ix_contract_text_valid_from")

    op.drop_table("contract_text")
