"""conventions

Revision ID: e86ac961320d
Revises: c76cfaf9721c
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "e86ac961320d"
down_revision = "c76cfaf9721c"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "convention",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("body", sa.String(length=120), nullable=False),
        sa.Column(
            "payer",
            sa.Enum("member", "body", name="payer", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
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
        sa.Column("term_years", sa.Integer(), nullable=False),
        sa.Column("total_net_cents", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "payer = 'body' OR total_net_cents > 0", name=op.f("ck_convention_member_has_price")
        ),
        sa.CheckConstraint("plan <> 'domain'", name=op.f("ck_convention_plan_sold_here")),
        sa.CheckConstraint("code = upper(code)", name=op.f("ck_convention_code_upper")),
        sa.CheckConstraint("term_years BETWEEN 1 AND 10", name=op.f("ck_convention_term_in_range")),
        sa.CheckConstraint("total_net_cents >= 0", name=op.f("ck_convention_total_not_negative")),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_convention_period_forward")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_convention")),
        sa.UniqueConstraint("code", "valid_from", name=op.f("uq_convention_code_valid_from")),
    )


def downgrade() -> None:
    op.drop_table("convention")
