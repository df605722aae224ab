"""The number that sends: letting it go on after a stop, and what WhatsApp says about the account."""

from flask import Blueprint, flash, redirect, request
from flask_login import current_user

from campaign_app.domain.clock import utc_now
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.services import number
from campaign_app.services.account_notices import dismiss
from campaign_app.web.access import requires
from campaign_app.web.login import safe_path

blueprint = Blueprint("number", __name__, url_prefix="/number")


@blueprint.post("/resume")
@requires(Role.STAFF)
def resume():
    number.resume_number(current_user.email, utc_now())
    db.session.commit()
    flash("The number sends again. If WhatsApp still refuses, it stops once more and says why.", "success")
    return redirect(safe_path(request.form.get("next")), 303)


@blueprint.post("/notices/dismiss")
@requires(Role.STAFF)
def dismiss_notice():
    dismiss(request.form.get("subject", ""), current_user.email, utc_now())
    db.session.commit()
    return redirect("/", 303)
