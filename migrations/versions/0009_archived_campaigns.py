"""Archived campaigns; and how many failures of one campaign are tried again by themselves.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("marketing_campaigns", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_campaign_recipients_planned_retries",
        "campaign_recipients",
        ["campaign_id", "retry_at"],
        postgresql_where=sa.text("retry_at IS NOT NULL"),
        sqlite_where=sa.text("retry_at IS NOT NULL"),
    )


def downgrade():
    op.drop_index("ix_campaign_recipients_planned_retries", table_name="campaign_recipients")
    op.drop_column("marketing_campaigns", "archived_at")
