"""Setting up one's second factor, and turning it off."""

import segno
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Conflict, Invalid
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.models.user import User
from campaign_app.services import second_factors
from campaign_app.services.sign_ins import TooManyAttempts, is_password_of
from campaign_app.web.access import requires

blueprint = Blueprint("second_factor", __name__, url_prefix="/account/second-factor")

NOT_YOURS = "This is not your password."
THROTTLED = "Too many wrong passwords. Wait a quarter of an hour, then try once more."
NEEDED = "Admins of this installation need a second factor: it stays on."


@blueprint.get("")
@requires(Role.VIEWER)
def show():
    return _page()


@blueprint.post("/begin")
@requires(Role.VIEWER)
def begin():
    second_factors.begin_second_factor(current_user)
    db.session.commit()
    return redirect(url_for("second_factor.show"), 303)


@blueprint.post("/on")
@requires(Role.VIEWER)
def turn_on():
    try:
        codes = second_factors.turn_on(current_user, request.form.get("code", "")[:100], utc_now())
    except Invalid as refusal:
        db.session.rollback()
        return _page(refusal.sentence), 422
    db.session.commit()
    return render_template("second_factor/codes.html", codes=codes)


@blueprint.post("/codes")
@requires(Role.VIEWER)
def renew_codes():
    if fault := _password_fault():
        return _page(fault), 422
    if not second_factors.has_second_factor(current_user):
        raise Conflict("Set up the second factor first.")
    codes = second_factors.renew_recovery_codes(current_user, utc_now())
    db.session.commit()
    return render_template("second_factor/codes.html", codes=codes)


@blueprint.post("/off")
@requires(Role.VIEWER)
def turn_off():
    if second_factors.must_have_second_factor(current_user):
        raise Conflict(NEEDED)
    if fault := _password_fault():
        return _page(fault), 422
    second_factors.turn_off(current_user, current_user.email, utc_now())
    db.session.commit()
    flash("The second factor is off. The password alone signs you in.", "success")
    return redirect(url_for("account.index"), 303)


def _password_fault() -> str | None:
    """What weakens an account needs the password once more: the browser may lie open."""
    user, password = current_user._get_current_object(), request.form.get("password", "")
    try:
        if is_password_of(user, password, request.remote_addr or "unknown", utc_now()):
            return None
    except TooManyAttempts:
        return THROTTLED
    return NOT_YOURS


def _page(fault: str | None = None) -> str:
    user: User = current_user
    is_on = second_factors.has_second_factor(user)
    secret = qr_code = None
    if not is_on and user.second_factor_seed is not None:
        secret = second_factors.phone_secret(user)
        code = segno.make(second_factors.phone_address(user), error="m")
        qr_code = code.svg_data_uri(scale=5, border=4, light="#fff")
    return render_template(
        "second_factor/show.html",
        is_on=is_on,
        is_needed=second_factors.must_have_second_factor(user),
        codes_left=second_factors.recovery_codes_left(user),
        secret=" ".join(secret[start : start + 4] for start in range(0, 32, 4)) if secret else None,
        qr_code=qr_code,
        fault=fault,
    )
