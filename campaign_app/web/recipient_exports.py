"""The recipients of a campaign as files: CSV, and XLSX for those who calculate on."""

import tempfile
from collections.abc import Iterator
from uuid import UUID

from flask import Blueprint, Response, request, send_file
from xlsxwriter import Workbook

from campaign_app.database import reading
from campaign_app.domain.roles import Role
from campaign_app.models.recipient import Recipient
from campaign_app.services.campaigns import find_campaign
from campaign_app.services.recipient_lists import NUMBERS, every_recipient
from campaign_app.web.access import requires
from campaign_app.web.exports import csv_response
from campaign_app.web.file_names import file_name
from campaign_app.web.formatting import iso_time

blueprint = Blueprint("recipient_exports", __name__, url_prefix="/campaigns/<uuid:campaign_id>")

COLUMNS = (
    "phone_number", "name", "status", "sent_at", "delivered_at", "read_at", "failed_at", "failure_reason", "retry_count",
    "whatsapp_message_id",
)  # fmt: skip
ROWS_OF_A_SHEET = 1_000_000  # Excel takes 1,048,576
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


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
    # Written row by row to a file without a name, which goes away with the answer.
    file = tempfile.TemporaryFile()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with reading(), Workbook(file, options) as workbook:
        heading = workbook.add_format({"bold": True})
        sheet, line = None, 0
        for row in _rows(campaign_id, _number()):
            if sheet is None or line > ROWS_OF_A_SHEET:
                sheet, line = _new_sheet(workbook, heading), 1
            for column, value in enumerate(row):
                if isinstance(value, int):
                    sheet.write_number(line, column, value)
                elif value is not None:
                    sheet.write_string(line, column, value)
            line += 1
        if sheet is None:
            _new_sheet(workbook, heading)
    file.seek(0)
    return send_file(file, XLSX, as_attachment=True, download_name=name, max_age=0)


def _new_sheet(workbook: Workbook, heading):
    sheet = workbook.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 1, 20)
    sheet.set_column(3, 6, 26)
    sheet.set_column(7, 7, 60)
    for column, name in enumerate(COLUMNS):
        sheet.write_string(0, column, name, heading)
    return sheet


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
