"""What a campaign still has open when its queue is empty: messages that are not confirmed, and failures tried again by themselves."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.recipient import Recipient
from campaign_app.services.unconfirmed import Unconfirmed, decidable_until, open_unconfirmed, patience


@dataclass(frozen=True)
class LeftOpen:
    """`retries`: failed people who are tried again by themselves, the first of them at `first_retry_at`."""

    unconfirmed: Unconfirmed
    retries: int
    first_retry_at: datetime | None


def left_open(campaign: Campaign, now: datetime) -> LeftOpen:
    """One question, and none where the counters say that nothing is open."""
    unconfirmed, failed = campaign.messages_unconfirmed, campaign.messages_failed
    if not unconfirmed and not failed:
        return LeftOpen(Unconfirmed(0, 0, None), 0, None)
    is_old = Recipient.unconfirmed_at <= decidable_until(now)
    of_unconfirmed = open_unconfirmed(campaign.id)
    planned = (Recipient.campaign_id == campaign.id, Recipient.retry_at.is_not(None))
    decidable, next_at, retries, first_retry_at = db.session.execute(
        select(
            select(func.count()).select_from(Recipient).where(*of_unconfirmed, is_old).scalar_subquery(),
            select(func.min(Recipient.unconfirmed_at)).where(*of_unconfirmed, ~is_old).scalar_subquery(),
            select(func.count()).select_from(Recipient).where(*planned).scalar_subquery(),
            select(func.min(Recipient.retry_at)).where(*planned).scalar_subquery(),
        )
    ).one()
    if not _goes_on(campaign, now):
        retries, first_retry_at = 0, None
    return LeftOpen(
        Unconfirmed(unconfirmed, decidable, next_at and next_at + patience()), retries, first_retry_at
    )


def _goes_on(campaign: Campaign, now: datetime) -> bool:
    """Whether what is planned for it will happen; a completed one opens again for it."""
    end = campaign.scheduled_end_date
    return campaign.status in (CampaignStatus.ACTIVE, CampaignStatus.PAUSED, CampaignStatus.COMPLETED) and (
        end is None or end > now
    )
