"""Two campaigns side by side: the figures of each, and how they differ."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from campaign_app.domain.tally import percentage
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign

CHOICES = 100


@dataclass(frozen=True)
class ComparedRow:
    """One figure of both; a rate is in percent. `difference` is of the rates, in percentage points, and None for counts or
    where one of them has no such rate yet."""

    label: str
    mine: float | None
    other: float | None
    is_rate: bool
    difference: float | None = None


def comparable_campaigns(campaign: Campaign, limit: int = CHOICES) -> list[tuple[UUID, str]]:
    """(id, name) of the other campaigns that were launched: those with the same message template first, then the newest."""
    others = select(Campaign.id, Campaign.name).where(
        Campaign.launched_at.is_not(None), Campaign.id != campaign.id
    )
    order = (Campaign.template_name == campaign.template_name).desc(), Campaign.launched_at.desc()
    return [tuple(row) for row in db.session.execute(others.order_by(*order, Campaign.id).limit(limit))]


def compare(mine: Campaign, other: Campaign) -> list[ComparedRow]:
    return [
        _counts("Recipients", mine.total_target_customers, other.total_target_customers),
        _counts("Sent", mine.messages_sent, other.messages_sent),
        _rates("Delivered, of sent", mine, other, "messages_delivered", "messages_sent"),
        _rates("Read, of delivered", mine, other, "messages_read", "messages_delivered"),
        _rates("Replied, of delivered", mine, other, "messages_replied", "messages_delivered"),
        _rates("Failed, of tried", mine, other, "messages_failed", "messages_sent", "messages_refused"),
    ]


def _counts(label: str, mine: int, other: int) -> ComparedRow:
    return ComparedRow(label, mine, other, is_rate=False)


def _rates(label: str, mine: Campaign, other: Campaign, part: str, *whole: str) -> ComparedRow:
    first, second = (_rate(campaign, part, whole) for campaign in (mine, other))
    known = first is not None and second is not None
    return ComparedRow(label, first, second, True, round(first - second, 1) if known else None)


def _rate(campaign: Campaign, part: str, whole: tuple[str, ...]) -> float | None:
    divisor = sum(getattr(campaign, name) for name in whole)
    return percentage(getattr(campaign, part), divisor) if divisor else None
