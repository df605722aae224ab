"""Webhooks cut into any bodies, in any order, repeated, mixed with answers and retries, end in the same rows and counters."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message import Message
from campaign_app.models.message_event import MessageEvent
from campaign_app.models.recipient import Recipient
from campaign_app.models.webhook_event import WebhookEvent
from tests.databases import an_app, fresh_postgresql, fresh_sqlite
from tests.engine import counters_are_true
from tests.status_story import Story, outcome, standing


def check(story: Story) -> None:
    """The oracle: what was told, against the rows."""
    messages = {row.id: row for row in db.session.scalars(select(Message).where(Message.id.in_(story.told)))}
    assert messages.keys() == story.told.keys()
    for id_, told in story.told.items():
        assert standing(messages[id_]) == told.expected()
    recipients = select(Recipient).where(Recipient.campaign_id == story.campaign.id)
    for person in db.session.scalars(recipients):
        attempts = [one for one in messages.values() if one.recipient_id == person.id]
        latest = max(attempts, key=lambda one: one.attempt)
        assert person.message_id == latest.id and standing(person) == standing(latest)
        assert person.replied_at == story.answered.get(person.id)
    events = select(MessageEvent).where(MessageEvent.message_id.in_(story.told))
    kept = sorted((one.message_id, one.status, one.happened_at) for one in db.session.scalars(events))
    assert kept == sorted((id_, *step) for id_, told in story.told.items() for step in told.steps)
    assert set(db.session.scalars(select(WebhookEvent.state))) <= {"applied"}
    replied = db.session.scalar(select(Campaign.messages_replied).where(Campaign.id == story.campaign.id))
    assert replied == len(story.answered)
    assert counters_are_true()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32))
def test_the_end_is_the_same_whatever_the_order(app, seed):
    # Every story has the same numbers: an answer that quotes a message not known yet would be taken for one to an earlier story.
    db.session.execute(delete(Campaign))
    db.session.commit()
    story = Story(random.Random(seed))
    story.play()
    check(story)


def test_the_stories_do_hold_retries_late_statuses_and_repetitions(app):
    """Otherwise the test above would prove nothing."""
    story = Story(random.Random(7), people=25)
    story.play()
    check(story)
    rows = db.session.scalars(select(Message).where(Message.id.in_(story.told))).all()
    latest = {
        row.recipient_id: max(one.attempt for one in rows if one.recipient_id == row.recipient_id)
        for row in rows
    }
    old = [row for row in rows if row.attempt < latest[row.recipient_id]]
    assert old and {row.status for row in rows} >= {"sent", "delivered", "read", "failed"}
    assert story.answered


@pytest.mark.parametrize("seed", range(4))
def test_both_databases_agree(tmp_path, seed):
    told = []
    for url in (fresh_sqlite(tmp_path), fresh_postgresql()):
        app = an_app(url)
        with app.app_context():
            story = Story(random.Random(seed), people=20)
            story.play()
            check(story)
            told.append(outcome(story.campaign.id))
            db.session.remove()
            db.engine.dispose()
    assert told[0] == told[1]
