"""What WhatsApp says about our account: limits, quality, restrictions, alerts."""

import pytest
from sqlalchemy import select

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.audit_entry import AuditEntry
from campaign_app.services.account_notices import open_notices
from campaign_app.services.number import change_number, messaging_limit, sending_number
from tests.account_made import LATER, a_template, apply
from tests.makers import NOON, a_campaign
from tests.page_checks import a_client
from tests.pages_made import words


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
