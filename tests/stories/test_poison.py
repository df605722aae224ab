"""An answer that the database refuses: the others are settled, and nobody gets the message twice."""

from collections import Counter

import pytest
from sqlalchemy import select, text

from campaign_app.extensions import db
from campaign_app.models.message import Message
from tests.engine import (
    RunningSimulator,
    a_launched_campaign,
    an_app_on,
    counters_are_true,
    customers,
    process,
    the_campaign,
)

REFUSES = {
    "sqlite": """CREATE TRIGGER poison BEFORE UPDATE ON whatsapp_messages WHEN NEW.status = 'sent' AND NEW.phone_number = '{number}'
                 BEGIN SELECT RAISE(ABORT, 'poison'); END""",
    "postgresql": """CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'poison'; END $$ LANGUAGE plpgsql;
                     CREATE TRIGGER poison BEFORE UPDATE ON whatsapp_messages FOR EACH ROW
                     WHEN (NEW.status = 'sent' AND NEW.phone_number = '{number}') EXECUTE FUNCTION refuse()""",
}
FORGETS = {
    "sqlite": "DROP TRIGGER poison",
    "postgresql": "DROP TRIGGER poison ON whatsapp_messages; DROP FUNCTION refuse()",
}


@pytest.fixture
def simulator():
    with RunningSimulator(webhook_url="", latency="0.01-0.02") as running:
        yield running


@pytest.fixture
def app(simulator, database_url):
    app = an_app_on(simulator, database_url)
    with app.app_context():
        yield app
        db.session.rollback()
        db.session.execute(text(FORGETS[db.engine.dialect.name]))
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def test_one_answer_that_cannot_be_stored_leaves_one_message_unconfirmed_and_no_other_in_limbo(
    app, simulator
):
    people = customers(60, first=9_811_110_000)
    # The last digits choose the fate of a number: this one is accepted.
    poisoned = next(one.phone_number for one in people if one.phone_number.endswith("30"))
    campaign = a_launched_campaign().id
    db.session.execute(text(REFUSES[db.engine.dialect.name].format(number=poisoned)))
    db.session.commit()

    for _ in range(2):
        process(app)

    accepted = Counter(post["to"] for post in simulator.log() if post["accepted_at"])
    assert [number for number, times in accepted.items() if times > 1] == []
    found = the_campaign(campaign)
    limbo = select(Message.id).where(Message.status == "queued", Message.unconfirmed_at.is_(None))
    assert db.session.scalars(limbo).all() == []
    assert accepted[poisoned] == 1
    unclear = select(Message.phone_number).where(
        Message.unconfirmed_at.is_not(None), Message.status == "queued"
    )
    assert poisoned in db.session.scalars(unclear).all()
    assert (
        found.messages_sent + found.messages_failed + found.messages_unconfirmed + found.messages_pending
        == 60
    )
    assert counters_are_true()
