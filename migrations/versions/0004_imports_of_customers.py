"""Imports of customers as a wizard: what was uploaded, how its columns are read, how far it is.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
COUNTS = (
    "percent", "rows", "empty", "people", "duplicates", "refused", "added", "changed", "unchanged", "kept_refusals",
    "opted_out", "written",
)  # fmt: skip


def upgrade():
    op.create_table(
        "customer_imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(length=100), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("file_bytes", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="mapping", nullable=False),
        sa.Column("layout", sa.String(length=64), nullable=False),
        sa.Column("header_line", sa.Integer(), nullable=True),
        sa.Column("columns", JSON, nullable=False),
        sa.Column("uses", JSON, nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in COUNTS),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.String(length=254), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worker", sa.String(length=64), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('mapping', 'reading', 'ready', 'writing', 'done', 'failed', 'discarded')",
            name=op.f("ck_customer_imports_state_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_imports")),
    )
    op.create_index(
        "ix_customer_imports_open",
        "customer_imports",
        ["state"],
        postgresql_where=sa.text("state IN ('reading', 'writing')"),
        sqlite_where=sa.text("state IN ('reading', 'writing')"),
    )
    op.create_index("ix_customer_imports_layout", "customer_imports", ["layout", "confirmed_at"])
    op.create_index("ix_customer_imports_file_sha256", "customer_imports", ["file_sha256"])
    op.create_index("ix_customer_imports_created_at", "customer_imports", ["created_at"])


def downgrade():
    op.drop_table("customer_imports")
