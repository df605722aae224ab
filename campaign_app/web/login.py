"""Signing in and out."""

import re
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user

from campaign_app.domain.clock import utc_now
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.services.audit import record
from campaign_app.services.second_factors import has_second_factor
from campaign_app.services.sign_ins import TooManyAttempts, signed_in
from campaign_app.services.sign_ins import sign_in as check_sign_in
from campaign_app.web import browser_sessions
from campaign_app.web.access import requires
from campaign_app.web.login_code import ask_for_code

blueprint = Blueprint("login", __name__)

WRONG = "The e-mail address or the password is not right."
THROTTLED = "Too many wrong passwords for this account from this address. Wait a quarter of an hour, then try once more."


@blueprint.get("/login")
def show():
    if current_user.is_authenticated:
        return redirect(safe_path(request.args.get("next")), 303)
    return render_template(
        "login/show.html", email="", fault=None, next_path=safe_path(request.args.get("next"))
    )


@blueprint.post("/login")
def sign_in():
    email, password = request.form.get("email", ""), request.form.get("password", "")
    next_path = safe_path(request.form.get("next"))
    now = utc_now()
    try:
        user = check_sign_in(email, password, request.remote_addr or "unknown", now)
    except TooManyAttempts:
        return render_template("login/show.html", email=email, fault=THROTTLED, next_path=next_path), 429
    if user is None:
        return render_template("login/show.html", email=email, fault=WRONG, next_path=next_path), 422
    if has_second_factor(user):
        return ask_for_code(user, next_path)
    signed_in(user, now)
    browser_sessions.begin(user)
    db.session.commit()
    return redirect(next_path, 303)


@blueprint.post("/logout")
@requires(Role.VIEWER)
def sign_out():
    record(current_user.email, "signed out", "user", current_user.id, None, utc_now())
    browser_sessions.end()
    db.session.commit()
    flash("You are signed out.", "success")
    return redirect(url_for("login.show"), 303)


def safe_path(wanted: str | None) -> str:
    """`wanted` when it is a plain path of this app, else the home page: a sign-in must not lead to another host.

    >>> safe_path("/campaigns?status=active"), safe_path("//evil"), safe_path("https:evil"), safe_path("/\\\\evil")
    ('/campaigns?status=active', '/', '/', '/')
    """
    if not wanted or not re.fullmatch(r"/[\w\-./?=&%+~,:@]*", wanted, re.ASCII):
        return "/"
    parts = urlsplit(wanted)
    # An encoded slash, backslash or control sign could be read as another host by whoever decodes once more.
    is_plain = not parts.scheme and not parts.netloc and not wanted.startswith("//")
    return (
        wanted if is_plain and not re.search(r"%(2f|5c|0|1[0-9a-f]|7f)", parts.path, re.IGNORECASE) else "/"
    )
