"""Whether this database is a restored copy, from which nothing is sent until an admin says so.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "installations",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("table_number", sa.BigInteger(), nullable=True),
        sa.Column("copied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installations")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("INSERT INTO installations (id, table_number) VALUES (1, 'marketing_campaigns'::regclass::oid::bigint)")
    else:
        op.execute("INSERT INTO installations (id) VALUES (1)")


def downgrade():
    op.drop_table("installations")
