"""scheduled changes

Revision ID: 500726aed9d6
Revises: bcfeaa21b53e
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "500726aed9d6"
down_revision = "bcfeaa21b53e"
branch_labels = None
depends_on = None

KEEP_WHAT_WAITS = """
INSERT INTO scheduled_change
    (mailbox_id, order_line_id, effective_on, plan, extra_mailbox_gb, extra_archive_gb, state)
SELECT mailbox.id, max(order_line.id), mailbox.pending_from, mailbox.pending_plan,
    mailbox.pending_extra_mailbox_gb, mailbox.pending_extra_archive_gb, 'waiting'
FROM mailbox JOIN order_line ON order_line.mailbox_id = mailbox.id
    AND order_line.state = 'fulfilled' AND order_line.plan = mailbox.pending_plan
WHERE mailbox.pending_plan IS NOT NULL
GROUP BY mailbox.id, mailbox.pending_from, mailbox.pending_plan,
    mailbox.pending_extra_mailbox_gb, mailbox.pending_extra_archive_gb
"""
PUT_BACK_THE_LAST = """
UPDATE mailbox SET pending_plan = last.plan, pending_from = last.effective_on,
    pending_extra_mailbox_gb = last.extra_mailbox_gb, pending_extra_archive_gb = last.extra_archive_gb
FROM scheduled_change AS last
WHERE last.mailbox_id = mailbox.id AND last.state = 'waiting' AND NOT EXISTS (
    SELECT 1 FROM scheduled_change AS later
    WHERE later.mailbox_id = last.mailbox_id AND later.state = 'waiting' AND later.effective_on > last.effective_on)
"""
"""The one slot there was holds the last of several; the others are lost with the table."""


def upgrade() -> None:
    op.create_table(
        "scheduled_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column(
            "plan",
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
            nullable=False,
        ),
        sa.Column("extra_mailbox_gb", sa.Integer(), nullable=False),
        sa.Column("extra_archive_gb", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "done",
                "overtaken",
                "refused",
                name="change_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_scheduled_change_mailbox_id_mailbox")
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_scheduled_change_order_line_id_order_line")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduled_change")),
        sa.UniqueConstraint("order_line_id", name=op.f("uq_scheduled_change_order_line_id")),
    )
    op.create_index(
        "uq_scheduled_change_waiting",
        "scheduled_change",
        ["mailbox_id", "effective_on"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.execute(KEEP_WHAT_WAITS)
    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_mailbox_pending_whole"), type_="check")
        batch_op.drop_constraint(op.f("ck_mailbox_pending_plan"), type_="check")
        batch_op.drop_column("pending_extra_mailbox_gb")
        batch_op.drop_column("pending_extra_archive_gb")
        batch_op.drop_column("pending_from")
        batch_op.drop_column("pending_plan")


def downgrade() -> None:
    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "pending_plan",
                sa.Enum(
                    "standard",
                    "pro",
                    "premium",
                    "domain",
                    name="pending_plan",
                    native_enum=False,
                    create_constraint=True,
                    length=32,
                ),
                nullable=True,
            )
        )
        batch_op.add_column(sa.Column("pending_from", sa.Date(), nullable=True))
        for name in ("pending_extra_mailbox_gb", "pending_extra_archive_gb"):
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        batch_op.create_check_constraint(
            op.f("ck_mailbox_pending_whole"), "(pending_plan IS NULL) = (pending_from IS NULL)"
        )
    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        for name in ("pending_extra_mailbox_gb", "pending_extra_archive_gb"):
            batch_op.alter_column(name, server_default=None)
    op.execute(PUT_BACK_THE_LAST)
    op.drop_table("scheduled_change")
