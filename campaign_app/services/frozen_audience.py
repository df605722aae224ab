"""Turning the audience into recipients: one INSERT … SELECT, each number once, with the reason for those left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.orm import aliased

from campaign_app.domain.errors import Invalid
from campaign_app.domain.message_components import components_for
from campaign_app.domain.send_plan import PlannedBatch
from campaign_app.domain.template_needs import TemplateNeeds, shortcomings
from campaign_app.domain.template_text import MissingValue, fields, required_fields
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.customer import Customer
from campaign_app.models.recipient import Recipient
from campaign_app.models.types import Json, UtcDateTime
from campaign_app.services.audience import audience_condition
from campaign_app.services.counters import insert_for
from campaign_app.services.customer_columns import attribute_text
from campaign_app.services.eligibility import reason_not_to_write, reason_to_leave_out
from campaign_app.services.marketing_rules import with_marketing_reason
from campaign_app.services.send_schedule import allow_time, planned_day

COLUMNS = ("name", "phone_number", "customer_tier", "location", "language")
CHUNK = 500


def value_of(customer, field: str) -> ColumnElement[str]:
    """The text of a column or free attribute of `customer` (the table or an alias of it), in SQL."""
    if field in COLUMNS:
        return getattr(customer, field)
    return attribute_text(customer, field)


def empty_value_reason(field: str) -> str:
    return f"The message needs “{field}”, which is empty for this customer"


@dataclass(frozen=True)
class Meant:
    """Customers of the filter who are not among the recipients yet; `sendable`: those who may be written to."""

    customers: int
    sendable: int


def count_meant(campaign: Campaign, now: datetime) -> Meant:
    if not campaign.target_audience:
        return Meant(0, 0)
    allow_time()
    reason = reason_left_out(campaign, campaign.template_snapshot, now)
    counted = select(func.count(), func.count().filter(reason.is_(None))).select_from(Customer)
    mine = customers_meant(campaign, last_position(campaign), now)
    return Meant(*db.session.execute(counted.where(*mine)).one())


def freeze_audience(
    campaign: Campaign, meant: Meant, batches: Sequence[PlannedBatch], already: int, now: datetime
) -> None:
    """Insert a recipient for every customer who is meant, each with the day on which `batches` carry it, behind the `already`
    who are pending."""
    if not campaign.target_audience:
        return
    allow_time()
    last = last_position(campaign)
    wanted = fields(campaign.template_components)
    customers = (
        select(
            Customer.id.label("customer_id"),
            Customer.phone_number,
            Customer.name,
            reason_left_out(campaign, campaign.template_snapshot, now).label("reason"),
            _values(wanted).label("personal_values"),
        )
        .where(*customers_meant(campaign, last, now))
        .subquery()
    )
    in_order = {"order_by": customers.c.customer_id, "rows": (None, 0)}
    rank = func.row_number().over(**in_order)
    is_sent_to = case((customers.c.reason.is_(None), 1), else_=0)
    # Where nobody is left out the reasons need not be weighed once more.
    place = rank if meant.customers == meant.sendable else func.sum(is_sent_to).over(**in_order)
    chosen = select(customers, rank.label("rank"), (already + place).label("place")).subquery()
    is_pending = chosen.c.reason.is_(None)
    source = select(
        sequential_id(now, chosen.c.rank),
        literal(campaign.id, Recipient.campaign_id.type),
        chosen.c.customer_id,
        chosen.c.phone_number,
        chosen.c.name,
        last + chosen.c.rank,
        case((is_pending, "pending"), else_="skipped"),
        chosen.c.reason,
        case((is_pending, planned_day(chosen.c.place, batches)), else_=null()),
        chosen.c.personal_values,
        *(literal(now, UtcDateTime) for _ in range(3)),
        *(literal(number) for number in (0, 0, 3)),
    )
    names = (
        "id", "campaign_id", "customer_id", "phone_number", "name", "position", "status", "skipped_reason",
        "scheduled_send_date", "personal_values", "next_try_at", "created_at", "updated_at", "attempt", "retry_count", "max_retries",
    )  # fmt: skip
    db.session.execute(insert_for(Recipient.__table__).from_select(names, source, include_defaults=False))


def freeze_added(campaign: Campaign, needs: TemplateNeeds | None, now: datetime) -> None:
    """Settle the recipients that were added by number: their customer's values, and whether they are left out."""
    settings = current_app.config["SETTINGS"]
    wanted = fields(campaign.template_components)
    after = 0
    while True:
        found = select(
            Recipient.id,
            Recipient.position,
            Recipient.template_parameters,
            Customer.id.label("customer_id"),
            Customer.name,
            with_marketing_reason(
                reason_not_to_write(Recipient.phone_number, settings.require_opt_in),
                Recipient.phone_number,
                campaign,
                campaign.template_snapshot,
                now,
            ).label("reason"),
            _values_with_parameters(wanted).label("personal_values"),
        ).outerjoin(Customer, Customer.phone_number == Recipient.phone_number)
        mine = found.where(Recipient.campaign_id == campaign.id, Recipient.position > after)
        rows = db.session.execute(mine.order_by(Recipient.position).limit(CHUNK)).all()
        if not rows:
            return
        after = rows[-1].position
        db.session.execute(
            update(Recipient.__table__).where(
                Recipient.__table__.c.id == bindparam("recipient_id", type_=Recipient.id.type)
            ),
            [_settled(row, campaign, needs, now) for row in rows],
        )


