"""Who must not be written to, why, and since when. Three kinds, kept apart."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.extensions import Base
from campaign_app.models.types import UtcDateTime

OPT_OUT_KINDS = ("meta", "word", "ours")


class OptOut(Base):
    """meta: the person stopped marketing in WhatsApp; word: the person wrote STOP; ours: entered by staff or API.

    It holds while `lifted_at` is empty; lifted rows stay as history. One kind never lifts another.
    """

    __tablename__ = "opt_outs"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    phone_number: Mapped[str] = mapped_column(String(20), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(Text)
    recorded_by: Mapped[str | None] = mapped_column(String(254))
    opted_out_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)

    __table_args__ = (
        CheckConstraint("kind IN ('meta', 'word', 'ours')", name="kind_known"),
        # at most one that holds, for each number and kind
        Index(
            "uq_opt_outs_holding",
            "phone_number",
            "kind",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
            sqlite_where=text("lifted_at IS NULL"),
        ),
        Index("ix_opt_outs_opted_out_at", "opted_out_at"),
    )
