"""The story of one recipient: what happened to each attempt, when, why it failed, and what it costs."""

from datetime import timedelta

import pytest

from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.services.recipient_story import story_of
from campaign_app.services.replies import apply_replies
from campaign_app.services.send_outcomes import Result, settle
from campaign_app.services.status_updates import apply_statuses
from campaign_app.whatsapp.errors import GraphError
from campaign_app.whatsapp.send_outcome import SendKind, SendOutcome
from tests.makers import NOON, a_campaign, minutes, sent_out, waiting
from tests.page_checks import a_client
from tests.pages_made import words
from tests.services.test_replies import an_answer
from tests.services.test_status_updates import AT, DELIVERED, FAILED, READ, SENT, a_status, accepted


def page_of(app, message: dict, role: str = "viewer") -> str:
    address = f"/campaigns/{message['campaign_id']}/recipients/{message['recipient_id']}"
    return words(a_client(app, role).get(address).text)


def test_the_timeline_tells_each_status_with_its_delay_and_its_price(app):
    (message,) = sent_out(a_campaign(), 1)
    settle([accepted(message)], NOON)
    arrivals = {SENT: 2, DELIVERED: 65, READ: 0}
    for status, delay in arrivals.items():
        apply_statuses([a_status(message, status)], NOON, [AT[status] + timedelta(seconds=delay)])
    db.session.commit()
    page = page_of(app, message)
    assert "Given to WhatsApp 10 Mar 2026, 12:00:00 UTC WhatsApp accepted it." in page
    assert "Sent 10 Mar 2026, 12:01:00 UTC Reported 2 seconds later · marketing price" in page
    assert "Delivered 10 Mar 2026, 12:02:00 UTC Reported 1 minute later" in page
    assert "Read 10 Mar 2026, 12:03:00 UTC" in page and "Reported less than a second later" in page


def test_times_are_those_of_the_business(app):
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = type(settings)(**{**settings.__dict__, "business_timezone": "Asia/Kolkata"})
    (message,) = sent_out(a_campaign(), 1)
    apply_statuses([a_status(message, SENT)], NOON)
    db.session.commit()
    assert "Sent 10 Mar 2026, 17:31:00 IST" in page_of(app, message)


def test_a_failure_says_what_whatsapp_said_and_what_to_do(app):
    (message,) = sent_out(a_campaign(), 1)
    apply_statuses([a_status(message, FAILED)], NOON)
    db.session.commit()
    page = page_of(app, message)
    assert "Failed 10 Mar 2026, 12:04:00 UTC Error 131026: Message undeliverable" in page
    assert "WhatsApp could not deliver" in page or "not on WhatsApp" in page


def test_a_refusal_and_an_answer_that_was_lost_are_told(app):
    refused, lost = sent_out(a_campaign(), 2)
    error = GraphError(131026, "Message undeliverable", None, None)
    settle(
        [
            Result(refused["id"], SendOutcome(SendKind.REFUSED, error=error, http_status=400), NOON),
            Result(lost["id"], SendOutcome(SendKind.UNKNOWN, detail="The answer was lost."), NOON),
        ],
        NOON,
    )
    db.session.commit()
    assert "Refused 10 Mar 2026, 12:00:00 UTC Error 131026" in page_of(app, refused)
    assert "Answer lost" in page_of(app, lost) and "never sent again by itself" in page_of(app, lost)


def test_each_attempt_has_a_story_of_its_own_the_latest_first(app):
    (first,) = sent_out(a_campaign(), 1)
    second = {**first, "id": new_id(), "attempt": 2, "authorised_at": NOON + minutes(30)}
    db.session.add(Message(**second))
    db.session.get(Recipient, first["recipient_id"]).message_id = second["id"]
    db.session.commit()
    apply_statuses([a_status(first, FAILED), a_status(second, SENT, wamid="wamid.2")], NOON)
    db.session.commit()
    page = page_of(app, first)
    assert page.index("Attempt 2") < page.index("Attempt 1") and page.count("An earlier attempt") == 1
    story = story_of(db.session.get(Recipient, first["recipient_id"]))
    assert [[step.kind for step in one.steps] for one in story] == [
        ["authorised", "sent"],
        ["authorised", "sent", "failed"],
    ]


def test_messages_from_before_events_were_kept_still_tell_their_times(app):
    (message,) = sent_out(a_campaign(), 1)
    row = db.session.get(Message, message["id"])
    row.status, row.sent_at, row.delivered_at = "delivered", AT[SENT], AT[DELIVERED]
    db.session.commit()
    page = page_of(app, message)
    assert "Sent 10 Mar 2026, 12:01:00 UTC Delivered 10 Mar 2026, 12:02:00 UTC" in page


def test_who_replied_is_shown_listed_and_counted(app):
    campaign = a_campaign()
    message, _ = sent_out(campaign, 2)
    settle([accepted(message)], NOON)
    apply_replies([an_answer(message, NOON + minutes(7))], NOON + minutes(8))
    db.session.commit()
    assert "Replied 10 Mar 2026, 12:07 UTC" in page_of(app, message)
    client = a_client(app, "viewer")
    listed = client.get(f"/campaigns/{campaign.id}/recipients?status=replied").text
    assert listed.count('<th scope="row"') == 1 and "Replied 10 Mar, 12:07" in words(listed)
    assert "Replied 1 wrote back" in words(client.get(f"/campaigns/{campaign.id}").text)


def test_who_was_not_written_to_yet_has_an_empty_story(app):
    campaign = a_campaign()
    (row,) = waiting(campaign, 1)
    page = a_client(app, "viewer").get(f"/campaigns/{campaign.id}/recipients/{row['id']}")
    assert "Nothing has been sent to this person in this campaign yet." in words(page.text)


@pytest.mark.parametrize("of_another", [True, False])
def test_a_recipient_of_another_campaign_is_not_found(app, of_another):
    (message,) = sent_out(a_campaign(), 1)
    other = a_campaign(name="Other")
    recipient_id = message["recipient_id"] if of_another else new_id()
    a_client(app, "viewer").get(f"/campaigns/{other.id}/recipients/{recipient_id}", 404)


def test_the_first_days_are_shown_hour_by_hour(app):
    campaign = a_campaign()
    messages = sent_out(campaign, 3)
    settle([accepted(message) for message in messages], NOON)
    late = a_status(messages[0], READ)
    apply_statuses([type(late)(**{**{name: getattr(late, name) for name in late.__slots__}, "at": NOON + minutes(130)})], NOON)  # fmt: skip
    db.session.commit()
    page = a_client(app, "viewer").get(f"/campaigns/{campaign.id}").text
    assert '"hours": ["10 Mar, 12:00", "10 Mar, 13:00", "10 Mar, 14:00"]' in page
    assert "10 Mar, 12:00 3 0 0 0" in words(page) and "10 Mar, 14:00 0 1 1 0" in words(page)


def test_failures_lead_to_the_story(app):
    (message,) = sent_out(a_campaign(), 1)
    apply_statuses([a_status(message, FAILED)], NOON)
    db.session.commit()
    address = f"/campaigns/{message['campaign_id']}/recipients/{message['recipient_id']}"
    client = a_client(app, "viewer")
    for path in ("/failures", f"/campaigns/{message['campaign_id']}/failures"):
        assert f'href="{address}"' in client.get(path).text
