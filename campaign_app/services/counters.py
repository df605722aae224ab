"""Moving a campaign's counters, daily and hourly analytics and failure counts, in the transaction that moves the rows."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from functools import cache
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Insert,
    Integer,
    bindparam,
    case,
    cast,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from campaign_app.domain.ids import new_id
from campaign_app.domain.tally import CAMPAIGN_COUNTERS, DAILY_COUNTERS, Tally, percentage, started_for_hour
from campaign_app.extensions import db
from campaign_app.models.analytics import DailyAnalytics, FailureCount, HourlyAnalytics
from campaign_app.models.campaign import Campaign
from campaign_app.services.driver_rows import among, read_rows

_DIALECTS = {"sqlite": sqlite, "postgresql": postgresql}


def insert_for(table):
    """The INSERT of the database in use, which knows ON CONFLICT."""
    return _DIALECTS[db.engine.dialect.name].insert(table)


def lock_campaigns(campaign_ids: Iterable[UUID]) -> None:
    """Hold these campaigns until the transaction ends.

    Whoever moves counters does this first, in the order of the ids: of two such transactions one waits for the other, and
    none waits in a circle. SQLite has but one writer anyway.
    """
    if db.engine.dialect.name == "postgresql":
        held = select(Campaign.id).where(Campaign.id.in_(set(campaign_ids)))
        db.session.execute(held.order_by(Campaign.id).with_for_update())


def lock_campaigns_of(message_ids: Collection[UUID | str]) -> None:
    """Hold the campaigns of these messages (ids, also as text) until the transaction ends, as `lock_campaigns` does."""
    if db.engine.dialect.name == "postgresql" and message_ids:
        these, ids = among(list(map(str, message_ids)))
        held = f"SELECT campaign_id FROM whatsapp_messages WHERE id {these}"  # noqa: S608
        read_rows(f"SELECT id FROM marketing_campaigns WHERE id IN ({held}) ORDER BY id FOR UPDATE", ids)  # noqa: S608


def add_tally(
    campaign_id: UUID, tally: Tally, now: datetime, failure_titles: dict[int, str | None] | None = None
) -> int | None:
    """Add `tally` to the campaign's counters, its daily and hourly rows and its failure counts. Returns how many are pending
    now, or None where no counter of the campaign was moved."""
    pending = None
    if any(tally.campaign.values()):
        moved = {name: tally.campaign[name] for name in CAMPAIGN_COUNTERS}
        pending = db.session.scalar(_MOVE_CAMPAIGN, {"moved_campaign": campaign_id, "now": now, **moved})
    days = sorted({day for (day, _), by in tally.days.items() if by})
    if days:
        _add_days(campaign_id, tally, days, now)
    hours = sorted({hour for (hour, _), by in tally.hours.items() if by})
    if hours:
        _add_hours(campaign_id, tally, hours)
    for code, by in sorted(tally.failures.items()):
        if by:
            _add_failures(campaign_id, code, by, now, (failure_titles or {}).get(code))
    return pending


def _add_days(campaign_id: UUID, tally: Tally, days: list[date], now: datetime) -> None:
    rows = []
    for day in days:
        counts = {name: tally.days[day, name] for name in DAILY_COUNTERS}
        of_day = {"id": new_id(), "campaign_id": campaign_id, "analytics_date": day}
        rows.append(
            {**of_day, "created_at": now, "updated_at": now, **counts, **_rates(percentage, **counts)}
        )
    db.session.execute(_move_days(db.engine.dialect.name), rows)


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
    rows = []
    for hour in hours:
        earliest, before = started_for_hour(hour)
        counts = {name: tally.hours[hour, name] for name in DAILY_COUNTERS}
        rows.append(
            {"of_campaign": campaign_id, "in_hour": hour, "earliest": earliest, "before": before, **counts}
        )
    db.session.execute(_move_hours(db.engine.dialect.name), rows)


# Built once: to put such a statement together takes longer than to carry it out, and each step of the sender needs them all.
_CAMPAIGNS = Campaign.__table__
_MOVE_CAMPAIGN = (
    update(_CAMPAIGNS)
    .where(_CAMPAIGNS.c.id == bindparam("moved_campaign"))
    .values(
        updated_at=bindparam("now", type_=_CAMPAIGNS.c.updated_at.type),
        **{name: _CAMPAIGNS.c[name] + bindparam(name) for name in CAMPAIGN_COUNTERS},
    )
    .returning(_CAMPAIGNS.c.messages_pending)
)


@cache
def _move_days(dialect: str) -> Insert:
    """One row: made, or added to."""
    table = DailyAnalytics.__table__
    statement = _DIALECTS[dialect].insert(table)
    counts = {name: table.c[name] + statement.excluded[name] for name in DAILY_COUNTERS}
    moved = {**counts, **_rates(_percentage_in_sql, **counts), "updated_at": statement.excluded.updated_at}
    return statement.on_conflict_do_update(index_elements=["campaign_id", "analytics_date"], set_=moved)


@cache
def _move_hours(dialect: str) -> Insert:
    """One row: made, or added to, where the campaign keeps figures for that hour."""
    table = HourlyAnalytics.__table__
    row = select(
        _CAMPAIGNS.c.id,
        bindparam("in_hour", type_=table.c.hour.type),
        *(cast(bindparam(name), Integer) for name in DAILY_COUNTERS),
    ).where(
        _CAMPAIGNS.c.id == bindparam("of_campaign"),
        _CAMPAIGNS.c.started_at >= bindparam("earliest"),
        _CAMPAIGNS.c.started_at < bindparam("before"),
    )
    names = ["campaign_id", "hour", *DAILY_COUNTERS]
    statement = _DIALECTS[dialect].insert(table).from_select(names, row, include_defaults=False)
    moved = {name: table.c[name] + statement.excluded[name] for name in DAILY_COUNTERS}
    return statement.on_conflict_do_update(index_elements=["campaign_id", "hour"], set_=moved)


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
