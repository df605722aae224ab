"""The time of day, asked once at the door and passed down."""

from datetime import UTC, date, datetime, timedelta
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


def clock_change(day: date, zone: ZoneInfo) -> datetime | None:
    """The first instant after the clocks of `zone` jump on `day`, in UTC, to the second; None on most days.

    >>> clock_change(date(2026, 4, 24), ZoneInfo("Africa/Cairo")).isoformat()
    '2026-04-23T22:00:00+00:00'
    """
    before, after = (
        day_start(day, zone) - timedelta(seconds=1),
        day_start(day + timedelta(days=1), zone) - timedelta(seconds=1),
    )
    offset = before.astimezone(zone).utcoffset()
    if after.astimezone(zone).utcoffset() == offset:
        return None
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // timedelta(seconds=2) * timedelta(seconds=1)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
