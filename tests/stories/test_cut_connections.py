"""The connection to PostgreSQL dies between WhatsApp's answer and the commit of it: nobody twice, and the answer is not lost."""

import random
import time

import pytest

from campaign_app.extensions import db
from tests.database_proxy import DatabaseProxy
from tests.databases import fresh_postgresql
from tests.engine import (
    a_launched_campaign,
    an_app_on,
    counters_are_true,
    customers,
    the_campaign,
    wait_until,
    webhooks_waiting,
)
from tests.server_process import RunningApp
from tests.stories.oracle import compared, settings_for


@pytest.fixture
def simulator_options():
    return {"latency": "0.02-0.08", "webhook_timeout": 2, "retry_most": 4}


@pytest.fixture
def app(simulator):
    app = an_app_on(simulator, fresh_postgresql())
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def cut_and_go_on(app, simulator, port, people: int, cuts: int, seed: int) -> None:
    """Cut every connection right after one of WhatsApp's next answers, `cuts` times; then compare."""
    print(f"seed {seed}")
    chance = random.Random(seed)
    customers(people, first=9_811_000_000)
    campaign = a_launched_campaign().id
    done = 0
    with DatabaseProxy(str(app.config["SQLALCHEMY_DATABASE_URI"])) as proxy:
        # The lease of production: with the tests' 3 seconds a busy machine loses it meanwhile, and who was next stands unconfirmed
        settings = settings_for(simulator, SEND_RATE_PER_SECOND="60", LEASE_SECONDS="15")
        with RunningApp(proxy.url, port, 2, **settings):
            while done < cuts and the_campaign(campaign).messages_pending > 20:
                simulator.kill_point("after_response", proxy.pid, after=chance.randrange(1, 12))
                wait_until(lambda: not proxy.is_alive(), 30, every=0.005)
                done += 1
                time.sleep(chance.uniform(0, 0.3))
                proxy.start()
            wait_until(lambda: the_campaign(campaign).messages_pending == 0, 120, every=0.2)
            simulator.wait_until_told(60)
            wait_until(lambda: not webhooks_waiting(), 60)

    twice, wrong, limbo = compared(simulator, people)
    not_confirmed = the_campaign(campaign).messages_unconfirmed
    print(
        f"{done} cuts, {people} messages, {len(twice)} sent twice, {len(wrong)} wrongly shown, {not_confirmed} not confirmed"
    )
    assert done == cuts
    assert (twice, wrong, limbo, not_confirmed) == ([], [], [], 0)
    assert counters_are_true()


def test_connections_that_are_cut_right_after_whatsapps_answer(app, simulator, port):
    cut_and_go_on(app, simulator, port, people=250, cuts=4, seed=20_261_122)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_hundred_such_cuts(app, simulator, port):
    cut_and_go_on(app, simulator, port, people=4000, cuts=100, seed=1)
