"""The webhook inbox: raw bodies as they came, and statuses whose message is not known yet."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import Base
from campaign_app.models.types import Json, UtcDateTime

WEBHOOK_STATES = ("waiting", "applied", "quarantined", "unreadable")


class WebhookEvent(Base):
    """One body whose signature was right. waiting → applied; quarantined where a part could not be understood (the rest is
    applied); unreadable where it was no webhook at all."""

    __tablename__ = "webhook_events"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    # The same body twice is one event
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(20), unique=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    state: Mapped[str] = mapped_column(String(20), default="waiting", server_default="waiting")
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str | None] = mapped_column(Text)  # what could not be understood, and why

    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'applied', 'quarantined', 'unreadable')", name="state_known"),
        # The one index beside the keys, for what is next and for what is old: every further one makes each webhook dearer.
        Index("ix_webhook_events_state_received_at", "state", "received_at"),
    )


class WaitingStatus(Base):
    """A status whose message is not known (yet): applied as soon as its `wamid` appears, kept 8 days."""

    __tablename__ = "waiting_statuses"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    wamid: Mapped[str] = mapped_column(String(512), index=True)
    status: Mapped[dict] = mapped_column(Json)  # the fields of whatsapp.payloads.StatusUpdate
    occurrences: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    sha256: Mapped[str] = mapped_column(String(64), unique=True)  # of `status`: a repetition is kept once
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
