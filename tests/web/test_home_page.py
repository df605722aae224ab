"""The home page: what runs, what needs attention."""

from datetime import timedelta

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.services.campaign_archive import archive
from campaign_app.services.lifecycle import cancel, pause
from campaign_app.services.number import change_number, stop_number
from campaign_app.services.webhook_inbox import store
from tests.databases import an_app
from tests.makers import a_campaign, sent_out
from tests.page_checks import a_client
from tests.pages_made import a_launched_campaign, a_message_template, set_standing, words


def test_a_fresh_installation_says_where_to_begin(app):
    page = a_client(app, "staff").get("/").text
    assert "Bring your customers in from a file" in words(page) and 'href="/customers/import"' in page


def test_running_campaigns_show_their_progress_and_why_they_wait(app):
    campaign = a_launched_campaign(people=4, name="Running one")
    set_standing(campaign, 1, "sent")
    page = words(a_client(app, "viewer").get("/").text)
    assert "Running one 25.0% 1 sent, 3 to go. Waiting: No sender is running" in page


def test_what_waits_for_a_person_stands_first(app):
    pause(a_launched_campaign(name="Paused one").id, "ana@example.com", utc_now())
    campaign = a_launched_campaign(name="Unclear one")
    set_standing(campaign, 1, "queued", unconfirmed_at=utc_now())
    page = words(a_client(app, "viewer").get("/").text)
    assert "Needs attention" in page and "Paused one Paused by ana@example.com." in page
    assert "Unclear one 1 message is not confirmed" in page


def test_a_campaign_that_fails_much_needs_attention(app):
    campaign = a_launched_campaign(people=25, name="Bad one")
    for place in range(1, 21):
        set_standing(campaign, place, "failed" if place <= 5 else "sent", 131026 if place <= 5 else None)
    assert "Bad one 25.0% of its messages failed." in words(a_client(app, "viewer").get("/").text)


def test_a_stopped_number_is_said_with_the_button_that_solves_it(app):
    stop_number(131031, "Error 131031: Account locked", utc_now() - timedelta(hours=2))
    db.session.commit()
    page = a_client(app, "staff").get("/").text
    assert "Account locked" in page and 'action="/number/resume"' in page
    assert "Stopped 2 hours ago" in words(page)


def test_missing_settings_are_named(database_url):
    app = an_app(database_url, WHATSAPP_ACCESS_TOKEN="", WHATSAPP_PHONE_NUMBER_ID="")
    with app.app_context():
        page = words(a_client(app, "viewer").get("/").text)
        assert "WHATSAPP_PHONE_NUMBER_ID, WHATSAPP_ACCESS_TOKEN must be set" in page
        db.session.remove()
        db.engine.dispose()


def test_the_limits_are_those_that_hold(app):
    change_number(messaging_limit=2000, quality_rating="YELLOW")
    sent_out(a_campaign(), 12, utc_now() - timedelta(hours=3))
    page = words(a_client(app, "viewer").get("/").text)
    assert "Last 24 hours 12 of 2,000 customers allowed" in page and "Number quality Medium" in page


def test_without_a_limit_none_is_said(database_url):
    app = an_app(database_url, MESSAGING_LIMIT="unlimited")
    with app.app_context():
        assert "WhatsApp's limit None" in words(a_client(app, "viewer").get("/").text)
        db.session.remove()
        db.engine.dispose()


def test_templates_in_trouble_are_named(app):
    a_message_template("fine", quality="GREEN")
    a_message_template("disliked", quality="RED")
    a_message_template("stopped", status="PAUSED")
    page = words(a_client(app, "viewer").get("/").text)
    assert "Templates 2 2 in trouble" in page
    assert "disliked (low quality)" in page and "stopped (paused)" in page and "fine (" not in page


def test_the_first_steps_are_ticked_off_and_go_away(app):
    client = a_client(app, "admin")
    page = words(client.get("/").text)
    assert "First steps 0 of 5 done." in page and "Connect the WhatsApp number" in page
    change_number(checked_at=utc_now(), templates_synced_at=utc_now())
    store(b"{}", utc_now())
    campaign = a_launched_campaign(people=2)
    assert "First steps 4 of 5 done." in words(client.get("/").text)
    set_standing(campaign, 1, "delivered")
    assert "First steps" not in words(client.get("/").text)


def test_a_number_that_could_not_be_read_is_not_connected(app):
    change_number(checked_at=utc_now(), check_error="The token has expired.")
    assert "First steps 0 of 5 done." in words(a_client(app, "admin").get("/").text)


def test_archived_campaigns_do_not_ask_for_attention(app):
    campaign = a_launched_campaign(name="Long over")
    set_standing(campaign, 1, "queued", unconfirmed_at=utc_now())
    cancel(campaign.id, "ana@example.com", utc_now())
    db.session.commit()
    client = a_client(app, "viewer")
    assert "Long over" in words(client.get("/").text)
    archive([campaign.id], "ana@example.com", utc_now())
    db.session.commit()
    assert "Long over" not in words(client.get("/").text)


def test_the_fragment_is_the_same_again(app):
    a_launched_campaign(name="Running one")
    page = a_client(app, "viewer").get("/_overview").text
    assert "Running one" in page and "<html" not in page
