"""What an audience filter asks about the past, as SQL over Customer, for SQLite and PostgreSQL alike."""

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, and_, exists, literal, select
from sqlalchemy.orm import aliased

from campaign_app.domain.audience_behaviour import AddedOn, Behaviour, NeverContacted
from campaign_app.domain.clock import day_start
from campaign_app.models.customer import Customer
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.services.customer_columns import on_postgresql

# deed -> the column of the recipient with its time
_TIMES = {
    "sent": "sent_at",
    "received": "delivered_at",
    "read": "read_at",
    "failed": "failed_at",
    "replied": "replied_at",
}


def behaviour_sql(question: Behaviour | NeverContacted | AddedOn, now: datetime) -> ColumnElement[bool]:
    if isinstance(question, AddedOn):
        return _added(question)
    if isinstance(question, NeverContacted):
        # served by ix_whatsapp_messages_phone_number
        contacted = exists(
            select(Message.id).where(
                Message.phone_number == Customer.phone_number, Message.refused_at.is_(None)
            )
        )
        return ~contacted if question.is_true else contacted
    return _deed(question, now)


def _added(question: AddedOn) -> ColumnElement[bool]:
    zone = current_app.config["SETTINGS"].zone
    start, after = day_start(question.day, zone), day_start(question.day + timedelta(days=1), zone)
    return {
        "gte": Customer.created_at >= start,
        "gt": Customer.created_at >= after,
        "lte": Customer.created_at < after,
        "lt": Customer.created_at < start,
    }[question.operator]


def _deed(question: Behaviour, now: datetime) -> ColumnElement[bool]:
    person = aliased(Recipient)
    at = getattr(person, _TIMES[question.deed])
    happened = [at.is_not(None)]
    if question.deed == "failed":
        happened.append(person.status == "failed")  # a retry that came through makes up for it
    if question.days is not None:
        happened.append(at >= now - timedelta(days=question.days))
    if question.campaign is not None:
        happened.append(person.campaign_id == literal(question.campaign, Recipient.campaign_id.type))
        if not on_postgresql():
            # SQLite looks nothing up by itself in a correlated question: the people of one campaign are read once
            return Customer.phone_number.in_(select(person.phone_number).where(*happened))
    # served by ix_campaign_recipients_phone_number, or by the campaign's own numbers
    return exists(select(person.id).where(and_(person.phone_number == Customer.phone_number, *happened)))
