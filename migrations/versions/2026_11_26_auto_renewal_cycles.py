"""auto-renewal cycles

Revision ID: 51f5e8a5e713
Revises: 46ba31211a5c
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "51f5e8a5e713"
down_revision = "46ba31211a5c"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "auto_renewal_cycle",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "announced",
                "ordered",
                "charging",
                "retry",
                "done",
                "failed",
                "skipped",
                name="cycle_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("announced_on", sa.Date(), nullable=False),
        sa.Column("announced_cents", sa.BigInteger(), nullable=False),
        sa.Column("term_years", sa.Integer(), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=True),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("last_try", sa.Integer(), nullable=True),
        sa.Column(
            "ended_by",
            sa.Enum(
                "switched_off",
                "order_cancelled",
                "renewed",
                "too_late",
                "over_maximum",
                "not_announced",
                "data_missing",
                "refused",
                name="cycle_end",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("announced_cents > 0", name=op.f("ck_auto_renewal_cycle_announced_positive")),
        sa.CheckConstraint("term_years BETWEEN 1 AND 10", name=op.f("ck_auto_renewal_cycle_term_in_range")),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name=op.f("fk_auto_renewal_cycle_mail_id_mail")),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_auto_renewal_cycle_mailbox_id_mailbox")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_auto_renewal_cycle_order_id_customer_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auto_renewal_cycle")),
        sa.UniqueConstraint(
            "mailbox_id", "expires_on", name=op.f("uq_auto_renewal_cycle_mailbox_id_expires_on")
        ),
        sa.UniqueConstraint("order_id", name=op.f("uq_auto_renewal_cycle_order_id")),
    )
    with op.batch_alter_table("auto_renewal_cycle", schema=None) as batch_op:
        batch_op.create_index(
            "ix_auto_renewal_cycle_open",
            ["expires_on", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('announced', 'ordered', 'charging', 'retry')"),
            postgresql_where=sa.text("state IN ('announced', 'ordered', 'charging', 'retry')"),
        )

    with op.batch_alter_table("renews_with", schema=None) as batch_op:
        batch_op.add_column(sa.Column("consent_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("maximum_cents", sa.BigInteger(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_renews_with_consent_id_auto_renewal_consent"),
            "auto_renewal_consent",
            ["consent_id"],
            ["id"],
        )


def downgrade() -> None:
    with op.batch_alter_table("renews_with", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_renews_with_consent_id_auto_renewal_consent"), type_="foreignkey"
        )
        batch_op.drop_column("maximum_cents")
        batch_op.drop_column("consent_id")

    with op.batch_alter_table("auto_renewal_cycle", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_auto_renewal_cycle_open",
            sqlite_where=sa.text("state IN ('announced', 'ordered', 'charging', 'retry')"),
            postgresql_where=sa.text("state IN ('announced', 'ordered', 'charging', 'retry')"),
        )

    op.drop_table("auto_renewal_cycle")
