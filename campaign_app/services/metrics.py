"""What a monitoring system reads: everything out of the database, so that it is the same whichever process of whichever machine
answers. No question reads more than campaigns, one minute of messages, or a fixed number of rows."""

import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from flask import current_app
from sqlalchemy import Select, func, select, text

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.clock import business_day
from campaign_app.domain.prometheus_text import Metric, one, quantiles
from campaign_app.extensions import db
from campaign_app.models.analytics import DailyAnalytics
from campaign_app.models.campaign import Campaign
from campaign_app.models.lease import Lease
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.models.send_schedule import SendBatch
from campaign_app.models.webhook_event import WaitingStatus, WebhookEvent
from campaign_app.services.number import messaging_limit, sending_number
from campaign_app.services.restored_copy import restored_copy
from campaign_app.services.silence import last_webhook_at

MINUTE = timedelta(minutes=1)
LATEST = 500  # rows from which latencies are reckoned
OF_LATE = timedelta(minutes=10)  # and not older than that
COUNTED = 100_000  # rows of a queue that are counted at most
CAMPAIGNS_SHOWN = 50
LEASES = ("sender", "webhooks", "upkeep")


def measurements(migration: str, now: datetime) -> list[Metric]:
    """Every measurement. `migration`: the newest that this version of the app brings."""
    return [
        Metric("campaign_app_info", "What runs here.", [(_info(migration), 1)]),
        *_queues(now),
        *_recipients(),
        *_sends(now),
        *_latencies(now),
        *_limits(now),
        *_campaigns(now),
        *_health(now),
        *_room(),
    ]


def _info(migration: str) -> dict[str, str]:
    return {"database": db.engine.dialect.name, "migration": migration}


def _queues(now: datetime) -> Iterator[Metric]:
    pending = select(func.coalesce(func.sum(Campaign.messages_pending), 0)).where(
        Campaign.status == CampaignStatus.ACTIVE
    )
    waiting = select(WebhookEvent.received_at).where(WebhookEvent.state == "waiting")
    first = waiting.order_by(WebhookEvent.received_at).limit(COUNTED).subquery()
    bodies, oldest = db.session.execute(select(func.count(), func.min(first.c.received_at))).one()
    aside = select(WebhookEvent.id).where(WebhookEvent.state.in_(("quarantined", "unreadable")))
    depths = {
        "sending": db.session.scalar(pending),
        "inbox": bodies,
        "inbox_set_aside": _at_most(aside),
        "statuses_of_unknown_messages": _at_most(select(WaitingStatus.id)),
        "retries": _at_most(select(Recipient.id).where(Recipient.retry_at.is_not(None))),
    }
    meaning = f"What waits: people of active campaigns, webhooks, statuses, retries; counted up to {COUNTED} but for people."
    yield Metric(
        "campaign_app_queue_depth", meaning, [({"queue": name}, depth) for name, depth in depths.items()]
    )
    lag = (now - oldest).total_seconds() if oldest is not None else 0.0
    yield one(
        "campaign_app_inbox_lag_seconds", "Age of the oldest webhook that is not applied.", max(0.0, lag)
    )


def _at_most(rows: Select) -> int:
    return db.session.scalar(select(func.count()).select_from(rows.limit(COUNTED).subquery()))


def _recipients() -> Iterator[Metric]:
    columns = {
        "sent": Campaign.messages_sent,
        "delivered": Campaign.messages_delivered,
        "read": Campaign.messages_read,
        "failed": Campaign.messages_failed,
        "refused": Campaign.messages_refused,
        "pending": Campaign.messages_pending,
        "unconfirmed": Campaign.messages_unconfirmed,
        "skipped": Campaign.recipients_skipped,
        "replied": Campaign.messages_replied,
    }
    sums = db.session.execute(
        select(*(func.coalesce(func.sum(column), 0) for column in columns.values()))
    ).one()
    meaning = "People of all campaigns by their latest attempt; sent, delivered and read are cumulative. A retry takes back."
    yield Metric(
        "campaign_app_recipients",
        meaning,
        [({"state": state}, total) for state, total in zip(columns, sums, strict=True)],
    )


def _sends(now: datetime) -> Iterator[Metric]:
    minute = (
        Message.authorised_at > now - MINUTE,
        Message.authorised_at <= now,
        Message.refused_at.is_(None),
    )
    columns = (func.count(), func.count(Message.sent_at), func.count(Message.unconfirmed_at))
    authorised, accepted, unclear = db.session.execute(select(*columns).where(*minute)).one()
    refused = select(func.count()).where(
        Recipient.status == "failed", Recipient.failed_at > now - MINUTE, Recipient.failed_at <= now
    )
    outcomes = {
        "accepted": accepted,
        "unconfirmed": unclear,
        "open": max(0, authorised - accepted - unclear),
        "failed": db.session.scalar(refused),
    }
    meaning = "Sends of the last 60 seconds by what became of them; failed: people refused or reported as failed in that time."
    yield Metric(
        "campaign_app_sends_last_minute",
        meaning,
        [({"outcome": name}, count) for name, count in outcomes.items()],
    )
    today = business_day(now, current_app.config["SETTINGS"].zone)
    names = ("sent", "delivered", "read", "failed")
    of_day = select(
        *(func.coalesce(func.sum(getattr(DailyAnalytics, f"messages_{name}")), 0) for name in names)
    )
    sums = db.session.execute(of_day.where(DailyAnalytics.analytics_date == today)).one()
    meaning = "What happened on this business day."
    yield Metric(
        "campaign_app_messages_today",
        meaning,
        [({"event": name}, total) for name, total in zip(names, sums, strict=True)],
    )


