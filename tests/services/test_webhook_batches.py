"""Applying in batches: what breaks one is set aside alone, and what waits for its message finds it."""

import re

import pytest
from sqlalchemy import func, select, text

from campaign_app.extensions import db
from campaign_app.models.message_event import MessageEvent
from campaign_app.models.opt_out import OptOut
from campaign_app.models.webhook_event import WaitingStatus
from campaign_app.services.recount import mismatches
from campaign_app.services.send_outcomes import settle
from tests.makers import NOON, a_campaign, sent_out
from tests.services.test_status_updates import accepted
from tests.statuses_made import a_body, a_campaign_under_way, a_step, states, statuses_of, taken_in
from tests.whatsapp.webhooks import a_change, a_message, a_webhook

POISON = {
    "sqlite": """CREATE TRIGGER poison BEFORE UPDATE ON whatsapp_messages WHEN NEW.status = 'read' AND NEW.phone_number = '{number}'
                 BEGIN SELECT RAISE(ABORT, 'poison'); END""",
    "postgresql": """CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'poison'; END $$ LANGUAGE plpgsql;
                     CREATE TRIGGER poison BEFORE UPDATE ON whatsapp_messages FOR EACH ROW
                     WHEN (NEW.status = 'read' AND NEW.phone_number = '{number}') EXECUTE FUNCTION refuse()""",
}


@pytest.fixture
def poisoned(app):
    """Makes the database refuse to store that this message was read."""

    def poison(message: dict) -> None:
        db.session.execute(text(POISON[db.engine.dialect.name].format(number=message["phone_number"])))
        db.session.commit()

    yield poison
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":
        db.session.execute(
            text("DROP TRIGGER IF EXISTS poison ON whatsapp_messages; DROP FUNCTION IF EXISTS refuse()")
        )
        db.session.commit()


def test_a_body_that_breaks_the_batch_is_set_aside_alone(app, poisoned):
    campaign, messages = a_campaign_under_way(30)
    poisoned(messages[7])
    taken_in(*(a_body(a_step(message, "read")) for message in messages))

    (note,) = [note for state, note in states() if state == "quarantined"]
    assert "could not be applied" in note
    assert [state for state, _ in states()].count("applied") == 29
    assert campaign.messages_read == 29
    assert mismatches() == []


def test_of_a_thousand_statuses_in_one_body_the_one_that_cannot_be_stored_is_set_aside_alone(app, poisoned):
    campaign, messages = a_campaign_under_way(250)
    poisoned(messages[133])
    stop = a_message(text={"body": "STOP"}, **{"from": "919876500001"})
    elements = [a_step(message, status) for message in messages for status in ("sent", "delivered", "read")]
    elements += [a_step(message, "delivered") for message in messages[::-1]]
    taken_in(a_webhook(a_change(statuses=elements, messages=[stop])))

    ((state, note),) = states()
    assert (state, len(elements)) == ("quarantined", 1000)
    wamid = a_step(messages[133])["id"]
    assert re.fullmatch(
        rf"statuses\[401\] \(read of {re.escape(wamid)}\): It could not be applied: \w+", note
    )
    assert (campaign.messages_delivered, campaign.messages_read) == (250, 249)
    assert db.session.scalar(select(func.count()).select_from(MessageEvent)) == 749
    assert db.session.scalars(select(OptOut.phone_number)).all() == ["+919876500001"]
    assert mismatches() == []


def test_who_said_stop_in_a_body_next_to_a_broken_one_is_heard(app, poisoned):
    _, messages = a_campaign_under_way(2)
    poisoned(messages[0])
    stop = a_webhook(a_change(messages=[a_message(text={"body": "STOP"}, **{"from": "919876500001"})]))
    taken_in(a_body(a_step(messages[0], "read")), stop)
    assert db.session.scalars(select(OptOut.phone_number)).all() == ["+919876500001"]


def test_a_status_of_an_unknown_message_waits_until_the_message_is_known(app):
    campaign = a_campaign()
    (message,) = sent_out(campaign, 1)
    step = a_step(message, "read")
    del step["biz_opaque_callback_data"]
    taken_in(a_body(step), a_body(step, a_step(message | {"id": "nobody"})))
    assert statuses_of([message]) == ["queued"]
    assert db.session.scalar(select(func.count()).select_from(WaitingStatus)) == 2

    settle([accepted(message)], NOON)
    db.session.commit()
    taken_in(a_body(a_step(message | {"id": "somebody else"})))
    assert statuses_of([message]) == ["read"]
    assert mismatches() == []


def test_a_status_that_waited_and_cannot_be_stored_takes_no_body_along(app, poisoned):
    campaign = a_campaign()
    messages = sent_out(campaign, 5)
    step = a_step(messages[0], "read")
    del step["biz_opaque_callback_data"]
    taken_in(a_body(step))
    settle([accepted(message) for message in messages], NOON)
    db.session.commit()
    poisoned(messages[0])
    taken_in(*(a_body(a_step(message, "read")) for message in messages[1:]))

    assert {state for state, _ in states()} == {"applied"}
    assert statuses_of(messages) == ["sent", *["read"] * 4]
    assert db.session.scalar(select(func.count()).select_from(WaitingStatus)) == 0
    assert mismatches() == []
