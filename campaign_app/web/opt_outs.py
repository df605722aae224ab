"""Who must not be written to: the list, adding a number, and lifting what may be lifted by us."""

from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Conflict, Invalid
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.models.opt_out import OPT_OUT_KINDS
from campaign_app.services.audit import record
from campaign_app.services.customers import read_number
from campaign_app.services.opt_outs import (
    count_opt_outs,
    find_opt_out,
    holding_opt_outs,
    lift_opt_out,
    list_opt_outs,
    record_opt_out,
)
from campaign_app.services.suppression_import import suppress_file, suppress_text
from campaign_app.web.access import requires
from campaign_app.web.paging import read_id

blueprint = Blueprint("opt_outs", __name__, url_prefix="/opt-outs")

PAGE = 50
KINDS = {
    "meta": "Stopped in WhatsApp",
    "word": "Wrote STOP",
    "ours": "Entered by us",
}


class OptOutForm(FlaskForm):
    phone_number = StringField("Phone number", [InputRequired("Enter the phone number.")])
    reason = StringField("Reason", [Length(max=500, message="Use at most 500 signs.")])


@blueprint.get("")
@requires(Role.VIEWER)
def index():
    return _page(OptOutForm())


@blueprint.post("")
@requires(Role.STAFF)
def create():
    """The number comes from the form of this page, or from a customer's page, to which it returns."""
    form, now = OptOutForm(), utc_now()
    if form.validate():
        try:
            number = read_number(form.phone_number.data, current_app.config["SETTINGS"].default_country)
        except Invalid as refusal:
            form.phone_number.errors = [refusal.sentence]
        else:
            is_new = record_opt_out(number, "ours", form.reason.data or None, current_user.email, now)
            if is_new:
                (held,) = (one for one in holding_opt_outs(number) if one.kind == "ours")
                record(current_user.email, "opt_out.recorded", "opt_out", held.id, {"kind": "ours"}, now)
            db.session.commit()
            words = (
                "Nobody writes to this number any more." if is_new else "This number is on the list already."
            )
            flash(words, "success")
            return redirect(_way_back(), 303)
    db.session.rollback()
    return _page(form), 422


@blueprint.get("/import")
@requires(Role.STAFF)
def many():
    return render_template("opt_outs/import.html", done=None, fault=None, pasted="", reason="")


@blueprint.post("/import")
@requires(Role.STAFF)
def add_many():
    """Numbers of a file, or pasted one on each line."""
    upload, pasted = request.files.get("file"), request.form.get("numbers", "")
    reason = request.form.get("reason", "").strip()[:500]
    actor, now, country = current_user.email, utc_now(), current_app.config["SETTINGS"].default_country
    db.session.rollback()  # reading takes a while: nobody who writes has to wait
    fault, done = None, None
    try:
        if upload is not None and upload.filename:
            done = suppress_file(upload.stream, country, reason or None, actor, now)
        elif pasted.strip():
            done = suppress_text(pasted, country, reason or None, actor, now)
        else:
            fault = "Choose a file, or paste the numbers."
    except Invalid as refusal:
        fault = refusal.sentence
    page = render_template("opt_outs/import.html", done=done, fault=fault, pasted=pasted, reason=reason)
    return page, 422 if fault else 200


@blueprint.get("/<uuid:opt_out_id>")
@requires(Role.STAFF)
def show(opt_out_id: UUID):
    """What lifting means, before it is done."""
    opt_out = find_opt_out(opt_out_id)
    customer_id = read_id(request.args.get("customer"))
    return render_template("opt_outs/show.html", opt_out=opt_out, kinds=KINDS, customer_id=customer_id)


@blueprint.post("/<uuid:opt_out_id>/lift")
@requires(Role.STAFF)
def lift(opt_out_id: UUID):
    opt_out = find_opt_out(opt_out_id)
    if opt_out.kind == "meta":
        raise Conflict(
            "The person stopped marketing messages in WhatsApp: only they can lift that, in WhatsApp."
        )
    now = utc_now()
    if lift_opt_out(opt_out.phone_number, opt_out.kind, now):
        record(current_user.email, "opt_out.lifted", "opt_out", opt_out.id, {"kind": opt_out.kind}, now)
    db.session.commit()
    flash("The opt-out is lifted.", "success")
    return redirect(_way_back(), 303)


def _page(form: OptOutForm) -> str:
    kind = request.args.get("kind")
    kind = kind if kind in OPT_OUT_KINDS else None
    after = read_id(request.args.get("after"))
    page = list_opt_outs(kind, after, PAGE)
    counts = count_opt_outs()
    tabs = [
        (None, "All", sum(counts.values())),
        *((name, words, counts.get(name, 0)) for name, words in KINDS.items()),
    ]
    return render_template(
        "opt_outs/index.html",
        form=form,
        opt_outs=page.opt_outs,
        next_after=page.next_after,
        is_first=after is None,
        kind=kind,
        kinds=KINDS,
        tabs=tabs,
    )


def _way_back() -> str:
    customer_id = read_id(request.form.get("customer"))
    return url_for("customers.show", customer_id=customer_id) if customer_id else url_for("opt_outs.index")
