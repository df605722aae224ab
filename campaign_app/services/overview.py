"""What the home page shows besides the queue: what needs attention, today against the limits, and the quality of templates."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import and_, func, or_, select

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.clock import business_day
from campaign_app.domain.tally import percentage
from campaign_app.extensions import db
from campaign_app.models.analytics import DailyAnalytics
from campaign_app.models.campaign import UNDER_WAY, Campaign
from campaign_app.models.customer import Customer
from campaign_app.models.message_template import MessageTemplate
from campaign_app.models.send_schedule import SendBatch

RATES_DAYS = 30
HIGH_FAILURE_RATE = 20.0  # percent of a campaign's messages: worth a look
ENOUGH_TO_JUDGE = 20  # messages
TEMPLATES_TOLD = 5
_TRIED = Campaign.messages_sent + Campaign.messages_refused


@dataclass(frozen=True)
class Figures:
    """`sent_today`: handed to WhatsApp on this business day less those that it refused; the other counts are of the last
    RATES_DAYS business days. All campaigns together, archived ones too; what was tried out on one number counts for today only."""

    sent_today: int
    sent: int
    delivered: int
    read: int
    failed: int
    has_customers: bool
    has_deliveries: bool

    @property
    def delivery_rate(self) -> float:
        return percentage(self.delivered, self.sent)

    @property
    def read_rate(self) -> float:
        return percentage(self.read, self.delivered)


def figures(now: datetime) -> Figures:
    """One question."""
    today = business_day(now, current_app.config["SETTINGS"].zone)
    used = select(func.coalesce(func.sum(SendBatch.messages_authorised), 0)).where(
        SendBatch.send_date == today
    )
    columns = (
        DailyAnalytics.messages_sent,
        DailyAnalytics.messages_delivered,
        DailyAnalytics.messages_read,
        DailyAnalytics.messages_failed,
    )
    ordinary = Campaign.is_test.is_(False)
    delivered = select(Campaign.id).where(Campaign.messages_delivered > 0, ordinary)
    of_ordinary = DailyAnalytics.campaign_id.in_(select(Campaign.id).where(ordinary))
    row = select(
        used.scalar_subquery(),
        *(func.coalesce(func.sum(column), 0) for column in columns),
        select(Customer.id).exists(),
        delivered.exists(),
    ).where(DailyAnalytics.analytics_date > today - timedelta(days=RATES_DAYS), of_ordinary)
    return Figures(*db.session.execute(row).one())


def needing_attention(limit: int = 10) -> list[tuple[Campaign, str]]:
    """Campaigns that wait for a person, each with the sentences why: paused ones first, then the unclear, then those that fail
    much. Drafts and what is archived wait for nobody."""
    is_paused = Campaign.status == CampaignStatus.PAUSED
    is_unclear = Campaign.messages_unconfirmed > 0
    fails_much = and_(
        Campaign.status == CampaignStatus.ACTIVE,
        _TRIED >= ENOUGH_TO_JUDGE,
        Campaign.messages_failed * 100 >= HIGH_FAILURE_RATE * _TRIED,
    )
    in_the_way = or_(Campaign.archived_at.is_(None), Campaign.status.in_(UNDER_WAY))
    waiting = (
        select(Campaign)
        .where(or_(is_paused, is_unclear, fails_much), in_the_way)
        .order_by(is_paused.desc(), is_unclear.desc(), Campaign.updated_at.desc())
    )
    return [(campaign, _why(campaign)) for campaign in db.session.scalars(waiting.limit(limit))]


def _why(campaign: Campaign) -> str:
    sentences = []
    if campaign.status == CampaignStatus.PAUSED:
        sentences.append(campaign.status_reason or "It is paused.")
    people = campaign.messages_unconfirmed
    if people:
        lost = "not confirmed: WhatsApp's answer got lost."
        sentences.append(
            f"1 message is {lost} It is never sent again by itself."
            if people == 1
            else f"{people:,} messages are {lost} They are never sent again by themselves."
        )
    tried = campaign.messages_sent + campaign.messages_refused
    rate = percentage(campaign.messages_failed, tried)
    if campaign.status == CampaignStatus.ACTIVE and tried >= ENOUGH_TO_JUDGE and rate >= HIGH_FAILURE_RATE:
        sentences.append(f"{rate}% of its messages failed. The failure table says why.")
    return " ".join(sentences)


@dataclass(frozen=True)
class TemplateQuality:
    """`approved` may be sent; `troubled` are the approved ones that WhatsApp rates low or medium, and the paused ones."""

    approved: int
    troubled: list[MessageTemplate]


def template_quality() -> TemplateQuality:
    """One question: the rows of the troubled, with the count of the approved beside each."""
    is_approved = MessageTemplate.status == "APPROVED"
    approved = select(func.count()).select_from(MessageTemplate).where(is_approved).scalar_subquery()
    is_troubled = or_(
        and_(is_approved, MessageTemplate.quality.in_(("RED", "YELLOW"))), MessageTemplate.status == "PAUSED"
    )
    one = select(approved.label("approved")).subquery()
    rows = db.session.execute(
        select(one.c.approved, MessageTemplate)
        .select_from(one.outerjoin(MessageTemplate, is_troubled))
        .order_by(MessageTemplate.quality, MessageTemplate.name)
        .limit(TEMPLATES_TOLD)
    ).all()
    return TemplateQuality(rows[0][0], [template for _, template in rows if template is not None])
