"""What a recipient adds to the counters, and percentages as people write them."""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_app.domain.tally import NO_CODE, Standing, Tally, percentage, tally_of
from tests.makers import NOON

UTC = ZoneInfo("UTC")
LATER = NOON + timedelta(days=1)


def counts(standing: Standing) -> dict[str, int]:
    return {name: count for name, count in tally_of([standing], UTC).campaign.items() if count}


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (Standing("pending"), {"messages_pending"}),
        (Standing("queued"), {"messages_pending"}),
        (Standing("queued", unconfirmed_at=NOON), {"messages_unconfirmed"}),
        (Standing("sent", sent_at=NOON), {"messages_sent"}),
        (Standing("delivered", NOON, NOON), {"messages_sent", "messages_delivered"}),
        (Standing("read", NOON, NOON, NOON), {"messages_sent", "messages_delivered", "messages_read"}),
        (Standing("failed", failed_at=NOON), {"messages_failed", "messages_refused"}),
        (Standing("failed", NOON, failed_at=NOON), {"messages_sent", "messages_failed"}),
        (
            Standing("failed", NOON, NOON, failed_at=NOON),
            {"messages_sent", "messages_delivered", "messages_failed"},
        ),
    ],
)
def test_everybody_but_the_skipped_is_a_target_and_counts_for_what_was_reached(standing, expected):
    assert counts(standing) == dict.fromkeys({"total_target_customers", *expected}, 1)


def test_a_skipped_one_counts_as_skipped_only():
    assert counts(Standing("skipped", failed_at=NOON)) == {"recipients_skipped": 1}


def test_each_fact_counts_on_the_business_day_on_which_it_happened():
    tally = tally_of([Standing("read", NOON, NOON, LATER)], ZoneInfo("Pacific/Kiritimati"))  # 14 hours ahead
    assert tally.days["messages_sent"] == 0
    assert dict(tally.days) == {
        (date(2026, 3, 11), "messages_sent"): 1,
        (date(2026, 3, 11), "messages_delivered"): 1,
        (date(2026, 3, 12), "messages_read"): 1,
    }


def test_each_fact_counts_in_the_hour_in_which_it_happened():
    tally = tally_of([Standing("read", NOON, NOON, LATER - timedelta(seconds=1))], ZoneInfo("Asia/Kolkata"))
    assert dict(tally.hours) == {
        (NOON, "messages_sent"): 1,
        (NOON, "messages_delivered"): 1,
        (LATER - timedelta(hours=1), "messages_read"): 1,
    }


@pytest.mark.parametrize("status", ["sent", "failed", "pending", "skipped"])
def test_who_replied_counts_as_replied_whatever_became_of_the_message(status):
    assert counts(Standing(status, replied_at=NOON))["messages_replied"] == 1


def test_failures_count_by_code_and_those_without_one_together():
    tally = tally_of(
        [Standing("failed", NOON, failed_at=NOON, failure_code=code) for code in (131026, None, 0, None)], UTC
    )
    assert tally.failures == {131026: 1, NO_CODE: 2, 0: 1}


times = st.none() | st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
standings = st.builds(
    Standing,
    st.sampled_from(["pending", "queued", "sent", "delivered", "read", "failed", "skipped"]),
    times, times, times, times, times, st.none() | st.integers(0, 200_000), times,
)  # fmt: skip


@given(st.lists(standings, min_size=1, max_size=8))
def test_moving_from_one_standing_to_the_next_ends_where_counting_anew_does(path):
    moved = Tally()
    for before, after in zip([None, *path], path, strict=False):
        moved.move(before, after, UTC)
    counted = tally_of(path[-1:], UTC)
    for name in ("campaign", "days", "hours", "failures"):
        left = {key: count for key, count in getattr(moved, name).items() if count}
        assert left == {key: count for key, count in getattr(counted, name).items() if count}


@given(standings)
def test_a_target_is_sent_refused_pending_or_unconfirmed(standing):
    count = tally_of([standing], UTC).campaign
    parts = ("messages_sent", "messages_refused", "messages_pending", "messages_unconfirmed")
    assert count["total_target_customers"] == sum(count[part] for part in parts)


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_a_percentage_has_one_decimal_and_goes_half_up(part, whole):
    exact = (Decimal(100 * part) / Decimal(whole)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    assert percentage(part, whole) == float(exact)


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (1, 2000, 0.1),
        (1, 2001, 0.0),
        (1, 3, 33.3),
        (2, 3, 66.7),
        (5, 0, 0.0),
        (0, 5, 0.0),
        (245, 250, 98.0),
        (180, 245, 73.5),
    ],
)
def test_percentages_that_people_check_by_hand(part, whole, expected):
    assert percentage(part, whole) == expected
