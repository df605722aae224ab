"""What WhatsApp says about our account: message templates that change their state, limits that change."""

import pytest
from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message_template import MessageTemplate
from campaign_app.services.account_webhooks import apply_others
from campaign_app.services.message_templates import store_templates
from campaign_app.services.number import change_number, messaging_limit, sending_number
from campaign_app.whatsapp.payloads import parse_webhook
from tests.makers import NOON, a_campaign
from tests.whatsapp.webhooks import a_webhook


def a_template(**fields) -> MessageTemplate:
    template = MessageTemplate(
        **{"name": "spring_offer", "language": "en_US", "status": "APPROVED", "components": [], **fields}
    )
    db.session.add(template)
    db.session.commit()
    return template


def apply(field: str, value) -> None:
    apply_others([parse_webhook(a_webhook({"field": field, "value": value}))], NOON)
    db.session.commit()
    db.session.expire_all()


def event(name: str, **more) -> None:
    value = {
        "event": name,
        "message_template_id": 7,
        "message_template_name": "spring_offer",
        "message_template_language": "en_US",
    }
    apply("message_template_status_update", {**value, **more})


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


@pytest.mark.parametrize(
    ("field", "value", "limit"),
    [
        ("business_capability_update", {"max_daily_conversations_per_business": 2000}, 2000),
        ("business_capability_update", {"max_daily_conversations_per_business": "TIER_10K"}, 10_000),
        ("business_capability_update", {"max_daily_conversations_per_business": -1}, None),
        ("phone_number_quality_update", {"event": "UPGRADE", "max_daily_conversations_per_business": "TIER_UNLIMITED"}, None),
        ("phone_number_quality_update", {"event": "ONBOARDING", "max_daily_conversations_per_business": "TIER_2K"}, 2000),
        ("business_capability_update", {"max_daily_conversations_per_business": "TIER_NOT_SET"}, 250),
        ("business_capability_update", {"max_daily_conversations_per_business": None}, 250),
        ("business_capability_update", {"max_phone_numbers_per_business": 25}, 250),
        ("phone_number_quality_update", {"current_limit": "TIER_1K"}, 250),
        ("business_capability_update", {"max_daily_conversations_per_business": "TIER_999999999M"}, 2_000_000_000),
        ("account_alerts", {"max_daily_conversations_per_business": 1}, 250),
    ],
)  # fmt: skip
def test_a_limit_that_whatsapp_reports_holds_at_once(app, field, value, limit):
    change_number(messaging_limit=250)
    apply(field, value)
    assert messaging_limit(sending_number()) == limit


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
