"""Staff decide about messages that are not confirmed: each person once, and every count stays true."""

import pytest
from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.services.left_open import left_open
from campaign_app.services.send_outcomes import Result, settle
from campaign_app.services.status_updates import apply_statuses
from campaign_app.services.unconfirmed import give_up, send_again
from campaign_app.whatsapp.send_outcome import SendKind, SendOutcome
from tests.engine import counters_are_true
from tests.makers import NOON, a_campaign, minutes, sent_out
from tests.services.test_status_updates import DELIVERED, a_status

LATER = NOON + minutes(61)


@pytest.fixture
def campaign(app):
    """Three people whose answer was lost: two at noon, one an hour later."""
    campaign = a_campaign()
    campaign.sent = sent_out(campaign, 3)
    unclear = SendOutcome(SendKind.UNKNOWN, detail="lost")
    settle([Result(message["id"], unclear, NOON) for message in campaign.sent[:2]], NOON)
    settle([Result(campaign.sent[2]["id"], unclear, NOON + minutes(60))], NOON)
    db.session.commit()
    return campaign


def test_only_those_whose_webhook_had_its_time_can_be_decided(campaign):
    found = left_open(campaign, LATER).unconfirmed
    assert (found.people, found.decidable, found.decidable_at) == (3, 2, NOON + minutes(120))
    assert send_again(campaign.id, None, "staff", NOON + minutes(59)) == 0


def test_sending_again_makes_a_new_attempt_of_each_once(campaign):
    assert send_again(campaign.id, None, "staff", LATER) == 2
    assert send_again(campaign.id, None, "staff", LATER) == 0
    db.session.commit()

    assert (campaign.messages_pending, campaign.messages_unconfirmed, campaign.status) == (2, 1, "active")
    # The old attempt's webhook comes after all: it moves its own row only.
    apply_statuses([a_status(campaign.sent[0], DELIVERED)], LATER)
    db.session.commit()
    assert db.session.get(Message, campaign.sent[0]["id"]).status == "delivered"
    assert db.session.get(Recipient, campaign.sent[0]["recipient_id"]).status == "pending"
    db.session.expunge_all()
    assert counters_are_true()


def test_giving_up_counts_as_failed_and_a_late_status_stays_visible(campaign):
    one = campaign.sent[0]
    assert give_up(campaign.id, one["recipient_id"], "staff", LATER) == 1
    db.session.commit()
    apply_statuses([a_status(one, DELIVERED)], LATER)
    db.session.commit()

    recipient = db.session.get(Recipient, one["recipient_id"])
    assert (recipient.status, recipient.delivered_at is not None) == ("failed", True)
    assert "Given up by staff" in recipient.failure_reason
    assert (
        db.session.scalars(select(Recipient.unconfirmed_at).where(Recipient.id == one["recipient_id"])).one()
        is None
    )
    db.session.expunge_all()
    assert counters_are_true()
