"""An import of customers: what was uploaded, how its columns are read, how far it is and what came of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import Base
from campaign_app.models.types import Json, UtcDateTime

IMPORT_STATES = ("mapping", "reading", "ready", "writing", "done", "failed", "discarded")


def _count() -> Mapped[int]:
    return mapped_column(Integer, default=0, server_default="0", nullable=False)


class CustomerImport(Base):
    """mapping → reading → ready → writing → done. Nothing of the customers changes before `writing`.

    The file itself and what was read from it lie in the instance folder, and for other machines in `file_blocks`; this row
    holds nobody's data.
    In `ready` the counts say what an import would do, in `writing` and `done` what was done.
    """

    __tablename__ = "customer_imports"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    file_name: Mapped[str] = mapped_column(String(100))
    file_sha256: Mapped[str] = mapped_column(String(64))
    file_bytes: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(10), default="mapping", server_default="mapping")
    layout: Mapped[str] = mapped_column(String(64))  # the same for files with the same columns
    header_line: Mapped[int | None] = mapped_column(Integer)
    columns: Mapped[list[str]] = mapped_column(Json)
    uses: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)  # what each column is taken for
    country: Mapped[str | None] = mapped_column(String(2))  # of numbers written without one
    fault: Mapped[str | None] = mapped_column(Text)

    percent: Mapped[int] = _count()  # of the step in progress
    rows: Mapped[int] = _count()  # = people + duplicates + refused
    empty: Mapped[int] = _count()
    people: Mapped[int] = _count()  # different numbers; = added + changed + unchanged once they are written
    duplicates: Mapped[int] = _count()
    refused: Mapped[int] = _count()
    added: Mapped[int] = _count()
    changed: Mapped[int] = _count()
    unchanged: Mapped[int] = _count()
    kept_refusals: Mapped[int] = _count()  # recorded "no"s that a "yes" of the file does not lift
    opted_out: Mapped[int] = _count()  # of the people: an opt-out holds, or they said no
    written: Mapped[int] = _count()  # place in the staged people up to which they are written

    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    confirmed_by: Mapped[str | None] = mapped_column(String(254))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    worker: Mapped[str | None] = mapped_column(String(64))  # the process that reads or writes it
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint(
            "state IN ('mapping', 'reading', 'ready', 'writing', 'done', 'failed', 'discarded')",
            name="state_known",
        ),
        # what is to be done next
        Index(
            "ix_customer_imports_open",
            "state",
            postgresql_where=text("state IN ('reading', 'writing')"),
            sqlite_where=text("state IN ('reading', 'writing')"),
        ),
        Index("ix_customer_imports_layout", "layout", "confirmed_at"),
        Index("ix_customer_imports_file_sha256", "file_sha256"),
        Index("ix_customer_imports_created_at", "created_at"),
    )
