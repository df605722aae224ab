"""Pausing, resuming and cancelling a campaign: conditional moves, so that two clicks do one thing."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from campaign_app.domain.campaign_status import MOVES, CampaignStatus
from campaign_app.domain.errors import Conflict
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.services import audit
from campaign_app.services.campaigns import find_campaign
from campaign_app.services.counters import lock_campaigns
from campaign_app.services.number import request_run
from campaign_app.services.send_schedule import plan_anew

PAUSED_BY = "Paused by "  # begins the reason where staff have paused it
PAST = {"pause": "paused", "resume": "resumed", "cancel": "cancelled"}


def pause(campaign_id: UUID, actor: str, now: datetime) -> Campaign:
    """Nothing leaves any more; what is in flight is finished. Raises NotFound, Conflict."""
    return _move("pause", campaign_id, actor, now, f"{PAUSED_BY}{actor}.")


def resume(campaign_id: UUID, actor: str, now: datetime) -> Campaign:
    """Go on with what is pending; the plan is laid out anew from today. Raises NotFound, Conflict."""
    campaign = find_campaign(campaign_id)
    if campaign.scheduled_end_date is not None and campaign.scheduled_end_date <= now:
        raise Conflict("The campaign's end is already past. Change its end first, then resume.")
    campaign = _move("resume", campaign_id, actor, now, None)
    plan_anew(campaign, now)
    request_run(now)
    return campaign


def cancel(campaign_id: UUID, actor: str, now: datetime) -> Campaign:
    """End it for good: the pending ones never get it. Raises NotFound, Conflict."""
    campaign = _move("cancel", campaign_id, actor, now, f"Cancelled by {actor}.")
    campaign.completed_at = now
    plan_anew(campaign, now)
    return campaign


def _move(verb: str, campaign_id: UUID, actor: str, now: datetime, reason: str | None) -> Campaign:
    campaign = find_campaign(campaign_id)
    sources, target = MOVES[verb]
    lock_campaigns([campaign_id])
    moved = db.session.execute(
        update(Campaign)
        .where(Campaign.id == campaign_id, Campaign.status.in_(sources))
        .values(status=target, status_reason=reason, updated_at=now)
    )
    db.session.refresh(campaign)
    if not moved.rowcount:
        hint = " It has not been launched yet." if campaign.status == CampaignStatus.DRAFT else ""
        raise Conflict(f"The campaign is {campaign.status}: it cannot be {PAST[verb]}.{hint}")
    audit.record(actor, f"campaign.{PAST[verb]}", "campaign", campaign_id, {"name": campaign.name}, now)
    return campaign
