"""What WhatsApp says about message templates: state, quality and category, and what that means for campaigns."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message_template import MessageTemplate
from campaign_app.services.message_templates import store_templates
from tests.account_made import LATER, a_template, apply
from tests.makers import NOON, a_campaign, minutes
from tests.page_checks import a_client
from tests.pages_made import words


def event(name: str, at=NOON, **more) -> None:
    value = {
        "event": name,
        "message_template_id": 7,
        "message_template_name": "spring_offer",
        "message_template_language": "en_US",
    }
    apply("message_template_status_update", {**value, **more}, at, now=NOON + minutes(60))


@pytest.mark.parametrize(
    "name", ["PAUSED", "DISABLED", "REJECTED", "PENDING", "DELETED", "LOCKED", "ARCHIVED", "PENDING_DELETION"]
)
def test_a_message_template_that_falls_away_pauses_its_campaigns(app, name):
    template = a_template()
    active, other = a_campaign(), a_campaign(template_name="other")
    german = a_campaign(language_code="de")
    event(name, reason=None)

    assert template.status == name
    assert active.status == "paused" and "message template" in active.status_reason
    assert (other.status, german.status) == ("active", "active")


@pytest.mark.parametrize("name", ["APPROVED", "REINSTATED"])
def test_a_message_template_that_comes_back_leaves_resuming_to_staff(app, name):
    template = a_template(status="PAUSED")
    campaign = a_campaign(status="paused", status_reason="why")
    event(name)
    assert template.is_approved
    assert campaign.status == "paused"


def test_a_warning_changes_nothing(app):
    template, campaign = a_template(), a_campaign()
    event("FLAGGED")
    assert (template.status, campaign.status) == ("APPROVED", "active")


def test_the_language_is_understood_with_a_dash_too(app):
    template = a_template()
    event("PAUSED", message_template_language="en-US")
    assert template.status == "PAUSED"


def test_only_active_campaigns_are_paused(app):
    a_template()
    found = [a_campaign(status=status) for status in ("draft", "completed", "cancelled")]
    event("DISABLED")
    assert [campaign.status for campaign in found] == ["draft", "completed", "cancelled"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "PAUSED",
        {},
        {"event": "PAUSED"},
        {"event": None, "message_template_name": 5},
        {"event": {"a": 1}, "message_template_name": "spring_offer", "message_template_language": "en_US"},
    ],
)
def test_what_makes_no_sense_changes_nothing_that_can_be_sent(app, value):
    campaign = a_campaign()
    apply("message_template_status_update", value)
    assert campaign.status == "active"


def test_a_state_longer_than_any_known_is_kept_as_far_as_it_fits(app):
    template = a_template()
    event("X" * 500)
    assert template.status == "X" * 40


def listed(*entries: dict) -> None:
    store_templates(
        [{"name": "spring_offer", "language": "en_US", "components": [], **entry} for entry in entries], NOON
    )
    db.session.commit()
    db.session.expire_all()


def test_a_sync_pauses_the_campaigns_of_what_cannot_be_sent_any_more(app):
    a_template()
    a_template(name="gone")
    paused, gone, drafted = a_campaign(), a_campaign(template_name="gone"), a_campaign(status="draft")
    listed({"status": "PAUSED"})

    assert (paused.status, gone.status, drafted.status) == ("paused", "paused", "draft")
    assert "bad ratings" in paused.status_reason and "no longer" in gone.status_reason
    assert db.session.scalars(select(MessageTemplate.name)).all() == ["spring_offer"]


def test_a_sync_of_what_is_as_before_leaves_campaigns_alone(app):
    a_template()
    a_template(name="off", status="PAUSED")
    running, resumed = a_campaign(), a_campaign(template_name="off")  # staff resumed it: WhatsApp decides
    listed({"status": "APPROVED"}, {"name": "off", "status": "PAUSED"}, {"name": "new", "status": "PENDING"})
    assert db.session.scalars(select(Campaign.status)).all() == ["active", "active"]
    assert (running.status, resumed.status) == ("active", "active")


def test_an_older_word_that_comes_later_changes_nothing(app):
    template, campaign = a_template(), a_campaign()
    event("APPROVED", LATER)
    event("PAUSED", NOON)
    assert (template.status, campaign.status) == ("APPROVED", "active")
    event("PAUSED", LATER + minutes(1))
    assert (template.status, campaign.status) == ("PAUSED", "paused")


def test_a_word_from_before_the_last_sync_changes_nothing(app):
    template, campaign = a_template(synced_at=LATER), a_campaign()
    event("PAUSED", NOON)
    assert (template.status, campaign.status) == ("APPROVED", "active")


def test_the_reason_of_a_pause_says_what_whatsapp_said(app):
    a_template()
    campaign = a_campaign()
    description = "Your template was paused because of low quality."
    event("PAUSED", reason=None, other_info={"title": "FIRST_PAUSE", "description": description})
    assert (
        "bad ratings by customers (Your template was paused because of low quality)."
        in campaign.status_reason
    )


def test_a_rejection_keeps_its_reason(app):
    template = a_template()
    event("REJECTED", reason="INVALID_FORMAT")
    assert (template.status, template.rejected_reason) == ("REJECTED", "INVALID_FORMAT")


def test_the_quality_of_a_message_template_follows_in_the_order_of_what_was_said(app):
    template = a_template(quality="GREEN")
    named = {"message_template_name": "spring_offer", "message_template_language": "en_US"}
    apply("message_template_quality_update", {**named, "new_quality_score": "RED"}, LATER)
    apply("message_template_quality_update", {**named, "new_quality_score": "YELLOW"}, NOON)
    assert template.quality == "RED"


def test_a_category_that_will_change_is_announced_then_changed(app):
    template = a_template(category="UTILITY")
    named = {"message_template_name": "spring_offer", "message_template_language": "en_US"}
    change = NOON + timedelta(days=5)
    announced = {
        "new_category": "UTILITY",
        "correct_category": "MARKETING",
        "category_update_timestamp": int(change.timestamp()),
    }
    apply("template_category_update", {**named, **announced})
    assert (template.category, template.next_category, template.next_category_at) == (
        "UTILITY",
        "MARKETING",
        change,
    )
    assert "Utility (becomes marketing 15 Mar 2026, 12:00 UTC" in words(a_client(app).get("/templates").text)
    apply(
        "template_category_update",
        {**named, "previous_category": "UTILITY", "new_category": "MARKETING"},
        change,
    )
    assert (template.category, template.next_category, template.next_category_at) == ("MARKETING", None, None)
