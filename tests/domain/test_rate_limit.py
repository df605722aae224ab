"""The pace: no second holds more than the rate, throttling halves it, and it climbs back."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_app.domain.rate_limit import SLOWEST_PER_SECOND, Departures, Pace


def most_in_a_second(times: list[float]) -> int:
    times = sorted(times)
    return max((sum(1 for other in times if start <= other < start + 1) for start in times), default=0)


def a_run(pace: Pace, seconds: float, step: float = 0.05, most: int = 32) -> list[float]:
    """Departures of a sender that asks every `step` seconds."""
    return [slot for tick in range(round(seconds / step)) for slot in pace.slots(most, tick * step, step)]


@pytest.mark.parametrize("rate", [1, 2, 7, 80, 400])
def test_it_is_nearly_as_fast_as_it_may_be_and_never_faster(rate):
    departures = a_run(Pace(rate, 0.0), 6, most=1000)

    assert most_in_a_second(departures) <= rate
    assert len([at for at in departures if at < 5]) >= 5 * rate * 0.95


def test_of_time_that_was_not_used_half_a_second_is_made_up_for_at_most():
    pace = Pace(10, 0.0)
    assert len(pace.slots(1000, 3600.0, 0.0)) <= 6


def test_departures_that_were_not_used_are_given_out_again():
    pace = Pace(10, 0.0)
    first = pace.slots(5, 0.0, 1.0)
    pace.give_back(3)
    assert pace.slots(1, 0.0, 1.0)[0] == pytest.approx(first[2])
    assert pace.next_slot() == pytest.approx(first[3])


def test_a_burst_of_throttling_halves_the_rate_once():
    pace = Pace(80, 0.0)
    for _ in range(30):
        pace.throttled(10.0)
    assert pace.rate == 40


def test_throttling_over_and_over_slows_down_to_the_least_and_no_further():
    pace = Pace(80, 0.0)
    for second in range(60):
        pace.throttled(10.0 + 1.5 * second)
    assert pace.rate == SLOWEST_PER_SECOND


def test_it_climbs_back_within_half_a_minute():
    pace = Pace(80, 0.0)
    pace.throttled(10.0)
    pace.slots(1, 15.0, 0.05)
    assert 40 < pace.rate < 80
    pace.slots(1, 35.0, 0.05)
    assert pace.rate == 80


def test_nothing_leaves_before_the_time_that_whatsapp_asked_for():
    pace = Pace(80, 0.0)
    pace.throttled(10.0, retry_after=30)
    assert pace.slots(10, 20.0, 0.05) == []
    assert pace.slots(1, 41.0, 0.05)[0] >= 40


def test_a_shorter_wait_does_not_shorten_a_longer_one():
    pace = Pace(80, 0.0)
    pace.throttled(10.0, retry_after=30)
    pace.throttled(10.1, retry_after=1)
    assert pace.next_slot() >= 40


@given(st.integers(1, 100), st.lists(st.floats(0, 3), max_size=80), st.lists(st.integers(0, 79), max_size=10))
def test_whatever_happens_departures_never_stand_closer_than_the_rate_permits(rate, waits, throttled_at):
    pace, clock, departures = Pace(rate, 0.0), 0.0, []
    for turn, wait in enumerate(waits):
        clock += wait
        if turn in throttled_at:
            pace.throttled(clock, retry_after=turn % 3 or None)
        departures += pace.slots(20, clock, 0.05)
    assert all(later - earlier >= 1 / rate - 1e-9 for earlier, later in pairwise(departures))


@given(st.integers(1, 20), st.lists(st.floats(0, 0.3), max_size=120))
def test_threads_that_wake_up_late_and_together_still_keep_to_the_rate(rate, waits):
    departures, clock, left = Departures(rate), 0.0, []
    for wait in waits:
        clock += wait
        left.append(departures.reserve(clock))
    assert most_in_a_second(left) <= rate


@given(st.integers(1, 20), st.lists(st.tuples(st.floats(0, 0.3), st.floats(0, 0.2)), max_size=120))
def test_what_left_later_than_it_was_to_is_counted_from_there(rate, waits):
    departures, clock, left = Departures(rate), 0.0, []
    for wait, late in waits:
        clock = departures.reserve(clock + wait)
        departures.left(clock, clock + late)
        clock += late
        left.append(clock)
    assert most_in_a_second(left) <= rate


def test_a_request_that_a_whole_second_of_others_overtook_still_counts():
    departures = Departures(2)
    reserved = departures.reserve(0.0)
    others = [departures.reserve(0.0) for _ in range(3)]
    departures.left(reserved, 5.0)
    assert most_in_a_second([*others, 5.0, departures.reserve(5.0), departures.reserve(5.0)]) == 2


def test_held_up_requests_leave_one_after_the_other():
    departures = Departures(50)
    left = [departures.reserve(7.0) for _ in range(50)]
    assert all(later - earlier >= 1 / 100 - 1e-9 for earlier, later in pairwise(left))
    assert left[-1] < 7.5
