"""Who writes back counts as replied: once, at the first answer, in the campaign that was answered."""

from datetime import timedelta

import pytest

from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.recipient import Recipient
from campaign_app.services.replies import apply_replies
from campaign_app.services.send_outcomes import settle
from campaign_app.whatsapp.webhook_elements import InboundMessage
from tests.engine import counters_are_true
from tests.makers import NOON, a_campaign, minutes, sent_out
from tests.services.test_status_updates import accepted

LATER = NOON + minutes(90)


def an_answer(message: dict, at=LATER, quoting: bool = False, **fields) -> InboundMessage:
    values = {
        "from_number": message["phone_number"].lstrip("+"),
        "from_user_id": None,
        "wamid": "wamid.in",
        "at": at,
        "kind": "text",
        "text": "How much is it?",
        "button_payload": None,
        "context_wamid": f"wamid.{message['id']}" if quoting else None,
        "phone_number_id": None,
        **fields,
    }
    return InboundMessage(**values)


def apply(*answers: InboundMessage, now=LATER) -> None:
    apply_replies(answers, now)
    db.session.commit()
    db.session.expire_all()


def replied_at(message: dict):
    return db.session.get(Recipient, message["recipient_id"]).replied_at


def replied(campaign: Campaign) -> int:
    return db.session.get(Campaign, campaign.id).messages_replied


def test_many_answers_of_one_person_count_once_and_the_first_one_stays(app):
    campaign = a_campaign()
    first, second = sent_out(campaign, 2)
    apply(an_answer(first, LATER), an_answer(first, LATER - minutes(30)), an_answer(second))
    apply(an_answer(first, LATER - minutes(60)), an_answer(first, LATER))
    assert (replied_at(first), replied_at(second), replied(campaign)) == (LATER - minutes(60), LATER, 2)
    assert counters_are_true()


def test_a_quoted_message_is_answered_even_long_after_and_from_a_number_written_otherwise(app):
    campaign = a_campaign()
    (message,) = sent_out(campaign, 1)
    settle([accepted(message)], NOON)
    late = NOON + timedelta(days=40)
    apply(an_answer(message, late, quoting=True, from_number="5511998765432"), now=late)
    assert (replied_at(message), replied(campaign)) == (late, 1)


def test_who_shows_no_number_is_known_by_the_message_that_is_quoted(app):
    campaign = a_campaign()
    (message,) = sent_out(campaign, 1)
    settle([accepted(message)], NOON)
    apply(an_answer(message, quoting=True, from_number=None, from_user_id="IN.1"))
    assert replied(campaign) == 1


def test_of_two_campaigns_the_one_that_was_sent_last_is_answered(app):
    earlier, later = a_campaign(name="Earlier"), a_campaign(name="Later")
    sent_out(earlier, 1, NOON - minutes(60))
    (message,) = sent_out(later, 1, NOON)
    apply(an_answer(message))
    assert (replied(earlier), replied(later)) == (0, 1)
    assert counters_are_true()


@pytest.mark.parametrize(
    ("at", "counted"),
    [
        (NOON - timedelta(seconds=1), 0),
        (NOON, 1),
        (NOON + timedelta(days=3), 1),
        (NOON + timedelta(days=3, seconds=1), 0),
    ],
)
def test_without_a_quote_only_who_was_written_to_in_the_last_three_days_has_answered(app, at, counted):
    campaign = a_campaign()
    (message,) = sent_out(campaign, 1, NOON)
    apply(an_answer(message, at), now=at)
    assert replied(campaign) == counted


def test_strangers_and_notices_of_whatsapp_are_no_answers(app):
    campaign = a_campaign()
    (message,) = sent_out(campaign, 1)
    apply(
        an_answer(message, from_number="919999999999"),
        an_answer(message, from_number=None, from_user_id="IN.2", context_wamid="wamid.unknown"),
        an_answer(message, kind="system"),
    )
    assert replied(campaign) == 0


def test_an_answer_seems_older_than_its_message_when_times_are_cut_to_seconds(app):
    campaign = a_campaign()
    (message,) = sent_out(campaign, 1, NOON + timedelta(milliseconds=700))
    apply(an_answer(message, NOON))
    assert replied(campaign) == 1
