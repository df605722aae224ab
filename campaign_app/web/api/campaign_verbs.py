"""The verbs of a campaign: launch, pause, resume, cancel, clone, retry the failed."""

from uuid import UUID

from flask import Blueprint

from campaign_app.domain.clock import utc_now
from campaign_app.domain.roles import Role
from campaign_app.services import launch as launching
from campaign_app.services import lifecycle, retries
from campaign_app.services.campaigns import clone_campaign, find_campaign
from campaign_app.web.access import requires
from campaign_app.web.api.answers import CampaignAnswer, RetriedAnswer
from campaign_app.web.api.authentication import actor
from campaign_app.web.api.bodies import NoFields
from campaign_app.web.api.campaigns import address_of
from campaign_app.web.api.idempotency import commit_once
from campaign_app.web.api.json_input import read_body
from campaign_app.web.api.operations import operation
from campaign_app.web.api.representation import campaign_json, retried_json

blueprint = Blueprint("campaign_verbs", __name__, url_prefix="/campaigns/<uuid:campaign_id>")


@blueprint.post("/launch")
@requires(Role.STAFF)
@operation("Launch a campaign", CampaignAnswer, body=NoFields, conflicts=True)
def launch(campaign_id: UUID):
    """Freezes the audience: the filter's customers and the added recipients, each number once."""
    return _move(launching.launch, campaign_id)


@blueprint.post("/pause")
@requires(Role.STAFF)
@operation("Pause a campaign", CampaignAnswer, body=NoFields, conflicts=True)
def pause(campaign_id: UUID):
    """What is on its way is finished; nothing new leaves."""
    return _move(lifecycle.pause, campaign_id)


@blueprint.post("/resume")
@requires(Role.STAFF)
@operation("Resume a campaign", CampaignAnswer, body=NoFields, conflicts=True)
def resume(campaign_id: UUID):
    """Goes on with what is pending."""
    return _move(lifecycle.resume, campaign_id)


@blueprint.post("/cancel")
@requires(Role.STAFF)
@operation("Cancel a campaign", CampaignAnswer, body=NoFields, conflicts=True)
def cancel(campaign_id: UUID):
    """Ends it for good: the pending ones never get it."""
    return _move(lifecycle.cancel, campaign_id)


@blueprint.post("/clone")
@requires(Role.STAFF)
@operation("Clone a campaign", CampaignAnswer, status=201, body=NoFields, located=True)
def clone(campaign_id: UUID):
    """A new draft with the same settings, without dates and without the recipients added by number."""
    read_body(NoFields)
    now = utc_now()
    copy = clone_campaign(find_campaign(campaign_id), actor(), now)
    return commit_once(campaign_json(copy, now), 201, address_of(copy))


@blueprint.post("/retry-failed")
@requires(Role.STAFF)
@operation("Send again to the failed", RetriedAnswer, body=NoFields, conflicts=True)
def retry_failed(campaign_id: UUID):
    """Queues those again whose error can go away; a completed campaign becomes active once more."""
    read_body(NoFields)
    return commit_once(retried_json(retries.retry_failed(campaign_id, actor(), utc_now())))


def _move(verb, campaign_id: UUID):
    read_body(NoFields)
    now = utc_now()
    campaign = verb(campaign_id, actor(), now)
    return commit_once(campaign_json(campaign, now))
