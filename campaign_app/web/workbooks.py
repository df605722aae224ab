"""XLSX answers, for those who calculate on: written row by row, with text as text. The one place where XLSX is written."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence

from flask import Response, send_file
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from campaign_app.database import reading

ROWS_OF_A_SHEET = 1_000_000  # Excel takes 1,048,576
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def xlsx_response(
    rows: Iterable[Sequence[str | int | None]], header: Sequence[str], filename: str, widths: Mapping[int, int]
) -> Response:  # fmt: skip
    """`rows` as a download; further sheets where one is full. `widths`: column from 0 → signs, 20 where it says nothing."""
    # To a file without a name, which goes away with the answer.
    file = tempfile.TemporaryFile()
    with reading(), Workbook(file, _OPTIONS) as workbook:
        sheet, line = _new_sheet(workbook, header, widths), 1
        for row in rows:
            if line > ROWS_OF_A_SHEET:
                sheet, line = _new_sheet(workbook, header, widths), 1
            for column, value in enumerate(row):
                if isinstance(value, int):
                    sheet.write_number(line, column, value)
                elif value is not None:
                    sheet.write_string(line, column, value)
            line += 1
    file.seek(0)
    return send_file(file, XLSX, as_attachment=True, download_name=filename, max_age=0)


def _new_sheet(workbook: Workbook, header: Sequence[str], widths: Mapping[int, int]) -> Worksheet:
    sheet = workbook.add_worksheet()
    sheet.freeze_panes(1, 0)
    heading = workbook.add_format({"bold": True})
    for column, name in enumerate(header):
        sheet.set_column(column, column, widths.get(column, 20))
        sheet.write_string(0, column, name, heading)
    return sheet
