"""One campaign beside another."""

from uuid import UUID

from flask import Blueprint, render_template, request

from campaign_app.domain.roles import Role
from campaign_app.services.campaigns import find_campaign
from campaign_app.services.comparisons import comparable_campaigns, compare
from campaign_app.web.access import requires
from campaign_app.web.paging import read_id

blueprint = Blueprint("campaign_comparisons", __name__, url_prefix="/campaigns/<uuid:campaign_id>/compare")


@blueprint.get("")
@requires(Role.VIEWER)
def show(campaign_id: UUID):
    campaign = find_campaign(campaign_id)
    choices = comparable_campaigns(campaign)
    other_id = read_id(request.args.get("with")) or (choices[0][0] if choices else None)
    other = find_campaign(other_id) if other_id else None
    return render_template(
        "campaign_comparisons/show.html",
        campaign=campaign,
        other=other,
        choices=choices,
        rows=compare(campaign, other) if other else [],
    )
