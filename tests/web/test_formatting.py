"""Times and numbers on pages are written as Babel writes them for English of Britain, only faster."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal
from flask import g
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaign_app.web import formatting
from tests.databases import an_app

LOCALE = "en_GB"
NOW = datetime(2026, 9, 3, 12, 30, 5, tzinfo=UTC)
ONCE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)


@pytest.fixture(params=["Asia/Kolkata", "America/Sao_Paulo", "UTC"])
def zone(request):
    app = an_app("sqlite:///unused.db", BUSINESS_TIMEZONE=request.param)
    with app.test_request_context("/"):
        g.page_now = NOW
        yield app.config["SETTINGS"].zone


@ONCE
@given(st.datetimes(datetime(1999, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))
def test_instants_and_days(zone, instant):
    written = format_datetime(instant, "d MMM y, HH:mm", tzinfo=zone, locale=LOCALE)
    assert formatting.local_time(instant).startswith(f"{written} ")
    pattern = "d MMM, HH:mm" if instant.astimezone(zone).year == 2026 else "d MMM y, HH:mm"
    assert formatting.brief_time(instant) == format_datetime(instant, pattern, tzinfo=zone, locale=LOCALE)
    assert formatting.local_day(instant.date()) == format_date(instant.date(), "EEE d MMM y", locale=LOCALE)
    assert formatting.short_day(instant.date()) == format_date(instant.date(), "d MMM", locale=LOCALE)


@ONCE
@given(st.integers(1, 4 * 365 * 86_400))
def test_lengths_of_time(zone, seconds):
    length = timedelta(seconds=seconds)
    assert formatting.duration(length) == format_timedelta(length, locale=LOCALE, threshold=1.0)
    if seconds >= 60:
        for difference in (length, -length):
            told = format_timedelta(difference, add_direction=True, locale=LOCALE, threshold=1.2)
            assert formatting.relative_time(NOW + difference) == told


@given(st.one_of(st.integers(-(10**12), 10**12), st.integers(-(10**6), 10**6).map(lambda n: n / 10)))
def test_numbers(value):
    assert formatting.number(value) == format_decimal(value, locale=LOCALE)
    assert formatting.percent(value) == f"{format_decimal(value, '#,##0.0', locale=LOCALE)}%"


def test_what_is_not_known_is_a_dash():
    for write in (formatting.number, formatting.percent, formatting.local_day, formatting.short_day):
        assert write(None) == "–"
    assert (
        formatting.number(Decimal("1234")) == "1,234"
        and formatting.local_day(date(2026, 9, 1)) == "Tue 1 Sept 2026"
    )
