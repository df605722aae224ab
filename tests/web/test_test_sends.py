"""A message that was tried out stands apart from the campaigns, and loses nothing of its truth."""

import pytest

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.services.campaign_lists import newest_campaigns
from campaign_app.services.failures import failed_recipients, failure_table
from campaign_app.services.overview import figures
from tests.page_checks import a_client
from tests.pages_made import a_draft, a_launched_campaign, a_message_template, set_standing, words


@pytest.fixture
def the_test(app) -> Campaign:
    a_message_template()
    draft = a_draft(name="Spring sale", target_audience={"all": True})
    client = a_client(app, "staff")
    client.post(f"/campaigns/{draft.id}/test-send", {"phone_number": "+919811111111"}, status=303)
    return db.session.query(Campaign).filter_by(is_test=True).one()


def test_a_test_is_listed_apart(app, the_test):
    client = a_client(app, "staff")
    everything = words(client.get("/campaigns").text)
    assert "Spring sale" in everything and "Test: Spring sale" not in everything and "Tests 1" in everything
    tests = words(client.get("/campaigns?status=tests").text)
    assert "Test: Spring sale" in tests
    page = words(client.get(f"/campaigns/{the_test.id}").text)
    assert "Test: Spring sale Active Test" in page
    assert the_test.id not in {campaign.id for campaign in newest_campaigns(None, None, 10)}


def test_what_became_of_a_test_is_no_figure_of_the_campaigns(app, the_test):
    set_standing(the_test, 1, "failed", 131026)
    assert failure_table() == [] and failed_recipients() == []
    now = figures(utc_now())
    assert (now.sent, now.failed, now.has_deliveries) == (0, 0, False)
    assert [row.code for row in failure_table(the_test.id)] == [131026]
    assert [person.phone_number for person in failed_recipients(the_test.id)] == ["+919811111111"]


def test_failures_of_ordinary_campaigns_count_as_before(app, the_test):
    set_standing(a_launched_campaign(people=1, name="Summer"), 1, "failed", 131026)
    set_standing(the_test, 1, "failed", 131049)
    assert [row.code for row in failure_table()] == [131026]
    assert [person.campaign_name for person in failed_recipients()] == ["Summer"]
