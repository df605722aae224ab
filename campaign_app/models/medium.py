"""A picture, video or document that staff uploaded for the header of a message."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from campaign_app.extensions import Base
from campaign_app.models.types import UtcDateTime


class Medium(Base):
    """The file itself lies in the instance folder under `id`, which is random.

    WhatsApp keeps what was uploaded for 30 days: it is uploaded again before, and gets a new `whatsapp_media_id`.
    """

    __tablename__ = "media"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    format: Mapped[str] = mapped_column(String(20))  # of the header: IMAGE, VIDEO, GIF or DOCUMENT
    mime_type: Mapped[str] = mapped_column(String(100))
    file_name: Mapped[str] = mapped_column(String(240))
    size_bytes: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    whatsapp_media_id: Mapped[str] = mapped_column(String(64), unique=True)
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)  # to WhatsApp, for the last time
    fault: Mapped[str | None] = mapped_column(Text)  # why it could not be uploaded again
    created_by: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
