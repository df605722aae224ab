"""Workbooks read as a stream say the same as a whole reader does, and the memory does not grow with them."""

import io
import random
import tracemalloc
from datetime import date, datetime, time, timedelta

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from campaign_app.services.spreadsheet import _text, workbook_rows
from campaign_app.services.workbook_stream import sheet_rows

VALUES = (
    "Asha", " two\nlines ", "José 🎉", "=1+1", "", "_x0041_", "0012", 919876543210, 1, 0, -2.5, 98.5, 1e-7, 1234567890123456,
    True, False, date(2026, 3, 1), date(1900, 3, 1), datetime(2026, 3, 1, 14, 5, 30), time(9, 30), None,
)  # fmt: skip


def a_workbook(rows, constant_memory: bool = False) -> io.BytesIO:
    """With `constant_memory` texts stand in their cells, else in the table that cells share."""
    file = io.BytesIO()
    options = {"constant_memory": constant_memory, "strings_to_formulas": False, "in_memory": False}
    with xlsxwriter.Workbook(file, options) as workbook:
        sheet = workbook.add_worksheet()
        formats = {
            date: workbook.add_format({"num_format": "dd/mm/yyyy"}),
            datetime: workbook.add_format({"num_format": 'yyyy-mm-dd hh:mm:ss "h"'}),
            time: workbook.add_format({"num_format": "hh:mm"}),
            float: workbook.add_format({"num_format": '#,##0.00 "days"'}),
        }
        for line, row in enumerate(rows):
            for column, value in enumerate(row):
                if value is not None:
                    sheet.write(line, column, value, formats.get(type(value)))
    return file


def whole(file: io.BytesIO) -> list[list[str]]:
    """As the whole reader has it, without what is empty at the end of a row."""
    file.seek(0)
    sheet = CalamineWorkbook.from_filelike(file).get_sheet_by_index(0)
    return [trimmed([_text(cell) for cell in row]) for row in sheet.iter_rows()]


def trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


@pytest.mark.parametrize("constant_memory", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_every_cell_is_read_as_the_whole_reader_reads_it(seed, constant_memory):
    chance = random.Random(seed)
    rows = [
        ["first"],
        *([chance.choice(VALUES) for _ in range(chance.randrange(7))] for _ in range(30)),
        ["last"],
    ]
    file = a_workbook(rows, constant_memory)
    streamed = [(row.line, trimmed(row.cells)) for row in workbook_rows(file)]
    assert streamed == list(enumerate(whole(file), 1))


def test_a_duration_and_an_error_are_text():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write(0, 0, timedelta(hours=30), workbook.add_format({"num_format": "[h]:mm"}))
        sheet.write_formula(0, 1, "=1/0", value="#DIV/0!")
    ((_, cells),) = sheet_rows(file)
    assert [_text(cell) for cell in cells] == ["1 day, 6:00:00", "#DIV/0!"]


def test_the_first_visible_sheet_with_anything_in_it_is_read():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as workbook:
        workbook.add_worksheet("empty")
        hidden = workbook.add_worksheet("hidden")
        hidden.write(0, 0, "hidden")
        hidden.hide()
        workbook.add_worksheet("shown").write(2, 1, "here")
    assert [(line, cells) for line, cells in sheet_rows(file)] == [(1, []), (2, []), (3, [None, "here"])]


@pytest.mark.parametrize("constant_memory", [False, True])
def test_the_memory_does_not_grow_with_the_sheet(constant_memory):
    def peak(rows: int) -> int:
        file = a_workbook(
            ((f"Customer {line}", f"+91{line:010}", line) for line in range(rows)), constant_memory
        )
        tracemalloc.start()
        assert sum(1 for _ in sheet_rows(file)) == rows
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    assert peak(12_000) < peak(1_500) * 1.5 + 2**20
