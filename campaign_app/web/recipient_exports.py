"""The recipients of a campaign as files: CSV, and XLSX for those who calculate on."""

from collections.abc import Iterator
from uuid import UUID

from flask import Blueprint, Response, request

from campaign_app.domain.roles import Role
from campaign_app.models.recipient import Recipient
from campaign_app.services.campaigns import find_campaign
from campaign_app.services.recipient_lists import NUMBERS, every_recipient
from campaign_app.web.access import requires
from campaign_app.web.exports import csv_response
from campaign_app.web.file_names import file_name
from campaign_app.web.formatting import iso_time
from campaign_app.web.workbooks import xlsx_response

blueprint = Blueprint("recipient_exports", __name__, url_prefix="/campaigns/<uuid:campaign_id>")

COLUMNS = (
    "phone_number", "name", "status", "sent_at", "delivered_at", "read_at", "failed_at", "failure_reason", "retry_count",
    "whatsapp_message_id",
)  # fmt: skip


@blueprint.get("/recipients.csv")
@requires(Role.STAFF)
def csv(campaign_id: UUID):
    campaign = find_campaign(campaign_id)
    return csv_response(_rows(campaign_id, _number()), COLUMNS, file_name("recipients", campaign.name, "csv"))


@blueprint.get("/recipients.xlsx")
@requires(Role.STAFF)
def xlsx(campaign_id: UUID) -> Response:
    campaign = find_campaign(campaign_id)
    name = file_name("recipients", campaign.name, "xlsx")
    widths = {0: 20, 1: 20, 3: 26, 4: 26, 5: 26, 6: 26, 7: 60}
    return xlsx_response(_rows(campaign_id, _number()), COLUMNS, name, widths)


def _number() -> str | None:
    """Which of the campaign's numbers the file is about; everybody unless the address says so."""
    number = request.args.get("status")
    return number if number in NUMBERS else None


def _rows(campaign_id: UUID, number: str | None) -> Iterator[list[str | int | None]]:
    for person in every_recipient(campaign_id, number):
        yield [_cell(person, column) for column in COLUMNS]


def _cell(person: Recipient, column: str) -> str | int | None:
    value = getattr(person, column)
    if column == "failure_reason" and value is None:
        return person.skipped_reason
    return iso_time(value) if column.endswith("_at") and value is not None else value
