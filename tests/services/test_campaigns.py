"""Setting up campaigns: every wrong field gets its sentence, and what may still change after the launch."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from campaign_app.domain.errors import Conflict, Invalid, NotFound
from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.audit_entry import AuditEntry
from campaign_app.models.campaign import Campaign
from campaign_app.models.recipient import Recipient
from campaign_app.services.campaigns import (
    CHANGEABLE_AFTER_LAUNCH,
    FIELDS,
    clone_campaign,
    create_campaign,
    delete_draft,
    edit_campaign,
    find_campaign,
)
from tests.makers import NOON, a_campaign, waiting

DAY = timedelta(days=1)
PLAIN = {"name": "Spring", "template_name": "spring_offer"}


def created(**fields) -> Campaign:
    campaign = create_campaign({**PLAIN, **fields}, "ana@example.com", NOON)
    db.session.commit()
    return campaign


def test_what_is_left_out_has_its_default(app):
    campaign = created()
    assert (campaign.status, campaign.language_code, campaign.daily_send_limit, campaign.priority) == (
        "draft",
        "en_US",
        250,
        5,
    )
    assert (campaign.created_by, campaign.created_at, campaign.total_target_customers) == (
        "ana@example.com",
        NOON,
        0,
    )


def test_texts_are_trimmed(app):
    campaign = created(name="  Spring  ", description="   ")
    assert (campaign.name, campaign.description) == ("Spring", None)


BODY = {"type": "body", "parameters": [{"type": "text", "text": "x"}]}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "   "), ("name", None), ("name", "x" * 201), ("name", 5), ("template_name", ""), ("template_name", "x" * 513),
        ("language_code", "x" * 21), ("description", "x" * 5001),
        ("daily_send_limit", 0), ("daily_send_limit", -1), ("daily_send_limit", 1_000_001), ("daily_send_limit", "250"),
        ("daily_send_limit", 2.5), ("daily_send_limit", True), ("priority", 0), ("priority", 11), ("priority", "high"),
        ("scheduled_end_date", NOON), ("scheduled_end_date", NOON - DAY),
        ("timezone", "Mars/Olympus"), ("timezone", ["UTC"]), ("timezone", "../etc/passwd"),
        ("send_window", {"start": "09:00"}), ("send_window", {"days": ["someday"], "start": "09:00", "end": "10:00"}), ("send_window", [1]),
        ("target_audience", {"customer_tier": {"like": "gold"}}), ("target_audience", {"all": False}), ("target_audience", ["gold"]),
        ("template_components", "Hi"), ("template_components", [{}]), ("template_components", [{"type": "footer"}]),
        ("template_components", [{"type": "body", "parameters": ["Ana"]}]), ("template_components", [{"type": "body", "parameters": None}]),
        ("template_components", [BODY, {**BODY, "type": "BODY"}]),
        ("template_components", [{"type": "body", "parameters": [{"type": "text", "text": "".join(f"{{{{a{n}}}}}" for n in range(41))}]}]),
        ("status", "active"), ("messages_sent", 5),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_with_a_sentence(app, field, value):
    with pytest.raises(Invalid) as refusal:
        create_campaign({**PLAIN, field: value}, "test", NOON)
    assert list(refusal.value.fields) == [field]
    assert all(sentence.endswith(".") for sentence in refusal.value.fields[field])


def test_all_that_is_wrong_is_said_at_once(app):
    with pytest.raises(Invalid) as refusal:
        create_campaign({"name": "", "daily_send_limit": 0, "priority": 99}, "test", NOON)
    assert set(refusal.value.fields) == {"name", "template_name", "daily_send_limit", "priority"}


@pytest.mark.parametrize(
    ("start", "end", "fits"),
    [(1, 2, True), (-5, 2, True), (None, 2, True), (2, 2, False), (3, 2, False), (-9, -5, False)],
)
def test_a_start_in_the_past_means_now_but_an_end_must_come(app, start, end, fits):
    fields = {
        "scheduled_start_date": None if start is None else NOON + start * DAY,
        "scheduled_end_date": NOON + end * DAY,
    }
    if fits:
        assert created(**fields).scheduled_end_date == NOON + 2 * DAY
    else:
        with pytest.raises(Invalid) as refusal:
            created(**fields)
        assert list(refusal.value.fields) == ["scheduled_end_date"]


def test_a_start_may_not_be_moved_behind_the_end(app):
    campaign = created(scheduled_end_date=NOON + 2 * DAY)
    with pytest.raises(Invalid):
        edit_campaign(campaign, {"scheduled_start_date": NOON + 3 * DAY}, "test", NOON)


def test_a_draft_changes_in_everything(app):
    campaign = created()
    changes = {
        "name": "Summer", "description": "Hot", "template_name": "summer", "language_code": "de", "template_components": [BODY],
        "target_audience": {"all": True}, "daily_send_limit": 5, "priority": 1, "scheduled_start_date": NOON + DAY,
        "scheduled_end_date": NOON + 2 * DAY, "send_window": {"start": "09:00", "end": "10:00"}, "timezone": "Asia/Kolkata",
    }  # fmt: skip
    assert set(changes) == set(FIELDS)
    edit_campaign(campaign, changes, "test", NOON)
    db.session.commit()
    assert {key: getattr(campaign, key) for key in FIELDS} == changes


@pytest.mark.parametrize("status", ["active", "paused"])
@pytest.mark.parametrize("field", sorted(FIELDS))
def test_after_the_launch_the_message_and_the_audience_are_fixed(app, status, field):
    values = {
        "name": "New", "description": "New", "daily_send_limit": 7, "priority": 2, "scheduled_end_date": NOON + DAY, "timezone": "Asia/Tokyo",
        "send_window": {"start": "09:00", "end": "10:00"}, "template_name": "other", "language_code": "de", "template_components": [BODY],
        "target_audience": {"all": True}, "scheduled_start_date": NOON + DAY,
    }  # fmt: skip
    campaign = a_campaign(status=status)
    if field in CHANGEABLE_AFTER_LAUNCH:
        edit_campaign(campaign, {field: values[field]}, "test", NOON)
        assert getattr(campaign, field) == values[field]
    else:
        with pytest.raises(Conflict) as refusal:
            edit_campaign(campaign, {field: values[field]}, "test", NOON)
        assert field in refusal.value.sentence


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_what_is_over_cannot_be_changed(app, status):
    with pytest.raises(Conflict):
        edit_campaign(a_campaign(status=status), {"name": "New"}, "test", NOON)


def test_the_same_values_again_are_no_change(app):
    campaign = a_campaign(status="completed")
    edit_campaign(campaign, {"name": campaign.name, "template_name": campaign.template_name}, "test", NOON)
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == 0


def somebody_else_launches(campaign: Campaign) -> None:
    """Between our reading the draft and our change, in a transaction of their own."""
    launched = update(Campaign).where(Campaign.id == campaign.id).values(status="active")
    with db.engine.begin() as connection:
        connection.execute(launched)


@pytest.mark.parametrize(
    "change",
    [
        lambda campaign: edit_campaign(campaign, {"template_name": "other"}, "test", NOON),
        lambda campaign: delete_draft(campaign, "test", NOON),
    ],
)
def test_a_draft_that_is_launched_meanwhile_is_neither_changed_nor_deleted(app, change):
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer: who reads a draft to change it holds up the launch")
    campaign = find_campaign(created().id)
    somebody_else_launches(campaign)
    with pytest.raises(Conflict):
        change(campaign)
    db.session.rollback()
    assert find_campaign(campaign.id).template_name == "spring_offer"


def test_a_draft_is_deleted_with_its_recipients(app):
    campaign = created()
    waiting(campaign, 3)
    delete_draft(campaign, "test", NOON)
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(Recipient)) == 0
    with pytest.raises(NotFound):
        find_campaign(campaign.id)


@pytest.mark.parametrize("status", ["active", "paused", "completed", "cancelled"])
def test_only_a_draft_is_deleted(app, status):
    with pytest.raises(Conflict):
        delete_draft(a_campaign(status=status), "test", NOON)


def test_a_clone_is_a_draft_without_dates_and_without_people(app):
    campaign = created(
        name="x" * 200, scheduled_start_date=NOON + DAY, scheduled_end_date=NOON + 2 * DAY, priority=2, target_audience={"all": True},
        send_window={"start": "09:00", "end": "10:00"}, template_components=[BODY],
    )  # fmt: skip
    waiting(campaign, 3)
    clone = clone_campaign(campaign, "bo@example.com", NOON + DAY)
    db.session.commit()

    assert clone.id != campaign.id and clone.status == "draft" and clone.created_by == "bo@example.com"
    assert len(clone.name) <= 200 and clone.name.endswith("(copy)")
    assert (clone.scheduled_start_date, clone.scheduled_end_date, clone.total_target_customers) == (
        None,
        None,
        0,
    )
    same = set(FIELDS) - {"name", "scheduled_start_date", "scheduled_end_date"}
    assert {key: getattr(clone, key) for key in same} == {key: getattr(campaign, key) for key in same}


def test_what_does_not_exist_is_not_found(app):
    with pytest.raises(NotFound):
        find_campaign(new_id())


def test_each_act_is_recorded_with_who_did_it(app):
    campaign = created()
    edit_campaign(campaign, {"name": "Summer", "priority": 1}, "bo@example.com", NOON)
    delete_draft(campaign, "cy@example.com", NOON)
    db.session.commit()
    entries = db.session.execute(
        select(AuditEntry.actor, AuditEntry.action, AuditEntry.details).order_by(AuditEntry.actor)
    ).all()
    assert [tuple(entry) for entry in entries] == [
        ("ana@example.com", "campaign.created", {"name": "Spring"}),
        ("bo@example.com", "campaign.edited", {"fields": ["name", "priority"]}),
        ("cy@example.com", "campaign.deleted", {"name": "Summer"}),
    ]
