"""A limit that is changed while messages leave holds at once, down and up, without a restart."""

from threading import Thread

import pytest

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.services.campaigns import edit_campaign
from campaign_app.services.number import sending_number
from tests.engine import (
    RunningSimulator,
    a_launched_campaign,
    an_app_on,
    counters_are_true,
    customers,
    process,
    the_campaign,
    wait_until,
)

ON_THEIR_WAY = (
    4  # authorised before the change was committed: one of the horizon, the others waiting for their answer
)


@pytest.fixture(scope="module")
def simulator():
    with RunningSimulator(webhook_url="", latency="0.005-0.01") as running:
        yield running


@pytest.fixture
def app(simulator, database_url):
    simulator.reset()
    app = an_app_on(simulator, database_url, SEND_RATE_PER_SECOND="20")
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def change_limit(campaign_id, limit: int) -> None:
    edit_campaign(db.session.get(Campaign, campaign_id), {"daily_send_limit": limit}, "test", utc_now())
    db.session.commit()


def test_lowered_in_mid_run_it_stops_there_and_raised_it_goes_on(app, simulator):
    customers(60, first=9_811_110_000)
    campaign = a_launched_campaign(daily_send_limit=1000).id

    def run() -> None:
        with app.app_context():
            process(app)
            db.session.remove()

    db.session.rollback()  # SQLite has one writer, and reading the id has made it this one
    sender = Thread(target=run)
    sender.start()
    wait_until(lambda: len(simulator.log()) >= 5)
    change_limit(campaign, 25)
    arrived = len(simulator.log())
    sender.join(60)

    sent = len(simulator.log())
    assert 25 <= sent <= max(25, arrived + ON_THEIR_WAY)
    assert the_campaign(campaign).messages_pending == 60 - sent

    change_limit(campaign, 1000)
    assert sending_number().run_requested_at is not None  # the sender looks within a second
    process(app)
    assert len(simulator.log()) == the_campaign(campaign).messages_sent == 60
    assert counters_are_true()
