"""Moving a campaign's counters, daily and hourly analytics and failure counts, in the transaction that moves the rows."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, case, cast, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from campaign_app.domain.ids import new_id
from campaign_app.domain.tally import DAILY_COUNTERS, Tally, has_hourly_figures, percentage
from campaign_app.extensions import db
from campaign_app.models.analytics import DailyAnalytics, FailureCount, HourlyAnalytics
from campaign_app.models.campaign import Campaign
from campaign_app.models.message import Message


def insert_for(table):
    """The INSERT of the database in use, which knows ON CONFLICT."""
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


def lock_campaigns(campaign_ids: Iterable[UUID]) -> None:
    """Hold these campaigns until the transaction ends.

    Whoever moves counters does this first, in the order of the ids: of two such transactions one waits for the other, and
    none waits in a circle. SQLite has but one writer anyway.
    """
    if db.engine.dialect.name == "postgresql":
        _lock(select(Campaign.id).where(Campaign.id.in_(sorted(set(campaign_ids)))))


def lock_campaigns_of(message_ids: Collection[UUID]) -> None:
    """Hold the campaigns of these messages until the transaction ends, as `lock_campaigns` does."""
    if db.engine.dialect.name == "postgresql":
        of_messages = select(Message.campaign_id).where(Message.id.in_(message_ids))
        _lock(select(Campaign.id).where(Campaign.id.in_(of_messages)))


def _lock(campaigns: Select) -> None:
    db.session.execute(campaigns.order_by(Campaign.id).with_for_update(of=Campaign))


def add_tally(
    campaign_id: UUID, tally: Tally, now: datetime, failure_titles: dict[int, str | None] | None = None
) -> None:
    """Add `tally` to the campaign's counters, its daily and hourly rows and its failure counts."""
    moved = {name: Campaign.__table__.c[name] + by for name, by in tally.campaign.items() if by}
    if moved:
        db.session.execute(
            update(Campaign.__table__).where(Campaign.id == campaign_id).values(**moved, updated_at=now)
        )
    days = sorted({day for (day, _), by in tally.days.items() if by})
    if days:
        _add_days(campaign_id, tally, days, now)
    hours = sorted({hour for (hour, _), by in tally.hours.items() if by})
    if hours:
        _add_hours(campaign_id, tally, hours)
    for code, by in sorted(tally.failures.items()):
        if by:
            _add_failures(campaign_id, code, by, now, (failure_titles or {}).get(code))


def _add_days(campaign_id: UUID, tally: Tally, days: list[date], now: datetime) -> None:
    table = DailyAnalytics.__table__
    rows = []
    for day in days:
        counts = {name: tally.days[day, name] for name in DAILY_COUNTERS}
        of_day = {"id": new_id(), "campaign_id": campaign_id, "analytics_date": day}
        rows.append(
            {**of_day, "created_at": now, "updated_at": now, **counts, **_rates(percentage, **counts)}
        )
    statement = insert_for(table).values(rows)
    counts = {name: table.c[name] + statement.excluded[name] for name in DAILY_COUNTERS}
    moved = {**counts, **_rates(_percentage_in_sql, **counts), "updated_at": now}
    db.session.execute(
        statement.on_conflict_do_update(index_elements=["campaign_id", "analytics_date"], set_=moved)
    )


def _rates(percentage_of, messages_sent, messages_delivered, messages_read, messages_failed) -> dict:
    return {
        "delivery_rate": percentage_of(messages_delivered, messages_sent),
        "read_rate": percentage_of(messages_read, messages_delivered),
        "failure_rate": percentage_of(messages_failed, messages_sent),
    }


def _percentage_in_sql(part: ColumnElement, whole: ColumnElement) -> ColumnElement:
    """`percentage`, by the database."""
    part, whole = cast(part, BigInteger), cast(whole, BigInteger)
    return case((whole != 0, ((2000 * part + whole) // (2 * whole)) / 10.0), else_=0)


def _add_hours(campaign_id: UUID, tally: Tally, hours: list[datetime]) -> None:
    started_at = db.session.scalar(select(Campaign.started_at).where(Campaign.id == campaign_id))
    rows = [
        {
            "campaign_id": campaign_id,
            "hour": hour,
            **{name: tally.hours[hour, name] for name in DAILY_COUNTERS},
        }
        for hour in hours
        if has_hourly_figures(hour, started_at)
    ]
    if rows:
        table = HourlyAnalytics.__table__
        statement = insert_for(table).values(rows)
        moved = {name: table.c[name] + statement.excluded[name] for name in DAILY_COUNTERS}
        db.session.execute(
            statement.on_conflict_do_update(index_elements=["campaign_id", "hour"], set_=moved)
        )


def _add_failures(campaign_id: UUID, code: int, by: int, now: datetime, title: str | None) -> None:
    table = FailureCount.__table__
    statement = insert_for(table).values(
        id=new_id(),
        campaign_id=campaign_id,
        code=code,
        title=title,
        failures=by,
        first_failed_at=now,
        last_failed_at=now,
    )
    seen = {"last_failed_at": now} if by > 0 else {}
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["campaign_id", "code"],
            set_={
                "failures": table.c.failures + statement.excluded.failures,
                "title": func.coalesce(statement.excluded.title, table.c.title),
                **seen,
            },
        )
    )
