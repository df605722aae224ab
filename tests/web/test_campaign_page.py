"""The page of one campaign: its numbers, why it waits, what failed, and its buttons."""

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.recipient import Recipient
from campaign_app.services.lifecycle import cancel, pause
from campaign_app.services.number import stop_number
from tests.page_checks import a_client
from tests.pages_made import (
    WITH_VALUES,
    a_draft,
    a_launched_campaign,
    a_message_template,
    set_standing,
    some_customers,
    words,
)


def a_running_campaign(app) -> Campaign:
    """Eight people: 1 pending, 1 sent, 2 delivered, 1 read, 2 failed (1 refused at sending), 1 not confirmed."""
    campaign = a_launched_campaign(people=8)
    set_standing(campaign, 1, "sent")
    set_standing(campaign, 2, "delivered")
    set_standing(campaign, 3, "delivered")
    set_standing(campaign, 4, "read")
    set_standing(campaign, 5, "failed", 131026)
    set_standing(campaign, 6, "failed", 131049, sent_at=None)
    set_standing(campaign, 7, "queued", unconfirmed_at=utc_now())
    return campaign


def tiles(page: str) -> dict[str, str]:
    found = re.findall(r'tile-label">([^<]+)</span>\s*<span class="tile-value">([^<]+)</span>', page)
    return dict(found)


def test_the_tiles_are_the_campaigns_counters(app):
    campaign = a_running_campaign(app)
    page = a_client(app, "viewer").get(f"/campaigns/{campaign.id}").text
    assert tiles(page) == {
        "Recipients": "8", "Sent": "5", "Delivered": "3", "Read": "1", "Failed": "2", "Pending": "1", "Not confirmed": "1",
    }  # fmt: skip
    assert (
        "87.5% done" in words(page) and "60.0% of sent" in words(page) and "33.3% of delivered" in words(page)
    )


def test_every_tile_leads_to_exactly_the_people_it_counts(app):
    campaign = a_running_campaign(app)
    client = a_client(app, "viewer")
    page = client.get(f"/campaigns/{campaign.id}").text
    links = re.findall(
        r'<a class="tile-link" href="([^"]+)">\s*<span class="tile-label">([^<]+)<.*?tile-value">([^<]+)<',
        page,
        re.DOTALL,
    )
    assert len(links) == 7
    for address, label, value in links:
        people = client.get(address.replace("&amp;", "&")).text
        assert people.count('<th scope="row"') == int(value), label


def test_the_fragment_holds_the_same_parts_as_the_page(app):
    campaign = a_running_campaign(app)
    client = a_client(app, "viewer")
    page, fragment = (
        client.get(f"/campaigns/{campaign.id}").text,
        client.get(f"/campaigns/{campaign.id}/_progress").text,
    )
    parts = re.findall(r'data-part="(\w+)"', fragment)
    assert parts == ["waiting", "numbers", "days", "hours", "failures"] and sorted(
        re.findall(r'data-part="(\w+)"', page)
    ) == sorted(parts)
    assert tiles(fragment) == tiles(page)
    assert "<html" not in fragment


def test_the_fragment_says_when_there_is_nothing_to_wait_for(app):
    campaign = a_running_campaign(app)
    client = a_client(app, "viewer")
    assert "data-finished" not in client.get(f"/campaigns/{campaign.id}/_progress").text
    cancel(campaign.id, "test", utc_now())
    assert "data-finished" in client.get(f"/campaigns/{campaign.id}/_progress").text


def test_the_chart_and_the_table_beneath_show_the_same_figures(app):
    campaign = a_running_campaign(app)
    page = a_client(app, "viewer").get(f"/campaigns/{campaign.id}").text
    chart = json.loads(re.search(r'id="chart-data">(.*?)</script>', page, re.DOTALL)[1])
    assert chart["days"] == ["2 Mar"]
    assert {one["name"]: one["values"] for one in chart["counts"]} == {
        "sent": [5],
        "delivered": [3],
        "read": [1],
        "failed": [2],
    }
    assert {one["name"]: one["values"] for one in chart["rates"]} == {"delivered": [60.0], "read": [33.3]}
    assert "Mon 2 Mar 2026 5 3 1 2 60.0% 33.3%" in words(page)


def test_failures_say_what_they_mean_what_to_do_and_how_staff_know_them(app):
    campaign = a_running_campaign(app)
    page = words(a_client(app, "viewer").get(f"/campaigns/{campaign.id}").text)
    assert "131026 Message undeliverable" in page and "Undeliverable" in page
    assert "50.0%" in page and "No use" in page and "Can help" in page


