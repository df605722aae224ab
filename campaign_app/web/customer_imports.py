"""Customers from a file, in steps: upload, columns, preview, confirmation, result. The work itself goes on without the page."""

from pathlib import Path
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user

from campaign_app.domain.clock import utc_now
from campaign_app.domain.customer_layout import (
    DETAIL,
    FIELD_LABELS,
    REFUSED_PREFIX,
    ColumnUse,
    uses_from_json,
)
from campaign_app.domain.customer_values import COLUMNS
from campaign_app.domain.errors import Conflict, Invalid
from campaign_app.domain.plain_text import one_line, shortened
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.models.customer_import import CustomerImport
from campaign_app.services import customer_imports as imports
from campaign_app.services.import_runs import is_worked_on
from campaign_app.web.access import requires
from campaign_app.web.countries import country_choices
from campaign_app.web.exports import csv_response

blueprint = Blueprint("customer_imports", __name__, url_prefix="/customers/import")

SHOWN = 200  # refused rows on the page; the download has them all
LATEST = 10
EXAMPLE = (
    ("+919876543210", "Asha Rao", "gold", "Mumbai", "en", "vip, diwali", "yes", "120"),
    ("+447911123456", "José O'Brien", "silver", "London", "pt_BR", "", "", "98.5"),
)


@blueprint.get("")
@requires(Role.STAFF)
def new():
    return _upload_page(None)


@blueprint.post("")
@requires(Role.STAFF)
def create():
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return _upload_page("Choose a file first."), 422
    actor = current_user.email
    name = shortened(one_line(Path(upload.filename.replace("\\", "/")).name), 100)
    # Who is signed in was read inside a transaction; keeping the file takes long, and nobody must wait for it.
    db.session.rollback()
    try:
        taken = imports.take_file(upload.stream, name)
    except Invalid as refusal:
        return _upload_page(refusal.sentence), 422
    one = imports.start_import(taken, actor, utc_now())
    db.session.commit()
    return redirect(url_for("customer_imports.show", import_id=one.id), 303)


@blueprint.get("/example.csv")
@requires(Role.VIEWER)
def example():
    return csv_response(EXAMPLE, [*COLUMNS, "Loyalty Points"], "customers-example.csv")


@blueprint.get("/<uuid:import_id>")
@requires(Role.STAFF)
def show(import_id: UUID):
    one = imports.find_import(import_id)
    if one.state == "mapping":
        return _columns_page(one, uses_from_json(one.uses or []), one.country)
    return render_template("customer_imports/show.html", **_standing(one))


@blueprint.get("/<uuid:import_id>/_progress")
@requires(Role.STAFF)
def progress(import_id: UUID):
    """How it stands, rendered anew for the polling script."""
    return render_template("customer_imports/_progress.html", **_standing(imports.find_import(import_id)))


@blueprint.post("/<uuid:import_id>/columns")
@requires(Role.STAFF)
def columns(import_id: UUID):
    """Let the file be read with the columns of the form; without any, go back to choosing them."""
    one = imports.find_import(import_id)
    if "again" in request.form:
        imports.change_columns(one)
        db.session.commit()
        return redirect(url_for("customer_imports.show", import_id=import_id), 303)
    uses = [
        ColumnUse(
            request.form.get(f"column-{place}", DETAIL), request.form.get(f"name-{place}", "").strip() or name
        )
        for place, name in enumerate(one.columns)
    ]
    country = request.form.get("country") or None
    if country not in {None, *(code for code, _ in country_choices())}:
        country = one.country
    try:
        imports.choose_columns(one, uses, country, utc_now())
    except Invalid as refusal:
        db.session.rollback()
        return _columns_page(one, uses, country, refusal.sentence), 422
    db.session.commit()
    return redirect(url_for("customer_imports.show", import_id=import_id), 303)


@blueprint.post("/<uuid:import_id>/confirm")
@requires(Role.STAFF)
def confirm(import_id: UUID):
    return _move(import_id, lambda one: imports.confirm_import(one, current_user.email, utc_now()))


@blueprint.post("/<uuid:import_id>/discard")
@requires(Role.STAFF)
def discard(import_id: UUID):
    answer = _move(import_id, imports.discard_import)
    if imports.is_discarded(import_id):
        flash("The file is given up. Nothing was changed.", "success")
        return redirect(url_for("customer_imports.new"), 303)
    return answer


@blueprint.get("/<uuid:import_id>/refused.csv")
@requires(Role.STAFF)
def refused(import_id: UUID) -> Response:
    """Every refused row as it stands in the file, with what is wrong behind it: corrected, it can be uploaded again."""
    one = imports.find_import(import_id)
    width = len(one.columns)
    rows = (
        (*cells[:width], *[""] * (width - len(cells)), row.line, _column_name(one, row.place), row.value, row.reason)
        for row, cells in imports.refused_rows(one)
    )  # fmt: skip
    header = [*one.columns, *(REFUSED_PREFIX + word for word in ("line", "column", "value", "reason"))]
    return csv_response(rows, header, f"refused-{Path(one.file_name).stem[:60]}.csv")


def _upload_page(fault: str | None) -> str:
    return render_template(
        "customer_imports/new.html",
        fault=fault,
        latest=imports.latest_imports(LATEST),
        most_mb=current_app.config["LARGEST_FILE_BYTES"] // 2**20,
    )


def _columns_page(
    one: CustomerImport, uses: list[ColumnUse], country: str | None, fault: str | None = None
) -> str:
    layout = imports.layout_of(one)
    return render_template(
        "customer_imports/columns.html",
        one=one,
        columns=list(zip(layout.names, layout.samples, uses, strict=True)),
        has_header=layout.header_line is not None,
        is_remembered=imports.remembered_uses(one.layout) is not None,
        before=imports.imported_before(one),
        fields=FIELD_LABELS,
        countries=country_choices(),
        country=country,
        fault=fault,
    )


def _standing(one: CustomerImport) -> dict:
    is_shown = one.state in ("ready", "done")
    return {
        "one": one,
        "before": imports.imported_before(one) if one.state == "ready" else None,
        "is_finished": one.state not in ("reading", "writing"),
        "is_worked_on": is_worked_on(one, utc_now()),
        "refused": [
            (row, _column_name(one, row.place))
            for row, _ in (imports.refused_rows(one, SHOWN) if is_shown else [])
        ],
        "duplicates": imports.duplicate_rows(one, SHOWN) if is_shown else [],
    }


def _column_name(one: CustomerImport, place: int | None) -> str:
    return one.columns[place] if place is not None and place < len(one.columns) else ""


def _move(import_id: UUID, verb):
    one = imports.find_import(import_id)
    try:
        verb(one)
    except Conflict as conflict:
        db.session.rollback()
        flash(conflict.sentence, "warning")
    else:
        db.session.commit()
    return redirect(url_for("customer_imports.show", import_id=import_id), 303)
