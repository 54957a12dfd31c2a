"""extra space paid until

Revision ID: c41d0b7e92fa
Revises: c41e07b2d9a6
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c41d0b7e92fa"
down_revision = "c41e07b2d9a6"
branch_labels = None
depends_on = None

KINDS = ["expiry_notice", "mailbox_suspended", "suspension_reminder", "mailbox_cancelled", "quota_warning"]


def check_kinds(*kinds: str) -> None:
    names = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("notice") as notice:
        notice.drop_constraint(op.f("ck_notice_notice_kind"), type_="check")
        notice.create_check_constraint(op.f("ck_notice_notice_kind"), f"kind IN ({names})")


def upgrade() -> None:
    op.add_column("mailbox", sa.Column("extra_paid_until", sa.Date(), nullable=True))
    op.execute(
        "UPDATE mailbox SET extra_paid_until = expires_on WHERE extra_mailbox_gb > 0 OR extra_archive_gb > 0"
    )
    op.create_index(
        "ix_mailbox_extra_paid",
        "mailbox",
        ["extra_paid_until", "id"],
        sqlite_where=sa.text("extra_paid_until IS NOT NULL"),
        postgresql_where=sa.text("extra_paid_until IS NOT NULL"),
    )
    with op.batch_alter_table("space_purchase") as purchase:
        purchase.add_column(sa.Column("renews_from", sa.Date(), nullable=True))
        purchase.create_unique_constraint(
            op.f("uq_space_purchase_mailbox_id_renews_from"), ["mailbox_id", "renews_from"]
        )
    op.create_table(
        "space_end",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("paid_until", sa.Date(), nullable=False),
        sa.Column("mailbox_gb", sa.Integer(), nullable=False),
        sa.Column("archive_gb", sa.Integer(), nullable=False),
        sa.Column("due_cents", sa.BigInteger(), nullable=False),
        sa.Column("balance_cents", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("mailbox_gb + archive_gb > 0", name=op.f("ck_space_end_some_space")),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_space_end_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_space_end")),
        sa.UniqueConstraint("mailbox_id", "paid_until", name=op.f("uq_space_end_mailbox_id_paid_until")),
    )
    op.create_index(
        "ix_space_end_under_way",
        "space_end",
        ["mailbox_id"],
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.add_column("notice", sa.Column("missing_cents", sa.BigInteger(), nullable=True))
    check_kinds(*KINDS, "credit_needed")


def downgrade() -> None:
    op.execute("DELETE FROM notice WHERE kind = 'credit_needed'")
    check_kinds(*KINDS)
    with op.batch_alter_table("notice") as notice:
        notice.drop_column("missing_cents")
    op.drop_table("space_end")
    with op.batch_alter_table("space_purchase") as purchase:
        purchase.drop_constraint(op.f("uq_space_purchase_mailbox_id_renews_from"), type_="unique")
        purchase.drop_column("renews_from")
    op.drop_index("ix_mailbox_extra_paid", "mailbox")
    with op.batch_alter_table("mailbox") as mailbox:
        mailbox.drop_column("extra_paid_until")
