"""The daily and hourly aggregates of a campaign, and the rates to date for its charts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from campaign_app.domain.tally import percentage
from campaign_app.extensions import db
from campaign_app.models.analytics import DailyAnalytics


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


def to_date(counts: Iterable[tuple[date, int, int, int, int]]) -> list[DayFigures]:
    """What the chart shows of (day, sent, delivered, read, failed) in the order of days. A day on which all counts went back to
    0 is left out."""
    figures = []
    all_sent = all_delivered = all_read = 0
    for day, sent, delivered, read, failed in counts:
        all_sent += sent
        all_delivered += delivered
        all_read += read
        if sent or delivered or read or failed:
            rates = percentage(all_delivered, all_sent), percentage(all_read, all_delivered)
            figures.append(DayFigures(day, sent, delivered, read, failed, *rates))
    return figures


def filled_hours(found: Iterable[HourFigures]) -> list[HourFigures]:
    """From the first to the last hour in which something happened, without a gap."""
    by_hour = {figures.hour: figures for figures in found if not figures.is_empty}
    if not by_hour:
        return []
    first, last = min(by_hour), max(by_hour)
    length = int((last - first) / timedelta(hours=1)) + 1
    every = (first + timedelta(hours=place) for place in range(length))
    return [by_hour.get(hour, HourFigures(hour)) for hour in every]
