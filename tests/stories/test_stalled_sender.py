"""The sending process is stopped for longer than its lease, and wakes: another has taken over, and the woken one sends nothing."""

import os
import random
import signal
import sqlite3
import time

import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from campaign_app.database import reading
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.lease import Lease
from campaign_app.models.message import Message
from campaign_app.services.leases import SENDER_LEASE
from tests.engine import (
    a_launched_campaign,
    counters_are_true,
    customers,
    the_campaign,
    wait_until,
    webhooks_waiting,
)
from tests.stories.oracle import a_running_app, compared

LEASE_SECONDS = 2


@pytest.fixture
def simulator_options():
    return {"latency": "0.02-0.08", "webhook_timeout": 2, "retry_most": 4}


def the_holder() -> tuple[int, int]:
    """The process that holds the sender's lease, and the lease's epoch."""
    with reading():
        owner, epoch = db.session.execute(
            select(Lease.owner, Lease.epoch).where(Lease.name == SENDER_LEASE)
        ).one()
        db.session.rollback()
    return int(owner.split(":")[1]), epoch


def stop_between_transactions(app) -> int:
    """Stop the sending process where it holds no lock, so that others can take over; its id."""
    for _ in range(200):
        pid, _ = the_holder()
        os.kill(pid, signal.SIGSTOP)
        if any(nothing_is_locked(app) for _ in range(3)):
            return pid
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.03)
    raise AssertionError("the sender is always within a transaction")


def nothing_is_locked(app) -> bool:
    """Whether somebody else could write now, to the lease and to the campaign."""
    time.sleep(0.01)
    url = make_url(str(app.config["SQLALCHEMY_DATABASE_URI"]))
    if url.get_backend_name() == "sqlite":
        connection = sqlite3.connect(url.database, isolation_level=None, timeout=0)
        try:
            connection.execute("BEGIN IMMEDIATE")
            return True
        except sqlite3.OperationalError:
            return False
        finally:
            connection.close()
    try:
        for table in (Lease, Campaign):
            db.session.execute(select(table.__table__).with_for_update(nowait=True))
        return True
    except OperationalError:
        return False
    finally:
        db.session.rollback()


def stall_and_wake(app, simulator, port, people: int, stalls: int, seed: int, anywhere: bool) -> None:
    """Stop the sender again and again for two to five times its lease. `anywhere`: also within its transactions, which keep
    the others out for as long as it sleeps, and are as safe."""
    print(f"seed {seed}")
    chance = random.Random(seed)
    customers(people, first=9_811_000_000)
    campaign = a_launched_campaign().id
    taken = done = 0
    settings = {"LEASE_SECONDS": str(LEASE_SECONDS), "SEND_RATE_PER_SECOND": "20"}
    with a_running_app(app, simulator, port, workers=3, **settings):
        while done < stalls and the_campaign(campaign).messages_pending > 40:
            posts = simulator.counts()["posts"]
            simulator.wait_for(lambda counts, posts=posts: counts["posts"] > posts + 5, 30)
            _, epoch = the_holder()
            pid = the_holder()[0] if anywhere else stop_between_transactions(app)
            os.kill(pid, signal.SIGSTOP)
            try:
                if anywhere:
                    time.sleep(LEASE_SECONDS * chance.uniform(2, 5))
                else:
                    wait_until(lambda epoch=epoch: the_holder()[1] > epoch, 15)
                posts = simulator.counts()["posts"]
                if the_holder()[1] > epoch:
                    taken += 1
                    simulator.wait_for(lambda counts, posts=posts: counts["posts"] > posts + 5, 15)
            finally:
                os.kill(pid, signal.SIGCONT)
            done += 1
        wait_until(lambda: the_campaign(campaign).messages_pending == 0, 120)
        simulator.wait_until_told(40)
        wait_until(lambda: not webhooks_waiting(), 20)
    print(f"{db.engine.dialect.name}: {done} stalls, {taken} times another took over")

    assert done >= stalls * 0.8 and taken >= (1 if anywhere else done)
    assert compared(simulator, people) == ([], [], [])
    nobody_sends_under_an_epoch_that_is_over(simulator)
    assert counters_are_true()


def nobody_sends_under_an_epoch_that_is_over(simulator) -> None:
    """Every request had an intent in the database, and none of an older epoch arrived after one of a newer."""
    with reading():
        epochs = {
            str(id_): epoch for id_, epoch in db.session.execute(select(Message.id, Message.lease_epoch))
        }
        db.session.rollback()
    order = sorted(simulator.log(), key=lambda post: post["arrived_monotonic"])
    sequence = [epochs[post["callback_data"]] for post in order if post["body"]]
    assert sequence == sorted(sequence)
    assert len(set(sequence)) > 1


def test_a_process_that_slept_through_its_lease_sends_nothing_when_it_wakes(app, simulator, port):
    stall_and_wake(app, simulator, port, people=150, stalls=1, seed=20_261_122, anywhere=False)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("anywhere", [True, False])
def test_thirty_stalls(app, simulator, port, anywhere):
    stall_and_wake(app, simulator, port, people=3000, stalls=30, seed=1, anywhere=anywhere)
