"""The story of a message: every status as it was received, each once."""

import json
from datetime import timedelta

from sqlalchemy import delete, select

from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.message import Message
from campaign_app.models.message_event import MessageEvent
from campaign_app.models.webhook_event import WaitingStatus
from campaign_app.services.send_outcomes import settle
from campaign_app.services.status_updates import apply_statuses, apply_waited
from campaign_app.services.webhook_batches import apply_waiting
from campaign_app.services.webhook_inbox import store
from tests.makers import NOON, a_campaign, minutes, sent_out
from tests.services.test_status_updates import AT, DELIVERED, FAILED, READ, SENT, a_status, accepted

ARRIVED = NOON + minutes(5)


def events() -> list[MessageEvent]:
    db.session.expire_all()
    return list(db.session.scalars(select(MessageEvent).order_by(MessageEvent.happened_at)))


def test_every_status_is_kept_once_with_its_time_its_arrival_and_its_price(app):
    (message,) = sent_out(a_campaign(), 1)
    sequence = [READ, SENT, DELIVERED, SENT]
    for turn, status in enumerate(sequence):
        apply_statuses([a_status(message, status)], NOON, [ARRIVED + timedelta(seconds=turn)])
    db.session.commit()
    told = [(one.message_id, one.status, one.happened_at, one.received_at) for one in events()]
    assert told == [
        (message["id"], "sent", AT[SENT], ARRIVED + timedelta(seconds=1)),
        (message["id"], "delivered", AT[DELIVERED], ARRIVED + timedelta(seconds=2)),
        (message["id"], "read", AT[READ], ARRIVED),
    ]
    assert {(one.pricing_category, one.pricing_type, one.error_code) for one in events()} == {
        ("marketing", "regular", None)
    }


def test_a_failure_keeps_what_whatsapp_said_and_a_second_one_is_an_event_of_its_own(app):
    (message,) = sent_out(a_campaign(), 1)
    apply_statuses([a_status(message, FAILED), a_status(message, DELIVERED)], NOON)
    db.session.commit()
    _, failed = events()
    assert (failed.error_code, failed.error_title, failed.error_details) == (
        131026,
        "Message undeliverable",
        None,
    )


def test_a_status_that_waited_for_its_message_tells_when_it_really_arrived(app):
    (message,) = sent_out(a_campaign(), 1)
    apply_statuses([a_status(message, READ, by_callback=False)], NOON, [ARRIVED])
    db.session.commit()
    assert events() == []
    settle([accepted(message)], NOON)
    apply_waited(db.session.scalars(select(WaitingStatus.id)).all(), NOON + minutes(60))
    db.session.commit()
    assert [(one.status, one.happened_at, one.received_at) for one in events()] == [
        ("read", AT[READ], ARRIVED)
    ]


def test_an_old_attempts_late_status_is_told_in_its_own_story(app):
    """The recipient has been given a second attempt: the first one's statuses belong to the first."""
    (first,) = sent_out(a_campaign(), 1)
    second = {**first, "id": new_id(), "attempt": 2}
    db.session.add(Message(**second))
    db.session.commit()
    apply_statuses([a_status(first, DELIVERED), a_status(second, SENT)], NOON)
    db.session.commit()
    assert {(one.message_id, one.status) for one in events()} == {
        (first["id"], "delivered"),
        (second["id"], "sent"),
    }


def test_the_inbox_tells_when_each_body_came_and_whether_whatsapp_charges(app):
    (message,) = sent_out(a_campaign(), 1)
    status = {
        "id": "wamid.1", "status": "delivered", "timestamp": str(int(NOON.timestamp())),
        "biz_opaque_callback_data": str(message["id"]),
        "pricing": {"billable": True, "category": "marketing_lite", "type": "regular"},
    }  # fmt: skip
    body = {"entry": [{"changes": [{"field": "messages", "value": {"statuses": [status]}}]}]}
    store(json.dumps(body).encode(), ARRIVED)
    db.session.commit()
    assert apply_waiting() == 1
    (event,) = events()
    assert (event.happened_at, event.received_at) == (NOON, ARRIVED)
    assert (event.pricing_category, event.pricing_type, event.billable) == ("marketing_lite", "regular", True)


def test_events_go_with_their_message(app):
    (message,) = sent_out(a_campaign(), 1)
    apply_statuses([a_status(message, SENT)], NOON)
    db.session.execute(delete(Message).where(Message.id == message["id"]))
    db.session.commit()
    assert events() == []
