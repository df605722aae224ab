"""Segments, the history of consent, and the numbers of people who were erased.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade():
    op.create_table(
        "segments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("filter", JSON, nullable=False),
        sa.Column("created_by", sa.String(length=254), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segments")),
        sa.UniqueConstraint("name", name=op.f("uq_segments_name")),
    )
    op.create_table(
        "consent_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("phone_number", sa.String(length=20), nullable=False),
        sa.Column("opted_in", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_events")),
    )
    op.create_index("ix_consent_events_phone_number", "consent_events", ["phone_number", "at"])
    # What was recorded before there was a history is its beginning.
    op.execute(
        "INSERT INTO consent_events (id, phone_number, opted_in, source, at) "
        "SELECT id, phone_number, opted_in, opted_in_source, COALESCE(opted_in_at, created_at) "
        "FROM customers WHERE opted_in IS NOT NULL"
    )
    op.create_table(
        "erased_numbers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number_hash", sa.String(length=64), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erased_numbers")),
        sa.UniqueConstraint("number_hash", name=op.f("uq_erased_numbers_number_hash")),
    )


def downgrade():
    op.drop_table("erased_numbers")
    op.drop_table("consent_events")
    op.drop_table("segments")
