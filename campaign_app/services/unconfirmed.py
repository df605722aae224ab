"""Messages whose answer is unknown: staff may send again or give up, each person once, when the webhook had its time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import current_app
from sqlalchemy import select, update

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.errors import Conflict
from campaign_app.domain.tally import Tally
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message import Message
from campaign_app.models.recipient import Recipient
from campaign_app.services import audit
from campaign_app.services.attempts import complete_finished
from campaign_app.services.campaigns import find_campaign
from campaign_app.services.counters import add_tally, lock_campaigns
from campaign_app.services.retries import FRESH, go_on, standing_of

GIVEN_UP = "Not confirmed: WhatsApp's answer was lost and no status came. Given up by {actor}."
CHUNK = 500


@dataclass(frozen=True)
class Unconfirmed:
    """`people` in all; `decidable`: those whose webhook had its time; `decidable_at`: when the next one is."""

    people: int
    decidable: int
    decidable_at: datetime | None


def send_again(campaign_id: UUID, recipient_id: UUID | None, actor: str, now: datetime) -> int:
    """Queue the decidable ones (or one of them) again, as new attempts. They may get the message twice: that is what staff
    decide here. Returns how many. Raises NotFound, Conflict. The caller commits."""
    campaign = _locked(campaign_id)
    if campaign.status == CampaignStatus.CANCELLED:
        raise Conflict("The campaign is cancelled: nothing of it is sent any more.")
    people = _decide(
        campaign,
        recipient_id,
        now,
        lambda row: {**FRESH, "next_try_at": now, "retry_count": row.retry_count + 1},
    )
    if people:
        go_on(campaign, now)
        audit.record(actor, "campaign.sent_again", "campaign", campaign_id, {"recipients": people}, now)
    return people


def give_up(campaign_id: UUID, recipient_id: UUID | None, actor: str, now: datetime) -> int:
    """Count the decidable ones (or one of them) as failed. A webhook that comes later still shows what it knows.

    Returns how many. Raises NotFound, Conflict. The caller commits.
    """
    campaign = _locked(campaign_id)
    failed = {"status": "failed", "failed_at": now, "failure_reason": GIVEN_UP.format(actor=actor)}
    given_up = _decidable(campaign, recipient_id, now)
    ids = list(db.session.scalars(given_up.with_only_columns(Recipient.message_id)))
    for start in range(0, len(ids), CHUNK):
        messages = update(Message).where(Message.id.in_(ids[start : start + CHUNK]))
        db.session.execute(
            messages.values(**failed, updated_at=now), execution_options={"synchronize_session": False}
        )
    people = _decide(campaign, recipient_id, now, lambda row: {**failed, "unconfirmed_at": None})
    if people:
        complete_finished([campaign_id], now)
        audit.record(actor, "campaign.gave_up", "campaign", campaign_id, {"recipients": people}, now)
    return people


def decidable_until(now: datetime) -> datetime:
    """Staff may decide about messages that are not confirmed since this time or longer."""
    return now - patience()


def patience() -> timedelta:
    """How long the webhook of an unclear send has its time."""
    return timedelta(seconds=current_app.config["SETTINGS"].unconfirmed_after_seconds)


def open_unconfirmed(campaign_id: UUID) -> tuple:
    return (
        Recipient.campaign_id == campaign_id,
        Recipient.unconfirmed_at.is_not(None),
        Recipient.status == "queued",
    )


def _locked(campaign_id: UUID) -> Campaign:
    campaign = find_campaign(campaign_id)
    lock_campaigns([campaign_id])
    db.session.refresh(campaign)
    return campaign


def _decidable(campaign: Campaign, recipient_id: UUID | None, now: datetime):
    rows = select(Recipient).where(
        *open_unconfirmed(campaign.id), Recipient.unconfirmed_at <= decidable_until(now)
    )
    return rows if recipient_id is None else rows.where(Recipient.id == recipient_id)


def _decide(campaign: Campaign, recipient_id: UUID | None, now: datetime, decision) -> int:
    """Change the decidable recipients as `decision` says, with the counters. Each row is open, so each is decided once."""
    zone = current_app.config["SETTINGS"].zone
    tally = Tally()
    people = 0
    for row in db.session.scalars(_decidable(campaign, recipient_id, now)).all():
        before = standing_of(row)
        for name, value in decision(row).items():
            setattr(row, name, value)
        tally.move(before, standing_of(row), zone)
        people += 1
    db.session.flush()
    add_tally(campaign.id, tally, now)
    db.session.refresh(campaign)
    return people
