"""A WhatsApp message: one attempt to reach one recipient."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import Base
from campaign_app.models.types import UtcDateTime


class Message(Base):
    """The row is the intent: committed before the POST, its id travels as `biz_opaque_callback_data`.

    queued: the answer is still open, or, with `unconfirmed_at`, unknown. failed with `refused_at`: WhatsApp said itself that
    nothing was sent. Times are the earliest that any evidence gives.
    """

    __tablename__ = "whatsapp_messages"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("marketing_campaigns.id", ondelete="CASCADE"))
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("campaign_recipients.id", ondelete="CASCADE"))
    attempt: Mapped[int] = mapped_column(Integer)
    phone_number: Mapped[str] = mapped_column(String(20))
    whatsapp_message_id: Mapped[str | None] = mapped_column(String(512), unique=True)
    status: Mapped[str] = mapped_column(String(20), default="queued", server_default="queued")
    send_date: Mapped[date] = mapped_column(Date)  # the business day whose limit it used
    authorised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_epoch: Mapped[int] = mapped_column(Integer)  # which holder of the sender's lease authorised it
    # WhatsApp's message_status: accepted, held_for_…
    accepted_as: Mapped[str | None] = mapped_column(String(40))
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unconfirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure_code: Mapped[int | None] = mapped_column(Integer)
    failure_title: Mapped[str | None] = mapped_column(String(300))
    failure_reason: Mapped[str | None] = mapped_column(Text)
    pricing_category: Mapped[str | None] = mapped_column(String(60))
    pricing_type: Mapped[str | None] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, onupdate=utc_now)

    __table_args__ = (
        CheckConstraint("status IN ('queued', 'sent', 'delivered', 'read', 'failed')", name="status_known"),
        UniqueConstraint("recipient_id", "attempt"),
        Index("ix_whatsapp_messages_campaign_id", "campaign_id"),
        # intents whose answer is open: what a dead sender left behind
        Index(
            "ix_whatsapp_messages_open",
            "lease_epoch",
            postgresql_where=text("status = 'queued' AND unconfirmed_at IS NULL"),
            sqlite_where=text("status = 'queued' AND unconfirmed_at IS NULL"),
        ),
        # the moving 24 h limit: unique customers since …; a refused message was never sent
        Index(
            "ix_whatsapp_messages_moving_day",
            "authorised_at",
            "phone_number",
            postgresql_where=text("refused_at IS NULL"),
            sqlite_where=text("refused_at IS NULL"),
        ),
        Index(
            "ix_whatsapp_messages_phone_number",
            "phone_number",
            "authorised_at",
            postgresql_where=text("refused_at IS NULL"),
            sqlite_where=text("refused_at IS NULL"),
        ),
    )
