"""Asking for the password once more before what weakens the app or takes data out: the browser may lie open."""

from flask import Blueprint, redirect, render_template, request
from flask_login import current_user

from campaign_app.domain.clock import utc_now
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.services.sign_ins import TooManyAttempts, is_password_of
from campaign_app.services.user_sessions import confirm_session
from campaign_app.web import browser_sessions
from campaign_app.web.access import requires
from campaign_app.web.login import safe_path

blueprint = Blueprint("confirmation", __name__, url_prefix="/account/confirm")

WRONG = "This is not your password."
THROTTLED = "Too many wrong passwords. Wait a quarter of an hour, then try once more."


@blueprint.get("")
@requires(Role.VIEWER)
def show():
    return _page(request.args.get("next"))


@blueprint.post("")
@requires(Role.VIEWER)
def confirm():
    user, now, wanted = current_user._get_current_object(), utc_now(), request.form.get("next")
    session_id = browser_sessions.current().session_id
    try:
        is_right = is_password_of(
            user, request.form.get("password", ""), request.remote_addr or "unknown", now
        )
    except TooManyAttempts:
        return _page(wanted, THROTTLED), 429
    if not is_right:
        return _page(wanted, WRONG), 422
    confirm_session(session_id, now)
    db.session.commit()
    return redirect(safe_path(wanted), 303)


def _page(wanted: str | None, fault: str | None = None) -> str:
    return render_template("confirmation/show.html", next_path=safe_path(wanted), fault=fault)
