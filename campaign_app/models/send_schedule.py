"""The plan of daily batches of a campaign."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import Base
from campaign_app.models.types import UtcDateTime

BATCH_STATUSES = ("pending", "processing", "completed", "failed")


class SendBatch(Base):
    """What one business day may carry, and what it carried.

    `messages_authorised` is the used part of the day's limit: attempts whose intent was committed that day, less those that
    WhatsApp refused. It is moved in the transaction that authorises a send, and so decides it.
    """

    __tablename__ = "campaign_send_schedule"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("marketing_campaigns.id", ondelete="CASCADE"))
    send_date: Mapped[date] = mapped_column(Date)
    batch_number: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    batch_size: Mapped[int] = mapped_column(Integer)
    messages_authorised: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    messages_sent: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    messages_remaining: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    status: Mapped[str] = mapped_column(String(20), default="pending", server_default="pending")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, onupdate=utc_now)

    __table_args__ = (
        CheckConstraint("status IN ('pending', 'processing', 'completed', 'failed')", name="status_known"),
        UniqueConstraint("campaign_id", "send_date", "batch_number"),
    )
