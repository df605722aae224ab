"""What was done to one thing, by whom and when."""

from uuid import UUID

from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.models.audit_entry import AuditEntry


def history_of(subject_type: str, subject_id: UUID, limit: int = 20) -> list[AuditEntry]:
    """The latest entries about a thing, the newest first."""
    mine = select(AuditEntry).where(
        AuditEntry.subject_type == subject_type, AuditEntry.subject_id == str(subject_id)
    )
    return list(db.session.scalars(mine.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit)))
