"""One's own account: the password, and where one is signed in."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import PasswordField
from wtforms.validators import InputRequired

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Invalid
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.services import user_sessions, users
from campaign_app.services.audit import record
from campaign_app.services.sign_ins import TooManyAttempts, is_password_of
from campaign_app.web import browser_sessions
from campaign_app.web.access import requires
from campaign_app.web.browser_words import browser_words

THROTTLED = "Too many wrong passwords. Wait a quarter of an hour, then try once more."

blueprint = Blueprint("account", __name__, url_prefix="/account")


class OwnPasswordForm(FlaskForm):
    present = PasswordField("Present password", [InputRequired("Enter the password that you have now.")])
    password = PasswordField("New password", [InputRequired("Enter a password.")])


@dataclass(frozen=True)
class SessionLine:
    """One browser as the page shows it."""

    id: UUID
    browser: str
    address: str
    since: datetime
    last_seen_at: datetime
    is_this: bool


@blueprint.get("")
@requires(Role.VIEWER)
def index():
    return _page(OwnPasswordForm())


@blueprint.post("/password")
@requires(Role.VIEWER)
def change_password():
    form = OwnPasswordForm()
    if form.validate():
        user, now = current_user._get_current_object(), utc_now()
        try:
            if not is_password_of(user, form.present.data, request.remote_addr or "unknown", now):
                sentence = "This is not the password that you have now."
                raise Invalid(sentence, {"present": [sentence]})
            users.set_password(user, form.password.data, user.email, now)
        except TooManyAttempts:
            form.present.errors = [THROTTLED]
        except Invalid as refusal:
            for name, sentences in refusal.fields.items():
                form[name].errors = [*form[name].errors, *sentences]
        else:
            browser_sessions.begin(user)
            db.session.commit()
            flash("Your password is changed. Every other browser is signed out.", "success")
            return redirect(url_for("account.index"), 303)
    db.session.rollback()
    return _page(form), 422


@blueprint.post("/sessions/<uuid:session_id>/end")
@requires(Role.VIEWER)
def end_session(session_id: UUID):
    if user_sessions.end_session(current_user, session_id):
        record(current_user.email, "signed out elsewhere", "user", current_user.id, None, utc_now())
    db.session.commit()
    flash("That browser is signed out.", "success")
    return redirect(url_for("account.index"), 303)


@blueprint.post("/sessions/end-others")
@requires(Role.VIEWER)
def end_others():
    if user_sessions.end_sessions(current_user, but=browser_sessions.current().session_id):
        record(current_user.email, "signed out elsewhere", "user", current_user.id, None, utc_now())
    db.session.commit()
    flash("You are signed in in this browser only.", "success")
    return redirect(url_for("account.index"), 303)


def _page(form: OwnPasswordForm) -> str:
    here = browser_sessions.current().session_id
    lines = [
        SessionLine(
            id=one.id,
            browser=browser_words(one.browser),
            address=one.address,
            since=one.created_at,
            last_seen_at=one.last_seen_at,
            is_this=one.id == here,
        )
        for one in user_sessions.sessions_of(current_user, utc_now())
    ]
    return render_template("account/index.html", form=form, sessions=lines)
