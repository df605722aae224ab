"""The first step of a campaign's set-up: its name, its message template and what stands in it."""

from uuid import UUID

from flask import Blueprint, render_template, request
from flask_login import current_user
from sqlalchemy.exc import IntegrityError

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Invalid
from campaign_app.domain.ids import new_id
from campaign_app.domain.media import RULES
from campaign_app.domain.message_values import value_fields
from campaign_app.domain.roles import Role
from campaign_app.domain.template_text import required_fields
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message_template import MessageTemplate
from campaign_app.services.campaigns import create_campaign
from campaign_app.services.message_templates import all_templates, find_template, needs_of
from campaign_app.services.number import sending_number
from campaign_app.web.access import requires
from campaign_app.web.campaign_fields import MessageForm, offer_templates
from campaign_app.web.draft_steps import (
    faults_of,
    find_draft,
    go_to,
    reading_from_here,
    save_changes,
    saved_words,
)
from campaign_app.web.message_values import (
    CHOSEN,
    chosen_medium,
    components_from,
    faults_in,
    preview_of,
    shown_values,
    take_chosen_file,
    typed_values,
)
from campaign_app.web.paging import read_id

blueprint = Blueprint("campaign_messages", __name__, url_prefix="/campaigns")

DRAFT = "draft"  # the id that a new draft will have: the same form sent twice makes one draft


@blueprint.get("/new")
@requires(Role.STAFF)
def new():
    form = MessageForm()
    form.template.data = request.args.get("template")
    return _page(form, None, new_id(), {})


@blueprint.post("/new")
@requires(Role.STAFF)
def create():
    draft_id = read_id(request.form.get(DRAFT)) or new_id()
    return _take(db.session.get(Campaign, draft_id), draft_id)


@blueprint.get("/<uuid:campaign_id>/setup/message")
@requires(Role.STAFF)
def edit(campaign_id: UUID):
    campaign = find_draft(campaign_id)
    form = MessageForm()
    form.take(campaign)
    needs = needs_of(find_template(campaign.template_name, campaign.language_code))
    return _page(form, campaign, campaign.id, shown_values(needs, campaign.template_components))


@blueprint.post("/<uuid:campaign_id>/setup/message")
@requires(Role.STAFF)
def save(campaign_id: UUID):
    return _take(find_draft(campaign_id), campaign_id)


@blueprint.post("/_save-message")
@requires(Role.STAFF)
def save_unasked():
    """What was typed so far, kept while somebody goes on typing; the draft is made as soon as it has a name and a template."""
    form, values = MessageForm(), typed_values()
    draft_id = read_id(request.form.get(DRAFT))
    if draft_id is None or not form.validate():
        return saved_words(faults_of(form) or ["The draft has no number: reload the page."])
    try:
        _keep(form, values, db.session.get(Campaign, draft_id), draft_id)
    except IntegrityError:  # two at once have made the same draft: that of the other is there now
        db.session.rollback()
        _keep(form, values, db.session.get(Campaign, draft_id), draft_id)
    return saved_words(faults_of(form))


@blueprint.post("/_message")
@requires(Role.STAFF)
def message():
    """The fields and the preview of the chosen message template, with the file that was chosen for its header."""
    values, chosen = typed_values(), MessageForm().template.data
    faults = take_chosen_file(_chosen(chosen)[0], values)
    with reading_from_here():
        template, _ = _chosen(chosen)
        return render_template("campaign_forms/_message.html", **_message_parts(template, values, faults))


@blueprint.post("/_preview")
@requires(Role.STAFF)
def preview():
    """The preview alone, while somebody types."""
    with reading_from_here():
        template, _ = _chosen(MessageForm().template.data)
        return render_template("campaign_forms/_preview.html", **_message_parts(template, typed_values()))


def _take(campaign: Campaign | None, draft_id: UUID):
    """The form as it was sent: kept and on to the next step, or shown again with what is wrong."""
    if campaign is not None:
        find_draft(campaign.id)
    form, values = MessageForm(), typed_values()
    faults = take_chosen_file(_chosen(form.template.data)[0], values)
    campaign = db.session.get(Campaign, draft_id)  # taking a file ends the transaction
    if "step" in request.form:
        return _page(form, campaign, draft_id, values, faults)
    faults = faults_in(_chosen(form.template.data)[0], values) | faults
    if form.validate() and not faults and _keep(form, values, campaign, draft_id):
        return go_to("people", draft_id)
    db.session.rollback()
    campaign = db.session.get(Campaign, draft_id)
    return _page(form, campaign, draft_id, values, faults), 422


def _keep(form: MessageForm, values: dict[str, str], campaign: Campaign | None, draft_id: UUID) -> bool:
    """Commit the step; false, with the sentences beside the fields, when the service refuses."""
    changes = form.changes()
    template, _ = _chosen(form.template.data)
    if template is not None:
        changes["template_components"] = components_from(needs_of(template), values) or None
    if campaign is not None:
        return save_changes(find_draft(campaign.id), form, changes)
    try:
        create_campaign(changes, current_user.email, utc_now(), draft_id)
    except Invalid as refusal:
        db.session.rollback()
        form.show_faults(refusal.fields)
        return False
    db.session.commit()
    return True


def _page(
    form: MessageForm,
    campaign: Campaign | None,
    draft_id: UUID,
    values: dict[str, str],
    faults: dict | None = None,
) -> str:
    offer_templates(form, all_templates())
    template, is_unknown = _chosen(form.template.data)
    return render_template(
        "campaign_forms/message.html",
        form=form,
        campaign=campaign,
        draft_id=draft_id,
        value_errors=_value_errors(template, faults or {}),
        is_unknown=is_unknown,
        templates_synced_at=sending_number().templates_synced_at,
        **_message_parts(template, values, faults),
    )


def _message_parts(
    template: MessageTemplate | None, values: dict[str, str], faults: dict | None = None
) -> dict:
    needs = needs_of(template)
    return {
        "template": template,
        "value_fields": value_fields(needs) if needs else [],
        "values": values,
        "value_faults": faults or {},
        "message": preview_of(template.components if template else [], values),
        "medium": chosen_medium(values),
        "medium_rules": RULES,
        "chosen_key": CHOSEN,
        "required": required_fields(values),
    }


def _value_errors(template: MessageTemplate | None, faults: dict[str, str]) -> list[tuple[str, str, str]]:
    """(id of the input, label, sentence) of every parameter with a fault, in the order of the form."""
    fields = value_fields(needs_of(template)) if template else []
    return [(f"value-{field.key}", field.label, faults[field.key]) for field in fields if field.key in faults]


def _chosen(key: str | None) -> tuple[MessageTemplate | None, bool]:
    """The message template behind a value of the picker, and whether one was chosen that nobody knows."""
    name, _, language = (key or "").rpartition("|")
    if not name:
        return None, False
    template = find_template(name, language)
    return template, template is None
