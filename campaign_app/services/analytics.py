"""The daily and hourly aggregates of a campaign, and the rates to date for its charts."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from campaign_app.domain.tally import percentage
from campaign_app.extensions import db
from campaign_app.models.analytics import DailyAnalytics, HourlyAnalytics


@dataclass(frozen=True)
class DayFigures:
    """One business day: its own counts, and the rates over all days up to it (a day's own ratio can pass 100 %)."""

    day: date
    sent: int
    delivered: int
    read: int
    failed: int
    delivery_rate_to_date: float
    read_rate_to_date: float


@dataclass(frozen=True)
class HourFigures:
    """One hour, by its beginning, with its own counts."""

    hour: datetime
    sent: int = 0
    delivered: int = 0
    read: int = 0
    failed: int = 0

    @property
    def is_empty(self) -> bool:
        return not (self.sent or self.delivered or self.read or self.failed)


def daily_analytics(campaign_id: UUID) -> list[DailyAnalytics]:
    """The stored rows, in the order of days."""
    rows = select(DailyAnalytics).where(DailyAnalytics.campaign_id == campaign_id)
    return list(db.session.scalars(rows.order_by(DailyAnalytics.analytics_date)))


def day_figures(campaign_id: UUID) -> list[DayFigures]:
    """What the chart shows. A day on which all counts went back to 0 is left out."""
    figures = []
    sent = delivered = read = 0
    for row in daily_analytics(campaign_id):
        sent += row.messages_sent
        delivered += row.messages_delivered
        read += row.messages_read
        if row.messages_sent or row.messages_delivered or row.messages_read or row.messages_failed:
            figures.append(
                DayFigures(
                    row.analytics_date, row.messages_sent, row.messages_delivered, row.messages_read, row.messages_failed,
                    percentage(delivered, sent), percentage(read, delivered),
                )
            )  # fmt: skip
    return figures


def hour_figures(campaign_id: UUID) -> list[HourFigures]:
    """The first 3 days hour by hour, from the first to the last in which something happened, without a gap."""
    rows = select(HourlyAnalytics).where(HourlyAnalytics.campaign_id == campaign_id)
    found = {
        row.hour: HourFigures(
            row.hour, row.messages_sent, row.messages_delivered, row.messages_read, row.messages_failed
        )
        for row in db.session.scalars(rows)
    }
    hours = sorted(hour for hour, figures in found.items() if not figures.is_empty)
    if not hours:
        return []
    length = int((hours[-1] - hours[0]) / timedelta(hours=1)) + 1
    every = (hours[0] + timedelta(hours=place) for place in range(length))
    return [found.get(hour, HourFigures(hour)) for hour in every]
