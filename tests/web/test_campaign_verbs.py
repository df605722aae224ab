"""What the buttons of a campaign's page do: launch, pause, cancel, clone, retry, and decide about the unconfirmed."""

from datetime import timedelta

from sqlalchemy import select

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.recipient import Recipient
from tests.page_checks import a_client
from tests.pages_made import (
    a_draft,
    a_launched_campaign,
    a_message_template,
    a_running_campaign,
    set_standing,
    some_customers,
    tiles,
    words,
)


def test_staff_decide_about_the_unconfirmed_once_their_webhook_had_its_time(app):
    campaign = a_launched_campaign(people=4)
    long_ago = utc_now() - timedelta(hours=2)
    for place, since in ((1, long_ago), (2, long_ago), (3, utc_now())):
        set_standing(campaign, place, "queued", unconfirmed_at=since)
    client = a_client(app, "staff")
    page = words(client.get(f"/campaigns/{campaign.id}").text)
    assert "2 people are written to once more." in page and "The others can be decided on in" in page
    viewer = a_client(app, "viewer").get(f"/campaigns/{campaign.id}").text
    assert "/send-again" not in viewer and "/give-up" not in viewer
    client.post(f"/campaigns/{campaign.id}/give-up", status=303)
    page = client.get(f"/campaigns/{campaign.id}").text
    assert "2 people are counted as failed." in words(page)
    assert tiles(page)["Failed"] == "2" and tiles(page)["Not confirmed"] == "1"
    answer = client.post(f"/campaigns/{campaign.id}/send-again", status=303)
    assert "Nothing was left to decide" in words(client.get(answer.location).text)


def test_sending_again_queues_them_as_new_attempts(app):
    campaign = a_launched_campaign(people=2)
    set_standing(campaign, 1, "queued", unconfirmed_at=utc_now() - timedelta(hours=2))
    client = a_client(app, "staff")
    client.post(f"/campaigns/{campaign.id}/send-again", status=303)
    page = client.get(f"/campaigns/{campaign.id}").text
    assert "1 person is queued again." in words(page) and tiles(page)["Pending"] == "2"


def test_staff_decide_about_one_unconfirmed_person_at_a_time(app):
    campaign = a_launched_campaign(people=4)
    long_ago = utc_now() - timedelta(hours=2)
    people = [
        set_standing(campaign, place, "queued", unconfirmed_at=since).id
        for place, since in ((1, long_ago), (2, long_ago), (3, utc_now()))
    ]
    client, list_page = a_client(app, "staff"), f"/campaigns/{campaign.id}/recipients?status=unconfirmed"
    page = client.get(list_page).text
    assert page.count("/send-again") == page.count("/give-up") == 2
    assert "One further message is sent and paid for" in words(page)
    assert "/send-again" not in a_client(app, "viewer").get(list_page).text

    answer = client.post(f"/campaigns/{campaign.id}/recipients/{people[0]}/send-again", status=303)
    assert answer.location == list_page
    page = client.get(list_page).text
    assert "1 person is queued again." in words(page) and str(people[0]) not in page
    client.post(f"/campaigns/{campaign.id}/recipients/{people[1]}/give-up", status=303)
    client.post(f"/campaigns/{campaign.id}/recipients/{people[1]}/send-again", status=303)
    client.post(f"/campaigns/{campaign.id}/recipients/{people[2]}/send-again", status=303)
    found = tiles(client.get(f"/campaigns/{campaign.id}").text)
    assert (found["Pending"], found["Failed"], found["Not confirmed"]) == ("2", "1", "1")


def test_launching_freezes_the_audience_and_leads_back(app):
    a_message_template()
    some_customers(3)
    draft = a_draft()
    client = a_client(app, "staff")
    answer = client.post(f"/campaigns/{draft.id}/launch", status=303)
    assert answer.location == f"/campaigns/{draft.id}"
    assert "The campaign is launched." in words(client.get(answer.location).text)
    assert db.session.get(Campaign, draft.id).status == "active"
    assert len(db.session.scalars(select(Recipient)).all()) == 3


