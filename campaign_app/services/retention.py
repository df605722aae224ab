"""Forgetting who the recipients of old campaigns were: number, name and message id go, every figure stays."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from flask import current_app
from sqlalchemy import bindparam, func, null, select, update

from campaign_app.database import reading
from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient

AT_ONCE = 500  # people in one transaction
MOST_AT_ONCE = 20_000  # in one run: the rest follows with the next
FORGOTTEN = "forgotten-"

_OVER = (CampaignStatus.COMPLETED, CampaignStatus.CANCELLED)


def forget_old_recipients(now: datetime) -> int:
    """Of campaigns that ended before MESSAGE_RETENTION_DAYS. Returns how many people. Owns its short transactions."""
    days = current_app.config["SETTINGS"].message_retention_days
    if not days:
        return 0
    forgotten = 0
    while forgotten < MOST_AT_ONCE:
        with reading():
            campaign_id = _oldest(now - timedelta(days=days))
            db.session.rollback()
        if campaign_id is None:
            break
        people = _forget_some(campaign_id)
        if not people:
            campaign = update(Campaign.__table__).where(Campaign.id == campaign_id)
            db.session.execute(campaign.values(people_forgotten_at=now))
        db.session.commit()
        forgotten += people
    return forgotten


def _oldest(before: datetime) -> UUID | None:
    ended_at = func.coalesce(Campaign.completed_at, Campaign.updated_at)
    over = select(Campaign.id).where(
        Campaign.status.in_(_OVER), Campaign.people_forgotten_at.is_(None), ended_at < before
    )
    return db.session.scalar(over.order_by(Campaign.created_at).limit(1))


def _forget_some(campaign_id: UUID) -> int:
    people, messages = Recipient.__table__, Message.__table__
    known = select(people.c.id).where(people.c.campaign_id == campaign_id, people.c.phone_number.like("+%"))
    ids = list(db.session.scalars(known.limit(AT_ONCE)))
    if not ids:
        return 0
    names = [{"row_id": one, "pseudonym": f"{FORGOTTEN}{secrets.token_hex(5)}"} for one in ids]
    db.session.connection().execute(
        update(people)
        .where(people.c.id == bindparam("row_id"))
        .values(
            phone_number=bindparam("pseudonym"), customer_id=None, name=None, whatsapp_message_id=None, retry_at=None,
            personal_values=null(), template_parameters=null(),
        ),
        names,
    )  # fmt: skip
    db.session.connection().execute(
        update(messages)
        .where(messages.c.recipient_id == bindparam("row_id"))
        .values(phone_number=bindparam("pseudonym"), whatsapp_message_id=None),
        names,
    )
    return len(ids)
