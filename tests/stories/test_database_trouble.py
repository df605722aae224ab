"""The database goes away, or is locked by somebody else, in mid-campaign: nothing twice, nothing lost, no false 200."""

import sqlite3
import threading
import time

from sqlalchemy.engine import make_url

from campaign_app.extensions import db
from tests.databases import postgresql_server
from tests.engine import (
    a_launched_campaign,
    counters_are_true,
    customers,
    the_campaign,
    wait_until,
    webhooks_waiting,
)
from tests.stories.oracle import PEOPLE, a_running_app, nobody_twice_and_nobody_lost


def trouble(app) -> None:
    """SQLite: another process holds the writer's lock. PostgreSQL: every connection is cut, three times."""
    url = make_url(str(app.config["SQLALCHEMY_DATABASE_URI"]))
    if url.get_backend_name() == "sqlite":
        connection = sqlite3.connect(url.database, isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
        time.sleep(13)  # longer than the busy timeout
        connection.execute("ROLLBACK")
        connection.close()
        return
    for _ in range(3):
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s' AND pid <> pg_backend_pid();"
        postgresql_server().psql(cut % url.database)
        time.sleep(0.7)


def test_a_database_in_trouble_holds_the_sending_up_and_harms_nothing(app, simulator, port):
    customers(PEOPLE, first=9_811_110_000)
    campaign = a_launched_campaign().id
    db.session.remove()
    with a_running_app(app, simulator, port):
        simulator.wait_for(lambda counts: counts["posts"] >= 60, 30)
        thread = threading.Thread(target=trouble, args=[app])
        thread.start()
        thread.join()
        db.engine.dispose()
        wait_until(lambda: the_campaign(campaign).messages_pending == 0, 60)
        simulator.wait_until_told(40)
        wait_until(lambda: not webhooks_waiting(), 20)

    assert the_campaign(campaign).messages_unconfirmed == 0
    nobody_twice_and_nobody_lost(simulator, the_campaign(campaign))
    assert counters_are_true()
