"""The plan of all campaigns: days add up to the people, and no limit, window or end is passed."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_app.domain.clock import business_day, day_start
from campaign_app.domain.send_plan import LONGEST_PLAN, Account, Plan, Sending, lay_plans
from campaign_app.domain.send_window import SendWindow

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)  # a Monday
MONDAY = NOON.date()
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ZONE = ZoneInfo("UTC")
KOLKATA = ZoneInfo("Asia/Kolkata")
WEEKDAYS = SendWindow(frozenset(range(5)), time(9), time(17), ZONE)
MORNING = SendWindow(frozenset(range(7)), time(9), time(11), ZONE)


def the_plan(people: int, per_day: int, **more) -> Plan:
    account = more.pop("account", None)
    return lay_plans([Sending(people, per_day, **more)], NOON, ZONE, account)[0]


def sizes(plan: Plan) -> list[int]:
    return [batch.size for batch in plan.batches]


def days(plan: Plan) -> list[int]:
    """Days from today."""
    return [(batch.day - MONDAY).days for batch in plan.batches]


@pytest.mark.parametrize(
    ("people", "per_day", "expected"),
    [(0, 10, []), (1, 10, [1]), (10, 10, [10]), (11, 10, [10, 1]), (30, 10, [10, 10, 10]), (3, 1, [1, 1, 1])],
)
def test_the_last_batch_is_the_short_one(people, per_day, expected):
    assert sizes(the_plan(people, per_day)) == expected


@pytest.mark.parametrize(
    ("used", "expected"), [(100, [100, 50]), (70, [30, 100, 20]), (0, [100, 50]), (500, [100, 50])]
)
def test_what_was_sent_today_counts_against_today_only(used, expected):
    plan = the_plan(150, 100, used_today=used)
    assert sizes(plan) == expected
    assert (days(plan)[0] == 0) is (used < 100)


def test_days_without_hours_are_passed_over():
    assert days(the_plan(700, 100, window=WEEKDAYS)) == [0, 1, 2, 3, 4, 7, 8]


def test_when_todays_hours_are_over_the_next_free_day_is_tomorrow():
    assert days(the_plan(5, 10, window=MORNING)) == [1]


def test_days_are_those_of_the_business_also_when_the_window_has_a_zone_of_its_own():
    early_monday = SendWindow(frozenset({0}), time(0), time(4), KOLKATA)  # Sunday evening, UTC
    plan = the_plan(2, 1, window=early_monday)
    assert [batch.day for batch in plan.batches] == [date(2026, 1, 11), date(2026, 1, 18)]


def test_a_night_uses_the_limits_of_both_its_days():
    night = SendWindow(frozenset({0}), time(22), time(2), ZONE)
    assert days(the_plan(40, 10, window=night)) == [0, 1, 7, 8]


def test_nothing_is_planned_before_the_start_or_from_the_end_on():
    plan = the_plan(100, 10, start=NOON + 2 * DAY, end=NOON + 4 * DAY)
    assert (days(plan), sizes(plan), plan.unplanned) == ([2, 3, 4], [10, 10, 10], 70)


def test_a_last_day_whose_hours_begin_after_the_end_carries_nothing():
    plan = the_plan(100, 10, window=MORNING, end=datetime(2026, 1, 7, 9, tzinfo=UTC))
    assert (days(plan), plan.unplanned) == ([1], 90)


def test_who_waits_for_a_time_of_their_own_is_planned_from_then_on():
    plan = the_plan(3, 10, later=[(NOON + HOUR, 2), (NOON + 2 * DAY, 4)])
    assert (days(plan), sizes(plan)) == ([0, 2], [5, 4])


def test_a_plan_ends_after_ten_years():
    plan = the_plan(10**6, 1)
    assert len(plan.batches) == LONGEST_PLAN.days + 1 and plan.unplanned == 10**6 - len(plan.batches)


def test_the_accounts_limit_holds_in_any_24_hours():
    assert sizes(the_plan(10, 100, account=Account(4))) == [4, 4, 2]


def test_who_was_written_to_in_the_last_24_hours_makes_room_when_they_fall_out():
    spent = [(NOON + HOUR, 3), (NOON + 13 * HOUR, 1)]
    plan = the_plan(10, 100, account=Account(4, spent))
    assert (days(plan), sizes(plan)) == ([0, 1, 2], [3, 4, 3])


def test_room_that_comes_outside_the_hours_is_used_in_the_next_hours():
    """What is sent at 22:00 falls out at 22:00: the next morning finds no room, the morning after does."""
    spent = [(datetime(2026, 1, 6, 22, tzinfo=UTC), 4)]
    assert days(the_plan(4, 100, window=MORNING, account=Account(4, spent))) == [2]


def test_of_those_who_can_send_now_the_first_of_the_order_goes_first():
    first, second = lay_plans([Sending(6, 100), Sending(4, 100)], NOON, ZONE, Account(5))
    assert (sizes(first), sizes(second)) == ([5, 1], [4])
    assert days(second) == [1]


def test_one_that_may_not_send_yet_leaves_the_room_to_others():
    evening = SendWindow(frozenset(range(7)), time(18), time(20), ZONE)
    first, second = lay_plans([Sending(5, 100, window=evening), Sending(5, 100)], NOON, ZONE, Account(5))
    assert days(second) == [0]
    assert days(first) == [1]


def test_without_an_accounts_limit_campaigns_do_not_meet():
    plans = lay_plans([Sending(5000, 100), Sending(250, 100)], NOON, ZONE)
    assert sizes(plans[1]) == [100, 100, 50]


WINDOWS = st.none() | st.sampled_from(
    [
        WEEKDAYS,
        MORNING,
        SendWindow(frozenset({6}), time(22), time(3), KOLKATA),
        SendWindow(frozenset({1, 4}), time(0), time(0, 30), ZoneInfo("America/Havana")),
    ]
)
SENDINGS = st.builds(
    Sending,
    ready=st.integers(0, 500),
    per_day=st.integers(1, 200),
    used_today=st.integers(0, 250),
    start=st.none() | st.integers(0, 300).map(lambda hours: NOON + hours * HOUR),
    end=st.none() | st.integers(1, 900).map(lambda hours: NOON + hours * HOUR),
    window=WINDOWS,
    later=st.just(()) | st.integers(1, 90).map(lambda hours: [(NOON + hours * HOUR, 7)]),
)
ACCOUNTS = st.none() | st.builds(
    Account,
    st.integers(1, 400),
    st.lists(st.tuples(st.integers(-5, 24).map(lambda hours: NOON + hours * HOUR), st.integers(1, 90))),
)


@given(st.lists(SENDINGS, max_size=4), ACCOUNTS, st.sampled_from([ZONE, KOLKATA, ZoneInfo("Africa/Cairo")]))
def test_plans_add_up_and_keep_to_every_limit(sendings, account, zone):
    plans = lay_plans(sendings, NOON, zone, account)

    today = business_day(NOON, zone)
    for sending, plan in zip(sendings, plans, strict=True):
        people = sending.ready + sum(waiting for _, waiting in sending.later)
        assert sum(sizes(plan)) + plan.unplanned == people
        assert all(earlier.day < later.day for earlier, later in pairwise(plan.batches))
        for batch in plan.batches:
            used = sending.used_today if batch.day == today else 0
            assert 0 < batch.size <= sending.per_day - used
            first = max(NOON, sending.start or NOON, day_start(batch.day, zone))
            opens_at = sending.window.opens_at(first) if sending.window else first
            assert opens_at < day_start(batch.day + DAY, zone)
            assert sending.end is None or opens_at < sending.end
    if account is not None:
        # A day may begin with everything free, and what it takes at its first moment is free again at its last.
        for day in {batch.day for plan in plans for batch in plan.batches}:
            assert sum(plan.size_on(day) for plan in plans) <= 2 * account.limit
