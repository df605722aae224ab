"""Silence is noticed: messages go out, but nothing comes back for a quarter of an hour."""

import pytest
from sqlalchemy import select

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.services.send_outcomes import Result, settle
from campaign_app.services.silence import silent_since
from campaign_app.services.webhook_inbox import store
from campaign_app.whatsapp.send_outcome import SendKind, SendOutcome
from tests.makers import NOON, a_campaign, minutes, sent_out
from tests.page_checks import a_client
from tests.pages_made import words
from tests.services.test_status_updates import accepted


def send(at=NOON) -> None:
    (message,) = sent_out(a_campaign(), 1, at)
    result = accepted(message)
    settle([type(result)(result.message_id, result.outcome, at)], at)
    db.session.commit()


def hear(at) -> None:
    store(str(at).encode(), at)
    db.session.commit()


def test_it_takes_a_quarter_of_an_hour(app):
    send()
    assert silent_since(NOON + minutes(14.9)) is None
    assert silent_since(NOON + minutes(15)) == NOON


@pytest.mark.parametrize(("heard", "is_silent"), [(-1, True), (1, False), (10, False)])
def test_any_webhook_after_the_message_ends_it_whatever_its_state(app, heard, is_silent):
    send()
    hear(NOON + minutes(heard))
    assert (silent_since(NOON + minutes(30)) is not None) == is_silent


def test_it_begins_anew_with_the_messages_after_the_last_webhook(app):
    send(NOON)
    hear(NOON + minutes(1))
    send(NOON + minutes(40))
    assert silent_since(NOON + minutes(50)) is None
    assert silent_since(NOON + minutes(60)) == NOON + minutes(40)


def test_who_sends_nothing_that_was_accepted_waits_for_nothing(app):
    assert silent_since(NOON) is None
    (message,) = sent_out(a_campaign(), 1)
    settle([Result(message["id"], SendOutcome(SendKind.UNKNOWN, detail="lost"), NOON)], NOON)
    db.session.commit()
    assert silent_since(NOON + minutes(60)) is None


def test_a_day_later_nothing_is_expected_any_more(app):
    send()
    assert silent_since(NOON + minutes(24 * 60)) is None


def test_the_pages_say_so_with_what_to_check(app):
    send(utc_now() - minutes(20))
    campaign_id = db.session.scalar(select(Campaign.id))
    client = a_client(app, "viewer")
    for path in ("/", f"/campaigns/{campaign_id}", f"/campaigns/{campaign_id}/_progress"):
        page = words(client.get(path).text)
        assert "WhatsApp is silent" in page and "/webhook/whatsapp" in page and "app secret" in page
    hear(utc_now())
    assert "WhatsApp is silent" not in client.get("/").text
