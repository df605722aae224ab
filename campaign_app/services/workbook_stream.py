"""The rows of an .xlsx sheet one at a time: memory grows neither with the sheet nor with the texts in it.

# Source: ECMA-376, part 1, SpreadsheetML
"""

import posixpath
import re
import tempfile
import zipfile
from array import array
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element, iterparse

REMEMBERED = 2000  # texts that come again and again: tiers, places

_DAY_FORMATS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))  # built in
_NOT_A_PART = re.compile(r'"[^"]*"|\[(?!h+\]|m+\]|s+\])[^\]]*\]|\\.|_.|\*.', re.IGNORECASE)
_DURATION = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_COLUMN = re.compile(r"[A-Za-z]{1,3}")


class NoSheet(Exception):
    """No visible sheet has anything in it."""


def sheet_rows(file: BinaryIO) -> Iterator[tuple[int, list[Any]]]:
    """(line, values) of the first visible sheet with anything in it; a value is a text, number, truth, time or None.

    Lines without cells come as empty lists. Raises NoSheet; BadZipFile, ParseError, KeyError or ValueError where it is damaged.
    """
    with zipfile.ZipFile(file) as archive:
        book = _Book(archive)
        for path in book.visible_sheets():
            rows = book.rows(path)
            if (first := next(rows, None)) is not None:
                yield from _without_gaps(first, rows)
                return
    raise NoSheet


def _without_gaps(
    first: tuple[int, list[Any]], rows: Iterator[tuple[int, list[Any]]]
) -> Iterator[tuple[int, list[Any]]]:
    last = 0
    for line, cells in chain([first], rows):
        yield from ((empty, []) for empty in range(last + 1, line))
        yield line, cells
        last = line


class _Book:
    def __init__(self, archive: zipfile.ZipFile):
        self._archive = archive
        self._names = set(archive.namelist())
        self._path = next(name for name in sorted(self._names) if re.fullmatch(r"xl/\w*workbook\.xml", name))
        self._targets: dict[str, tuple[str, str]] = {}  # relation → kind, path
        relations = f"xl/_rels/{posixpath.basename(self._path)}.rels"
        for element in self._elements(relations, "Relationship"):
            target = element.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            self._targets[element.get("Id", "")] = element.get("Type", "").rpartition("/")[2], path
        self._base = datetime(1899, 12, 30)  # noqa: DTZ001 - a day without a zone
        for element in self._elements(self._path, "workbookPr"):
            if element.get("date1904") in ("1", "true"):
                self._base = datetime(1904, 1, 1)  # noqa: DTZ001
        self._formats = self._read_formats()
        self._texts = _Texts()
        if path := self._part("sharedStrings"):
            for element in self._elements(path, "si"):
                self._texts.add(_unescaped(_text_of(element)))

    def visible_sheets(self) -> list[str]:
        found = []
        for element in self._elements(self._path, "sheet"):
            relation = next((value for key, value in element.items() if key.endswith("}id")), "")
            kind, path = self._targets.get(relation, ("", ""))
            if kind == "worksheet" and element.get("state", "visible") == "visible":
                found.append(path)
        return found

    def rows(self, path: str) -> Iterator[tuple[int, list[Any]]]:
        """The rows that have cells with something in them."""
        line = 0
        for row in self._elements(path, "row"):
            line = int(row.get("r") or line + 1)
            cells: list[Any] = []
            for cell in row:
                if _name(cell) != "c":
                    continue
                place = _place(cell.get("r")) or len(cells) + 1
                cells += [None] * (place - 1 - len(cells))
                cells.append(self._value(cell))
            if any(cell not in (None, "") for cell in cells):
                yield line, cells

    def _value(self, cell: Element) -> Any:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _unescaped(_text_of(cell))
        text = next((part.text for part in cell if _name(part) == "v"), None)
        if text is None:
            return None
        if kind == "s":
            return self._texts[int(text)]
        if kind == "b":
            return text.strip() in ("1", "true")
        if kind in ("str", "e", "d"):
            return _unescaped(text)
        style = int(cell.get("s") or 0)
        shown_as = self._formats[style] if style < len(self._formats) else "number"
        return self._number(float(text), shown_as)

    def _number(self, value: float, shown_as: str) -> Any:
        if shown_as == "number":
            return value
        try:
            span = timedelta(milliseconds=round(value * 86_400_000))
            if shown_as == "duration":
                return span
            return (self._base + span).time() if 0 <= value < 1 else self._base + span
        except OverflowError:
            return value

    def _read_formats(self) -> list[str]:
        """Of each style whether its numbers are shown as number, day or duration."""
        path = self._part("styles")
        if path is None:
            return []
        codes = {
            element.get("numFmtId"): element.get("formatCode", "")
            for element in self._elements(path, "numFmt")
        }
        formats = []
        for group in self._elements(path, "cellXfs"):
            for style in group:
                number = style.get("numFmtId") or "0"
                formats.append(_shown_as(codes.get(number), int(number)))
        return formats

    def _part(self, kind: str) -> str | None:
        path = next((path for found, path in self._targets.values() if found == kind), None)
        return path if path in self._names else None

    def _elements(self, path: str, name: str) -> Iterator[Element]:
        """The elements called `name`, each dropped once it was looked at, with everything before it."""
        with self._archive.open(path) as part:
            around: list[Element] = []
            for event, element in iterparse(part, ("start", "end")):  # noqa: S314 - as above
                if event == "start":
                    around.append(element)
                    continue
                around.pop()
                if _name(element) == name:
                    yield element
                    if around:
                        around[-1].clear()  # else the tree would grow with the sheet


class _Texts:
    """The texts that cells share, in a file without a name."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()
        self._ends = array("Q", [0])
        self._get = lru_cache(REMEMBERED)(self._read)

    def add(self, text: str) -> None:
        self._ends.append(self._ends[-1] + self._file.write(text.encode("utf-8", "surrogatepass")))

    def __getitem__(self, place: int) -> str:
        if not 0 <= place < len(self._ends) - 1:
            raise ValueError("a text that is not there")
        return self._get(place)

    def _read(self, place: int) -> str:
        self._file.seek(self._ends[place])
        return self._file.read(self._ends[place + 1] - self._ends[place]).decode("utf-8", "replace")


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _text_of(element: Element) -> str:
    """All text in it but readings of Asian signs."""
    parts = []
    for child in element:
        name = _name(child)
        if name == "t":
            parts.append(child.text or "")
        elif name in ("r", "is"):
            parts.append(_text_of(child))
    return "".join(parts)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _shown_as(code: str | None, number: int) -> str:
    """
    >>> _shown_as("yyyy-mm-dd", 164), _shown_as('#,##0.00 "days"', 165), _shown_as("[h]:mm", 166), _shown_as(None, 14)
    ('day', 'number', 'duration', 'day')
    """
    if code is None:
        return "duration" if number == 46 else "day" if number in _DAY_FORMATS else "number"
    if _DURATION.search(code):
        return "duration"
    bare = _NOT_A_PART.sub("", code)
    return "day" if re.search(r"[dmyhs]", bare, re.IGNORECASE) and bare.lower() != "general" else "number"


def _place(reference: str | None) -> int:
    """The number of a cell's column, from 1; 0 where the cell does not say."""
    letters = _COLUMN.match(reference or "")
    place = 0
    for letter in letters[0].upper() if letters else "":
        place = place * 26 + ord(letter) - 64
    return place
