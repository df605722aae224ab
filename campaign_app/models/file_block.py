"""A file in pieces, for the other machines of an installation that runs on several."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from campaign_app.extensions import Base
from campaign_app.models.types import UtcDateTime


class FileBlock(Base):
    """Kinds: `upload` and `staged` of an import of customers, `medium` of a message's header."""

    __tablename__ = "file_blocks"

    file_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)  # from 0
    data: Mapped[bytes] = mapped_column(LargeBinary)  # compressed by zlib
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_file_blocks_created_at", "created_at"),)  # deleting what is kept for a while
