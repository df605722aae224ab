"""What happens next to a campaign, in a few words: for lists."""

from dataclasses import dataclass
from datetime import date, datetime

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.services.campaign_lists import SCHEDULED, CampaignLine
from campaign_app.services.why_waiting import Waiting

_SHORT = {
    "outside_window": "Waits for its hours",
    "daily_limit": "Today's limit is used",
    "account_limit": "WhatsApp's limit is used",
    "higher_priority": "Another campaign goes first",
    "number_stopped": "The number is stopped",
    "provider_failing": "WhatsApp asked to wait",
    "no_scheduler": "No sender is running",
}


@dataclass(frozen=True)
class NextEvent:
    """`words`, and the instant or the day that they speak of; `needs_staff`: somebody has to do something."""

    words: str
    at: datetime | None = None
    on: date | None = None
    needs_staff: bool = False


def next_event(line: CampaignLine, waiting: Waiting | None, last_on: date | None) -> NextEvent:
    """`waiting`: why it does not send, `last_on`: the day on which its last message leaves, both as of now."""
    campaign = line.campaign
    if campaign.status == CampaignStatus.DRAFT:
        return NextEvent("Not launched", needs_staff=True)
    if campaign.status == CampaignStatus.PAUSED:
        return NextEvent("Waits to be resumed", needs_staff=True)
    if campaign.status in (CampaignStatus.COMPLETED, CampaignStatus.CANCELLED):
        return NextEvent("Ended", at=campaign.completed_at)
    if line.state == SCHEDULED:
        return NextEvent("Starts", at=campaign.scheduled_start_date)
    if waiting is None:
        return NextEvent("The last one leaves", on=last_on) if last_on else NextEvent("Sending")
    words = _SHORT.get(waiting.reason, "Waits")
    if waiting.until is not None:
        return NextEvent(f"{words}; goes on", at=waiting.until)
    return NextEvent(words, needs_staff=waiting.reason in ("number_stopped", "no_scheduler"))
