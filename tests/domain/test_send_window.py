"""The hours in which a campaign may send: open and closed to the second, over midnight and over changes of the clocks."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_app.domain.errors import Invalid
from campaign_app.domain.send_window import DAYS, SendWindow, parse_window
from tests.domain.test_clock import zones

KOLKATA = ZoneInfo("Asia/Kolkata")
EVERY_DAY = frozenset(range(7))


def local(zone: ZoneInfo, *parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=zone, fold=fold).astimezone(UTC)


def a_window(start: str, end: str, days=DAYS, zone: ZoneInfo = KOLKATA) -> SendWindow:
    return parse_window({"days": list(days), "start": start, "end": end}, zone)


@pytest.mark.parametrize(
    ("clock", "is_open"),
    [((8, 59, 59), False), ((9, 0, 0), True), ((19, 59, 59), True), ((20, 0, 0), False)],
)
def test_it_opens_with_its_start_and_closes_with_its_end(clock, is_open):
    assert a_window("09:00", "20:00").is_open(local(KOLKATA, 2026, 3, 10, *clock)) is is_open


def test_over_midnight_the_night_belongs_to_the_day_on_which_it_began():
    monday_night = a_window("22:00", "02:00", ["mon"])

    assert monday_night.is_open(local(KOLKATA, 2026, 3, 9, 23))  # Monday
    assert monday_night.is_open(local(KOLKATA, 2026, 3, 10, 1, 59, 59))  # Tuesday morning
    assert not monday_night.is_open(local(KOLKATA, 2026, 3, 10, 2))
    assert not monday_night.is_open(local(KOLKATA, 2026, 3, 9, 1))  # the night of Sunday
    assert not monday_night.is_open(local(KOLKATA, 2026, 3, 10, 22))


def test_the_next_opening_may_be_a_week_away():
    mondays = a_window("09:00", "10:00", ["mon"])
    assert mondays.opens_at(local(KOLKATA, 2026, 3, 9, 10)) == local(KOLKATA, 2026, 3, 16, 9)


def test_while_it_is_open_it_opens_now():
    now = local(KOLKATA, 2026, 3, 10, 12)
    assert a_window("09:00", "20:00").opens_at(now) == now


def test_a_day_on_which_only_the_end_of_a_night_lies_counts_as_open():
    night = a_window("22:00", "02:00", ["mon"])
    assert [night.opens_on(date(2026, 3, day), KOLKATA) for day in (8, 9, 10, 11)] == [
        False,
        True,
        True,
        False,
    ]


def test_a_window_until_midnight_does_not_reach_into_the_next_day():
    evening = a_window("18:00", "00:00", ["mon"])
    assert evening.is_open(local(KOLKATA, 2026, 3, 9, 23, 59, 59))
    assert [evening.opens_on(date(2026, 3, day), KOLKATA) for day in (9, 10)] == [True, False]


def test_a_day_of_another_zone_is_open_when_the_window_opens_within_it():
    early_monday = a_window("00:00", "04:00", ["mon"])  # in UTC this is Sunday, 18:30 to 22:30
    utc = ZoneInfo("UTC")
    assert [early_monday.opens_on(date(2026, 3, day), utc) for day in (7, 8, 9)] == [False, True, False]


def test_a_start_that_the_clocks_skip_opens_when_they_jump():
    cairo = ZoneInfo("Africa/Cairo")  # 2026-04-24 begins at 01:00
    window = SendWindow(EVERY_DAY, time(0, 30), time(2, 0), cairo)
    evening = local(cairo, 2026, 4, 23, 23)
    assert window.opens_at(evening) == local(cairo, 2026, 4, 24, 1)


def test_an_hour_that_comes_twice_is_open_twice():
    havana = ZoneInfo("America/Havana")  # on 2026-11-01 the hour from 00:00 to 01:00 comes twice
    window = SendWindow(EVERY_DAY, time(0, 30), time(1, 0), havana)
    second_midnight = local(havana, 2026, 11, 1, 0, 0, fold=1)
    assert not window.is_open(second_midnight)
    assert window.opens_at(second_midnight) == local(havana, 2026, 11, 1, 0, 30, fold=1)


def test_a_window_that_falls_into_the_skipped_hour_opens_on_the_next_day():
    london = ZoneInfo("Europe/London")  # on 2026-03-29 there is nothing between 01:00 and 02:00
    window = SendWindow(EVERY_DAY, time(1, 10), time(1, 50), london)
    assert window.opens_at(local(london, 2026, 3, 29, 0)) == local(london, 2026, 3, 30, 1, 10)


clocks = st.builds(time, st.integers(0, 23), st.sampled_from((0, 15, 30, 59)))
windows = st.builds(
    SendWindow, st.frozensets(st.integers(0, 6), min_size=1), clocks, clocks, zones
).filter(lambda window: window.start != window.end)  # fmt: skip
# Around changes of the clocks: spring and autumn on both halves of the earth.
instants = st.builds(
    lambda day, minutes: datetime(*day, tzinfo=UTC) + timedelta(minutes=minutes),
    st.sampled_from(
        (
            (2026, 3, 28),
            (2026, 4, 4),
            (2026, 4, 23),
            (2026, 9, 5),
            (2026, 10, 24),
            (2026, 10, 31),
            (2026, 6, 1),
        )
    ),
    st.integers(0, 3 * 24 * 60),
)


@settings(max_examples=150)
@given(windows, instants)
def test_it_opens_at_the_first_open_minute_and_never_before(window, instant):
    opening = window.opens_at(instant)

    assert window.is_open(opening)
    minute = instant
    for _ in range(26 * 60):
        if minute >= opening:
            break
        assert not window.is_open(minute)
        minute += timedelta(minutes=1)


@pytest.mark.parametrize("nothing", [None, {}])
def test_without_a_window_it_may_send_at_any_time(nothing):
    assert parse_window(nothing, KOLKATA) is None


def test_without_days_every_day_is_meant():
    assert parse_window({"start": "9:00", "end": "20:00:00"}, KOLKATA) == SendWindow(
        EVERY_DAY, time(9), time(20), KOLKATA
    )


@pytest.mark.parametrize(
    "value",
    [
        "mon", [1], 5, {"days": ["mon"]}, {"start": "09:00"}, {"start": "09:00", "end": "09:00"},
        {"start": "09:00", "end": "24:00"}, {"start": "25:00", "end": "09:00"}, {"start": "09:60", "end": "10:00"},
        {"start": "09:00:99:00", "end": "10:00"}, {"start": "nine", "end": "10:00"}, {"start": 9, "end": 10},
        {"start": "-1:00", "end": "10:00"}, {"start": "٠٩:00", "end": "10:00"}, {"start": None, "end": "10:00"},
        {"days": [], "start": "09:00", "end": "10:00"}, {"days": ["someday"], "start": "09:00", "end": "10:00"},
        {"days": "mon", "start": "09:00", "end": "10:00"}, {"days": [["mon"]], "start": "09:00", "end": "10:00"},
        {"start": "09:00", "end": "10:00", "zone": "UTC"}, {"start": "09:00", "end": "10:00\n"},
    ],
)  # fmt: skip
def test_a_window_that_cannot_be_read_is_refused_in_a_sentence(value):
    with pytest.raises(Invalid) as refusal:
        parse_window(value, KOLKATA)
    assert refusal.value.fields["send_window"][0].startswith("The send window ")
