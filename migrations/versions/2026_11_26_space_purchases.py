"""space purchases

Revision ID: 46ba31211a5c
Revises: db4ce1824706
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "46ba31211a5c"
down_revision = "db4ce1824706"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "space_purchase",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column(
            "policy",
            sa.Enum(
                "full_year_with_free_window",
                "monthly_pro_rata",
                name="extra_space_policy",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("mailbox_gb", sa.Integer(), nullable=False),
        sa.Column("archive_gb", sa.Integer(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("mailbox_net_cents", sa.BigInteger(), nullable=False),
        sa.Column("archive_net_cents", sa.BigInteger(), nullable=False),
        sa.Column("renewal_net_cents", sa.BigInteger(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "mailbox_gb >= 0 AND archive_gb >= 0 AND mailbox_gb + archive_gb > 0",
            name=op.f("ck_space_purchase_some_space"),
        ),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_space_purchase_mailbox_id_mailbox")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_space_purchase_order_id_customer_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_space_purchase")),
        sa.UniqueConstraint("order_id", name=op.f("uq_space_purchase_order_id")),
    )
    op.create_index(op.f("ix_space_purchase_mailbox_id"), "space_purchase", ["mailbox_id"])
    op.create_index(
        "uq_space_purchase_under_way",
        "space_purchase",
        ["mailbox_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("space_purchase")
