"""The numbers of a campaign, from its counters."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Row

from campaign_app.domain.send_plan import Plan
from campaign_app.domain.tally import percentage
from campaign_app.models.campaign import Campaign
from campaign_app.services.forecast import estimated_completion_on


@dataclass(frozen=True)
class CampaignStats:
    """Counts of recipients, rates in percent with one decimal. `sent`, `delivered` and `read` are cumulative."""

    campaign_id: UUID
    campaign_name: str
    status: str
    total_target: int
    sent: int
    delivered: int
    read: int
    failed: int
    pending: int
    progress_percentage: float
    delivery_rate: float
    read_rate: float
    estimated_completion_date: date | None
    failure_rate: float
    skipped: int
    unconfirmed: int

    def as_json(self) -> dict:
        """Exactly the keys that the JSON API promises."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        day = self.estimated_completion_date
        return {
            **values,
            "campaign_id": str(self.campaign_id),
            "estimated_completion_date": day.isoformat() if day else None,
        }


def campaign_stats(campaign: Campaign, now: datetime, plan: Plan | None = None) -> CampaignStats:
    """Reads one row and, for the forecast, the campaigns beside it (not where `plan` is known); never the recipients."""
    return stats_from(campaign, estimated_completion_on(campaign, now, plan))


def stats_from(campaign: Campaign | Row, ends_on: date | None) -> CampaignStats:
    done = campaign.total_target_customers - campaign.messages_pending
    return CampaignStats(
        campaign_id=campaign.id,
        campaign_name=campaign.name,
        status=campaign.status,
        total_target=campaign.total_target_customers,
        sent=campaign.messages_sent,
        delivered=campaign.messages_delivered,
        read=campaign.messages_read,
        failed=campaign.messages_failed,
        pending=campaign.messages_pending,
        progress_percentage=percentage(done, campaign.total_target_customers),
        delivery_rate=percentage(campaign.messages_delivered, campaign.messages_sent),
        read_rate=percentage(campaign.messages_read, campaign.messages_delivered),
        estimated_completion_date=ends_on,
        failure_rate=percentage(campaign.messages_failed, campaign.messages_sent + campaign.messages_refused),
        skipped=campaign.recipients_skipped,
        unconfirmed=campaign.messages_unconfirmed,
    )
