"""What a campaign's numbers, failures, plan and days look like after it was really sent."""

import pytest

from campaign_app.extensions import db
from tests.api.client import ApiClient
from tests.engine import RunningSimulator, a_launched_campaign, an_app_on, customers, process


@pytest.fixture(scope="module")
def simulator():
    with RunningSimulator(webhook_url="", latency="0") as running:
        yield running


# The last eight digits of a number, 77 and a code, make the simulator refuse with that code.
REFUSED = ("9877131026", "9777131026", "9677131026", "9877130472", "9777130472", "9877131053", "9777131053")


@pytest.fixture
def sent_campaign(simulator, database_url):
    """A program, and the address of a campaign to 47 customers, 40 a day, of whom some cannot be reached."""
    app = an_app_on(simulator, database_url)
    with app.app_context():
        for number in REFUSED:
            customers(1, first=int(number))
        customers(40, first=9_811_110_000)
        campaign = a_launched_campaign(daily_send_limit=40)
        process(app)
        yield ApiClient(app, "staff"), f"/campaigns/{campaign.id}"
        db.session.remove()
        db.engine.dispose()


def test_failures_schedule_and_analytics_agree_with_the_stats(sent_campaign):
    staff, path = sent_campaign
    stats = staff.get(f"{path}/stats").json
    assert (stats["sent"], stats["failed"], stats["pending"]) == (40, 7, 0), stats

    failures = staff.get(f"{path}/failures").json["items"]
    assert sum(row["count"] for row in failures) == stats["failed"]
    assert 99.0 <= sum(row["share"] for row in failures) <= 101.0
    assert [row["count"] for row in failures] == sorted((row["count"] for row in failures), reverse=True)
    assert all(row["meaning"] and row["advice"] and row["last_failed_at"] for row in failures)

    schedule = staff.get(f"{path}/schedule").json["items"]
    assert sum(day["messages_sent"] for day in schedule) == stats["sent"], schedule
    assert [day["send_date"] for day in schedule] == sorted(day["send_date"] for day in schedule)

    analytics = staff.get(f"{path}/analytics").json["items"]
    for name in ("sent", "delivered", "read", "failed"):
        assert sum(day[f"messages_{name}"] for day in analytics) == stats[name]

    failed = staff.get(f"{path}/recipients?status=failed&limit=500").json["items"]
    assert len(failed) == stats["failed"]
    assert all(row["failure_reason"].startswith(f"Error {row['failure_code']}: ") for row in failed)

    first = staff.get(f"{path}/failures?limit=1").json
    rest = staff.get(f"{path}/failures?cursor={first['next_cursor']}").json
    assert first["items"] + rest["items"] == failures and rest["next_cursor"] is None


def test_retrying_tells_what_was_queued_and_what_was_left(sent_campaign):
    staff, path = sent_campaign
    failures = staff.get(f"{path}/failures").json["items"]
    retried = staff.post(f"{path}/retry-failed").json
    assert retried["requeued"] and retried["left"]
    assert retried["requeued"] == sum(row["count"] for row in failures if row["retryable"])
    left = {(row["code"], row["count"]) for row in retried["left"]}
    assert left == {(row["code"], row["count"]) for row in failures if not row["retryable"]}
    assert all(row["reason"] for row in retried["left"])
