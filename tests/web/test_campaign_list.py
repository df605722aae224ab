"""The list of campaigns."""

from datetime import timedelta

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.services.lifecycle import cancel, pause
from tests.page_checks import a_client
from tests.pages_made import a_draft, a_launched_campaign, a_message_template, set_standing, words


def test_without_campaigns_the_page_says_what_to_do(app):
    assert "Make the first campaign" in words(a_client(app, "staff").get("/campaigns").text)
    assert "Make the first campaign" not in words(a_client(app, "viewer").get("/campaigns").text)


def test_each_state_has_its_tab_with_a_count_that_is_true(app):
    a_draft(name="A draft")
    a_launched_campaign(name="An active one")
    pause(a_launched_campaign(name="A paused one").id, "test", utc_now())
    cancel(a_launched_campaign(name="A cancelled one").id, "test", utc_now())
    a_launched_campaign(name="A scheduled one", scheduled_start_date=utc_now() + timedelta(days=2))
    db.session.commit()
    client = a_client(app, "viewer")
    assert "All 5 Draft 1 Scheduled 1 Active 1 Paused 1 Cancelled 1" in words(client.get("/campaigns").text)
    for state in ("draft", "active", "paused", "cancelled", "scheduled"):
        page = words(client.get(f"/campaigns?status={state}").text)
        assert f" {state} one" in page or (state == "draft" and "A draft" in page)
        assert sum(f" {other} one" in page for other in ("active", "paused", "cancelled", "scheduled")) <= 1


def test_progress_and_rates_stand_in_the_row(app):
    campaign = a_launched_campaign(people=4)
    set_standing(campaign, 1, "read")
    set_standing(campaign, 2, "sent")
    page = words(a_client(app, "viewer").get("/campaigns").text)
    assert "50.0% of 4 2 50.0% 100.0% –" in page


def test_search_finds_every_word_in_any_case(app):
    a_draft(name="Diwali early access")
    a_draft(name="Monsoon 100% off")
    client = a_client(app, "viewer")
    assert "Diwali" in words(client.get("/campaigns?q=ACCESS+diwali").text)
    assert "No campaign fits." in words(client.get("/campaigns?q=diwali+monsoon").text)
    page = words(client.get("/campaigns?q=%25").text)
    assert "Monsoon" in page and "Diwali" not in page, "a percent sign is a sign like others"


def test_the_list_is_cut_into_pages(app):
    a_message_template()
    for place in range(30):
        a_draft(name=f"Number {place:02}")
    client = a_client(app, "viewer")
    first, second = client.get("/campaigns").text, client.get("/campaigns?from=25").text
    assert "1–25 of 30" in words(first) and "26–30 of 30" in words(second)
    assert "Number 29" in first and "Number 04" in second and "Number 04" not in first
    for odd in ("-5", "x", "99999999999999999999", "1e9"):
        client.get(f"/campaigns?from={odd}")
