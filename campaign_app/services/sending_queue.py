"""The campaigns under way in the order in which they are sent, with what holds them back, read in two questions for a whole page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.clock import business_day
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.recipient import Recipient
from campaign_app.models.send_schedule import SendBatch
from campaign_app.services.account_limit import lately_spent
from campaign_app.services.account_state import AccountState, account_state


@dataclass(frozen=True)
class InLine:
    """An active campaign that has something left to send. `used_today` is of its daily limit, `next_try_at` the earliest time
    at which one of its people may be written to."""

    campaign: Campaign
    used_today: int
    next_try_at: datetime | None

    def has_due(self, now: datetime) -> bool:
        return self.next_try_at is not None and self.next_try_at <= now


@dataclass(frozen=True)
class SendingQueue:
    """`line` is in the order of sending."""

    now: datetime
    account: AccountState
    line: Sequence[InLine]

    @cached_property
    def spent(self) -> list[tuple[datetime, int]]:
        """Customers of the account's moving day, as in `account_limit.account_spent`."""
        return lately_spent(self.now)

    def place_of(self, campaign: Campaign) -> InLine:
        """Where `campaign` stands; one that is not under way has used nothing and waits for nothing."""
        return self._by_id.get(campaign.id) or InLine(campaign, 0, None)

    @property
    def campaigns(self) -> list[Campaign]:
        return [place.campaign for place in self.line]

    @cached_property
    def used_today(self) -> dict[UUID, int]:
        return {place.campaign.id: place.used_today for place in self.line}

    @cached_property
    def _by_id(self) -> dict[UUID, InLine]:
        return {place.campaign.id: place for place in self.line}


def sending_order(campaign: Campaign) -> tuple:
    """Campaigns are sent in this order: priority, then start, then launch."""
    start = campaign.scheduled_start_date or campaign.launched_at or campaign.created_at
    return campaign.priority, start, campaign.id


def sending_queue(now: datetime) -> SendingQueue:
    """As the rows stand. Hold on to it while a page is made: it keeps the campaigns and the number from being read again."""
    today = business_day(now, current_app.config["SETTINGS"].zone)
    used = select(func.coalesce(func.sum(SendBatch.messages_authorised), 0)).where(
        SendBatch.campaign_id == Campaign.id, SendBatch.send_date == today
    )
    next_try = select(func.min(Recipient.next_try_at)).where(
        Recipient.campaign_id == Campaign.id, Recipient.status == "pending"
    )
    under_way = select(Campaign, used.scalar_subquery(), next_try.scalar_subquery()).where(
        Campaign.status == CampaignStatus.ACTIVE, Campaign.messages_pending > 0
    )
    line = [InLine(*row) for row in db.session.execute(under_way)]
    return SendingQueue(
        now, account_state(now), sorted(line, key=lambda place: sending_order(place.campaign))
    )
