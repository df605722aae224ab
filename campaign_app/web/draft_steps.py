"""What the steps of a campaign's set-up share: the draft that they change, their order, and saving by themselves."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, url_for
from flask_login import current_user

from campaign_app.database import reading
from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Conflict, Invalid
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.services.campaigns import edit_campaign, find_campaign
from campaign_app.web.campaign_fields import StepForm

STEPS = {
    "message": "campaign_messages.edit",
    "people": "campaign_audiences.edit",
    "schedule": "campaign_times.edit",
    "check": "campaign_checks.show",
}


def find_draft(campaign_id: UUID) -> Campaign:
    """Raises NotFound, and Conflict for one that was launched."""
    campaign = find_campaign(campaign_id)
    if campaign.status != CampaignStatus.DRAFT:
        raise Conflict("This campaign was launched: its message and audience are frozen. Clone it instead.")
    return campaign


def save_changes(campaign: Campaign, form: StepForm, changes: dict[str, Any]) -> bool:
    """Commit them; false, with the sentences beside the fields, when the service refuses."""
    try:
        edit_campaign(campaign, changes, current_user.email, utc_now())
    except Invalid as refusal:
        db.session.rollback()
        form.show_faults(refusal.fields)
        return False
    db.session.commit()
    return True


def go_to(step: str, campaign_id: UUID):
    return redirect(url_for(STEPS[step], campaign_id=campaign_id), 303)


def saved_words(faults: list[str]) -> str:
    """The fragment that says whether what was typed is kept. `faults`: sentences, empty when it is."""
    return render_template("campaign_forms/_saved.html", faults=faults)


def faults_of(form: StepForm) -> list[str]:
    return [f"{field.label.text}: {error}" for field in form for error in field.errors]


def reading_from_here():
    """A fragment only reads: end the POST's write transaction, so that no sender waits for a long count."""
    db.session.rollback()
    return reading()
