"""The forecast: while a campaign is set up, on its draft, and while it is sent."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.services.forecast import estimated_completion_on
from campaign_app.services.send_schedule import schedule_days
from campaign_app.web.formatting import local_day
from tests.page_checks import a_client
from tests.pages_made import a_draft, a_launched_campaign, a_message_template, some_customers, words

DAY = timedelta(days=1)
FORM = {"daily_send_limit": "3", "priority": "5"}
NOTHING = "Enter a daily limit to see when the last message leaves."


@pytest.fixture
def client(app):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], messaging_limit="unlimited")
    a_message_template()
    some_customers(10)
    return a_client(app, "staff")


def told(client, **fields) -> str:
    """What the step “schedule” of a draft says while it is filled in."""
    draft = db.session.scalar(select(Campaign.id).where(Campaign.status == "draft")) or a_draft().id
    return words(client.post(f"/campaigns/{draft}/setup/_forecast", {**FORM, **fields}).text)


def in_days(count: int) -> str:
    return local_day((utc_now() + count * DAY).date())


def test_the_form_says_when_the_last_message_leaves(client):
    assert told(client) == (
        f"Launched now , to 10 people: 3 messages leave today, the last on {in_days(3)}: 4 days of sending."
    )
    assert told(client, daily_send_limit="10") == "Launched now , to 10 people: All 10 messages leave today."


def test_it_follows_the_start_the_end_and_the_hours(client):
    start = (utc_now() + 2 * DAY).strftime("%Y-%m-%dT%H:%M")
    assert told(client, scheduled_start_date=start, daily_send_limit="10").endswith(
        f"All 10 messages leave on {in_days(2)}."
    )
    end = (utc_now() + DAY).strftime("%Y-%m-%dT%H:%M")
    assert told(client, scheduled_end_date=end).endswith(
        "2 days of sending. 4 people will not get it: the campaign ends before their turn."
    )
    tomorrow = (utc_now() + DAY).strftime("%a").lower()
    hours = {"window_on": "y", "window_days": tomorrow, "window_start": "09:00", "window_end": "17:00"}
    assert f"3 messages leave on {in_days(1)}, the last on {in_days(22)}" in told(client, **hours)


def test_others_that_are_sent_meanwhile_take_from_the_accounts_limit(client, app):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], messaging_limit=10)
    assert "All 10 messages leave today." in told(client, daily_send_limit="100")
    a_launched_campaign(people=2, priority=1)  # to everybody, who are twelve then
    assert f"8 messages leave on {in_days(1)}" in told(client, daily_send_limit="100")


@pytest.mark.parametrize(
    "fields",
    [
        {"daily_send_limit": ""},
        {"daily_send_limit": "many"},
        {"daily_send_limit": "0"},
        {"window_on": "y", "window_days": "mon", "window_start": "", "window_end": ""},
        {"window_on": "y", "window_days": "mon", "window_start": "09:00", "window_end": "09:00"},
    ],
)
def test_a_form_that_is_not_filled_in_yet_gives_no_forecast(client, fields):
    assert told(client, **fields) == NOTHING


def test_without_people_it_says_to_choose_them_first(client):
    draft = a_draft(target_audience=None)
    page = words(client.get(f"/campaigns/{draft.id}/setup/schedule").text)
    assert "Choose people first to see when the last message leaves." in page


def test_the_page_of_the_step_holds_it_also_without_scripts(client):
    draft = a_draft(daily_send_limit=5)
    address = f"/campaigns/{draft.id}/setup/schedule"
    assert "5 messages leave today" in words(client.get(address).text)
    assert "3 messages leave today" in words(client.post(address, {**FORM, "step": "forecast"}).text)


def test_a_draft_says_what_its_launch_would_lead_to_and_the_launch_leads_there(client):
    draft = a_draft(daily_send_limit=4)
    page = words(client.get(f"/campaigns/{draft.id}").text)
    assert f"Launched now: 4 messages leave today, the last on {in_days(2)}: 3 days of sending." in page
    client.post(f"/campaigns/{draft.id}/launch", status=303)
    campaign = db.session.get(Campaign, draft.id)
    assert [batch.batch_size for batch in schedule_days(campaign)] == [4, 4, 2]


def test_a_running_campaign_says_how_many_go_today_and_who_is_left_at_its_end(client):
    campaign = a_launched_campaign(people=2, daily_send_limit=5)
    page = words(client.get(f"/campaigns/{campaign.id}").text)
    assert f"12 of 12 to go, 5 of them today; the last one leaves {in_days(2)}" in page
    assert estimated_completion_on(campaign, utc_now()) == schedule_days(campaign)[-1].send_date

    end = utc_now() + DAY
    db.session.execute(update(Campaign).values(scheduled_end_date=end))
    db.session.commit()
    page = words(client.get(f"/campaigns/{campaign.id}").text)
    assert "2 people will not get it : the campaign ends before their turn" in page
