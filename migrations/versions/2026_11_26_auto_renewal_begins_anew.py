"""auto-renewal begins anew beside what was switched off

Revision ID: 4b7d20c9a1e6
Revises: 97da75b27bd0
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "4b7d20c9a1e6"
down_revision = "97da75b27bd0"
branch_labels = None
depends_on = None

COUNTS = sa.text("ended_by IS NULL OR ended_by <> 'switched_off'")


def upgrade() -> None:
    with op.batch_alter_table("auto_renewal_cycle") as batch_op:
        batch_op.drop_constraint("uq_auto_renewal_cycle_mailbox_id_expires_on", type_="unique")
        batch_op.create_index(
            "uq_auto_renewal_cycle_once",
            ["mailbox_id", "expires_on"],
            unique=True,
            sqlite_where=COUNTS,
            postgresql_where=COUNTS,
        )


def downgrade() -> None:
    op.execute("DELETE FROM auto_renewal_cycle WHERE ended_by = 'switched_off'")
    with op.batch_alter_table("auto_renewal_cycle") as batch_op:
        batch_op.drop_index("uq_auto_renewal_cycle_once")
        batch_op.create_unique_constraint(
            "uq_auto_renewal_cycle_mailbox_id_expires_on", ["mailbox_id", "expires_on"]
        )
