"""A lease: the right of one process to do one timed job, until it expires."""

from datetime import datetime

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from campaign_app.extensions import Base
from campaign_app.models.types import UtcDateTime


class Lease(Base):
    """`epoch` rises by one with every new owner; a transaction that repeats owner and epoch cannot be a dead owner's."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    epoch: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
