"""What holds for marketing messages besides opt-outs: the cap of messages a person, and numbers of the United States.

Asked at launch, in one statement for everybody, and again at the claim: in between another campaign may have written.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import ColumnElement, and_, case, func, literal, null, select
from sqlalchemy.orm import aliased

from campaign_app.domain.phone import us_area_codes
from campaign_app.models.campaign import Campaign
from campaign_app.models.message import Message

MARKETING = "MARKETING"
# Source: Meta, "Per-user marketing template message limits": not delivered to numbers with a US area code since April 2025
US_NUMBER = "WhatsApp delivers no marketing messages to numbers of the United States"


def is_marketing(template_snapshot: dict[str, Any] | None) -> bool:
    """Whether a campaign's message counts as marketing; one whose category is not known does.

    >>> is_marketing({"category": "UTILITY"}), is_marketing(None)
    (False, True)
    """
    return ((template_snapshot or {}).get("category") or MARKETING) == MARKETING


def cap_reached() -> str:
    """The reason of those whom the cap leaves out."""
    settings = current_app.config["SETTINGS"]
    days = (
        f"the last {settings.marketing_cap_days} days" if settings.marketing_cap_days > 1 else "the last day"
    )
    count = settings.marketing_cap_messages
    return f"Got {count} marketing message{'s' if count != 1 else ''} in {days} already"


def cap_counts_since(now: datetime) -> datetime:
    """From when on messages count for the cap."""
    return now - timedelta(days=current_app.config["SETTINGS"].marketing_cap_days)


def marketing_reason(
    phone_number: ColumnElement[str],
    campaign_id: ColumnElement[UUID],
    since: datetime | ColumnElement[datetime],
) -> ColumnElement[str | None] | None:
    """Why a marketing message must not go to `phone_number`, or NULL; None where no such rule is on. `since`: see
    `cap_counts_since`."""
    settings = current_app.config["SETTINGS"]
    rules = []
    if not settings.us_marketing:
        is_us = and_(
            func.substr(phone_number, 1, 2) == "+1",
            literal(" ".join(sorted(us_area_codes()))).contains(func.substr(phone_number, 3, 3)),
        )
        rules.append((is_us, literal(US_NUMBER)))
    if settings.marketing_cap_messages:
        got = _marketing_messages(phone_number, campaign_id, since)
        rules.append((got >= settings.marketing_cap_messages, literal(cap_reached())))
    return case(*rules, else_=null()) if rules else None


def with_marketing_reason(
    reason: ColumnElement[str | None],
    phone_number: ColumnElement[str],
    campaign: Campaign,
    template_snapshot: dict[str, Any] | None,
    now: datetime,
) -> ColumnElement[str | None]:
    """`reason`, or else that of the rules for marketing messages, where the campaign's message is one."""
    if not is_marketing(template_snapshot):
        return reason
    more = marketing_reason(phone_number, literal(campaign.id, Campaign.id.type), cap_counts_since(now))
    return reason if more is None else func.coalesce(reason, more)


def _marketing_messages(
    phone_number: ColumnElement[str],
    campaign_id: ColumnElement[UUID],
    since: datetime | ColumnElement[datetime],
) -> ColumnElement[int]:
    """How many marketing messages of other campaigns are on their way to a number, or have come, since then."""
    message, campaign = aliased(Message), aliased(Campaign)
    category = func.coalesce(campaign.template_snapshot["category"].as_string(), MARKETING)
    return (
        select(func.count())
        .select_from(message)
        .join(campaign, campaign.id == message.campaign_id)
        .where(
            message.phone_number == phone_number,
            message.authorised_at > since,
            message.refused_at.is_(None),
            message.status != "failed",
            message.campaign_id != campaign_id,
            category == MARKETING,
        )
        .scalar_subquery()
    )
