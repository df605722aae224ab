"""When WhatsApp said that the text of a message template is another one.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("message_templates", sa.Column("components_changed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade():
    op.drop_column("message_templates", "components_changed_at")
