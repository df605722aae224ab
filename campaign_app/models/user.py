"""A member of staff who signs in."""

import secrets
from datetime import datetime
from uuid import UUID

from flask_login import UserMixin
from sqlalchemy import Boolean, CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.domain.roles import Role
from campaign_app.extensions import Base
from campaign_app.models.types import UtcDateTime


def new_session_key() -> str:
    return secrets.token_urlsafe(32)


class User(UserMixin, Base):
    """`session_key` is what a signed-in browser holds: changing it signs the person out everywhere."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(254), unique=True)  # lower case
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(10))
    is_enabled: Mapped[bool] = mapped_column(Boolean, default=True, server_default="1")
    session_key: Mapped[str] = mapped_column(String(64), unique=True, default=new_session_key)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    last_signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (CheckConstraint("role IN ('admin', 'staff', 'viewer')", name="role_known"),)

    def get_id(self) -> str:
        return self.session_key

    @property
    def is_active(self) -> bool:
        return self.is_enabled

    def may(self, role: Role) -> bool:
        """Whether this person may do what needs `role`."""
        return Role(self.role) >= role


class SignInAttempt(Base):
    """A wrong password: what the throttle counts, over all processes."""

    __tablename__ = "sign_in_attempts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(254))
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)

    __table_args__ = (Index("ix_sign_in_attempts_email_at", "email", "at"),)
