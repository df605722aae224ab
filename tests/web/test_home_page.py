"""The home page: what runs, what needs attention."""

from datetime import timedelta

from sqlalchemy import event

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.services.lifecycle import pause
from campaign_app.services.number import change_number, stop_number
from tests.databases import an_app
from tests.page_checks import a_client
from tests.pages_made import a_launched_campaign, set_standing, words


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
    change_number(messaging_limit=2000, limit_used=1243, quality_rating="YELLOW")
    page = words(a_client(app, "viewer").get("/").text)
    assert "1,243 of 2,000 customers allowed" in page and "Number quality Medium" in page


def test_the_fragment_is_the_same_again(app):
    a_launched_campaign(name="Running one")
    page = a_client(app, "viewer").get("/_overview").text
    assert "Running one" in page and "<html" not in page


def test_the_home_page_costs_the_same_with_many_campaigns(app):
    asked = []

    def questions() -> int:
        client = a_client(app, "viewer")
        asked.clear()
        client.get("/")
        return len(asked)

    for place in range(5):
        a_launched_campaign(people=1, name=f"Campaign {place}")
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    few = questions()
    for place in range(15):
        a_launched_campaign(people=1, name=f"Further campaign {place}")
    assert questions() <= few + 2, "\n".join(asked)
