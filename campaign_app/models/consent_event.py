"""The history of consent: each answer to "may we write to you?", with where it comes from and since when."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import Base
from campaign_app.models.types import UtcDateTime


class ConsentEvent(Base):
    """Only ever added. The customer's row holds the latest answer; opt-outs have a history of their own."""

    __tablename__ = "consent_events"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    phone_number: Mapped[str] = mapped_column(String(20))
    opted_in: Mapped[bool] = mapped_column(Boolean)
    source: Mapped[str | None] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)

    __table_args__ = (Index("ix_consent_events_phone_number", "phone_number", "at"),)
