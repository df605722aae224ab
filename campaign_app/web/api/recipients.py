"""The recipients of a campaign: adding some by number, listing them."""

from dataclasses import asdict
from uuid import UUID

from flask import Blueprint
from pydantic import Field

from campaign_app.domain.clock import utc_now
from campaign_app.domain.errors import Invalid
from campaign_app.domain.roles import Role
from campaign_app.services.campaigns import find_campaign
from campaign_app.services.recipient_lists import recipients_with_status
from campaign_app.services.recipients import AddedRecipients, add_recipients
from campaign_app.web.access import requires
from campaign_app.web.api.answers import AddedAnswer, Page, RecipientAnswer, RecipientStatus
from campaign_app.web.api.bodies import NewRecipients
from campaign_app.web.api.idempotency import commit_once
from campaign_app.web.api.json_input import MOST_FAULTS, read_body
from campaign_app.web.api.json_output import json_answer
from campaign_app.web.api.operations import operation
from campaign_app.web.api.paging import PageQuery, page, read_cursor, read_query
from campaign_app.web.api.representation import recipient_json

blueprint = Blueprint("recipients", __name__, url_prefix="/campaigns/<uuid:campaign_id>/recipients")


class RecipientsQuery(PageQuery):
    status: RecipientStatus | None = Field(None, description="Only those in this status.")


@blueprint.post("")
@requires(Role.STAFF)
@operation("Add recipients by number", AddedAnswer, body=NewRecipients, conflicts=True)
def add(campaign_id: UUID):
    """To a draft, up to 1,000 at once; no customer is needed, opt-outs hold all the same. Numbers that cannot be used are
    listed in `invalid`, the others are added. Parameters that do not fit the message template refuse the whole request."""
    body = read_body(NewRecipients)
    added = add_recipients(find_campaign(campaign_id), body.given()["recipients"], utc_now())
    _refuse_misfits(added)
    invalid = [
        {"index": row.index, "phone_number": row.phone_number, "reason": row.reason} for row in added.invalid
    ]
    return commit_once({**asdict(added), "invalid": invalid})


@blueprint.get("")
@requires(Role.VIEWER)
@operation("List recipients", Page[RecipientAnswer], query=RecipientsQuery)
def index(campaign_id: UUID):
    """In the order of sending."""
    query = read_query(RecipientsQuery)
    after = read_cursor(query.cursor, int)[0] if query.cursor else 0
    campaign = find_campaign(campaign_id)
    recipients = recipients_with_status(campaign.id, query.status, after, query.limit + 1)
    return json_answer(page(recipients, query.limit, lambda row: [row.position], recipient_json))


def _refuse_misfits(added: AddedRecipients) -> None:
    misfits = [row for row in added.invalid if row.field == "template_parameters"][:MOST_FAULTS]
    if misfits:
        fields = {f"recipients.{row.index}.template_parameters": [row.reason] for row in misfits}
        raise Invalid(f"Nobody was added: recipient {misfits[0].index}: {misfits[0].reason}", fields)
