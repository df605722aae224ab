"""What the plan says to people: when a campaign ends, how many go today, and who would be left at its end."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask import current_app

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.clock import business_day
from campaign_app.domain.send_plan import Plan
from campaign_app.models.campaign import Campaign
from campaign_app.services.send_plans import plan_of, plans_of_all
from campaign_app.services.sending_queue import SendingQueue


@dataclass(frozen=True)
class Forecast:
    """`days` is how many days messages leave on, from `begins_on`, which carries `first` of them, to `ends_on`; both None where
    nobody can be sent to. `unplanned`: people for whom there is no day before the campaign's end (or within ten years)."""

    people: int
    today: int
    days: int
    first: int
    begins_on: date | None
    ends_on: date | None
    unplanned: int


def forecast_of(
    campaign: Campaign, now: datetime, people: int | None = None, queue: SendingQueue | None = None
) -> Forecast:
    """As if it were active from now on, beside those that are. `people`: how many it goes to, where its counter does not say."""
    people = campaign.messages_pending if people is None else people
    return forecast_from(plan_of(campaign, now, people, queue), people, now)


def estimated_completion_on(campaign: Campaign, now: datetime, plan: Plan | None = None) -> date | None:
    """The business day on which the last message leaves, or left, or the campaign ends before; None while that cannot be
    told (draft, paused, …). `plan`: the campaign's, where it is known already."""
    told = _told(campaign, now)
    if told is not None or not _is_planned(campaign):
        return told
    return _ends_on(campaign, plan or plan_of(campaign, now), now)


def estimated_completions(
    campaigns: list[Campaign], now: datetime, queue: SendingQueue | None = None
) -> dict[UUID, date | None]:
    """The same for several campaigns, from one plan."""
    plans = plans_of_all(now, queue) if any(_is_planned(campaign) for campaign in campaigns) else {}
    return {
        campaign.id: _ends_on(campaign, plans[campaign.id], now)
        if campaign.id in plans and _is_planned(campaign)
        else _told(campaign, now)
        for campaign in campaigns
    }


def _is_planned(campaign: Campaign) -> bool:
    return campaign.status == CampaignStatus.ACTIVE and campaign.messages_pending > 0


def _told(campaign: Campaign, now: datetime) -> date | None:
    """The day that needs no plan."""
    zone = current_app.config["SETTINGS"].zone
    if campaign.status == CampaignStatus.COMPLETED and campaign.completed_at is not None:
        return business_day(campaign.completed_at, zone)
    if campaign.status == CampaignStatus.ACTIVE and campaign.messages_pending <= 0:
        return business_day(now, zone)
    return None


def _ends_on(campaign: Campaign, plan: Plan, now: datetime) -> date | None:
    if not plan.unplanned:
        return plan.batches[-1].day if plan.batches else None
    end = campaign.scheduled_end_date
    return None if end is None else business_day(max(now, end), current_app.config["SETTINGS"].zone)


def forecast_from(plan: Plan, people: int, now: datetime) -> Forecast:
    today = business_day(now, current_app.config["SETTINGS"].zone)
    days = [batch.day for batch in plan.batches]
    return Forecast(
        people=people,
        today=plan.size_on(today),
        days=len(days),
        first=plan.batches[0].size if days else 0,
        begins_on=days[0] if days else None,
        ends_on=days[-1] if days else None,
        unplanned=plan.unplanned,
    )
