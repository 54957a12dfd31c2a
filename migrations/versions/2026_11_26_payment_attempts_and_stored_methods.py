"""payment attempts and stored methods

Revision ID: e01015144940
Revises: af28b73712e0
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "e01015144940"
down_revision = "af28b73712e0"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "auto_renewal_consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("text_version", sa.String(length=32), nullable=False),
        sa.Column("maximum_cents", sa.BigInteger(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.CheckConstraint("maximum_cents >= 0", name=op.f("ck_auto_renewal_consent_maximum_not_negative")),
        sa.CheckConstraint(
            "wanted = (maximum_cents > 0)", name=op.f("ck_auto_renewal_consent_maximum_of_the_wanted")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auto_renewal_consent")),
    )
    op.create_table(
        "webhook_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("gateway", sa.String(length=32), nullable=False),
        sa.Column("event_id", sa.String(length=255), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_event")),
        sa.UniqueConstraint("gateway", "event_id", name=op.f("uq_webhook_event_gateway_event_id")),
    )
    op.create_table(
        "stored_method",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("mailbox_id", sa.Integer(), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column(
            "method",
            sa.Enum(
                "card",
                "paypal",
                "bank_transfer",
                "prefilled_slip",
                "postal_slip",
                "credit",
                name="payment_method",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("gateway", sa.String(length=32), nullable=False),
        sa.Column("gateway_key", sa.String(length=255), nullable=False),
        sa.Column("page_url", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "active",
                "failed",
                "removed",
                name="stored_method_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("token", sa.String(length=255), nullable=False),
        sa.Column("customer", sa.String(length=255), nullable=False),
        sa.Column("brand", sa.String(length=32), nullable=False),
        sa.Column("last_four", sa.String(length=4), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(account_id IS NULL) <> (mailbox_id IS NULL)", name=op.f("ck_stored_method_one_owner")
        ),
        sa.CheckConstraint("length(last_four) IN (0, 4)", name=op.f("ck_stored_method_last_four_at_most")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_stored_method_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_stored_method_mailbox_id_mailbox")
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["stored_method.id"], name=op.f("fk_stored_method_replaces_id_stored_method")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_method")),
        sa.UniqueConstraint("reference", name=op.f("uq_stored_method_reference")),
    )
    with op.batch_alter_table("stored_method", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stored_method_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_stored_method_mailbox_id"), ["mailbox_id"], unique=False)

    op.create_table(
        "mandate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stored_method_id", sa.Integer(), nullable=False),
        sa.Column("consent_id", sa.Integer(), nullable=False),
        sa.Column("maximum_cents", sa.BigInteger(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("maximum_cents > 0", name=op.f("ck_mandate_maximum_positive")),
        sa.ForeignKeyConstraint(
            ["consent_id"],
            ["auto_renewal_consent.id"],
            name=op.f("fk_mandate_consent_id_auto_renewal_consent"),
        ),
        sa.ForeignKeyConstraint(
            ["stored_method_id"], ["stored_method.id"], name=op.f("fk_mandate_stored_method_id_stored_method")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandate")),
        sa.UniqueConstraint("consent_id", name=op.f("uq_mandate_consent_id")),
    )
    with op.batch_alter_table("mandate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mandate_stored_method_id"), ["stored_method_id"], unique=False)

    op.create_table(
        "renews_with",
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("stored_method_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_renews_with_mailbox_id_mailbox")
        ),
        sa.ForeignKeyConstraint(
            ["stored_method_id"],
            ["stored_method.id"],
            name=op.f("fk_renews_with_stored_method_id_stored_method"),
        ),
        sa.PrimaryKeyConstraint("mailbox_id", name=op.f("pk_renews_with")),
    )
    with op.batch_alter_table("renews_with", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_renews_with_stored_method_id"), ["stored_method_id"], unique=False
        )

    op.create_table(
        "payment_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column(
            "method",
            sa.Enum(
                "card",
                "paypal",
                "bank_transfer",
                "prefilled_slip",
                "postal_slip",
                "credit",
                name="payment_method",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("gateway", sa.String(length=32), nullable=False),
        sa.Column("gateway_key", sa.String(length=255), nullable=False),
        sa.Column("page_url", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("keeps_method", sa.Boolean(), nullable=False),
        sa.Column("stored_method_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "initiated",
                "pending",
                "unknown",
                "failed",
                "succeeded",
                "instructions_sent",
                "registered",
                "unapplied",
                name="payment_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "failure",
            sa.Enum(
                "insufficient_funds",
                "expired_card",
                "wrong_data",
                "not_authenticated",
                "refused",
                "abandoned",
                "never_started",
                name="failure",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'failed') = (failure IS NOT NULL)",
            name=op.f("ck_payment_attempt_failure_of_the_failed"),
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_payment_attempt_amount_positive")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_payment_attempt_order_id_customer_order")
        ),
        sa.ForeignKeyConstraint(
            ["stored_method_id"],
            ["stored_method.id"],
            name=op.f("fk_payment_attempt_stored_method_id_stored_method"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_attempt")),
        sa.UniqueConstraint("reference", name=op.f("uq_payment_attempt_reference")),
    )
    with op.batch_alter_table("payment_attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_attempt_order_id"), ["order_id"], unique=False)
        batch_op.create_index(
            "uq_payment_attempt_open_order",
            ["order_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('initiated', 'pending', 'unknown')"),
            postgresql_where=sa.text("state IN ('initiated', 'pending', 'unknown')"),
        )

    with op.batch_alter_table("customer_order", schema=None) as batch_op:
        batch_op.add_column(sa.Column("auto_renewal_consent_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_customer_order_auto_renewal_consent_id_auto_renewal_consent"),
            "auto_renewal_consent",
            ["auto_renewal_consent_id"],
            ["id"],
        )

    with op.batch_alter_table("renewal_draft", schema=None) as batch_op:
        batch_op.add_column(sa.Column("auto_renewal_consent_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_renewal_draft_auto_renewal_consent_id_auto_renewal_consent"),
            "auto_renewal_consent",
            ["auto_renewal_consent_id"],
            ["id"],
        )


def downgrade() -> None:
    with op.batch_alter_table("renewal_draft", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_renewal_draft_auto_renewal_consent_id_auto_renewal_consent"), type_="foreignkey"
        )
        batch_op.drop_column("auto_renewal_consent_id")

    with op.batch_alter_table("customer_order", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_customer_order_auto_renewal_consent_id_auto_renewal_consent"), type_="foreignkey"
        )
        batch_op.drop_column("auto_renewal_consent_id")

    with op.batch_alter_table("payment_attempt", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_payment_attempt_open_order",
            sqlite_where=sa.text("state IN ('initiated', 'pending', 'unknown')"),
            postgresql_where=sa.text("state IN ('initiated', 'pending', 'unknown')"),
        )
        batch_op.drop_index(batch_op.f("ix_payment_attempt_order_id"))

    op.drop_table("payment_attempt")
    with op.batch_alter_table("renews_with", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_renews_with_stored_method_id"))

    op.drop_table("renews_with")
    with op.batch_alter_table("mandate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mandate_stored_method_id"))

    op.drop_table("mandate")
    with op.batch_alter_table("stored_method", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stored_method_mailbox_id"))
        batch_op.drop_index(batch_op.f("ix_stored_method_account_id"))

    op.drop_table("stored_method")
    op.drop_table("webhook_event")
    op.drop_table("auto_renewal_consent")
