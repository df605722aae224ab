"""The audit trail: who did what, to what, and when."""

from datetime import datetime
from typing import Any
from uuid import UUID

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.audit_entry import AuditEntry


def record(
    actor: str,
    action: str,
    subject_type: str | None = None,
    subject_id: UUID | str | None = None,
    details: dict[str, Any] | None = None,
    now: datetime | None = None,
) -> None:
    """Add an entry to the transaction in progress: what was done and that it was done stand or fall together."""
    db.session.add(
        AuditEntry(
            at=now or utc_now(),
            actor=actor,
            action=action,
            subject_type=subject_type,
            subject_id=None if subject_id is None else str(subject_id),
            details=details,
        )
    )
