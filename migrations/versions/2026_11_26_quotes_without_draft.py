"""quotes without draft

Revision ID: c3d80f6b1a52
Revises: 51f5e8a5e713
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c3d80f6b1a52"
down_revision = "51f5e8a5e713"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _let_draft_be_missing(nullable=True)


def downgrade() -> None:
    op.execute(
        "UPDATE customer_order SET quote_id = NULL"
        " WHERE quote_id IN (SELECT id FROM quote WHERE draft_id IS NULL)"
    )
    if op.get_bind().dialect.name == "sqlite":
        _drop_triggers()
        op.execute("DELETE FROM quote WHERE draft_id IS NULL")
    else:
        op.execute("ALTER TABLE quote DISABLE TRIGGER quote_no_change")
        op.execute("DELETE FROM quote WHERE draft_id IS NULL")
        op.execute("ALTER TABLE quote ENABLE TRIGGER quote_no_change")
    _let_draft_be_missing(nullable=False)


def _let_draft_be_missing(*, nullable: bool) -> None:
    """On SQLite the table is made anew, and what forbids changes with it."""
    if op.get_bind().dialect.name == "sqlite":
        _drop_triggers()
    with op.batch_alter_table("quote", schema=None) as batch_op:
        batch_op.alter_column("draft_id", existing_type=sa.INTEGER(), nullable=nullable)
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER quote_no_{verb.lower()} BEFORE {verb} ON quote"
                " BEGIN SELECT RAISE(ABORT, 'a quote is never changed'); END"
            )


def _drop_triggers() -> None:
    for verb in ("update", "delete"):
        op.execute(f"DROP TRIGGER IF EXISTS quote_no_{verb}")
