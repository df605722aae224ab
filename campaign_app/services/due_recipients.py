"""Who is due: the campaigns that may send now, and the next recipients of one."""

from collections.abc import Hashable
from datetime import datetime
from functools import cache, lru_cache
from uuid import UUID

from flask import current_app
from sqlalchemy import Row, Select, bindparam, func, or_, select

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.recipient import Recipient
from campaign_app.services.account_limit import MOVING_DAY, AccountLimit, reached_since
from campaign_app.services.eligibility import reason_not_to_write
from campaign_app.services.marketing_rules import cap_counts_since, is_marketing, marketing_reason
from campaign_app.services.restored_copy import on_hold
from campaign_app.services.sending_queue import sending_order


def due_campaigns(now: datetime) -> list[UUID]:
    """Active campaigns whose start has come, whose end has not, and that have something pending, in the order of sending; none
    on a restored copy that waits for an admin."""
    due = db.session.execute(_campaigns(db.engine.dialect.name), {"now": now})
    return [row.id for row in sorted(due, key=sending_order)]


def due_recipients(campaign: Campaign, most: int, limit: AccountLimit, now: datetime) -> list[Row]:
    """The next pending recipients, each with the reason why it must not be written to, if there is one."""
    settings = current_app.config["SETTINGS"]
    due = _recipients(settings, is_marketing(campaign.template_snapshot), limit.is_used_up)
    times = {"now": now, "moving_day": now - MOVING_DAY, "cap_since": cap_counts_since(now)}
    return db.session.execute(due, {"campaign_id": campaign.id, "most": most, **times}).all()


RECIPIENTS = Recipient.__table__

# Built once: to put such a statement together takes longer than to carry it out, and each step of the sender needs both.


@cache
def _campaigns(dialect: str) -> Select:
    """`dialect`: the name of that of the database in use, whose statement it is."""
    return select(
        Campaign.id,
        Campaign.priority,
        Campaign.scheduled_start_date,
        Campaign.launched_at,
        Campaign.created_at,
    ).where(
        Campaign.status == CampaignStatus.ACTIVE,
        Campaign.messages_pending > 0,
        ~on_hold(),
        or_(Campaign.scheduled_start_date.is_(None), Campaign.scheduled_start_date <= bindparam("now")),
        or_(Campaign.scheduled_end_date.is_(None), Campaign.scheduled_end_date > bindparam("now")),
    )


@lru_cache(maxsize=32)
def _recipients(settings: Hashable, marketing: bool, only_reached: bool) -> Select:
    """`only_reached`: the account's limit is used up, so that only those may be written to who count already."""
    campaign_id = bindparam("campaign_id", type_=Recipient.campaign_id.type)
    names = (
        "id",
        "phone_number",
        "attempt",
        "template_parameters",
        "personal_values",
        "next_try_at",
        "position",
    )
    next_ones = select(*(RECIPIENTS.c[name] for name in names)).where(
        RECIPIENTS.c.campaign_id == campaign_id,
        RECIPIENTS.c.status == "pending",
        RECIPIENTS.c.next_try_at <= bindparam("now"),
    )
    if only_reached:
        next_ones = next_ones.where(reached_since(bindparam("moving_day", type_=Recipient.next_try_at.type)))
    next_ones = next_ones.order_by(RECIPIENTS.c.next_try_at, RECIPIENTS.c.position).limit(bindparam("most"))
    # Chosen first: PostgreSQL would get ready for everybody, and read all customers, before it looks at the limit.
    chosen = next_ones.with_for_update(skip_locked=True).subquery("chosen")
    reason = reason_not_to_write(chosen.c.phone_number, settings.require_opt_in)
    if marketing:
        cap_since = bindparam("cap_since", type_=Recipient.next_try_at.type)
        more = marketing_reason(chosen.c.phone_number, campaign_id, cap_since)
        reason = reason if more is None else func.coalesce(reason, more)
    return select(chosen, reason.label("reason")).order_by(chosen.c.next_try_at, chosen.c.position)
