"""People who were erased: only that their number must not be written to again is left, as a keyed hash."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import Base
from campaign_app.models.types import UtcDateTime


class ErasedNumber(Base):
    """`number_hash` is HMAC-SHA256 of the E.164 number under a key made of SECRET_KEY."""

    __tablename__ = "erased_numbers"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number_hash: Mapped[str] = mapped_column(String(64), unique=True)
    erased_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
