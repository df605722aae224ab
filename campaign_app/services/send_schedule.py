"""The plan of daily batches: laid out at launch and anew on every change; the recipients' planned days agree with it."""

from collections.abc import Callable, Collection
from datetime import date, datetime
from uuid import UUID

from flask import current_app
from sqlalchemy import case, delete, func, select, update

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.clock import business_day
from campaign_app.domain.ids import new_id
from campaign_app.domain.send_plan import PlannedBatch, plan_batches
from campaign_app.domain.send_window import SendWindow
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.recipient import Recipient
from campaign_app.models.send_schedule import SendBatch

_CLOSED = {"status": "completed", "batch_size": SendBatch.messages_authorised, "messages_remaining": 0}


def schedule_days(campaign: Campaign) -> list[SendBatch]:
    """Every batch of the plan, past and coming, in the order of days."""
    found = (
        select(SendBatch)
        .where(SendBatch.campaign_id == campaign.id)
        .order_by(SendBatch.send_date, SendBatch.batch_number)
    )
    return list(db.session.scalars(found))


def batch_of(campaign: Campaign, day: date) -> SendBatch | None:
    return db.session.scalar(
        select(SendBatch).where(SendBatch.campaign_id == campaign.id, SendBatch.send_date == day)
    )


def today_batch(campaign: Campaign, window: SendWindow | None, now: datetime) -> SendBatch:
    """Today's row; the plan is laid out anew where days were missed or the plan has no such day."""
    today = business_day(now, current_app.config["SETTINGS"].zone)
    stale = select(SendBatch.id).where(
        SendBatch.campaign_id == campaign.id,
        SendBatch.send_date < today,
        SendBatch.status.in_(("pending", "processing")),
    )
    row = batch_of(campaign, today)
    if row is None or db.session.scalar(stale.limit(1)) is not None:
        lay_out(campaign, window, now)
        row = batch_of(campaign, today)
    if row is None:  # nothing is planned for today, and yet somebody asks
        row = SendBatch(campaign_id=campaign.id, send_date=today, batch_size=0, status="pending")
        db.session.add(row)
        db.session.flush()
    return row


def realign_plans(now: datetime, window_of: Callable[[Campaign], SendWindow | None]) -> None:
    """Lay out anew the plans that no longer add up to what is pending: a message that WhatsApp refused for good gives its
    place of the day to somebody who was planned for later. Finished campaigns lose the days that they no longer need."""
    planned = (
        select(func.coalesce(func.sum(SendBatch.messages_remaining), 0))
        .where(SendBatch.campaign_id == Campaign.id)
        .scalar_subquery()
    )
    astray = select(Campaign).where(
        Campaign.status.in_((CampaignStatus.ACTIVE, CampaignStatus.COMPLETED)),
        Campaign.launched_at.is_not(None),
        planned > Campaign.messages_pending,
        Campaign.id.in_(select(SendBatch.campaign_id).where(SendBatch.messages_remaining > 0)),
    )
    for campaign in db.session.scalars(astray).all():
        lay_out(campaign, window_of(campaign), now)


def lay_out(campaign: Campaign, window: SendWindow | None, now: datetime) -> None:
    """Write the plan for all that is pending: batches from today (or the start) on, and each recipient's planned day."""
    zone = current_app.config["SETTINGS"].zone
    today = business_day(now, zone)
    _close_past_days(campaign, today)
    row = batch_of(campaign, today)
    used = row.messages_authorised if row else 0
    earliest = max(now, campaign.scheduled_start_date or now)
    first_day = business_day(window.opens_at(earliest) if window else earliest, zone)
    left = max(0, campaign.daily_send_limit - used) if first_day == today else None
    pending = _pending(campaign)
    batches = plan_batches(pending, campaign.daily_send_limit, first_day, window, left, zone)
    _write(campaign, batches, row, today, now)
    if batches:
        _plan_recipients(campaign, batches)


def close_plan(campaign_ids: Collection[UUID]) -> None:
    """Nothing more is sent of these campaigns: only the days that were used stay in their plans, as large as they became."""
    mine = SendBatch.campaign_id.in_(campaign_ids)
    quietly = {"synchronize_session": False}
    db.session.execute(
        delete(SendBatch).where(mine, SendBatch.messages_authorised == 0), execution_options=quietly
    )
    db.session.execute(update(SendBatch).where(mine).values(**_CLOSED), execution_options=quietly)


def _pending(campaign: Campaign) -> int:
    return db.session.scalar(
        select(func.count())
        .select_from(Recipient)
        .where(Recipient.campaign_id == campaign.id, Recipient.status == "pending")
    )


def _close_past_days(campaign: Campaign, today: date) -> None:
    """What a past day left undone is planned for the days to come: its batch ends as large as it became."""
    past = update(SendBatch).where(SendBatch.campaign_id == campaign.id, SendBatch.send_date < today)
    db.session.execute(past.where(SendBatch.status != "completed").values(**_CLOSED))
    never_used = delete(SendBatch).where(
        SendBatch.campaign_id == campaign.id, SendBatch.messages_authorised == 0
    )
    db.session.execute(never_used.where(SendBatch.send_date != today))


def _write(
    campaign: Campaign, batches: list[PlannedBatch], row: SendBatch | None, today: date, now: datetime
) -> None:
    planned_today = batches[0].size if batches and batches[0].day == today else 0
    if row is not None and not row.messages_authorised and not planned_today:
        db.session.delete(row)
        db.session.flush()
    elif row is not None:
        row.batch_size = row.messages_authorised + planned_today
        row.messages_remaining = planned_today
        row.status = _state(row)
        db.session.flush()
    new = [
        {
            "id": new_id(), "campaign_id": campaign.id, "send_date": batch.day, "batch_number": 1, "batch_size": batch.size,
            "messages_remaining": batch.size, "status": "pending", "created_at": now, "updated_at": now,
        }
        for batch in batches
        if row is None or batch.day != today
    ]  # fmt: skip
    if new:
        db.session.execute(SendBatch.__table__.insert(), new)
    db.session.expire_all()


def _state(row: SendBatch) -> str:
    if row.messages_remaining <= 0 and row.messages_authorised > 0:
        return "completed"
    return "processing" if row.messages_authorised else "pending"


def _plan_recipients(campaign: Campaign, batches: list[PlannedBatch]) -> None:
    """Set `scheduled_send_date` of all pending recipients, in one statement: the n-th of the queue on the day that carries it."""
    first = batches[0].size
    rank = func.row_number().over(order_by=(Recipient.next_try_at, Recipient.position))
    queue = (
        select(Recipient.id.label("id"), rank.label("rank"))
        .where(Recipient.campaign_id == campaign.id, Recipient.status == "pending")
        .subquery()
    )
    number = case(
        (queue.c.rank <= first, 0), else_=1 + (queue.c.rank - first - 1) // campaign.daily_send_limit
    )
    placed = select(queue.c.id, number.label("number")).subquery()
    days = (
        select(
            SendBatch.send_date, (func.row_number().over(order_by=SendBatch.send_date) - 1).label("number")
        )
        .where(SendBatch.campaign_id == campaign.id, SendBatch.send_date >= batches[0].day)
        .subquery()
    )
    planned = select(placed.c.id, days.c.send_date).join(days, days.c.number == placed.c.number).subquery()
    table = Recipient.__table__
    db.session.execute(
        update(table)
        .where(table.c.id == planned.c.id, table.c.scheduled_send_date.is_distinct_from(planned.c.send_date))
        .values(scheduled_send_date=planned.c.send_date)
    )
