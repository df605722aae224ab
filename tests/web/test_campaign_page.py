"""The page of one campaign: its numbers, why it waits, what failed, its plan and who did what."""

import json
import re
from datetime import timedelta

import pytest

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.services.lifecycle import cancel, pause
from campaign_app.services.number import stop_number
from tests.page_checks import a_client
from tests.pages_made import (
    WITH_VALUES,
    a_draft,
    a_launched_campaign,
    a_message_template,
    a_running_campaign,
    set_standing,
    some_customers,
    tiles,
    words,
)


def test_the_tiles_are_the_campaigns_counters(app):
    campaign = a_running_campaign()
    page = a_client(app, "viewer").get(f"/campaigns/{campaign.id}").text
    assert tiles(page) == {
        "Recipients": "8", "Sent": "5", "Delivered": "3", "Read": "1", "Failed": "2", "Pending": "1", "Not confirmed": "1",
    }  # fmt: skip
    assert (
        "87.5% done" in words(page) and "60.0% of sent" in words(page) and "33.3% of delivered" in words(page)
    )


def test_every_tile_leads_to_exactly_the_people_it_counts(app):
    campaign = a_running_campaign()
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
    campaign = a_running_campaign()
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
    campaign = a_running_campaign()
    client = a_client(app, "viewer")
    assert "data-finished" not in client.get(f"/campaigns/{campaign.id}/_progress").text
    cancel(campaign.id, "test", utc_now())
    assert "data-finished" in client.get(f"/campaigns/{campaign.id}/_progress").text


def test_the_chart_and_the_table_beneath_show_the_same_figures(app):
    campaign = a_running_campaign()
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
    campaign = a_running_campaign()
    page = words(a_client(app, "viewer").get(f"/campaigns/{campaign.id}").text)
    assert "131026 Message undeliverable" in page and "Undeliverable" in page
    assert "50.0%" in page and "No use" in page and "Can help" in page


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
    campaign = a_running_campaign()
    page = a_client(app, "viewer").get(f"/campaigns/{campaign.id}").text
    assert "1 message is not confirmed." in words(page) and "It is never sent again by itself" in words(page)
    assert f"/campaigns/{campaign.id}/recipients?status=unconfirmed" in page


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


def test_who_did_what_is_shown(app):
    campaign = a_launched_campaign()
    pause(campaign.id, "ana@example.com", utc_now())
    page = words(a_client(app, "viewer").get(f"/campaigns/{campaign.id}").text)
    assert "Paused it ana@example.com" in page and "Launched it to 3 people" in page


def test_the_schedule_lists_every_batch(app):
    campaign = a_launched_campaign(people=5, daily_send_limit=2)
    client = a_client(app, "viewer")
    assert words(client.get(f"/campaigns/{campaign.id}").text).count(" planned") == 3
    page = words(client.get(f"/campaigns/{campaign.id}/schedule").text)
    assert page.count(" planned") == page.count("Planned") == 3


@pytest.mark.parametrize("address", ["/campaigns/no-id", "/campaigns/00000000-0000-7000-8000-000000000000"])
def test_a_campaign_that_is_not_there_is_a_404_page(app, address):
    assert "404" in words(a_client(app, "viewer").get(address, 404).text)


def test_what_is_tried_again_without_staff_is_said_with_its_time(app):
    campaign = a_running_campaign()
    client, address = a_client(app, "viewer"), f"/campaigns/{campaign.id}"
    assert "tried again without you" not in words(client.get(address).text)
    person = set_standing(campaign, 8, "failed", 131049, retry_at=utc_now() + timedelta(hours=5))
    assert "1 of them is tried again without you , in 5 hours , at" in words(client.get(address).text)
    pause(campaign.id, "ana@example.com", utc_now())
    db.session.commit()
    assert "once the campaign is resumed" in words(client.get(address).text)
    assert person.retry_at is not None
