"""Segments: named filters, made, changed, deleted and listed."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.errors import Conflict, Invalid, NotFound
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.segment import Segment
from campaign_app.services import audit
from campaign_app.services.audience import audience_condition
from campaign_app.services.campaign_lists import launched_campaigns
from campaign_app.services.segment_references import segment_id_in

LONGEST_NAME = 100


def all_segments() -> list[Segment]:
    return list(db.session.scalars(select(Segment).order_by(func.lower(Segment.name), Segment.id)))


def names_in(*filters: Any) -> dict[str, str]:
    """The names of segments and of the latest campaigns by their ids, for filters in words; not asked where none is meant."""
    if not any(name in json.dumps(chosen) for name in ('"segment"', '"campaign"') for chosen in filters):
        return {}
    segments = {str(segment.id): segment.name for segment in all_segments()}
    return {str(campaign_id): name for campaign_id, name in launched_campaigns()} | segments


def find_segment(segment_id: UUID) -> Segment:
    """Raises NotFound."""
    segment = db.session.get(Segment, segment_id)
    if segment is None:
        raise NotFound("There is no such segment.")
    return segment


def save_segment(
    segment: Segment | None, name: str, chosen: dict[str, Any], actor: str, now: datetime
) -> Segment:
    """Make a segment, or change `segment`. Raises Invalid with fields."""
    name = " ".join(name.split())
    faults: dict[str, list[str]] = {}
    if not name or len(name) > LONGEST_NAME:
        faults["name"] = [f"Enter a name of at most {LONGEST_NAME} signs."]
    elif _is_taken(name, segment):
        faults["name"] = ["There is a segment of this name already."]
    try:
        _check(chosen)
    except Invalid as fault:
        faults["filter"] = [fault.sentence]
    if faults:
        raise Invalid("Something in the segment is not right.", faults)
    is_new = segment is None
    if segment is None:
        segment = Segment(created_by=actor, created_at=now)
        db.session.add(segment)
    segment.name, segment.filter, segment.updated_at = name, chosen, now
    db.session.flush()
    audit.record(
        actor, "segment.added" if is_new else "segment.edited", "segment", segment.id, {"name": name}, now
    )
    return segment


def delete_segment(segment: Segment, actor: str, now: datetime) -> None:
    """Raises Conflict while a draft means it."""
    drafts = db.session.execute(
        select(Campaign.name, Campaign.target_audience).where(Campaign.status == CampaignStatus.DRAFT)
    )
    users = [name for name, audience in drafts if segment_id_in(audience) == segment.id]
    if users:
        raise Conflict(f"The draft “{users[0]}” is meant for this segment: give it another audience first.")
    audit.record(actor, "segment.deleted", "segment", segment.id, {"name": segment.name}, now)
    db.session.delete(segment)
    db.session.flush()


def _check(chosen: Any) -> None:
    """Raises Invalid."""
    if not chosen:
        raise Invalid("Choose at least one condition.")
    if _mentions_segment(chosen):
        raise Invalid("A segment cannot mean another segment.")
    audience_condition(chosen)


def _mentions_segment(chosen: Any) -> bool:
    if isinstance(chosen, dict):
        return segment_id_in(chosen) is not None or any(map(_mentions_segment, chosen.values()))
    return isinstance(chosen, list) and any(map(_mentions_segment, chosen))


def _is_taken(name: str, segment: Segment | None) -> bool:
    same = select(Segment.id).where(func.lower(Segment.name) == name.lower())
    if segment is not None:
        same = same.where(Segment.id != segment.id)
    return db.session.scalar(same.limit(1)) is not None
