"""Why messages failed: of one campaign, and over all campaigns."""

from uuid import UUID

from flask import Blueprint, render_template, request

from campaign_app.domain.roles import Role
from campaign_app.domain.tally import NO_CODE
from campaign_app.services.campaigns import find_campaign
from campaign_app.services.failures import failed_recipients, failure_table
from campaign_app.web.access import requires
from campaign_app.web.paging import read_place, write_place

blueprint = Blueprint("campaign_failures", __name__)

PAGE = 50


@blueprint.get("/failures")
@requires(Role.VIEWER)
def everywhere():
    return render_template("campaign_failures/everywhere.html", campaign=None, **_failures(None))


@blueprint.get("/campaigns/<uuid:campaign_id>/failures")
@requires(Role.VIEWER)
def index(campaign_id: UUID):
    campaign = find_campaign(campaign_id)
    return render_template("campaign_failures/index.html", campaign=campaign, **_failures(campaign.id))


def chosen_code(text: str | None) -> int | None:
    """The error code of an address: `none` stands for failures without one, anything else unreadable for all codes."""
    if text == "none":
        return NO_CODE
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _failures(campaign_id: UUID | None) -> dict:
    code = chosen_code(request.args.get("code"))
    after = read_place(request.args.get("after"))
    found = failed_recipients(campaign_id, code, PAGE + 1, after)
    table = failure_table(campaign_id)
    return {
        "table": table,
        "total": sum(row.failures for row in table),
        "retryable": sum(row.failures for row in table if row.retryable),
        "code": code,
        "row": next((row for row in table if (NO_CODE if row.code is None else row.code) == code), None),
        "people": found[:PAGE],
        "next_after": write_place(found[PAGE - 1].failed_at, found[PAGE - 1].recipient_id)
        if len(found) > PAGE
        else None,
        "is_first": after is None,
    }
