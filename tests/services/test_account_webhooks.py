"""What WhatsApp says about our account: message templates that change their state, limits that change."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.audit_entry import AuditEntry
from campaign_app.models.campaign import Campaign
from campaign_app.models.message_template import MessageTemplate
from campaign_app.services.account_notices import open_notices
from campaign_app.services.account_webhooks import apply_others
from campaign_app.services.message_templates import store_templates
from campaign_app.services.number import change_number, messaging_limit, sending_number
from campaign_app.whatsapp.payloads import parse_webhook
from tests.databases import DEFAULTS
from tests.makers import NOON, a_campaign, minutes
from tests.page_checks import a_client
from tests.pages_made import words
from tests.whatsapp.webhooks import a_webhook

OURS = DEFAULTS["WHATSAPP_BUSINESS_ACCOUNT_ID"]
LATER = NOON + minutes(30)


def a_template(**fields) -> MessageTemplate:
    template = MessageTemplate(
        **{
            "name": "spring_offer",
            "language": "en_US",
            "status": "APPROVED",
            "components": [],
            "synced_at": NOON - minutes(60),
            **fields,
        }
    )
    db.session.add(template)
    db.session.commit()
    return template


def apply(field: str, value, at=NOON, now=None, account: str | None = OURS) -> None:
    """As if WhatsApp had reported at `at`, and the report were applied at `now`."""
    body = a_webhook({"field": field, "value": value}, id=account, time=int(at.timestamp()))
    apply_others([parse_webhook(body)], now or at)
    db.session.commit()
    db.session.expire_all()


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
        ("business_capability_update", {"max_daily_conversation_per_phone": 1000}, 1000),
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


def test_a_limit_that_was_lowered_is_not_raised_by_an_older_word(app):
    apply("business_capability_update", {"max_daily_conversations_per_business": 250}, LATER)
    apply("business_capability_update", {"max_daily_conversations_per_business": 2000}, NOON)
    assert messaging_limit(sending_number()) == 250


def test_what_the_cloud_api_was_asked_later_counts_more_than_a_webhook_from_before(app):
    change_number(messaging_limit=250, checked_at=LATER)
    apply("business_capability_update", {"max_daily_conversations_per_business": 2000}, NOON)
    assert messaging_limit(sending_number()) == 250


def test_low_quality_of_the_number_is_shown_until_it_is_over(app):
    change_number(display_phone_number="+1 555-078-3881")
    flagged = {"display_phone_number": "15550783881", "event": "FLAGGED"}
    apply("phone_number_quality_update", flagged)
    assert sending_number().quality_rating == "RED"
    assert ["quality of the number low" in notice.sentence for notice in open_notices(LATER)] == [True]
    apply("phone_number_quality_update", {**flagged, "event": "UNFLAGGED"}, LATER)
    assert open_notices(LATER) == [] and sending_number().quality_rating is None


def test_the_quality_of_another_number_is_not_ours(app):
    change_number(display_phone_number="+1 555-078-3881", messaging_limit=250)
    other = {"display_phone_number": "442079460000", "max_daily_conversations_per_business": "TIER_2K"}
    apply("phone_number_quality_update", {**other, "event": "FLAGGED"})
    assert open_notices(LATER) == [] and messaging_limit(sending_number()) == 250


def test_a_faster_number_is_known_at_once(app):
    apply("phone_number_quality_update", {"event": "THROUGHPUT_UPGRADE"})
    assert sending_number().throughput_level == "HIGH"


def test_changes_of_another_business_account_are_not_ours(app):
    template = a_template()
    value = {"event": "PAUSED", "message_template_name": "spring_offer", "message_template_language": "en_US"}
    apply("message_template_status_update", value, account="999")
    apply("account_update", {"event": "ACCOUNT_DELETED"}, account="999")
    assert template.is_approved and sending_number().stopped_at is None


def test_the_limit_is_of_the_whole_business_by_whichever_account_it_came(app):
    apply("business_capability_update", {"max_daily_conversations_per_business": 2000}, account="999")
    assert messaging_limit(sending_number()) == 2000


@pytest.mark.parametrize(
    "value",
    [
        {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE", "waba_ban_date": "January 31, 2026"}},
        {"event": "ACCOUNT_DELETED"},
        {"event": "ACCOUNT_OFFBOARDED"},
        {"event": "ACCOUNT_RESTRICTION", "restriction_info": [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING"}]},
    ],
)  # fmt: skip
def test_an_account_that_may_not_send_stops_the_number_and_says_why(app, value):
    campaign = a_campaign(messages_pending=1)
    apply("account_update", value)
    assert sending_number().stopped_at == NOON
    page = words(a_client(app).get(f"/campaigns/{campaign.id}").text)
    assert "Sending is stopped" in page and sending_number().stopped_reason in page


def test_a_reinstated_account_sends_again_whatever_the_order_of_the_webhooks(app):
    disabled = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}
    reinstated = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}}
    apply("account_update", disabled, NOON)
    apply("account_update", reinstated, LATER)
    apply("account_update", disabled, NOON, now=LATER)
    assert sending_number().stopped_at is None and open_notices(LATER) == []


def test_a_reinstated_account_does_not_end_a_stop_for_another_reason(app):
    change_number(stopped_at=NOON, stopped_code=190, stopped_reason="The token has run out")
    apply("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}}, LATER)
    assert sending_number().stopped_code == 190


def test_what_staff_have_resumed_is_not_stopped_by_the_same_webhook_again(app):
    apply("account_update", {"event": "ACCOUNT_OFFBOARDED"})
    change_number(stopped_at=None, stopped_reason=None)
    apply("account_update", {"event": "ACCOUNT_OFFBOARDED"}, NOON, now=LATER)
    assert sending_number().stopped_at is None


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "SPAM_REPORTS"}}, "breaks its policy (spam reports)"),
        ({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE", "waba_ban_date": "January 31, 2027"}}, "on January 31, 2027"),
        ({"event": "ACCOUNT_RESTRICTION", "restriction_info": [{"restriction_type": "RESTRICTED_UTILITY_TEMPLATES"}]}, "may not send utility templates"),
    ],
)  # fmt: skip
def test_what_does_not_stop_us_yet_is_shown(app, value, sentence):
    apply("account_update", value)
    (notice,) = open_notices(LATER)
    assert sentence in notice.sentence and notice.is_serious
    assert sending_number().stopped_at is None


def test_a_restriction_that_has_run_out_stops_nothing_and_is_not_shown(app):
    ended = {
        "restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING",
        "expiration": int(NOON.timestamp()) + 60,
    }
    apply("account_update", {"event": "ACCOUNT_RESTRICTION", "restriction_info": [ended]}, NOON, now=LATER)
    assert sending_number().stopped_at is None and open_notices(LATER) == []


ALERT = {"alert_severity": "CRITICAL", "alert_status": "ACTIVE", "alert_type": "INCREASED_CAPABILITIES_ELIGIBILITY_FAILED", "alert_description": "Your business is not eligible for a higher limit."}  # fmt: skip


@pytest.mark.parametrize("alert", [{"alert_info": ALERT}, ALERT], ids=["as it is", "as it was"])
def test_an_alert_is_shown_in_metas_words_until_it_is_over(app, alert):
    apply("account_alerts", {"entity_type": "BUSINESS", "entity_id": 123, **alert})
    (notice,) = open_notices(LATER)
    assert (notice.sentence, notice.is_serious) == ("Your business is not eligible for a higher limit.", True)
    over = {"alert_info": {**ALERT, "alert_status": "RESOLVED"}}
    apply("account_alerts", {"entity_type": "BUSINESS", "entity_id": 123, **over}, LATER)
    assert open_notices(LATER) == []


def test_staff_put_a_notice_away_and_the_same_webhook_does_not_bring_it_back(app):
    value = {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "SPAM"}}
    now = utc_now()
    apply("account_update", value, now)
    client = a_client(app, "staff")
    page = client.get("/").text
    assert "breaks its policy" in words(page)
    client.post("/number/notices/dismiss", {"subject": "account:violation"}, 303)
    apply("account_update", value, now)
    assert "breaks its policy" not in words(client.get("/").text)
    assert [entry.action for entry in db.session.scalars(select(AuditEntry))] == ["account_notice.dismissed"]


@pytest.mark.parametrize("field", ["account_update", "account_alerts", "message_template_quality_update", "template_category_update", "phone_number_quality_update", "business_capability_update"])  # fmt: skip
@pytest.mark.parametrize(
    "value",
    [
        {}, {"event": 5}, {"event": "NEWS"}, {"event": "DISABLED_UPDATE", "ban_info": []}, {"alert_info": "x", "alert_type": []},
        {"event": "ACCOUNT_RESTRICTION", "restriction_info": "x"}, {"message_template_name": {}, "new_quality_score": []},
    ],
)  # fmt: skip
def test_what_makes_no_sense_stops_nothing(app, field, value):
    apply(field, value)
    assert sending_number().stopped_at is None