def test_a_campaign_page_asks_few_questions_whatever_its_size(app):
    campaign = a_running_campaign(app)
    client = a_client(app, "viewer")
    address, asked = f"/campaigns/{campaign.id}", []
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    client.get(address)
    asked = [question for question in asked if not question.startswith("BEGIN")]
    assert len(asked) <= 22, "\n".join(asked)
    counted = [one for one in asked if "count(" in one.lower() and "campaign_recipients" in one]
    few = ("unconfirmed_at IS NOT NULL", "next_try_at > ")
    assert all(any(part in one for part in few) for one in counted), "\n".join(
        counted
    )  # an index of only these


def test_a_waiting_campaign_says_why(app):
    campaign = a_launched_campaign()
    assert "Waiting. No sender is running" in words(
        a_client(app, "viewer").get(f"/campaigns/{campaign.id}").text
    )


def test_a_scheduled_campaign_says_when_it_starts(app):
    campaign = a_launched_campaign(scheduled_start_date=utc_now() + timedelta(days=3))
    page = words(a_client(app, "viewer").get(f"/campaigns/{campaign.id}").text)
    assert "Scheduled" in page


def test_a_stopped_number_can_be_resumed_from_the_campaign(app):
    campaign = a_launched_campaign()
    stop_number(190, "Error 190: Access token has expired", utc_now())
    db.session.commit()
    client = a_client(app, "staff")
    page = client.get(f"/campaigns/{campaign.id}").text
    assert "Access token has expired" in page and 'action="/number/resume"' in page
    assert 'action="/number/resume"' not in a_client(app, "viewer").get(f"/campaigns/{campaign.id}").text
    client.post("/number/resume", status=303)
    assert "Access token has expired" not in client.get(f"/campaigns/{campaign.id}").text


def test_unconfirmed_messages_are_explained_and_listed(app):
    campaign = a_running_campaign(app)
    page = a_client(app, "viewer").get(f"/campaigns/{campaign.id}").text
    assert "1 message is not confirmed." in words(page) and "never sent again by themselves" in words(page)
    assert f"/campaigns/{campaign.id}/recipients?status=unconfirmed" in page


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


def test_a_draft_says_what_keeps_it_from_being_launched(app):
    a_message_template(components=WITH_VALUES)
    draft = a_draft()
    page = a_client(app, "staff").get(f"/campaigns/{draft.id}").text
    assert "The header needs a text." in words(page) and "matches nobody" in words(page)
    assert "/launch" not in page


def test_a_draft_that_can_be_launched_leads_to_the_page_that_checks_it(app):
    a_message_template()
    some_customers(3)
    draft = a_draft()
    assert f'href="/campaigns/{draft.id}/launch"' in a_client(app, "staff").get(f"/campaigns/{draft.id}").text


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
    assert answer.location.endswith("/edit") and str(campaign.id) not in answer.location
    assert 'value="Spring sale (copy)"' in client.get(answer.location).text


def test_only_failures_that_can_pass_are_queued_again(app):
    campaign = a_running_campaign(app)
    client = a_client(app, "staff")
    page = words(client.get(f"/campaigns/{campaign.id}").text)
    assert "1 person failed for a reason that can pass." in page and "which costs 1 message." in page
    assert "Left out, because another try cannot help: 1 × Message undeliverable (" in page
    answer = client.post(f"/campaigns/{campaign.id}/retry-failed", status=303)
    page = words(client.get(answer.location).text)
    assert "1 person is queued again. Left out, because another try cannot help: 1 × 131026" in page
    assert "does not use WhatsApp" in page or "not on WhatsApp" in page
    assert tiles(client.get(answer.location).text)["Failed"] == "1"


def test_who_did_what_is_shown(app):
    campaign = a_launched_campaign()
    pause(campaign.id, "ana@example.com", utc_now())
    page = words(a_client(app, "viewer").get(f"/campaigns/{campaign.id}").text)
    assert "Paused it ana@example.com" in page and "Launched it to 3 people" in page


def test_the_schedule_lists_every_batch(app):
    campaign = a_launched_campaign(people=5, daily_send_limit=2)
    client = a_client(app, "viewer")
    for address in (f"/campaigns/{campaign.id}", f"/campaigns/{campaign.id}/schedule"):
        assert words(client.get(address).text).count("Planned") == 3


@pytest.mark.parametrize("address", ["/campaigns/no-id", "/campaigns/00000000-0000-7000-8000-000000000000"])
def test_a_campaign_that_is_not_there_is_a_404_page(app, address):
    assert "404" in words(a_client(app, "viewer").get(address, 404).text)
