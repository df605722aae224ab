"""A message template as WhatsApp has it (Jinja's templates are another thing)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import Base
from campaign_app.models.types import Json, UtcDateTime


class MessageTemplate(Base):
    """`status`, `category` and `quality` are kept as WhatsApp spells them, also when unknown. Only APPROVED may be sent."""

    __tablename__ = "message_templates"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    whatsapp_template_id: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(512))
    language: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(40))
    category: Mapped[str | None] = mapped_column(String(40))
    parameter_format: Mapped[str] = mapped_column(
        String(20), default="POSITIONAL", server_default="POSITIONAL"
    )
    components: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    quality: Mapped[str | None] = mapped_column(String(20))
    rejected_reason: Mapped[str | None] = mapped_column(String(200))
    # When WhatsApp said so, by webhook: an older word that comes later counts no more.
    status_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    quality_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    category_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    components_changed_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime
    )  # later than synced_at: to be read anew
    next_category: Mapped[str | None] = mapped_column(String(40))  # announced: the price will change
    next_category_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    synced_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)

    __table_args__ = (UniqueConstraint("name", "language"),)

    @property
    def is_approved(self) -> bool:
        return self.status == "APPROVED"
