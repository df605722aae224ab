"""Campaigns over the API: made, listed, changed, deleted, and moved by their verbs."""

from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.models.audit_entry import AuditEntry
from campaign_app.services.lifecycle import pause
from tests.api.client import CAMPAIGN
from tests.engine import a_sender, customers
from tests.makers import NOON, a_campaign

EVERYBODY = {"all": True}
COMPONENTS = [{"type": "body", "parameters": [{"type": "text", "text": "{{name|friend}}"}]}]


def test_what_is_left_out_has_its_default(staff):
    campaign = staff.post("/campaigns", {"name": "Short", "template_name": "hello_world"}, 201).json
    defaults = {
        "language_code": "en_US",
        "daily_send_limit": 250,
        "priority": 5,
        "target_audience": None,
        "description": None,
    }
    assert campaign | defaults == campaign


def test_everything_that_is_given_comes_back(staff):
    window = {"days": ["mon", "fri"], "start": "09:00", "end": "20:00"}
    campaign = staff.campaign(template_components=COMPONENTS, send_window=window, timezone="Asia/Kolkata")
    assert campaign["template_components"] == COMPONENTS
    assert (campaign["send_window"], campaign["timezone"]) == (window, "Asia/Kolkata")
    assert campaign["waiting"]["reason"] == "not_started" and campaign["created_by"] == "token a staff"


def test_campaigns_are_listed_newest_first_and_by_state(staff, viewer):
    first = staff.campaign(name="first")
    a_campaign(name="running")
    last = staff.campaign(name="last")
    assert [row["name"] for row in viewer.get("/campaigns").json["items"]] == ["last", "running", "first"]
    assert [row["id"] for row in viewer.get("/campaigns?status=draft").json["items"]] == [
        last["id"],
        first["id"],
    ]
    assert viewer.get("/campaigns?status=cancelled").json == {"items": [], "next_cursor": None}


def test_only_what_is_named_is_changed(staff):
    campaign = staff.campaign()
    path = f"/campaigns/{campaign['id']}"
    changed = staff.patch(path, {"priority": 1, "description": None, "scheduled_start_date": None}).json
    kept = {"priority": 1, "description": None, "scheduled_start_date": None}
    assert {**changed, "updated_at": "", "waiting": ""} == {
        **campaign,
        **kept,
        "updated_at": "",
        "waiting": "",
    }
    assert staff.patch(path, {}).json["priority"] == 1
    assert list(staff.patch(path, {"status": "active"}, 422).json["error"]["fields"]) == ["status"]
    assert list(staff.patch(path, {"name": None}, 422).json["error"]["fields"]) == ["name"]


def test_what_was_launched_keeps_its_message(staff):
    campaign = a_campaign()
    path = f"/campaigns/{campaign.id}"
    assert staff.patch(path, {"daily_send_limit": 5}).json["daily_send_limit"] == 5
    assert "template_name" in staff.patch(path, {"template_name": "other"}, 409).json["error"]["message"]


def test_a_draft_is_deleted_and_nothing_else(staff):
    campaign = staff.campaign()
    staff.post(f"/campaigns/{campaign['id']}/recipients", {"recipients": [{"phone_number": "+919876543210"}]})
    staff.delete(f"/campaigns/{campaign['id']}")
    staff.get(f"/campaigns/{campaign['id']}", 404)
    staff.delete(f"/campaigns/{a_campaign().id}", 409)


def test_a_campaign_goes_through_its_states(staff):
    customers(3)
    path = f"/campaigns/{staff.campaign(target_audience=EVERYBODY, scheduled_start_date=None)['id']}"

    launched = staff.post(f"{path}/launch").json
    assert (launched["status"], launched["messages_pending"]) == ("active", 3)
    assert launched["waiting"]["reason"] == "no_scheduler"
    assert "only a draft" in staff.post(f"{path}/launch", status=409).json["error"]["message"]

    paused = staff.post(f"{path}/pause").json
    assert paused["status"] == "paused" and "token a staff" in paused["status_reason"]
    staff.post(f"{path}/pause", status=409)
    assert staff.post(f"{path}/resume", {}).json["status"] == "active"
    assert staff.post(f"{path}/cancel").json["status"] == "cancelled"
    assert "cancelled" in staff.post(f"{path}/resume", status=409).json["error"]["message"]


def test_a_scheduled_campaign_says_until_when_it_waits(app, staff):
    customers(1)
    path = f"/campaigns/{staff.campaign(target_audience=EVERYBODY)['id']}"
    staff.post(f"{path}/launch")
    with a_sender(app):
        shown = staff.get(path).json
    assert shown["status"] == "active"
    assert (shown["waiting"]["reason"], shown["waiting"]["until"]) == (
        "not_started",
        "2030-01-01T00:00:00+00:00",
    )


def test_nobody_cannot_be_launched(staff):
    for audience in (None, {}, EVERYBODY):
        path = f"/campaigns/{staff.campaign(target_audience=audience)['id']}"
        assert "empty" in staff.post(f"{path}/launch", status=409).json["error"]["message"]
        assert staff.get(path).json["status"] == "draft"


def test_verbs_take_no_fields(staff):
    path = f"/campaigns/{staff.campaign()['id']}/launch"
    assert list(staff.post(path, {"force": True}, 422).json["error"]["fields"]) == ["force"]
    staff.ask("POST", path, 400, data="x", content_type="application/json")


def test_a_clone_is_a_new_draft(staff):
    campaign = a_campaign(name="Spring", template_components=COMPONENTS)
    answer = staff.post(f"/campaigns/{campaign.id}/clone", status=201)
    assert answer.location == f"/api/marketing/campaigns/{answer.json['id']}"
    assert answer.json["status"] == "draft" and answer.json["template_components"] == COMPONENTS
    assert answer.json["id"] != str(campaign.id)


def test_a_paused_one_says_why_in_the_list(viewer):
    campaign = a_campaign(messages_pending=1)
    pause(campaign.id, "maria@example.com", NOON)
    row = viewer.get("/campaigns").json["items"][0]
    assert row["status_reason"] == "Paused by maria@example.com." and row["waiting"]["reason"] == "paused"


def test_the_audit_trail_names_the_token(staff):
    staff.post("/campaigns", CAMPAIGN, 201)
    entry = db.session.scalar(select(AuditEntry).where(AuditEntry.action == "campaign.created"))
    assert entry.actor == "token a staff"
