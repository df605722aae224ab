"""The story of every message, figures by the hour, and who replied.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COUNTERS = {
    "messages_sent": ("sent_at", "status != 'skipped'"),
    "messages_delivered": ("delivered_at", "status != 'skipped'"),
    "messages_read": ("read_at", "status != 'skipped'"),
    "messages_failed": ("failed_at", "status = 'failed'"),
}
HOUR = {  # of an instant; and the hour that lies some hours from it
    "sqlite": (
        "substr({at}, 1, 13) || '\\:00\\:00.000000'",
        "strftime('%Y-%m-%d %H\\:00\\:00.000000', {at}, '{hours} hours')",
    ),
    "postgresql": (
        "date_trunc('hour', {at}, 'UTC')",
        "date_trunc('hour', {at}, 'UTC') + interval '{hours} hours'",
    ),
}


def upgrade():
    op.create_table(
        "message_events",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("error_title", sa.String(length=300), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("error_details", sa.Text(), nullable=True),
        sa.Column("pricing_category", sa.String(length=60), nullable=True),
        sa.Column("pricing_type", sa.String(length=60), nullable=True),
        sa.Column("billable", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["whatsapp_messages.id"],
            name=op.f("fk_message_events_message_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_id", "status", "happened_at", name=op.f("pk_message_events")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "campaign_hourly_analytics",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in COUNTERS),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["marketing_campaigns.id"],
            name=op.f("fk_campaign_hourly_analytics_campaign_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("campaign_id", "hour", name=op.f("pk_campaign_hourly_analytics")),
    )
    _count_hours_so_far()
    op.add_column("campaign_recipients", sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "marketing_campaigns",
        sa.Column("messages_replied", sa.Integer(), server_default="0", nullable=False),
    )


def _count_hours_so_far():
    """For the hour before the start and the 72 from it on, as the app does."""
    hour_of, hour_from = HOUR[op.get_context().dialect.name]
    parts = " UNION ALL ".join(
        f"SELECT campaign_id, {hour_of.format(at=at)} AS hour, "
        + ", ".join("1" if name == counter else "0" for name in COUNTERS)
        + f" FROM campaign_recipients WHERE {at} IS NOT NULL AND {condition}"
        for counter, (at, condition) in COUNTERS.items()
    )
    names = ", ".join(COUNTERS)
    op.execute(
        f"INSERT INTO campaign_hourly_analytics (campaign_id, hour, {names})"
        f" WITH events (campaign_id, hour, {names}) AS ({parts})"
        f" SELECT campaign_id, hour, {', '.join(f'sum(events.{name})' for name in COUNTERS)}"
        " FROM events JOIN marketing_campaigns ON marketing_campaigns.id = campaign_id"
        f" WHERE hour >= {hour_from.format(at='started_at', hours='-1')}"
        f" AND hour < {hour_from.format(at='started_at', hours='+72')}"
        " GROUP BY campaign_id, hour"
    )


def downgrade():
    # Not in a batch: it would drop the table for a moment, and with it, by cascade, every row that belongs to it.
    op.drop_column("marketing_campaigns", "messages_replied")
    op.drop_column("campaign_recipients", "replied_at")
    op.drop_table("campaign_hourly_analytics")
    op.drop_table("message_events")
