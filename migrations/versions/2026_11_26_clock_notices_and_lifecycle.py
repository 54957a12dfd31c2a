"""clock notices and lifecycle

Revision ID: 5b4e32839559
Revises: e86ac961320d
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5b4e32839559"
down_revision = "e86ac961320d"
branch_labels = None
depends_on = None

STATES = ("waiting", "sending", "sent", "bounced", "failed")


def _one_of(*states: str) -> str:
    return "state IN ({})".format(", ".join(f"'{state}'" for state in states))


def upgrade() -> None:
    op.create_table(
        "clock_slot",
        sa.Column("job", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("job", "slot", name=op.f("pk_clock_slot")),
    )
    op.create_table(
        "lifecycle_step",
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column(
            "step",
            sa.Enum(
                "suspend", "cancel", name="step_kind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_lifecycle_step_mailbox_id_mailbox")
        ),
        sa.PrimaryKeyConstraint("mailbox_id", "expires_on", "step", name=op.f("pk_lifecycle_step")),
    )
    op.create_table(
        "notice_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("mailbox_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(account_id IS NULL) <> (mailbox_id IS NULL)", name=op.f("ck_notice_address_has_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_notice_address_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_notice_address_mailbox_id_mailbox")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_address")),
        sa.UniqueConstraint("account_id", "email", name=op.f("uq_notice_address_account_id_email")),
        sa.UniqueConstraint("mailbox_id", "email", name=op.f("uq_notice_address_mailbox_id_email")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "expiry_notice",
                "mailbox_suspended",
                "suspension_reminder",
                "mailbox_cancelled",
                "quota_warning",
                name="notice_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("occasion", sa.Date(), nullable=False),
        sa.Column("milestone", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "written",
                "skipped",
                name="notice_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_notice_account_id_account")),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name=op.f("fk_notice_mail_id_mail")),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_notice_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint(
            "mailbox_id", "kind", "occasion", "milestone", "recipient", name="uq_notice_once"
        ),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index("ix_notice_mail", ["mail_id"], unique=False)
        batch_op.create_index(
            "ix_notice_planned",
            ["recipient", "account_id", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'planned'"),
            postgresql_where=sa.text("state = 'planned'"),
        )
        batch_op.create_index("ix_notice_recipient", ["recipient", "written_at"], unique=False)

    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.add_column(sa.Column("code", sa.String(length=12), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_mail_code"), ["code"])
        batch_op.drop_constraint(op.f("ck_mail_mail_state"), type_="check")
        batch_op.create_check_constraint(op.f("ck_mail_mail_state"), _one_of(*STATES, "skipped"))

    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("quota_told", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("language", sa.String(length=5), nullable=False, server_default="it"))
        batch_op.create_index(
            "ix_mailbox_cancelled_on",
            ["cancelled_on"],
            unique=False,
            sqlite_where=sa.text("cancelled_on IS NOT NULL"),
            postgresql_where=sa.text("cancelled_on IS NOT NULL"),
        )
    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        batch_op.alter_column("quota_told", server_default=None)
        batch_op.alter_column("language", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_mailbox_cancelled_on",
            sqlite_where=sa.text("cancelled_on IS NOT NULL"),
            postgresql_where=sa.text("cancelled_on IS NOT NULL"),
        )
        batch_op.drop_column("language")
        batch_op.drop_column("quota_told")

    op.execute("UPDATE mail SET state = 'failed' WHERE state = 'skipped'")
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_mail_code"), type_="unique")
        batch_op.drop_column("code")
        batch_op.drop_constraint(op.f("ck_mail_mail_state"), type_="check")
        batch_op.create_check_constraint(op.f("ck_mail_mail_state"), _one_of(*STATES))

    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index("ix_notice_recipient")
        batch_op.drop_index(
            "ix_notice_planned",
            sqlite_where=sa.text("state = 'planned'"),
            postgresql_where=sa.text("state = 'planned'"),
        )
        batch_op.drop_index("ix_notice_mail")

    op.drop_table("notice")
    op.drop_table("notice_address")
    op.drop_table("lifecycle_step")
    op.drop_table("clock_slot")
