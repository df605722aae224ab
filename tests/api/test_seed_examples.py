"""The three calls that the first documentation of the system shows, and the answers that it promises."""

from tests.api.client import CAMPAIGN, ApiClient
from tests.databases import an_app
from tests.makers import a_campaign

STATS = [
    "campaign_id", "campaign_name", "status", "total_target", "sent", "delivered", "read", "failed", "pending",
    "progress_percentage", "delivery_rate", "read_rate", "estimated_completion_date", "failure_rate", "skipped", "unconfirmed",
]  # fmt: skip


def test_a_campaign_is_created_as_a_draft(staff):
    answer = staff.post("/campaigns", CAMPAIGN, 201)

    campaign = answer.json
    assert answer.location == f"/api/marketing/campaigns/{campaign['id']}"
    assert campaign["status"] == "draft"
    assert campaign | {**CAMPAIGN, "scheduled_start_date": "", "scheduled_end_date": ""} == campaign | {
        "scheduled_start_date": "",
        "scheduled_end_date": "",
    }
    assert staff.get(f"/campaigns/{campaign['id']}").json == campaign


def test_naive_times_are_of_the_business_zone(database_url):
    app = an_app(database_url, BUSINESS_TIMEZONE="Asia/Kolkata")
    with app.app_context():
        campaign = ApiClient(app).campaign(scheduled_end_date="2030-01-07T23:59:59+01:00")
    assert campaign["scheduled_start_date"] == "2029-12-31T18:30:00+00:00"
    assert campaign["scheduled_end_date"] == "2030-01-07T22:59:59+00:00"


def test_the_stats_have_exactly_the_keys(staff):
    campaign = staff.campaign()
    stats = staff.get(f"/campaigns/{campaign['id']}/stats").json
    assert list(stats) == STATS
    assert stats["campaign_id"] == campaign["id"] and stats["campaign_name"] == "Holiday Sale"


def test_the_stats_of_the_example_are_the_examples(app, viewer):
    campaign = a_campaign(
        name="Holiday Sale 2025", total_target_customers=1000, messages_sent=250, messages_delivered=245, messages_read=180,
        messages_failed=5, messages_pending=750,
    )  # fmt: skip
    stats = viewer.get(f"/campaigns/{campaign.id}/stats").json
    example = {
        "campaign_name": "Holiday Sale 2025", "status": "active", "total_target": 1000, "sent": 250, "delivered": 245,
        "read": 180, "failed": 5, "pending": 750, "progress_percentage": 25.0, "delivery_rate": 98.0, "read_rate": 73.5,
    }  # fmt: skip
    assert stats | example == stats


def test_processing_is_asked_for_with_or_without_an_empty_body(staff):
    a_campaign(messages_pending=3, total_target_customers=3)
    a_campaign(messages_pending=0)
    for options in ({}, {"json": {}}, {"data": b"", "content_type": "application/json"}):
        assert staff.ask("POST", "/campaigns/process-daily", 202, **options).json == {"campaigns_due": 1}