def _latencies(now: datetime) -> Iterator[Metric]:
    newest = (
        select(Message.authorised_at, Message.sent_at, Message.delivered_at)
        .where(Message.authorised_at > now - OF_LATE, Message.refused_at.is_(None))
        .order_by(Message.authorised_at.desc())
        .limit(LATEST)
    )
    messages = db.session.execute(newest).all()
    applied = (
        select(WebhookEvent.received_at, WebhookEvent.applied_at)
        .where(WebhookEvent.state == "applied", WebhookEvent.received_at > now - OF_LATE)
        .order_by(WebhookEvent.received_at.desc())
        .limit(LATEST)
    )
    webhooks = db.session.execute(applied).all()
    spans = {
        "answer": [(row.sent_at - row.authorised_at) for row in messages if row.sent_at],
        "delivery": [
            (row.delivered_at - row.sent_at) for row in messages if row.delivered_at and row.sent_at
        ],
        "apply": [(row.applied_at - row.received_at) for row in webhooks if row.applied_at],
    }
    values = [
        ({"of": name, "quantile": f"{share:g}"}, value)
        for name, found in spans.items()
        for share, value in quantiles(max(0.0, span.total_seconds()) for span in found).items()
    ]
    meaning = f"Of the newest {LATEST} of the last ten minutes: from authorising a send to its answer, from there to delivery, from a webhook's arrival to its effect."
    yield Metric("campaign_app_latency_seconds", meaning, values)


def _limits(now: datetime) -> Iterator[Metric]:
    number = sending_number()
    limit = messaging_limit(number)
    used = number.limit_used
    yield one(
        "campaign_app_rate_limit_per_second",
        "Messages a second as set.",
        current_app.config["SETTINGS"].send_rate_per_second,
    )
    yield one(
        "campaign_app_customers_limit",
        "Customers in a moving 24 hours, all campaigns; left out when unlimited.",
        limit,
    )
    yield one(
        "campaign_app_customers_used",
        "Of these, as the sender counted last.",
        used if limit is not None else None,
    )
    left = None if limit is None or used is None else max(0, limit - used)
    yield one("campaign_app_customers_left", "What is left of them.", left)


def _campaigns(now: datetime) -> Iterator[Metric]:
    counted = dict(db.session.execute(select(Campaign.status, func.count()).group_by(Campaign.status)).all())
    states = [str(state) for state in CampaignStatus]
    yield Metric(
        "campaign_app_campaigns",
        "Campaigns by state.",
        [({"status": state}, counted.get(state, 0)) for state in states],
    )
    today = business_day(now, current_app.config["SETTINGS"].zone)
    running = (
        select(
            Campaign.id,
            Campaign.messages_pending,
            Campaign.daily_send_limit,
            func.sum(SendBatch.messages_authorised),
        )
        .outerjoin(SendBatch, (SendBatch.campaign_id == Campaign.id) & (SendBatch.send_date == today))
        .where(Campaign.status == CampaignStatus.ACTIVE)
        .group_by(Campaign.id, Campaign.messages_pending, Campaign.daily_send_limit, Campaign.priority)
        .order_by(Campaign.priority, Campaign.id)
        .limit(CAMPAIGNS_SHOWN)
    )
    rows = db.session.execute(running).all()
    of = f"of the first {CAMPAIGNS_SHOWN} active campaigns"
    pending = [({"campaign_id": str(id_)}, people) for id_, people, _, _ in rows]
    left = [({"campaign_id": str(id_)}, max(0, limit - (used or 0))) for id_, _, limit, used in rows]
    yield Metric("campaign_app_campaign_pending", f"People who still wait, {of}.", pending)
    yield Metric("campaign_app_campaign_daily_left", f"What is left of today's limit, {of}.", left)


def _health(now: datetime) -> Iterator[Metric]:
    leases = {lease.name: lease for lease in db.session.scalars(select(Lease))}
    held = {name: name in leases and leases[name].expires_at > now for name in LEASES}
    yield Metric(
        "campaign_app_lease_held",
        "1 where some process does this timed job.",
        [({"job": name}, int(is_held)) for name, is_held in held.items()],
    )
    epochs = [({"job": name}, leases[name].epoch if name in leases else 0) for name in LEASES]
    yield Metric(
        "campaign_app_lease_epoch", "Rises by one whenever another process takes the job over.", epochs
    )
    number = sending_number()
    yield one(
        "campaign_app_number_stopped",
        "1 while sending is stopped for the whole number.",
        int(number.stopped_at is not None),
    )
    yield one(
        "campaign_app_provider_failing",
        "1 while WhatsApp gives no clear answers.",
        int(number.failing_since is not None),
    )
    yield one(
        "campaign_app_restored_copy",
        "1 while this is a restored copy that waits for an admin.",
        int(restored_copy() is not None),
    )
    last = last_webhook_at()
    age = None if last is None else max(0.0, (now - last).total_seconds())
    yield one("campaign_app_last_webhook_age_seconds", "Since the newest webhook came.", age)


def _room() -> Iterator[Metric]:
    if db.engine.dialect.name == "sqlite":
        file = db.engine.url.database
        size = sum(
            os.path.getsize(f"{file}{part}") for part in ("", "-wal") if os.path.exists(f"{file}{part}")
        )
        folder = Path(file).parent
    else:
        size = db.session.scalar(text("SELECT pg_database_size(current_database())"))
        folder = Path(current_app.instance_path)
    yield one("campaign_app_database_bytes", "Size of the database.", size)
    free = shutil.disk_usage(folder).free if folder.exists() else None
    yield one(
        "campaign_app_disk_free_bytes",
        "Free on the disk of the machine that answered: of the database where it is a file, else of uploads.",
        free,
    )
