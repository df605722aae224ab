"""How many customers the account may write to in a moving day."""

import pytest

from campaign_app.domain.messaging_limit import UNLIMITED, effective, parse_limit


@pytest.mark.parametrize(
    ("written", "limit"),
    [
        ("TIER_50", 50),
        ("TIER_250", 250),
        ("TIER_1K", 1_000),
        ("TIER_2K", 2_000),
        ("TIER_10K", 10_000),
        ("TIER_100K", 100_000),
        ("tier_1m", 1_000_000),
        ("TIER_UNLIMITED", UNLIMITED),
        ("unlimited", UNLIMITED),
        (-1, UNLIMITED),
        (2000, 2000),
        ("2000", 2000),
    ],
)
def test_every_way_in_which_a_limit_is_written_is_read(written, limit):
    assert parse_limit(written) == limit


@pytest.mark.parametrize(
    "written",
    [
        "TIER_NOT_SET",
        "",
        "TIER_",
        "TIER_0",
        "1e5",
        "-2",
        "TIER_2KK",
        0,
        -2,
        True,
        None,
        2.5,
        [],
        {},
        "9" * 5000,
        10**20,
    ],
)
def test_what_says_nothing_is_no_limit_at_all(written):
    assert parse_limit(written) is None


@pytest.mark.parametrize(
    ("configured", "reported", "limit"),
    [
        (None, None, 250),
        (1000, None, 1000),
        (None, 2000, 2000),
        (1000, 250, 250),
        (100, 250, 100),
        (UNLIMITED, 2000, 2000),
        (1000, UNLIMITED, 1000),
        (UNLIMITED, UNLIMITED, None),
        (UNLIMITED, None, None),
        (None, UNLIMITED, None),
    ],
)
def test_the_smaller_of_the_known_limits_holds(configured, reported, limit):
    assert effective(configured, reported) == limit
