"""How pages write times, numbers and percentages: local time of the business zone, always with the zone named."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from babel import Locale
from babel.dates import get_day_names, get_month_names
from flask import Flask, current_app, g, has_request_context

from campaign_app.domain.clock import utc_now
from campaign_app.web.progress_bars import stretches

LOCALE = Locale.parse("en_GB")
# Written by hand below, with Babel's names: a page writes hundreds of times and numbers, and Babel reads the pattern anew each time.
MONTHS = get_month_names("abbreviated", locale=LOCALE)
WEEKDAYS = get_day_names("abbreviated", locale=LOCALE)
UNITS = (
    ("year", 365 * 86_400), ("month", 30 * 86_400), ("week", 7 * 86_400), ("day", 86_400), ("hour", 3600), ("minute", 60),
    ("second", 1),
)  # fmt: skip
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
    local = instant.astimezone(zone())
    return f"{_day_of(local)} {local.year}, {local:%H:%M} {_abbreviation(local)}"


def exact_time(instant: datetime) -> str:
    """`5 Jan 2026, 14:05:09 IST`."""
    local = instant.astimezone(zone())
    return f"{_day_of(local)} {local.year}, {local:%H:%M:%S} {_abbreviation(local)}"


def duration(length: timedelta) -> str:
    """`4 seconds`, `3 hours`: the largest unit that fits; what is under a second is `less than a second`."""
    if length < timedelta(seconds=1):
        return "less than a second"
    return _in_largest_unit(length.total_seconds(), 1.0)


def brief_time(instant: datetime | None) -> str:
    """`5 Jan, 14:05`, with the year when it is not this one: for tables whose page names the zone."""
    if instant is None:
        return NOTHING
    local = instant.astimezone(zone())
    year = "" if local.year == page_now().astimezone(zone()).year else f" {local.year}"
    return f"{_day_of(local)}{year}, {local:%H:%M}"


def clock_time(instant: datetime | None) -> str:
    """`14:05 IST`."""
    if instant is None:
        return NOTHING
    local = instant.astimezone(zone())
    return f"{local:%H:%M} {_abbreviation(local)}"


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
    words = _in_largest_unit(abs(difference.total_seconds()), 1.2)
    return f"in {words}" if difference.total_seconds() > 0 else f"{words} ago"


def local_day(day: date | None) -> str:
    """`Mon 5 Jan 2026`."""
    return NOTHING if day is None else f"{WEEKDAYS[day.weekday()]} {_day_of(day)} {day.year}"


def short_day(day: date | None) -> str:
    """`5 Jan`."""
    return NOTHING if day is None else _day_of(day)


def number(value: int | float | Decimal | None) -> str:
    """`4,310`; what is not known is a dash."""
    if value is None:
        return NOTHING
    return f"{int(value) if value == int(value) else value:,}"


def percent(value: float | Decimal | None) -> str:
    """`98.0%`: one decimal, as the numbers of the stats come."""
    return NOTHING if value is None else f"{value:,.1f}%"


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 person`, `4,310 people`: the count with its word.

    >>> plural(2, "day"), plural(1, "person", "people")
    ('2 days', '1 person')
    """
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def error_code(code: int | None) -> str:
    """An error code of WhatsApp; -1 stands for "came without a code"."""
    return "none" if code is None or code < 0 else str(code)


def _in_largest_unit(seconds: float, threshold: float) -> str:
    """The largest unit of which there are at least `threshold`.

    >>> _in_largest_unit(4000, 1.2), _in_largest_unit(4000, 1.0), _in_largest_unit(5000, 1.2)
    ('67 minutes', '1 hour', '1 hour')
    """
    unit, length = next((pair for pair in UNITS if seconds / pair[1] >= threshold), UNITS[-1])
    count = max(1, round(seconds / length))
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _day_of(day: date) -> str:
    return f"{day.day} {MONTHS[day.month]}"


def _abbreviation(local: datetime) -> str:
    """`IST`, or `UTC-03` where the zone has no name of letters; `local` is in the zone."""
    name = local.tzname() or ""
    return name if name.isalpha() else f"UTC{name}"
