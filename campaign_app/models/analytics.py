"""Daily, hourly and per-error counts of a campaign, moved together with the rows that they count."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Integer, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import Base
from campaign_app.models.types import UtcDateTime

Rate = Numeric(13, 1)  # a day with 1 sent and a million delivered is possible: 100,000,000.0 %


class DailyAnalytics(Base):
    """How many of a campaign's recipients were sent, delivered, read and failed on one business day.

    The sum over all days equals the campaign's counters. Rates are of the day's own counts, in percent.
    """

    __tablename__ = "campaign_analytics"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("marketing_campaigns.id", ondelete="CASCADE"))
    analytics_date: Mapped[date] = mapped_column(Date, index=True)
    messages_sent: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    messages_delivered: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    messages_read: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    messages_failed: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    delivery_rate: Mapped[Decimal] = mapped_column(Rate, default=0, server_default="0")
    read_rate: Mapped[Decimal] = mapped_column(Rate, default=0, server_default="0")
    failure_rate: Mapped[Decimal] = mapped_column(Rate, default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, onupdate=utc_now)

    __table_args__ = (UniqueConstraint("campaign_id", "analytics_date"),)


class HourlyAnalytics(Base):
    """The same counts by the hour of the event (UTC), for the first 3 days of a campaign only: that is when its curve is steep.

    Which hours have a row: see `domain.tally.has_hourly_figures`.
    """

    __tablename__ = "campaign_hourly_analytics"

    campaign_id: Mapped[UUID] = mapped_column(
        ForeignKey("marketing_campaigns.id", ondelete="CASCADE"), primary_key=True
    )
    hour: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)  # its beginning
    messages_sent: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    messages_delivered: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    messages_read: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    messages_failed: Mapped[int] = mapped_column(Integer, default=0, server_default="0")


class FailureCount(Base):
    """How many recipients of a campaign stand failed with one error code; `code` is -1 where WhatsApp gave none."""

    __tablename__ = "campaign_failure_counts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("marketing_campaigns.id", ondelete="CASCADE"))
    code: Mapped[int] = mapped_column(Integer)
    title: Mapped[str | None] = mapped_column(String(300))  # as it came last
    failures: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    first_failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("campaign_id", "code"),)
