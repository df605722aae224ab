"""Excel workbooks: read by content, and measured before they are opened."""

import io
import zipfile
from datetime import date

import pytest
import xlsxwriter

from campaign_app.domain.customer_file import CustomerRow, RefusedRow, read_customers
from campaign_app.domain.errors import Invalid
from campaign_app.services.spreadsheet import is_workbook, workbook_rows


def a_workbook(*rows, before=(), hidden: bool = False) -> io.BytesIO:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd"}) as workbook:
        if hidden:
            notes = workbook.add_worksheet("notes")
            notes.write(0, 0, "do not read")
        sheet = workbook.add_worksheet("customers")
        if hidden:
            sheet.activate()
            notes.hide()
        for line, row in enumerate([*before, *rows]):
            for column, value in enumerate(row):
                sheet.write(line, column, value)
    return file


def read(file) -> list:
    assert is_workbook(file)
    return list(read_customers(workbook_rows(file), "IN"))


def test_numbers_dates_and_truths_become_the_text_that_people_see():
    file = a_workbook(
        ["Mobile", "Name", "Since", "Points", "Consent", "Share"],
        [919876543210, "Łukasz 🎉", date(2026, 3, 1), 120, True, 98.5],
        before=[["Customers of March"], []],
    )
    (row,) = read(file)
    assert row == CustomerRow(
        4,
        {
            "phone_number": "+919876543210",
            "name": "Łukasz 🎉",
            "opted_in": True,
            "attributes": {"Since": "2026-03-01", "Points": "120", "Share": "98.5"},
        },
    )


def test_rows_are_numbered_as_in_the_sheet_and_hidden_sheets_are_passed_over():
    rows = read(a_workbook(["phone"], [], ["N/A"], hidden=True))
    assert isinstance(rows[-1], RefusedRow) and rows[-1].line == 3


def test_a_formula_is_read_as_its_result_and_text_that_looks_like_one_stays_text():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["phone", "name", "sum"])
        sheet.write_string(1, 0, "+919876543210")
        sheet.write_string(1, 1, "=HYPERLINK(1)")
        sheet.write_formula(1, 2, "=1+1", value=2)
    (row,) = read(file)
    assert (row.values["name"], row.values["attributes"]) == ("=HYPERLINK(1)", {"sum": "2"})


def test_a_sheet_with_a_cell_at_the_far_end_is_refused_before_it_takes_the_memory():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write(0, 0, "phone")
        sheet.write(1_048_575, 16_383, "x")
    with pytest.raises(Invalid, match="reaches to row 1,048,576 and column 16,384"):
        read(file)


def packed(content: bytes, claimed: int | None = None) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", content)
    if claimed is not None:
        data = file.getvalue().replace(len(content).to_bytes(4, "little"), claimed.to_bytes(4, "little"))
        file = io.BytesIO(data)
    return file


@pytest.mark.parametrize("claimed", [None, 100])
def test_a_bomb_is_refused_whatever_size_it_claims(claimed):
    with pytest.raises(Invalid, match="unpacks to far more"):
        read(packed(b"0" * 40_000_000, claimed))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04 and no more", "damaged"),
        (packed(b"<worksheet/>").getvalue(), "damaged"),
        (a_workbook(["phone"], ["x"]).getvalue()[:3000], "damaged"),
        (a_workbook().getvalue(), "The workbook is empty"),
        (a_workbook(["name"], ["Asha"]).getvalue(), "No column with phone numbers"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel file"),
    ],
)
def test_what_is_no_readable_workbook_is_refused_with_a_sentence(content, sentence):
    with pytest.raises(Invalid, match=sentence):
        read(io.BytesIO(content))


def test_another_packed_file_is_no_workbook():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(Invalid, match="no Excel workbook"):
        read(file)
