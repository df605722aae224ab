"""Daily batches: they add up to the audience, never pass the limit, and leave out the days without hours to send in."""

from datetime import date, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_app.domain.send_plan import LONGEST_PLAN_DAYS, plan_batches
from campaign_app.domain.send_window import SendWindow

MONDAY = date(2026, 1, 5)
UTC = ZoneInfo("UTC")
WEEKDAYS = SendWindow(frozenset(range(5)), time(9), time(17), UTC)


def sizes(*args, **more) -> list[int]:
    return [batch.size for batch in plan_batches(*args, **more)]


@pytest.mark.parametrize(
    ("audience", "per_day", "expected"),
    [(0, 10, []), (1, 10, [1]), (10, 10, [10]), (11, 10, [10, 1]), (30, 10, [10, 10, 10]), (3, 1, [1, 1, 1])],
)
def test_the_last_batch_is_the_short_one(audience, per_day, expected):
    assert sizes(audience, per_day, MONDAY) == expected


@pytest.mark.parametrize(
    ("left", "expected"), [(0, [100, 50]), (30, [30, 100, 20]), (100, [100, 50]), (500, [100, 50])]
)
def test_what_is_left_of_the_first_day_is_used_and_no_more(left, expected):
    batches = plan_batches(150, 100, MONDAY, first_day_left=left)
    assert [batch.size for batch in batches] == expected
    assert (batches[0].day == MONDAY) is (left > 0)


def test_days_without_hours_are_passed_over():
    days = [batch.day for batch in plan_batches(700, 100, MONDAY, WEEKDAYS)]
    assert days == [MONDAY + timedelta(days=ahead) for ahead in (0, 1, 2, 3, 4, 7, 8)]


def test_days_are_those_of_the_business_also_when_the_window_has_a_zone_of_its_own():
    early_monday = SendWindow(frozenset({0}), time(0), time(4), ZoneInfo("Asia/Kolkata"))
    assert [batch.day for batch in plan_batches(2, 1, MONDAY, early_monday, zone=UTC)] == [
        date(2026, 1, 11),
        date(2026, 1, 18),
    ]


def test_a_plan_ends_after_ten_years():
    assert len(plan_batches(10**6, 1, MONDAY)) == LONGEST_PLAN_DAYS


@pytest.mark.parametrize("per_day", [0, -1])
def test_a_limit_below_one_is_a_mistake(per_day):
    with pytest.raises(ValueError):
        plan_batches(10, per_day, MONDAY)


@given(
    st.integers(0, 5000),
    st.integers(1, 700),
    st.none() | st.integers(0, 900),
    st.sampled_from([None, WEEKDAYS]),
)
def test_batches_add_up_and_keep_to_the_limit(audience, per_day, left, window):
    batches = plan_batches(audience, per_day, MONDAY, window, left, UTC)

    complete = len(batches) < LONGEST_PLAN_DAYS * 5 // 7 - 1
    assert sum(batch.size for batch in batches) == audience or not complete
    assert all(0 < batch.size <= per_day for batch in batches)
    assert all(earlier.day < later.day for earlier, later in pairwise(batches))
    assert all(batch.size == per_day for batch in batches[1:-1])
