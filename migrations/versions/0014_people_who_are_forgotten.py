"""Which campaigns are so old that their recipients were forgotten.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column(
        "marketing_campaigns", sa.Column("people_forgotten_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade():
    op.drop_column("marketing_campaigns", "people_forgotten_at")
