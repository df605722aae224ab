"""Media for headers, files that every machine reaches, and campaigns that are only a test.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "media",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("mime_type", sa.String(length=100), nullable=False),
        sa.Column("file_name", sa.String(length=240), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("whatsapp_media_id", sa.String(length=64), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sa.UniqueConstraint("whatsapp_media_id", name=op.f("uq_media_whatsapp_media_id")),
    )
    op.create_index(op.f("ix_media_sha256"), "media", ["sha256"])
    op.create_table(
        "file_blocks",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("file_id", "kind", "place", name=op.f("pk_file_blocks")),
    )
    op.create_index("ix_file_blocks_created_at", "file_blocks", ["created_at"])
    op.add_column(
        "marketing_campaigns", sa.Column("is_test", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade():
    op.drop_column("marketing_campaigns", "is_test")
    op.drop_table("file_blocks")
    op.drop_table("media")
