"""Why a campaign is not sending, in each of the promised words, and until when."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.lease import Lease
from campaign_app.models.recipient import Recipient
from campaign_app.models.send_schedule import SendBatch
from campaign_app.services.leases import SENDER_LEASE, LeaseHolder
from campaign_app.services.number import change_number
from campaign_app.services.why_waiting import OVERDUE_START, why_waiting
from tests.makers import NOON, a_campaign, minutes, waiting

DAY = timedelta(days=1)
MIDNIGHT = NOON + timedelta(hours=12)


@pytest.fixture
def app(app):
    """With a sender that holds its lease at the time of these tests."""
    LeaseHolder(SENDER_LEASE, 600).hold()
    db.session.execute(update(Lease).values(expires_at=NOON + 400 * DAY))
    db.session.commit()
    return app


def a_waiting_campaign(**fields) -> Campaign:
    campaign = a_campaign(**fields)
    waiting(campaign, 10)
    return campaign


def used_today(campaign: Campaign, messages: int) -> None:
    db.session.add(
        SendBatch(
            campaign_id=campaign.id, send_date=NOON.date(), batch_size=messages, messages_authorised=messages
        )
    )
    db.session.commit()


def reason_and_until(campaign: Campaign, now=NOON) -> tuple:
    found = why_waiting(campaign, now)
    if found is None:
        return None, None
    assert found.message
    assert found.as_json() == {
        "reason": found.reason,
        "message": found.message,
        "until": found.until and found.until.isoformat(),
    }
    return found.reason, found.until


def test_one_that_is_sending_does_not_wait(app):
    assert why_waiting(a_waiting_campaign(), NOON) is None


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_one_that_is_over_does_not_wait(app, status):
    assert why_waiting(a_waiting_campaign(status=status), NOON) is None


def test_one_with_nothing_left_does_not_wait(app):
    assert why_waiting(a_campaign(), NOON) is None


def test_not_started(app):
    start = NOON + DAY
    assert reason_and_until(a_waiting_campaign(status="draft")) == ("not_started", None)
    assert reason_and_until(a_waiting_campaign(scheduled_start_date=start)) == ("not_started", start)


def test_a_start_outside_the_window_waits_for_the_window_too(app):
    campaign = a_waiting_campaign(
        scheduled_start_date=MIDNIGHT,
        send_window={"start": "09:00", "end": "20:00"},
        timezone="Europe/London",
    )
    assert reason_and_until(campaign) == ("not_started", MIDNIGHT + timedelta(hours=9))


def test_outside_window(app):
    campaign = a_waiting_campaign(send_window={"start": "18:00", "end": "20:00"})
    assert reason_and_until(campaign) == ("outside_window", NOON + timedelta(hours=6))


def test_daily_limit(app):
    campaign = a_waiting_campaign(daily_send_limit=7)
    used_today(campaign, 7)
    assert reason_and_until(campaign) == ("daily_limit", MIDNIGHT)


def test_a_daily_limit_ends_when_the_window_opens_on_the_next_day(app):
    campaign = a_waiting_campaign(daily_send_limit=7, send_window={"start": "09:00", "end": "20:00"})
    used_today(campaign, 7)
    assert reason_and_until(campaign) == ("daily_limit", MIDNIGHT + timedelta(hours=9))


def test_a_window_that_opens_again_today_does_not_help_when_the_limit_is_used(app):
    """Open from 22:00 to 02:00: the limit of the day was used up in its first two hours."""
    campaign = a_waiting_campaign(daily_send_limit=7, send_window={"start": "22:00", "end": "02:00"})
    used_today(campaign, 7)
    assert reason_and_until(campaign) == ("daily_limit", MIDNIGHT)


def test_when_todays_hours_are_over_it_is_the_hours_that_hold_it_back(app):
    campaign = a_waiting_campaign(daily_send_limit=7, send_window={"start": "09:00", "end": "11:00"})
    used_today(campaign, 7)
    assert reason_and_until(campaign) == ("outside_window", MIDNIGHT + timedelta(hours=9))


def test_a_lowered_limit_is_used_up_too(app):
    campaign = a_waiting_campaign(daily_send_limit=7)
    used_today(campaign, 9)
    assert reason_and_until(campaign) == ("daily_limit", MIDNIGHT)


def test_account_limit(app):
    frees_at = NOON + minutes(90)
    change_number(limit_frees_at=frees_at, messaging_limit=250)
    campaign = a_waiting_campaign()
    assert reason_and_until(campaign) == ("account_limit", frees_at)
    assert "250 customers in 24 hours" in why_waiting(campaign, NOON).message
    assert why_waiting(campaign, frees_at) is None


def test_higher_priority(app):
    campaign = a_waiting_campaign(priority=5)
    first = a_waiting_campaign(name="Flash sale", priority=1)
    assert reason_and_until(campaign) == ("higher_priority", None)
    assert "“Flash sale”" in why_waiting(campaign, NOON).message
    assert why_waiting(first, NOON) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "paused"},
        {"scheduled_start_date": NOON + DAY},
        {"send_window": {"start": "18:00", "end": "20:00"}},
        {"priority": 9},
    ],
)
def test_a_campaign_that_cannot_send_now_does_not_hold_up_others(app, fields):
    campaign = a_waiting_campaign(priority=5)
    a_waiting_campaign(**{"priority": 1, **fields})
    assert why_waiting(campaign, NOON) is None


def test_of_equal_priority_the_earlier_start_goes_first(app):
    later = a_waiting_campaign(scheduled_start_date=NOON - minutes(5))
    a_waiting_campaign(scheduled_start_date=NOON - minutes(50))
    assert reason_and_until(later)[0] == "higher_priority"


def test_number_stopped(app):
    change_number(stopped_at=NOON, stopped_code=131042, stopped_reason="Error 131042: Payment issue")
    campaign = a_waiting_campaign()
    assert reason_and_until(campaign) == ("number_stopped", None)
    assert "131042" in why_waiting(campaign, NOON).message


def test_a_number_that_is_not_set_up_counts_as_stopped(app):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], whatsapp_access_token=None)
    campaign = a_waiting_campaign()
    assert reason_and_until(campaign) == ("number_stopped", None)
    assert "WHATSAPP_ACCESS_TOKEN" in why_waiting(campaign, NOON).message


def test_provider_failing(app):
    probe = NOON + minutes(1)
    change_number(failing_since=NOON - minutes(3), next_probe_at=probe)
    assert reason_and_until(a_waiting_campaign()) == ("provider_failing", probe)


def test_those_that_whatsapp_put_off_wait_for_their_time(app):
    campaign = a_waiting_campaign()
    db.session.execute(update(Recipient).values(next_try_at=NOON + minutes(7)))
    db.session.commit()
    assert reason_and_until(campaign) == ("provider_failing", NOON + minutes(7))


def test_no_scheduler(app):
    db.session.execute(delete(Lease))
    db.session.commit()
    campaign = a_waiting_campaign()
    assert reason_and_until(campaign) == ("no_scheduler", None)
    assert LeaseHolder(SENDER_LEASE, 15).hold()
    assert why_waiting(campaign, utc_now()) is None


def test_paused(app):
    campaign = a_waiting_campaign(status="paused", status_reason="Paused by ana@example.com.")
    assert reason_and_until(campaign) == ("paused", None)
    assert why_waiting(campaign, NOON).message == "Paused by ana@example.com."


def test_overdue_start(app):
    campaign = a_waiting_campaign(status="paused", status_reason=OVERDUE_START)
    assert reason_and_until(campaign) == ("overdue_start", None)


def test_what_concerns_everybody_is_said_before_what_concerns_one(app):
    campaign = a_waiting_campaign(daily_send_limit=7, scheduled_start_date=NOON + DAY)
    change_number(stopped_at=NOON, stopped_reason="Error 190: Token expired")
    assert reason_and_until(campaign)[0] == "number_stopped"
