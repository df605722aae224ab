"""kill -9 while webhooks are applied: nothing is lost, and nothing counts twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from campaign_app.database import reading
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.services.recount import mismatches
from campaign_app.services.webhook_inbox import Arrival, store_all, waiting_bodies
from tests.databases import DEFAULTS
from tests.engine import wait_until
from tests.makers import NOON
from tests.statuses_made import a_body, a_campaign_under_way, a_step, states

ROOT = Path(__file__).parents[2]
PEOPLE = 1500


def waiting_now() -> int:
    with reading():
        waiting, _ = waiting_bodies()
        db.session.rollback()
    return waiting


@contextmanager
def applying(database_url: str) -> Iterator[subprocess.Popen]:
    """A process that applies what waits; killed at the end of the block, if it runs still."""
    environ = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    child = subprocess.Popen(
        [sys.executable, "-m", "flask", "apply-webhooks"],
        cwd=ROOT,
        env={**environ, **DEFAULTS, "DATABASE_URL": database_url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def test_killed_with_sigkill_while_applying_nothing_is_lost_and_nothing_counts_twice(app, database_url):
    campaign, messages = a_campaign_under_way(PEOPLE)
    campaign_id = campaign.id
    bodies = [
        a_body(*(a_step(message, status) for message in messages[place : place + size]))
        for status, size in (("delivered", 1), ("read", 2), ("sent", 3))
        for place in range(0, PEOPLE, size)
    ]
    store_all(db.session.connection().connection.driver_connection, [Arrival(raw, NOON) for raw in bodies])
    db.session.commit()
    db.session.remove()

    left, cut_off = len(bodies), 0
    for _ in range(3):
        with applying(database_url) as child:
            wait_until(
                lambda child=child, left=left: waiting_now() < left or child.poll() is not None, 60, 0.005
            )
            if child.poll() is None:
                time.sleep(0.02)  # into the next batch
        left = waiting_now()
        cut_off += bool(left)
    with applying(database_url) as child:
        assert child.wait(120) == 0

    assert cut_off, "every kill came too late to prove anything"
    assert waiting_now() == 0
    assert {state for state, _ in states()} == {"applied"}
    found = db.session.get(Campaign, campaign_id, populate_existing=True)
    assert (found.messages_sent, found.messages_delivered, found.messages_read) == (PEOPLE, PEOPLE, PEOPLE)
    assert mismatches() == []
