"""The WhatsApp number that sends: its limits as WhatsApp reports them, and whether it is stopped."""

from datetime import datetime

from sqlalchemy import Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from campaign_app.extensions import Base
from campaign_app.models.types import UtcDateTime


class SendingNumber(Base):
    """One row for each `WHATSAPP_PHONE_NUMBER_ID`.

    stopped: an account-level error stops every campaign until staff resume. failing: too many unclear answers in a row; one
    message a minute probes. `messaging_limit` counts customers in a moving 24 h, -1 means unlimited, None not reported.
    """

    __tablename__ = "sending_numbers"

    phone_number_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    display_phone_number: Mapped[str | None] = mapped_column(String(40))
    verified_name: Mapped[str | None] = mapped_column(String(200))
    quality_rating: Mapped[str | None] = mapped_column(String(20))
    throughput_level: Mapped[str | None] = mapped_column(String(20))
    messaging_limit: Mapped[int | None] = mapped_column(Integer)
    # When WhatsApp said so, by webhook: an older word that comes later counts no more.
    limit_said_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    quality_said_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when WhatsApp was asked last
    check_error: Mapped[str | None] = mapped_column(Text)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stopped_code: Mapped[int | None] = mapped_column(Integer)
    stopped_reason: Mapped[str | None] = mapped_column(Text)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_probe_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Customers in the last 24 h, as the sender counted last
    limit_used: Mapped[int | None] = mapped_column(Integer)
    limit_frees_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # set while the limit is used up
    # Somebody asks for a processing run now
    run_requested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_run_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    templates_synced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
