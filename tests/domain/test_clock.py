"""Days of a zone: where they begin, also where midnight is skipped or comes twice."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_app.domain.clock import business_day, clock_change, day_start, utc_now

ODD_ZONES = (
    "UTC", "Asia/Kolkata", "Asia/Kathmandu", "Africa/Cairo", "America/Santiago", "America/Havana", "Australia/Lord_Howe",
    "Europe/London", "America/New_York", "Pacific/Apia", "Pacific/Kiritimati", "Pacific/Chatham", "Africa/Casablanca",
    "Asia/Beirut", "Atlantic/Azores",
)  # fmt: skip

zones = st.sampled_from(ODD_ZONES).map(ZoneInfo)
days = st.dates(date(2024, 1, 1), date(2030, 12, 31))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "first", "hours"),
    [
        ("Africa/Cairo", date(2026, 4, 24), utc(2026, 4, 23, 22), 23),  # 00:00 does not exist
        ("America/Santiago", date(2026, 9, 6), utc(2026, 9, 6, 4), 23),  # 00:00 does not exist
        ("America/Havana", date(2026, 11, 1), utc(2026, 11, 1, 4), 25),  # 00:00 comes twice
        ("Europe/London", date(2026, 3, 29), utc(2026, 3, 29), 23),
        ("Europe/London", date(2026, 10, 25), utc(2026, 10, 24, 23), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), utc(2026, 4, 4, 13), 24.5),
        ("Asia/Kolkata", date(2026, 1, 1), utc(2025, 12, 31, 18, 30), 24),
    ],
)
def test_a_day_begins_with_its_first_instant_and_is_as_long_as_the_clocks_make_it(zone, day, first, hours):
    zone = ZoneInfo(zone)

    assert day_start(day, zone) == first
    assert day_start(day + timedelta(days=1), zone) - first == timedelta(hours=hours)
    assert business_day(first, zone) == day
    assert business_day(first - timedelta(microseconds=1), zone) == day - timedelta(days=1)


@given(days, zones)
def test_every_instant_of_a_day_belongs_to_it(day, zone):
    first, next_first = day_start(day, zone), day_start(day + timedelta(days=1), zone)
    assert business_day(first, zone) == day
    assert business_day(next_first - timedelta(seconds=1), zone) == day


@given(days, zones)
def test_a_change_of_the_clocks_is_found_to_the_second(day, zone):
    change = clock_change(day, zone)
    first, last = day_start(day, zone), day_start(day + timedelta(days=1), zone) - timedelta(seconds=1)
    if change is None:
        assert (first - timedelta(seconds=1)).astimezone(zone).utcoffset() == last.astimezone(
            zone
        ).utcoffset()
    else:
        before = change - timedelta(seconds=1)
        assert before.astimezone(zone).utcoffset() != change.astimezone(zone).utcoffset()
        assert first <= change <= last


def test_now_knows_its_zone():
    assert utc_now().utcoffset() == timedelta(0)
