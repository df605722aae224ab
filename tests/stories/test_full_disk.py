"""The disk of the database is full in mid-campaign: nothing is sent, no webhook is answered with a false 200, and when there is
space again all goes on."""

import os
import sqlite3
import subprocess
import time

import pytest

from campaign_app.extensions import db
from tests.databases import fresh_sqlite
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

PEOPLE = 400


@pytest.fixture
def disk(tmp_path):
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mount.returncode:
        pytest.skip(f"a small disk can only be mounted by root: {mount.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def simulator_options():
    return {"retry_most": 4}


@pytest.fixture
def app(simulator, disk):
    app = an_app_on(simulator, fresh_sqlite(disk))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def fill(disk) -> None:
    with open(disk / "ballast", "ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass


def has_come_to_rest(simulator) -> bool:
    posts = simulator.counts()["posts"]
    time.sleep(1)
    return simulator.counts()["posts"] == posts


def test_a_full_disk_holds_the_sending_up_and_harms_nothing(app, simulator, disk, port):
    customers(PEOPLE, first=9_811_000_000)
    campaign = a_launched_campaign().id
    db.session.remove()
    with a_running_app(app, simulator, port, SEND_RATE_PER_SECOND="60") as running:
        simulator.wait_for(lambda counts: counts["posts"] >= 60, 30)
        fill(disk)
        wait_until(lambda: has_come_to_rest(simulator), 20)
        fill(disk)  # what was freed in between
        assert the_campaign(campaign).messages_pending > 0
        wait_until(lambda: requests.get(f"{running.url}/readyz", timeout=5).status_code == 503, 15)
        assert has_come_to_rest(simulator)
        assert requests.get(f"{running.url}/login", timeout=15).status_code == 200
        refused = simulator.counts()["webhooks"]
        assert refused["posts"] > refused["answered_200"]  # rather than a false 200
        db.session.remove()
        db.engine.dispose()
        os.unlink(disk / "ballast")

        wait_until(lambda: the_campaign(campaign).messages_pending == 0, 60)
        simulator.wait_until_told(40)
        wait_until(lambda: not webhooks_waiting(), 20)
        wait_until(lambda: requests.get(f"{running.url}/readyz", timeout=5).status_code == 200, 15)
        assert "Traceback" not in running.log()

    assert compared(simulator, PEOPLE) == ([], [], [])
    assert the_campaign(campaign).messages_unconfirmed == 0
    assert counters_are_true()
    with sqlite3.connect(disk / "test.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