def test_a_viewer_cannot_launch(app):
    a_message_template()
    some_customers(1)
    draft = a_draft()
    client = a_client(app, "viewer")
    page = client.get(f"/campaigns/{draft.id}").text
    assert "/launch" not in page and "/edit" not in page
    client.post(f"/campaigns/{draft.id}/launch", status=403)
    assert db.session.get(Campaign, draft.id).status == "draft"


def test_launching_nobody_says_so_on_the_campaigns_page(app):
    a_message_template()
    draft = a_draft()
    client = a_client(app, "staff")
    answer = client.post(f"/campaigns/{draft.id}/launch", status=303)
    assert "The audience is empty" in words(client.get(answer.location).text)


def test_launching_twice_launches_once(app):
    campaign = a_launched_campaign()
    client = a_client(app, "staff")
    answer = client.post(f"/campaigns/{campaign.id}/launch", status=303)
    assert "only a draft can be launched" in words(client.get(answer.location).text)
    assert db.session.get(Campaign, campaign.id).messages_pending == 3


def test_pause_and_resume(app):
    campaign = a_launched_campaign()
    client = a_client(app, "staff")
    client.post(f"/campaigns/{campaign.id}/pause", status=303)
    page = words(client.get(f"/campaigns/{campaign.id}").text)
    assert "Paused by staff@example.com." in page and "Resume" in page
    client.post(f"/campaigns/{campaign.id}/resume", status=303)
    assert db.session.get(Campaign, campaign.id).status == "active"


def test_cancelling_says_the_consequence_first_and_the_outcome_after(app):
    campaign = a_launched_campaign(people=4)
    client = a_client(app, "staff")
    assert "Cancel the campaign: 4 people will not get it." in words(
        client.get(f"/campaigns/{campaign.id}").text
    )
    client.post(f"/campaigns/{campaign.id}/cancel", status=303)
    page = words(client.get(f"/campaigns/{campaign.id}").text)
    assert "Cancelled by staff@example.com. 4 people did not get it." in page


def test_a_clone_is_a_draft_to_edit(app):
    campaign = a_launched_campaign()
    client = a_client(app, "staff")
    answer = client.post(f"/campaigns/{campaign.id}/clone", status=303)
    assert answer.location.endswith("/setup/message") and str(campaign.id) not in answer.location
    assert 'value="Spring sale (copy)"' in client.get(answer.location).text


def test_only_failures_that_can_pass_are_queued_again(app):
    campaign = a_running_campaign()
    client = a_client(app, "staff")
    page = words(client.get(f"/campaigns/{campaign.id}").text)
    assert "1 person failed for a reason that can pass." in page and "which costs 1 message." in page
    assert "Left out, because another try cannot help: 1 × Message undeliverable (" in page
    answer = client.post(f"/campaigns/{campaign.id}/retry-failed", status=303)
    page = words(client.get(answer.location).text)
    assert "1 person is queued again. Left out, because another try cannot help: 1 × 131026" in page
    assert "does not use WhatsApp" in page or "not on WhatsApp" in page
    assert tiles(client.get(answer.location).text)["Failed"] == "1"


def test_those_of_one_code_can_be_queued_again_alone(app):
    campaign = a_launched_campaign(people=3)
    for place, code in ((1, 131049), (2, 131000), (3, 131026)):
        set_standing(campaign, place, "failed", code)
    client = a_client(app, "staff")
    page = client.get(f"/campaigns/{campaign.id}").text
    assert (
        page.count("Retry these") == 2 and "Retry these" not in a_client(app, "viewer").get("/failures").text
    )
    answer = client.post(f"/campaigns/{campaign.id}/retry-failed", {"code": "131000"}, 303)
    page = client.get(answer.location).text
    assert "1 person is queued again." in words(page) and tiles(page)["Failed"] == "2"
    answer = client.post(f"/campaigns/{campaign.id}/retry-failed", {"code": "131026"}, 303)
    assert "0 people are queued again." in words(client.get(answer.location).text)
