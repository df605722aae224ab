"""The rows of an Excel workbook (.xlsx), known by its content and measured before it is opened."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from campaign_app.domain.delimited_text import Row
from campaign_app.domain.errors import Invalid
from campaign_app.services.workbook_stream import NoSheet, sheet_rows

MOST_BYTES_UNPACKED = 1000 * 2**20  # a million rows; they are read as a stream
MOST_RATIO = 100  # unpacked to packed
# Places up to the last row and column in use, most of them empty where they are so many
MOST_CELLS = 50_000_000

_PACKED = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CELL = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,4})([0-9]{1,10})["']""")
_ROW = re.compile(rb"""<(?:\w+:)?row\b[^>]{0,150}?\br\s*=\s*["']([0-9]{1,10})["']""")
_BLOCK = 2**20
_OVERLAP = 200  # bytes kept from the block before, so that no cell is cut in two

_TOO_LARGE = "The workbook unpacks to far more than a customer file holds: save the list as CSV."
_DAMAGED = "The workbook is damaged: open it in a spreadsheet program and save it again."


def is_workbook(file: BinaryIO) -> bool:
    """Whether the content is packed as .xlsx is. Raises Invalid for what old or locked office files look like."""
    file.seek(0)
    head = file.read(8)
    file.seek(0)
    if head == _OLD_OFFICE:
        raise Invalid(
            "This is an old Excel file (.xls), or it is locked with a password: save it as .xlsx or CSV."
        )
    return head.startswith(_PACKED)


def workbook_rows(file: BinaryIO) -> Iterator[Row]:
    """The rows of the first visible sheet with anything in it, numbered as in the sheet. Raises Invalid."""
    _measure(file)
    file.seek(0)
    try:
        for line, cells in sheet_rows(file):
            yield Row(line, [_text(cell) for cell in cells])
    except NoSheet:
        raise Invalid("The workbook is empty.") from None
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        ParseError,
        KeyError,
        StopIteration,
        ValueError,
        NotImplementedError,
    ):
        raise Invalid(_DAMAGED) from None


def _text(cell: Any) -> str:
    """The value as people would write it into a text file."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else f"{cell:.15g}"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return "" if cell is None else str(cell)


def _measure(file: BinaryIO) -> None:
    """Unpack everything once without keeping it: sizes that an archive claims may be untrue."""
    file.seek(0, 2)
    packed = file.tell()
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
        names = {entry.filename for entry in entries}
        if not any(name.startswith("xl/") and name.endswith("workbook.xml") for name in names):
            raise Invalid(
                "This is a packed file, but no Excel workbook (.xlsx): save the list as .xlsx or CSV."
            )
        unpacked = 0
        for entry in entries:
            extent = _Extent()  # of every entry: a workbook may keep its sheets anywhere
            for block in _unpacked(file, entry):
                unpacked += len(block)
                if unpacked > MOST_BYTES_UNPACKED or unpacked > max(packed, 2**14) * MOST_RATIO:
                    raise Invalid(_TOO_LARGE)
                extent.look_at(block)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OSError):
        raise Invalid(_DAMAGED) from None


def _unpacked(file: BinaryIO, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The blocks of one entry. zipfile itself would stop at the size which the archive claims."""
    file.seek(entry.header_offset)
    header = file.read(30)
    if len(header) < 30 or not header.startswith(_PACKED):
        raise zipfile.BadZipFile
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    left = entry.compress_size
    if entry.compress_type == zipfile.ZIP_STORED:
        while left > 0 and (block := file.read(min(_BLOCK, left))):
            left -= len(block)
            yield block
        return
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise zipfile.BadZipFile
    inflater = zlib.decompressobj(-15)
    while left > 0 and not inflater.eof and (packed := file.read(min(_BLOCK, left))):
        left -= len(packed)
        while packed:
            yield inflater.decompress(packed, _BLOCK)
            packed = inflater.unconsumed_tail
    yield inflater.flush()


class _Extent:
    """The last row and column that a sheet names; raises Invalid as soon as they span too much."""

    def __init__(self) -> None:
        self._rest = b""
        self._row = self._column = 1

    def look_at(self, block: bytes) -> None:
        block = self._rest + block
        self._rest = block[-_OVERLAP:]
        cells = set(_CELL.findall(block))
        if cells:
            self._row = max(self._row, max(int(row) for _, row in cells))
            self._column = max(self._column, max(_place(column) for column, _ in cells))
        rows = _ROW.findall(block)
        if rows:
            self._row = max(self._row, max(map(int, rows)))
        if self._row * self._column > MOST_CELLS:
            raise Invalid(
                f"The sheet reaches to row {self._row:,} and column {self._column:,}: "
                "delete the empty rows and columns behind the list, or save it as CSV."
            )


def _place(column: bytes) -> int:
    place = 0
    for letter in column.upper():
        place = place * 26 + letter - 64
    return place
