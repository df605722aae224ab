"""The audit trail: who did what, to what, when and from where."""

from contextvars import Context, ContextVar
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, insert

from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import db
from campaign_app.models.audit_entry import AuditEntry

# The address that the request in progress came from; the door sets it.
came_from: ContextVar[str | None] = ContextVar("came_from", default=None)


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
            address=came_from.get(),
            details=details,
        )
    )


def record_apart(
    actor: str, action: str, subject_type: str, subject_id: UUID | None, details: dict[str, Any]
) -> None:
    """For what only reads, such as an export. Owns its short transaction, so that a GET may call it."""
    row = {
        "id": new_id(),
        "at": utc_now(),
        "actor": actor,
        "action": action,
        "subject_type": subject_type,
        "subject_id": None if subject_id is None else str(subject_id),
        "address": came_from.get(),
        "details": details,
    }
    # in a context of its own: the caller's may be one that only reads
    Context().run(_written, db.engine, row)


def _written(engine: Engine, row: dict[str, Any]) -> None:
    with engine.begin() as connection:
        connection.execute(insert(AuditEntry.__table__), row)
