"""The plan of daily batches: every day of the run, missed days, changes within a day, and the recipients' planned days."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.recipient import Recipient
from campaign_app.models.send_schedule import SendBatch
from campaign_app.services import send_schedule
from campaign_app.services.account_limit import AccountLimit
from campaign_app.services.attempts import complete_finished
from campaign_app.services.campaigns import edit_campaign
from campaign_app.services.claims import claim
from campaign_app.services.lifecycle import cancel, pause, resume
from campaign_app.services.recount import mismatches
from campaign_app.services.send_schedule import astray_plans, lay_out, lay_out_again, schedule_days
from tests.makers import NOON, a_campaign, minutes, sent_out, waiting

DAY = timedelta(days=1)
TODAY = NOON.date()


@pytest.fixture(autouse=True)
def unlimited(app):
    the_accounts_limit_is(app, "unlimited")


def the_accounts_limit_is(app, limit) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], messaging_limit=limit)


def a_plan(how_many: int, now: datetime = NOON, **fields) -> Campaign:
    campaign = a_campaign(**fields)
    waiting(campaign, how_many, now)
    lay_out(campaign, now)
    db.session.commit()
    return campaign


def sizes(campaign: Campaign) -> list[tuple[date, int]]:
    return [(batch.send_date, batch.batch_size) for batch in schedule_days(campaign)]


def send(most: int, now: datetime) -> int:
    """Authorise up to `most` sends, as the sender does."""
    sent = 0
    limit = AccountLimit()
    touched = set()
    for campaign_id in astray_plans(now):
        lay_out_again(campaign_id, now)
    while intents := claim(min(50, most - sent), 1, limit, now):
        db.session.commit()
        sent += len(intents)
        touched |= {intent.campaign_id for intent in intents}
    for campaign_id in astray_plans(now, touched):
        lay_out_again(campaign_id, now)
    db.session.commit()
    return sent


def the_plan_is_sound(campaign: Campaign) -> None:
    """Sums fit, and as many recipients are planned for each day as its batch has left."""
    db.session.expire_all()
    batches = schedule_days(campaign)
    for batch in batches:
        assert batch.batch_size == batch.messages_authorised + batch.messages_remaining
        assert batch.messages_remaining <= campaign.daily_send_limit
    planned = Counter(
        day
        for day in db.session.scalars(
            select(Recipient.scheduled_send_date).where(
                Recipient.campaign_id == campaign.id, Recipient.status == "pending"
            )
        )
        if day is not None
    )
    assert planned == {
        batch.send_date: batch.messages_remaining for batch in batches if batch.messages_remaining
    }
    assert mismatches() == []


def test_every_day_of_the_run_is_laid_out(app):
    campaign = a_plan(250, daily_send_limit=100)
    assert sizes(campaign) == [(TODAY, 100), (TODAY + DAY, 100), (TODAY + 2 * DAY, 50)]
    the_plan_is_sound(campaign)


def test_the_first_of_the_queue_are_planned_for_the_first_day(app):
    campaign = a_plan(25, daily_send_limit=10)
    days = db.session.scalars(
        select(Recipient.scheduled_send_date)
        .where(Recipient.campaign_id == campaign.id)
        .order_by(Recipient.position)
    ).all()
    assert days == [TODAY] * 10 + [TODAY + DAY] * 10 + [TODAY + 2 * DAY] * 5


def test_a_run_over_many_days_ends_as_it_was_planned(app):
    campaign = a_plan(35, daily_send_limit=10)
    planned = sizes(campaign)
    for ahead in range(4):
        now = NOON + ahead * DAY
        send(100, now)
        the_plan_is_sound(campaign)
        assert sizes(campaign) == planned
        assert schedule_days(campaign)[ahead].status == "completed"


def test_a_missed_day_moves_everything_behind_it(app):
    campaign = a_plan(30, daily_send_limit=10)
    send(10, NOON)
    send(100, NOON + 3 * DAY)

    assert sizes(campaign) == [(TODAY, 10), (TODAY + 3 * DAY, 10), (TODAY + 4 * DAY, 10)]
    the_plan_is_sound(campaign)


def test_a_day_that_was_cut_short_ends_as_large_as_it_became(app):
    campaign = a_plan(30, daily_send_limit=10)
    send(4, NOON)
    send(100, NOON + DAY)

    assert sizes(campaign) == [(TODAY, 4), (TODAY + DAY, 10), (TODAY + 2 * DAY, 10), (TODAY + 3 * DAY, 6)]
    assert [batch.status for batch in schedule_days(campaign)] == [
        "completed",
        "completed",
        "pending",
        "pending",
    ]
    the_plan_is_sound(campaign)


@pytest.mark.parametrize(
    ("limit", "sent_more", "plan"),
    [(50, 44, [50]), (12, 6, [12, 12, 12, 12, 2]), (6, 0, [6, *[6] * 7, 2]), (3, 0, [6, *[3] * 14, 2])],
)
def test_a_limit_changed_within_the_day_holds_at_once(app, limit, sent_more, plan):
    campaign = a_plan(50, daily_send_limit=10)
    assert send(6, NOON) == 6
    edit_campaign(campaign, {"daily_send_limit": limit}, "test", NOON + minutes(1))
    db.session.commit()
    the_plan_is_sound(campaign)

    assert send(100, NOON + minutes(2)) == sent_more
    the_plan_is_sound(campaign)
    assert [size for _, size in sizes(campaign)] == plan


def test_a_limit_lowered_and_raised_again_gives_no_second_helping(app):
    campaign = a_plan(50, daily_send_limit=10)
    send(10, NOON)
    for limit in (3, 10, 10_000, 10):
        edit_campaign(campaign, {"daily_send_limit": limit}, "test", NOON)
        db.session.commit()
    assert send(100, NOON + minutes(1)) == 0


def test_a_start_to_come_begins_the_plan(app):
    campaign = a_plan(15, daily_send_limit=10, scheduled_start_date=NOON + 3 * DAY)
    assert sizes(campaign) == [(TODAY + 3 * DAY, 10), (TODAY + 4 * DAY, 5)]
    assert send(100, NOON) == 0
    the_plan_is_sound(campaign)


def test_days_outside_the_window_are_left_out(app):
    weekdays = {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"}
    campaign = a_plan(50, daily_send_limit=10, send_window=weekdays)  # NOON is a Tuesday
    assert [day.weekday() for day, _ in sizes(campaign)] == [1, 2, 3, 4, 0]
    the_plan_is_sound(campaign)


def test_when_todays_hours_are_over_the_plan_begins_tomorrow(app):
    hours = {"start": "09:00", "end": "11:00"}
    campaign = a_plan(15, daily_send_limit=10, send_window=hours)
    assert sizes(campaign) == [(TODAY + DAY, 10), (TODAY + 2 * DAY, 5)]
    assert send(100, NOON) == 0
    assert send(100, NOON + DAY - minutes(90)) == 10
    the_plan_is_sound(campaign)


def test_a_window_in_another_zone_is_planned_for_the_business_day_on_which_it_opens(app):
    """Business days are UTC here: Monday 00:00 to 04:00 in Kolkata is Sunday, 18:30 to 22:30."""
    hours = {"days": ["mon"], "start": "00:00", "end": "04:00"}
    campaign = a_plan(15, daily_send_limit=10, send_window=hours, timezone="Asia/Kolkata")
    sunday = date(2026, 3, 15)
    assert sizes(campaign) == [(sunday, 10), (sunday + 7 * DAY, 5)]

    assert send(100, datetime(2026, 3, 15, 18, 29, tzinfo=UTC)) == 0
    assert send(100, datetime(2026, 3, 15, 18, 30, tzinfo=UTC)) == 10
    the_plan_is_sound(campaign)
    assert sizes(campaign) == [(sunday, 10), (sunday + 7 * DAY, 5)]


def test_a_night_uses_the_limits_of_both_its_days(app):
    campaign = a_plan(
        40, daily_send_limit=10, send_window={"days": ["tue"], "start": "22:00", "end": "02:00"}
    )
    assert sizes(campaign)[:2] == [(TODAY, 10), (TODAY + DAY, 10)]
    assert send(100, NOON + timedelta(hours=10)) == 10
    assert send(100, NOON + timedelta(hours=11, minutes=59)) == 0
    assert send(100, NOON + timedelta(hours=12)) == 10
    the_plan_is_sound(campaign)


@pytest.mark.parametrize(
    ("zone", "moments", "allowed"),
    [
        # 23:59 on the 23rd; 01:00 on the 24th, which has no midnight; 23:59; the 25th
        ("Africa/Cairo", ["2026-04-23T21:59", "2026-04-23T22:00", "2026-04-24T20:59", "2026-04-24T21:00"], [10, 10, 0, 10]),
        ("America/Santiago", ["2026-09-06T03:59", "2026-09-06T04:00", "2026-09-07T02:59", "2026-09-07T03:00"], [10, 10, 0, 10]),
        # midnight twice: both belong to the 1st of November
        ("America/Havana", ["2026-11-01T03:59", "2026-11-01T04:00", "2026-11-01T05:00", "2026-11-02T05:00"], [10, 10, 0, 10]),
        ("Australia/Lord_Howe", ["2026-04-04T12:59", "2026-04-04T13:00", "2026-04-05T13:29", "2026-04-05T13:30"], [10, 10, 0, 10]),
    ],
)  # fmt: skip
def test_each_local_day_has_its_limit_once_whatever_the_clocks_do(app, zone, moments, allowed):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], business_timezone=zone)
    times = [datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in moments]
    campaign = a_plan(100, now=times[0], daily_send_limit=10)
    assert [send(100, at) for at in times] == allowed
    the_plan_is_sound(campaign)


def test_a_day_that_loses_its_hours_leaves_the_plan(app):
    campaign = a_plan(15, daily_send_limit=10)
    edit_campaign(campaign, {"send_window": {"start": "09:00", "end": "11:00"}}, "test", NOON)
    db.session.commit()
    assert sizes(campaign) == [(TODAY + DAY, 10), (TODAY + 2 * DAY, 5)]
    the_plan_is_sound(campaign)


def test_a_cancelled_campaign_has_no_days_to_come(app):
    campaign = a_plan(30, daily_send_limit=10)
    send(4, NOON)
    cancel(campaign.id, "test", NOON)
    db.session.commit()
    assert [
        (batch.batch_size, batch.messages_remaining, batch.status) for batch in schedule_days(campaign)
    ] == [(4, 0, "completed")]


def test_a_completed_campaign_has_nothing_left_in_its_plan(app):
    campaign = a_campaign()
    sent_out(campaign, 5)
    db.session.execute(update(SendBatch).values(batch_size=9, messages_remaining=4, status="processing"))
    db.session.execute(update(Campaign).values(messages_pending=0))
    complete_finished([campaign.id], NOON)
    db.session.commit()
    (batch,) = schedule_days(campaign)
    assert (batch.batch_size, batch.messages_remaining, batch.status) == (5, 0, "completed")


def test_laying_out_again_changes_nothing(app):
    campaign = a_plan(35, daily_send_limit=10)
    send(4, NOON)
    before = sizes(campaign)
    for _ in range(3):
        lay_out(campaign, NOON + minutes(1))
        db.session.commit()
    assert (
        sizes(campaign)
        == before
        == [(TODAY, 10), (TODAY + DAY, 10), (TODAY + 2 * DAY, 10), (TODAY + 3 * DAY, 5)]
    )
    assert db.session.scalar(select(func.count()).select_from(SendBatch)) == 4
    the_plan_is_sound(campaign)


def planned_days(campaign: Campaign) -> list[date | None]:
    """Of the pending, in the order of the queue."""
    db.session.expire_all()
    queue = select(Recipient.scheduled_send_date).where(
        Recipient.campaign_id == campaign.id, Recipient.status == "pending"
    )
    return list(db.session.scalars(queue.order_by(Recipient.next_try_at, Recipient.position)))


def test_nobody_is_planned_for_a_day_after_the_end(app):
    campaign = a_plan(35, daily_send_limit=10, scheduled_end_date=NOON + DAY)
    assert sizes(campaign) == [(TODAY, 10), (TODAY + DAY, 10)]
    assert planned_days(campaign) == [TODAY] * 10 + [TODAY + DAY] * 10 + [None] * 15
    the_plan_is_sound(campaign)

    edit_campaign(campaign, {"scheduled_end_date": NOON + 9 * DAY}, "test", NOON)
    db.session.commit()
    assert planned_days(campaign)[-5:] == [TODAY + 3 * DAY] * 5
    the_plan_is_sound(campaign)


def test_a_campaign_whose_hours_never_come_before_its_end_has_no_days(app):
    hours = {"start": "09:00", "end": "11:00"}
    campaign = a_plan(5, send_window=hours, scheduled_end_date=NOON + minutes(60))
    assert sizes(campaign) == [] and planned_days(campaign) == [None] * 5


def test_the_accounts_limit_shapes_the_days_and_a_change_of_it_shapes_them_anew(app):
    the_accounts_limit_is(app, 4)
    campaign = a_plan(10, daily_send_limit=100)
    assert sizes(campaign) == [(TODAY, 4), (TODAY + DAY, 4), (TODAY + 2 * DAY, 2)]

    assert send(100, NOON) == 4
    the_plan_is_sound(campaign)
    assert sizes(campaign) == [(TODAY, 4), (TODAY + DAY, 4), (TODAY + 2 * DAY, 2)]

    the_accounts_limit_is(app, 7)
    assert send(100, NOON + minutes(5)) == 3
    the_plan_is_sound(campaign)
    assert sizes(campaign) == [(TODAY, 7), (TODAY + DAY, 3)]


def test_who_was_written_to_already_costs_nothing_and_may_go_before_their_day(app):
    other = a_campaign(name="other", status="paused")
    numbers = [message["phone_number"] for message in sent_out(other, 3)]
    the_accounts_limit_is(app, 3)
    campaign = a_plan(6, daily_send_limit=100)
    assert sizes(campaign) == [(TODAY + DAY, 3), (TODAY + 2 * DAY, 3)]
    last = select(Recipient.id).where(Recipient.campaign_id == campaign.id, Recipient.position == 6)
    db.session.execute(
        update(Recipient).where(Recipient.id == db.session.scalar(last)).values(phone_number=numbers[0])
    )
    db.session.commit()

    assert send(100, NOON + minutes(1)) == 1
    the_plan_is_sound(campaign)
    assert sizes(campaign) == [(TODAY, 1), (TODAY + DAY, 3), (TODAY + 2 * DAY, 2)]


def test_a_campaign_that_comes_first_pushes_the_others_back(app):
    the_accounts_limit_is(app, 10)
    later = a_plan(10, daily_send_limit=100, priority=5)
    first = a_plan(15, daily_send_limit=100, priority=9)
    assert [day for day, _ in sizes(first)] == [TODAY + DAY, TODAY + 2 * DAY]

    edit_campaign(first, {"priority": 1}, "test", NOON)
    db.session.commit()
    assert astray_plans(NOON) == [later.id]
    lay_out_again(later.id, NOON)
    db.session.commit()
    assert sizes(first) == [(TODAY, 10), (TODAY + DAY, 5)]
    assert sizes(later) == [(TODAY + DAY, 5), (TODAY + 2 * DAY, 5)]
    the_plan_is_sound(later), the_plan_is_sound(first)


def test_pausing_keeps_the_days_and_resuming_moves_those_that_were_missed(app):
    campaign = a_plan(30, daily_send_limit=10)
    before = sizes(campaign)
    pause(campaign.id, "test", NOON)
    db.session.commit()
    assert sizes(campaign) == before
    the_plan_is_sound(campaign)

    resume(campaign.id, "test", NOON + 2 * DAY)
    db.session.commit()
    assert sizes(campaign) == [(TODAY + 2 * DAY, 10), (TODAY + 3 * DAY, 10), (TODAY + 4 * DAY, 10)]
    the_plan_is_sound(campaign)


def test_of_a_cancelled_campaign_nobody_is_planned_any_more(app):
    campaign = a_plan(30, daily_send_limit=10)
    cancel(campaign.id, "test", NOON)
    db.session.commit()
    assert planned_days(campaign) == [None] * 30


def test_who_waits_for_a_time_of_their_own_is_planned_for_its_day(app):
    campaign = a_plan(6, daily_send_limit=10)
    later = select(Recipient.id).where(Recipient.campaign_id == campaign.id, Recipient.position <= 2)
    ids = db.session.scalars(later).all()
    db.session.execute(update(Recipient).where(Recipient.id.in_(ids)).values(next_try_at=NOON + DAY))
    db.session.commit()
    assert astray_plans(NOON) == [campaign.id]
    lay_out_again(campaign.id, NOON)
    db.session.commit()
    assert sizes(campaign) == [(TODAY, 4), (TODAY + DAY, 2)]
    the_plan_is_sound(campaign)


def test_a_plan_of_many_uneven_days_is_written_in_one_statement(app):
    """Two a day, and one on the days on which another campaign takes the rest of the account's limit."""
    the_accounts_limit_is(app, 3)
    a_plan(300, daily_send_limit=2, priority=1)
    campaign = a_plan(700, daily_send_limit=2, priority=5)
    assert [size for _, size in sizes(campaign)] == [1] * 150 + [2] * 275
    the_plan_is_sound(campaign)


def test_a_large_campaigns_days_are_left_to_the_sender(app, monkeypatch):
    monkeypatch.setattr(send_schedule, "AT_ONCE", 10)
    campaign = a_plan(30, daily_send_limit=10)
    edit_campaign(campaign, {"daily_send_limit": 15}, "test", NOON)
    db.session.commit()
    the_plan_is_sound(campaign)
    assert astray_plans(NOON, at_most=10) == [] and astray_plans(NOON) == [campaign.id]
    lay_out_again(campaign.id, NOON)
    db.session.commit()
    assert [size for _, size in sizes(campaign)] == [15, 15]
    the_plan_is_sound(campaign)
