"""promotions extras and quotes

Revision ID: af28b73712e0
Revises: 5b4e32839559
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "af28b73712e0"
down_revision = "5b4e32839559"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "extra",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name_it", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("description_it", sa.String(length=300), nullable=False),
        sa.Column("description_en", sa.String(length=300), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("net_cents >= 0", name=op.f("ck_extra_net_not_negative")),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_extra_period_forward")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extra")),
        sa.UniqueConstraint("code", "valid_from", name=op.f("uq_extra_code_valid_from")),
    )
    op.create_table(
        "promotion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("plans", sa.String(length=40), nullable=False),
        sa.Column("yearly_cents", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("terms", sa.String(length=20), nullable=False),
        sa.Column("first_year_only", sa.Boolean(), nullable=False),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_promotion_period_forward")),
        sa.CheckConstraint("yearly_cents >= 0", name=op.f("ck_promotion_price_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion")),
        sa.UniqueConstraint("code", name=op.f("uq_promotion_code")),
    )
    op.create_table(
        "draft_extra",
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.CheckConstraint("pieces > 0", name=op.f("ck_draft_extra_some")),
        sa.ForeignKeyConstraint(
            ["draft_id"],
            ["renewal_draft.id"],
            name=op.f("fk_draft_extra_draft_id_renewal_draft"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("draft_id", "code", name=op.f("pk_draft_extra")),
    )
    op.create_table(
        "quote",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("quoted_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("vat_rate", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("vat_cents", sa.BigInteger(), nullable=False),
        sa.Column("gross_cents", sa.BigInteger(), nullable=False),
        sa.Column("split_payment", sa.Boolean(), nullable=False),
        sa.Column("due_cents", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "due_cents = CASE WHEN split_payment THEN net_cents ELSE gross_cents END",
            name=op.f("ck_quote_due_follows"),
        ),
        sa.CheckConstraint("gross_cents = net_cents + vat_cents", name=op.f("ck_quote_gross_is_sum")),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["renewal_draft.id"], name=op.f("fk_quote_draft_id_renewal_draft")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote")),
        sa.UniqueConstraint("draft_id", "sha256", name=op.f("uq_quote_draft_id_sha256")),
        sa.UniqueConstraint("public_id", name=op.f("uq_quote_public_id")),
    )
    op.create_table(
        "order_extra",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name_it", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("unit_cents", sa.BigInteger(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("net_cents = unit_cents * pieces", name=op.f("ck_order_extra_net_is_product")),
        sa.CheckConstraint("pieces > 0", name=op.f("ck_order_extra_some")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_order_extra_order_id_customer_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_extra")),
        sa.UniqueConstraint("order_id", "code", name=op.f("uq_order_extra_order_id_code")),
    )
    with op.batch_alter_table("order_extra", schema=None) as batch_op:
        batch_op.create_index("ix_order_extra_sent_at", ["sent_at"], unique=False)

    with op.batch_alter_table("customer_order", schema=None) as batch_op:
        batch_op.add_column(sa.Column("quote_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("payable_until", sa.Date(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_customer_order_quote_id"), ["quote_id"])
        batch_op.create_foreign_key(
            batch_op.f("fk_customer_order_quote_id_quote"), "quote", ["quote_id"], ["id"]
        )

    with op.batch_alter_table("renewal_draft", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("split_payment", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(
            sa.Column("extras_answered", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("renewal_draft", schema=None) as batch_op:
        batch_op.alter_column("split_payment", server_default=None)
        batch_op.alter_column("extras_answered", server_default=None)
    _move_kits_to_extras()
    _forbid_changes()


def _move_kits_to_extras() -> None:
    """The kit was an item of the price list; now it is the first extra of the operator's own list."""
    op.execute(
        """
        INSERT INTO extra (code, name_it, name_en, description_it, description_en, net_cents, valid_from, valid_to)
        SELECT 'signature_kit', 'Kit di Firma Digitale', 'Digital signature kit', '', '', net_cents, valid_from, valid_to
        FROM price WHERE item = 'signature_kit'
        """
    )
    op.execute("DELETE FROM price WHERE item = 'signature_kit'")
    _set_items("standard", "pro", "premium", "extra_mailbox_gb", "extra_archive_gb")


def _set_items(*items: str) -> None:
    with op.batch_alter_table("price", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_price_item"), type_="check")
    with op.batch_alter_table("price", schema=None) as batch_op:
        batch_op.create_check_constraint(op.f("ck_price_item"), sa.column("item").in_(items))


def _forbid_changes() -> None:
    """A quote is a promise: not even the portal itself can change one afterwards."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER quote_no_{verb.lower()} BEFORE {verb} ON quote"
                " BEGIN SELECT RAISE(ABORT, 'a quote is never changed'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION quote_is_final() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'a quote is never changed' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER quote_no_change BEFORE UPDATE OR DELETE ON quote"
        " FOR EACH ROW EXECUTE FUNCTION quote_is_final()"
    )
    op.execute(
        "CREATE TRIGGER quote_no_truncate BEFORE TRUNCATE ON quote"
        " FOR EACH STATEMENT EXECUTE FUNCTION quote_is_final()"
    )


def downgrade() -> None:
    _set_items("standard", "pro", "premium", "extra_mailbox_gb", "extra_archive_gb", "signature_kit")
    op.execute(
        """
        INSERT INTO price (item, net_cents, valid_from, valid_to, terms)
        SELECT 'signature_kit', net_cents, valid_from, valid_to, '1' FROM extra WHERE code = 'signature_kit'
        """
    )
    with op.batch_alter_table("renewal_draft", schema=None) as batch_op:
        batch_op.drop_column("extras_answered")
        batch_op.drop_column("split_payment")

    with op.batch_alter_table("customer_order", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_customer_order_quote_id_quote"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("uq_customer_order_quote_id"), type_="unique")
        batch_op.drop_column("payable_until")
        batch_op.drop_column("quote_id")

    with op.batch_alter_table("order_extra", schema=None) as batch_op:
        batch_op.drop_index("ix_order_extra_sent_at")

    op.drop_table("order_extra")
    op.drop_table("quote")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION quote_is_final()")
    op.drop_table("draft_extra")
    op.drop_table("promotion")
    op.drop_table("extra")
