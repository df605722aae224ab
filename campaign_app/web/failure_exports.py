"""Failed messages as CSV: of one campaign, and over all of them."""

from collections.abc import Iterator
from uuid import UUID

from flask import Blueprint, request

from campaign_app.domain.roles import Role
from campaign_app.extensions import db
from campaign_app.services.campaigns import find_campaign
from campaign_app.services.failures import failed_recipients
from campaign_app.web.access import requires
from campaign_app.web.campaign_failures import chosen_code
from campaign_app.web.exports import csv_response
from campaign_app.web.file_names import file_name
from campaign_app.web.formatting import iso_time
from campaign_app.whatsapp.error_catalogue import lookup

blueprint = Blueprint("failure_exports", __name__)

COLUMNS = (
    "campaign_id", "campaign_name", "phone_number", "name", "error_code", "failure_reason", "what_to_do", "retry_count", "failed_at",
)  # fmt: skip
CHUNK = 2000


@blueprint.get("/failures.csv")
@requires(Role.STAFF)
def everywhere():
    return csv_response(
        _rows(None, chosen_code(request.args.get("code"))), COLUMNS, file_name("failures", "", "csv")
    )


@blueprint.get("/campaigns/<uuid:campaign_id>/failures.csv")
@requires(Role.STAFF)
def csv(campaign_id: UUID):
    campaign = find_campaign(campaign_id)
    rows = _rows(campaign_id, chosen_code(request.args.get("code")))
    return csv_response(rows, COLUMNS, file_name("failures", campaign.name, "csv"))


def _rows(campaign_id: UUID | None, code: int | None) -> Iterator[list[str | int | None]]:
    after = None
    while page := failed_recipients(campaign_id, code, CHUNK, after):
        after = (page[-1].failed_at, page[-1].recipient_id)
        db.session.rollback()
        for one in page:
            yield [
                str(one.campaign_id),
                one.campaign_name,
                one.phone_number,
                one.name,
                one.failure_code,
                one.failure_reason,
                lookup(one.failure_code).advice,
                one.retry_count,
                iso_time(one.failed_at),
            ]
