"""A campaign is sent: each number once, within the limits, and every count is true."""

from dataclasses import replace

import pytest

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.services.account_limit import AccountLimit
from campaign_app.services.claims import claim
from campaign_app.services.leases import SENDER_LEASE, LeaseHolder
from campaign_app.services.opt_outs import record_opt_out
from campaign_app.services.send_schedule import schedule_days
from campaign_app.services.webhook_inbox import store
from campaign_app.services.why_waiting import why_waiting
from tests.engine import (
    RunningSimulator,
    a_launched_campaign,
    apply_all,
    counters_are_true,
    customers,
    process,
    the_campaign,
)
from tests.simulator.webhook_sink import WebhookSink


@pytest.fixture
def simulator():
    with RunningSimulator(webhook_url="", latency="0.01-0.02") as running:
        yield running


def test_everybody_gets_it_once(app, simulator):
    customers(200, first=9_811_110_000)
    campaign = a_launched_campaign()

    process(app)

    posts = simulator.log()
    assert len(posts) == len({post["to"] for post in posts}) == 200
    campaign = the_campaign(campaign.id)
    assert (
        campaign.messages_sent
        + campaign.messages_failed
        + campaign.messages_unconfirmed
        + campaign.messages_pending
        == 200
    )
    assert counters_are_true()


def test_statuses_come_back_and_are_counted(app, simulator):
    campaign = _run_with_webhooks(app, simulator, 150)

    assert campaign.status == "completed"
    assert campaign.messages_read > 50
    assert campaign.messages_sent >= campaign.messages_delivered >= campaign.messages_read
    assert counters_are_true()


def test_a_daily_limit_is_exact(app, simulator):
    customers(120, first=9_811_110_000)
    campaign = a_launched_campaign(daily_send_limit=50)
    process(app)
    process(app)

    campaign = the_campaign(campaign.id)
    batches = schedule_days(campaign)
    assert batches[0].messages_authorised == 50
    assert [batch.batch_size for batch in batches] == [50, 50, 20]
    assert why_waiting(campaign, utc_now()).reason in ("daily_limit", "no_scheduler")
    assert counters_are_true()


def test_the_plan_adds_up_when_refusals_give_their_places_to_others(app, simulator):
    customers(7, first=9_811_109_420)  # WhatsApp refuses these at once and for good
    customers(40, first=9_811_110_000)
    campaign = a_launched_campaign(daily_send_limit=40).id
    process(app)

    found = the_campaign(campaign)
    assert (found.status, found.messages_sent, found.messages_failed) == ("completed", 40, 7)
    batches = schedule_days(found)
    assert [(batch.messages_authorised, batch.messages_remaining, batch.status) for batch in batches] == [
        (40, 0, "completed")
    ]
    assert counters_are_true()


def test_the_accounts_moving_limit_counts_unique_customers_of_all_campaigns(app, simulator):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], messaging_limit=30)
    customers(40, first=9_811_110_000)
    first = a_launched_campaign(name="first", priority=1).id
    second = a_launched_campaign(name="second", priority=2).id
    process(app)

    reached = {post["to"] for post in simulator.log()}
    assert len(reached) == 30
    # Whoever was reached already costs nothing more: the second campaign may go to the same thirty.
    assert the_campaign(first).messages_pending == 10
    assert the_campaign(second).messages_pending == 10
    assert counters_are_true()


def test_an_opt_out_after_the_launch_holds(app, simulator):
    people = customers(20, first=9_811_110_000)
    campaign = a_launched_campaign()
    record_opt_out(people[3].phone_number, "word", None, "test", utc_now())
    db.session.commit()
    process(app)

    assert people[3].phone_number not in {post["to"] for post in simulator.log()}
    assert the_campaign(campaign.id).recipients_skipped == 1
    assert counters_are_true()


def test_a_sender_that_died_leaves_its_open_messages_unconfirmed_and_never_sends_them_again(app, simulator):
    customers(30, first=9_811_110_000)
    campaign = a_launched_campaign()
    dead = LeaseHolder(SENDER_LEASE, 15)
    dead.hold()
    intents = claim(10, dead.epoch, AccountLimit(), utc_now())
    db.session.commit()
    dead.release()

    process(app)

    unsent = {intent.payload["to"] for intent in intents}
    assert len(simulator.log()) == 20
    assert unsent.isdisjoint({post["to"] for post in simulator.log()})
    assert the_campaign(campaign.id).messages_unconfirmed == 10
    assert counters_are_true()


def _run_with_webhooks(app, simulator, how_many: int):
    """Send to customers of every fate, and apply the statuses that the simulator posts."""
    sink = WebhookSink()
    simulator.settings(webhook_url=sink.url)
    customers(how_many, first=9_811_110_000)
    campaign = a_launched_campaign()
    process(app)
    simulator.wait_until_told()
    sink.close()
    for received in sink.received:
        store(received.raw, utc_now())
    db.session.commit()
    apply_all()
    return the_campaign(campaign.id)
