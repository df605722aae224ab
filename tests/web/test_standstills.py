"""What has stopped by itself is said on every page, with the button that lets it go on."""

import pytest

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.services.consequences import pause_campaign
from campaign_app.services.lifecycle import pause
from campaign_app.services.number import change_number, sending_number, stop_number
from tests.page_checks import a_client
from tests.pages_made import a_draft, a_launched_campaign, words

PAGES = (
    "/",
    "/campaigns",
    "/campaigns/new",
    "/customers",
    "/templates",
    "/failures",
    "/opt-outs",
    "/no-such-page",
)


def status_of(page: str) -> int:
    return 404 if page == "/no-such-page" else 200


@pytest.mark.parametrize("page", PAGES)
def test_a_stopped_number_is_said_on_every_page_once(app, page):
    stop_number(190, "Error 190: Access token has expired", utc_now())
    db.session.commit()
    html = a_client(app, "staff").get(page, status_of(page)).text
    assert words(html).count("Error 190: Access token has expired") == 1
    assert html.count('action="/number/resume"') == 1
    assert 'action="/number/resume"' not in a_client(app, "viewer").get("/campaigns").text


def test_resuming_leads_back_to_where_it_was_clicked(app):
    stop_number(131042, "Error 131042: Payment issue", utc_now())
    db.session.commit()
    client = a_client(app, "staff")
    answer = client.post("/number/resume", {"next": "/customers?q=an"}, status=303)
    assert answer.location == "/customers?q=an"
    assert sending_number().stopped_at is None
    assert client.post("/number/resume", {"next": "//evil.example.com"}, status=303).location == "/"


@pytest.mark.parametrize("page", PAGES)
def test_a_campaign_that_the_app_has_paused_is_said_on_every_page(app, page):
    campaign = a_launched_campaign()
    pause_campaign(campaign.id, "WhatsApp refused the message: Error 132001: No such template.", utc_now())
    db.session.commit()
    html = a_client(app, "staff").get(page, status_of(page)).text
    assert "Error 132001" in words(html)
    assert f'action="/campaigns/{campaign.id}/resume"' in html


def test_it_is_resumed_with_one_click_and_the_history_knows_of_both(app):
    campaign = a_launched_campaign()
    pause_campaign(campaign.id, "WhatsApp refused the message: Error 132001.", utc_now())
    db.session.commit()
    client = a_client(app, "staff")
    page = client.get(f"/campaigns/{campaign.id}").text
    assert page.count(f'action="/campaigns/{campaign.id}/resume"') == 1
    client.post(f"/campaigns/{campaign.id}/resume", status=303)
    assert db.session.get(Campaign, campaign.id).status == "active"
    page = words(client.get(f"/campaigns/{campaign.id}").text)
    assert "Paused it the app" in page and "Resumed it staff@example.com" in page
    assert "132001" not in words(client.get("/customers").text)


def test_what_staff_have_paused_themselves_is_not_held_against_them_everywhere(app):
    campaign = a_launched_campaign()
    pause(campaign.id, "ana@example.com", utc_now())
    db.session.commit()
    assert "Paused by ana" not in words(a_client(app, "viewer").get("/customers").text)


def test_a_provider_that_fails_is_said_on_every_page(app):
    change_number(failing_since=utc_now())
    draft = a_draft()
    for page in ("/", "/campaigns", f"/campaigns/{draft.id}"):
        assert "WhatsApp gives no clear answers" in words(a_client(app, "viewer").get(page).text)
