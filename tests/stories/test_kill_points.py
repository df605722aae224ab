"""Killed from WhatsApp's side, at exactly the points of a request where it matters: nobody twice, nobody wrongly shown."""

import random
import time
from collections import Counter

import pytest
from sqlalchemy import select

from campaign_app.database import reading
from campaign_app.extensions import db
from campaign_app.models.recipient import Recipient
from tests.engine import (
    RunningSimulator,
    a_launched_campaign,
    an_app_on,
    counters_are_true,
    customers,
    the_campaign,
    wait_until,
    webhooks_waiting,
)
from tests.server_process import free_port
from tests.stories.test_kills import a_running_app

LADDER = ("sent", "delivered", "read", "failed")
POINTS = ("on_connect", "after_headers", "after_body", "after_accept", "after_response")


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def simulator(port):
    url = f"http://127.0.0.1:{port}/webhook/whatsapp"
    with RunningSimulator(webhook_url=url, latency="0.02-0.08") as running:
        yield running


@pytest.fixture
def app(simulator, database_url):
    app = an_app_on(simulator, database_url)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def kill_and_restart(app, simulator, port, people: int, kills: int, seed: int) -> None:
    """Send to `people` while the whole app is killed `kills` times at random ones of the five points, then compare the
    simulator's log with the app's rows."""
    print(f"seed {seed}")
    chance = random.Random(seed)
    customers(people, first=9_811_000_000)
    campaign = a_launched_campaign().id
    running = a_running_app(app, simulator, port)
    done = 0
    while done < kills and the_campaign(campaign).messages_pending:
        point = POINTS[done % len(POINTS)]
        simulator.kill_point(point, running.pid, after=chance.randrange(1, 12), group=True)
        until = time.monotonic() + 30
        while running.is_alive() and time.monotonic() < until and the_campaign(campaign).messages_pending:
            time.sleep(0.02)
        if running.is_alive():  # too few were left to reach the point
            break
        done += 1
        running.start()
    wait_until(lambda: the_campaign(campaign).messages_pending == 0, 120, every=0.2)
    simulator.wait_until_told(60)
    wait_until(lambda: not webhooks_waiting(), 30)
    running.stop()
    print(f"{done} kills, {the_campaign(campaign).messages_unconfirmed} not confirmed at the end")

    assert done >= kills * 0.8
    nobody_twice_and_nobody_wrongly_shown(simulator, people)
    assert counters_are_true()


def nobody_twice_and_nobody_wrongly_shown(simulator, people: int) -> None:
    """The oracle: what WhatsApp took, and what it told us and we acknowledged, against every row."""
    accepted = [post for post in simulator.log() if post["accepted_at"]]
    times = Counter(post["to"] for post in accepted)
    assert [number for number, count in times.items() if count > 1] == []
    wamids = {post["to"]: post["wamid"] for post in accepted}
    told: dict[str, str] = {}
    for one in simulator.statuses():
        told[one["wamid"]] = max(one["status"], told.get(one["wamid"], "sent"), key=LADDER.index)
    with reading():
        rows = db.session.execute(
            select(Recipient.phone_number, Recipient.status, Recipient.unconfirmed_at)
        ).all()
        db.session.rollback()
    assert len(rows) == people
    for number, status, unconfirmed_at in rows:
        if number not in wamids:
            assert (status, unconfirmed_at is not None) == ("queued", True), (
                f"{status} is shown, but WhatsApp never took it"
            )
        elif wamids[number] in told:
            assert status == told[wamids[number]]
        else:  # nothing came back yet but, perhaps, the answer
            assert status == "sent" or unconfirmed_at is not None


def test_kills_at_the_five_points(app, simulator, port):
    kill_and_restart(app, simulator, port, people=150, kills=5, seed=20_261_122)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", [1])
def test_two_hundred_kills_over_three_thousand_messages(app, simulator, port, seed):
    kill_and_restart(app, simulator, port, people=3000, kills=200, seed=seed)
