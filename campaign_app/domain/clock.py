"""The time of day, asked once at the door and passed down."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def business_day(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar day that `instant` falls on in `zone`.

    >>> business_day(datetime(2026, 1, 1, 20, 0, tzinfo=UTC), ZoneInfo("Asia/Kolkata"))
    datetime.date(2026, 1, 2)
    """
    return instant.astimezone(zone).date()


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of `day` in `zone`, in UTC. Where midnight does not exist (a clock change), the first one after.

    >>> day_start(date(2026, 4, 24), ZoneInfo("Africa/Cairo")).isoformat()
    '2026-04-23T22:00:00+00:00'
    """
    # A midnight skipped by the clocks maps, with fold=0, to the offset before the change: the same instant as 01:00 after it.
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
