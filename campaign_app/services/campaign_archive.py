"""Putting campaigns out of the way and getting them back. Their figures count as before."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from campaign_app.extensions import db
from campaign_app.models.campaign import UNDER_WAY, Campaign
from campaign_app.services import audit


def archive(campaign_ids: Collection[UUID], actor: str, now: datetime) -> int:
    """Put those of them away that are neither sending nor paused. Returns how many. The caller commits."""
    wanted = Campaign.archived_at.is_(None) & Campaign.status.not_in(UNDER_WAY)
    return _set(campaign_ids, now, wanted, "campaign.archived", actor, now)


def bring_back(campaign_ids: Collection[UUID], actor: str, now: datetime) -> int:
    """Returns how many were archived and are no more. The caller commits."""
    return _set(campaign_ids, None, Campaign.archived_at.is_not(None), "campaign.brought_back", actor, now)


def _set(campaign_ids, archived_at: datetime | None, wanted, action: str, actor: str, now: datetime) -> int:
    chosen = db.session.scalars(select(Campaign.id).where(Campaign.id.in_(campaign_ids), wanted)).all()
    moved = 0
    for campaign_id in chosen:
        # the condition once more: it may have been resumed or put away meanwhile
        one = update(Campaign).where(Campaign.id == campaign_id, wanted)
        values = {"archived_at": archived_at, "updated_at": Campaign.updated_at}
        if db.session.execute(
            one.values(**values), execution_options={"synchronize_session": False}
        ).rowcount:
            audit.record(actor, action, "campaign", campaign_id, None, now)
            moved += 1
    db.session.expire_all()
    return moved
