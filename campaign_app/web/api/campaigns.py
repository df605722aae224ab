"""Campaigns: creating, listing, showing, changing, deleting a draft."""

from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, url_for
from pydantic import Field

from campaign_app.domain.campaign_status import CampaignStatus
from campaign_app.domain.clock import utc_now
from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.models.campaign import Campaign
from campaign_app.services.campaign_lists import newest_campaigns
from campaign_app.services.campaigns import create_campaign, delete_draft, edit_campaign, find_campaign
from campaign_app.web.access import requires
from campaign_app.web.api.answers import CampaignAnswer, Page
from campaign_app.web.api.authentication import actor
from campaign_app.web.api.bodies import CampaignChanges, NewCampaign
from campaign_app.web.api.idempotency import commit_once
from campaign_app.web.api.json_input import read_body
from campaign_app.web.api.json_output import json_answer
from campaign_app.web.api.operations import operation
from campaign_app.web.api.paging import PageQuery, page, read_cursor, read_query
from campaign_app.web.api.representation import campaign_json

blueprint = Blueprint("campaigns", __name__, url_prefix="/campaigns")


class CampaignsQuery(PageQuery):
    status: CampaignStatus | None = Field(None, description="Only those in this state.")


@blueprint.post("")
@requires(Role.STAFF)
@operation("Create a campaign", CampaignAnswer, status=201, body=NewCampaign, located=True)
def create():
    """It is a draft: nothing is sent before it is launched."""
    body, now = read_body(NewCampaign), utc_now()
    campaign = create_campaign(body.given(), actor(), now)
    return commit_once(campaign_json(campaign, now), 201, address_of(campaign))


@blueprint.get("")
@requires(Role.VIEWER)
@operation("List campaigns", Page[CampaignAnswer], query=CampaignsQuery)
def index():
    """The newest first."""
    query, now = read_query(CampaignsQuery), utc_now()
    after = read_cursor(query.cursor, datetime, UUID) if query.cursor else None
    campaigns = newest_campaigns(query.status, after, query.limit + 1)
    return json_answer(
        page(
            campaigns, query.limit, lambda row: [row.created_at, row.id], lambda row: campaign_json(row, now)
        )
    )


@blueprint.get("/<uuid:campaign_id>")
@requires(Role.VIEWER)
@operation("Show a campaign", CampaignAnswer)
def show(campaign_id: UUID):
    return json_answer(campaign_json(find_campaign(campaign_id), utc_now()))


@blueprint.patch("/<uuid:campaign_id>")
@requires(Role.STAFF)
@operation("Change a campaign", CampaignAnswer, body=CampaignChanges, conflicts=True)
def change(campaign_id: UUID):
    """Only what the body names is changed. Limits changed within a day hold at once."""
    body, now = read_body(CampaignChanges), utc_now()
    campaign = find_campaign(campaign_id)
    edit_campaign(campaign, body.given(), actor(), now)
    answer = campaign_json(campaign, now)
    db.session.commit()
    return json_answer(answer)


@blueprint.delete("/<uuid:campaign_id>")
@requires(Role.STAFF)
@operation("Delete a draft", None, status=204, conflicts=True)
def delete(campaign_id: UUID):
    """Its recipients go with it. What was launched cannot be deleted: cancel it."""
    delete_draft(find_campaign(campaign_id), actor(), utc_now())
    db.session.commit()
    return Response(status=204)


def address_of(campaign: Campaign) -> str:
    return url_for("api.campaigns.show", campaign_id=campaign.id)
