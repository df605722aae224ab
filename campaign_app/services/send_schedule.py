"""The plan written down: a row for each day of the run, and each recipient's planned day, which agree after every change."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from itertools import accumulate
from uuid import UUID

from flask import current_app
from sqlalchemy import ColumnElement, Date, case, cast, delete, func, literal, null, select, text, update

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.clock import business_day
from campaign_app.domain.ids import new_id
from campaign_app.domain.send_plan import Plan, PlannedBatch
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.recipient import Recipient
from campaign_app.models.send_schedule import SendBatch
from campaign_app.services.counters import lock_campaigns
from campaign_app.services.send_plans import plan_of, plans_of_all

# Recipients whose days a click plans anew by itself; those of larger campaigns the sender does
AT_ONCE = 20_000

_CLOSED = {"status": "completed", "batch_size": SendBatch.messages_authorised, "messages_remaining": 0}
_LAID_OUT = (CampaignStatus.ACTIVE, CampaignStatus.PAUSED)
_QUIETLY = {"synchronize_session": False}
RECIPIENTS = Recipient.__table__


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


def today_batch(campaign: Campaign, now: datetime) -> SendBatch:
    """Today's row, which counts what is sent; a new one where the plan has no such day. The plan follows after the run."""
    today = business_day(now, current_app.config["SETTINGS"].zone)
    row = batch_of(campaign, today)
    if row is None:
        row = SendBatch(campaign_id=campaign.id, send_date=today, batch_size=0, status="pending")
        db.session.add(row)
        db.session.flush()
    return row


def plan_anew(campaign: Campaign, now: datetime) -> None:
    """Something that the plan depends on has changed: lay it out anew, or leave that to the sender where it takes long.

    Until then the old plan stays as it is, its rows in agreement with its recipients. Cancelled ones are planned no more.
    """
    if campaign.status in (CampaignStatus.COMPLETED, CampaignStatus.CANCELLED):
        close_plan([campaign.id])
    elif campaign.messages_pending <= AT_ONCE:
        lay_out(campaign, now)


def astray_plans(now: datetime, touched: Collection[UUID] = (), at_most: int | None = None) -> list[UUID]:
    """The active campaigns whose plan is no longer the one that would be laid out now. `touched` count as such in any case, also
    when they are paused meanwhile: who was sent to, put off or left out may not have been the next in the plan. `at_most`:
    only campaigns with so many to go."""
    plans = plans_of_all(now)
    open_days = select(SendBatch.campaign_id, SendBatch.send_date, SendBatch.messages_remaining).where(
        SendBatch.campaign_id.in_(plans), SendBatch.messages_remaining > 0
    )
    stored: dict[UUID, dict[date, int]] = {campaign_id: {} for campaign_id in plans}
    for campaign_id, day, size in db.session.execute(open_days):
        stored[campaign_id][day] = size
    wanted = {
        campaign_id: {batch.day: batch.size for batch in plan.batches} for campaign_id, plan in plans.items()
    }
    astray = [
        campaign_id
        for campaign_id in plans
        if campaign_id in touched or stored[campaign_id] != wanted[campaign_id]
    ]
    wanted_anew = select(Campaign.id).where(
        Campaign.id.in_([*astray, *touched]), Campaign.status.in_(_LAID_OUT), Campaign.messages_pending > 0
    )
    if at_most is not None:
        wanted_anew = wanted_anew.where(Campaign.messages_pending <= at_most)
    return list(db.session.scalars(wanted_anew))


def lay_out_again(campaign_id: UUID, now: datetime) -> None:
    """Lay out the plan of a campaign that others may change at the same time. The caller commits."""
    lock_campaigns([campaign_id])
    campaign = db.session.get(Campaign, campaign_id, populate_existing=True)
    if campaign is not None and campaign.status in _LAID_OUT:
        lay_out(campaign, now)


def lay_out(campaign: Campaign, now: datetime) -> Plan:
    """Write the plan for all that is pending: batches from today (or the start) on, and each recipient's planned day."""
    plan = write_days(campaign, _pending(campaign), now)
    allow_time()
    _plan_recipients(campaign, plan.batches)
    return plan


def write_days(campaign: Campaign, people: int, now: datetime) -> Plan:
    """Write the batches for `people` who are pending; their own planned days are left to the caller."""
    today = business_day(now, current_app.config["SETTINGS"].zone)
    _close_past_days(campaign, today)
    plan = plan_of(campaign, now, people)
    _write(campaign, plan, today, now)
    return plan


