"""Pause, cancel, opt-out and a lower limit in mid-run: what is in flight is finished, and nothing else leaves."""

import random
import threading
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import select

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Conflict
from campaign_app.extensions import db
from campaign_app.models.message import Message
from campaign_app.services.campaigns import edit_campaign, find_campaign
from campaign_app.services.lifecycle import cancel, pause, resume
from campaign_app.services.opt_outs import record_opt_out
from tests.engine import (
    RunningSimulator,
    a_launched_campaign,
    a_sender,
    an_app_on,
    counters_are_true,
    customers,
    process,
    the_campaign,
)

CONCURRENCY = 8


@pytest.fixture
def simulator():
    with RunningSimulator(webhook_url="", latency="0.05-0.1", messaging_limit="TIER_UNLIMITED") as running:
        yield running


@pytest.fixture
def app(simulator, database_url):
    settings = {"SEND_CONCURRENCY": str(CONCURRENCY), "SEND_RATE_PER_SECOND": "100"}
    app = an_app_on(simulator, database_url, **settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@contextmanager
def sending(app):
    """A processing run goes on in the background."""

    def run() -> None:
        with app.app_context(), a_sender(app) as sender:
            running.append(sender)
            sender.run()
            db.session.remove()

    running: list = []
    db.session.remove()
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        for sender in running:
            sender.stop()
        thread.join(30)
        db.session.remove()


def posts_after(simulator, act) -> int:
    """How many requests came after `act` had committed; waits until what was in flight has landed."""
    act()
    db.session.commit()
    committed = time.monotonic()
    db.session.remove()
    time.sleep(0.6)
    return sum(post["arrived_monotonic"] > committed for post in simulator.log())


@pytest.mark.parametrize("act", [pause, cancel])
def test_after_a_pause_and_a_cancel_only_what_was_in_flight_is_finished(app, simulator, act):
    customers(400, first=9_811_000_000)
    campaign = a_launched_campaign().id
    with sending(app):
        simulator.wait_for(lambda counts: counts["posts"] >= 30, 20)
        late = posts_after(simulator, lambda: act(campaign, "test", utc_now()))
    assert late <= CONCURRENCY
    total = len(simulator.log())
    process(app)
    assert len(simulator.log()) == total < 400
    assert the_campaign(campaign).messages_sent == total
    assert counters_are_true()
    with pytest.raises(Conflict):
        cancel(campaign, "test", utc_now()) if act is cancel else pause(campaign, "test", utc_now())
    db.session.rollback()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_hundred_pauses_at_random_moments(app, simulator):
    seed = 1
    print(f"seed {seed}")
    chance = random.Random(seed)
    customers(6000, first=9_811_000_000)
    campaign = a_launched_campaign().id
    worst = 0
    for _ in range(100):
        with sending(app):
            posts = simulator.counts()["posts"]
            simulator.wait_for(lambda counts, posts=posts: counts["posts"] > posts, 20)
            time.sleep(chance.uniform(0, 0.3))
            worst = max(worst, posts_after(simulator, lambda: pause(campaign, "test", utc_now())))
        resume(campaign, "test", utc_now())
        db.session.commit()
    print(f"{db.engine.dialect.name}: at most {worst} requests after a pause was committed")
    assert worst <= CONCURRENCY
    numbers = [post["to"] for post in simulator.log()]
    assert len(numbers) == len(set(numbers))
    assert the_campaign(campaign).messages_sent == len(numbers)
    assert counters_are_true()


def test_whoever_opts_out_in_mid_run_gets_nothing_of_any_campaign_any_more(app, simulator):
    people = [one.phone_number for one in customers(300, first=9_811_000_000)]
    campaigns = [a_launched_campaign(name=name).id for name in ("first", "second")]
    committed = {}
    with sending(app):
        for number in (people[150], people[250], people[290]):
            posts = simulator.counts()["posts"]
            simulator.wait_for(lambda counts, posts=posts: counts["posts"] >= posts + 10, 20)
            record_opt_out(number, "word", None, "test", utc_now())
            db.session.commit()
            committed[number] = time.monotonic()
            db.session.remove()
        simulator.wait_for(lambda counts: counts["posts"] >= 590, 30)
    process(app)
    late = [
        post
        for post in simulator.log()
        if post["to"] in committed and post["arrived_monotonic"] > committed[post["to"]] + 0.5
    ]
    assert late == []
    assert sum(the_campaign(campaign).recipients_skipped for campaign in campaigns) >= 3
    assert counters_are_true()


def test_a_limit_that_is_lowered_or_raised_in_mid_run_holds_at_once(app, simulator):
    customers(400, first=9_811_000_000)
    campaign = a_launched_campaign(daily_send_limit=300).id

    def limit(to: int):
        return lambda: edit_campaign(find_campaign(campaign), {"daily_send_limit": to}, "test", utc_now())

    with sending(app):
        simulator.wait_for(lambda counts: counts["posts"] >= 40, 20)
        late = posts_after(simulator, limit(20))  # below what is used
    assert late <= CONCURRENCY
    used = len(simulator.log())

    limit(used + 50)()
    db.session.commit()
    process(app)
    assert len(simulator.log()) == used + 50
    authorised = db.session.scalars(select(Message.id)).all()
    assert len(authorised) == used + 50
    assert counters_are_true()


def test_of_twenty_clicks_at_once_one_pauses(app):
    customers(3, first=9_811_000_000)
    campaign = a_launched_campaign().id
    db.session.remove()
    barrier = threading.Barrier(20)
    results = []

    def click() -> None:
        with app.app_context():
            barrier.wait()
            try:
                pause(campaign, "test", utc_now())
                db.session.commit()
                results.append("paused")
            except Conflict:
                results.append("refused")
            db.session.remove()

    threads = [threading.Thread(target=click) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["paused"] + ["refused"] * 19
