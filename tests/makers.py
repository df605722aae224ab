"""Rows for tests, made straight in the database with counters that fit."""

from datetime import UTC, datetime, timedelta

from flask import current_app
from sqlalchemy import insert

from campaign_app.domain.clock import business_day
from campaign_app.domain.ids import new_id
from campaign_app.domain.tally import Standing, Tally
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.models.send_schedule import SendBatch
from campaign_app.services.counters import add_tally

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def a_campaign(**fields) -> Campaign:
    """A campaign in the database, active unless `fields` say otherwise."""
    values = {
        "name": "Spring",
        "template_name": "spring_offer",
        "status": "active",
        "daily_send_limit": 100_000,
        **fields,
    }
    campaign = Campaign(**values)
    db.session.add(campaign)
    db.session.commit()
    return campaign


def sent_out(campaign: Campaign, how_many: int, at: datetime = NOON) -> list[dict]:
    """Recipients whose message was authorised at `at` and has no answer yet; the rows of their messages."""
    zone = current_app.config["SETTINGS"].zone
    day = business_day(at, zone)
    messages, recipients = [], []
    for place in range(1, how_many + 1):
        recipient_id, message_id = new_id(), new_id()
        number = f"+9198000{place:05d}"
        shared = {
            "campaign_id": campaign.id,
            "phone_number": number,
            "status": "queued",
            "created_at": at,
            "updated_at": at,
        }
        recipients.append(
            {"id": recipient_id, "position": place, "attempt": 1, "message_id": message_id, "next_try_at": at,
             "retry_count": 0, "max_retries": 3, **shared}
        )  # fmt: skip
        messages.append(
            {"id": message_id, "recipient_id": recipient_id, "attempt": 1, "send_date": day, "authorised_at": at,
             "lease_epoch": 1, **shared}
        )  # fmt: skip
    db.session.execute(insert(Recipient.__table__), recipients)
    db.session.execute(insert(Message.__table__), messages)
    campaign.started_at = campaign.started_at or at
    db.session.add(
        SendBatch(campaign_id=campaign.id, send_date=day, batch_size=how_many, messages_authorised=how_many)
    )
    tally = Tally()
    for _ in recipients:
        tally.move(None, Standing("queued"), zone)
    add_tally(campaign.id, tally, at)
    db.session.commit()
    return messages


def waiting(campaign: Campaign, how_many: int, at: datetime = NOON, first: int = 1) -> list[dict]:
    """Recipients who are to be sent to from `at` on; their rows."""
    rows = [
        {
            "id": new_id(), "campaign_id": campaign.id, "phone_number": f"+9197000{place:05d}", "position": place, "attempt": 0,
            "status": "pending", "next_try_at": at, "retry_count": 0, "max_retries": 3, "created_at": at, "updated_at": at,
        }
        for place in range(first, first + how_many)
    ]  # fmt: skip
    db.session.execute(insert(Recipient.__table__), rows)
    tally = Tally()
    tally.campaign.update(total_target_customers=how_many, messages_pending=how_many)
    add_tally(campaign.id, tally, at)
    db.session.commit()
    return rows


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
