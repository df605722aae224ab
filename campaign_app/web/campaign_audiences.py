"""The second step of a campaign's set-up: who gets it."""

from uuid import UUID

from flask import Blueprint, current_app, render_template, request
from wtforms.validators import ValidationError

from campaign_app.domain.errors import Invalid
from campaign_app.domain.roles import Role
from campaign_app.models.campaign import Campaign
from campaign_app.services.audience import count_audience
from campaign_app.services.audience_choices import audience_choices
from campaign_app.services.segments import all_segments
from campaign_app.web.access import requires
from campaign_app.web.audience_fields import PICKED, AudienceForm, offer_audience, offer_segments
from campaign_app.web.draft_steps import (
    faults_of,
    find_draft,
    go_to,
    reading_from_here,
    save_changes,
    saved_words,
)

blueprint = Blueprint("campaign_audiences", __name__, url_prefix="/campaigns")


@blueprint.get("/<uuid:campaign_id>/setup/people")
@requires(Role.STAFF)
def edit(campaign_id: UUID):
    campaign = find_draft(campaign_id)
    form = AudienceForm()
    form.take(campaign)
    return _page(form, campaign)


@blueprint.post("/<uuid:campaign_id>/setup/people")
@requires(Role.STAFF)
def save(campaign_id: UUID):
    campaign, form = find_draft(campaign_id), AudienceForm()
    if "step" in request.form:
        return _page(form, campaign)
    goes_back = request.form.get("go") == "back"  # then what is chosen so far is enough
    is_right = _can_be_kept(form) if goes_back else form.validate()
    if is_right and save_changes(campaign, form, form.changes()):
        return go_to("message" if goes_back else "schedule", campaign_id)
    return _page(form, find_draft(campaign_id)), 422


@blueprint.post("/<uuid:campaign_id>/setup/_save-people")
@requires(Role.STAFF)
def save_unasked(campaign_id: UUID):
    """What was chosen so far, kept while somebody goes on."""
    campaign, form = find_draft(campaign_id), AudienceForm()
    if _can_be_kept(form):
        save_changes(campaign, form, form.changes())
    return saved_words(faults_of(form))


@blueprint.post("/_audience-count")
@requires(Role.STAFF)
def audience_count():
    """How many people the filter matches, as one sentence."""
    with reading_from_here():
        return render_template("campaign_forms/_audience_count.html", **_counted(AudienceForm()))


def _can_be_kept(form: AudienceForm) -> bool:
    try:
        form.audience()
    except ValidationError as error:
        form.other_conditions.errors = [str(error)]
        return False
    return True


def _page(form: AudienceForm, campaign: Campaign) -> str:
    offer_audience(form, audience_choices())
    offer_segments(form, all_segments())
    return render_template(
        "campaign_forms/people.html", form=form, campaign=campaign, picked=PICKED, **_counted(form)
    )


def _counted(form: AudienceForm) -> dict:
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