def _settled(row, campaign: Campaign, needs: TemplateNeeds | None, now: datetime) -> dict:
    values = row.personal_values or {}
    reason = row.reason
    if reason is None:
        try:
            components = components_for(campaign.template_components, row.template_parameters, values, needs)
            reason = " ".join(shortcomings(needs, components)) if needs is not None else None
        except MissingValue as missing:
            reason = empty_value_reason(missing.field)
        except Invalid as error:
            reason = error.sentence
    return {
        "recipient_id": row.id,
        "customer_id": row.customer_id,
        "name": row.name,
        "personal_values": values or None,
        "status": "skipped" if reason else "pending",
        "skipped_reason": reason or None,
        "next_try_at": now,
        "updated_at": now,
    }


def last_position(campaign: Campaign) -> int:
    last = select(func.max(Recipient.position)).where(Recipient.campaign_id == campaign.id)
    return db.session.scalar(last) or 0


def customers_meant(campaign: Campaign, last: int, now: datetime) -> list[ColumnElement[bool]]:
    """Conditions on Customer: meant by the filter, and not among the recipients, of whom there are `last`."""
    is_meant = audience_condition(campaign.target_audience, now)
    if not last:
        return [is_meant]
    added = aliased(Recipient)
    mine = and_(added.campaign_id == campaign.id, added.phone_number == Customer.phone_number)
    return [is_meant, ~select(added.id).where(mine).exists()]


def reason_left_out(
    campaign: Campaign, template_snapshot: dict | None, now: datetime
) -> ColumnElement[str | None]:
    """Why a customer of the campaign's filter is left out, or NULL."""
    settings = current_app.config["SETTINGS"]
    not_to_write = with_marketing_reason(
        reason_to_leave_out(settings.require_opt_in), Customer.phone_number, campaign, template_snapshot, now
    )
    empties = [
        (is_empty(field), literal(empty_value_reason(field)))
        for field in required_fields(campaign.template_components)
    ]
    return func.coalesce(not_to_write, case(*empties, else_=null())) if empties else not_to_write


def is_empty(field: str) -> ColumnElement[bool]:
    """Whether a column or free attribute of a customer has nothing that a message could show."""
    value = value_of(Customer, field)
    return or_(value.is_(None), func.trim(value) == "")


def _values(wanted: list[str]) -> ColumnElement:
    """A JSON object of the customer's fields that the message uses, or NULL where it uses none."""
    if not wanted:
        return cast(null(), Json)
    pairs = [part for field in wanted for part in (literal(field), value_of(Customer, field))]
    if db.engine.dialect.name == "postgresql":
        return type_coerce(func.jsonb_build_object(*pairs), Json)
    return type_coerce(func.json_object(*pairs), Json)


def _values_with_parameters(wanted: list[str]) -> ColumnElement:
    return case((Customer.id.is_(None), null()), else_=_values(wanted))


def sequential_id(now: datetime, rank: ColumnElement[int]) -> ColumnElement:
    """A UUID of version 7 made by the database: milliseconds, then the rank as a counter (RFC 9562 §6.2), then 44 random bits.

    Rows inserted in order go to the end of the index, which keeps a launch of half a million quick.
    """
    milliseconds = int(now.timestamp() * 1000)
    if db.engine.dialect.name == "postgresql":
        high = func.lpad(func.to_hex(rank.op(">>")(18).op("&")(0xFFF)), 3, "0")
        middle = func.to_hex(rank.op(">>")(4).op("&")(0x3FFF).op("|")(0x8000))
        low = func.to_hex(rank.op("&")(0xF))
        random = func.substr(func.md5(cast(func.random(), String)), 1, 11)
        return cast(func.concat(f"{milliseconds:012x}7", high, middle, low, random), Recipient.id.type)
    counter = func.printf(
        "%03x%04x%x%011x",
        rank.op(">>")(18).op("&")(0xFFF),
        rank.op(">>")(4).op("&")(0x3FFF).op("|")(0x8000),
        rank.op("&")(0xF),
        func.random().op("&")(2**44 - 1),
    )
    return type_coerce(literal(f"{milliseconds:012x}7").concat(counter), Recipient.id.type)
