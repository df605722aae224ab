"""When a campaign ends: by its limit, its window, the account's limit, and what goes before it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.services.campaign_stats import campaign_stats
from campaign_app.services.forecast import estimated_completion_on, estimated_completions, forecast_of
from campaign_app.services.send_schedule import lay_out, schedule_days
from tests.makers import NOON, a_campaign, minutes, sent_out, waiting

DAY = timedelta(days=1)
TODAY = NOON.date()


@pytest.fixture(autouse=True)
def unlimited(app):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], messaging_limit="unlimited")


def a_plan(how_many: int, **fields) -> Campaign:
    campaign = a_campaign(**fields)
    waiting(campaign, how_many)
    lay_out(campaign, NOON)
    db.session.commit()
    return campaign


@pytest.mark.parametrize(("people", "last"), [(1, 0), (10, 0), (11, 1), (95, 9)])
def test_the_last_day_is_that_of_the_plan(app, people, last):
    campaign = a_plan(people, daily_send_limit=10)
    assert (
        estimated_completion_on(campaign, NOON) == TODAY + last * DAY == schedule_days(campaign)[-1].send_date
    )


def test_what_was_sent_today_is_not_sent_today_again(app):
    campaign = a_campaign(daily_send_limit=10)
    sent_out(campaign, 8)
    db.session.execute(db.text("UPDATE marketing_campaigns SET messages_sent = 8, messages_pending = 0"))
    db.session.commit()
    waiting(campaign, 5)
    lay_out(campaign, NOON)
    assert estimated_completion_on(campaign, NOON) == TODAY + DAY == schedule_days(campaign)[-1].send_date


@pytest.mark.parametrize(
    "fields",
    [
        {"send_window": {"days": ["sat", "sun"], "start": "09:00", "end": "17:00"}},
        {"send_window": {"start": "09:00", "end": "11:00"}},
        {"send_window": {"days": ["mon"], "start": "00:00", "end": "04:00"}, "timezone": "Asia/Kolkata"},
        {"send_window": {"days": ["tue"], "start": "22:00", "end": "02:00"}},
        {"scheduled_start_date": NOON + 20 * DAY},
    ],
)  # fmt: skip
def test_windows_and_starts_are_those_of_the_plan(app, fields):
    campaign = a_plan(35, daily_send_limit=10, **fields)
    assert estimated_completion_on(campaign, NOON) == schedule_days(campaign)[-1].send_date


def test_the_accounts_limit_slows_it_down(app):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], messaging_limit=4)
    campaign = a_plan(10, daily_send_limit=100)
    assert estimated_completion_on(campaign, NOON) == TODAY + 2 * DAY


def test_who_was_written_to_in_the_last_24_hours_takes_from_the_accounts_limit(app):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], messaging_limit=4)
    sent_out(a_campaign(name="yesterday's", status="paused"), 4, at=NOON - minutes(30))
    campaign = a_plan(10, daily_send_limit=100)
    assert estimated_completion_on(campaign, NOON) == TODAY + 3 * DAY == schedule_days(campaign)[-1].send_date
    assert [batch.batch_size for batch in schedule_days(campaign)] == [4, 4, 2]


def test_it_says_how_many_go_today_and_who_is_left_at_the_end(app):
    campaign = a_plan(100, daily_send_limit=10, scheduled_end_date=NOON + 2 * DAY)
    told = forecast_of(campaign, NOON)
    assert (told.people, told.today, told.days, told.unplanned) == (100, 10, 3, 70)
    assert (told.begins_on, told.ends_on) == (TODAY, TODAY + 2 * DAY)


def test_a_draft_is_told_as_if_it_were_launched_now(app):
    a_plan(500, priority=1, daily_send_limit=100)
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], messaging_limit=150)
    draft = a_campaign(status="draft", daily_send_limit=100)
    told = forecast_of(draft, NOON, people=120)
    assert (told.today, told.begins_on, told.ends_on) == (50, TODAY, TODAY + 2 * DAY)
    assert draft.status == "draft" and schedule_days(draft) == []


def test_several_are_told_from_one_plan(app):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], messaging_limit=10)
    campaigns = [a_plan(25, name=f"{n}", priority=n) for n in (1, 2, 3)] + [a_campaign(status="paused")]
    assert estimated_completions(campaigns, NOON) == {
        campaign.id: estimated_completion_on(campaign, NOON) for campaign in campaigns
    }


def test_campaigns_of_higher_priority_take_from_the_accounts_limit_first(app):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], messaging_limit=10)
    later = a_plan(10, name="later", priority=5)
    assert estimated_completion_on(later, NOON) == TODAY
    a_plan(25, name="first", priority=1)
    a_plan(500, name="last", priority=9)
    a_plan(500, name="paused", priority=1, status="paused")
    assert estimated_completion_on(later, NOON) == TODAY + 3 * DAY


def test_without_an_accounts_limit_campaigns_do_not_hold_each_other_up(app):
    campaign = a_plan(10, priority=5)
    a_plan(2500, priority=1, daily_send_limit=10)
    assert estimated_completion_on(campaign, NOON) == TODAY


def test_a_campaign_whose_end_comes_first_is_over_then(app):
    campaign = a_plan(100, daily_send_limit=10, scheduled_end_date=NOON + 3 * DAY)
    assert estimated_completion_on(campaign, NOON) == TODAY + 3 * DAY


def test_one_that_ends_before_makes_room_for_the_next(app):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], messaging_limit=10)
    """Ten at noon, ten at noon tomorrow; the ten of the noon after are for the next, as the first is over then."""
    a_plan(1000, priority=1, scheduled_end_date=NOON + 2 * DAY)
    assert estimated_completion_on(a_plan(10, priority=5), NOON) == TODAY + 2 * DAY


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"status": "draft"}, None),
        ({"status": "paused"}, None),
        ({"status": "cancelled"}, None),
        ({"status": "completed", "completed_at": NOON - 2 * DAY}, TODAY - 2 * DAY),
    ],
)
def test_what_is_not_being_sent_has_no_day_to_come(app, fields, expected):
    campaign = a_campaign(**fields)
    waiting(campaign, 3)
    assert estimated_completion_on(campaign, NOON) == expected


def test_a_plan_of_more_than_ten_years_has_no_end(app):
    campaign = a_campaign(daily_send_limit=1, total_target_customers=10_000, messages_pending=10_000)
    assert estimated_completion_on(campaign, NOON) is None


def test_the_stats_carry_the_day_and_exactly_the_promised_keys(app):
    campaign = a_plan(20, daily_send_limit=10)
    stats = campaign_stats(campaign, NOON).as_json()
    assert stats["estimated_completion_date"] == date(2026, 3, 11).isoformat()
    assert set(stats) == {
        "campaign_id", "campaign_name", "status", "total_target", "sent", "delivered", "read", "failed", "pending", "progress_percentage",
        "delivery_rate", "read_rate", "estimated_completion_date", "failure_rate", "skipped", "unconfirmed",
    }  # fmt: skip
