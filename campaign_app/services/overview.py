"""What the home page shows: what runs, what needs attention, and today against the limits."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import func, select

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.clock import business_day
from campaign_app.domain.tally import percentage
from campaign_app.extensions import db
from campaign_app.models.analytics import DailyAnalytics
from campaign_app.models.campaign import Campaign
from campaign_app.models.send_schedule import SendBatch

RATES_DAYS = 30
HIGH_FAILURE_RATE = 20.0  # percent of a campaign's messages: worth a look
ENOUGH_TO_JUDGE = 20  # messages


@dataclass(frozen=True)
class RatesToDate:
    """Counts of the last RATES_DAYS business days over all campaigns, and their rates."""

    sent: int
    delivered: int
    read: int
    failed: int
    delivery_rate: float
    read_rate: float


def sent_today(now: datetime) -> int:
    """Messages handed to WhatsApp on this business day, all campaigns together, less those that it refused."""
    today = business_day(now, current_app.config["SETTINGS"].zone)
    used = select(func.coalesce(func.sum(SendBatch.messages_authorised), 0)).where(
        SendBatch.send_date == today
    )
    return db.session.scalar(used)


def rates_to_date(now: datetime) -> RatesToDate:
    first_day = business_day(now, current_app.config["SETTINGS"].zone) - timedelta(days=RATES_DAYS - 1)
    columns = (
        DailyAnalytics.messages_sent,
        DailyAnalytics.messages_delivered,
        DailyAnalytics.messages_read,
        DailyAnalytics.messages_failed,
    )
    sums = select(*(func.coalesce(func.sum(column), 0) for column in columns))
    sent, delivered, read, failed = db.session.execute(
        sums.where(DailyAnalytics.analytics_date >= first_day)
    ).one()
    return RatesToDate(
        sent, delivered, read, failed, percentage(delivered, sent), percentage(read, delivered)
    )


def needing_attention(limit: int = 10) -> list[tuple[Campaign, str]]:
    """Campaigns that wait for a person, each with the sentence why."""
    found: list[tuple[Campaign, str]] = []
    paused = (
        select(Campaign).where(Campaign.status == CampaignStatus.PAUSED).order_by(Campaign.updated_at.desc())
    )
    for campaign in db.session.scalars(paused.limit(limit)):
        found.append((campaign, campaign.status_reason or "It is paused."))
    unclear = select(Campaign).where(Campaign.messages_unconfirmed > 0).order_by(Campaign.updated_at.desc())
    for campaign in db.session.scalars(unclear.limit(limit)):
        people = campaign.messages_unconfirmed
        words = "1 message is" if people == 1 else f"{people:,} messages are"
        found.append(
            (
                campaign,
                f"{words} not confirmed: WhatsApp's answer got lost. They are never sent again by themselves.",
            )
        )
    failing = select(Campaign).where(
        Campaign.status == CampaignStatus.ACTIVE,
        Campaign.messages_sent + Campaign.messages_refused >= ENOUGH_TO_JUDGE,
        Campaign.messages_failed * 100
        >= HIGH_FAILURE_RATE * (Campaign.messages_sent + Campaign.messages_refused),
    )
    for campaign in db.session.scalars(failing.limit(limit)):
        rate = percentage(campaign.messages_failed, campaign.messages_sent + campaign.messages_refused)
        found.append((campaign, f"{rate}% of its messages failed. The failure table says why."))
    return found[:limit]
