"""Setting a campaign up: new and edit, with the preview of the message and the count of the audience."""

from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user
from wtforms.validators import ValidationError

from campaign_app.database import reading
from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Conflict, Invalid
from campaign_app.domain.media import RULES
from campaign_app.domain.message_values import value_fields
from campaign_app.domain.roles import Role
from campaign_app.domain.template_text import required_fields
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.models.message_template import MessageTemplate
from campaign_app.services.audience import AudienceCount, count_audience
from campaign_app.services.audience_choices import audience_choices
from campaign_app.services.campaigns import create_campaign, delete_draft, edit_campaign, find_campaign
from campaign_app.services.message_templates import all_templates, find_template, needs_of
from campaign_app.services.number import sending_number
from campaign_app.services.segments import all_segments
from campaign_app.web.access import requires
from campaign_app.web.campaign_fields import (
    NOBODY,
    PICKED,
    CampaignForm,
    ScheduleForm,
    offer_audience,
    offer_segments,
    offer_templates,
)
from campaign_app.web.campaign_forecasts import forecast_of_form, forecast_words
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

blueprint = Blueprint("campaign_forms", __name__, url_prefix="/campaigns")


@blueprint.get("/new")
@requires(Role.STAFF)
def new():
    form = CampaignForm()
    form.template.data = request.args.get("template")
    return _page(form, None, {})


@blueprint.post("/new")
@requires(Role.STAFF)
def create():
    form, values = CampaignForm(), typed_values()
    file_fault = take_chosen_file(_chosen(form.template.data)[0], values)
    if "step" in request.form:
        return _page(form, None, values, file_fault)
    now = utc_now()
    faults = _faults(form, values) | file_fault
    if not faults:
        try:
            campaign = create_campaign(_fields(form, values), current_user.email, now)
        except Invalid as refusal:
            form.show_faults(refusal.fields)
        else:
            db.session.commit()
            flash("The draft is saved. Look it over, then launch it.", "success")
            return redirect(url_for("campaigns.show", campaign_id=campaign.id), 303)
    db.session.rollback()
    return _page(form, None, values, faults), 422


@blueprint.get("/<uuid:campaign_id>/edit")
@requires(Role.STAFF)
def edit(campaign_id: UUID):
    campaign = find_campaign(campaign_id)
    _refuse_ended(campaign)
    if campaign.status != CampaignStatus.DRAFT:
        form = ScheduleForm()
        form.take(campaign)
        return _schedule_page(form, campaign)
    form = CampaignForm()
    form.take(campaign)
    needs = needs_of(find_template(campaign.template_name, campaign.language_code))
    return _page(form, campaign, shown_values(needs, campaign.template_components))


@blueprint.post("/<uuid:campaign_id>/edit")
@requires(Role.STAFF)
def save(campaign_id: UUID):
    campaign = find_campaign(campaign_id)
    _refuse_ended(campaign)
    is_draft = campaign.status == CampaignStatus.DRAFT
    form = CampaignForm() if is_draft else ScheduleForm()
    values = typed_values() if is_draft else {}
    file_fault = take_chosen_file(_chosen(form.template.data)[0], values) if is_draft else {}
    if is_draft and "step" in request.form:
        return _page(form, campaign, values, file_fault)
    faults = _faults(form, values) | file_fault if is_draft else not form.validate()
    if not faults:
        try:
            changes = _fields(form, values, campaign) if is_draft else form.changes()
            edit_campaign(campaign, changes, current_user.email, utc_now())
        except Invalid as refusal:
            form.show_faults(refusal.fields)
        else:
            db.session.commit()
            flash("The changes are saved.", "success")
            return redirect(url_for("campaigns.show", campaign_id=campaign_id), 303)
    db.session.rollback()
    if is_draft:
        return _page(form, campaign, values, faults), 422
    return _schedule_page(form, campaign), 422


@blueprint.post("/<uuid:campaign_id>/delete")
@requires(Role.STAFF)
def delete(campaign_id: UUID):
    campaign = find_campaign(campaign_id)
    name = campaign.name
    delete_draft(campaign, current_user.email, utc_now())
    db.session.commit()
    flash(f"The draft “{name}” is deleted.", "success")
    return redirect(url_for("campaigns.index"), 303)


