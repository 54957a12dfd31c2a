"""people of orders

Revision ID: 2aa0d5f33ece
Revises: 6edd9c846d09
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2aa0d5f33ece"
down_revision = "6edd9c846d09"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "billing_profile",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("mailbox_id", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "individual",
                "freelancer",
                "sole_trader",
                "company",
                "nonprofit",
                "public_body",
                name="customer_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("first_name", sa.String(length=60), nullable=False),
        sa.Column("last_name", sa.String(length=60), nullable=False),
        sa.Column("business_name", sa.String(length=80), nullable=False),
        sa.Column("tax_code", sa.String(length=16), nullable=False),
        sa.Column("vat_number", sa.String(length=11), nullable=False),
        sa.Column("street", sa.String(length=60), nullable=False),
        sa.Column("street_number", sa.String(length=8), nullable=False),
        sa.Column("postal_code", sa.String(length=10), nullable=False),
        sa.Column("city", sa.String(length=60), nullable=False),
        sa.Column("province", sa.String(length=2), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column(
            "einvoice_route",
            sa.Enum(
                "sdi_code",
                "einvoice_pec",
                "none",
                name="einvoice_route",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("sdi_code", sa.String(length=7), nullable=False),
        sa.Column("einvoice_pec", sa.String(length=254), nullable=False),
        sa.Column("cig", sa.String(length=15), nullable=False),
        sa.Column("cup", sa.String(length=15), nullable=False),
        sa.Column("po_reference", sa.String(length=20), nullable=False),
        sa.Column("split_payment", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "NOT split_payment OR kind = 'public_body'",
            name=op.f("ck_billing_profile_split_of_public_bodies"),
        ),
        sa.CheckConstraint(
            "(account_id IS NULL) <> (mailbox_id IS NULL)", name=op.f("ck_billing_profile_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_billing_profile_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_billing_profile_mailbox_id_mailbox")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_profile")),
        sa.UniqueConstraint("account_id", name=op.f("uq_billing_profile_account_id")),
        sa.UniqueConstraint("mailbox_id", name=op.f("uq_billing_profile_mailbox_id")),
    )
    op.create_table(
        "email_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("holder_id", sa.Integer(), nullable=False),
        sa.Column("old_email", sa.String(length=254), nullable=False),
        sa.Column("new_email", sa.String(length=254), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("mailbox_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_email_change_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["holder.id"], name=op.f("fk_email_change_holder_id_holder"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_email_change_mailbox_id_mailbox")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_change")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_email_change_token_hash")),
    )
    with op.batch_alter_table("email_change", schema=None) as batch_op:
        batch_op.create_index("ix_email_change_account_asked", ["account_id", "asked_at"], unique=False)
        batch_op.create_index("ix_email_change_holder", ["holder_id"], unique=False)
        batch_op.create_index("ix_email_change_mailbox_asked", ["mailbox_id", "asked_at"], unique=False)
        batch_op.create_index(
            "uq_email_change_open_holder",
            ["holder_id"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
    op.create_table(
        "order_billing",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("is_accounts", sa.Boolean(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "individual",
                "freelancer",
                "sole_trader",
                "company",
                "nonprofit",
                "public_body",
                name="customer_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("first_name", sa.String(length=60), nullable=False),
        sa.Column("last_name", sa.String(length=60), nullable=False),
        sa.Column("business_name", sa.String(length=80), nullable=False),
        sa.Column("tax_code", sa.String(length=16), nullable=False),
        sa.Column("vat_number", sa.String(length=11), nullable=False),
        sa.Column("street", sa.String(length=60), nullable=False),
        sa.Column("street_number", sa.String(length=8), nullable=False),
        sa.Column("postal_code", sa.String(length=10), nullable=False),
        sa.Column("city", sa.String(length=60), nullable=False),
        sa.Column("province", sa.String(length=2), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column(
            "einvoice_route",
            sa.Enum(
                "sdi_code",
                "einvoice_pec",
                "none",
                name="einvoice_route",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("sdi_code", sa.String(length=7), nullable=False),
        sa.Column("einvoice_pec", sa.String(length=254), nullable=False),
        sa.Column("cig", sa.String(length=15), nullable=False),
        sa.Column("cup", sa.String(length=15), nullable=False),
        sa.Column("po_reference", sa.String(length=20), nullable=False),
        sa.Column("split_payment", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_order_billing_order_id_customer_order")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_billing")),
    )
    op.create_table(
        "order_holder",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("holder_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "individual",
                "freelancer",
                "sole_trader",
                "company",
                "nonprofit",
                "public_body",
                name="customer_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("first_name", sa.String(length=60), nullable=False),
        sa.Column("last_name", sa.String(length=60), nullable=False),
        sa.Column("business_name", sa.String(length=80), nullable=False),
        sa.Column("tax_code", sa.String(length=16), nullable=False),
        sa.Column("vat_number", sa.String(length=11), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("mobile", sa.String(length=20), nullable=False),
        sa.Column("street", sa.String(length=60), nullable=False),
        sa.Column("street_number", sa.String(length=8), nullable=False),
        sa.Column("postal_code", sa.String(length=10), nullable=False),
        sa.Column("city", sa.String(length=60), nullable=False),
        sa.Column("province", sa.String(length=2), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_order_holder_order_id_customer_order")
        ),
        sa.PrimaryKeyConstraint("order_id", "holder_id", name=op.f("pk_order_holder")),
    )
    with op.batch_alter_table("holder", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mobile", sa.String(length=20), nullable=False, server_default=""))
    with op.batch_alter_table("holder", schema=None) as batch_op:
        batch_op.alter_column("mobile", server_default=None)
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("holder_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.drop_column("holder_id")
    with op.batch_alter_table("holder", schema=None) as batch_op:
        batch_op.drop_column("mobile")
    op.drop_table("order_holder")
    op.drop_table("order_billing")
    with op.batch_alter_table("email_change", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_email_change_open_holder",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.drop_index("ix_email_change_mailbox_asked")
        batch_op.drop_index("ix_email_change_account_asked")
        batch_op.drop_index("ix_email_change_holder")
    op.drop_table("email_change")
    op.drop_table("billing_profile")
