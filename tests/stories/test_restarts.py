"""Planned stops in mid-campaign: what is in flight is finished, everything is let go at once, and nothing is left unconfirmed."""

import random
import signal
import time

import pytest
from sqlalchemy import func, select

from campaign_app.database import reading
from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.lease import Lease
from campaign_app.models.message import Message
from tests.engine import (
    a_launched_campaign,
    counters_are_true,
    customers,
    the_campaign,
    wait_until,
    webhooks_waiting,
)
from tests.server_process import free_port
from tests.stories.oracle import a_running_app, compared

LONG_LEASE = {"LEASE_SECONDS": "120"}  # whoever had to wait for it to expire would be late


@pytest.fixture
def simulator_options():
    return {"latency": "0.2-0.4", "retry_most": 4}


def launched(people: int):
    customers(people, first=9_811_000_000)
    campaign = a_launched_campaign().id
    db.session.remove()
    return campaign


def more_posts(simulator, by: int) -> None:
    posts = simulator.counts()["posts"]
    simulator.wait_for(lambda counts: counts["posts"] >= posts + by, 30)


def held_leases() -> list[str]:
    with reading():
        held = db.session.scalars(select(Lease.name).where(Lease.expires_at > utc_now())).all()
        db.session.rollback()
    return list(held)


def open_intents() -> int:
    with reading():
        open_ = db.session.scalar(select(func.count()).where(Message.status == "queued"))
        db.session.rollback()
    return open_


def everybody_has_it_once(simulator, campaign, people: int) -> None:
    wait_until(lambda: the_campaign(campaign).messages_pending == 0, 90)
    simulator.wait_until_told(60)
    wait_until(lambda: not webhooks_waiting(), 30)
    assert the_campaign(campaign).messages_unconfirmed == 0
    assert compared(simulator, people) == ([], [], [])
    assert counters_are_true()


def restart_again_and_again(app, simulator, port, people: int, restarts: int, seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    campaign = launched(people)
    longest = 0.0
    with a_running_app(app, simulator, port, **LONG_LEASE) as running:
        for _ in range(restarts):
            more_posts(simulator, 20)
            time.sleep(chance.uniform(0, 0.3))
            began = time.monotonic()
            running.stop()
            assert held_leases() == []
            assert open_intents() == 0
            running.start()
            more_posts(simulator, 1)
            longest = max(longest, time.monotonic() - began)
        everybody_has_it_once(simulator, campaign, people)
    print(
        f"{db.engine.dialect.name}: {restarts} restarts, the longest gap was {longest:.1f} s, 0 not confirmed"
    )
    assert longest < 60


def test_a_restart_leaves_nothing_unconfirmed_and_the_next_one_goes_on_at_once(app, simulator, port):
    restart_again_and_again(app, simulator, port, people=150, restarts=1, seed=20_261_122)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_thirty_restarts_in_one_campaign(app, simulator, port):
    restart_again_and_again(app, simulator, port, people=3000, restarts=30, seed=1)


def test_new_workers_take_over_from_the_old_ones_on_a_reload(app, simulator, port):
    campaign = launched(150)
    with a_running_app(app, simulator, port, **LONG_LEASE) as running:
        more_posts(simulator, 30)
        running.send_to_master(signal.SIGHUP)
        everybody_has_it_once(simulator, campaign, 150)


@pytest.mark.slow
def test_two_servers_are_restarted_in_turn_and_the_other_one_goes_on(app, simulator, port):
    campaign = launched(1200)
    settings = {**LONG_LEASE, "SEND_RATE_PER_SECOND": "25"}
    first = a_running_app(app, simulator, port, **settings)
    with first, a_running_app(app, simulator, free_port(), **settings) as second:
        for server in (first, second):
            more_posts(simulator, 10)
            server.stop()
            more_posts(simulator, 5)
            server.start()
        everybody_has_it_once(simulator, campaign, 1200)
