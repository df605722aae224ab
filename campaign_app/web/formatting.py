"""How pages write times, numbers and percentages: local time of the business zone, always with the zone named."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.numbers import format_decimal
from flask import Flask, current_app, g, has_request_context

from campaign_app.domain.clock import utc_now
from campaign_app.web.progress_bars import stretches

LOCALE = "en_GB"
NOTHING = "–"


def register(app: Flask) -> None:
    filters = (
        local_time,
        exact_time,
        duration,
        brief_time,
        clock_time,
        iso_time,
        relative_time,
        local_day,
        short_day,
        number,
        percent,
        plural,
        error_code,
    )
    for function in filters:
        app.jinja_env.filters[function.__name__] = function
    app.jinja_env.globals.update(page_now=page_now, zone_name=zone_name, stretches=stretches)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def page_now() -> datetime:
    """The instant of this request: every relative time of a page is measured from the same one."""
    if not has_request_context():
        return utc_now()
    if "page_now" not in g:
        g.page_now = utc_now()
    return g.page_now


def zone():
    return current_app.config["SETTINGS"].zone


def zone_name() -> str:
    """The IANA name of the business zone, for example `Asia/Kolkata`."""
    return current_app.config["SETTINGS"].business_timezone


def local_time(instant: datetime | None) -> str:
    """`5 Jan 2026, 14:05 IST`."""
    if instant is None:
        return NOTHING
    return (
        f"{format_datetime(instant, 'd MMM y, HH:mm', tzinfo=zone(), locale=LOCALE)} {_abbreviation(instant)}"
    )


def exact_time(instant: datetime) -> str:
    """`5 Jan 2026, 14:05:09 IST`."""
    written = format_datetime(instant, "d MMM y, HH:mm:ss", tzinfo=zone(), locale=LOCALE)
    return f"{written} {_abbreviation(instant)}"


def duration(length: timedelta) -> str:
    """`4 seconds`, `3 hours`: the largest unit that fits; what is under a second is `less than a second`."""
    if length < timedelta(seconds=1):
        return "less than a second"
    return format_timedelta(length, locale=LOCALE, threshold=1.0)


def brief_time(instant: datetime | None) -> str:
    """`5 Jan, 14:05`, with the year when it is not this one: for tables whose page names the zone."""
    if instant is None:
        return NOTHING
    is_this_year = instant.astimezone(zone()).year == page_now().astimezone(zone()).year
    return format_datetime(
        instant, "d MMM, HH:mm" if is_this_year else "d MMM y, HH:mm", tzinfo=zone(), locale=LOCALE
    )


def clock_time(instant: datetime | None) -> str:
    """`14:05 IST`."""
    if instant is None:
        return NOTHING
    return f"{format_time(instant, 'HH:mm', tzinfo=zone(), locale=LOCALE)} {_abbreviation(instant)}"


def iso_time(instant: datetime) -> str:
    """For the `datetime` attribute: local time with its offset."""
    return instant.astimezone(zone()).isoformat(timespec="seconds")


def relative_time(instant: datetime | None) -> str:
    """`3 hours ago`, `in 2 days`; within a minute `just now`."""
    if instant is None:
        return NOTHING
    difference = instant - page_now()
    if abs(difference.total_seconds()) < 60:
        return "just now" if difference.total_seconds() <= 0 else "within a minute"
    return format_timedelta(difference, add_direction=True, locale=LOCALE, threshold=1.2)


def local_day(day: date | None) -> str:
    """`Mon 5 Jan 2026`."""
    return NOTHING if day is None else format_date(day, "EEE d MMM y", locale=LOCALE)


def short_day(day: date | None) -> str:
    """`5 Jan`."""
    return NOTHING if day is None else format_date(day, "d MMM", locale=LOCALE)


def number(value: int | float | Decimal | None) -> str:
    """`4,310`; what is not known is a dash."""
    return NOTHING if value is None else format_decimal(value, locale=LOCALE)


def percent(value: float | Decimal | None) -> str:
    """`98.0%`: one decimal, as the numbers of the stats come."""
    return NOTHING if value is None else f"{format_decimal(value, '#,##0.0', locale=LOCALE)}%"


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 person`, `4,310 people`: the count with its word.

    >>> plural(2, "day"), plural(1, "person", "people")
    ('2 days', '1 person')
    """
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def error_code(code: int | None) -> str:
    """An error code of WhatsApp; -1 stands for "came without a code"."""
    return "none" if code is None or code < 0 else str(code)


def _abbreviation(instant: datetime) -> str:
    """`IST`, or `UTC-03` where the zone has no name of letters."""
    name = instant.astimezone(zone()).tzname() or ""
    return name if name.isalpha() else f"UTC{name}"
