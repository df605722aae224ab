"""When a campaign ends, from the plan that the sender follows: daily limits, windows, the account's limit, priorities."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import func, select

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.clock import business_day
from campaign_app.domain.send_plan import LONGEST_PLAN_DAYS
from campaign_app.domain.send_window import SendWindow
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.send_schedule import SendBatch
from campaign_app.services.campaigns import window_of
from campaign_app.services.number import messaging_limit, sending_number


@dataclass
class _Runner:
    campaign_id: object
    left: int
    per_day: int
    used_today: int
    first_day: date
    last_day: date | None
    window: SendWindow | None


def estimated_completion_on(campaign: Campaign, now: datetime) -> date | None:
    """The business day on which the last message leaves, or left, or the campaign ends before; None while that cannot be
    told (draft, paused, …)."""
    zone = current_app.config["SETTINGS"].zone
    if campaign.status == CampaignStatus.COMPLETED and campaign.completed_at is not None:
        return business_day(campaign.completed_at, zone)
    if campaign.status != CampaignStatus.ACTIVE:
        return None
    if campaign.messages_pending <= 0:
        return business_day(now, zone)
    runners = _runners(campaign, now)
    limit = messaging_limit(sending_number())
    used = min(sending_number().limit_used or 0, limit or 0)
    today = business_day(now, zone)
    for ahead in range(LONGEST_PLAN_DAYS):
        day = today + timedelta(days=ahead)
        account_left = None if limit is None else limit - (used if ahead == 0 else 0)
        for runner in runners:
            account_left = _run_day(runner, day, ahead == 0, account_left, zone)
        if runners[-1].left <= 0 or day == runners[-1].last_day:
            return day
    return None


def _run_day(
    runner: _Runner, day: date, is_today: bool, account_left: int | None, zone: ZoneInfo
) -> int | None:
    is_over = runner.left <= 0 or (runner.last_day is not None and day > runner.last_day)
    if day < runner.first_day or is_over or (runner.window and not runner.window.opens_on(day, zone)):
        return account_left
    size = min(runner.left, runner.per_day - (runner.used_today if is_today else 0))
    size = max(0, size if account_left is None else min(size, account_left))
    runner.left -= size
    return None if account_left is None else account_left - size


def _runners(campaign: Campaign, now: datetime) -> list[_Runner]:
    """The campaigns that go first, in the order of the sender, and at the end `campaign` itself."""
    zone = current_app.config["SETTINGS"].zone
    ahead = select(Campaign).where(
        Campaign.status == CampaignStatus.ACTIVE, Campaign.messages_pending > 0, Campaign.id != campaign.id
    )
    mine = sending_order(campaign)
    queue = [other for other in db.session.scalars(ahead) if sending_order(other) < mine] + [campaign]
    used = dict(
        db.session.execute(
            select(SendBatch.campaign_id, func.sum(SendBatch.messages_authorised))
            .where(
                SendBatch.send_date == business_day(now, zone),
                SendBatch.campaign_id.in_([one.id for one in queue]),
            )
            .group_by(SendBatch.campaign_id)
        ).all()
    )
    runners = []
    for one in queue:
        window = window_of(one)
        start = max(now, one.scheduled_start_date or now)
        first_day = business_day(window.opens_at(start) if window else start, zone)
        end = one.scheduled_end_date
        last_day = business_day(max(now, end), zone) if end else None
        runners.append(
            _Runner(
                one.id,
                one.messages_pending,
                one.daily_send_limit,
                used.get(one.id, 0),
                first_day,
                last_day,
                window,
            )
        )
    return runners


def sending_order(campaign: Campaign) -> tuple:
    """Campaigns are sent in this order: priority, then start, then launch."""
    start = campaign.scheduled_start_date or campaign.launched_at or campaign.created_at
    return campaign.priority, start, campaign.id
