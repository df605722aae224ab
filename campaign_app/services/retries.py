"""Retrying by hand: the failed ones whose code can succeed go back into the queue, as new attempts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import current_app
from sqlalchemy import select, update

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.errors import Conflict
from campaign_app.domain.retry_policy import may_retry_by_hand
from campaign_app.domain.tally import NO_CODE, Standing, Tally
from campaign_app.extensions import db
from campaign_app.models.analytics import FailureCount
from campaign_app.models.campaign import Campaign
from campaign_app.models.recipient import Recipient
from campaign_app.services import audit
from campaign_app.services.campaigns import find_campaign, window_of
from campaign_app.services.counters import add_tally, lock_campaigns
from campaign_app.services.number import request_run
from campaign_app.services.send_schedule import lay_out
from campaign_app.whatsapp.error_catalogue import lookup

# What a new attempt forgets of the one before; the old attempt keeps it in its own row.
FRESH = {
    "status": "pending", "message_id": None, "whatsapp_message_id": None, "sent_at": None, "delivered_at": None, "read_at": None, "failed_at": None,
    "unconfirmed_at": None, "failure_code": None, "failure_reason": None,
}  # fmt: skip
CHUNK = 1000


@dataclass(frozen=True)
class LeftOut:
    """Failures that are not worth another try, and why."""

    code: int | None
    title: str
    failures: int
    reason: str


@dataclass(frozen=True)
class RetriedFailures:
    requeued: int
    left: list[LeftOut]


def retry_failed(campaign_id: UUID, actor: str, now: datetime) -> RetriedFailures:
    """Queue every failed recipient again whose error code can succeed. A completed campaign becomes active again.

    Raises NotFound, Conflict.
    """
    campaign = find_campaign(campaign_id)
    lock_campaigns([campaign_id])
    db.session.refresh(campaign)
    if campaign.status not in (CampaignStatus.ACTIVE, CampaignStatus.PAUSED, CampaignStatus.COMPLETED):
        raise Conflict(f"The campaign is {campaign.status}: nothing of it can be retried.")
    counts = select(FailureCount).where(FailureCount.campaign_id == campaign_id, FailureCount.failures > 0)
    worth, left = [], []
    for row in db.session.scalars(counts.order_by(FailureCount.failures.desc())):
        entry = lookup(None if row.code == NO_CODE else row.code)
        if may_retry_by_hand(entry.action):
            worth.append(row.code)
        else:
            left.append(LeftOut(None if row.code == NO_CODE else row.code, row.title or entry.title or "Not explained by WhatsApp", row.failures, entry.advice))
    requeued = _requeue(campaign, worth, now) if worth else 0
    if not requeued:
        return RetriedFailures(0, left)
    if campaign.status == CampaignStatus.COMPLETED:
        _reopen(campaign, now)
    db.session.flush()
    lay_out(campaign, window_of(campaign), now)
    request_run(now)
    audit.record(actor, "campaign.retried", "campaign", campaign_id, {"recipients": requeued}, now)
    return RetriedFailures(requeued, left)


def _reopen(campaign: Campaign, now: datetime) -> None:
    if campaign.scheduled_end_date is not None and campaign.scheduled_end_date <= now:
        raise Conflict("The campaign's end is already past. Change its end first, then retry.")
    campaign.status = CampaignStatus.ACTIVE
    campaign.status_reason = None
    campaign.completed_at = None


def _requeue(campaign: Campaign, codes: list[int], now: datetime) -> int:
    zone = current_app.config["SETTINGS"].zone
    known = [code for code in codes if code != NO_CODE]
    wanted = Recipient.failure_code.in_(known)
    if NO_CODE in codes:
        wanted = wanted | Recipient.failure_code.is_(None)
    failed = select(Recipient).where(Recipient.campaign_id == campaign.id, Recipient.status == "failed", wanted)
    requeued = 0
    while rows := db.session.scalars(failed.order_by(Recipient.id).limit(CHUNK)).all():
        tally = Tally()
        for row in rows:
            tally.move(standing_of(row), Standing("pending"), zone)
        ids = [row.id for row in rows]
        db.session.expunge_all()
        again = update(Recipient.__table__).where(Recipient.__table__.c.id.in_(ids))
        db.session.execute(again.values(**FRESH, retry_count=0, next_try_at=now, updated_at=now))
        add_tally(campaign.id, tally, now)
        requeued += len(ids)
    db.session.add(campaign)
    db.session.refresh(campaign)
    return requeued


def standing_of(recipient) -> Standing:
    """How a recipient's row (or any with the same columns) stands."""
    return Standing(
        recipient.status,
        recipient.sent_at,
        recipient.delivered_at,
        recipient.read_at,
        recipient.failed_at,
        recipient.unconfirmed_at,
        recipient.failure_code,
    )
