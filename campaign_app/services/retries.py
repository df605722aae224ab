"""Retrying by hand: the failed ones whose code can succeed go back into the queue, as new attempts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import current_app
from sqlalchemy import bindparam, func, select, update

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.errors import Conflict
from campaign_app.domain.retry_policy import DAY, Action, may_retry_by_hand
from campaign_app.domain.tally import NO_CODE, Standing, Tally
from campaign_app.extensions import db
from campaign_app.models.analytics import FailureCount
from campaign_app.models.campaign import Campaign
from campaign_app.models.recipient import Recipient
from campaign_app.services import audit
from campaign_app.services.campaigns import find_campaign
from campaign_app.services.counters import add_tally, lock_campaigns
from campaign_app.services.number import request_run
from campaign_app.services.send_schedule import plan_anew
from campaign_app.whatsapp.error_catalogue import lookup

# What a new attempt forgets of the one before; the old attempt keeps it in its own row.
FRESH = {
    "status": "pending", "message_id": None, "whatsapp_message_id": None, "sent_at": None, "delivered_at": None,
    "read_at": None, "failed_at": None, "unconfirmed_at": None, "retry_at": None, "failure_code": None, "failure_reason": None,
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


def retry_failed(
    campaign_id: UUID, actor: str, now: datetime, only_code: int | None = None
) -> RetriedFailures:
    """Queue every failed recipient again whose error code can succeed. A completed campaign becomes active again.

    `only_code`: those with this code alone, NO_CODE for those without one. Raises NotFound, Conflict.
    """
    campaign = find_campaign(campaign_id)
    lock_campaigns([campaign_id])
    db.session.refresh(campaign)
    if campaign.status not in (CampaignStatus.ACTIVE, CampaignStatus.PAUSED, CampaignStatus.COMPLETED):
        raise Conflict(f"The campaign is {campaign.status}: nothing of it can be retried.")
    counts = select(FailureCount).where(FailureCount.campaign_id == campaign_id, FailureCount.failures > 0)
    if only_code is not None:
        counts = counts.where(FailureCount.code == only_code)
    worth, left = [], []
    for row in db.session.scalars(counts.order_by(FailureCount.failures.desc())):
        entry = lookup(None if row.code == NO_CODE else row.code)
        if may_retry_by_hand(entry.action):
            worth.append(row.code)
        else:
            left.append(
                LeftOut(
                    None if row.code == NO_CODE else row.code,
                    row.title or entry.title or "Not explained by WhatsApp",
                    row.failures,
                    entry.meaning,
                )
            )
    requeued = _requeue(campaign, _failed_with(worth), now) if worth else 0
    if not requeued:
        return RetriedFailures(0, left)
    go_on(campaign, now)
    audit.record(actor, "campaign.retried", "campaign", campaign_id, {"recipients": requeued}, now)
    return RetriedFailures(requeued, left)


def retry_due(now: datetime) -> int:
    """Queue again, by themselves, the failed ones whose time has come. A campaign that was completed opens again for them.

    Returns how many. The caller commits.
    """
    due = select(Recipient.campaign_id).where(Recipient.retry_at <= now, _may_go_on(now))
    requeued = 0
    for campaign_id in sorted(set(db.session.scalars(due))):
        lock_campaigns([campaign_id])
        campaign = find_campaign(campaign_id)
        people = _requeue(campaign, Recipient.retry_at <= now, now)
        go_on(campaign, now)
        audit.record("the app", "campaign.retried", "campaign", campaign_id, {"recipients": people}, now)
        requeued += people
    return requeued


def next_retry_at(now: datetime) -> datetime | None:
    """When the next failed one is tried again by itself."""
    planned = select(func.min(Recipient.retry_at))
    return db.session.scalar(planned.where(Recipient.retry_at.is_not(None), _may_go_on(now)))


def _may_go_on(now: datetime):
    """Whether a recipient's campaign still sends. Not a join: SQLite would begin it with every finished campaign."""
    mine = select(Campaign.id).where(
        Campaign.id == Recipient.campaign_id,
        Campaign.status.in_((CampaignStatus.ACTIVE, CampaignStatus.COMPLETED)),
        Campaign.scheduled_end_date.is_(None) | (Campaign.scheduled_end_date > now),
    )
    return mine.exists()


def _failed_with(codes: list[int]):
    wanted = Recipient.failure_code.in_([code for code in codes if code != NO_CODE])
    return wanted | Recipient.failure_code.is_(None) if NO_CODE in codes else wanted


def go_on(campaign: Campaign, now: datetime) -> None:
    """There is something to send again: a completed campaign is active again, and the plan is laid out anew."""
    if campaign.status == CampaignStatus.COMPLETED:
        if campaign.scheduled_end_date is not None and campaign.scheduled_end_date <= now:
            raise Conflict(
                "The campaign's end is already past: nothing more of it is sent. Clone it to write once more."
            )
        campaign.status = CampaignStatus.ACTIVE
        campaign.status_reason = None
        campaign.completed_at = None
    db.session.flush()
    plan_anew(campaign, now)
    request_run(now)


def _requeue(campaign: Campaign, wanted, now: datetime) -> int:
    """Make the failed recipients that `wanted` chooses pending again. Returns how many."""
    zone = current_app.config["SETTINGS"].zone
    failed = select(Recipient).where(
        Recipient.campaign_id == campaign.id, Recipient.status == "failed", wanted
    )
    requeued = 0
    while rows := db.session.scalars(failed.order_by(Recipient.id).limit(CHUNK)).all():
        tally = Tally()
        for row in rows:
            tally.move(standing_of(row), Standing("pending"), zone)
        again = [{"row_id": row.id, "again_at": _not_before(row, now)} for row in rows]
        for row in rows:
            db.session.expunge(row)
        table = Recipient.__table__
        values = {**FRESH, "retry_count": table.c.retry_count + 1, "updated_at": now}
        db.session.execute(
            update(table)
            .where(table.c.id == bindparam("row_id"))
            .values(**values, next_try_at=bindparam("again_at")),
            again,
        )
        add_tally(campaign.id, tally, now)
        requeued += len(again)
    db.session.refresh(campaign)
    return requeued


def _not_before(row: Recipient, now: datetime) -> datetime:
    """WhatsApp holds a customer back longer when a day has not passed since it refused for that reason."""
    if row.failed_at is not None and lookup(row.failure_code).action is Action.RETRY_AFTER_DAY:
        return max(now, row.failed_at + DAY)
    return now


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
