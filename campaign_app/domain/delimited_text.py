"""The rows of a text file with separated values, as spreadsheets and shops write them, one at a time."""

import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, TextIO

from campaign_app.domain.errors import Invalid
from campaign_app.domain.text_encoding import encoding_of

DELIMITERS = (",", ";", "\t", "|")
LONGEST_LINE = 100_000  # characters
MOST_LINES_OF_A_ROW = 20  # of a value in quotes
LOOKED_AT_FOR_HEADER = 10  # rows that are not empty

_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)  # Excel's own hint


@dataclass(frozen=True, slots=True)
class Row:
    """`line` counts from 1 as in the file; of a row over several lines it is the first."""

    line: int
    cells: list[str]


def delimited_rows(file: BinaryIO, is_header: Callable[[list[str]], bool]) -> Iterator[Row]:
    """The rows of the file, empty ones too. The separator is the one with which `is_header` knows a row.

    A quotation mark that is never closed is taken for a sign of its value. Raises Invalid.
    """
    encoding = encoding_of(file)
    delimiter, width = _layout(file, encoding, is_header)
    yield from _with_text(file, encoding, lambda text: _rows(text, delimiter, width))


def _with_text(file: BinaryIO, encoding: str, rows: Callable[[TextIO], Iterator[Row]]) -> Iterator[Row]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, errors="replace", newline=None)
    try:
        yield from rows(text)
    finally:
        text.detach()  # else it would close a file that is not ours


def _layout(file: BinaryIO, encoding: str, is_header: Callable[[list[str]], bool]) -> tuple[str, int | None]:
    """The separator and the number of columns."""
    best = None
    for delimiter in DELIMITERS:
        rows = _with_text(file, encoding, lambda text, delimiter=delimiter: _rows(text, delimiter, None))
        filled = (row.cells for row in rows if any(cell.strip() for cell in row.cells))
        for place, cells in enumerate(islice(filled, LOOKED_AT_FOR_HEADER)):
            known = is_header(cells)
            rank = (not known, place, -len(cells))
            if best is None or rank < best[0]:
                best = rank, delimiter, len(cells) if known else None
        rows.close()
    return (best[1], best[2]) if best else (",", None)


def _rows(text: TextIO, delimiter: str, width: int | None) -> Iterator[Row]:
    lines = _Lines(text)
    while (next_line := lines.take()) is not None:
        number, line = next_line
        hint = _SEPARATOR_LINE.fullmatch(line) if number == 1 else None
        if hint:
            yield Row(number, [])
        elif '"' not in line:
            yield Row(number, line.split(delimiter))
        else:
            yield Row(number, _quoted(line, lines, delimiter, width))


def _quoted(line: str, lines: "_Lines", delimiter: str, width: int | None) -> list[str]:
    """The cells of a row with quotation marks, taking further lines where a value goes on there."""
    joined, taken = line, []
    while True:
        try:
            cells = next(csv.reader([joined], delimiter=delimiter, strict=True))
        except csv.Error as error:
            if "unexpected end of data" not in str(error):
                break
        else:
            if not taken or width is None or len(cells) == width:
                return cells
            break
        while len(taken) < MOST_LINES_OF_A_ROW and (following := lines.take()) is not None:
            taken.append(following)
            joined += "\n" + following[1]
            if '"' in following[1]:
                break
        else:
            break
    lines.give_back(taken)
    return [_unquoted(cell) for cell in line.split(delimiter)]


def _unquoted(cell: str) -> str:
    inner = cell.strip()
    if len(inner) > 1 and inner[0] == inner[-1] == '"':
        return inner[1:-1].replace('""', '"')
    return cell


class _Lines:
    """The lines of a text with their numbers; what was taken too far can be given back."""

    def __init__(self, text: TextIO):
        self._text = text
        self._number = 0
        self._given_back: deque[tuple[int, str]] = deque()

    def take(self) -> tuple[int, str] | None:
        if self._given_back:
            return self._given_back.popleft()
        line = self._text.readline(LONGEST_LINE)
        if not line:
            return None
        self._number += 1
        if len(line) == LONGEST_LINE and not line.endswith("\n"):
            raise Invalid(
                f"Line {self._number:,} is longer than {LONGEST_LINE:,} characters: this is not a customer file."
            )
        return self._number, line.rstrip("\n")

    def give_back(self, lines: list[tuple[int, str]]) -> None:
        self._given_back.extendleft(reversed(lines))
