"""Personal data: how long it is kept, all about one person as a file, and erasing a person."""

import json

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user

from campaign_app.database import reading
from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Invalid
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.services.audit import record
from campaign_app.services.customers import read_number
from campaign_app.services.erasure import erase_number
from campaign_app.services.housekeeping import KEEP_IDEMPOTENT_ANSWERS, KEEP_SIGN_IN_ATTEMPTS
from campaign_app.services.subject_export import subject_export
from campaign_app.services.user_sessions import LONGEST
from campaign_app.web.access import requires

blueprint = Blueprint("data_protection", __name__, url_prefix="/settings/data-protection")


@blueprint.get("")
@requires(Role.ADMIN, confirmed=True)
def index():
    return _page()


@blueprint.post("/export")
@requires(Role.ADMIN, confirmed=True)
def export():
    """A POST, because the number must not stand in an address."""
    try:
        number = _number()
    except Invalid as refusal:
        return _page(export_fault=refusal.sentence), 422
    db.session.rollback()
    now = utc_now()
    with reading():
        found = subject_export(number, now)
        db.session.rollback()
    record(current_user.email, "person.exported", "person", None, None, now)
    db.session.commit()
    text = json.dumps(found, ensure_ascii=False, indent=2)
    answer = Response(text, content_type="application/json; charset=utf-8")
    answer.headers.set("Content-Disposition", "attachment", filename=f"person-{now:%Y-%m-%d}.json")
    return answer


@blueprint.post("/erase")
@requires(Role.ADMIN, confirmed=True)
def erase():
    try:
        number = _number()
    except Invalid as refusal:
        return _page(erase_fault=refusal.sentence), 422
    if not request.form.get("sure"):
        return _page(erase_fault="Tick the box: this cannot be undone."), 422
    actor = current_user.email
    db.session.rollback()  # what follows has short transactions of its own
    erase_number(number, actor, utc_now())
    flash(
        "The person is erased. Only a keyed hash of the number is left, so that nobody writes to it by mistake.",
        "success",
    )
    return redirect(url_for("data_protection.index"), 303)


def _number() -> str:
    typed = request.form.get("phone_number", "")
    return read_number(typed, current_app.config["SETTINGS"].default_country)


def _page(export_fault: str | None = None, erase_fault: str | None = None) -> str:
    settings = current_app.config["SETTINGS"]
    days = settings.message_retention_days
    kept = [
        ("Customers, consent and opt-outs", "until they are deleted or erased", None),
        (
            "Who got a campaign",
            f"{days} days after its end; then number and name go, the figures stay" if days else "for good",
            "MESSAGE_RETENTION_DAYS",
        ),
        ("Webhooks as they came", f"{settings.webhook_retention_days} days", "WEBHOOK_RETENTION_DAYS"),
        ("Uploaded customer files", "until they are imported or given up, at most a day", None),
        ("Answers of the API kept for repetitions", f"{KEEP_IDEMPOTENT_ANSWERS.days} days", None),
        (
            "Sign-ins of staff",
            f"{LONGEST.seconds // 3600} hours; wrong passwords {KEEP_SIGN_IN_ATTEMPTS.days} day",
            None,
        ),
        ("Audit trail", "for good; it names staff by address, customers by id only", None),
        ("Log", "as long as the server keeps it; it holds no full phone number", None),
    ]
    return render_template(
        "data_protection/index.html", kept=kept, export_fault=export_fault, erase_fault=erase_fault
    )
