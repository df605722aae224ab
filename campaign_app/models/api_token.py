"""A bearer token of the JSON API, and the answers that idempotent requests got."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.domain.roles import Role
from campaign_app.extensions import Base
from campaign_app.models.types import Json, UtcDateTime


class ApiToken(Base):
    """Only the SHA-256 of the token is kept: it is shown once, when made."""

    __tablename__ = "api_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(10))
    created_by: Mapped[str | None] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (CheckConstraint("role IN ('staff', 'viewer')", name="role_known"),)

    def may(self, role: Role) -> bool:
        """Whether this token may do what needs `role`."""
        return Role(self.role) >= role


class ApiTokenRate(Base):
    """How much of a minute's allowance the processes have taken for a token: one row a token, for its latest minute."""

    __tablename__ = "api_token_rates"

    token_id: Mapped[UUID] = mapped_column(ForeignKey("api_tokens.id", ondelete="CASCADE"), primary_key=True)
    minute: Mapped[int] = mapped_column(Integer)  # since 1970
    taken: Mapped[int] = mapped_column(Integer)


class IdempotentRequest(Base):
    """A POST with an `Idempotency-Key`: the same key and body get the same answer, another body is refused."""

    __tablename__ = "idempotent_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token_id: Mapped[UUID] = mapped_column(ForeignKey("api_tokens.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(255))
    request_sha256: Mapped[str] = mapped_column(String(64))  # of method, path and body
    status_code: Mapped[int] = mapped_column(Integer)
    answer: Mapped[Any] = mapped_column(Json)
    location: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)

    __table_args__ = (UniqueConstraint("token_id", "key"),)
