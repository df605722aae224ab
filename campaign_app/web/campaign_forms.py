"""Changing a campaign: a draft on its path of steps, one that was launched in what may still be changed; deleting a draft."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_login import current_user

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Conflict
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.services.campaigns import delete_draft, find_campaign
from campaign_app.web.access import requires
from campaign_app.web.campaign_fields import LaunchedForm
from campaign_app.web.draft_steps import go_to, save_changes

blueprint = Blueprint("campaign_forms", __name__, url_prefix="/campaigns/<uuid:campaign_id>")


@blueprint.get("/edit")
@requires(Role.STAFF)
def edit(campaign_id: UUID):
    campaign = find_campaign(campaign_id)
    if campaign.status == CampaignStatus.DRAFT:
        return go_to("message", campaign_id)
    _refuse_ended(campaign)
    form = LaunchedForm()
    form.take(campaign)
    return render_template("campaign_forms/launched.html", form=form, campaign=campaign)


@blueprint.post("/edit")
@requires(Role.STAFF)
def save(campaign_id: UUID):
    campaign = find_campaign(campaign_id)
    _refuse_ended(campaign)
    if campaign.status == CampaignStatus.DRAFT:
        return go_to("message", campaign_id)
    form = LaunchedForm()
    if form.validate() and save_changes(campaign, form, form.changes()):
        flash("The changes are saved.", "success")
        return redirect(url_for("campaigns.show", campaign_id=campaign_id), 303)
    db.session.rollback()
    return render_template(
        "campaign_forms/launched.html", form=form, campaign=find_campaign(campaign_id)
    ), 422


@blueprint.post("/delete")
@requires(Role.STAFF)
def delete(campaign_id: UUID):
    campaign = find_campaign(campaign_id)
    name = campaign.name
    delete_draft(campaign, current_user.email, utc_now())
    db.session.commit()
    flash(f"The draft “{name}” is deleted.", "success")
    return redirect(url_for("campaigns.index"), 303)


def _refuse_ended(campaign: Campaign) -> None:
    if campaign.status in (CampaignStatus.COMPLETED, CampaignStatus.CANCELLED):
        raise Conflict(f"The campaign is {campaign.status}: it cannot be changed any more. Clone it instead.")
