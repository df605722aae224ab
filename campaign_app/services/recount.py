"""Proof of the counters: every one counted anew from its rows, compared, and repaired on request."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from flask import current_app
from sqlalchemy import String, cast, delete, func, insert, select, type_coerce, update

from campaign_app.database import reading
from campaign_app.domain.clock import business_day
from campaign_app.domain.ids import new_id
from campaign_app.domain.tally import (
    CAMPAIGN_COUNTERS,
    DAILY_COUNTERS,
    NO_CODE,
    has_hourly_figures,
    hour_of,
    percentage,
)
from campaign_app.extensions import db
from campaign_app.models.analytics import DailyAnalytics, FailureCount, HourlyAnalytics
from campaign_app.models.campaign import Campaign
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.models.send_schedule import SendBatch


@dataclass(frozen=True)
class Mismatch:
    """A counter that differs from its recount. `where` names the row, such as "day 2026-01-05"."""

    campaign_id: UUID
    where: str
    counter: str
    stored: int
    counted: int


@contextmanager
def snapshot() -> Iterator[None]:
    """What is read inside is of one moment, and holds up nobody: others may go on sending. Ends the transaction in progress."""
    db.session.rollback()
    with reading():
        if db.engine.dialect.name == "postgresql":
            db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield
        db.session.rollback()


def mismatches() -> list[Mismatch]:
    """Compare every counter of every campaign with a recount of the rows. The database counts; only sums are read."""
    found = []
    days, hours = _days_and_hours()
    for expected, stored, where in (
        (_campaigns(), _stored_campaigns(), ""),
        (days, _stored_days(), "day "),
        (hours, _stored_hours(), "hour "),
        (_failures(), _stored_failures(), "code "),
        (_batches(), _stored_batches(), "batch of "),
    ):
        for key in sorted(expected.keys() | stored.keys(), key=str):
            campaign_id, row, counter = key
            if expected.get(key, 0) != stored.get(key, 0):
                place = f"{where}{row}" if where else "campaign"
                found.append(Mismatch(campaign_id, place, counter, stored.get(key, 0), expected.get(key, 0)))
    return found


def repair() -> None:
    """Write the recounted figures into every counter. The caller commits; nobody may be sending meanwhile."""
    campaigns, (days, hours), failures, batches = _campaigns(), _days_and_hours(), _failures(), _batches()
    for campaign_id in db.session.scalars(select(Campaign.id)).all():
        values = {name: campaigns.get((campaign_id, None, name), 0) for name in CAMPAIGN_COUNTERS}
        db.session.execute(update(Campaign).where(Campaign.id == campaign_id).values(**values))
    _rewrite_days(days)
    _rewrite_hours(hours)
    _rewrite_failures(failures)
    planned = {(row.campaign_id, row.send_date) for row in db.session.scalars(select(SendBatch))}
    for campaign_id, day in {key[:2] for key in batches} - planned:
        db.session.add(
            SendBatch(
                campaign_id=campaign_id,
                send_date=day,
                batch_size=batches[campaign_id, day, "messages_authorised"],
            )
        )
    db.session.flush()
    for row in db.session.scalars(select(SendBatch)):
        for name in ("messages_authorised", "messages_sent"):
            setattr(row, name, batches.get((row.campaign_id, row.send_date, name), 0))
        row.messages_remaining = max(0, row.batch_size - row.messages_authorised)


def _campaigns() -> Counter:
    """(campaign id, None, counter) → count."""
    status, sent = Recipient.status, Recipient.sent_at.is_not(None)
    targeted, failed = status != "skipped", status == "failed"
    unsent = targeted & ~sent & ~failed
    conditions = {
        "total_target_customers": targeted,
        "messages_sent": targeted & sent,
        "messages_delivered": targeted & Recipient.delivered_at.is_not(None),
        "messages_read": targeted & Recipient.read_at.is_not(None),
        "messages_failed": failed,
        "messages_refused": failed & ~sent,
        "messages_pending": unsent & Recipient.unconfirmed_at.is_(None),
        "messages_unconfirmed": unsent & Recipient.unconfirmed_at.is_not(None),
        "recipients_skipped": status == "skipped",
        "messages_replied": Recipient.replied_at.is_not(None),
    }
    counted = select(
        Recipient.campaign_id,
        *(func.count().filter(condition).label(name) for name, condition in conditions.items()),
    ).group_by(Recipient.campaign_id)
    return Counter(
        {
            (row["campaign_id"], None, name): row[name]
            for row in db.session.execute(counted).mappings()
            for name in conditions
        }
    )


def _days_and_hours() -> tuple[Counter, Counter]:
    """(campaign id, day, counter) → count, and (campaign id, hour, counter) → count."""
    zone = current_app.config["SETTINGS"].zone
    started_at = dict(db.session.execute(select(Campaign.id, Campaign.started_at)).all())
    days: Counter = Counter()
    hours: Counter = Counter()
    for name, column, condition in (
        ("messages_sent", Recipient.sent_at, Recipient.status != "skipped"),
        ("messages_delivered", Recipient.delivered_at, Recipient.status != "skipped"),
        ("messages_read", Recipient.read_at, Recipient.status != "skipped"),
        ("messages_failed", Recipient.failed_at, Recipient.status == "failed"),
    ):
        for campaign_id, at, people in _by_quarter_hour(column, condition):
            days[campaign_id, business_day(at, zone), name] += people
            if has_hourly_figures(hour_of(at), started_at[campaign_id]):
                hours[campaign_id, hour_of(at), name] += people
    return days, hours


def _by_quarter_hour(column, condition) -> Iterator[tuple[UUID, datetime, int]]:
    """Counts by minute of the hour's tens and fives: every zone's midnight falls on a quarter of an hour, UTC."""
    if db.engine.dialect.name == "postgresql":
        minute = func.to_char(func.timezone("UTC", column), "YYYY-MM-DD HH24:MI")
    else:
        minute = func.substr(type_coerce(cast(column, String), String), 1, 16)
    counted = (
        select(Recipient.campaign_id, minute.label("minute"), func.count())
        .where(condition, column.is_not(None))
        .group_by(Recipient.campaign_id, minute)
    )
    for campaign_id, text, people in db.session.execute(counted):
        yield campaign_id, datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC), people


def _failures() -> Counter:
    """(campaign id, code, "failures") → count."""
    code = func.coalesce(Recipient.failure_code, NO_CODE)
    counted = (
        select(Recipient.campaign_id, code, func.count())
        .where(Recipient.status == "failed")
        .group_by(Recipient.campaign_id, code)
    )
    return Counter(
        {(campaign_id, code, "failures"): people for campaign_id, code, people in db.session.execute(counted)}
    )


def _batches() -> Counter:
    """(campaign id, day, counter) → count."""
    counted = select(
        Message.campaign_id,
        Message.send_date,
        func.count().filter(Message.refused_at.is_(None)),
        func.count().filter(Message.sent_at.is_not(None)),
    ).group_by(Message.campaign_id, Message.send_date)
    counts: Counter = Counter()
    for campaign_id, day, authorised, sent in db.session.execute(counted):
        counts[campaign_id, day, "messages_authorised"] = authorised
        counts[campaign_id, day, "messages_sent"] = sent
    return counts


def _stored_campaigns() -> Counter:
    rows = db.session.execute(select(Campaign.__table__)).mappings()
    return Counter({(row["id"], None, name): row[name] for row in rows for name in CAMPAIGN_COUNTERS})


def _stored_days() -> Counter:
    rows = db.session.execute(select(DailyAnalytics.__table__)).mappings()
    return Counter(
        {
            (row["campaign_id"], row["analytics_date"], name): row[name]
            for row in rows
            for name in DAILY_COUNTERS
        }
    )


def _stored_hours() -> Counter:
    rows = db.session.execute(select(HourlyAnalytics.__table__)).mappings()
    return Counter(
        {(row["campaign_id"], row["hour"], name): row[name] for row in rows for name in DAILY_COUNTERS}
    )


def _stored_failures() -> Counter:
    rows = db.session.execute(select(FailureCount.__table__)).mappings()
    return Counter({(row["campaign_id"], row["code"], "failures"): row["failures"] for row in rows})


def _stored_batches() -> Counter:
    rows = db.session.execute(select(SendBatch.__table__)).mappings()
    return Counter(
        {
            (row["campaign_id"], row["send_date"], name): row[name]
            for row in rows
            for name in ("messages_authorised", "messages_sent")
        }
    )


def _rewrite_days(days: Counter) -> None:
    counted: dict = defaultdict(dict)
    for (campaign_id, day, name), count in days.items():
        counted[campaign_id, day][name] = count
    known = {(row.campaign_id, row.analytics_date): row for row in db.session.scalars(select(DailyAnalytics))}
    for key in counted.keys() | known.keys():
        row = known.get(key)
        if row is None:
            row = DailyAnalytics(id=new_id(), campaign_id=key[0], analytics_date=key[1])
            db.session.add(row)
        for name in DAILY_COUNTERS:
            setattr(row, name, counted[key].get(name, 0))
        row.delivery_rate = percentage(row.messages_delivered, row.messages_sent)
        row.read_rate = percentage(row.messages_read, row.messages_delivered)
        row.failure_rate = percentage(row.messages_failed, row.messages_sent)


def _rewrite_hours(hours: Counter) -> None:
    db.session.execute(delete(HourlyAnalytics))
    rows = [
        {
            "campaign_id": campaign_id, "hour": hour,
            **{name: hours.get((campaign_id, hour, name), 0) for name in DAILY_COUNTERS},
        }
        for campaign_id, hour in {key[:2] for key in hours}
    ]  # fmt: skip
    if rows:
        db.session.execute(insert(HourlyAnalytics.__table__), rows)


def _rewrite_failures(failures: Counter) -> None:
    known = {(row.campaign_id, row.code): row for row in db.session.scalars(select(FailureCount))}
    for key in {key[:2] for key in failures} | known.keys():
        row = known.get(key)
        if row is None:
            row = FailureCount(campaign_id=key[0], code=key[1])
            db.session.add(row)
        row.failures = failures.get((*key, "failures"), 0)
