"""The second step of a sign-in: the code of the phone."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, session, url_for

from campaign_app.domain.clock import utc_now
from campaign_app.extensions import db
from campaign_app.models.user import User
from campaign_app.services.second_factors import has_second_factor, is_right_code, recovery_codes_left
from campaign_app.services.sign_ins import TooManyAttempts, count_code, forget_codes, signed_in
from campaign_app.web import browser_sessions

blueprint = Blueprint("login_code", __name__, url_prefix="/login/code")

WAITS = timedelta(minutes=5)  # after the password
COOKIE_KEY = "password_was_right"

WRONG = "The code is not right, or was used before. Enter the one that the phone shows now."
THROTTLED = "Too many wrong codes. Wait a quarter of an hour, then try once more."
LATE = "That took too long. Begin once more with the password."


def ask_for_code(user: User, next_path: str):
    """Remember, in the signed cookie, that the password was right; it opens nothing but the next step."""
    session.clear()
    session[COOKIE_KEY] = [str(user.id), int(utc_now().timestamp()), next_path]
    return redirect(url_for("login_code.show"), 303)


@blueprint.get("")
def show():
    return _page() if _waiting() else _from_the_start()


@blueprint.post("")
def check():
    waiting, now = _waiting(), utc_now()
    if waiting is None:
        return _from_the_start()
    user, next_path = waiting
    user_id = user.id
    try:
        count_code(user_id, request.remote_addr or "unknown", now)
    except TooManyAttempts:
        return _page(THROTTLED), 429
    user = db.session.get(User, user_id)
    if not is_right_code(user, request.form.get("code", "")[:100], now):
        db.session.rollback()
        return _page(WRONG), 422
    forget_codes(user_id)
    signed_in(user, now)
    left = recovery_codes_left(user)
    browser_sessions.begin(user)
    db.session.commit()
    if left < 3:
        flash(f"You have {left} recovery codes left. Make new ones under Your account.", "warning")
    return redirect(next_path, 303)


def _waiting() -> tuple[User, str] | None:
    """Whose password was right a moment ago, and where they want to go."""
    held = session.get(COOKIE_KEY)
    if not isinstance(held, list) or utc_now() - datetime.fromtimestamp(held[1], UTC) > WAITS:
        return None
    user = db.session.get(User, UUID(held[0]))
    return (user, held[2]) if user is not None and user.is_enabled and has_second_factor(user) else None


def _from_the_start():
    session.pop(COOKIE_KEY, None)
    flash(LATE, "warning")
    return redirect(url_for("login.show"), 303)


def _page(fault: str | None = None) -> str:
    return render_template("login/code.html", fault=fault)
