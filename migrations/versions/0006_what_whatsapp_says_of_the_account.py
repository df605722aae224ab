"""What WhatsApp says of the account and of message templates, in the order in which it said so; the list of who replied.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "account_notices",
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("is_serious", sa.Boolean(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_account_notices")),
    )
    for name in ("status_changed_at", "quality_changed_at", "category_changed_at", "next_category_at"):
        op.add_column("message_templates", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("message_templates", sa.Column("next_category", sa.String(length=40), nullable=True))
    op.add_column("sending_numbers", sa.Column("limit_said_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sending_numbers", sa.Column("quality_said_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_campaign_recipients_replied",
        "campaign_recipients",
        ["campaign_id", "position"],
        postgresql_where=sa.text("replied_at IS NOT NULL"),
        sqlite_where=sa.text("replied_at IS NOT NULL"),
    )


def downgrade():
    op.drop_index("ix_campaign_recipients_replied", table_name="campaign_recipients")
    op.drop_column("sending_numbers", "quality_said_at")
    op.drop_column("sending_numbers", "limit_said_at")
    for name in (
        "next_category", "next_category_at", "category_changed_at", "quality_changed_at", "status_changed_at",
    ):  # fmt: skip
        op.drop_column("message_templates", name)
    op.drop_table("account_notices")
