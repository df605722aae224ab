"""The queue that a page reads once: who stands in it, and how the dear count of the moving day is kept."""

from dataclasses import replace
from datetime import timedelta

from campaign_app.extensions import db
from campaign_app.models.send_schedule import SendBatch
from campaign_app.services.account_limit import account_spent, lately_spent
from campaign_app.services.forecast import estimated_completion_on, estimated_completions
from campaign_app.services.sending_queue import sending_queue
from campaign_app.services.why_waiting import why_waiting
from tests.makers import NOON, a_campaign, minutes, sent_out, waiting


def test_the_line_is_in_the_order_of_sending_with_what_was_used_today(app):
    last = a_campaign(name="Last", priority=9)
    first = a_campaign(name="First", priority=1)
    for campaign in (last, first, a_campaign(name="Paused", status="paused")):
        waiting(campaign, 3)
    a_campaign(name="Nothing left")
    db.session.add(SendBatch(campaign_id=last.id, send_date=NOON.date(), batch_size=9, messages_authorised=7))
    db.session.commit()
    queue = sending_queue(NOON)
    assert [(place.campaign.name, place.used_today) for place in queue.line] == [("First", 0), ("Last", 7)]
    assert all(place.has_due(NOON) for place in queue.line)


def test_one_queue_answers_for_every_campaign_as_each_would_be_answered_alone(app):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], messaging_limit=5)
    campaigns = [a_campaign(name=f"Number {place}", daily_send_limit=4) for place in range(3)]
    for campaign in campaigns:
        waiting(campaign, 6)
    queue = sending_queue(NOON)
    together = estimated_completions(campaigns, NOON, queue)
    for campaign in campaigns:
        assert why_waiting(campaign, NOON, queue) == why_waiting(campaign, NOON)
        assert together[campaign.id] == estimated_completion_on(campaign, NOON)


def test_a_cheap_count_of_the_moving_day_is_made_anew_each_time(app):
    sent_out(a_campaign(), 2)
    assert lately_spent(NOON, cheap=timedelta(hours=1)) == account_spent(NOON)
    sent_out(a_campaign(), 4)
    assert lately_spent(NOON, cheap=timedelta(hours=1)) == account_spent(NOON)


def test_a_dear_count_of_the_moving_day_is_kept_for_a_while_and_loses_what_falls_out_of_it(app):
    sent_out(a_campaign(), 2)
    first = lately_spent(NOON, cheap=timedelta(0))
    sent_out(a_campaign(), 4)
    assert lately_spent(NOON, cheap=timedelta(0)) == first
    later = NOON + minutes(60)
    assert lately_spent(later, cheap=timedelta(0)) == account_spent(later) != first
