"""The third step of a campaign's set-up: when it is sent, and how much of it a day."""

from uuid import UUID

from flask import Blueprint, current_app, render_template, request

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Invalid
from campaign_app.domain.roles import Role
from campaign_app.models.campaign import Campaign
from campaign_app.services.audience import count_audience
from campaign_app.web.access import requires
from campaign_app.web.campaign_fields import DraftTimesForm
from campaign_app.web.campaign_forecasts import forecast_of_form, forecast_words
from campaign_app.web.draft_steps import (
    faults_of,
    find_draft,
    go_to,
    reading_from_here,
    save_changes,
    saved_words,
)

blueprint = Blueprint("campaign_times", __name__, url_prefix="/campaigns/<uuid:campaign_id>/setup")


@blueprint.get("/schedule")
@requires(Role.STAFF)
def edit(campaign_id: UUID):
    campaign = find_draft(campaign_id)
    form = DraftTimesForm()
    form.take(campaign)
    return _page(form, campaign)


@blueprint.post("/schedule")
@requires(Role.STAFF)
def save(campaign_id: UUID):
    campaign, form = find_draft(campaign_id), DraftTimesForm()
    if "step" in request.form:
        return _page(form, campaign)
    if form.validate() and save_changes(campaign, form, form.changes()):
        return go_to("people" if request.form.get("go") == "back" else "check", campaign_id)
    return _page(form, find_draft(campaign_id)), 422


@blueprint.post("/_save-schedule")
@requires(Role.STAFF)
def save_unasked(campaign_id: UUID):
    """What was typed so far, kept while somebody goes on typing."""
    campaign, form = find_draft(campaign_id), DraftTimesForm()
    if form.validate():
        save_changes(campaign, form, form.changes())
    return saved_words(faults_of(form))


@blueprint.post("/_forecast")
@requires(Role.STAFF)
def forecast(campaign_id: UUID):
    """When the first and the last message would leave, as the form stands."""
    with reading_from_here():
        campaign = find_draft(campaign_id)
        return render_template("campaign_forms/_forecast.html", **_people(campaign, DraftTimesForm()))


def _page(form: DraftTimesForm, campaign: Campaign) -> str:
    return render_template(
        "campaign_forms/times.html", form=form, campaign=campaign, **_people(campaign, form)
    )


def _people(campaign: Campaign, form: DraftTimesForm) -> dict:
    """How many people it goes to as things stand, and what the plan says of them."""
    reachable = 0
    if campaign.target_audience:
        try:
            settings = current_app.config["SETTINGS"]
            reachable = count_audience(campaign.target_audience, settings.require_opt_in).reachable
        except Invalid:
            pass  # a segment that is gone: the check says so
    people, now = reachable + campaign.messages_pending, utc_now()
    told = forecast_of_form(form, people, now)
    words = forecast_words(told, form.scheduled_end_date.instant(), now)
    return {"people": people, "forecast_words": words}