@blueprint.post("/_message")
@requires(Role.STAFF)
def message():
    """The fields and the preview of the chosen message template, with the file that was chosen for its header."""
    values, chosen = typed_values(), CampaignForm().template.data
    faults = take_chosen_file(_chosen(chosen)[0], values)
    with _reading_from_here():
        template, _ = _chosen(chosen)
        return render_template("campaign_forms/_message.html", **_message_parts(template, values, faults))


@blueprint.post("/_preview")
@requires(Role.STAFF)
def preview():
    """The preview alone, while somebody types."""
    with _reading_from_here():
        template, _ = _chosen(CampaignForm().template.data)
        return render_template("campaign_forms/_preview.html", **_message_parts(template, typed_values()))


@blueprint.post("/_audience-count")
@requires(Role.STAFF)
def audience_count():
    """How many people the filter matches, as one sentence."""
    with _reading_from_here():
        return render_template("campaign_forms/_audience_count.html", **_counted(CampaignForm()))


@blueprint.post("/_forecast")
@requires(Role.STAFF)
def forecast():
    """When the first and the last message would leave, as the form stands."""
    with _reading_from_here():
        form = CampaignForm()
        found = request.args.get("campaign", type=UUID)
        campaign = None if found is None else find_campaign(found)
        return render_template(
            "campaign_forms/_forecast.html", forecast_words=_forecast(form, campaign, _counted(form)["count"])
        )


def _reading_from_here():
    """A fragment only reads: end the POST's write transaction, so that no sender waits for a long count."""
    db.session.rollback()
    return reading()


def _page(
    form: CampaignForm, campaign: Campaign | None, values: dict[str, str], faults: dict | None = None
) -> str:
    offer_templates(form, all_templates())
    choices = audience_choices()
    offer_audience(form, choices)
    offer_segments(form, all_segments())
    template, is_unknown = _chosen(form.template.data)
    counted = _counted(form)
    return render_template(
        "campaign_forms/show.html",
        form=form,
        campaign=campaign,
        value_errors=_value_errors(template, faults or {}),
        picked=PICKED,
        choices=choices,
        is_unknown=is_unknown,
        templates_synced_at=sending_number().templates_synced_at,
        **_message_parts(template, values, faults),
        forecast_words=_forecast(form, campaign, counted["count"]),
        **counted,
    )


def _forecast(form: CampaignForm, campaign: Campaign | None, count: AudienceCount | None) -> list[str]:
    """In words; `campaign`: the draft that is edited, whose added recipients get it too."""
    people = (count.reachable if count else 0) + (campaign.messages_pending if campaign else 0)
    now = utc_now()
    return forecast_words(forecast_of_form(form, people, now), form.scheduled_end_date.instant(), now)


def _schedule_page(form: ScheduleForm, campaign: Campaign) -> str:
    return render_template("campaign_forms/schedule.html", form=form, campaign=campaign)


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


def _counted(form: CampaignForm) -> dict:
    """The count of the audience, or the sentence why there is none."""
    try:
        audience = form.audience()
        if not audience:
            return {"count": None, "no_count": None}
        counted = count_audience(audience, current_app.config["SETTINGS"].require_opt_in)
    except ValidationError as error:
        return {"count": None, "no_count": str(error)}
    except Invalid as refusal:
        return {"count": None, "no_count": refusal.sentence}
    return {"count": counted, "no_count": None}


def _chosen(key: str | None) -> tuple[MessageTemplate | None, bool]:
    """The message template behind a value of the picker, and whether one was chosen that nobody knows."""
    name, _, language = (key or "").rpartition("|")
    if not name:
        return None, False
    template = find_template(name, language)
    return template, template is None


def _faults(form: CampaignForm, values: dict[str, str]) -> dict[str, str]:
    """What keeps the form from being saved, also without a message of its own: falsy when it is right."""
    template, _ = _chosen(form.template.data)
    faults = faults_in(template, values) if form.audience_mode.data != NOBODY else {}
    if not form.validate():
        faults.setdefault("form", "Something in the form is not right.")
    return faults


def _fields(form: CampaignForm, values: dict[str, str], campaign: Campaign | None = None) -> dict:
    fields = form.changes()
    template, _ = _chosen(form.template.data)
    if template is not None:
        fields["template_components"] = components_from(needs_of(template), values) or None
    elif campaign is None:
        fields["template_components"] = None
    return fields


def _refuse_ended(campaign: Campaign) -> None:
    if campaign.status in (CampaignStatus.COMPLETED, CampaignStatus.CANCELLED):
        raise Conflict(f"The campaign is {campaign.status}: it cannot be changed any more. Clone it instead.")
