"""Customers from a file: the upload, and the report of what became of every row."""

from pathlib import Path
from uuid import UUID

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_login import current_user

from campaign_app.domain.clock import utc_now
from campaign_app.domain.customer_values import COLUMNS
from campaign_app.domain.errors import Invalid
from campaign_app.domain.plain_text import one_line, shortened
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.services.audit import record
from campaign_app.services.customer_import import import_customers
from campaign_app.services.import_reports import find_report, keep_report
from campaign_app.web.access import requires
from campaign_app.web.exports import csv_response

blueprint = Blueprint("customer_imports", __name__, url_prefix="/customers/import")

SHOWN = 200  # refused rows on the page; the download has them all
EXAMPLE = (
    ("+919876543210", "Asha Rao", "gold", "Mumbai", "en", "vip, diwali", "yes", "120"),
    ("+447911123456", "José O'Brien", "silver", "London", "pt_BR", "", "", "98.5"),
)


@blueprint.get("")
@requires(Role.STAFF)
def new():
    return render_template("customer_imports/new.html", fault=None)


@blueprint.post("")
@requires(Role.STAFF)
def create():
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return render_template("customer_imports/new.html", fault="Choose a file first."), 422
    actor, dry_run = current_user.email, "dry_run" in request.form
    source = shortened(one_line(Path(upload.filename.replace("\\", "/")).name), 100)
    # Who is signed in was read inside a transaction; reading the file takes long, and nobody must wait for it.
    db.session.rollback()
    now = utc_now()
    try:
        country = current_app.config["SETTINGS"].default_country
        report = import_customers(upload.stream, country, dry_run, source, now)
    except Invalid as refusal:
        db.session.rollback()
        return render_template("customer_imports/new.html", fault=refusal.sentence), 422
    if not dry_run:
        counts = {name: getattr(report, name) for name in ("added", "changed", "unchanged", "refused_count")}
        record(actor, "customers.imported", "customers", None, {"file": source, **counts}, now)
        db.session.commit()
    report_id = keep_report(_folder(), report)
    return redirect(url_for("customer_imports.show", report_id=report_id), 303)


@blueprint.get("/example.csv")
@requires(Role.VIEWER)
def example():
    return csv_response(EXAMPLE, [*COLUMNS, "Loyalty Points"], "customers-example.csv")


@blueprint.get("/<uuid:report_id>")
@requires(Role.STAFF)
def show(report_id: UUID):
    report = find_report(_folder(), report_id)
    return render_template(
        "customer_imports/show.html",
        report=report,
        report_id=report_id,
        refused=report.refused[:SHOWN],
        duplicate_rows=report.duplicate_rows[:SHOWN],
    )


@blueprint.get("/<uuid:report_id>/refused.csv")
@requires(Role.STAFF)
def refused(report_id: UUID):
    rows = ((row.line, row.value, row.reason) for row in find_report(_folder(), report_id).refused)
    return csv_response(rows, ("line", "value", "reason"), "refused-rows.csv")


def _folder() -> Path:
    return Path(current_app.instance_path) / "imports"
