"""What a signed-in browser holds: the key of its session, in the signed cookie, and nothing else that counts."""

from flask import g, request, session

from campaign_app.database import reading
from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.user import User
from campaign_app.services.user_sessions import (
    SignedIn,
    begin_session,
    end_session,
    note_seen,
    session_of,
)

COOKIE_KEY = "_user_id"  # where Flask-Login looks for it
_READING_METHODS = ("GET", "HEAD")


def begin(user: User) -> None:
    """Sign this browser in with a new key; what it held before ends. The caller commits."""
    before = current()
    if before is not None:
        end_session(before.user, before.session_id)
    session.clear()
    session.permanent = True
    session[COOKIE_KEY] = begin_session(
        user, request.remote_addr or "unknown", request.headers.get("User-Agent", ""), utc_now()
    )


def end() -> None:
    """Sign this browser out. The caller commits."""
    found = current()
    if found is not None:
        end_session(found.user, found.session_id)
    session.clear()


def current() -> SignedIn | None:
    """The session of this request, or None."""
    key = session.get(COOKIE_KEY)
    if not isinstance(key, str):
        return None
    if "signed_in" not in g:
        load(key)
    return g.signed_in


def load(key: str) -> User | None:
    """Whose browser holds `key`. A poll of a page that lies open counts as no use."""
    now = utc_now()
    with reading():  # no write lock while the body of the request is still on its way
        g.signed_in = found = session_of(key, now)
        if request.method not in _READING_METHODS:
            db.session.rollback()
    if found is None:
        return None
    if not request.path.rsplit("/", 1)[-1].startswith("_"):
        note_seen(found, now)
    return found.user
