"""“Why is it not sending?”: the page, the API and `flask why` give the same reason, for each of them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.lease import Lease
from campaign_app.models.recipient import Recipient
from campaign_app.models.send_schedule import SendBatch
from campaign_app.services.leases import SENDER_LEASE, LeaseHolder
from campaign_app.services.lifecycle import cancel, pause
from campaign_app.services.number import change_number, stop_number
from campaign_app.services.why_waiting import OVERDUE_START
from tests.api.client import ApiClient
from tests.page_checks import a_client
from tests.pages_made import (
    a_draft,
    a_launched_campaign,
    a_message_template,
    set_standing,
    some_customers,
    words,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def app(app):
    """With a sender that is alive, and no account limit in the way."""
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], messaging_limit="unlimited")
    LeaseHolder(SENDER_LEASE, 600).hold()
    return app


def three_answers(app, campaign: Campaign) -> tuple[str, dict | None, str]:
    """The words of the page, `waiting` of the API, and what the command says."""
    db.session.commit()
    page = words(a_client(app, "viewer").get(f"/campaigns/{campaign.id}").text)
    waiting = ApiClient(app, "viewer").get(f"/campaigns/{campaign.id}").json["waiting"]
    said = app.test_cli_runner().invoke(args=["why", str(campaign.id)])
    assert said.exit_code == 0
    return page, waiting, said.output


def waits(app, campaign: Campaign, reason: str, sentence: str, until=None) -> tuple[str, dict]:
    page, waiting, said = three_answers(app, campaign)
    assert sentence in page
    assert waiting["reason"] == reason and sentence in waiting["message"]
    assert said.startswith(f"{reason}: ") and sentence in said
    assert (waiting["until"] is not None) is bool(until) is ("Until" in said)
    if until not in (None, True):
        assert waiting["until"] == until.isoformat()
    return page, waiting


def test_one_that_sends_gives_no_reason(app):
    page, waiting, said = three_answers(app, a_launched_campaign())
    assert waiting is None and "Waiting." not in page
    assert said == "It is sending: 3 to go.\n"


def test_a_draft_was_not_launched(app):
    a_message_template()
    some_customers(1)
    page, waiting, said = three_answers(app, a_draft())
    assert waiting["reason"] == "not_started"
    assert "nothing is sent before it is launched" in page and "nothing is sent before" in said


def test_its_start_is_to_come(app):
    start = (utc_now() + DAY).replace(microsecond=0)
    campaign = a_launched_campaign(scheduled_start_date=start)
    waits(app, campaign, "not_started", "Its start is still to come.", start)


def test_it_is_outside_its_hours(app):
    hour = (utc_now() + 3 * HOUR).hour
    window = {"start": f"{hour:02}:00", "end": f"{(hour + 1) % 24:02}:00"}
    campaign = a_launched_campaign(send_window=window)
    waits(app, campaign, "outside_window", "outside the hours in which this campaign may send", True)


def test_its_daily_limit_is_used(app):
    campaign = a_launched_campaign(daily_send_limit=2)
    db.session.execute(update(SendBatch).values(messages_authorised=2))
    waits(app, campaign, "daily_limit", "Today's limit of 2 messages is used.", True)


def test_the_accounts_limit_is_used(app):
    campaign = a_launched_campaign()
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], messaging_limit=250)
    frees_at = (utc_now() + HOUR).replace(microsecond=0)
    change_number(limit_frees_at=frees_at)
    sentence = "WhatsApp's limit of 250 customers in 24 hours is used, all campaigns together."
    waits(app, campaign, "account_limit", sentence, frees_at)


def test_another_goes_first(app):
    campaign = a_launched_campaign()
    a_launched_campaign(name="Flash sale", priority=1)
    waits(app, campaign, "higher_priority", "“Flash sale” goes first, with 6 to go.")


@pytest.mark.parametrize(
    ("code", "reason", "advice"),
    [
        (190, "Error 190: Access token has expired", "access token"),
        (131042, "Error 131042: Business eligibility payment issue", "payment"),
    ],
)
def test_the_number_is_stopped_or_its_token_refused(app, code, reason, advice):
    campaign = a_launched_campaign()
    stop_number(code, reason, utc_now())
    page, waiting = waits(app, campaign, "number_stopped", reason)
    assert advice in waiting["message"] and waiting["message"] in page


def test_whatsapp_gives_no_clear_answers(app):
    campaign = a_launched_campaign()
    change_number(failing_since=utc_now() - HOUR, next_probe_at=utc_now() + HOUR)
    waits(app, campaign, "provider_failing", "WhatsApp gives no clear answers at the moment.", True)


def test_the_last_ones_are_to_be_tried_later(app):
    campaign = a_launched_campaign()
    db.session.execute(update(Recipient).values(next_try_at=utc_now() + HOUR))
    waits(app, campaign, "provider_failing", "WhatsApp asked to try the last ones again later.", True)


def test_no_sender_is_alive(app):
    campaign = a_launched_campaign()
    db.session.execute(delete(Lease))
    waits(app, campaign, "no_scheduler", "No sender is running")


def test_it_is_paused(app):
    campaign = a_launched_campaign()
    pause(campaign.id, "ana@example.com", utc_now())
    waits(app, campaign, "paused", "Paused by ana@example.com.")


def test_its_start_was_missed(app):
    campaign = a_launched_campaign()
    db.session.execute(update(Campaign).values(status="paused", status_reason=OVERDUE_START))
    waits(app, campaign, "overdue_start", "Its start was missed while the app was not running.")


def test_nothing_is_left(app):
    campaign = a_launched_campaign(people=1)
    set_standing(campaign, 1, "sent")
    db.session.execute(update(Campaign).values(status="completed", completed_at=utc_now()))
    _, waiting, said = three_answers(app, campaign)
    assert waiting is None and said == "It is completed: nothing is left to send.\n"


def test_it_is_cancelled(app):
    campaign = a_launched_campaign()
    cancel(campaign.id, "ana@example.com", utc_now())
    page, waiting, said = three_answers(app, campaign)
    assert waiting is None and "Cancelled by ana@example.com." in said
    assert "Cancelled by ana@example.com. 3 people did not get it." in page


def test_a_time_behind_the_end_is_not_promised(app):
    campaign = a_launched_campaign(daily_send_limit=2)
    db.session.execute(update(SendBatch).values(messages_authorised=2))
    db.session.execute(update(Campaign).values(scheduled_end_date=utc_now() + timedelta(seconds=8)))
    waits(app, campaign, "daily_limit", "Its end comes first: those who are left will not get it.")


def test_a_campaign_that_does_not_exist_is_refused_in_one_line(app):
    said = app.test_cli_runner().invoke(args=["why", "00000000-0000-7000-8000-000000000000"])
    assert said.exit_code == 1 and "no such campaign" in said.output
