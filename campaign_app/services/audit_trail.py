"""Reading what was done: to one thing, or everything that fits a search."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, tuple_

from campaign_app.extensions import db
from campaign_app.models.audit_entry import AuditEntry

EXPORTED_AT_ONCE = 500

Place = tuple[datetime, UUID]


@dataclass(frozen=True)
class AuditSearch:
    """`actor`: a part of who did it; `kind`: of thing; `subject_id`: one thing; from `since` on and before `until`."""

    actor: str = ""
    kind: str = ""
    subject_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class AuditPage:
    entries: list[AuditEntry]
    next_after: Place | None


def history_of(subject_type: str, subject_id: UUID, limit: int = 20) -> list[AuditEntry]:
    """The latest entries about a thing, the newest first."""
    mine = select(AuditEntry).where(
        AuditEntry.subject_type == subject_type, AuditEntry.subject_id == str(subject_id)
    )
    return list(db.session.scalars(mine.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit)))


def search_trail(search: AuditSearch, after: Place | None = None, limit: int = 50) -> AuditPage:
    """The newest first; `after` is where the page before ended."""
    question: Select = select(AuditEntry).where(*_conditions(search))
    if after is not None:
        question = question.where(tuple_(AuditEntry.at, AuditEntry.id) < tuple_(*after))
    question = question.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit + 1)
    found = list(db.session.scalars(question))
    last = found[limit - 1] if len(found) > limit else None
    return AuditPage(found[:limit], None if last is None else (last.at, last.id))


def whole_trail(search: AuditSearch) -> Iterator[AuditEntry]:
    """All entries of a search, read in pages, each page in a transaction of its own."""
    after: Place | None = None
    while True:
        page = search_trail(search, after, EXPORTED_AT_ONCE)
        db.session.expunge_all()
        db.session.rollback()
        yield from page.entries
        after = page.next_after
        if after is None:
            return


def _conditions(search: AuditSearch) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if search.actor:
        conditions.append(func.lower(AuditEntry.actor).contains(search.actor.lower(), autoescape=True))
    if search.kind:
        conditions.append(AuditEntry.subject_type == search.kind)
    if search.subject_id:
        conditions.append(AuditEntry.subject_id == search.subject_id)
    if search.since is not None:
        conditions.append(AuditEntry.at >= search.since)
    if search.until is not None:
        conditions.append(AuditEntry.at < search.until)
    return conditions
