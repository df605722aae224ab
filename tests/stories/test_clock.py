"""The day ends in mid-campaign, and the server's clock is set forward and back: each local day has its limit once, nothing
bursts, nothing stops, nobody gets it twice."""

import time
from collections import Counter
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from campaign_app.database import reading
from campaign_app.domain.clock import clock_change, day_start
from campaign_app.extensions import db
from campaign_app.models.message import Message
from tests.engine import (
    RunningSimulator,
    a_launched_campaign,
    an_app_on,
    counters_are_true,
    customers,
    the_campaign,
    wait_until,
)
from tests.moved_clock import MovedClock
from tests.server_process import free_port
from tests.stories.oracle import a_running_app

CAIRO = ZoneInfo("Africa/Cairo")
NO_MIDNIGHT = date(2027, 4, 30)  # it begins at 01:00
PER_SECOND = 100
GOES_ON_WITHIN = 10  # seconds


@pytest.fixture
def clock(tmp_path):
    return MovedClock(tmp_path)


@pytest.fixture
def simulator():
    with RunningSimulator(webhook_url="", latency="0.01-0.02", messaging_limit="TIER_UNLIMITED") as running:
        yield running


@pytest.fixture
def app(simulator, database_url):
    app = an_app_on(simulator, database_url, BUSINESS_TIMEZONE=CAIRO.key)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def running(app, simulator, clock):
    """The app, on the evening before the day that has no midnight."""
    clock.set(day_start(NO_MIDNIGHT, CAIRO) - timedelta(minutes=5))
    settings = {"BUSINESS_TIMEZONE": CAIRO.key, "SEND_RATE_PER_SECOND": str(PER_SECOND), **clock.environ}
    with a_running_app(app, simulator, free_port(), **settings) as running:
        yield running


def comes_to_rest(simulator, seconds: float = 2) -> int:
    """How many requests there were when none came for so long."""
    before = -1
    while (posts := simulator.counts()["posts"]) != before:
        before = posts
        time.sleep(seconds)
    return posts


def launched(**fields):
    """A campaign that the running app finds; nothing is locked by the test any more."""
    campaign = a_launched_campaign(**fields).id
    db.session.remove()
    return campaign


def nobody_twice(simulator) -> None:
    times = Counter(post["to"] for post in simulator.log())
    assert [number for number, count in times.items() if count > 1] == []


def test_in_mid_batch_a_new_day_begins_and_each_message_counts_on_the_day_on_which_it_leaves(
    app, simulator, clock, running
):
    assert clock_change(NO_MIDNIGHT, CAIRO) == day_start(NO_MIDNIGHT, CAIRO)
    customers(1200, first=9_811_000_000)
    clock.set(day_start(NO_MIDNIGHT, CAIRO) - timedelta(seconds=3))
    campaign = launched(daily_send_limit=500)
    wait_until(lambda: clock.now() > day_start(NO_MIDNIGHT, CAIRO) + timedelta(seconds=2))
    comes_to_rest(simulator)

    left_on = Counter(clock.at(post["arrived_at"]).astimezone(CAIRO).date() for post in simulator.log())
    with reading():
        counted_on = Counter(db.session.scalars(select(Message.send_date)))
        db.session.rollback()
    assert set(left_on) == {NO_MIDNIGHT - timedelta(days=1), NO_MIDNIGHT}
    assert counted_on[NO_MIDNIGHT] == 500 > counted_on[NO_MIDNIGHT - timedelta(days=1)]
    assert left_on[NO_MIDNIGHT] - 500 <= 2  # which were on their way when the day ended
    assert left_on.total() == counted_on.total() == 1200 - the_campaign(campaign).messages_pending
    assert counters_are_true()


def test_no_step_of_the_clock_stops_the_sending_or_lets_it_burst(app, simulator, clock, running):
    customers(600, first=9_811_000_000)
    campaign = launched()
    hour, minutes = timedelta(hours=1), timedelta(minutes=5)
    for step in (24 * hour, -hour, minutes, -minutes, minutes, -minutes, -24 * hour, 3 * hour):
        posts = simulator.counts()["posts"]
        simulator.wait_for(lambda counts, posts=posts: counts["posts"] >= posts + 10, GOES_ON_WITHIN)
        clock.move(step)
    wait_until(lambda: the_campaign(campaign).messages_pending == 0, 60)
    comes_to_rest(simulator, 0.5)

    nobody_twice(simulator)
    # No burst: what was missed is not made up for at once. A busy machine lets requests of 1.5 s arrive within one.
    assert simulator.counts()["peak_per_second"] <= PER_SECOND * 1.5
    assert the_campaign(campaign).messages_sent == 600
    assert counters_are_true()


def test_a_clock_that_is_set_back_gives_no_day_a_second_limit(app, simulator, clock, running):
    customers(300, first=9_811_000_000)
    launched(daily_send_limit=40)
    day = timedelta(days=1)
    sent = []
    for step in (0 * day, day, -day, day):
        clock.move(step)
        sent.append(comes_to_rest(simulator, 2.5))

    assert sent == [40, 80, 80, 80]
    nobody_twice(simulator)
    assert counters_are_true()
