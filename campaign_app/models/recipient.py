"""A recipient: one person in one campaign, frozen at launch, each number once."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import Base
from campaign_app.models.types import Json, UtcDateTime

if TYPE_CHECKING:
    from campaign_app.models.campaign import Campaign

RECIPIENT_STATUSES = ("pending", "queued", "sent", "delivered", "read", "failed", "skipped")


class Recipient(Base):
    """Status and times are those of the latest attempt.

    pending: to be sent, not before `next_try_at`. queued: handed to WhatsApp, no answer yet; with `unconfirmed_at` the answer
    is unknown and will never be asked for by sending again. skipped: never sent, `skipped_reason` says why.
    """

    __tablename__ = "campaign_recipients"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("marketing_campaigns.id", ondelete="CASCADE"))
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id", ondelete="SET NULL"))
    phone_number: Mapped[str] = mapped_column(String(20))
    name: Mapped[str | None] = mapped_column(String(200))
    position: Mapped[int] = mapped_column(Integer)  # the order of sending within the campaign, from 1
    status: Mapped[str] = mapped_column(String(20), default="pending", server_default="pending")
    whatsapp_message_id: Mapped[str | None] = mapped_column(String(512))
    # The attempt whose answer and statuses move this row; empty while it waits for a new attempt. No foreign key: the two
    # tables would refer to each other.
    message_id: Mapped[UUID | None] = mapped_column()
    # Number of the latest attempt, from 1
    attempt: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    scheduled_send_date: Mapped[date | None] = mapped_column(Date)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unconfirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    replied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # first answer, to whichever attempt
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # failed, and tried again by itself then
    failure_code: Mapped[int | None] = mapped_column(Integer)
    failure_reason: Mapped[str | None] = mapped_column(Text)
    skipped_reason: Mapped[str | None] = mapped_column(Text)
    retry_count: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    max_retries: Mapped[int] = mapped_column(Integer, default=3, server_default="3")
    # Given with the recipient: wins over the campaign's
    template_parameters: Mapped[Any | None] = mapped_column(Json)
    # The customer's fields that the message uses, frozen
    personal_values: Mapped[dict[str, Any] | None] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, onupdate=utc_now)

    campaign: Mapped["Campaign"] = relationship(back_populates="recipients", lazy="raise")

    __table_args__ = (
        CheckConstraint(
            "status IN ('pending', 'queued', 'sent', 'delivered', 'read', 'failed', 'skipped')",
            name="status_known",
        ),
        UniqueConstraint("campaign_id", "phone_number"),
        # the claim: who is next
        Index(
            "ix_campaign_recipients_claim",
            "campaign_id",
            "next_try_at",
            "position",
            postgresql_where=text("status = 'pending'"),
            sqlite_where=text("status = 'pending'"),
        ),
        # the list of recipients of a campaign, by status, in pages
        Index("ix_campaign_recipients_list", "campaign_id", "status", "position"),
        Index("ix_campaign_recipients_position", "campaign_id", "position"),
        # the failure table of a campaign, and failures over all campaigns
        Index(
            "ix_campaign_recipients_failed",
            "failed_at",
            "id",
            postgresql_where=text("status = 'failed'"),
            sqlite_where=text("status = 'failed'"),
        ),
        Index(
            "ix_campaign_recipients_failure_code",
            "campaign_id",
            "failure_code",
            "failed_at",
            postgresql_where=text("status = 'failed'"),
            sqlite_where=text("status = 'failed'"),
        ),
        # the list of those who replied
        Index(
            "ix_campaign_recipients_replied",
            "campaign_id",
            "position",
            postgresql_where=text("replied_at IS NOT NULL"),
            sqlite_where=text("replied_at IS NOT NULL"),
        ),
        # failures that are tried again by themselves
        Index(
            "ix_campaign_recipients_retry_at",
            "retry_at",
            postgresql_where=text("retry_at IS NOT NULL"),
            sqlite_where=text("retry_at IS NOT NULL"),
        ),
        # how many failures of one campaign those are
        Index(
            "ix_campaign_recipients_planned_retries",
            "campaign_id",
            "retry_at",
            postgresql_where=text("retry_at IS NOT NULL"),
            sqlite_where=text("retry_at IS NOT NULL"),
        ),
        # messages that are not confirmed
        Index(
            "ix_campaign_recipients_unconfirmed",
            "campaign_id",
            "unconfirmed_at",
            postgresql_where=text("unconfirmed_at IS NOT NULL"),
            sqlite_where=text("unconfirmed_at IS NOT NULL"),
        ),
        # opt-outs reach every campaign; the story of a customer
        Index("ix_campaign_recipients_phone_number", "phone_number"),
        Index("ix_campaign_recipients_customer_id", "customer_id"),
    )
