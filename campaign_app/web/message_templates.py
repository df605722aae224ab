"""The message templates as WhatsApp has them."""

from flask import Blueprint, flash, redirect, render_template, url_for

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Conflict
from campaign_app.domain.message_preview import message_preview
from campaign_app.domain.message_values import value_fields
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.services.cloud_api import cloud_api
from campaign_app.services.message_templates import WHY_NOT, all_templates, needs_of, sync_templates
from campaign_app.services.number import sending_number
from campaign_app.web.access import requires
from campaign_app.web.formatting import plural

blueprint = Blueprint("message_templates", __name__, url_prefix="/templates")


@blueprint.get("")
@requires(Role.VIEWER)
def index():
    templates = all_templates()
    return render_template(
        "message_templates/index.html",
        cards=[
            (one, message_preview(one.components, {}), len(value_fields(needs_of(one)))) for one in templates
        ],
        why_not=WHY_NOT,
        synced_at=sending_number().templates_synced_at,
    )


@blueprint.post("/sync")
@requires(Role.STAFF)
def sync():
    try:
        synced = sync_templates(cloud_api(), utc_now())
    except Conflict as conflict:
        db.session.rollback()
        flash(conflict.sentence, "danger")
    else:
        db.session.commit()
        flash(
            f"Read {plural(synced.total, 'message template')} from WhatsApp: {synced.added} new, {synced.changed} changed, "
            f"{synced.removed} gone.",
            "success",
        )
    return redirect(url_for("message_templates.index"), 303)
