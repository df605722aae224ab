"""Media for the headers of messages: taken from staff, uploaded to WhatsApp, kept, found again, deleted when unused."""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID, uuid4

from flask import current_app
from sqlalchemy import String, cast, select

from campaign_app.database import reading
from campaign_app.domain.errors import Conflict, Invalid, NotFound
from campaign_app.domain.media import HEAD_BYTES, RULES, check_medium
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.medium import Medium
from campaign_app.services.shared_files import bring, forget, share
from campaign_app.whatsapp.client import CloudApi, CloudApiError

KIND = "medium"
KEPT_BY_WHATSAPP = timedelta(days=30)  # Source: Meta, "Media: uploaded media", read 2026-09
FRESH = timedelta(days=20)  # an upload that is younger is used again for the same file
UNUSED = timedelta(days=1)
_BLOCK = 2**20


def folder() -> Path:
    return Path(current_app.instance_path) / "media"


def medium_path(medium_id: UUID) -> Path:
    return folder() / str(medium_id)


def upload_medium(
    api: CloudApi, stream: BinaryIO, file_name: str, format_: str, actor: str, now: datetime
) -> Medium:
    """Check a file that staff chose for a header of `format_`, keep it, and upload it to WhatsApp; the caller commits.

    No transaction may be open: it talks to the network. Raises Invalid for the file, Conflict when WhatsApp takes none.
    """
    medium_id = uuid4()  # random: it is the file's name and address
    path = medium_path(medium_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    try:
        mime_type, size, digest = _keep(stream, path, file_name, format_)
        if known := _same_and_fresh(digest, format_, mime_type, now):
            path.unlink()
            return known
        media_id = api.upload_media(path, mime_type)
        share(medium_id, KIND, path, now)
    except CloudApiError as error:
        path.unlink(missing_ok=True)
        raise Conflict(f"The file could not be uploaded to WhatsApp: {error}") from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    medium = Medium(
        id=medium_id, format=format_, mime_type=mime_type, file_name=file_name[-240:], size_bytes=size, sha256=digest,
        whatsapp_media_id=media_id, uploaded_at=now, created_by=actor, created_at=now,
    )  # fmt: skip
    db.session.add(medium)
    db.session.flush()
    return medium


def _keep(stream: BinaryIO, path: Path, file_name: str, format_: str) -> tuple[str, int, str]:
    """(MIME type, size, SHA-256) of the file, which is now at `path`. Raises Invalid."""
    head, size, digest = b"", 0, hashlib.sha256()
    most = RULES[format_].most_bytes
    with path.open("wb") as kept:
        while block := stream.read(_BLOCK):
            head = head or block[:HEAD_BYTES]
            size += len(block)
            if size <= most:  # of a larger one only the size is of interest
                kept.write(block)
                digest.update(block)
    return check_medium(format_, head, size, file_name), size, digest.hexdigest()


def _same_and_fresh(digest: str, format_: str, mime_type: str, now: datetime) -> Medium | None:
    """The same file, uploaded not long ago."""
    same = select(Medium).where(
        Medium.sha256 == digest,
        Medium.format == format_,
        Medium.mime_type == mime_type,
        Medium.uploaded_at > now - FRESH,
    )
    with reading():
        known = db.session.scalars(same.limit(1)).first()
        medium_id = known.id if known is not None and bring(known.id, KIND, medium_path(known.id)) else None
        db.session.rollback()
    return db.session.get(Medium, medium_id) if medium_id else None


def find_medium(medium_id: UUID) -> Medium:
    """Raises NotFound."""
    medium = db.session.get(Medium, medium_id)
    if medium is None:
        raise NotFound("There is no such file.")
    return medium


def file_of(medium: Medium) -> Path:
    """Where its file lies on this machine. Raises NotFound once it is nowhere any more."""
    path = medium_path(medium.id)
    if not bring(medium.id, KIND, path):
        raise NotFound("The file is not here any more.")
    return path


def header_medium_id(components: list[dict[str, Any]] | None) -> str | None:
    """WhatsApp's id of the medium in the header; None without one, or where it is a link."""
    for component in components or []:
        if str(component.get("type", "")).lower() == "header":
            for parameter in component.get("parameters") or []:
                medium = parameter.get(str(parameter.get("type", "")).lower())
                if isinstance(medium, dict) and medium.get("id"):
                    return str(medium["id"])
    return None


def medium_of(whatsapp_media_id: str | None) -> Medium | None:
    if not whatsapp_media_id:
        return None
    return db.session.scalar(select(Medium).where(Medium.whatsapp_media_id == whatsapp_media_id))


def check_not_expired(components: list[dict[str, Any]] | None, now: datetime) -> None:
    """Raises Invalid when the header's medium is one of ours that WhatsApp keeps no more."""
    medium = medium_of(header_medium_id(components))
    if medium is not None and medium.uploaded_at <= now - KEPT_BY_WHATSAPP:
        raise Invalid(
            f"WhatsApp keeps a file for {KEPT_BY_WHATSAPP.days} days, and “{medium.file_name}” in the header could not be"
            f" uploaded again{f': {medium.fault}' if medium.fault else '.'} Edit the draft and choose the file once more."
        )


def prune_media(now: datetime) -> None:
    """Delete what no campaign uses and what nobody has just chosen. The caller commits."""
    for medium in db.session.scalars(select(Medium).where(Medium.created_at < now - UNUSED)).all():
        if not campaigns_with(medium.whatsapp_media_id):
            db.session.delete(medium)
            forget(medium.id, KIND)
            medium_path(medium.id).unlink(missing_ok=True)
    db.session.flush()


def campaigns_with(whatsapp_media_id: str) -> list[UUID]:
    """The campaigns whose message holds the medium."""
    holds = cast(Campaign.template_components, String).contains(f'"{whatsapp_media_id}"', autoescape=True)
    return list(db.session.scalars(select(Campaign.id).where(holds)))
