"""A campaign made as a follow-up to another: for those whom it did not reach, or who did not react."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, select

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.errors import Conflict, Invalid
from campaign_app.domain.tally import Tally
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.customer import Customer
from campaign_app.models.recipient import Recipient
from campaign_app.models.types import UtcDateTime
from campaign_app.services import audit
from campaign_app.services.campaigns import FIELDS, create_campaign
from campaign_app.services.counters import add_tally, insert_for
from campaign_app.services.frozen_audience import sequential_id

# who -> (what stands behind the name, the condition on Recipient, the filter for those who are customers)
_REACHED = Recipient.delivered_at.is_not(None)
WHO: dict[str, tuple[str, ColumnElement[bool], Any]] = {
    "failed": ("did not get it", Recipient.status == "failed", lambda mine: {"failed": mine}),
    "unread": (
        "did not read it",
        and_(_REACHED, Recipient.read_at.is_(None), Recipient.status != "failed"),
        lambda mine: {"received": mine, "not": {"any": [{"read": mine}, {"failed": mine}]}},
    ),
    "unanswered": (
        "did not reply",
        and_(_REACHED, Recipient.replied_at.is_(None), Recipient.status != "failed"),
        lambda mine: {"received": mine, "not": {"any": [{"replied": mine}, {"failed": mine}]}},
    ),
}


def follow_up(campaign: Campaign, who: str, actor: str, now: datetime) -> Campaign:
    """A new draft with the same settings for those of `campaign` who are meant by `who`, a key of WHO.

    Customers are meant by a filter, and so are those to whom it happens before the launch; recipients who are no customers
    are taken over as they stand. Raises Invalid, Conflict.
    """
    if who not in WHO:
        raise Invalid("Choose for whom the follow-up is meant.")
    if campaign.status == CampaignStatus.DRAFT:
        raise Conflict("The campaign is a draft: nobody got it yet.")
    words, wanted, filter_for = WHO[who]
    copied = {key: getattr(campaign, key) for key in FIELDS if not key.startswith("scheduled_")}
    copied["name"] = f"{campaign.name[:170]} ({words})"
    copied["target_audience"] = filter_for({"campaign": str(campaign.id)})
    clone = create_campaign(copied, actor, now)
    _take_over(campaign, clone, wanted, now)
    audit.record(actor, "campaign.cloned", "campaign", clone.id, {"from": str(campaign.id), "for": who}, now)
    return clone


def _take_over(campaign: Campaign, clone: Campaign, wanted: ColumnElement[bool], now: datetime) -> None:
    """Add the recipients whose numbers belong to no customer, with the parameters they were given."""
    known = select(Customer.id).where(Customer.phone_number == Recipient.phone_number).exists()
    rank = func.row_number().over(order_by=Recipient.position)
    source = select(
        sequential_id(now, rank),
        literal(clone.id, Recipient.campaign_id.type),
        Recipient.phone_number,
        rank,
        literal("pending"),
        Recipient.template_parameters,
        *(literal(now, UtcDateTime) for _ in range(3)),
        *(literal(number) for number in (0, 0, 3)),
    ).where(Recipient.campaign_id == campaign.id, wanted, ~known)
    names = (
        "id", "campaign_id", "phone_number", "position", "status", "template_parameters", "next_try_at", "created_at",
        "updated_at", "attempt", "retry_count", "max_retries",
    )  # fmt: skip
    db.session.execute(insert_for(Recipient.__table__).from_select(names, source, include_defaults=False))
    added = db.session.scalar(select(func.count()).where(Recipient.campaign_id == clone.id))
    tally = Tally()
    tally.campaign.update(total_target_customers=added, messages_pending=added)
    add_tally(clone.id, tally, now)
    db.session.refresh(clone)
