"""A member of staff who signs in."""

from datetime import datetime
from uuid import UUID

from flask_login import UserMixin
from sqlalchemy import Boolean, CheckConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from campaign_app.domain.clock import utc_now
from campaign_app.domain.ids import new_id
from campaign_app.domain.roles import Role
from campaign_app.extensions import Base
from campaign_app.models.types import UtcDateTime


class User(UserMixin, Base):
    """`password_hash` is empty as long as an invited person has not chosen a password.

    The secret of the second factor is not stored: it is made of `second_factor_seed` and SECRET_KEY. The factor is on
    from `second_factor_since` on.
    """

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(254), unique=True)  # lower case
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(10))
    is_enabled: Mapped[bool] = mapped_column(Boolean, default=True, server_default="1")
    second_factor_seed: Mapped[str | None] = mapped_column(String(64))
    second_factor_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    second_factor_last_step: Mapped[int | None] = mapped_column(Integer)  # of 30 seconds: a code works once
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    last_signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (CheckConstraint("role IN ('admin', 'staff', 'viewer')", name="role_known"),)

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
