"""history: what happened is added and never changed

Revision ID: c9ced26c90ba
Revises: c3d80f6b1a52
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c9ced26c90ba"
down_revision = "c3d80f6b1a52"
branch_labels = None
depends_on = None

WORDS = "'the history is append-only'"


def upgrade() -> None:
    op.create_table(
        "history_retention",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("forgotten_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history_retention")),
    )
    op.create_table(
        "history_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deed", sa.String(length=40), nullable=False),
        sa.Column(
            "actor",
            sa.Enum(
                "customer",
                "operator",
                "portal",
                name="actor",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("mailbox_id", sa.Integer(), nullable=True),
        sa.Column("about", sa.String(length=254), nullable=False),
        sa.Column("operator", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("user_agent", sa.String(length=255), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.CheckConstraint(
            "account_id IS NULL OR mailbox_id IS NULL", name=op.f("ck_history_event_one_owner")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_history_event_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_history_event_mailbox_id_mailbox")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history_event")),
    )
    op.create_index("ix_history_event_account", "history_event", ["account_id", "id"])
    op.create_index("ix_history_event_mailbox", "history_event", ["mailbox_id", "id"])
    op.create_index("ix_history_event_happened_at", "history_event", ["happened_at"])
    if op.get_bind().dialect.name == "sqlite":
        _guard_on_sqlite()
    else:
        _guard_on_postgresql()


def downgrade() -> None:
    op.drop_table("history_event")
    op.drop_table("history_retention")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION history_is_append_only()")
        op.execute("DROP FUNCTION history_is_kept()")


def _guard_on_sqlite() -> None:
    """Refuse every change; a deletion passes when it was decided before what the row tells of."""
    refuse = f"BEGIN SELECT RAISE(ABORT, {WORDS}); END"
    for table in ("history_event", "history_retention"):
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
    op.execute(f"CREATE TRIGGER history_retention_no_delete BEFORE DELETE ON history_retention {refuse}")
    kept = "NOT EXISTS (SELECT 1 FROM history_retention WHERE forgotten_before > OLD.happened_at)"
    op.execute(f"CREATE TRIGGER history_event_no_delete BEFORE DELETE ON history_event WHEN {kept} {refuse}")


def _guard_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION {WORDS}; END $$"
    )
    op.execute(
        "CREATE FUNCTION history_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF EXISTS (SELECT FROM history_retention WHERE forgotten_before > OLD.happened_at) THEN"
        f" RETURN OLD; END IF; RAISE EXCEPTION {WORDS}; END $$"
    )
    for table, changes in (
        ("history_event", "UPDATE OR TRUNCATE"),
        ("history_retention", "UPDATE OR DELETE OR TRUNCATE"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE {changes} ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only()"
        )
    op.execute(
        "CREATE TRIGGER history_event_kept BEFORE DELETE ON history_event"
        " FOR EACH ROW EXECUTE FUNCTION history_is_kept()"
    )
