"""credit ledger

Revision ID: db4ce1824706
Revises: 5def65338237
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "db4ce1824706"
down_revision = "5def65338237"
branch_labels = None
depends_on = None

APPEND_ONLY = ("ledger_posting", "ledger_entry")
"""What is added and never changed: a migration that rebuilds one on SQLite makes its triggers again."""


def upgrade() -> None:
    op.create_table(
        "wallet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("mailbox_id", sa.Integer(), nullable=True),
        sa.Column("balance_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(account_id IS NULL) <> (mailbox_id IS NULL)", name=op.f("ck_wallet_one_owner")),
        sa.CheckConstraint("balance_cents >= 0", name=op.f("ck_wallet_balance_not_negative")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_wallet_account_id_account")),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_wallet_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet")),
        sa.UniqueConstraint("account_id", name=op.f("uq_wallet_account_id")),
        sa.UniqueConstraint("mailbox_id", name=op.f("uq_wallet_mailbox_id")),
    )
    op.create_table(
        "credit_lot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("wallet_id", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("left_cents", sa.BigInteger(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "left_cents >= 0 AND left_cents <= amount_cents", name=op.f("ck_credit_lot_left_within")
        ),
        sa.ForeignKeyConstraint(["wallet_id"], ["wallet.id"], name=op.f("fk_credit_lot_wallet_id_wallet")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_lot")),
    )
    op.create_index("ix_credit_lot_expiry", "credit_lot", ["expires_on", "id"])
    op.create_index("ix_credit_lot_wallet", "credit_lot", ["wallet_id", "id"])
    op.create_table(
        "ledger_posting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "top_up",
                "leftover",
                "unclaimed",
                "refused",
                "withdrawal",
                "purchase",
                "refund",
                "adjustment",
                "reversal",
                "expiry",
                name="posting_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("source", sa.String(length=160), nullable=False),
        sa.Column("wallet_id", sa.Integer(), nullable=True),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_ledger_posting_order_id_customer_order")
        ),
        sa.ForeignKeyConstraint(
            ["wallet_id"], ["wallet.id"], name=op.f("fk_ledger_posting_wallet_id_wallet")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_posting")),
        sa.UniqueConstraint("kind", "source", name=op.f("uq_ledger_posting_kind_source")),
    )
    op.create_index(op.f("ix_ledger_posting_order_id"), "ledger_posting", ["order_id"])
    op.create_index("ix_ledger_posting_wallet", "ledger_posting", ["wallet_id", "id"])
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("posting_id", sa.Integer(), nullable=False),
        sa.Column(
            "account",
            sa.Enum(
                "wallet",
                "cash_in",
                "revenue",
                "unclaimed",
                "adjustments",
                "lapsed",
                name="ledger_account",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("lot_id", sa.Integer(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(account = 'wallet') = (lot_id IS NOT NULL)", name=op.f("ck_ledger_entry_wallet_has_lot")
        ),
        sa.CheckConstraint("amount_cents <> 0", name=op.f("ck_ledger_entry_amount_not_zero")),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["credit_lot.id"], name=op.f("fk_ledger_entry_lot_id_credit_lot")
        ),
        sa.ForeignKeyConstraint(
            ["posting_id"], ["ledger_posting.id"], name=op.f("fk_ledger_entry_posting_id_ledger_posting")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
    )
    op.create_index(op.f("ix_ledger_entry_lot_id"), "ledger_entry", ["lot_id"])
    op.create_index(op.f("ix_ledger_entry_posting_id"), "ledger_entry", ["posting_id"])
    for table in APPEND_ONLY:
        _forbid_changes(table)


def downgrade() -> None:
    for table in ("ledger_entry", "ledger_posting", "credit_lot", "wallet"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ledger_is_append_only()")


def _forbid_changes(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table}"
                " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
            )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()"
    )
