"""documents

Revision ID: 97da75b27bd0
Revises: 1e1c1cd59d9a
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "97da75b27bd0"
down_revision = "1e1c1cd59d9a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("by_mailbox_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "pdf", "jpeg", name="document_kind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(account_id IS NULL) <> (by_mailbox_id IS NULL)", name=op.f("ck_document_one_sender")
        ),
        sa.CheckConstraint("size_bytes > 0 AND pages > 0", name=op.f("ck_document_not_empty")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_document_account_id_account")),
        sa.ForeignKeyConstraint(
            ["by_mailbox_id"], ["mailbox.id"], name=op.f("fk_document_by_mailbox_id_mailbox")
        ),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_document_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("name", name=op.f("uq_document_name")),
    )
    living = sa.text("removed_at IS NULL")
    op.create_index("ix_document_mailbox", "document", ["mailbox_id", "id"])
    op.create_index("ix_document_account", "document", ["account_id", "added_at"])
    op.create_index("ix_document_sender", "document", ["by_mailbox_id", "added_at"])
    op.create_index(
        "ix_document_living", "document", ["added_at"], sqlite_where=living, postgresql_where=living
    )


def downgrade() -> None:
    op.drop_table("document")
