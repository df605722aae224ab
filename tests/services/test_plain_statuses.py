"""Statuses that only raise a message go a short way: few statements however many they are, and the same end as by the long one."""

import random
from datetime import timedelta
from uuid import UUID

from sqlalchemy import event, select

from campaign_app.domain.message_status import MessageStatus
from campaign_app.extensions import db
from campaign_app.models.analytics import DailyAnalytics, HourlyAnalytics
from campaign_app.models.campaign import Campaign
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.services.attempts import AttemptBatch
from campaign_app.services.status_updates import apply_statuses
from campaign_app.whatsapp.webhook_elements import StatusUpdate
from tests.engine import counters_are_true
from tests.makers import NOON, a_campaign
from tests.services.test_status_updates import DELIVERED, READ, SENT, a_status
from tests.statuses_made import a_campaign_under_way

FIELDS = ("status", "sent_at", "delivered_at", "read_at", "failed_at")


def statements_of(updates: list[StatusUpdate]) -> int:
    """How many statements it takes to apply these in a transaction of their own."""
    sent = []

    def count(*_arguments):
        sent.append(1)

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        apply_statuses(updates, NOON)
        db.session.commit()
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    return len(sent)


def test_the_number_of_statements_does_not_grow_with_that_of_the_statuses(app):
    _, messages = a_campaign_under_way(320)
    few = [a_status(one, status) for one in messages[:10] for status in (SENT, DELIVERED)]
    many = [a_status(one, status) for one in messages[10:] for status in (SENT, DELIVERED)]

    for_few = statements_of(few)
    for_many = statements_of(many)

    assert (len(few), len(many)) == (20, 620)
    assert for_many == for_few < 15
    assert counters_are_true()


def made_up(messages: list[dict], chance: random.Random) -> list[StatusUpdate]:
    """Statuses of these messages in any order, repeated, over three days."""
    updates = []
    for message in messages:
        for _ in range(chance.randrange(6)):
            update = a_status(
                message, chance.choice((SENT, DELIVERED, READ)), by_callback=chance.random() < 0.7
            )
            update.at = NOON + timedelta(minutes=chance.randrange(-10, 4000), seconds=chance.randrange(60))
            updates += [update] * chance.choice((1, 1, 2))
    chance.shuffle(updates)
    return updates


def left_by(campaign: Campaign) -> dict:
    """Every row, without what differs by chance."""

    def rows(model, *names):
        found = db.session.scalars(select(model).where(model.campaign_id == campaign.id))
        return sorted(tuple(str(getattr(row, name)) for name in names) for row in found)

    counts = ("messages_sent", "messages_delivered", "messages_read", "messages_failed")
    return {
        "messages": rows(Message, "phone_number", *FIELDS),
        "recipients": rows(Recipient, "phone_number", *FIELDS),
        "days": rows(DailyAnalytics, "analytics_date", *counts, "delivery_rate", "read_rate"),
        "hours": rows(HourlyAnalytics, "hour", *counts),
        "campaign": [getattr(campaign, name) for name in counts],
    }


def by_the_long_way(updates: list[StatusUpdate]) -> None:
    """As a failure would go: each message read as an attempt, raised, and written."""
    batch = AttemptBatch({UUID(update.wamid.removeprefix("wamid.")) for update in updates})
    for update in updates:
        batch.attempts[UUID(update.wamid.removeprefix("wamid."))].raise_to(update.status, update.at)
    batch.save(NOON)


def test_the_short_way_ends_as_the_long_one_does(app):
    ends = []
    for apply in (lambda updates: apply_statuses(updates, NOON), by_the_long_way):
        campaign, messages = a_campaign_under_way(40)
        updates = made_up(messages, random.Random(5))
        while updates:
            part, updates = updates[:30], updates[30:]
            apply(part)
            db.session.commit()
        db.session.expire_all()
        ends.append(left_by(campaign))
        assert counters_are_true()

    assert ends[0] == ends[1]
    assert {status for _, status, *_ in ends[0]["messages"]} == {"sent", "delivered", "read"}


def test_the_price_that_was_said_last_stays(app):
    _, (message,) = a_campaign_under_way(1)
    for category in ("marketing", None, "utility"):
        update = a_status(message, DELIVERED)
        update.pricing_category = category
        apply_statuses([update], NOON)
    db.session.commit()
    assert db.session.scalar(select(Message.pricing_category)) == "utility"


def test_a_campaign_that_is_not_touched_stays_as_it_is(app):
    campaign, messages = a_campaign_under_way(3)
    other = a_campaign(name="Other")
    before = other.updated_at
    apply_statuses([a_status(one, MessageStatus.READ) for one in messages], NOON)
    db.session.commit()
    db.session.expire_all()
    assert (campaign.messages_read, other.messages_read, other.updated_at) == (3, 0, before)