def close_plan(campaign_ids: Collection[UUID]) -> None:
    """Nothing more is sent of these campaigns: only the days that were used stay in their plans, as large as they became."""
    mine = SendBatch.campaign_id.in_(campaign_ids)
    db.session.execute(
        delete(SendBatch).where(mine, SendBatch.messages_authorised == 0), execution_options=_QUIETLY
    )
    db.session.execute(update(SendBatch).where(mine).values(**_CLOSED), execution_options=_QUIETLY)
    allow_time()
    for campaign_id in campaign_ids:
        _unplan(campaign_id)


def allow_time() -> None:
    """The next statements may take long on PostgreSQL: they touch every pending recipient."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET LOCAL statement_timeout = '10min'"))


def planned_day(place: ColumnElement[int], batches: Sequence[PlannedBatch]) -> ColumnElement[date | None]:
    """The day that carries whoever is at `place`, from 1, of those whom `batches` are for; NULL behind the last, in SQL."""
    if not batches:
        return cast(null(), Date)
    upto = list(accumulate(batch.size for batch in batches))
    days = _day_among(place, [batch.day for batch in batches], upto)
    return case((place <= upto[-1], days), else_=null())


def _day_among(place: ColumnElement[int], days: list[date], upto: list[int]) -> ColumnElement[date]:
    """By halves: a plan may have thousands of days, and every recipient looks its day up."""
    if len(days) == 1:
        return literal(days[0], Date)
    half = len(days) // 2
    earlier, later = _day_among(place, days[:half], upto[:half]), _day_among(place, days[half:], upto[half:])
    return case((place <= upto[half - 1], earlier), else_=later)


def _pending(campaign: Campaign) -> int:
    return db.session.scalar(
        select(func.count())
        .select_from(Recipient)
        .where(Recipient.campaign_id == campaign.id, Recipient.status == "pending")
    )


def _close_past_days(campaign: Campaign, today: date) -> None:
    """What a past day left undone is planned for the days to come: its batch ends as large as it became."""
    past = update(SendBatch).where(SendBatch.campaign_id == campaign.id, SendBatch.send_date < today)
    undone = (SendBatch.status != "completed") | (SendBatch.messages_remaining > 0)
    db.session.execute(past.where(undone).values(**_CLOSED), execution_options=_QUIETLY)
    never_used = delete(SendBatch).where(
        SendBatch.campaign_id == campaign.id, SendBatch.messages_authorised == 0
    )
    db.session.execute(never_used.where(SendBatch.send_date != today), execution_options=_QUIETLY)


def _write(campaign: Campaign, plan: Plan, today: date, now: datetime) -> None:
    row = batch_of(campaign, today)
    planned_today = plan.size_on(today)
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
        for batch in plan.batches
        if row is None or batch.day != today
    ]  # fmt: skip
    if new:
        db.session.execute(SendBatch.__table__.insert(), new)
    db.session.expire_all()


def _state(row: SendBatch) -> str:
    if row.messages_remaining <= 0 and row.messages_authorised > 0:
        return "completed"
    return "processing" if row.messages_authorised else "pending"


def _plan_recipients(campaign: Campaign, batches: Sequence[PlannedBatch]) -> None:
    """Set `scheduled_send_date` of all pending recipients, in one statement: the n-th of the queue on the day that carries it,
    and none for those whom no day carries. Only rows whose day changes are written."""
    if not batches:
        _unplan(campaign.id)
        return
    place = func.row_number().over(order_by=(Recipient.next_try_at, Recipient.position))
    queue = (
        select(Recipient.id.label("id"), place.label("place"))
        .where(Recipient.campaign_id == campaign.id, Recipient.status == "pending")
        .subquery()
    )
    planned = select(queue.c.id, planned_day(queue.c.place, batches).label("day")).subquery()
    changed = RECIPIENTS.c.scheduled_send_date.is_distinct_from(planned.c.day)
    db.session.execute(
        update(RECIPIENTS)
        .where(RECIPIENTS.c.id == planned.c.id, changed)
        .values(scheduled_send_date=planned.c.day)
    )


def _unplan(campaign_id: UUID) -> None:
    planned = update(RECIPIENTS).where(
        RECIPIENTS.c.campaign_id == campaign_id,
        RECIPIENTS.c.status == "pending",
        RECIPIENTS.c.scheduled_send_date.is_not(None),
    )
    db.session.execute(planned.values(scheduled_send_date=null()))
