"""The plan of the campaigns as their rows stand now: the one calculation behind the schedule, its days and the forecast."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
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
from campaign_app.services.number import messaging_limit
from campaign_app.services.sending_queue import SendingQueue, sending_order, sending_queue

_LAUNCHED = (CampaignStatus.ACTIVE, CampaignStatus.PAUSED, CampaignStatus.COMPLETED)


def zone_of(campaign: Campaign) -> ZoneInfo:
    """The zone of the campaign's send window."""
    return ZoneInfo(campaign.timezone or current_app.config["SETTINGS"].business_timezone)


def window_of(campaign: Campaign) -> SendWindow | None:
    return parse_window(campaign.send_window, zone_of(campaign))


def plans_of_all(now: datetime, queue: SendingQueue | None = None) -> dict[UUID, Plan]:
    """The plan of every active campaign that has something left to send. `queue`: where it is known already."""
    queue, account = _known_or_read(queue, now)
    return _plans(queue.campaigns, queue, account, now, {})


def plan_of(
    campaign: Campaign, now: datetime, people: int | None = None, queue: SendingQueue | None = None
) -> Plan:
    """The plan of `campaign`, whatever its state, as if it were active: beside all that share the account's limit with it.

    `people`: how many are pending, where that is known better than from its counter. `queue`: where it is known already.
    """
    queue, account = _known_or_read(queue, now)
    others = [] if account is None else [other for other in queue.campaigns if other.id != campaign.id]
    known = {} if people is None else {campaign.id: people}
    return _plans([*others, campaign], queue, account, now, known)[campaign.id]


def _known_or_read(queue: SendingQueue | None, now: datetime) -> tuple[SendingQueue, Account | None]:
    """The queue and what is left of the account's limit. What is planned for good counts the moving day anew."""
    read = queue or sending_queue(now)
    limit = messaging_limit(read.account.number)
    if limit is None:
        return read, None
    return read, Account(limit, account_spent(now) if queue is None else queue.spent)


def _plans(
    campaigns: Sequence[Campaign],
    queue: SendingQueue,
    account: Account | None,
    now: datetime,
    people: dict[UUID, int],
) -> dict[UUID, Plan]:
    if not campaigns:
        return {}
    zone = current_app.config["SETTINGS"].zone
    line = sorted(campaigns, key=sending_order)
    used, later = _used_today(line, queue, now), _later(line, now)
    sendings = [
        sending_of(one, people.get(one.id, one.messages_pending), used.get(one.id, 0), later[one.id])
        for one in line
    ]
    return dict(zip((one.id for one in line), lay_plans(sendings, now, zone, account), strict=True))


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


def _used_today(campaigns: Sequence[Campaign], queue: SendingQueue, now: datetime) -> dict[UUID, int]:
    """Of the daily limits; asked for those that are not under way, but were: paused today, perhaps."""
    known = queue.used_today
    others = [one.id for one in campaigns if one.id not in known and one.status in _LAUNCHED]
    if not others:
        return known
    used = select(SendBatch.campaign_id, func.sum(SendBatch.messages_authorised)).where(
        SendBatch.send_date == business_day(now, current_app.config["SETTINGS"].zone),
        SendBatch.campaign_id.in_(others),
    )
    return {**known, **dict(db.session.execute(used.group_by(SendBatch.campaign_id)).all())}


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
