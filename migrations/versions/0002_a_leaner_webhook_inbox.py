"""A leaner webhook inbox: a shorter fingerprint that keeps together what came together, and one index instead of three.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FINGERPRINT = {
    "sqlite": "CAST(substr(sha256, 1, 20) AS BLOB)",
    "postgresql": "convert_to(left(sha256, 20), 'UTF8')",
}
SHA256 = {"sqlite": "lower(hex(fingerprint))", "postgresql": "encode(fingerprint, 'hex')"}


def upgrade():
    op.drop_index("ix_webhook_events_waiting", table_name="webhook_events")
    op.drop_index("ix_webhook_events_received_at", table_name="webhook_events")
    with op.batch_alter_table("webhook_events") as table:
        table.add_column(sa.Column("fingerprint", sa.LargeBinary(length=20), nullable=True))
    # Not what the app computes: a body from before the upgrade that comes again is stored again, and changes nothing more.
    op.execute(f"UPDATE webhook_events SET fingerprint = {FINGERPRINT[op.get_context().dialect.name]}")
    with op.batch_alter_table("webhook_events") as table:
        table.alter_column("fingerprint", existing_type=sa.LargeBinary(length=20), nullable=False)
        table.create_unique_constraint(op.f("uq_webhook_events_fingerprint"), ["fingerprint"])
        table.drop_constraint(op.f("uq_webhook_events_sha256"), type_="unique")
        table.drop_column("sha256")


def downgrade():
    with op.batch_alter_table("webhook_events") as table:
        table.add_column(sa.Column("sha256", sa.String(length=64), nullable=True))
    op.execute(f"UPDATE webhook_events SET sha256 = {SHA256[op.get_context().dialect.name]}")
    with op.batch_alter_table("webhook_events") as table:
        table.alter_column("sha256", existing_type=sa.String(length=64), nullable=False)
        table.create_unique_constraint(op.f("uq_webhook_events_sha256"), ["sha256"])
        table.drop_constraint(op.f("uq_webhook_events_fingerprint"), type_="unique")
        table.drop_column("fingerprint")
    op.create_index("ix_webhook_events_received_at", "webhook_events", ["received_at"])
    op.create_index(
        "ix_webhook_events_waiting",
        "webhook_events",
        ["id"],
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
