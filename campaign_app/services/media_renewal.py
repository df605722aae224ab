"""Uploading media to WhatsApp again before it forgets them, so that no campaign runs out of its picture."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from campaign_app.database import reading
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.medium import Medium
from campaign_app.services.account_notices import note
from campaign_app.services.counters import lock_campaigns
from campaign_app.services.media import KEPT_BY_WHATSAPP, KIND, campaigns_with, medium_path
from campaign_app.services.shared_files import bring
from campaign_app.whatsapp.client import CloudApi, CloudApiError

RENEWED_AFTER = timedelta(days=25)  # five days are left for WhatsApp, or this machine, to be well again

_GONE = "its file is not on this server any more."


def renew_media(api: CloudApi, now: datetime) -> int:
    """Upload again what is used and was uploaded long ago; returns how many. Short transactions of its own, none open
    while it talks to the network."""
    with reading():
        old = select(Medium.id).where(Medium.uploaded_at <= now - RENEWED_AFTER).order_by(Medium.uploaded_at)
        ids = list(db.session.scalars(old))
        db.session.rollback()
    return sum(_renew(api, medium_id, now) for medium_id in ids)


def _renew(api: CloudApi, medium_id: UUID, now: datetime) -> bool:
    with reading():
        medium = db.session.get(Medium, medium_id)
        is_used = medium is not None and bool(campaigns_with(medium.whatsapp_media_id))
        has_file = is_used and bring(medium_id, KIND, medium_path(medium_id))
        mime_type = medium.mime_type if medium is not None else ""
        db.session.rollback()
    if not is_used:
        return False
    try:
        media_id = api.upload_media(medium_path(medium_id), mime_type) if has_file else None
        fault = None if has_file else _GONE
    except CloudApiError as error:
        media_id, fault = None, error.sentence
    medium = db.session.get(Medium, medium_id, populate_existing=True)
    if medium is None:
        db.session.rollback()
        return False
    if media_id is None:
        _tell(medium, fault, now)
    else:
        _replace_in_campaigns(medium.whatsapp_media_id, media_id)
        medium.whatsapp_media_id, medium.uploaded_at, medium.fault = media_id, now, None
    db.session.commit()
    return media_id is not None


def _tell(medium: Medium, fault: str | None, now: datetime) -> None:
    if medium.fault != fault:
        until = medium.uploaded_at + KEPT_BY_WHATSAPP
        sentence = (
            f"“{medium.file_name}”, which stands in the header of a campaign, could not be uploaded to WhatsApp again: {fault}"
            f" WhatsApp forgets it on {until:%d %b %Y}; messages with it fail from then on."
        )
        note(f"medium {medium.id}", sentence, True, now)
    medium.fault = fault


def _replace_in_campaigns(old_id: str, new_id: str) -> None:
    """Whoever is sent to from here on gets the new one; what is under way with the old one arrives all the same."""
    ids = campaigns_with(old_id)
    lock_campaigns(ids)
    rows = select(Campaign.id, Campaign.template_components).where(Campaign.id.in_(ids))
    for campaign_id, components in db.session.execute(rows).all():
        db.session.execute(
            update(Campaign)
            .where(Campaign.id == campaign_id)
            .values(template_components=_replaced(components, old_id, new_id), updated_at=Campaign.updated_at)
            .execution_options(synchronize_session=False)
        )


def _replaced(value: Any, old_id: str, new_id: str) -> Any:
    if isinstance(value, list):
        return [_replaced(item, old_id, new_id) for item in value]
    if isinstance(value, dict):
        return {
            key: new_id if key == "id" and str(item) == old_id else _replaced(item, old_id, new_id)
            for key, item in value.items()
        }
    return value
