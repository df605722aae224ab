"""The plan of the campaigns as their rows stand now: the one calculation behind the schedule, its days and the forecast."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import func, select

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.clock import business_day
from campaign_app.domain.send_plan import Account, Plan, Sending, lay_plans
from campaign_app.domain.send_window import SendWindow, parse_window
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.recipient import Recipient
from campaign_app.models.send_schedule import SendBatch
from campaign_app.services.account_limit import account_spent, hour_of
from campaign_app.services.number import messaging_limit, sending_number


def zone_of(campaign: Campaign) -> ZoneInfo:
    """The zone of the campaign's send window."""
    return ZoneInfo(campaign.timezone or current_app.config["SETTINGS"].business_timezone)


def window_of(campaign: Campaign) -> SendWindow | None:
    return parse_window(campaign.send_window, zone_of(campaign))


def sending_order(campaign: Campaign) -> tuple:
    """Campaigns are sent in this order: priority, then start, then launch."""
    start = campaign.scheduled_start_date or campaign.launched_at or campaign.created_at
    return campaign.priority, start, campaign.id


def plans_of_all(now: datetime) -> dict[UUID, Plan]:
    """The plan of every active campaign that has something left to send."""
    campaigns = _under_way()
    return _plans(campaigns, now, {})


def plan_of(campaign: Campaign, now: datetime, people: int | None = None) -> Plan:
    """The plan of `campaign`, whatever its state, as if it were active: beside all that share the account's limit with it.

    `people`: how many are pending, where that is known better than from its counter.
    """
    shares = _account(now) is not None
    others = [other for other in _under_way() if other.id != campaign.id] if shares else []
    known = {} if people is None else {campaign.id: people}
    return _plans([*others, campaign], now, known)[campaign.id]


def _under_way() -> list[Campaign]:
    active = select(Campaign).where(Campaign.status == CampaignStatus.ACTIVE, Campaign.messages_pending > 0)
    return list(db.session.scalars(active))


def _plans(campaigns: Sequence[Campaign], now: datetime, people: dict[UUID, int]) -> dict[UUID, Plan]:
    if not campaigns:
        return {}
    zone = current_app.config["SETTINGS"].zone
    queue = sorted(campaigns, key=sending_order)
    used, later = _used_on(business_day(now, zone), queue), _later(queue, now)
    sendings = [
        sending_of(one, people.get(one.id, one.messages_pending), used.get(one.id, 0), later[one.id])
        for one in queue
    ]
    return dict(zip((one.id for one in queue), lay_plans(sendings, now, zone, _account(now)), strict=True))


def sending_of(
    campaign: Campaign, people: int, used_today: int = 0, later: Sequence[tuple[datetime, int]] = ()
) -> Sending:
    return Sending(
        ready=max(0, people - sum(waiting for _, waiting in later)),
        per_day=campaign.daily_send_limit,
        used_today=used_today,
        start=campaign.scheduled_start_date,
        end=campaign.scheduled_end_date,
        window=window_of(campaign),
        later=later,
    )


def _account(now: datetime) -> Account | None:
    limit = messaging_limit(sending_number())
    return None if limit is None else Account(limit, account_spent(now))


def _used_on(day: date, campaigns: Sequence[Campaign]) -> dict[UUID, int]:
    used = select(SendBatch.campaign_id, func.sum(SendBatch.messages_authorised)).where(
        SendBatch.send_date == day, SendBatch.campaign_id.in_([one.id for one in campaigns])
    )
    return dict(db.session.execute(used.group_by(SendBatch.campaign_id)).all())


def _later(campaigns: Sequence[Campaign], now: datetime) -> dict[UUID, list[tuple[datetime, int]]]:
    """Those who are to be tried at a time of their own, by the hour: (the last of the hour, people), in the order of time."""
    latest = func.max(Recipient.next_try_at)
    counted = (
        select(Recipient.campaign_id, latest, func.count())
        .where(
            Recipient.campaign_id.in_([one.id for one in campaigns]),
            Recipient.status == "pending",
            Recipient.next_try_at > now,
        )
        .group_by(Recipient.campaign_id, hour_of(Recipient.next_try_at))
        .order_by(latest)
    )
    later: dict[UUID, list[tuple[datetime, int]]] = defaultdict(list)
    for campaign_id, at, people in db.session.execute(counted):
        later[campaign_id].append((at, people))
    return later
