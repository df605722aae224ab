"""A customer: somebody whom the shop may write to."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, func
from sqlalchemy.orm import Mapped, mapped_column

from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import Base
from campaign_app.models.types import Json, UtcDateTime


class Customer(Base):
    """`phone_number` is E.164 with `+`. `opted_in`: True and False are recorded answers, None is "never recorded"."""

    __tablename__ = "customers"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    phone_number: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str | None] = mapped_column(String(200))
    customer_tier: Mapped[str | None] = mapped_column(String(100))
    location: Mapped[str | None] = mapped_column(String(200))
    language: Mapped[str | None] = mapped_column(String(20))
    tags: Mapped[list[str]] = mapped_column(Json, default=list)
    # Every other column of the customer file
    attributes: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    opted_in: Mapped[bool | None] = mapped_column()
    opted_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opted_in_source: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, onupdate=utc_now)

    __table_args__ = (
        # audience filters compare without regard to case
        Index("ix_customers_customer_tier_lower", func.lower(customer_tier)),
        Index("ix_customers_location_lower", func.lower(location)),
        Index("ix_customers_created_at", "created_at"),
    )
