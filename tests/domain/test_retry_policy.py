"""When a message is tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_app.domain.retry_policy import Action, may_retry_by_hand, next_try_at, spends_attempt

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
fractions = st.floats(0, 1, exclude_max=True)


def wait(action, retry_count, fraction=0.0, **options) -> float | None:
    at = next_try_at(action, retry_count, NOW, fraction, **options)
    return None if at is None else (at - NOW).total_seconds()


def test_passing_trouble_waits_twice_as_long_each_time_up_to_an_hour():
    longest = [wait(Action.RETRY, n, 0.999999) for n in range(8)]
    assert [round(seconds) for seconds in longest] == [30, 60, 120, 240, 480, 960, 1920, 3600]


@given(st.integers(0, 7), fractions)
def test_the_random_part_spreads_over_the_upper_half_of_the_wait(retry_count, fraction):
    full = min(30 * 2**retry_count, 3600)
    assert full / 2 <= wait(Action.RETRY, retry_count, fraction) <= full


def test_passing_trouble_is_given_up_after_eight_retries_or_the_codes_own_number():
    assert wait(Action.RETRY, 7) is not None
    assert wait(Action.RETRY, 8) is None
    assert wait(Action.RETRY, 2, max_retries=3) is not None
    assert wait(Action.RETRY, 3, max_retries=3) is None


@given(fractions)
def test_the_marketing_cap_is_tried_once_more_and_never_within_a_day(fraction):
    assert 24 * 3600 <= wait(Action.RETRY_AFTER_DAY, 0, fraction) <= 25 * 3600
    assert wait(Action.RETRY_AFTER_DAY, 1, fraction) is None


@given(st.integers(0, 10_000), fractions)
def test_a_pair_waits_at_least_four_to_the_power_and_is_never_given_up(retry_count, fraction):
    assert wait(Action.PAIR_WAIT, retry_count, fraction) >= min(4 ** min(retry_count, 6), 3600)
    assert wait(Action.PAIR_WAIT, retry_count, fraction) <= 3600


def test_the_first_waits_of_a_pair_are_those_that_meta_names():
    assert [wait(Action.PAIR_WAIT, n) for n in range(5)] == [1, 4, 16, 64, 256]


@given(st.integers(0, 10_000), fractions)
def test_a_throttled_message_always_goes_on_soon(retry_count, fraction):
    assert 5 <= wait(Action.THROTTLE, retry_count, fraction) <= 10


@pytest.mark.parametrize("action", [Action.NEVER, Action.OPT_OUT, Action.PAUSE_CAMPAIGN, Action.STOP_NUMBER])
def test_what_needs_a_person_is_not_tried_by_itself(action):
    assert wait(action, 0) is None


@pytest.mark.parametrize("action", [Action.RETRY, Action.PAIR_WAIT, Action.THROTTLE])
def test_the_wait_that_whatsapp_asks_for_is_kept_to_the_second(action):
    assert wait(action, 0, 0.5, at_least=timedelta(minutes=10)) == 600
    assert wait(action, 0, 0.0, at_least=timedelta(0)) < 30


def test_only_the_customers_own_refusal_or_absence_forbids_a_retry_by_hand():
    forbidden = {action for action in Action if not may_retry_by_hand(action)}
    assert forbidden == {Action.NEVER, Action.OPT_OUT}


def test_being_too_fast_spends_nobodys_attempt():
    assert {action for action in Action if not spends_attempt(action)} == {Action.THROTTLE, Action.PAIR_WAIT}
