"""Who is signed in where: begun at the sign-in, seen at each request, ended at once from anywhere."""

import logging
import secrets
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.exc import OperationalError

from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.models.user import User
from campaign_app.models.user_session import UserSession

LONGEST = timedelta(hours=20)  # however busy it is
IDLE = timedelta(hours=8)
IDLE_OF_ADMINS = timedelta(minutes=30)
NOTED_EVERY = timedelta(minutes=1)  # being seen is not worth a write each time

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SignedIn:
    """The session behind a request, and whose it is. `confirmed_at`: when the password was typed last."""

    session_id: UUID
    user: User
    last_seen_at: datetime
    confirmed_at: datetime


def begin_session(user: User, address: str, browser: str, now: datetime) -> str:
    """The key that the browser is to hold, which nobody can read again. The caller commits."""
    key = secrets.token_urlsafe(32)
    db.session.add(
        UserSession(
            user_id=user.id,
            key_sha256=_sha256(key),
            address=address[:64],
            browser=browser[:200],
            created_at=now,
            last_seen_at=now,
            confirmed_at=now,
        )
    )
    db.session.flush()
    return key


def session_of(key: str, now: datetime) -> SignedIn | None:
    """Whose browser holds `key`; None once the session has ended, by whatever. One read, by the index on the hash."""
    found = db.session.execute(
        select(UserSession, User)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.key_sha256 == _sha256(key))
    ).first()
    if found is None or not found.User.is_enabled or _is_over(found.UserSession, found.User, now):
        return None
    session = found.UserSession
    return SignedIn(session.id, found.User, session.last_seen_at, session.confirmed_at)


def note_seen(signed_in: SignedIn, now: datetime) -> None:
    """Remember, to within NOTED_EVERY, that the session is in use. Owns its short transaction, so that a GET may call it."""
    if now - signed_in.last_seen_at < NOTED_EVERY:
        return
    try:
        # a context of its own: the caller's may be one that only reads
        Context().run(_write_seen, db.engine, signed_in.session_id, now)
    except OperationalError:
        log.warning("The last use of session %s could not be noted", signed_in.session_id)


def _write_seen(engine: Engine, session_id: UUID, now: datetime) -> None:
    table = UserSession.__table__
    with engine.begin() as connection:
        connection.execute(update(table).where(table.c.id == session_id).values(last_seen_at=now))


def sessions_of(user: User, now: datetime) -> list[UserSession]:
    """Those in which the person is signed in, the one seen last first."""
    mine = select(UserSession).where(UserSession.user_id == user.id).order_by(UserSession.last_seen_at.desc())
    return [session for session in db.session.scalars(mine) if not _is_over(session, user, now)]


def end_session(user: User, session_id: UUID) -> bool:
    """Sign the person out there, at once. False when it is no session of theirs, or no longer. The caller commits."""
    mine = delete(UserSession).where(UserSession.id == session_id, UserSession.user_id == user.id)
    return bool(db.session.execute(mine).rowcount)


def end_sessions(user: User, but: UUID | None = None) -> int:
    """Sign the person out everywhere, or everywhere but in one session. How many were ended. The caller commits."""
    mine = delete(UserSession).where(UserSession.user_id == user.id)
    return db.session.execute(mine if but is None else mine.where(UserSession.id != but)).rowcount


def confirm_session(session_id: UUID, now: datetime) -> None:
    """The password was typed once more. The caller commits."""
    db.session.execute(update(UserSession).where(UserSession.id == session_id).values(confirmed_at=now))


def prune_sessions(now: datetime) -> None:
    """Delete those that are too old whatever happens. The caller commits."""
    db.session.execute(delete(UserSession).where(UserSession.created_at < now - LONGEST))


def idle_limit(role: str) -> timedelta:
    """
    >>> idle_limit("admin") < idle_limit("staff")
    True
    """
    return IDLE_OF_ADMINS if role == Role.ADMIN else IDLE


def _is_over(session: UserSession, user: User, now: datetime) -> bool:
    return now - session.created_at > LONGEST or now - session.last_seen_at > idle_limit(user.role)


def _sha256(key: str) -> str:
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
