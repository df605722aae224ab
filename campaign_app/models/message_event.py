"""The story of a message: every status as it was received."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from campaign_app.extensions import Base
from campaign_app.models.types import UtcDateTime


class MessageEvent(Base):
    """One status of one message. The key is what makes a repetition one: message, status and WhatsApp's own time.

    Written with every status, so the key is the only index, and on SQLite the row lies in it.
    """

    __tablename__ = "message_events"
    __table_args__ = {"sqlite_with_rowid": False}

    message_id: Mapped[UUID] = mapped_column(
        ForeignKey("whatsapp_messages.id", ondelete="CASCADE"), primary_key=True
    )
    status: Mapped[str] = mapped_column(String(20), primary_key=True)
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)  # as WhatsApp says
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)  # when its webhook arrived first
    error_code: Mapped[int | None] = mapped_column(Integer)
    error_title: Mapped[str | None] = mapped_column(String(300))
    error_message: Mapped[str | None] = mapped_column(Text)
    error_details: Mapped[str | None] = mapped_column(Text)
    pricing_category: Mapped[str | None] = mapped_column(String(60))
    pricing_type: Mapped[str | None] = mapped_column(String(60))
    billable: Mapped[bool | None] = mapped_column(Boolean)  # WhatsApp will leave it out some day
