"""Launching: the audience, the message template and the plan are frozen in one transaction."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.errors import Conflict, Invalid
from campaign_app.domain.tally import Tally
from campaign_app.domain.template_needs import shortcomings
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message_template import MessageTemplate
from campaign_app.models.recipient import Recipient
from campaign_app.services import audit
from campaign_app.services.campaigns import find_campaign
from campaign_app.services.cloud_api import cloud_api, missing_settings
from campaign_app.services.counters import add_tally, lock_campaigns
from campaign_app.services.frozen_audience import count_meant, freeze_added, freeze_audience
from campaign_app.services.media import check_not_expired
from campaign_app.services.message_templates import (
    check_sendable,
    find_template,
    needs_of,
    snapshot,
    sync_templates,
)
from campaign_app.services.number import request_run
from campaign_app.services.send_schedule import lay_out, write_days


def launch(campaign_id: UUID, actor: str, now: datetime) -> Campaign:
    """Freeze the audience and let the campaign be sent from its start on. The caller commits.

    A message template that is not known is looked up at WhatsApp first; the transaction in progress ends before that.
    Raises NotFound, and Conflict with the reason.
    """
    _look_up_template(campaign_id, now)
    lock_campaigns([campaign_id])
    campaign = find_campaign(campaign_id)
    db.session.refresh(campaign)
    if not campaign.may("launch"):
        raise Conflict(f"The campaign is {campaign.status}: only a draft can be launched.")
    if campaign.scheduled_end_date is not None and campaign.scheduled_end_date <= now:
        raise Conflict("The campaign's end is already past. Change it, or leave it empty.")
    template = check_sendable(campaign.template_name, campaign.language_code)
    _check_header(campaign, now)
    if campaign.target_audience:
        _check_message(campaign, template)
    campaign.template_snapshot = snapshot(template)
    campaign.status = CampaignStatus.ACTIVE
    campaign.status_reason = None
    campaign.launched_at = now
    db.session.flush()
    _freeze(campaign, template, now)
    request_run(now)
    audit.record(
        actor, "campaign.launched", "campaign", campaign.id, {"recipients": campaign.messages_pending}, now
    )
    return campaign


def _look_up_template(campaign_id: UUID, now: datetime) -> None:
    campaign = find_campaign(campaign_id)
    known = find_template(campaign.template_name, campaign.language_code)
    if known is not None or missing_settings():
        return
    try:
        sync_templates(cloud_api(), now)
        db.session.commit()
    except Conflict:  # WhatsApp cannot be asked now; `check_sendable` decides on what is known
        db.session.rollback()


def _check_message(campaign: Campaign, template: MessageTemplate | None) -> None:
    """Every customer of the filter gets the campaign's own components, so these must fit. Raises Conflict."""
    needs = needs_of(template)
    if needs is None:
        return
    problems = shortcomings(needs, campaign.template_components)
    if problems:
        raise Conflict(f"The message is not complete: {' '.join(problems)}")


def _check_header(campaign: Campaign, now: datetime) -> None:
    try:
        check_not_expired(campaign.template_components, now)
    except Invalid as fault:
        raise Conflict(fault.sentence) from None


def _freeze(campaign: Campaign, template: MessageTemplate | None, now: datetime) -> None:
    freeze_added(campaign, needs_of(template), now)
    added, _ = _counts(campaign)
    meant = count_meant(campaign, now)
    expected = added + meant.sendable
    plan = write_days(campaign, expected, now)
    freeze_audience(campaign, meant, plan.batches, added, now)
    pending, skipped = _counts(campaign)
    if not pending:
        if skipped:
            raise Conflict(
                f"Nobody can be written to: all {skipped:,} people of the audience are left out ({_why(campaign)})."
            )
        raise Conflict("The audience is empty: choose customers, or add recipients.")
    tally = Tally()
    tally.campaign.update(
        total_target_customers=pending - campaign.total_target_customers,
        messages_pending=pending - campaign.messages_pending,
        recipients_skipped=skipped - campaign.recipients_skipped,
    )
    add_tally(campaign.id, tally, now)
    db.session.refresh(campaign)
    # The added ones stand first in the plan; somebody may have opted out meanwhile
    if added or pending != expected:
        lay_out(campaign, now)


def _counts(campaign: Campaign) -> tuple[int, int]:
    """(pending, skipped) recipients."""
    counted = select(Recipient.status, func.count()).where(Recipient.campaign_id == campaign.id)
    counts = dict(db.session.execute(counted.group_by(Recipient.status)).all())
    return counts.get("pending", 0), counts.get("skipped", 0)


def _why(campaign: Campaign) -> str:
    reasons = select(Recipient.skipped_reason, func.count()).where(Recipient.campaign_id == campaign.id)
    found = db.session.execute(
        reasons.group_by(Recipient.skipped_reason).order_by(func.count().desc()).limit(3)
    ).all()
    return "; ".join(f"{reason}: {people:,}" for reason, people in found)
