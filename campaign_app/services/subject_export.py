"""All that is known about one person, to be handed over when they ask (GDPR, articles 15 and 20)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select

from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.consent_event import ConsentEvent
from campaign_app.models.customer import Customer
from campaign_app.models.message import Message
from campaign_app.models.message_event import MessageEvent
from campaign_app.models.opt_out import OptOut
from campaign_app.models.recipient import Recipient
from campaign_app.models.webhook_event import WebhookEvent
from campaign_app.services.erasure import bodies_with

# Numbers of ours that say nothing about a person.
_NOT_PERSONAL = frozenset(
    {
        "id",
        "campaign_id",
        "customer_id",
        "recipient_id",
        "message_id",
        "lease_epoch",
        "position",
        "attempt",
        "max_retries",
    }
)


def subject_export(phone_number: str, now: datetime) -> dict[str, Any]:
    """As JSON values. Raw webhooks are named by id and time only: their bodies hold what concerns others, too; what they
    said of this person stands with the messages."""
    people = _rows(Recipient.__table__, phone_number)
    messages = _rows(Message.__table__, phone_number)
    campaigns = _campaigns({row["campaign_id"] for row in people})
    events = _events([row["id"] for row in messages])
    return {
        "phone_number": phone_number,
        "exported_at": now.isoformat(),
        "customer": [_plain(row) for row in _rows(Customer.__table__, phone_number)],
        "consent": [_plain(row) for row in _rows(ConsentEvent.__table__, phone_number)],
        "opt_outs": [_plain(row) for row in _rows(OptOut.__table__, phone_number)],
        "campaigns": [{**campaigns[row["campaign_id"]], **_plain(row)} for row in people],
        "messages": [
            {**_plain(row), "reported": [_plain(one) for one in events[row["id"]]]} for row in messages
        ],
        "raw_webhooks": _webhooks(phone_number),
    }


def _rows(table: Table, phone_number: str) -> list[dict[str, Any]]:
    found = select(table).where(table.c.phone_number == phone_number).order_by(table.c.id)
    return [dict(row) for row in db.session.execute(found).mappings()]


def _campaigns(ids: set[UUID]) -> dict[UUID, dict[str, str]]:
    found = select(Campaign.id, Campaign.name, Campaign.template_name).where(Campaign.id.in_(ids))
    return {
        row.id: {"campaign": row.name, "template": row.template_name} for row in db.session.execute(found)
    }


def _events(message_ids: list[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    table, found = MessageEvent.__table__, defaultdict(list)
    mine = select(table).where(table.c.message_id.in_(message_ids)).order_by(table.c.happened_at)
    for row in db.session.execute(mine).mappings():
        found[row["message_id"]].append(dict(row))
    return found


def _webhooks(phone_number: str) -> list[dict[str, str]]:
    ids = [one for some in bodies_with(phone_number.lstrip("+").encode()) for one in some]
    found = (
        select(WebhookEvent.id, WebhookEvent.received_at)
        .where(WebhookEvent.id.in_(ids))
        .order_by(WebhookEvent.id)
    )
    return [
        {"id": str(row.id), "received_at": row.received_at.isoformat()} for row in db.session.execute(found)
    ]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in _personal(row.items()) if value is not None}


def _personal(items: Iterable[tuple[str, Any]]) -> Iterable[tuple[str, Any]]:
    return ((name, value) for name, value in items if name not in _NOT_PERSONAL)


def _value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value
