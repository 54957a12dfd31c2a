"""addresses that say yes

Revision ID: 7bb84345b3df
Revises: 6108413000b7
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7bb84345b3df"
down_revision = "6108413000b7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "address_confirmation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "account", "notices", name="address_use", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("mailbox_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("old_email", sa.String(length=254), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "purpose <> 'account' OR account_id IS NOT NULL",
            name=op.f("ck_address_confirmation_own_of_accounts"),
        ),
        sa.CheckConstraint(
            "(account_id IS NULL) <> (mailbox_id IS NULL)", name=op.f("ck_address_confirmation_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_address_confirmation_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_address_confirmation_mailbox_id_mailbox")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_confirmation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_address_confirmation_token_hash")),
    )
    with op.batch_alter_table("address_confirmation", schema=None) as batch_op:
        batch_op.create_index(
            "ix_address_confirmation_account_asked", ["account_id", "asked_at"], unique=False
        )
        batch_op.create_index(
            "ix_address_confirmation_mailbox_asked", ["mailbox_id", "asked_at"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("address_confirmation", schema=None) as batch_op:
        batch_op.drop_index("ix_address_confirmation_mailbox_asked")
        batch_op.drop_index("ix_address_confirmation_account_asked")

    op.drop_table("address_confirmation")
