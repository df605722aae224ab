"""What WhatsApp says about our account as a whole, until it is settled."""

from datetime import datetime

from sqlalchemy import Boolean, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from campaign_app.extensions import Base
from campaign_app.models.types import UtcDateTime


class AccountNotice(Base):
    """One row a subject: the latest word about it stays. Shown until `cleared_at`, and not after `until`."""

    __tablename__ = "account_notices"

    subject: Mapped[str] = mapped_column(String(120), primary_key=True)
    sentence: Mapped[str] = mapped_column(Text)
    is_serious: Mapped[bool] = mapped_column(Boolean)
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime)  # as WhatsApp says
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cleared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
