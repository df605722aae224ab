"""Two campaigns with a daily limit, four workers, and kills in between: each uses its limit to the message, and not one more."""

import random

import pytest
from sqlalchemy import func, select

from campaign_app.database import reading
from campaign_app.extensions import db
from campaign_app.models.recipient import Recipient
from tests.engine import (
    a_launched_campaign,
    counters_are_true,
    customers,
    the_campaign,
    wait_until,
    webhooks_waiting,
)
from tests.stories.oracle import a_running_app


def posted(simulator, campaign_id) -> int:
    """Recipients of the campaign whose message WhatsApp took; none of them twice."""
    template = the_campaign(campaign_id).template_name
    accepted = [
        post["to"] for post in simulator.log() if post["accepted_at"] and post["template"] == template
    ]
    assert len(accepted) == len(set(accepted))
    return len(accepted)


def with_an_intent(campaign_id) -> int:
    """Recipients for whom a send was authorised."""
    with reading():
        used = db.session.scalar(
            select(func.count()).where(Recipient.campaign_id == campaign_id, Recipient.status != "pending")
        )
        db.session.rollback()
    return used


def send_until_the_limit(app, simulator, port, people: int, limit: int, kills: int, seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    customers(people, first=9_811_110_000)
    simulator.template("second_sale", components=[{"type": "BODY", "text": "One more sale."}])
    templates = ("holiday_sale_template", "second_sale")
    ids = [a_launched_campaign(daily_send_limit=limit, template_name=name).id for name in templates]
    running = a_running_app(app, simulator, port, workers=4, LEASE_SECONDS="2", PROCESS_INTERVAL_SECONDS="1")
    for turn in range(1, kills + 1):
        enough = 2 * limit * turn // (kills + 1) + chance.randrange(5)
        wait_until(lambda enough=enough: sum(map(with_an_intent, ids)) >= enough, 60, every=0.01)
        running.kill()
        running.start()
    wait_until(lambda: sum(map(with_an_intent, ids)) >= 2 * limit, 60)
    wait_until(lambda: all(the_campaign(id_).messages_pending == people - limit for id_ in ids), 30)
    simulator.wait_until_told(60)
    wait_until(lambda: not webhooks_waiting(), 30)
    running.stop()

    for id_ in ids:
        campaign = the_campaign(id_)
        taken = posted(simulator, id_)
        print(f"{limit} a day: {taken} taken, {campaign.messages_unconfirmed} not confirmed")
        assert with_an_intent(id_) == limit
        assert campaign.messages_pending == people - limit
        assert limit - campaign.messages_unconfirmed <= taken <= limit
    assert counters_are_true()


def test_a_daily_limit_is_used_to_the_message_whoever_is_killed(app, simulator, port):
    send_until_the_limit(app, simulator, port, people=150, limit=60, kills=2, seed=20_261_122)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(1, 21))
def test_limits_of_five_hundred_twenty_times(app, simulator, port, seed):
    send_until_the_limit(app, simulator, port, people=2000, limit=500, kills=4, seed=seed)
