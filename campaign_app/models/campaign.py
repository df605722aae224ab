"""A campaign: what is sent to whom, within which limits, and how it stands."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaign_app.domain.campaign_status import CampaignStatus, may
from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import Base
from campaign_app.models.types import Json, UtcDateTime, one_of

UNDER_WAY = (CampaignStatus.ACTIVE, CampaignStatus.PAUSED)

if TYPE_CHECKING:
    from campaign_app.models.recipient import Recipient


def _counter() -> Mapped[int]:
    return mapped_column(Integer, default=0, server_default="0", nullable=False)


class Campaign(Base):
    """Every counter is moved in the transaction that moves the rows which it counts, and equals their recount.

    Counters are of recipients in their latest attempt; `messages_sent`, `_delivered` and `_read` are cumulative.
    """

    __tablename__ = "marketing_campaigns"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str | None] = mapped_column(Text)
    template_name: Mapped[str] = mapped_column(String(512))
    language_code: Mapped[str] = mapped_column(String(20), default="en_US", server_default="en_US")
    template_components: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    # The message template as it stood at launch: WhatsApp may change it later.
    template_snapshot: Mapped[dict[str, Any] | None] = mapped_column(Json)
    target_audience: Mapped[dict[str, Any] | None] = mapped_column(Json)

    status: Mapped[str] = mapped_column(String(20), default="draft", server_default="draft")
    status_reason: Mapped[str | None] = mapped_column(Text)
    # A message tried out on one number: sent and counted truly, but apart from the ordinary campaigns.
    is_test: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    priority: Mapped[int] = mapped_column(Integer, default=5, server_default="5")
    daily_send_limit: Mapped[int] = mapped_column(Integer, default=250, server_default="250")
    timezone: Mapped[str | None] = mapped_column(String(64))
    send_window: Mapped[dict[str, Any] | None] = mapped_column(Json)
    scheduled_start_date: Mapped[datetime | None] = mapped_column(UtcDateTime)
    scheduled_end_date: Mapped[datetime | None] = mapped_column(UtcDateTime)
    launched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the click
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the first message
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Put out of the way; one that goes on again is in the way again, see `is_archived`
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    people_forgotten_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # see services/retention.py

    total_target_customers: Mapped[int] = _counter()  # all but the skipped
    messages_sent: Mapped[int] = _counter()  # accepted by WhatsApp
    messages_delivered: Mapped[int] = _counter()
    messages_read: Mapped[int] = _counter()
    messages_failed: Mapped[int] = _counter()  # refused at sending, or failed later
    messages_refused: Mapped[int] = _counter()  # of the failed: refused at sending
    messages_pending: Mapped[int] = _counter()  # pending and queued, without the unconfirmed
    messages_unconfirmed: Mapped[int] = _counter()
    recipients_skipped: Mapped[int] = _counter()
    messages_replied: Mapped[int] = _counter()  # recipients who wrote back

    created_by: Mapped[str | None] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, onupdate=utc_now)

    recipients: Mapped[list["Recipient"]] = relationship(
        back_populates="campaign", lazy="raise", passive_deletes=True, cascade="all, delete"
    )

    __table_args__ = (
        one_of("status", CampaignStatus),
        CheckConstraint("daily_send_limit >= 1", name="daily_send_limit_positive"),
        CheckConstraint("priority BETWEEN 1 AND 10", name="priority_range"),
        # the sender: who is due, in which order
        Index(
            "ix_marketing_campaigns_active",
            "priority",
            "scheduled_start_date",
            postgresql_where=text("status = 'active'"),
            sqlite_where=text("status = 'active'"),
        ),
        # the list of campaigns, newest first, by state
        Index("ix_marketing_campaigns_status_created_at", "status", "created_at"),
        Index("ix_marketing_campaigns_created_at", "created_at"),
    )

    def may(self, verb: str) -> bool:
        """Whether the state permits `verb` ("launch", "pause", "resume", "cancel")."""
        return may(verb, self.status)

    @property
    def is_archived(self) -> bool:
        """Out of the way: archived, and neither sending nor paused."""
        return self.archived_at is not None and self.status not in UNDER_WAY

    def is_scheduled(self, now: datetime) -> bool:
        """Active, but its start is still to come."""
        start = self.scheduled_start_date
        return self.status == CampaignStatus.ACTIVE and start is not None and start > now
