"""A shop with many campaigns, one of them to many people in mid-run, made straight in the database with counters that fit."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, text

from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.analytics import DailyAnalytics, FailureCount, HourlyAnalytics
from campaign_app.models.campaign import Campaign
from campaign_app.models.customer import Customer
from campaign_app.models.message import Message
from campaign_app.models.message_template import MessageTemplate
from campaign_app.models.recipient import Recipient
from campaign_app.models.send_schedule import SendBatch
from campaign_app.services.leases import SENDER_LEASE, LeaseHolder
from campaign_app.services.number import change_number
from tests.page_checks import a_user

CHUNK = 10_000
DAYS = 30  # so long the large campaign runs already
CUSTOMERS = 1000
CODES = (131026, 131049, 130472, 131050, 131047)
STATES = ("completed", "active", "paused", "draft", "cancelled", "completed", "completed")
# Of every hundred people: how many stand so
SHARES = {"failed": 3, "sent": 7, "delivered": 20, "read": 50, "pending": 20}


@dataclass(frozen=True)
class Shop:
    """Addresses are made from these."""

    campaign: UUID
    person: UUID
    customer: UUID


def fill(recipients: int, campaigns: int) -> Shop:
    """`recipients` people, in hundreds, in one of `campaigns` campaigns; a twentieth of the others is active too."""
    now = utc_now()
    a_user("admin", "admin@example.com")
    LeaseHolder(SENDER_LEASE, 86_400).hold()
    change_number(
        messaging_limit=100_000,
        checked_at=now,
        templates_synced_at=now,
        display_phone_number="+91 98765 00000",
    )
    db.session.add(
        MessageTemplate(
            name="sale", language="en_US", status="APPROVED", components=[{"type": "BODY", "text": "Sale."}]
        )
    )
    customers = [
        {"id": new_id(), "phone_number": f"+9180{place:08}", "name": f"Customer {place}", "tags": [], "attributes": {},
         "created_at": now, "updated_at": now}
        for place in range(CUSTOMERS)
    ]  # fmt: skip
    db.session.execute(insert(Customer), customers)
    large = _campaign("The large one", "active", recipients, now, priority=3)
    db.session.add(large)
    db.session.add_all(
        _campaign(
            f"Campaign {place}", STATES[0] if place % 20 else STATES[1], 100, now, priority=5 + place % 5
        )
        for place in range(campaigns - 1)
    )
    db.session.flush()
    campaign_id = large.id
    _figures(campaign_id, recipients, now)
    db.session.commit()
    person = None
    for people in _people(campaign_id, recipients, now):
        person = person or people[0]["id"]
        _insert(people)
    _analyse()
    db.session.remove()
    return Shop(campaign_id, person, customers[0]["id"])


def _campaign(name: str, status: str, people: int, now: datetime, priority: int) -> Campaign:
    part = {state: people * share // 100 for state, share in SHARES.items()}
    return Campaign(
        name=name, template_name="sale", status=status, priority=priority, daily_send_limit=max(1, people // 60),
        launched_at=now - timedelta(days=DAYS), started_at=now - timedelta(days=DAYS), target_audience={"all": True},
        completed_at=None if status == "active" else now - timedelta(days=2), total_target_customers=people,
        messages_sent=people - part["pending"], messages_delivered=part["delivered"] + part["read"], messages_read=part["read"],
        messages_failed=part["failed"], messages_pending=part["pending"] if status == "active" else 0,
    )  # fmt: skip


def _figures(campaign_id: UUID, people: int, now: datetime) -> None:
    """30 days of the past with their counts, 12 to come, the first 72 hours, and the failures by code."""
    each = {f"messages_{name}": people // 100 for name in ("sent", "delivered", "read", "failed")}
    today = now.date()
    for back in range(DAYS):
        day = today - timedelta(days=back)
        db.session.add(DailyAnalytics(campaign_id=campaign_id, analytics_date=day, **each))
        db.session.add(
            SendBatch(campaign_id=campaign_id, send_date=day, batch_size=people // 60, messages_authorised=people // 60 if back else 0,
                      messages_sent=people // 60, status="completed" if back else "processing", messages_remaining=0 if back else people // 60)
        )  # fmt: skip
    for ahead in range(1, 12):
        day = today + timedelta(days=ahead)
        batch = SendBatch(campaign_id=campaign_id, send_date=day, batch_size=people // 60)
        batch.messages_remaining = people // 60
        db.session.add(batch)
    began = (now - timedelta(days=DAYS)).replace(minute=0, second=0, microsecond=0)
    for hour in range(72):
        db.session.add(HourlyAnalytics(campaign_id=campaign_id, hour=began + timedelta(hours=hour), **each))
    for code in CODES:
        failures = people * SHARES["failed"] // 100 // len(CODES)
        count = FailureCount(
            campaign_id=campaign_id, code=code, title="Message undeliverable", failures=failures
        )
        count.first_failed_at, count.last_failed_at = began, now
        db.session.add(count)


def _people(campaign_id: UUID, recipients: int, now: datetime) -> Iterator[list[dict]]:
    states = [state for state, share in SHARES.items() for _ in range(share)]
    span = timedelta(days=DAYS) / recipients
    for start in range(0, recipients, CHUNK):
        rows = []
        for place in range(start, min(start + CHUNK, recipients)):
            state, at = states[place % 100], now - timedelta(days=DAYS) + place * span
            code = CODES[place // 100 % len(CODES)] if state == "failed" else None
            rows.append(
                {
                    "id": new_id(), "campaign_id": campaign_id, "phone_number": f"+917{place:09}", "name": f"Customer {place}",
                    "position": place + 1, "status": state, "attempt": int(state != "pending"), "next_try_at": at,
                    "message_id": None if state == "pending" else new_id(), "sent_at": None if state == "pending" else at,
                    "delivered_at": at if state in ("delivered", "read") else None, "read_at": at if state == "read" else None,
                    "failed_at": at if code else None, "failure_code": code, "retry_at": now if code == 131049 else None,
                    "failure_reason": f"Error {code}: Message undeliverable" if code else None,
                    "retry_count": 0, "max_retries": 3, "created_at": at, "updated_at": at,
                }
            )  # fmt: skip
        yield rows


def _insert(people: list[dict]) -> None:
    db.session.execute(insert(Recipient.__table__), people)
    kept = ("campaign_id", "phone_number", "status", "attempt", "sent_at", "delivered_at", "read_at", "failed_at", "failure_code",
            "failure_reason", "created_at", "updated_at")  # fmt: skip
    messages = [
        {
            **{name: one[name] for name in kept}, "id": one["message_id"], "recipient_id": one["id"], "authorised_at": one["sent_at"],
            "send_date": one["sent_at"].date(), "lease_epoch": 1, "whatsapp_message_id": f"wamid.{one['id'].hex}",
        }
        for one in people
        if one["message_id"]
    ]  # fmt: skip
    db.session.execute(insert(Message.__table__), messages)
    db.session.commit()


def _analyse() -> None:
    """As the database does by itself once it has a moment."""
    db.session.execute(text("ANALYZE"))
    db.session.commit()
