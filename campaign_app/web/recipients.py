"""The people of one campaign: the lists behind its numbers, and the story of each of them."""

from uuid import UUID

from flask import Blueprint, render_template, request

from campaign_app.domain.clock import utc_now
from campaign_app.domain.roles import Role
from campaign_app.services.campaigns import find_campaign
from campaign_app.services.recipient_lists import NUMBERS, people_behind
from campaign_app.services.recipient_story import find_recipient, story_of
from campaign_app.services.unconfirmed import decidable_until, patience
from campaign_app.web.access import requires
from campaign_app.web.paging import whole_number

blueprint = Blueprint("recipients", __name__, url_prefix="/campaigns/<uuid:campaign_id>/recipients")

PAGE = 50


@blueprint.get("")
@requires(Role.VIEWER)
def index(campaign_id: UUID):
    campaign = find_campaign(campaign_id)
    number = request.args.get("status")
    number = number if number in NUMBERS else None
    after = whole_number(request.args.get("after"), most=2**31 - 1)
    found = people_behind(campaign.id, number, after, PAGE + 1)
    return render_template(
        "recipients/index.html",
        campaign=campaign,
        number=number,
        people=found[:PAGE],
        next_after=found[PAGE - 1].position if len(found) > PAGE else None,
        is_first=after == 0,
        decidable_until=decidable_until(utc_now()),
        patience=patience(),
        tabs=_tabs(campaign),
    )


@blueprint.get("/<uuid:recipient_id>")
@requires(Role.VIEWER)
def show(campaign_id: UUID, recipient_id: UUID):
    campaign = find_campaign(campaign_id)
    person = find_recipient(campaign.id, recipient_id)
    return render_template("recipients/show.html", campaign=campaign, person=person, story=story_of(person))


def _tabs(campaign) -> list[tuple[str | None, str, int]]:
    """(number, words, how many): counters of the campaign, never a scan."""
    return [
        (None, "Everybody", campaign.total_target_customers + campaign.recipients_skipped),
        ("pending", "Pending", campaign.messages_pending),
        ("sent", "Sent", campaign.messages_sent),
        ("delivered", "Delivered", campaign.messages_delivered),
        ("read", "Read", campaign.messages_read),
        ("failed", "Failed", campaign.messages_failed),
        ("unconfirmed", "Not confirmed", campaign.messages_unconfirmed),
        ("skipped", "Skipped", campaign.recipients_skipped),
        ("replied", "Replied", campaign.messages_replied),
    ]
