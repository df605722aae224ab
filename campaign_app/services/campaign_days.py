"""The days of one campaign, read in one question: what each was to carry, what it carried, and the first hours."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Date, cast, literal, null, select, union_all

from campaign_app.extensions import db
from campaign_app.models.analytics import DailyAnalytics, HourlyAnalytics
from campaign_app.models.send_schedule import SendBatch
from campaign_app.models.types import UtcDateTime
from campaign_app.services.analytics import DayFigures, HourFigures, filled_hours, to_date


@dataclass(frozen=True)
class PlannedDay:
    """One batch; `status` is one of BATCH_STATUSES. `sent` of `size` have left, `to_go` are still planned for that day."""

    day: date
    status: str
    size: int
    sent: int
    to_go: int


@dataclass(frozen=True)
class CampaignDays:
    """Each list in the order of time; `figures` and `hours` as in `analytics`."""

    plan: list[PlannedDay]
    figures: list[DayFigures]
    hours: list[HourFigures]


def campaign_days(campaign_id: UUID) -> CampaignDays:
    no_hour, no_day, zero = cast(null(), UtcDateTime), cast(null(), Date), literal(0)
    planned = select(
        literal("plan").label("kind"), SendBatch.send_date.label("day"), no_hour.label("hour"), SendBatch.status,
        SendBatch.batch_size.label("a"), SendBatch.messages_sent.label("b"), SendBatch.messages_remaining.label("c"), zero.label("d"),
    ).where(SendBatch.campaign_id == campaign_id)  # fmt: skip
    daily = select(
        literal("day"), DailyAnalytics.analytics_date, no_hour, literal(""), DailyAnalytics.messages_sent,
        DailyAnalytics.messages_delivered, DailyAnalytics.messages_read, DailyAnalytics.messages_failed,
    ).where(DailyAnalytics.campaign_id == campaign_id)  # fmt: skip
    hourly = select(
        literal("hour"), no_day, HourlyAnalytics.hour, literal(""), HourlyAnalytics.messages_sent,
        HourlyAnalytics.messages_delivered, HourlyAnalytics.messages_read, HourlyAnalytics.messages_failed,
    ).where(HourlyAnalytics.campaign_id == campaign_id)  # fmt: skip
    every = union_all(planned, daily, hourly).subquery()
    found = CampaignDays([], [], [])
    counts = []
    for kind, day, hour, status, *figures in db.session.execute(
        select(every).order_by(every.c.day, every.c.hour)
    ):
        if kind == "plan":
            found.plan.append(PlannedDay(day, status, *figures[:3]))
        elif kind == "day":
            counts.append((day, *figures))
        else:
            found.hours.append(HourFigures(hour, *figures))
    found.figures.extend(to_date(counts))
    found.hours[:] = filled_hours(found.hours)
    return found
