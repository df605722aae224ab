"""The list of campaigns."""

import re
from datetime import timedelta

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.services.campaign_archive import archive
from campaign_app.services.leases import SENDER_LEASE, LeaseHolder
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
    assert "50.0% of 4 2 50.0% 100.0% – No sender is running" in page


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


def test_every_row_says_what_happens_next(app):
    client = a_client(app, "viewer")
    a_draft(name="A draft")
    assert "Not launched" in words(client.get("/campaigns").text)
    pause(a_launched_campaign(name="A paused one").id, "test", utc_now())
    cancel(a_launched_campaign(name="A cancelled one").id, "test", utc_now())
    a_launched_campaign(name="A scheduled one", scheduled_start_date=utc_now() + timedelta(days=2, hours=1))
    db.session.commit()
    page = words(client.get("/campaigns").text)
    assert "Waits to be resumed" in page and "Ended just now" in page
    LeaseHolder(SENDER_LEASE, 600).hold()
    a_launched_campaign(name="One that sends")
    page = words(client.get("/campaigns").text)
    assert "Starts in 2 days" in page and "The last one leaves" in page


def test_the_list_can_be_sorted(app):
    a_message_template()
    for name, people, delivered in (("Bravo", 2, 2), ("Alpha", 4, 1), ("Charlie", 1, 0)):
        campaign = a_launched_campaign(name=name, people=1)
        campaign.total_target_customers, campaign.messages_sent = people, people
        campaign.messages_delivered = delivered
    db.session.commit()
    client = a_client(app, "viewer")

    def names(order: str) -> list[str]:
        page = client.get(f"/campaigns?sort={order}").text
        return re.findall(r'row-title"[^>]*>(\w+)<', page)

    assert names("newest") == names("nonsense") == ["Charlie", "Alpha", "Bravo"]
    assert names("oldest") == ["Bravo", "Alpha", "Charlie"]
    assert names("name") == ["Alpha", "Bravo", "Charlie"]
    assert names("largest") == ["Alpha", "Bravo", "Charlie"]
    assert names("delivered") == ["Bravo", "Alpha", "Charlie"]


def test_ended_campaigns_are_archived_together_and_come_back(app):
    client = a_client(app, "staff")
    over, running = a_launched_campaign(name="Over and done"), a_launched_campaign(name="Still going")
    cancel(over.id, "test", utc_now())
    db.session.commit()
    chosen = {"campaign": [str(over.id), str(running.id), "nonsense"], "next": "/campaigns?q=o"}
    answer = client.post("/campaigns/archive", chosen, 303)
    assert answer.location == "/campaigns?q=o"
    page = words(client.get(answer.location).text)
    assert "1 campaign is archived. 1 other was left where they are" in page
    assert "All 1 Active 1 Archived 1" in page and "Over and done" not in page
    assert "Over and done" in words(client.get("/campaigns?status=archived").text)
    client.post("/campaigns/bring-back", {"campaign": str(over.id)}, 303)
    assert "All 2 Active 1 Cancelled 1" in words(client.get("/campaigns").text)


def test_an_archived_campaign_that_goes_on_is_in_the_list_again(app):
    campaign = a_launched_campaign(name="Woken up")
    cancel(campaign.id, "test", utc_now())
    db.session.commit()
    archive([campaign.id], "test", utc_now())
    campaign.status = "active"
    db.session.commit()
    assert "All 1 Active 1" in words(a_client(app, "viewer").get("/campaigns").text)


def test_viewers_cannot_archive(app):
    campaign = a_launched_campaign()
    client = a_client(app, "viewer")
    assert "Archive" not in words(client.get("/campaigns").text)
    client.post("/campaigns/archive", {"campaign": str(campaign.id)}, 403)
