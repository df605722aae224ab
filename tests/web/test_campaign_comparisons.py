"""One campaign beside another."""

from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from tests.page_checks import a_client
from tests.pages_made import a_draft, a_launched_campaign, set_standing, words


def counted(name: str, sent: int, delivered: int, read: int) -> Campaign:
    campaign = a_launched_campaign(people=1, name=name)
    campaign.messages_sent, campaign.messages_delivered, campaign.messages_read = sent, delivered, read
    db.session.commit()
    return campaign


def test_counts_and_rates_stand_side_by_side_with_their_difference(app):
    first, second = counted("First", 8, 6, 3), counted("Second", 10, 9, 0)
    page = words(a_client(app, "viewer").get(f"/campaigns/{first.id}/compare?with={second.id}").text)
    assert "Sent 8 10 –" in page
    assert "Delivered, of sent 75.0% 90.0% −15 points" in page
    assert "Read, of delivered 50.0% 0.0% +50 points" in page


def test_a_rate_that_nobody_knows_yet_is_no_zero(app):
    first, second = counted("First", 8, 6, 3), counted("Second", 0, 0, 0)
    page = words(a_client(app, "viewer").get(f"/campaigns/{first.id}/compare?with={second.id}").text)
    assert "Delivered, of sent 75.0% – –" in page


def test_the_page_begins_with_the_campaign_most_like_it_and_offers_no_draft(app):
    mine = a_launched_campaign(name="Mine")
    set_standing(mine, 1, "sent")
    like = a_launched_campaign(name="The same message")
    other = a_launched_campaign(name="Another message")
    other.template_name = "another"
    db.session.commit()
    a_draft(name="A draft")
    page = a_client(app, "viewer").get(f"/campaigns/{mine.id}/compare").text
    assert f'value="{like.id}" selected' in page and f'value="{other.id}"' in page
    assert "A draft" not in page


def test_alone_it_says_so(app):
    mine = a_launched_campaign()
    page = words(a_client(app, "viewer").get(f"/campaigns/{mine.id}/compare").text)
    assert "There is no other campaign that was launched." in page
    a_client(app, "viewer").get(f"/campaigns/{mine.id}/compare?with={mine.id.hex[::-1]}", 404)
